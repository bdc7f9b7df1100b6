//! What has fallen due, whatever it is: the earliest first, and of one instant in a fixed order.
//!
//! Each source of due things has three entries here: since when its next one is due
//! (`fallen_due`), when it falls due by time alone (`next_instant`), and its events (`due`).

use super::hour_decision;
use super::{Airshed, Event, Timestamp};

/// What can fall due. Of one instant, the first kind in this list comes first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Kind {
    /// The next hour closes.
    Hour,
}

/// The events of the earliest thing that is due by the airshed's clock; none while nothing is.
/// They change the state, so that the next call gives what is due then.
///
/// `instant_over` means that every row of the present instant of the sources' clock has come, so
/// that an hour may close because it is complete; a grace that has passed closes it at once.
pub fn due(airshed: &Airshed, instant_over: bool) -> Option<Vec<Event>> {
    match fallen_due(airshed, instant_over)? {
        (_, Kind::Hour) => hour_decision::events(airshed),
    }
}

fn fallen_due(airshed: &Airshed, instant_over: bool) -> Option<(Timestamp, Kind)> {
    let hour = hour_decision::due_since(airshed, instant_over).map(|at| (at, Kind::Hour));
    [hour].into_iter().flatten().min()
}

/// The earliest instant after the airshed's clock and up to another at which something falls due by
/// time alone.
pub(super) fn next_instant(airshed: &Airshed, until: Timestamp) -> Option<Timestamp> {
    let instants = [hour_decision::grace_over(airshed)];
    let ahead = |at: &Timestamp| Some(*at) > airshed.clock() && *at <= until;
    instants.into_iter().flatten().filter(ahead).min()
}
