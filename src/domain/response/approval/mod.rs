//! Approval (审批): what a decision orders may wait for a government, a command office or a signed
//! conclusion. All acts of one decision wait together, and become one set with one start hour.

pub(crate) mod commands;
pub(crate) mod conclusion;
pub(crate) mod hold;
pub(crate) mod item;
pub(crate) mod lapse;
pub(crate) mod ordering;
pub(crate) mod proposal;
pub(crate) mod proposals;
pub(crate) mod rules;
pub(crate) mod settled;
pub(crate) mod synchrony;
