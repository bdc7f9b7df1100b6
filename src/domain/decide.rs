//! What is recorded of one input. What follows from it is in [`Step`](super::Step).

use std::sync::Arc;

use super::air::intake;
use super::airshed::Airshed;
use super::clock::Arrival;
use super::response::approval::ordering::consequences;
use super::{Command, CommandGiven, CooperationEvent, Event, Fact, RuleBook};

/// What is recorded of an input. Never empty for an input that has a source, so that a restart
/// knows it has been taken.
pub fn decide(airshed: &Airshed, command: Command) -> Vec<Event> {
    let is_too_far = Arrival::of(airshed, &command).is_too_far();
    decide_at(airshed, command, is_too_far)
}

/// The same where it is known whether a row would move the clock of its stream too far.
pub(super) fn decide_at(airshed: &Airshed, command: Command, is_too_far: bool) -> Vec<Event> {
    match command {
        Command::Adopt(book) => {
            let known = airshed.book().is_some_and(|it| it.digest == book.digest);
            if known { Vec::new() } else { adopt(airshed, book) }
        }
        Command::JoinStreams(streams) => {
            let known = airshed.joined() == streams;
            if known { Vec::new() } else { vec![Event::Fact(Fact::StreamsJoined(streams))] }
        }
        Command::Observe(batch) => match airshed.rules() {
            Some(rules) => {
                let amends = airshed.late.amends(batch.hour);
                let arrived = intake::Arrived { amends, is_too_far };
                intake::receive((&airshed.air, &airshed.feed), rules, batch, arrived)
            }
            None => Vec::new(),
        },
        Command::Tick(tick) => vec![Event::Fact(Fact::Ticked(tick))],
        Command::ReceiveForecast(forecast) => vec![Event::Fact(Fact::ForecastReceived(forecast))],
        Command::Exclude(exclusion) => vec![Event::Fact(Fact::IntervalExcluded(exclusion))],
        Command::Refuse(refusal) => vec![Event::Fact(Fact::InputRefused(refusal))],
        Command::Give(given) => give(airshed, *given, is_too_far),
    }
}

/// Other rules, and what ends with those before.
fn adopt(airshed: &Airshed, book: Arc<RuleBook>) -> Vec<Event> {
    let at = airshed.clock().filter(|_| airshed.rules().is_some_and(|it| it.cooperation.is_some()));
    let numbers = book.rules.cooperation.as_ref();
    let cooperation = &airshed.cooperation;
    let ended = at.zip(numbers).map(|(at, numbers)| {
        let lapsed = cooperation.proposals.lapsed().chain(cooperation.expired_by(numbers));
        (at, lapsed.collect())
    });
    let mut events = vec![Event::Fact(Fact::RuleBookAdopted(book))];
    if let Some((at, ended)) = ended {
        events.extend(CooperationEvent::all(at, None, ended));
    }
    events
}

/// A command is recorded, then what it leads to, or why it is refused.
fn give(airshed: &Airshed, given: CommandGiven, is_too_far: bool) -> Vec<Event> {
    let Some(rules) = airshed.rules() else { return Vec::new() };
    let at = airshed.clock().unwrap_or(given.given_at);
    let given = Arc::new(CommandGiven { at, ..given });
    let outcome = airshed.cooperation.decide(&given, rules, airshed.clock(), is_too_far);
    let mut events = vec![Event::Fact(Fact::CommandGiven(Arc::clone(&given)))];
    events.extend(CooperationEvent::all(at, Some(&given.actor), outcome));
    events.extend(consequences(airshed, Some(&given.actor), &events));
    events
}
