//! The response: measures and orders.

pub(crate) mod event;
pub(crate) mod measure;
pub(crate) mod order;
pub(crate) mod order_set;
pub(crate) mod state;
