//! Messages on the topics for readings, forecasts and commands, in Avro; commands also in JSON.
//!
//! ```text
//! single-object   C3 01  fingerprint{8}  datum    CRC-64-AVRO of the schema, little-endian
//! registry        00     id{4}           datum    big-endian
//! ```
//!
//! Messages by our own schemas are read at once; others are read where a caller has given their schemas to
//! [`Schemas`], such as those of a registry. A message by our own schema is read without a tree of values in between; one by another
//! version of it is brought to ours first, which is slow. What cannot be read is refused, with
//! the place where it ceases to make sense.

mod command;
mod forecast;
mod reader;
mod readings;
mod readings_json;
mod registry;
mod schemas;
mod writer;

#[cfg(test)]
mod tests;

pub use command::{CommandLine, UnreadableCommand, read_command, read_command_line, write_command};
pub use reader::{Codes, StreamReader};
pub use readings_json::{UnreadableReadings, read_readings_json};
pub use registry::{
    NoSchema, Unanswered, WriterSchemas, read_id_answer, read_plain_answer, read_schema_answer,
};
pub use schemas::{Kind, Schemas, UnknownSchema, WrongSchema};
pub use writer::{Framing, MessageWriter};
