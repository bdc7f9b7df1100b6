//! Reads what `serialize` wrote: bytes say no types, the reader knows them.

use serde::de::{
    self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use super::ByteReader;
use super::serialize::NotAvro;

impl<'a> ByteReader<'a> {
    /// A value of a type that serde knows.
    pub fn value<T: de::Deserialize<'a>>(&mut self) -> Result<T, NotAvro> {
        T::deserialize(self)
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident,)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotAvro> {
            visitor.$visit(self.int()?)
        })+
    };
}

macro_rules! unsupported {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NotAvro> {
            Err(self.wrong("no value of this type before this").into())
        })+
    };
}

impl<'de> de::Deserializer<'de> for &mut ByteReader<'de> {
    type Error = NotAvro;

    fn is_human_readable(&self) -> bool {
        false
    }

    whole_numbers! {
        deserialize_i8 visit_i8,
        deserialize_i16 visit_i16,
        deserialize_i32 visit_i32,
        deserialize_i64 visit_i64,
        deserialize_u8 visit_u8,
        deserialize_u16 visit_u16,
        deserialize_u32 visit_u32,
    }

    unsupported! {
        deserialize_any deserialize_f32 deserialize_f64 deserialize_unit
        deserialize_identifier deserialize_ignored_any deserialize_bytes
        deserialize_byte_buf
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotAvro> {
        visitor.visit_u64(self.unsigned()?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotAvro> {
        let number = self.int()?;
        let character = char::from_u32(number);
        visitor.visit_char(character.ok_or_else(|| self.wrong("no character before this"))?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotAvro> {
        visitor.visit_bool(self.boolean()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotAvro> {
        visitor.visit_borrowed_str(self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotAvro> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotAvro> {
        match self.int::<u8>()? {
            0 => visitor.visit_none(),
            1 => visitor.visit_some(self),
            _ => Err(self.wrong("no such branch before this").into()),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: V,
    ) -> Result<V::Value, NotAvro> {
        Err(self.wrong("no value of this type before this").into())
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, NotAvro> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotAvro> {
        visitor.visit_seq(Items { reader: self, left: 0, over: false })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotAvro> {
        visitor.visit_map(Items { reader: self, left: 0, over: false })
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        fields: usize,
        visitor: V,
    ) -> Result<V::Value, NotAvro> {
        visitor.visit_seq(Fields { reader: self, left: fields })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: usize,
        visitor: V,
    ) -> Result<V::Value, NotAvro> {
        self.deserialize_tuple(fields, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotAvro> {
        self.deserialize_tuple(fields.len(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotAvro> {
        visitor.visit_enum(Symbol(self))
    }
}

/// The fields of a record, one after another.
struct Fields<'t, 'de> {
    reader: &'t mut ByteReader<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Fields<'_, 'de> {
    type Error = NotAvro;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, NotAvro> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

/// The items of an array, block by block.
struct Items<'t, 'de> {
    reader: &'t mut ByteReader<'de>,
    left: usize,
    over: bool,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = NotAvro;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, NotAvro> {
        if self.left == 0 && !self.over {
            self.left = self.reader.items()?;
            self.over = self.left == 0;
        }
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = NotAvro;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, NotAvro> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, NotAvro> {
        seed.deserialize(&mut *self.reader)
    }
}

/// The place of a symbol in its enum.
struct Symbol<'t, 'de>(&'t mut ByteReader<'de>);

impl<'de> EnumAccess<'de> for Symbol<'_, 'de> {
    type Error = NotAvro;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), NotAvro> {
        let place: u32 = self.0.int()?;
        let symbol = seed.deserialize(IntoDeserializer::<NotAvro>::into_deserializer(place))?;
        Ok((symbol, self))
    }
}

impl<'de> VariantAccess<'de> for Symbol<'_, 'de> {
    type Error = NotAvro;

    fn unit_variant(self) -> Result<(), NotAvro> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, NotAvro> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, NotAvro> {
        Err(self.0.wrong("no value of this type before this").into())
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, NotAvro> {
        Err(self.0.wrong("no value of this type before this").into())
    }
}
