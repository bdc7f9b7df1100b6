//! The header of a segment: the schema of its records, its format and its marker.

use sha2::{Digest as _, Sha256};

use crate::engine::Position;
use crate::wire::avro::{ByteReader, Malformed, Put};

/// What ends the header and every block.
pub(super) type Marker = [u8; 16];

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    /// The schema that its records were written by.
    pub(super) schema: String,
    /// The position of its first record, where it says so.
    pub(super) first: Option<Position>,
    /// What ends its blocks.
    pub(super) marker: Marker,
    /// How many bytes it has.
    pub(super) length: usize,
}

const MAGIC: &[u8] = b"Obj\x01";
const SCHEMA: &str = "avro.schema";
const CODEC: &str = "avro.codec";
const NO_CODEC: &[u8] = b"null";
const FORMAT: &str = "airshed.format";
/// Grows when an older program could no longer read a segment rightly.
const FORMAT_NOW: &[u8] = b"1";
const FIRST: &str = "airshed.first";
/// UTF-8 has no such byte, so no text can look like a marker.
const NO_TEXT: u8 = 0xff;

/// The header of a segment that begins with this record.
pub(super) fn header(first: Position, schema: &str) -> (Vec<u8>, Marker) {
    let first = first.0.to_string();
    let metadata: [(&str, &[u8]); 4] = [
        (SCHEMA, schema.as_bytes()),
        (CODEC, NO_CODEC),
        (FORMAT, FORMAT_NOW),
        (FIRST, first.as_bytes()),
    ];
    let mut bytes = MAGIC.to_vec();
    Put(&mut bytes).array(&metadata, |put, (key, value)| {
        put.string(key);
        put.bytes(value);
    });
    let marker = marker_of(&bytes);
    bytes.extend_from_slice(&marker);
    (bytes, marker)
}

/// Reads the header at the front of a segment.
pub(super) fn parse(bytes: &[u8]) -> Result<Header, Malformed> {
    let mut reader = ByteReader::new(bytes);
    if reader.fixed(MAGIC.len())? != MAGIC {
        return Err(Malformed { what: "not an Avro object container file", at: 0 });
    }
    let metadata = reader.array(|reader| Ok((reader.string()?, reader.bytes()?)))?;
    let of = |key| metadata.iter().find(|it| it.0 == key).map(|it| it.1);
    let said = reader.at();
    let mut marker = Marker::default();
    marker.copy_from_slice(reader.fixed(size_of::<Marker>())?);
    match of(FORMAT) {
        // Written by another Avro program.
        None if of(FIRST).is_none() => {}
        Some(FORMAT_NOW) if marker == marker_of(&bytes[..said]) => {}
        None | Some(FORMAT_NOW) => return Err(reader.wrong("a header that has been changed")),
        Some(_) => return Err(reader.wrong("the segment of a newer version")),
    }
    if of(CODEC).is_some_and(|it| it != NO_CODEC) {
        return Err(reader.wrong("compressed blocks"));
    }
    let schema = of(SCHEMA).and_then(|it| str::from_utf8(it).ok());
    let Some(schema) = schema else { return Err(reader.wrong("no schema in the header")) };
    let first = of(FIRST)
        .and_then(|it| str::from_utf8(it).ok())
        .and_then(|it| it.parse().ok())
        .map(Position);
    Ok(Header { schema: schema.into(), first, marker, length: reader.at() })
}

fn marker_of(header: &[u8]) -> Marker {
    let mut marker = Marker::default();
    let (first, rest) = marker.split_at_mut(1);
    first[0] = NO_TEXT;
    rest.copy_from_slice(&Sha256::digest(header)[..rest.len()]);
    marker
}
