//! Files on disk: many files of readings as one inbox, by hour; a rule book as a folder.

mod inbox;
mod open;
pub mod rule_book_dir;

pub use inbox::{FileInbox, FilesError};
