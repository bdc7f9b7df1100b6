//! Reading: each method takes one Avro value from the front of some bytes. Whatever the bytes
//! are, it neither panics nor allocates more than a small multiple of their number.

use thiserror::Error;

/// These bytes are not what they should be.
#[derive(Clone, Copy, Debug, Error, Eq, PartialEq)]
#[error("{what} at byte {at}")]
pub struct Malformed {
    /// What was found, or was not.
    pub what: &'static str,
    /// Where, counted from the start of what was to be read.
    pub at: usize,
}

/// Takes Avro values from the front of some bytes.
#[derive(Clone, Debug)]
pub struct ByteReader<'a> {
    rest: &'a [u8],
    length: usize,
    /// The version of the schema by which the bytes were written.
    version: u8,
}

/// An array is reserved at most so many items ahead; beyond, it grows as items are found.
const RESERVED_MAX: usize = 1024;

impl<'a> ByteReader<'a> {
    /// From the first of these bytes on.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self::of_version(bytes, u8::MAX)
    }

    /// The same for bytes of an earlier version of the schema, which lacks the fields added since.
    pub fn of_version(bytes: &'a [u8], version: u8) -> Self {
        Self { rest: bytes, length: bytes.len(), version }
    }

    /// A field that this version of the schema added; bytes of earlier versions have the default.
    pub fn since<T: Default>(
        &mut self,
        version: u8,
        parse: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        if self.version < version { Ok(T::default()) } else { parse(self) }
    }

    /// How many bytes have been taken.
    pub fn at(&self) -> usize {
        self.length - self.rest.len()
    }

    /// What has not been taken.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The error that something is wrong here.
    pub fn wrong(&self, what: &'static str) -> Malformed {
        Malformed { what, at: self.at() }
    }

    /// A `long`.
    #[inline]
    pub fn long(&mut self) -> Result<i64, Malformed> {
        let raw = match *self.rest {
            [a, ref rest @ ..] if a < 0x80 => {
                self.rest = rest;
                u64::from(a)
            }
            [a, b, ref rest @ ..] if b < 0x80 => {
                self.rest = rest;
                u64::from(a & 0x7f) | u64::from(b) << 7
            }
            _ => self.long_varint()?,
        };
        Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
    }

    #[cold]
    fn long_varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for (place, byte) in self.rest.iter().enumerate() {
            let bits = u64::from(byte & 0x7f);
            if place == 9 && bits > 1 {
                return Err(self.wrong("a number of more than 64 bits"));
            }
            value |= bits << (7 * place);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[place + 1..];
                return Ok(value);
            }
            if place == 9 {
                return Err(self.wrong("a number of more than 64 bits"));
            }
        }
        Err(self.wrong("the end of the bytes within a number"))
    }

    /// A number of a narrower type, written as an `int` or a `long`.
    #[inline]
    pub fn int<T: TryFrom<i64>>(&mut self) -> Result<T, Malformed> {
        let before = self.at();
        let what = "a number out of its range";
        T::try_from(self.long()?).map_err(|_| Malformed { what, at: before })
    }

    /// A `long` with the bits of an unsigned number.
    pub fn unsigned(&mut self) -> Result<u64, Malformed> {
        Ok(self.long()?.cast_unsigned())
    }

    /// A `boolean`.
    #[inline]
    pub fn boolean(&mut self) -> Result<bool, Malformed> {
        match self.fixed(1)? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(self.wrong("neither true nor false before this")),
        }
    }

    /// So many bytes.
    pub fn fixed(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.wrong("too few bytes"));
        };
        self.rest = rest;
        Ok(taken)
    }

    /// A `bytes`.
    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let count = self.int()?;
        self.fixed(count)
    }

    /// A `string`.
    pub fn string(&mut self) -> Result<&'a str, Malformed> {
        let bytes = self.bytes()?;
        str::from_utf8(bytes).map_err(|_| self.wrong("a text that is not UTF-8 before this"))
    }

    /// One of several values, by its place: a symbol of an enum.
    #[inline]
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> Result<T, Malformed> {
        let place: usize = self.int()?;
        all.get(place).copied().ok_or_else(|| self.wrong("no such symbol before this"))
    }

    /// A union of null and something else.
    #[inline]
    pub fn optional<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        match self.long()? {
            0 => Ok(None),
            1 => parse(self).map(Some),
            _ => Err(self.wrong("no such branch before this")),
        }
    }

    /// An `array`, each item of at least one byte.
    #[inline]
    pub fn array<T>(
        &mut self,
        mut parse: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        // Most arrays of a log are empty: each city and hour has two of them.
        if let [0, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(Vec::new());
        }
        let mut items = Vec::new();
        loop {
            let count = self.items()?;
            if count == 0 {
                return Ok(items);
            }
            items.reserve(count.min(RESERVED_MAX));
            for _ in 0..count {
                items.push(parse(self)?);
            }
        }
    }

    /// An `array` of as many items as there are places for them.
    pub fn each<T>(
        &mut self,
        places: &mut [T],
        mut parse: impl FnMut(&mut Self, &mut T) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let mut left = places.iter_mut();
        loop {
            let count = self.items()?;
            if count == 0 && left.len() == 0 {
                return Ok(());
            }
            if count == 0 || count > left.len() {
                return Err(self.wrong("an array of another length"));
            }
            for place in left.by_ref().take(count) {
                parse(self, place)?;
            }
        }
    }

    /// How many items the next block of an array has, each of at least one byte; 0: it ends.
    pub fn items(&mut self) -> Result<usize, Malformed> {
        let count = self.long()?;
        if count < 0 {
            self.long()?;
        }
        let count = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        if count > self.rest.len() {
            return Err(self.wrong("an array longer than the bytes"));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::avro::Put;

    proptest! {
        #[test]
        fn numbers_and_texts_come_back(values: Vec<i64>, text: String, maybe: Option<u32>) {
            let mut out = Vec::new();
            let mut put = Put(&mut out);
            put.array(&values, |put, value| put.long(*value));
            put.string(&text);
            put.optional(maybe, |put, it| put.unsigned(u64::from(it)));
            let mut reader = ByteReader::new(&out);
            prop_assert_eq!(reader.array(ByteReader::long), Ok(values));
            prop_assert_eq!(reader.string(), Ok(&*text));
            prop_assert_eq!(reader.optional(ByteReader::int), Ok(maybe));
            prop_assert!(reader.rest().is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let mut reader = ByteReader::new(&bytes);
            while let Ok(items) = reader.array(ByteReader::long) {
                prop_assert!(items.len() <= bytes.len());
            }
        }
    }

    #[test]
    fn wrong_bytes_are_refused_where_they_stand() {
        fn check(bytes: &[u8], what: &'static str) {
            assert_eq!(ByteReader::new(bytes).long(), Err(Malformed { what, at: 0 }));
        }
        check(&[], "the end of the bytes within a number");
        check(&[0xff, 0xff], "the end of the bytes within a number");
        check(&[0xff; 11], "a number of more than 64 bits");
        check(
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
            "a number of more than 64 bits",
        );
    }

    #[test]
    fn an_array_may_come_in_blocks_with_their_sizes() {
        let bytes = [3, 4, 10, 12, 2, 14, 0];
        assert_eq!(ByteReader::new(&bytes).array(ByteReader::long), Ok(vec![5, 6, 7]));
    }
}
