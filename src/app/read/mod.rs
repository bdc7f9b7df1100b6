//! Commands that read a log and change nothing.

pub(super) mod cap;
pub(super) mod cat;
pub(super) mod explain;
pub(super) mod look;
pub(super) mod matters;
pub(super) mod picture;
pub(super) mod replay;
pub(super) mod score;
pub(super) mod skill;
pub(super) mod state;
pub(super) mod what_if;
