//! Files on disk: many files of readings as one inbox, by hour; a rule book as a folder;
//! keys that sign; commands of bodies.

mod commands;
mod inbox;
pub mod key_file;
mod open;
pub mod rule_book_dir;

pub use commands::{CommandMessage, read_command_messages, read_commands};
pub use inbox::{Changed, FileInbox, FilesError};
pub use open::Jump;
