//! How a command meets the state: the clock comes to it, it is recorded, and what falls due closes.

use super::PortError;
use crate::domain::{
    Airshed, ClockRule, Command, Event, FileClock, Tick, Timestamp, closing, decide,
};

/// Where the events of a command go: each changes the state at once.
pub(super) trait Taker {
    /// The state that the events before have made.
    fn airshed(&self) -> &Airshed;

    /// The events taken next are those of this command itself.
    fn meets(&mut self, command: &Command) {
        let _ = command;
    }

    /// Takes the events of a command or of a closing.
    fn take(&mut self, events: Vec<Event>) -> Result<(), PortError>;
}

/// A command meets the state, and every hour that it makes due is closed and decided. Before a row
/// of a file the clock stands at each instant at which an hour closes.
pub(super) fn carry(command: Command, taker: &mut impl Taker) -> Result<(), PortError> {
    loop {
        if ends_instant(taker.airshed(), &command) {
            close_due(taker, true)?;
        }
        let Some(at) = next_step(taker.airshed(), &command) else { break };
        meet(Command::Tick(Tick { at, source: None }), taker)?;
    }
    taker.meets(&command);
    meet(command, taker)
}

fn meet(command: Command, taker: &mut impl Taker) -> Result<(), PortError> {
    let events = decide(taker.airshed(), command);
    taker.take(events)?;
    close_due(taker, false)
}

fn close_due(taker: &mut impl Taker, instant_over: bool) -> Result<(), PortError> {
    while let Some(events) = closing(taker.airshed(), instant_over) {
        taker.take(events)?;
    }
    Ok(())
}

/// Whether a command moves the sources' clock on, so that all rows of the instant have come.
fn ends_instant(airshed: &Airshed, command: &Command) -> bool {
    let Some(rules) = airshed.rules() else { return false };
    let Some((stream, _)) = command.source() else {
        // A step of a file's clock, and the end of a play, are ticks of no stream.
        return matches!(command, Command::Tick(tick) if airshed.moves(airshed.tick(tick.at)));
    };
    let shown = airshed.streams().get(stream).map(|it| it.clock).unwrap_or_default();
    airshed.moves(shown.after(command, &rules.parameters))
}

/// The next instant at which an hour closes while the clock of a file comes to this row.
fn next_step(airshed: &Airshed, command: &Command) -> Option<Timestamp> {
    let Command::Observe(batch) = command else { return None };
    let parameters = &airshed.rules()?.parameters;
    let is_stepping = parameters.closing.clock == ClockRule::Sources
        && parameters.closing.file_clock == FileClock::Steps;
    if !is_stepping || !batch.stream.is_file() {
        return None;
    }
    let shown = airshed.streams().get(&batch.stream).map(|it| it.clock).unwrap_or_default();
    airshed.closes_by(shown.after_row(batch.hour, parameters)?.at?)
}
