//! An inbox with outlooks: before the first row of an hour come those issued by then.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::continued::NewOthers;
use super::{Continued, Hindsight, Inbox, PortError};
use crate::domain::{Command, Exclusion, Forecast, Hour, Refusal, RuleBook, Source, Stream};

/// The outlooks that come with the readings of a feed.
#[derive(Clone, Debug, Default)]
pub enum Outlooks {
    /// Nothing.
    #[default]
    None,
    /// What was observed later.
    Hindsight(Hindsight),
    /// What was read of forecasts.
    Issued {
        /// By the time at which they were issued.
        forecasts: Vec<Forecast>,
        /// What could not be read; it comes first, all of it at once.
        refusals: Vec<Refusal>,
    },
}

/// An inbox with outlooks and exclusions put before its rows.
#[derive(Debug)]
pub struct WithOutlooks<I> {
    inbox: I,
    outlooks: Outlooks,
    /// Intervals that do not count; they come first.
    exclusions: Vec<Exclusion>,
    /// The next hour at which hindsight issues an outlook, or the next forecast in the list.
    next_hour: Hour,
    next_issue: usize,
}

impl<I: Inbox> WithOutlooks<I> {
    /// Puts outlooks and exclusions before the rows of an inbox.
    pub fn new(inbox: I, outlooks: Outlooks, exclusions: Vec<Exclusion>) -> Self {
        let next_hour = match &outlooks {
            Outlooks::Hindsight(hindsight) => hindsight.first(),
            Outlooks::None | Outlooks::Issued { .. } => Hour::default(),
        };
        Self { inbox, outlooks, exclusions, next_hour, next_issue: 0 }
    }

    /// The inbox behind it.
    pub fn inner(&self) -> &I {
        &self.inbox
    }

    /// The inbox behind it, to be changed.
    pub fn inner_mut(&mut self) -> &mut I {
        &mut self.inbox
    }

    /// The names of the files of forecasts and exclusions.
    pub fn names(&self) -> BTreeSet<String> {
        let (forecasts, refusals) = match &self.outlooks {
            Outlooks::Issued { forecasts, refusals } => (&forecasts[..], &refusals[..]),
            Outlooks::None | Outlooks::Hindsight(_) => (&[][..], &[][..]),
        };
        let sources = forecasts.iter().map(|it| &it.source);
        let sources = sources.chain(refusals.iter().map(|it| &it.source));
        let sources = sources.chain(self.exclusions.iter().map(|it| &it.source));
        sources.flatten().map(|it| it.stream.name.to_string()).collect()
    }

    /// Compares the files of forecasts and exclusions with what a log holds of them. One that was
    /// replaced under its name goes on as another stream, with what is new in it; gives the old
    /// and the new stream of each.
    pub fn continue_from(&mut self, continued: &Continued) -> Vec<(Stream, Stream)> {
        let mut replaced = Vec::new();
        if let Outlooks::Issued { forecasts, refusals } = &mut self.outlooks {
            let sources = forecasts.iter().map(|it| &it.source);
            let stream = sources.chain(refusals.iter().map(|it| &it.source)).flatten().next();
            if let Some(stream) = stream.map(|it| it.stream.clone()) {
                let print = |it: &Forecast| continued.forecast(it);
                let found = forecasts.iter().filter_map(|it| placed(it.source.as_ref(), print(it)));
                let new = continued.others(&stream, &found.collect());
                forecasts.retain(|it| !new.known.contains(&print(it)));
                let sources = forecasts
                    .iter_mut()
                    .map(|it| &mut it.source)
                    .chain(refusals.iter_mut().map(|it| &mut it.source));
                replaced.extend(rename(sources, stream, new));
            }
        }
        let stream = self.exclusions.iter().find_map(|it| it.source.as_ref());
        if let Some(stream) = stream.map(|it| it.stream.clone()) {
            let print = |it: &Exclusion| continued.exclusion(it);
            let found =
                self.exclusions.iter().filter_map(|it| placed(it.source.as_ref(), print(it)));
            let new = continued.others(&stream, &found.collect());
            self.exclusions.retain(|it| !new.known.contains(&print(it)));
            let sources = self.exclusions.iter_mut().map(|it| &mut it.source);
            replaced.extend(rename(sources, stream, new));
        }
        replaced
    }

    fn issued_by(&mut self, hour: Hour, commands: &mut VecDeque<Command>) {
        match &self.outlooks {
            Outlooks::None => {}
            Outlooks::Hindsight(hindsight) => {
                while self.next_hour <= hour {
                    commands.extend(hindsight.issue(self.next_hour).map(Command::ReceiveForecast));
                    self.next_hour = self.next_hour.plus(1);
                }
            }
            Outlooks::Issued { forecasts, .. } => {
                let due: Vec<_> = forecasts[self.next_issue..]
                    .iter()
                    .take_while(|it| it.issued_at <= hour.end())
                    .collect();
                self.next_issue += due.len();
                commands.extend(due.into_iter().cloned().map(Command::ReceiveForecast));
            }
        }
    }
}

/// What a forecast or an exclusion says, and where.
fn placed(source: Option<&Source>, said: u64) -> Option<(u64, u64)> {
    source.map(|it| (it.position, said))
}

