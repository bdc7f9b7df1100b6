//! Avro's binary encoding, by hand: no value tree in between, no byte trusted.

mod put;
mod schema;
mod take;

pub use put::Put;
pub use schema::parse_schema;
pub use take::{Malformed, Take};
