//! What is remembered of what bodies do. Its types say by themselves how they are written.

use crate::domain::Cooperation;
use crate::wire::avro::{Malformed, NotAvro, Put, Take};

/// Adds it where there is anything: states without it have the bytes that they always had.
pub(super) fn put(put: &mut Put<'_>, cooperation: &Cooperation) {
    if !cooperation.is_empty() {
        let written = put.value(cooperation);
        assert!(written.is_ok(), "a test writes such a state: {written:?}");
    }
}

pub(super) fn take(take: &mut Take<'_>, cooperation: &mut Cooperation) -> Result<(), Malformed> {
    if take.rest().is_empty() {
        return Ok(());
    }
    *cooperation = take.value().map_err(|error| match error {
        NotAvro::Malformed(malformed) => malformed,
        NotAvro::Other(_) => take.wrong("no joint control before this"),
    })?;
    Ok(())
}
