//! An inbox that foresees: before the first row of an hour come the outlooks issued by then.

use std::collections::VecDeque;

use super::{Hindsight, Inbox, PortError};
use crate::domain::{Command, Exclusion, Forecast, Hour, Stream};

/// What is known besides the readings of a feed.
#[derive(Clone, Debug, Default)]
pub enum Outlooks {
    /// Nothing.
    #[default]
    None,
    /// What was observed later.
    Hindsight(Hindsight),
    /// Forecasts, by the time at which they were issued.
    Issued(Vec<Forecast>),
}

/// An inbox with outlooks and exclusions put before its rows.
#[derive(Debug)]
pub struct WithOutlooks<I> {
    inbox: I,
    outlooks: Outlooks,
    /// Intervals that do not count; they come first.
    exclusions: Vec<Exclusion>,
    /// The next hour that hindsight speaks at, or the next forecast in the list.
    next_hour: Hour,
    next_issue: usize,
}

impl<I: Inbox> WithOutlooks<I> {
    /// Puts outlooks and exclusions before the rows of an inbox.
    pub fn new(inbox: I, outlooks: Outlooks, exclusions: Vec<Exclusion>) -> Self {
        let next_hour = match &outlooks {
            Outlooks::Hindsight(hindsight) => hindsight.first(),
            Outlooks::None | Outlooks::Issued(_) => Hour::default(),
        };
        Self { inbox, outlooks, exclusions, next_hour, next_issue: 0 }
    }

    /// The inbox behind it.
    pub fn inner(&self) -> &I {
        &self.inbox
    }

    fn issued_by(&mut self, hour: Hour, commands: &mut VecDeque<Command>) {
        match &self.outlooks {
            Outlooks::None => {}
            Outlooks::Hindsight(hindsight) => {
                while self.next_hour <= hour {
                    commands.extend(hindsight.issue(self.next_hour).map(Command::Foresee));
                    self.next_hour = self.next_hour.plus(1);
                }
            }
            Outlooks::Issued(forecasts) => {
                let due = forecasts[self.next_issue..].iter();
                let due: Vec<_> = due.take_while(|it| it.issued_at <= hour.end()).collect();
                self.next_issue += due.len();
                commands.extend(due.into_iter().cloned().map(Command::Foresee));
            }
        }
    }
}

impl<I: Inbox> Inbox for WithOutlooks<I> {
    fn resume(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError> {
        let last = |own: &Stream| taken.iter().find(|(stream, _)| stream == own).map(|it| it.1);
        match &mut self.outlooks {
            Outlooks::None => {}
            Outlooks::Hindsight(hindsight) => {
                let spoken = last(&hindsight.stream()).and_then(|at| i32::try_from(at).ok());
                self.next_hour = spoken.map_or(hindsight.first(), |at| Hour(at + 1));
            }
            Outlooks::Issued(forecasts) => {
                let is_new = |it: &Forecast| {
                    let source = it.source.as_ref();
                    source.is_none_or(|it| last(&it.stream).is_none_or(|at| it.position > at))
                };
                forecasts.retain(is_new);
                self.next_issue = 0;
            }
        }
        let is_new = |it: &Exclusion| {
            let source = it.source.as_ref();
            source.is_none_or(|it| last(&it.stream).is_none_or(|at| it.position > at))
        };
        self.exclusions.retain(is_new);
        self.inbox.resume(taken)
    }

    fn take(&mut self) -> Result<Vec<Command>, PortError> {
        let mut commands: VecDeque<Command> =
            self.exclusions.drain(..).map(Command::Exclude).collect();
        for command in self.inbox.take()? {
            if let Command::Observe(batch) = &command {
                self.issued_by(batch.hour, &mut commands);
            }
            commands.push_back(command);
        }
        Ok(commands.into())
    }
}
