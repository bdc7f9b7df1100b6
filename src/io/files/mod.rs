//! Files on disk.

pub mod rule_book_dir;
