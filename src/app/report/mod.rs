//! A log as text: a summary, lines and tables.

pub(super) mod episode;
pub(super) mod narrate;
pub(super) mod onlooker;
pub(super) mod orders;
pub(super) mod summary;
