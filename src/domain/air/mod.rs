//! The air: readings, hours, indexes, series and outlooks.

pub(crate) mod index;
pub(crate) mod outlook;
pub(crate) mod reading;
pub(crate) mod rounding;
