//! How much room the disk of a folder has.

use std::io;
use std::path::Path;

use rustix::fs::{Access, access, statvfs};

/// What is left for new files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Space {
    /// Bytes that this user may still write.
    pub free_bytes: u64,
    /// Whether no further file can be made, however many bytes there are.
    pub is_out_of_files: bool,
}

/// Asks for the disk of a folder that exists.
pub fn space(folder: &Path) -> io::Result<Space> {
    let found = statvfs(folder)?;
    // Some file systems have no limit of files, and say 0 of 0.
    let is_out_of_files = found.f_files > 0 && found.f_favail == 0;
    Ok(Space { free_bytes: found.f_bavail.saturating_mul(found.f_frsize), is_out_of_files })
}

/// Whether this user can make files in a folder; an error says why not.
pub fn can_be_written(folder: &Path) -> io::Result<()> {
    Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}
