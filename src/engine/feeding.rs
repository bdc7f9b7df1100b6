//! What a feed sends: the rows of files and, before them, the ticks of their clock.
//!
//! Every partition gets the same ticks: each instant at which the clock of the files stands, those
//! between two rows included. So who takes from the partitions closes each hour at the very instant
//! at which a play of the same files does.

use std::collections::BTreeMap;

use crate::domain::{
    Batch, Command, FileClock, Forecast, Hour, Parameters, Stream, StreamClock, Timestamp, steps,
};

/// One thing to send.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fed {
    /// A tick, into every partition.
    Tick(Timestamp),
    /// Readings of one hour, each into the partition of its station.
    Readings(Batch),
    /// An outlook.
    Forecast(Forecast),
}

/// The clock of the files that are fed.
#[derive(Clone, Debug, Default)]
pub struct Feeding {
    /// The clock of each file, which its rows alone move.
    files: BTreeMap<Stream, StreamClock>,
    /// The clock of them all: the last tick.
    clock: Option<Timestamp>,
    /// Hour of the first row, with which a log begins.
    first: Option<Hour>,
    newest: Option<Hour>,
    /// Rows from before the first one. They wait for the second instant, so that no log begins
    /// with them: within an instant partitions have no order.
    early: Vec<Batch>,
    refused: u64,
}

impl Feeding {
    /// What to send for the next command of the files, in this order.
    pub fn feed(&mut self, command: Command, parameters: &Parameters) -> Vec<Fed> {
        match command {
            Command::Observe(batch) => self.observe(batch, parameters),
            Command::ReceiveForecast(forecast) => vec![Fed::Forecast(forecast)],
            Command::Refuse(refusal) => {
                self.refused += refusal.count;
                Vec::new()
            }
            // The files say nothing of the kind.
            Command::Adopt(_)
            | Command::JoinStreams(_)
            | Command::Tick(_)
            | Command::Exclude(_)
            | Command::Give(_) => Vec::new(),
        }
    }

    /// What to send at the end: the grace of the last hour passes.
    pub fn end(&mut self, parameters: &Parameters) -> Vec<Fed> {
        let mut fed = Vec::new();
        if let Some(newest) = self.newest {
            self.come_to(newest.closes_at(parameters), parameters, &mut fed);
        }
        fed
    }

    /// Values that are not sent: they could not be read, or their row is from the future.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    fn observe(&mut self, batch: Batch, parameters: &Parameters) -> Vec<Fed> {
        let mut fed = Vec::new();
        let file = self.files.entry(batch.stream.clone()).or_default();
        let Some(StreamClock { at: Some(at), .. }) = file.after_row(batch.hour, parameters) else {
            self.refused += batch.readings.len() as u64;
            return fed;
        };
        *file = StreamClock { at: Some(at), ticked: false };
        self.come_to(at, parameters, &mut fed);
        let first = *self.first.get_or_insert(batch.hour);
        self.newest = self.newest.max(Some(batch.hour));
        let begins = first.end().plus_minutes(parameters.closing.publish_delay_min);
        if batch.hour < first && self.clock <= Some(begins) {
            self.early.push(batch);
        } else {
            fed.push(Fed::Readings(batch));
        }
        fed
    }

    fn come_to(&mut self, to: Timestamp, parameters: &Parameters, fed: &mut Vec<Fed>) {
        if self.clock >= Some(to) {
            return;
        }
        if let Some(from) = self.clock.filter(|_| parameters.closing.file_clock == FileClock::Steps)
        {
            fed.extend(steps(from, to, parameters).filter(|it| *it < to).map(Fed::Tick));
        }
        fed.push(Fed::Tick(to));
        if self.clock.is_some() {
            fed.extend(self.early.drain(..).map(Fed::Readings));
        }
        self.clock = Some(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Reason, Refusal, Row};

    /// Rows of these hours, `5!` refused; what is sent, `5:30.` a tick.
    #[track_caller]
    fn check(rows: &str, expected: &str) {
        let parameters = Parameters::defaults();
        let mut feeding = Feeding::default();
        let mut fed = Vec::new();
        for (row, position) in rows.split_whitespace().zip(1..) {
            let stream = Stream::file("a");
            let command = match row.strip_suffix('!') {
                Some(_) => Command::Refuse(Refusal {
                    reason: Reason::Unreadable,
                    source: Some(stream.at(position)),
                    hour: None,
                    excerpt: String::new(),
                    count: 1,
                }),
                None => Command::Observe(Batch {
                    stream,
                    hour: Hour(row.parse().unwrap()),
                    rows: vec![Row { position, readings: 0 }],
                    readings: Vec::new(),
                }),
            };
            fed.extend(feeding.feed(command, &parameters));
        }
        fed.extend(feeding.end(&parameters));
        let tell = |it: &Fed| match it {
            Fed::Tick(at) => format!("{}:{:02}.", at.0 / 3_600_000, at.0 / 60_000 % 60),
            Fed::Readings(batch) => batch.hour.0.to_string(),
            Fed::Forecast(_) => unreachable!("no forecast here"),
        };
        assert_eq!(fed.iter().map(tell).collect::<Vec<_>>().join(" "), expected, "{rows}");
    }

    #[test]
    fn ticks_stand_before_the_rows_that_move_the_clock() {
        check("5 5 6", "5:30. 5 5 6:00. 6:30. 6 7:00.");
        check("5 8", "5:30. 5 6:00. 7:00. 8:00. 8:30. 8 9:00.");
        check("", "");
    }

    #[test]
    fn late_and_refused_rows_move_nothing() {
        check("5 4! 6 5 7!", "5:30. 5 6:00. 6:30. 6 5 7:00.");
        // 721 h ahead of its file: it is not sent, and takes no step.
        check("5 726 6", "5:30. 5 6:00. 6:30. 6 7:00.");
    }

    #[test]
    fn rows_from_before_the_first_one_wait_for_the_second_instant() {
        check("5 4 5 6 4", "5:30. 5 5 6:00. 6:30. 4 6 4 7:00.");
        check("5 4", "5:30. 5 6:00. 4");
    }
}
