//! Looks over the engine's shoulder: what is appended is told as it falls and gathered for the
//! table and the picture. Nothing leaves the house this way.

use std::io::{ErrorKind, Write};
use std::sync::Arc;

use crate::domain::{AirEvent, Event};
use crate::engine::projection::Marks;
use crate::engine::{Entry, Needs, Outbox, PortError, Position};

use super::episode::Episode;
use super::narrate::Narrator;
use crate::app::support::progress::Progress;
use crate::app::support::terminal;

/// An outbox for people.
pub(in crate::app) struct Onlooker {
    episode: Episode,
    narrator: Narrator,
    told_from: Position,
    told_to: Option<Box<dyn Write>>,
    progress: Progress,
    hours: u64,
    counts_hours: bool,
    columns: Option<u16>,
}

impl Onlooker {
    /// Tells of the records from that position on, line by line; without a listener it only
    /// gathers. The bar counts closed hours.
    pub(in crate::app) fn new(
        narrator: Narrator,
        told_from: Position,
        told_to: Option<Box<dyn Write>>,
        progress: Progress,
    ) -> Self {
        let (episode, hours, counts_hours) = (Episode::default(), 0, true);
        let columns = None;
        Self { episode, narrator, told_from, told_to, progress, hours, counts_hours, columns }
    }

    /// The bar counts something else, which only [`progress`](Self::progress) moves.
    pub(in crate::app) fn with_another_count(self) -> Self {
        Self { counts_hours: false, ..self }
    }

    /// Its lines are no wider than this.
    pub(in crate::app) fn in_columns(self, columns: Option<u16>) -> Self {
        Self { columns, ..self }
    }

    /// How far the work has come, where it is not counted in hours.
    pub(in crate::app) fn progress(&self, done: u64) {
        self.progress.at(done);
    }

    /// What has been gathered; the bar is gone then.
    pub(in crate::app) fn into_episode(self) -> Episode {
        self.episode
    }
}

impl Outbox for Onlooker {
    /// It was not there before, so it wants to hear everything.
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
        let line = self.narrator.line(record).filter(|_| record.position >= self.told_from);
        if let (Some(line), Some(listener)) = (line, &mut self.told_to) {
            let line = terminal::wrapped(&line, self.columns);
            match self.progress.aside(|| writeln!(listener, "{line}")) {
                Ok(()) => {}
                // Whoever listened has heard enough; the play goes on.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => self.told_to = None,
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
    fn old_records_are_gathered_and_new_ones_are_told() {
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
