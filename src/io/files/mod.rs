//! Files of readings as an inbox: many files, one sequence by hour.

mod inbox;
mod open;

pub use inbox::{FileInbox, FilesError};
