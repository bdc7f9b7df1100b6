//! One block of a segment: what one append has added.

use crate::engine::{Position, Record};
use crate::wire::avro::{ByteReader, Malformed, Put};
use crate::wire::record::{self, Decoder, RecordError};

use super::header::Marker;

/// Where a block's records lie in its segment, before any of them is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Block {
    /// How many records it has.
    pub(super) count: u64,
    /// The position of the first one.
    pub(super) first: Position,
    /// Where they begin.
    pub(super) start: usize,
    /// Where they end.
    pub(super) end: usize,
}

/// Room for two numbers before the records.
const ROOM: usize = 20;

/// Puts records into a block, and says where in the buffer it begins. The bytes of each pass by.
pub(super) fn encode(
    records: &[Record],
    marker: &Marker,
    buffer: &mut Vec<u8>,
    mut note: impl FnMut(&[u8]),
) -> usize {
    buffer.clear();
    buffer.resize(ROOM, 0);
    for it in records {
        let start = buffer.len();
        record::encode(it, buffer);
        note(&buffer[start..]);
    }
    close(records.len(), marker, buffer)
}

/// The same for records that are bytes already.
pub(super) fn carried<'a>(
    records: impl Iterator<Item = &'a [u8]>,
    marker: &Marker,
    buffer: &mut Vec<u8>,
) -> usize {
    buffer.clear();
    buffer.resize(ROOM, 0);
    let count = records.inspect(|it| buffer.extend_from_slice(it)).count();
    close(count, marker, buffer)
}

/// Puts the frame around the records in a buffer, and says where it begins.
fn close(records: usize, marker: &Marker, buffer: &mut Vec<u8>) -> usize {
    let mut numbers = Vec::with_capacity(ROOM);
    let mut put = Put(&mut numbers);
    put.count(records);
    put.count(buffer.len() - ROOM);
    let start = ROOM - numbers.len();
    buffer[start..ROOM].copy_from_slice(&numbers);
    buffer.extend_from_slice(marker);
    start
}

impl Block {
    /// The block that begins there; its records are not looked into.
    pub(super) fn at(segment: &[u8], start: usize, marker: &Marker) -> Result<Self, Malformed> {
        let absolute = |error: Malformed| Malformed { at: error.at + start, ..error };
        let mut reader = ByteReader::new(&segment[start..]);
        let count = reader.int().map_err(absolute)?;
        let size: usize = reader.int().map_err(absolute)?;
        let start = start + reader.at();
        let wrong = |what, at| Err(Malformed { what, at });
        if count == 0 {
            return wrong("a block without records", start);
        }
        let Ok(records) = reader.fixed(size) else {
            return wrong("a block that does not end", start);
        };
        let end = start + size;
        if reader.fixed(marker.len()).is_ok_and(|it| it == marker) {
            let first = record::position(records)
                .map_err(|error| Malformed { at: error.at + start, ..error })?;
            return Ok(Self { count, first, start, end });
        }
        wrong("a block that does not end with the marker", end)
    }

    /// Where the next block begins.
    pub(super) fn next(&self) -> usize {
        self.end + size_of::<Marker>()
    }

    /// The position after its last record.
    pub(super) fn after(&self) -> Position {
        Position(self.first.0.saturating_add(self.count))
    }

    /// Whether every record in it is whole and in its place.
    pub(super) fn verify(&self, segment: &[u8], decoder: &Decoder) -> Result<(), RecordError> {
        let mut rest = &segment[self.start..self.end];
        for position in self.first.0..self.after().0 {
            let (record, length) = decoder.decode(rest)?;
            rest = &rest[length..];
            if record.position.0 != position {
                let what = "a record out of its turn";
                return Err(Malformed { what, at: self.end - rest.len() }.into());
            }
        }
        if rest.is_empty() {
            return Ok(());
        }
        let what = "more bytes than records";
        Err(Malformed { what, at: self.end - rest.len() }.into())
    }
}
