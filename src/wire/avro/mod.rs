//! Avro's binary encoding, by hand: no value tree in between, no byte trusted.

mod put;
mod take;

pub use put::Put;
pub use take::{Malformed, Take};
