//! Records in a topic, in Avro's single-object encoding.
//!
//! ```text
//! value   C3 01  8 bytes: fingerprint of the schema (CRC-64-AVRO)  the record's bytes
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::{PortError, Position, Record};
use crate::wire::avro;
use crate::wire::avro::{Fingerprint, Fingerprints};
use crate::wire::record::{self, Decoder, ParseRules};

use super::topic_log::{Stored, TopicError, TopicReading};

/// What begins a value in single-object encoding.
const MARK: [u8; 2] = [0xC3, 0x01];
/// What stands before the bytes of a record.
const FRAME_BYTES: usize = MARK.len() + size_of::<Fingerprint>();

/// One decoder for each schema that records in a topic were written by.
#[derive(Debug)]
pub(super) struct Decoders {
    parse: ParseRules,
    known: Mutex<BTreeMap<Fingerprint, Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    schema: Arc<str>,
    decoder: Arc<Decoder>,
}

impl Decoders {
    pub(super) fn new(parse: ParseRules) -> Result<Self, PortError> {
        let ours = Known { schema: record::SCHEMA.into(), decoder: Decoder::new(parse).into() };
        let mut known = BTreeMap::new();
        add(&mut known, fingerprints(record::SCHEMA)?, &ours);
        Ok(Self { parse, known: Mutex::new(known) })
    }

    /// The record of an entry, and the schema by which it is written.
    pub(super) fn decode(
        &self,
        reading: &TopicReading,
        stored: &Stored,
    ) -> Result<(Record, Arc<str>), TopicError> {
        let wrong = |what: String| TopicError::Damaged {
            topic: reading.topic().to_owned(),
            offset: stored.offset,
            position: stored.position,
            what,
        };
        let Some((mark, rest)) = stored.payload.split_first_chunk() else {
            return Err(wrong("a record that is cut".into()));
        };
        let Some((of_schema, bytes)) = rest.split_first_chunk().filter(|_| *mark == MARK) else {
            return Err(wrong("a record that is not in Avro's single-object encoding".into()));
        };
        let known = self
            .known(reading, *of_schema)?
            .ok_or_else(|| wrong("a record whose schema the log has not".into()))?;
        let decoded = known.decoder.decode(bytes);
        let (record, length) = decoded.map_err(|error| wrong(error.to_string()))?;
        if length != bytes.len() {
            return Err(wrong("more bytes than a record".into()));
        }
        if record.position != Position(stored.position) {
            return Err(wrong(format!("it says that it is record {}", record.position.0)));
        }
        Ok((record, known.schema))
    }

    fn known(
        &self,
        reading: &TopicReading,
        of_schema: Fingerprint,
    ) -> Result<Option<Known>, PortError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(&of_schema) {
            for schema in reading.schemas() {
                let decoder = Decoder::of_schema(&schema, self.parse)
                    .map_err(|error| PortError::Failed(error.to_string()))?;
                let fingerprints = fingerprints(&schema)?;
                add(&mut known, fingerprints, &Known { schema, decoder: decoder.into() });
            }
        }
        Ok(known.get(&of_schema).cloned())
    }
}

/// The bytes of the record in a value.
pub(super) fn bytes(payload: &[u8]) -> &[u8] {
    payload.get(FRAME_BYTES..).unwrap_or_default()
}

/// What stands before the bytes of a record by this schema.
pub(super) fn frame(schema: &str) -> Result<Vec<u8>, PortError> {
    Ok([&MARK[..], &fingerprints(schema)?.standard].concat())
}

/// Records by a schema are found by either fingerprint: earlier versions of this program did not
/// write the one of the standard.
fn add(known: &mut BTreeMap<Fingerprint, Known>, of_schema: Fingerprints, new: &Known) {
    for fingerprint in [of_schema.standard, of_schema.earlier] {
        known.entry(fingerprint).or_insert_with(|| new.clone());
    }
}

fn fingerprints(schema: &str) -> Result<Fingerprints, PortError> {
    avro::fingerprints(schema)
        .map_err(|error| PortError::Failed(format!("a schema in the log: {error}")))
}
