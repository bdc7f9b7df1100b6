//! Clocks: how rows and ticks move the clock of a stream, and when an instant is over.

use super::airshed::Airshed;
use super::{ClockRule, Command, Hour, Parameters, Stream, Timestamp};

/// The clock of one stream. Ordered: rows of an instant come before the ticks that end it.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct StreamClock {
    /// What it shows; none before the first row or tick.
    pub at: Option<Timestamp>,
    /// Whether a tick set it: then every row of this instant has come.
    pub ticked: bool,
}

impl StreamClock {
    /// What the clock shows after a row of that hour; none if the row is refused, because it
    /// would jump too far.
    pub fn after_row(self, hour: Hour, parameters: &Parameters) -> Option<Self> {
        let shown = hour.end().plus_minutes(parameters.closing.publish_delay_min);
        match self.at {
            Some(at) if shown > at.plus_hours(parameters.closing.max_jump_h) => None,
            Some(at) if shown <= at => Some(self),
            Some(_) | None => Some(Self { at: Some(shown), ticked: false }),
        }
    }

    /// What the clock shows after a command was given; none if it would jump too far.
    pub fn after_given(self, given_at: Timestamp, parameters: &Parameters) -> Option<Self> {
        let latest = self.at.map(|at| at.plus_hours(parameters.closing.max_jump_h));
        latest.is_none_or(|latest| given_at <= latest).then(|| self.after_tick(given_at))
    }

    /// What the clock shows after a tick; clocks do not go back.
    #[must_use]
    pub fn after_tick(self, at: Timestamp) -> Self {
        if self.at.is_none_or(|shown| shown <= at) {
            Self { at: Some(at), ticked: true }
        } else {
            self
        }
    }

    /// What the clock of a command's stream shows after it.
    #[must_use]
    pub fn after(self, command: &Command, parameters: &Parameters) -> Self {
        match command {
            Command::Observe(batch) => self.after_row(batch.hour, parameters).unwrap_or(self),
            Command::Tick(tick) => self.after_tick(tick.at),
            Command::Give(given) => self.after_given(given.given_at, parameters).unwrap_or(self),
            Command::Adopt(_)
            | Command::JoinStreams(_)
            | Command::ReceiveForecast(_)
            | Command::Exclude(_)
            | Command::Refuse(_) => self,
        }
    }
}

/// What a clock shows with a command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Arrival {
    /// Nothing about the time.
    Timeless,
    /// The clock of its stream shows this; or the airshed's clock, with a tick of no stream.
    Shows(StreamClock),
    /// A row that would move the clock of its stream too far; the clock stays as it is.
    TooFar,
}

impl Arrival {
    pub(super) fn of(airshed: &Airshed, command: &Command) -> Self {
        let Some(rules) = airshed.rules() else { return Self::Timeless };
        match (command, command.source()) {
            (Command::Observe(batch), _) => {
                let clock = airshed.feed.clock_of(&batch.stream);
                clock.after_row(batch.hour, &rules.parameters).map_or(Self::TooFar, Self::Shows)
            }
            (Command::Tick(tick), Some((stream, _))) => {
                Self::Shows(airshed.feed.clock_of(stream).after_tick(tick.at))
            }
            // A step of a file's clock, and the end of a play.
            (Command::Tick(tick), None) => Self::Shows(airshed.feed.clock.after_tick(tick.at)),
            // By the wall clock a command says nothing about the time.
            (Command::Give(given), Some((stream, _)))
                if rules.parameters.closing.clock == ClockRule::Sources =>
            {
                let clock = airshed.feed.clock_of(stream);
                // A stream without a clock of its own begins at the airshed's.
                let begun = if clock.at.is_none() { airshed.feed.clock } else { clock };
                let after = begun.after_given(given.given_at, &rules.parameters);
                after.map_or(Self::TooFar, |_| Self::Shows(clock.after_tick(given.given_at)))
            }
            (
                Command::Adopt(_)
                | Command::JoinStreams(_)
                | Command::ReceiveForecast(_)
                | Command::Exclude(_)
                | Command::Give(_)
                | Command::Refuse(_),
                _,
            ) => Self::Timeless,
        }
    }

    /// Whether it moves the airshed's clock.
    pub(super) fn moves(self, airshed: &Airshed) -> bool {
        matches!(self, Self::Shows(clock) if clock > airshed.feed.clock)
    }

    /// The time that the clock shows with it.
    pub(super) fn shown(self) -> Option<Timestamp> {
        match self {
            Self::Shows(clock) => clock.at,
            Self::Timeless | Self::TooFar => None,
        }
    }

    pub(super) fn is_too_far(self) -> bool {
        self == Self::TooFar
    }
}

impl Hour {
    /// When it closes at the latest: its grace has passed.
    pub fn closes_at(self, parameters: &Parameters) -> Timestamp {
        self.end().plus_minutes(parameters.closing.grace_min)
    }
}

/// The instants at which an hour closes because its grace has passed, after one moment and up to
/// another: where the clock of a file stands between two rows.
pub fn steps(
    from: Timestamp,
    to: Timestamp,
    parameters: &Parameters,
) -> impl Iterator<Item = Timestamp> + use<> {
    let grace_min = parameters.closing.grace_min;
    let first = from.plus_minutes(-grace_min).hour_at_or_before().plus(1);
    let instants = (first.0..).map(move |it| Hour(it).end().plus_minutes(grace_min));
    instants.take_while(move |at| *at <= to)
}

impl Command {
    /// The stream that it came from and its position there; none for commands of the program
    /// itself.
    pub fn source(&self) -> Option<(&Stream, u64)> {
        let source = match self {
            Self::Observe(batch) => {
                return batch.rows.last().map(|row| (&batch.stream, row.position));
            }
            Self::Tick(tick) => &tick.source,
            Self::ReceiveForecast(forecast) => &forecast.source,
            Self::Exclude(exclusion) => &exclusion.source,
            Self::Refuse(refusal) => &refusal.source,
            Self::Give(given) => &given.source,
            Self::Adopt(_) | Self::JoinStreams(_) => return None,
        };
        source.as_ref().map(|it| (&it.stream, it.position))
    }

    /// The first of its positions in its stream; a batch has many.
    pub fn first_position(&self) -> Option<u64> {
        match self {
            Self::Observe(batch) => batch.rows.first().map(|row| row.position),
            Self::Tick(_)
            | Self::ReceiveForecast(_)
            | Self::Exclude(_)
            | Self::Refuse(_)
            | Self::Give(_)
            | Self::Adopt(_)
            | Self::JoinStreams(_) => self.source().map(|(_, position)| position),
        }
    }
}
