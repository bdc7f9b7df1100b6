//! Writing: each method adds one Avro value to the end of a buffer.

/// Adds Avro values to the end of a buffer.
#[derive(Debug)]
pub struct Put<'a>(pub &'a mut Vec<u8>);

impl Put<'_> {
    /// A `long`.
    pub fn long(&mut self, value: i64) {
        self.varint(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    /// An `int`; the same bytes as a `long`.
    pub fn int(&mut self, value: impl Into<i32>) {
        self.long(i64::from(value.into()));
    }

    /// A `long` with the bits of an unsigned number.
    pub fn unsigned(&mut self, value: u64) {
        self.long(value.cast_signed());
    }

    /// A `boolean`.
    pub fn boolean(&mut self, value: bool) {
        self.0.push(u8::from(value));
    }

    /// A `string`.
    pub fn string(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    /// A `bytes`.
    pub fn bytes(&mut self, value: &[u8]) {
        self.count(value.len());
        self.0.extend_from_slice(value);
    }

    /// The place of a symbol in its enum, or of a branch in its union.
    pub fn place(&mut self, place: u8) {
        self.long(i64::from(place));
    }

    /// A union of null and something else.
    pub fn optional<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T)) {
        match value {
            None => self.place(0),
            Some(value) => {
                self.place(1);
                put(self, value);
            }
        }
    }

    /// An `array` in one block.
    pub fn array<T>(&mut self, items: &[T], mut put: impl FnMut(&mut Self, &T)) {
        if !items.is_empty() {
            self.count(items.len());
            for item in items {
                put(self, item);
            }
        }
        self.count(0);
    }

    /// A number of items or bytes.
    pub fn count(&mut self, count: usize) {
        self.long(i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn varint(&mut self, mut rest: u64) {
        while rest >= 0x80 {
            self.0.push(rest.to_le_bytes()[0] | 0x80);
            rest >>= 7;
        }
        self.0.push(rest.to_le_bytes()[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_bytes_of_the_specification() {
        fn check(value: i64, bytes: &[u8]) {
            let mut out = Vec::new();
            Put(&mut out).long(value);
            assert_eq!(out, bytes, "{value}");
        }
        check(0, &[0]);
        check(-1, &[1]);
        check(1, &[2]);
        check(-64, &[0x7f]);
        check(64, &[0x80, 0x01]);
        check(i64::MAX, &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
        check(i64::MIN, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    }
}
