//! An evidence bundle: records that can be verified without the log and without its operator.
//!
//! What it proves: these very bytes are records of the log of the checkpoint, at these positions.
//! It does not prove that the log has no other records.
//!
//! | part | what it is |
//! |---|---|
//! | `records` | proven: each by its bytes and a proof that leads to the root of the checkpoint; the rule text is that of the rule book among them |
//! | `checkpoint` | signed by the key of the log, and by every witness that co-signed it |
//! | `explanation` | commentary: the tree of `airshed explain`, worked out again from the log by the program that wrote the bundle. What it says of records that are in the bundle is checked against them (`explanation.rs` says what); the rest is to be believed as far as its author is |

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{Event, Fact, RuleBook};
use crate::engine::{Evidence, Position, Record, Role};
use crate::wire::record::{Decoder, ParseRules, json};

use super::checkpoint::Checkpoint;
use super::explanation::Explained;
use super::key::VerifierKey;
use super::note::Note;
use super::{Hash, TrustError, base64, proof};

/// Grows when an older program could no longer read a bundle rightly.
const FORMAT_NOW: u32 = 2;
/// Without an explanation.
const FORMAT_PLAIN: u32 = 1;

/// One file of evidence.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    format: u32,
    /// The record that was asked for.
    position: u64,
    /// A signed note, with all its signatures.
    checkpoint: String,
    /// The schemas by which the bytes are read.
    schemas: Vec<String>,
    records: Vec<Exhibit>,
    /// On what the record rests, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    explanation: Option<Value>,
}

/// One record and its proof.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Exhibit {
    role: String,
    /// Which of the schemas.
    schema: usize,
    /// Base64.
    bytes: String,
    /// The same for people.
    record: Value,
    /// Base64, from the leaf up.
    proof: Vec<String>,
}

/// What a bundle has been found to prove.
#[derive(Debug)]
pub struct Proven {
    /// Which log, and how long it was.
    pub checkpoint: Checkpoint,
    /// The names of the witnesses, and when each co-signed, as Unix time.
    pub cosigned: Vec<(String, u64)>,
    /// In the order of the log.
    pub records: Vec<ProvenRecord>,
    /// The commentary, if there is one; it contradicts no record.
    pub explanation: Option<Explained>,
}

/// A record, what it is to the one that was asked for, and the rules in force at it.
pub type ProvenRecord = (Role, Record, Option<Arc<RuleBook>>);

impl Bundle {
    /// An empty one, for a record under a checkpoint.
    pub fn new(asked: Position, checkpoint: &Note) -> Self {
        Self {
            format: FORMAT_NOW,
            position: asked.0,
            checkpoint: checkpoint.to_string(),
            schemas: Vec::new(),
            records: Vec::new(),
            explanation: None,
        }
    }

    /// Adds the tree that explains the record.
    pub fn explain(&mut self, tree: Value) {
        self.explanation = Some(tree);
    }

    /// Adds a record.
    pub fn add(&mut self, role: Role, schema: &str, bytes: &[u8], record: Value, proof: &[Hash]) {
        let known = self.schemas.iter().position(|it| it == schema);
        let schema = known.unwrap_or_else(|| {
            self.schemas.push(schema.to_owned());
            self.schemas.len() - 1
        });
        let proof = proof.iter().map(|it| base64::text(it)).collect();
        let (role, bytes) = (role.name().to_owned(), base64::text(bytes));
        self.records.push(Exhibit { role, schema, bytes, record, proof });
    }

    /// Whether all of it holds, by the key of the log and those of its witnesses.
    pub fn check(
        &self,
        parse: ParseRules,
        keys: &[VerifierKey],
        witnesses: &[VerifierKey],
    ) -> Result<Proven, TrustError> {
        match self.format {
            FORMAT_NOW => {}
            FORMAT_PLAIN if self.explanation.is_none() => {}
            _ => return Err(malformed("a bundle of another version")),
        }
        let note = Note::parse(&self.checkpoint)?;
        let checkpoint = Checkpoint::of(&note)?;
        checkpoint.check_signed(&note, keys)?;
        let cosigned = |key: &VerifierKey| Ok((key.name().into(), key.verify_cosignature(&note)?));
        let cosigned = witnesses.iter().map(cosigned).collect::<Result<_, TrustError>>()?;
        let decoders = self.decoders(parse)?;
        let mut book = None;
        let mut records = Vec::new();
        let with_readings = self.records.iter().any(|it| it.role == Role::Readings.name());
        let mut evidence = Evidence::of(Position(self.position), with_readings);
        for exhibit in &self.records {
            let record = exhibit.proven(&decoders, &checkpoint)?;
            if records
                .last()
                .is_some_and(|(last, _): &(Record, _)| last.position >= record.position)
            {
                return Err(malformed("a record twice, or out of its turn"));
            }
            exhibit.agrees(&record, book.as_ref())?;
            evidence.note(&record);
            let rules = book.clone();
            if let Event::Fact(Fact::RuleBookAdopted(adopted)) = &record.event {
                book = Some(Arc::clone(adopted));
            }
            records.push((record, rules));
        }
        let roles =
            evidence.roles().ok_or(malformed("the record that was asked for is not in it"))?;
        let records = self.with_roles(records, &roles)?;
        let explanation = match &self.explanation {
            None => None,
            Some(tree) => Some(Explained::check(tree, Position(self.position), &records)?),
        };
        Ok(Proven { checkpoint, cosigned, records, explanation })
    }

