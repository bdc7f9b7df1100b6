//! Records in the bytes of `schemas/record.avsc`, written and read by hand.
//!
//! ```text
//! position  happened_at  recorded_at  correlation  causation  branch  body ...  check
//! long      long         long         null|long    null|long  long    see schema  4 bytes
//! ```
//!
//! `check` is the CRC-32 of all bytes before it: Avro itself would not notice a changed byte.
//! The same record always has the same bytes, so that they can be hashed and compared.
//! `position` stays the first field and `check` the last, whatever the schema becomes.

mod field;
pub mod json;
mod old;
pub(crate) mod payload;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use thiserror::Error;

use crate::domain::{Event, Fact, RuleBook};
use crate::engine::{Position, Record};

use super::avro::{ByteReader, Malformed, Put};

pub(crate) use field::parts;
use field::{names, readings};
use old::OldSchema;
use payload::Body;
pub(crate) use payload::words;
pub use payload::{RuleFile, RuleFiles, types};
pub use text::{line, sentence};

/// The schema of the log, as every segment has it in its header.
pub const SCHEMA: &str = include_str!("../../../schemas/record.avsc");

/// Reads the files of a rule book; the error says what is wrong with them.
pub type ParseRules = fn(&RuleFiles) -> Result<Arc<RuleBook>, String>;

/// These bytes are no record of ours.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum RecordError {
    /// They do not follow the schema.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// They follow the schema, but are not what was written.
    #[error("a record whose check does not fit its bytes, before byte {at}")]
    Changed {
        /// The end of the record.
        at: usize,
    },
    /// The rule book within is not one.
    #[error("a rule book that cannot be read: {0}")]
    RuleBook(String),
    /// The schema that they were written by does not fit this program.
    #[error("a record by another schema: {0}")]
    Schema(String),
}

impl RecordError {
    /// Whether the bytes are those that were written, and only their meaning is not known here.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Malformed(_) | Self::Changed { .. } => false,
            Self::RuleBook(_) | Self::Schema(_) => true,
        }
    }
}

/// Adds a record to the end of a buffer.
pub fn encode(record: &Record, out: &mut Vec<u8>) {
    let start = out.len();
    let mut put = Put(out);
    put.unsigned(record.position.0);
    put.long(record.happened_at.0);
    put.long(record.recorded_at.0);
    put.optional(record.correlation, |put, it| put.unsigned(it.0));
    put.optional(record.causation, |put, it| put.unsigned(it.0));
    payload::put_event(&mut put, &record.event);
    let check = check_of(&out[start..]);
    out.extend_from_slice(&check);
}

/// Reads records that were written by one schema.
#[derive(Debug)]
pub struct Decoder {
    parse: ParseRules,
    old: Option<OldSchema>,
}

impl Decoder {
    /// For the schema of this program.
    pub fn new(parse: ParseRules) -> Self {
        Self { parse, old: None }
    }

    /// For the schema in the header of a file.
    pub fn of_schema(schema: &str, parse: ParseRules) -> Result<Self, RecordError> {
        let old = if schema == SCHEMA { None } else { OldSchema::parse(schema)? };
        Ok(Self { parse, old })
    }

    /// Whether records of that schema have the bytes that [`encode`] gives them.
    pub fn is_current(&self) -> bool {
        self.old.is_none()
    }

    /// Whether this version or an earlier one writes by that schema.
    pub fn is_ours(&self) -> bool {
        self.old.as_ref().is_none_or(|it| it.version().is_some())
    }

    /// The record at the front of these bytes, and how many of them it takes.
    pub fn decode(&self, bytes: &[u8]) -> Result<(Record, usize), RecordError> {
        let Some(old) = &self.old else { return decode(ByteReader::new(bytes), bytes, self.parse) };
        if let Some(version) = old.version() {
            return decode(ByteReader::of_version(bytes, version), bytes, self.parse);
        }
        let (current, length) = old.to_current(bytes)?;
        let (record, _) = decode(ByteReader::new(&current), &current, self.parse)?;
        Ok((record, length))
    }
}

/// The position of the record at the front of these bytes, whatever its schema.
pub fn position(bytes: &[u8]) -> Result<Position, Malformed> {
    ByteReader::new(bytes).unsigned().map(Position)
}

fn decode(
    mut reader: ByteReader<'_>,
    bytes: &[u8],
    parse: ParseRules,
) -> Result<(Record, usize), RecordError> {
    let position = Position(reader.unsigned()?);
    let happened_at = parts::parse_time(&mut reader)?;
    let recorded_at = parts::parse_time(&mut reader)?;
    let correlation = reader.optional(ByteReader::unsigned)?.map(Position);
    let causation = reader.optional(ByteReader::unsigned)?.map(Position);
    let body = payload::parse_body(&mut reader)?;
    let length = verify(&mut reader, bytes)?;
    let event = match body {
        Body::Event(event) => event,
        Body::Rules(digest, files) => {
            Event::Fact(Fact::RuleBookAdopted(rule_book(digest, &files, parse)?))
        }
    };
    Ok((Record { position, happened_at, recorded_at, correlation, causation, event }, length))
}

fn verify(reader: &mut ByteReader<'_>, bytes: &[u8]) -> Result<usize, RecordError> {
    let end = reader.at();
    let check = reader.fixed(CHECK_BYTES)?;
    if check != check_of(&bytes[..end]) {
        return Err(RecordError::Changed { at: reader.at() });
    }
    Ok(reader.at())
}

const CHECK_BYTES: usize = 4;

fn check_of(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum().to_be_bytes()
}

fn rule_book(
    digest: &str,
    files: &RuleFiles,
    parse: ParseRules,
) -> Result<Arc<RuleBook>, RecordError> {
    let book = parse(files).map_err(RecordError::RuleBook)?;
    if *book.digest != *digest {
        let words = format!("its digest is {}, and that of its files {}", digest, book.digest);
        return Err(RecordError::RuleBook(words));
    }
    Ok(book)
}