fn rename<'a>(
    sources: impl Iterator<Item = &'a mut Option<Source>>,
    stream: Stream,
    new: NewOthers,
) -> Option<(Stream, Stream)> {
    for source in sources.flatten() {
        source.stream = new.stream.clone();
    }
    new.is_replaced.then_some((stream, new.stream))
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
            Outlooks::Issued { forecasts, refusals } => {
                refusals
                    .retain(|it| it.source.as_ref().is_none_or(|it| last(&it.stream).is_none()));
                // They are taken as they were issued, whatever the order of their lines.
                let is_last = |it: &Forecast| {
                    let source = it.source.as_ref();
                    source.is_some_and(|it| last(&it.stream) == Some(it.position))
                };
                self.next_issue = forecasts.iter().rposition(is_last).map_or(0, |at| at + 1);
            }
        }
        let is_new = |it: &Exclusion| {
            let source = it.source.as_ref();
            source.is_none_or(|it| last(&it.stream).is_none_or(|at| it.position > at))
        };
        self.exclusions.retain(is_new);
        self.inbox.resume(taken)
    }

    fn adopt(&mut self, book: &Arc<RuleBook>) {
        self.inbox.adopt(book);
    }

    fn poll(&mut self) -> Result<Vec<Command>, PortError> {
        let mut commands: VecDeque<Command> =
            self.exclusions.drain(..).map(Command::Exclude).collect();
        if let Outlooks::Issued { refusals, .. } = &mut self.outlooks {
            commands.extend(refusals.drain(..).map(Command::Refuse));
        }
        for command in self.inbox.poll()? {
            if let Command::Observe(batch) = &command {
                self.issued_by(batch.hour, &mut commands);
            }
            commands.push_back(command);
        }
        Ok(commands.into())
    }

    fn hold(&mut self, streams: &[Stream]) -> Result<(), PortError> {
        self.inbox.hold(streams)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Batch, ExclusionKind, JurisdictionIndex, Reason, Row};

    /// One row an hour, and so many rows a take.
    struct Rows(std::ops::Range<i32>, usize);

    impl Inbox for Rows {
        fn adopt(&mut self, _: &Arc<RuleBook>) {}

        fn resume(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError> {
            let last = taken.iter().find(|it| &*it.0.name == "rows");
            self.0.start = last.map_or(self.0.start, |it| i32::try_from(it.1).unwrap() + 1);
            Ok(())
        }

        fn poll(&mut self) -> Result<Vec<Command>, PortError> {
            let row = |hour: i32| {
                let rows = vec![Row { position: hour.try_into().unwrap(), readings: 0 }];
                let stream = Stream::file("rows");
                Command::Observe(Batch { stream, hour: Hour(hour), rows, readings: Vec::new() })
            };
            Ok(self.0.by_ref().take(self.1).map(row).collect())
        }
    }

    fn inbox(rows_a_take: usize) -> WithOutlooks<Rows> {
        let issued = |(hour, line): (i32, u64)| Forecast {
            issued_at: Hour(hour).end(),
            maker: "C".into(),
            source: Some(Stream::file("said").at(line)),
            outlooks: Vec::new(),
        };
        let refused = |line: u64| Refusal {
            reason: Reason::Unreadable,
            source: Some(Stream::file("said").at(line)),
            hour: None,
            excerpt: String::new(),
            count: 1,
        };
        let outlooks = Outlooks::Issued {
            forecasts: [(1, 7), (2, 5), (4, 2), (4, 8), (9, 3)].map(issued).to_vec(),
            refusals: [4, 9].map(refused).to_vec(),
        };
        let exclusions = vec![Exclusion {
            jurisdiction: JurisdictionIndex(0),
            first: Hour(1),
            last: Hour(2),
            kind: ExclusionKind::Sand,
            evidence: "seen".to_owned(),
            source: Some(Stream::file("out").at(2)),
        }];
        WithOutlooks::new(Rows(2..7, rows_a_take), outlooks, exclusions)
    }

    fn takes(inbox: &mut WithOutlooks<Rows>) -> Vec<String> {
        let place = |command: &Command| {
            let (stream, position) = command.source().unwrap();
            format!("{stream}:{position}")
        };
        let take = |inbox: &mut WithOutlooks<Rows>| inbox.poll().unwrap();
        let takes = std::iter::from_fn(|| Some(take(inbox)).filter(|it| !it.is_empty()));
        takes.map(|it| it.iter().map(place).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn what_is_known_comes_in_one_order_and_goes_on_after_any_take() {
        let expected = "out:2 said:4 said:9 said:7 said:5 rows:2 rows:3 said:2 said:8 rows:4 \
                        rows:5 rows:6";
        for rows_a_take in 1..6 {
            let takes_whole = takes(&mut inbox(rows_a_take));
            assert_eq!(takes_whole.join(" "), expected);
            for stop in 0..=takes_whole.len() {
                let taken = takes_whole[..stop].join(" ");
                let taken = taken.split_whitespace().map(|place| {
                    let (name, position) = place.split_once(':').unwrap();
                    (Stream::file(name), position.parse().unwrap())
                });
                // As a log knows it: the last position of each stream.
                let taken: std::collections::BTreeMap<_, u64> = taken.collect();
                let taken: Vec<_> = taken.into_iter().collect();
                let mut resumed = inbox(rows_a_take);
                resumed.resume(&taken).unwrap();
                assert_eq!(takes(&mut resumed).join(" "), takes_whole[stop..].join(" "), "{stop}");
            }
        }
    }
}
