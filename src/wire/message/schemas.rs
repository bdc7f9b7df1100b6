//! Which schema a message was written by.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use thiserror::Error;

use crate::wire::avro::{Fingerprint, Fingerprints, canonical_form, fingerprints, parse_schema};

/// What a message is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// Readings of stations.
    Readings,
    /// An outlook.
    Forecast,
    /// A clock that moved.
    Tick,
    /// A command of a body.
    Command,
}

/// The schema of a message is not known here.
#[derive(Clone, Copy, Debug, Error, Eq, PartialEq)]
pub enum UnknownSchema {
    /// By the id of a registry.
    #[error("no schema is known for registry id {0}")]
    Id(u32),
    /// By its own fingerprint. It is shown byte by byte, as in the message.
    #[error("no schema is known for the fingerprint {:016x}", .0.swap_bytes())]
    Fingerprint(u64),
}

/// A schema is none of ours.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[error("not a schema of readings, forecasts, ticks or commands: {0}")]
pub struct WrongSchema(String);

/// The schemas that messages may be written by.
#[derive(Debug)]
pub struct Schemas {
    /// Of an id that cannot be used, the reason.
    by_id: BTreeMap<u32, Result<Written, String>>,
    by_fingerprint: BTreeMap<Fingerprint, Written>,
}

/// By which schema a message was written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    kind: Kind,
    /// What a registry calls the schema.
    id: Option<u32>,
    /// None: by ours.
    other: Option<Box<Schema>>,
}

/// A message without its frame.
#[derive(Debug)]
pub(super) enum Framed<'a> {
    /// A datum, and what wrote it.
    Datum(&'a Written, &'a [u8]),
    /// A message by a schema that cannot be used, and why.
    Refused(String),
    /// Neither frame is there.
    Garbage,
}

const SINGLE_OBJECT: [u8; 2] = [0xc3, 0x01];
const REGISTRY: u8 = 0;

struct Own {
    schema: Schema,
    canonical: String,
    fingerprints: Fingerprints,
}

static OWN: LazyLock<BTreeMap<Kind, Own>> = LazyLock::new(|| {
    let own = |kind: Kind| {
        let text = kind.schema();
        let own = || {
            let (schema, canonical) = (parse_schema(text)?, canonical_form(text)?);
            Ok::<_, String>(Own { schema, canonical, fingerprints: fingerprints(text)? })
        };
        (kind, own().expect("a test parses our own schemas"))
    };
    Kind::ALL.into_iter().map(own).collect()
});

impl Kind {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Readings, Self::Forecast, Self::Tick, Self::Command];

    /// The schema, as it is kept in `schemas/`.
    pub fn schema(self) -> &'static str {
        match self {
            Self::Readings => include_str!("../../../schemas/readings.avsc"),
            Self::Forecast => include_str!("../../../schemas/forecast.avsc"),
            Self::Tick => include_str!("../../../schemas/tick.avsc"),
            Self::Command => include_str!("../../../schemas/command.avsc"),
        }
    }

    /// The full name of the schema.
    pub fn name(self) -> &'static str {
        match self {
            Self::Readings => "airshed.readings",
            Self::Forecast => "airshed.forecast",
            Self::Tick => "airshed.tick",
            Self::Command => "airshed.command",
        }
    }

    fn own(self) -> &'static Own {
        &OWN[&self]
    }

    /// What stands before a datum in single-object encoding.
    pub(super) fn single_object_frame(self) -> [u8; 10] {
        let mut frame = [0; 10];
        let (mark, fingerprint) = frame.split_at_mut(SINGLE_OBJECT.len());
        mark.copy_from_slice(&SINGLE_OBJECT);
        fingerprint.copy_from_slice(&self.own().fingerprints.standard);
        frame
    }
}

/// What stands before a datum by a registry's schema.
pub(super) fn registry_frame(id: u32) -> [u8; 5] {
    let [a, b, c, d] = id.to_be_bytes();
    [REGISTRY, a, b, c, d]
}

