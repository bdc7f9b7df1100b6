//! The orders that were issued.

use crate::domain::Orders;
use crate::wire::avro::{Malformed, Put, Take};

pub(super) fn put(put: &mut Put<'_>, orders: &Orders) {
    put.unsigned(orders.epoch);
}

pub(super) fn take(take: &mut Take<'_>, orders: &mut Orders) -> Result<(), Malformed> {
    orders.epoch = take.unsigned()?;
    Ok(())
}
