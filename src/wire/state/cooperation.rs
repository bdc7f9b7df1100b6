//! What is remembered of what bodies do. Its types say by themselves how they are written.

use crate::domain::Cooperation;
use crate::wire::avro::{ByteReader, Malformed, NotAvro, Put};

/// Adds it where there is anything: states without it have the bytes that they always had.
pub(super) fn put(put: &mut Put<'_>, cooperation: &Cooperation) {
    if !cooperation.is_empty() {
        let written = put.value(cooperation);
        assert!(written.is_ok(), "a test writes such a state: {written:?}");
    }
}

pub(super) fn parse(
    reader: &mut ByteReader<'_>,
    cooperation: &mut Cooperation,
) -> Result<(), Malformed> {
    if reader.rest().is_empty() {
        return Ok(());
    }
    *cooperation = reader.value().map_err(|error| match error {
        NotAvro::Malformed(malformed) => malformed,
        NotAvro::Other(_) => reader.wrong("no joint control before this"),
    })?;
    Ok(())
}
