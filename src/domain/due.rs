//! What has fallen due, whatever it is: first the dates of joint control, then hours.
//!
//! A source of due things gives its events in `due`, and says in `next_instant` at which moment its
//! next one comes about by time alone, if the clock of a file must stand there.

use super::hour_decision;
use super::response::approval::ordering::consequences;
use super::{Airshed, CooperationEvent, Event, Timestamp};

/// The events of the earliest thing that is due by the airshed's clock; none while nothing is.
/// They change the state, so that the next call gives what is due then.
///
/// `instant_over` means that every row of the present instant of the sources' clock has come, so
/// that an hour may close because it is complete; a grace that has passed closes it at once.
pub fn due(airshed: &Airshed, instant_over: bool) -> Option<Vec<Event>> {
    matters(airshed).or_else(|| {
        hour_decision::due_since(airshed, instant_over)?;
        hour_decision::events(airshed)
    })
}

/// What is recorded of the date of joint control that has come first.
fn matters(airshed: &Airshed) -> Option<Vec<Event>> {
    let (rules, at) = (airshed.rules()?, airshed.clock()?);
    let due = airshed.cooperation.due(at, rules)?;
    let mut events: Vec<Event> = CooperationEvent::all(at, None, due).collect();
    events.extend(consequences(airshed, None, &events));
    Some(events)
}

/// The earliest instant after the airshed's clock and up to another at which something falls due by
/// time alone.
pub(super) fn next_instant(airshed: &Airshed, until: Timestamp) -> Option<Timestamp> {
    let instants = [hour_decision::grace_over(airshed)];
    let ahead = |at: &Timestamp| Some(*at) > airshed.clock() && *at <= until;
    instants.into_iter().flatten().filter(ahead).min()
}
