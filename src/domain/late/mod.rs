//! Late values: what they amend, and the decisions that they are compared with.

pub(crate) mod decision;
pub(crate) mod history;
pub(crate) mod state;
