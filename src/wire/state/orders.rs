//! The orders that were issued.

use crate::domain::Orders;
use crate::wire::avro::{ByteReader, Malformed, Put};

pub(super) fn put(put: &mut Put<'_>, orders: &Orders) {
    put.unsigned(orders.epoch);
}

pub(super) fn parse(reader: &mut ByteReader<'_>, orders: &mut Orders) -> Result<(), Malformed> {
    orders.epoch = reader.unsigned()?;
    Ok(())
}
