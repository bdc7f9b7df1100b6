//! The log of an airshed as a topic: records in Avro's single-object encoding.
//!
//! ```text
//! value   C3 01  8 bytes: fingerprint of the schema (CRC-64-AVRO)  the record's bytes
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use apache_avro::rabin::Rabin;

use crate::engine::{EventLog, PortError, Position, Record, Records};
use crate::wire::avro::parse_schema;
use crate::wire::record::{self, Decoder, ParseRules};

use super::client::Connection;
use super::topic_log::{Entry, Stored, TopicLog};

/// What begins a value in single-object encoding.
const MARK: [u8; 2] = [0xC3, 0x01];
const FINGERPRINT_BYTES: usize = 8;

type Fingerprint = [u8; FINGERPRINT_BYTES];

/// The log of one airshed in a topic. Opening it fences every earlier writer.
pub struct KafkaLog {
    topic: TopicLog,
    name: String,
    parse: ParseRules,
    ours: Fingerprint,
    /// One for each schema that records in the topic were written by.
    decoders: Mutex<BTreeMap<Fingerprint, Arc<Decoder>>>,
}

impl KafkaLog {
    /// Opens the log in `topic`; `airshed` names its writer, and the newest of that name writes.
    pub fn open(
        connection: &Connection,
        topic: &str,
        airshed: &str,
        parse: ParseRules,
    ) -> Result<Self, PortError> {
        let ours = fingerprint(record::SCHEMA)?;
        let decoders = BTreeMap::from([(ours, Arc::new(Decoder::new(parse)))]);
        Ok(Self {
            topic: TopicLog::open(connection, topic, airshed, record::SCHEMA)?,
            name: topic.to_owned(),
            parse,
            ours,
            decoders: Mutex::new(decoders),
        })
    }

    fn decode(&self, stored: &Stored) -> Result<Record, PortError> {
        let wrong = |words: String| {
            let (topic, position) = (&self.name, stored.position);
            PortError::Failed(format!("record {position} of the log {topic}: {words}"))
        };
        let Some((mark, rest)) = stored.payload.split_first_chunk() else {
            return Err(wrong("is cut".into()));
        };
        let Some((of_schema, bytes)) = rest.split_first_chunk().filter(|_| *mark == MARK) else {
            return Err(wrong("is not in Avro's single-object encoding".into()));
        };
        let decoder = self.decoder(*of_schema)?;
        let (record, length) = decoder.decode(bytes).map_err(|error| wrong(error.to_string()))?;
        if length != bytes.len() || record.position != Position(stored.position) {
            return Err(wrong("is not what its key says".into()));
        }
        Ok(record)
    }

    fn decoder(&self, of_schema: Fingerprint) -> Result<Arc<Decoder>, PortError> {
        let mut decoders = self.decoders.lock().unwrap_or_else(PoisonError::into_inner);
        if !decoders.contains_key(&of_schema) {
            for schema in self.topic.schemas() {
                let decoder = Decoder::of_schema(&schema, self.parse)
                    .map_err(|error| PortError::Failed(error.to_string()))?;
                decoders.insert(fingerprint(&schema)?, Arc::new(decoder));
            }
        }
        decoders.get(&of_schema).cloned().ok_or_else(|| {
            let topic = &self.name;
            PortError::Failed(format!("the log {topic} has a record whose schema it does not have"))
        })
    }
}

impl EventLog for KafkaLog {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        let entry = |record: &Record| {
            let mut payload = [&MARK[..], &self.ours].concat();
            record::encode(record, &mut payload);
            let kind = record.event.record_type();
            Entry { position: record.position.0, kind, payload }
        };
        let entries: Vec<_> = records.iter().map(entry).collect();
        self.topic.append(&entries)
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        let stored = self.topic.read(from.0)?;
        Ok(Box::new(stored.map(|it| self.decode(&it?))))
    }
}

fn fingerprint(schema: &str) -> Result<Fingerprint, PortError> {
    let parsed = parse_schema(schema)
        .map_err(|error| PortError::Failed(format!("a schema in the log: {error}")))?;
    let bytes = parsed.fingerprint::<Rabin>().bytes;
    bytes.try_into().map_err(|_| PortError::Failed("a fingerprint has eight bytes".into()))
}
