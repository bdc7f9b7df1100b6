//! Avro's binary encoding, by hand: no value tree in between, no byte trusted.

mod byte_reader;
mod canonical;
mod deserialize;
mod put;
mod schema;
mod serialize;

pub use byte_reader::{ByteReader, Malformed};
pub use canonical::{Fingerprint, Fingerprints, canonical_form, fingerprints};
pub use put::Put;
pub use schema::parse_schema;
pub use serialize::NotAvro;
