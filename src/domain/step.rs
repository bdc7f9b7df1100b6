//! One step: a command and everything that follows from it, in the order of time.

use super::clock::Arrival;
use super::decide::decide_at;
use super::due::{due, next_instant};
use super::{Airshed, ClockRule, Command, Event, FileClock, Tick, Timestamp};

/// A command on its way through the state.
///
/// First comes what is due before it, at each instant at which the clock of a file stops on its way
/// to a row. Then comes the command, then what it makes due. The caller applies the events to the
/// state before it calls `next` again:
///
/// ```text
/// while let Some(next) = step.next(&airshed) { take next.events into airshed }
/// ```
#[derive(Debug)]
pub struct Step {
    /// None once it has been decided.
    command: Option<Command>,
    /// What the clock of its stream shows with it.
    arrival: Arrival,
    /// Whether the clock has stopped at an instant before the command.
    is_between: bool,
}

/// What follows next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Next {
    /// The events; none for a command that changes nothing.
    pub events: Vec<Event>,
    /// Whether they are those of the command itself.
    pub of_command: bool,
    /// Whether a log may end with them; not between a command of a body and the tick before it.
    pub may_end: bool,
}

impl Step {
    /// Begins with a command. What the clock of its stream shows is worked out once, here.
    pub fn new(airshed: &Airshed, command: Command) -> Self {
        let arrival = Arrival::of(airshed, &command);
        Self { command: Some(command), arrival, is_between: false }
    }

    /// What follows next; none when nothing does any more.
    pub fn next(&mut self, airshed: &Airshed) -> Option<Next> {
        let next = |events, of_command| Some(Next { events, of_command, may_end: true });
        let Some(command) = &self.command else {
            return due(airshed, false).and_then(|events| next(events, false));
        };
        // When the clock moves on, all rows of the present instant have come.
        let instant_over = self.arrival.moves(airshed);
        if (instant_over || self.is_between)
            && let Some(events) = due(airshed, instant_over)
        {
            return next(events, false);
        }
        if let Some(at) = self.stand(airshed, command) {
            self.is_between = true;
            return next(
                decide_at(airshed, Command::Tick(Tick { at, source: None }), false),
                false,
            );
        }
        if let Some(tick) = self.tick_before(airshed, command) {
            let events = decide_at(airshed, Command::Tick(tick), false);
            self.is_between = true;
            return Some(Next { events, of_command: false, may_end: false });
        }
        let command = self.command.take()?;
        next(decide_at(airshed, command, self.arrival.is_too_far()), true)
    }

    /// A command of a body comes behind a tick of its stream to the moment at which it was given,
    /// so that every deadline up to then has passed.
    fn tick_before(&self, airshed: &Airshed, command: &Command) -> Option<Tick> {
        let (Command::Give(given), Arrival::Shows(clock)) = (command, self.arrival) else {
            return None;
        };
        let stream = &given.source.as_ref()?.stream;
        let moves = clock > airshed.feed.clock_of(stream);
        moves.then(|| Tick { at: given.given_at, source: given.source.clone() })
    }

    /// The next instant at which the clock of a file stops before it comes to a row.
    fn stand(&self, airshed: &Airshed, command: &Command) -> Option<Timestamp> {
        let Command::Observe(batch) = command else { return None };
        let closing = &airshed.rules()?.parameters.closing;
        let is_stepping =
            closing.clock == ClockRule::Sources && closing.file_clock == FileClock::Steps;
        let until = self.arrival.shown().filter(|_| is_stepping && batch.stream.is_file())?;
        next_instant(airshed, until)
    }
}
