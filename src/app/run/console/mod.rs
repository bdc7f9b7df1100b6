//! The output of `serve` for its operator: a line for each decision, a summary of each hour, and
//! lines when a state that needs attention begins and ends.
//!
//! Everything here is a function from records and times to lines; `serve` passes the lines to the
//! telemetry.

mod clock;
mod intake;
mod lag;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{AirEvent, Event, Hour, RuleBook, StationIndex, WarningEvent};
use crate::engine::{Entry, Follower, Lag, Record};

use crate::app::report::lines::DecisionLines;

pub(in crate::app) use clock::{Clock, ClockWatch, SystemClock};
use intake::Intake;
use lag::LagWatch;

/// A line for the operator.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::app) enum Line {
    /// Normal operation.
    Info(String),
    /// Something needs attention.
    Warn(String),
}

impl Line {
    /// Passes the line to the telemetry.
    pub(in crate::app) fn say(&self) {
        match self {
            Self::Info(words) => tracing::info!("{words}"),
            Self::Warn(words) => tracing::warn!("{words}"),
        }
    }
}

/// Turns records into lines.
#[derive(Debug)]
pub(in crate::app) struct Console {
    lines: DecisionLines,
    intake: Intake,
    lag: LagWatch,
    missing_topics: Vec<String>,
}

impl Console {
    /// Knows the names of a rule book, and which stations are silent; what changes comes with its
    /// record.
    pub(in crate::app) fn new(book: &Arc<RuleBook>, silent: BTreeSet<StationIndex>) -> Self {
        let mut lines = DecisionLines::new(false);
        lines.know(book);
        Self {
            lines,
            intake: Intake::new(book, silent),
            lag: LagWatch::default(),
            missing_topics: Vec::new(),
        }
    }

    /// Applies a record. Returns a line if it is a decision.
    pub(in crate::app) fn note(&mut self, record: &Record) -> Option<Line> {
        self.intake.note(record);
        let line = self.lines.line(record)?;
        let needs_attention = matches!(
            &record.event,
            Event::Warning(WarningEvent::ReviewDue(_) | WarningEvent::SameAirUnlikeGrade(_))
                | Event::Air(AirEvent::DataInsufficient(_))
        );
        Some(if needs_attention { Line::Warn(line) } else { Line::Info(line) })
    }

    /// Returns the lines after a step, at a time since the start. `lag` names the streams that
    /// others wait for, `next` the hour that closes next.
    pub(in crate::app) fn settle(
        &mut self,
        uptime: Duration,
        lag: Option<&Lag>,
        next: Option<Hour>,
    ) -> Vec<Line> {
        let mut lines = self.intake.settle(uptime);
        lines.extend(self.lag.look(uptime, lag, next));
        lines
    }

    /// Returns the last lines of a run.
    pub(in crate::app) fn finish(&mut self) -> Vec<Line> {
        self.intake.summary().into_iter().collect()
    }

    /// Reports topics that are missing: once when a topic goes and once when it comes back.
    pub(in crate::app) fn missing(&mut self, topics: Vec<String>) -> Vec<Line> {
        let gone = topics.iter().filter(|it| !self.missing_topics.contains(it)).map(|it| {
            let what = "messages in it that have not been read or received are lost";
            Line::Warn(format!("the topic {it} is gone: {what}"))
        });
        let back = self
            .missing_topics
            .iter()
            .filter(|it| !topics.contains(it))
            .map(|it| Line::Info(format!("the topic {it} is there again")));
        let lines = gone.chain(back).collect();
        self.missing_topics = topics;
        lines
    }
}

/// A decision is printed once its orders have left.
impl Follower for Console {
    fn follow(&mut self, entry: &Arc<Entry>) {
        if let Some(line) = self.note(&entry.record) {
            line.say();
        }
    }
}

/// `12-07 16:00`.
fn moment(at: crate::domain::Timestamp) -> String {
    let text = at.to_string().replacen('T', " ", 1);
    text.get(5..16).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::fixture;
    use crate::domain::Fact;

    fn console() -> Console {
        let records = fixture::records();
        let Event::Fact(Fact::RuleBookAdopted(book)) = &records[0].event else {
            panic!("no rule book first")
        };
        Console::new(book, BTreeSet::new())
    }

    #[test]
    fn each_decision_has_the_line_that_a_play_prints() {
        let (mut console, mut lines) = (console(), DecisionLines::new(false));
        let mut reported = 0;
        for record in fixture::records() {
            let line = console.note(&record);
            let played = lines.line(&record);
            reported += usize::from(line.is_some());
            match line {
                Some(Line::Info(words) | Line::Warn(words)) => assert_eq!(Some(words), played),
                None => assert_eq!(played, None),
            }
        }
        assert_eq!(reported, 7);
    }

    #[test]
    fn a_topic_is_reported_when_it_goes_and_when_it_is_back() {
        let mut console = console();
        let gone = || vec!["airshed.readings".to_owned()];
        let lines = console.missing(gone());
        assert!(matches!(&lines[..], [Line::Warn(it)] if it.contains("airshed.readings is gone")));
        assert_eq!(console.missing(gone()), []);
        let lines = console.missing(Vec::new());
        assert_eq!(lines, [Line::Info("the topic airshed.readings is there again".to_owned())]);
        assert_eq!(console.missing(Vec::new()), []);
    }
}
