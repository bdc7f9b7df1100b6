//! Avro's binary encoding, by hand: no value tree in between, no byte trusted.

mod canonical;
mod deserialize;
mod put;
mod schema;
mod serialize;
mod take;

pub use canonical::{Fingerprint, Fingerprints, canonical_form, fingerprints};
pub use put::Put;
pub use schema::parse_schema;
pub use serialize::NotAvro;
pub use take::{Malformed, Take};
