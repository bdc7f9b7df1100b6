//! Commands that show the law: indexes, grading standards, measures.

pub(super) mod index;
mod measures;
pub(super) mod standard;
