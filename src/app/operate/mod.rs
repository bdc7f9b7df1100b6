//! Commands for the operator of `serve`: is the configuration right, and is all that it needs there?

pub(super) mod config;
pub(super) mod doctor;
pub(super) mod hooks;
pub(super) mod man;
