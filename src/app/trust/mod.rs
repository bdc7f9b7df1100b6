//! Commands that sign, prove and check a log.

pub(super) mod checkpoint;
pub(super) mod consistency;
pub(super) mod key;
pub(super) mod prove;
mod shown_cap;
pub(super) mod token;
pub(super) mod verify;
pub(super) mod verify_bundle;
mod verify_cap;
pub(super) mod verify_order;
pub(super) mod witness;
