//! Outbox that prints decisions and collects the summary for the table and the picture. It sends
//! nothing.

use std::io::{ErrorKind, Write};
use std::sync::Arc;

use crate::domain::{AirEvent, Event};
use crate::engine::projection::Marks;
use crate::engine::{Entry, Needs, Outbox, PortError, Position};

use super::episode::Episode;
use super::narrate::Narrator;
use crate::app::support::progress::Progress;
use crate::app::support::terminal;

/// An outbox that prints decisions.
pub(in crate::app) struct Onlooker {
    episode: Episode,
    narrator: Narrator,
    printed_from: Position,
    printed_to: Option<Box<dyn Write>>,
    progress: Progress,
    hours: u64,
    counts_hours: bool,
    columns: Option<u16>,
}

impl Onlooker {
    /// Prints the decisions from a position on, one on each line; without a writer it only collects
    /// the summary. The bar counts closed hours.
    pub(in crate::app) fn new(
        narrator: Narrator,
        printed_from: Position,
        printed_to: Option<Box<dyn Write>>,
        progress: Progress,
    ) -> Self {
        let (episode, hours, counts_hours) = (Episode::default(), 0, true);
        let columns = None;
        Self { episode, narrator, printed_from, printed_to, progress, hours, counts_hours, columns }
    }

    /// The bar counts something other than hours, moved by [`progress`](Self::progress).
    pub(in crate::app) fn with_another_count(self) -> Self {
        Self { counts_hours: false, ..self }
    }

    /// Limits the width of the lines.
    pub(in crate::app) fn in_columns(self, columns: Option<u16>) -> Self {
        Self { columns, ..self }
    }

    /// Moves a bar that does not count hours.
    pub(in crate::app) fn progress(&self, done: u64) {
        self.progress.at(done);
    }

    /// Returns the summary and removes the bar.
    pub(in crate::app) fn into_episode(self) -> Episode {
        self.episode
    }
}

impl Outbox for Onlooker {
    /// Nothing has been printed before, so everything is unsent.
    fn unsent_from(&mut self) -> Result<Position, PortError> {
        Ok(Position::default())
    }

    fn needs(&self, _marks: &Marks) -> Needs {
        Needs::Nothing
    }

    fn recall(&mut self, _entry: &Arc<Entry>) -> Result<(), PortError> {
        Ok(())
    }

    fn publish(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        let record = &entry.record;
        self.episode.note(record);
        if let Event::Air(AirEvent::HourClosed(closed)) = &record.event {
            self.hours += 1;
            self.progress.say(&closed.hour.date().to_string());
            if self.counts_hours {
                self.progress.at(self.hours);
            }
        }
        let line = self.narrator.line(record).filter(|_| record.position >= self.printed_from);
        if let (Some(line), Some(listener)) = (line, &mut self.printed_to) {
            let line = terminal::wrapped(&line, self.columns);
            match self.progress.aside(|| writeln!(listener, "{line}")) {
                Ok(()) => {}
                // The reader has closed the pipe; the play continues.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => self.printed_to = None,
                Err(error) => return Err(PortError::Failed(format!("cannot print: {error}"))),
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), PortError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::fixture;

    #[test]
    fn old_records_are_gathered_and_new_ones_are_printed() {
        let bar = Progress::counting(1, "hours");
        let mut onlooker = Onlooker::new(Narrator::new(false), Position(292), None, bar);
        assert_eq!(onlooker.unsent_from(), Ok(Position(0)));
        for entry in fixture::entries() {
            onlooker.publish(&entry).unwrap();
        }
        assert_eq!((onlooker.hours, onlooker.progress.done()), (288, 288));
        assert_eq!(onlooker.into_episode().warnings().len(), 2);
    }

    #[test]
    fn a_bar_of_bytes_is_not_moved_by_hours() {
        let bar = Progress::bytes(1000);
        let onlooker = Onlooker::new(Narrator::new(false), Position(0), None, bar);
        let mut onlooker = onlooker.with_another_count();
        onlooker.progress(700);
        for entry in fixture::entries() {
            onlooker.publish(&entry).unwrap();
        }
        assert_eq!(onlooker.progress.done(), 700);
    }
}