    /// The schema stands under no proof, so another one could give the bytes another meaning.
    fn decoders(&self, parse: ParseRules) -> Result<Vec<Decoder>, TrustError> {
        let decoder = |schema: &String| {
            let decoder = Decoder::of_schema(schema, parse)
                .map_err(|_| malformed("a schema that is none"))?;
            if !decoder.is_ours() {
                return Err(malformed("a schema that this version does not know"));
            }
            Ok(decoder)
        };
        self.schemas.iter().map(decoder).collect()
    }

    /// The roles that stand in it must be those that follow from the records.
    fn with_roles(
        &self,
        records: Vec<(Record, Option<Arc<RuleBook>>)>,
        roles: &BTreeMap<Position, Role>,
    ) -> Result<Vec<ProvenRecord>, TrustError> {
        let mut all = Vec::new();
        for ((record, rules), exhibit) in records.into_iter().zip(&self.records) {
            let position = record.position;
            match roles.get(&position) {
                Some(role) if role.name() == exhibit.role => all.push((*role, record, rules)),
                Some(_) | None => {
                    let what = format!("it is not the {} of this", exhibit.role);
                    return Err(TrustError::Contradicted { position: position.0, what });
                }
            }
        }
        Ok(all)
    }
}

impl Exhibit {
    /// The record, if the proof leads to the checkpoint.
    fn proven(&self, decoders: &[Decoder], checkpoint: &Checkpoint) -> Result<Record, TrustError> {
        let bytes = base64::bytes(&self.bytes).ok_or(malformed("bytes that are no base64"))?;
        let decoder = decoders.get(self.schema).ok_or(malformed("no such schema"))?;
        let (record, length) =
            decoder.decode(&bytes).map_err(|_| malformed("bytes that are no record"))?;
        if length != bytes.len() {
            return Err(malformed("more bytes than a record"));
        }
        let hash = |it: &String| base64::bytes(it)?.try_into().ok();
        let hashes = self
            .proof
            .iter()
            .map(hash)
            .collect::<Option<Vec<Hash>>>()
            .ok_or(malformed("a proof that is none"))?;
        proof::check_inclusion(&bytes, record.position.0, &hashes, checkpoint)?;
        Ok(record)
    }

    /// Whether the readable record says nothing else than the bytes.
    fn agrees(&self, record: &Record, book: Option<&Arc<RuleBook>>) -> Result<(), TrustError> {
        let own = json::record(record, book.map(|it| &it.rules));
        differs(&self.record, &own, "record").map_or(Ok(()), |at| {
            let what = format!("{at} is not what its bytes say");
            Err(TrustError::Contradicted { position: record.position.0, what })
        })
    }
}

/// Where a readable text contradicts the truth. What it leaves out, it does not contradict: a
/// later version may say more.
fn differs(shown: &Value, own: &Value, at: &str) -> Option<String> {
    match (shown, own) {
        (Value::Object(shown), Value::Object(own)) => shown.iter().find_map(|(key, value)| {
            differs(value, own.get(key).unwrap_or(&Value::Null), &format!("{at}.{key}"))
        }),
        (Value::Array(shown), Value::Array(own)) if shown.len() == own.len() => {
            let mut pairs = shown.iter().zip(own).enumerate();
            pairs.find_map(|(place, (shown, own))| differs(shown, own, &format!("{at}[{place}]")))
        }
        (shown, own) => (shown != own).then(|| at.to_owned()),
    }
}

fn malformed(what: &'static str) -> TrustError {
    TrustError::Malformed { what, at: 0 }
}
