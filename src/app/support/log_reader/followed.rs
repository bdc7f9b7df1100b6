//! A log that is read with a progress bar.

use crate::app::support::progress::Progress;
use crate::engine::{PortError, Record};

use super::OpenLog;

/// Records between two updates of the bar.
const UPDATED_EVERY: u64 = 64;

/// The records of a log, one after another.
pub(in crate::app) struct Followed {
    reader: OpenLog,
    progress: Progress,
}

impl OpenLog {
    /// Adds a progress bar with a text.
    pub(in crate::app) fn followed(self, doing: &str) -> Followed {
        let progress = self.bar();
        progress.say(doing);
        Followed { reader: self, progress }
    }
}

impl Followed {
    /// Removes the bar, and prints a note if the last append is not whole.
    pub(in crate::app) fn end(self) {
        drop(self.progress);
        self.reader.print_torn();
    }
}

impl Iterator for Followed {
    type Item = Result<Record, PortError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.reader.next()?;
        if record.as_ref().is_ok_and(|it| it.position.0.is_multiple_of(UPDATED_EVERY)) {
            self.progress.at(self.reader.done());
        }
        Some(record)
    }
}
