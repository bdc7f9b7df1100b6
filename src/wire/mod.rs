//! In which bytes: domain values to and from files, messages and records. Opens nothing.

pub mod csv;
pub mod rule_book;
pub mod stations;
pub mod avro;
pub mod record;