impl Default for Schemas {
    fn default() -> Self {
        let mut schemas = Self { by_id: BTreeMap::new(), by_fingerprint: BTreeMap::new() };
        for kind in Kind::ALL {
            schemas.insert(kind.own().fingerprints, &Written { kind, id: None, other: None });
        }
        schemas
    }
}

impl Schemas {
    /// A registry has this schema under that id.
    pub fn learn_id(&mut self, id: u32, schema: &str) -> Result<Kind, WrongSchema> {
        let written = Written { id: Some(id), ..Written::parse(schema)? };
        let kind = written.kind;
        self.by_id.insert(id, Ok(written));
        Ok(kind)
    }

    /// Messages with this id are refused from here on, for this reason.
    pub fn refuse_id(&mut self, id: u32, reason: &str) {
        self.by_id.insert(id, Err(reason.to_owned()));
    }

    /// The id is unknown again.
    pub fn forget_id(&mut self, id: u32) {
        self.by_id.remove(&id);
    }

    /// Another version of a schema, found by its fingerprint.
    pub fn learn(&mut self, schema: &str) -> Result<Kind, WrongSchema> {
        let written = Written::parse(schema)?;
        self.insert(fingerprints(schema).map_err(WrongSchema)?, &written);
        Ok(written.kind)
    }

    /// Messages are found by either fingerprint: earlier versions of this program did not write the
    /// one of the standard.
    fn insert(&mut self, of_schema: Fingerprints, written: &Written) {
        for fingerprint in [of_schema.earlier, of_schema.standard] {
            self.by_fingerprint.insert(fingerprint, written.clone());
        }
    }

    pub(super) fn unframe<'a>(&'a self, message: &'a [u8]) -> Result<Framed<'a>, UnknownSchema> {
        if let Some(rest) = message.strip_prefix(&SINGLE_OBJECT)
            && let Some((fingerprint, datum)) = rest.split_first_chunk()
        {
            let written = self.by_fingerprint.get(fingerprint);
            let unknown = UnknownSchema::Fingerprint(u64::from_le_bytes(*fingerprint));
            let written = written.ok_or(unknown)?;
            return Ok(Framed::Datum(written, datum));
        }
        if let Some(rest) = message.strip_prefix(&[REGISTRY])
            && let Some((id, datum)) = rest.split_first_chunk()
        {
            let id = u32::from_be_bytes(*id);
            return match self.by_id.get(&id).ok_or(UnknownSchema::Id(id))? {
                Ok(written) => Ok(Framed::Datum(written, datum)),
                Err(reason) => Ok(Framed::Refused(format!("registry id {id}: {reason}"))),
            };
        }
        Ok(Framed::Garbage)
    }
}

impl Written {
    fn parse(text: &str) -> Result<Self, WrongSchema> {
        let schema = parse_schema(text).map_err(WrongSchema)?;
        let name = schema.name().map(ToString::to_string).unwrap_or_default();
        // A reader finds its schema by the name without namespace, as Avro's rules of resolution say.
        let kind = Kind::ALL
            .into_iter()
            .find(|it| unqualified(it.name()) == unqualified(&name))
            .ok_or_else(|| WrongSchema(format!("its name is \"{name}\"")))?;
        let same = canonical_form(text).map_err(WrongSchema)? == kind.own().canonical;
        Ok(Self { kind, id: None, other: (!same).then(|| Box::new(schema)) })
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// The datum as our own schema would have it; the error is for people.
    pub(super) fn to_own<'a>(&self, datum: &'a [u8]) -> Result<Cow<'a, [u8]>, String> {
        let Some(schema) = &self.other else { return Ok(Cow::Borrowed(datum)) };
        let own = &self.kind.own().schema;
        let resolve = || {
            let reader = GenericDatumReader::builder(schema).reader_schema(own).build()?;
            let mut rest = datum;
            let value = reader.read_value(&mut rest)?;
            let mut bytes = GenericDatumWriter::builder(own).build()?.write_value_to_vec(value)?;
            bytes.extend_from_slice(rest);
            Ok(bytes)
        };
        resolve().map(Cow::Owned).map_err(|error: apache_avro::Error| match self.id {
            Some(id) => format!("registry id {id}: {error}"),
            None => error.to_string(),
        })
    }
}

fn unqualified(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
