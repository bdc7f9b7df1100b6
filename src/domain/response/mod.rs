//! The response: measures, orders, and what becomes of an order.

pub(crate) mod acknowledgement;
pub(crate) mod approval;
pub(crate) mod closing;
pub(crate) mod completed;
pub(crate) mod duty;
pub(crate) mod ending;
pub(crate) mod episode;
pub(crate) mod event;
pub(crate) mod floor;
pub(crate) mod in_force;
pub(crate) mod measure;
pub(crate) mod objection;
pub(crate) mod order;
pub(crate) mod order_set;
pub(crate) mod orders;
pub(crate) mod report;
pub(crate) mod state;
pub(crate) mod taken;
pub(crate) mod verification;
