//! Any serde type as Avro: a struct is a record with its fields in order, an enum of names an
//! enum, an option a union of null and something else.
//!
//! The schema of such a type stands in a file; tests read what is written here with it. What
//! schemas do not have, a state may have: a tuple is its values in order, a map an array of keys
//! and values, an enum with values the place of the variant and its value, a character its number.

use std::fmt::Display;

use serde::ser::{self, Impossible, Serialize};
use thiserror::Error;

use super::{Malformed, Put};

/// A type has something that no schema here can say, or bytes do not follow it.
#[derive(Debug, Error)]
pub enum NotAvro {
    /// Bytes do not follow the type.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// In the words of serde.
    #[error("{0}")]
    Other(String),
}

impl ser::Error for NotAvro {
    fn custom<T: Display>(what: T) -> Self {
        Self::Other(what.to_string())
    }
}

impl serde::de::Error for NotAvro {
    fn custom<T: Display>(what: T) -> Self {
        Self::Other(what.to_string())
    }
}

fn unsupported<T>(what: &str) -> Result<T, NotAvro> {
    Err(NotAvro::Other(format!("{what} has no place in a schema here")))
}

impl Put<'_> {
    /// A value of a type that serde knows.
    pub fn value(&mut self, value: &impl Serialize) -> Result<(), NotAvro> {
        value.serialize(self)
    }
}

impl ser::Serializer for &mut Put<'_> {
    type Ok = ();
    type Error = NotAvro;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Impossible<(), NotAvro>;
    type SerializeTupleVariant = Impossible<(), NotAvro>;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), NotAvro>;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Result<(), NotAvro> {
        self.boolean(value);
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), NotAvro> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), NotAvro> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), NotAvro> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), NotAvro> {
        self.long(value);
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), NotAvro> {
        self.serialize_i64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), NotAvro> {
        self.serialize_i64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), NotAvro> {
        self.serialize_i64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), NotAvro> {
        self.unsigned(value);
        Ok(())
    }

    fn serialize_f32(self, _: f32) -> Result<(), NotAvro> {
        unsupported("a float")
    }

    fn serialize_f64(self, _: f64) -> Result<(), NotAvro> {
        unsupported("a float")
    }

    fn serialize_char(self, value: char) -> Result<(), NotAvro> {
        self.serialize_u32(value.into())
    }

    fn serialize_str(self, value: &str) -> Result<(), NotAvro> {
        self.string(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), NotAvro> {
        self.bytes(value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), NotAvro> {
        self.place(0);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NotAvro> {
        self.place(1);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), NotAvro> {
        unsupported("a unit")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), NotAvro> {
        unsupported("a unit")
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        place: u32,
        _: &'static str,
    ) -> Result<(), NotAvro> {
        self.serialize_u32(place)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), NotAvro> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        place: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), NotAvro> {
        self.serialize_u32(place)?;
        value.serialize(self)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self, NotAvro> {
        match length {
            None => unsupported("a list without a length"),
            Some(0) => Ok(self),
            Some(length) => {
                self.count(length);
                Ok(self)
            }
        }
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, NotAvro> {
        Ok(self)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, NotAvro> {
        unsupported("a tuple")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, NotAvro> {
        unsupported("an enum with values")
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self, NotAvro> {
        self.serialize_seq(length)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, NotAvro> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NotAvro> {
        unsupported("an enum with values")
    }
}

impl ser::SerializeSeq for &mut Put<'_> {
    type Ok = ();
    type Error = NotAvro;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotAvro> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), NotAvro> {
        self.count(0);
        Ok(())
    }
}

impl ser::SerializeStruct for &mut Put<'_> {
    type Ok = ();
    type Error = NotAvro;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &T,
    ) -> Result<(), NotAvro> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), NotAvro> {
        Ok(())
    }
}

impl ser::SerializeTuple for &mut Put<'_> {
    type Ok = ();
    type Error = NotAvro;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotAvro> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), NotAvro> {
        Ok(())
    }
}

impl ser::SerializeMap for &mut Put<'_> {
    type Ok = ();
    type Error = NotAvro;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NotAvro> {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotAvro> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), NotAvro> {
        self.count(0);
        Ok(())
    }
}
