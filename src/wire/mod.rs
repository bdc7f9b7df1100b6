//! In which bytes: domain values to and from files, messages and records. Opens nothing.

pub mod avro;
pub mod record;
