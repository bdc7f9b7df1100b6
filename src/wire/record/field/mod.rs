//! What the payloads are made of: their common fields, in Avro, JSON and text.

pub(crate) mod names;
pub(crate) mod parts;
pub(super) mod readings;
pub(super) mod text;
