//! Outbox that prints decisions and collects the summary. It sends nothing to receivers.

use std::io::{ErrorKind, Write};
use std::sync::Arc;

use crate::domain::{AirEvent, Event};
use crate::engine::projection::Marks;
use crate::engine::{Entry, Needs, Outbox, PortError, Position};

use super::lines::DecisionLines;
use super::log_summary::LogSummary;
use crate::app::support::progress::Progress;
use crate::app::support::terminal;

/// Prints decisions and collects the summary.
pub(in crate::app) struct ConsoleOutbox {
    episode: LogSummary,
    lines: DecisionLines,
    print_from: Position,
    printer: Option<Box<dyn Write>>,
    progress: Progress,
    hours: u64,
    counts_hours: bool,
    columns: Option<u16>,
}

impl ConsoleOutbox {
    /// Prints the decisions from that position on, one a line; without a listener it only collects.
    /// The bar counts closed hours.
    pub(in crate::app) fn new(
        lines: DecisionLines,
        print_from: Position,
        printer: Option<Box<dyn Write>>,
        progress: Progress,
    ) -> Self {
        let (episode, hours, counts_hours) = (LogSummary::default(), 0, true);
        let columns = None;
        Self { episode, lines, print_from, printer, progress, hours, counts_hours, columns }
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

    /// The summary; the bar is removed.
    pub(in crate::app) fn into_summary(self) -> LogSummary {
        self.episode
    }
}

impl Outbox for ConsoleOutbox {
    /// The summary needs every record.
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
        self.episode.note(entry);
        if let Event::Air(AirEvent::HourClosed(closed)) = &record.event {
            self.hours += 1;
            self.progress.say(&closed.hour.date().to_string());
            if self.counts_hours {
                self.progress.at(self.hours);
            }
        }
        let line = self.lines.line(record).filter(|_| record.position >= self.print_from);
        if let (Some(line), Some(listener)) = (line, &mut self.printer) {
            let line = terminal::wrapped(&line, self.columns);
            match self.progress.suspended(|| writeln!(listener, "{line}")) {
                Ok(()) => {}
                // The reader of the output has closed it; the run goes on.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => self.printer = None,
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
    fn old_records_are_collected_and_new_ones_are_printed() {
        let bar = Progress::counting(1, "hours");
        let mut outbox = ConsoleOutbox::new(DecisionLines::new(false), Position(292), None, bar);
        assert_eq!(outbox.unsent_from(), Ok(Position(0)));
        for entry in fixture::entries() {
            outbox.publish(&entry).unwrap();
        }
        assert_eq!((outbox.hours, outbox.progress.done()), (288, 288));
        assert_eq!(outbox.into_summary().warnings().len(), 2);
    }

    #[test]
    fn a_bar_of_bytes_is_not_moved_by_hours() {
        let bar = Progress::bytes(1000);
        let outbox = ConsoleOutbox::new(DecisionLines::new(false), Position(0), None, bar);
        let mut outbox = outbox.with_another_count();
        outbox.progress(700);
        for entry in fixture::entries() {
            outbox.publish(&entry).unwrap();
        }
        assert_eq!(outbox.progress.done(), 700);
    }
}
