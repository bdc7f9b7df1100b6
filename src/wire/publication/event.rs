//! A record as a stream of events or a webhook sends it.

use serde_json::Value;

use crate::domain::cooperation::Body;
use crate::domain::{Event, Fact};
use crate::engine::Entry;
use crate::engine::projection::Involved;
use crate::wire::record::json;

use super::seen;

/// A record as JSON, as a body may see it; none where it sees nothing. Without a body, all of it.
pub fn event(entry: &Entry, viewer: Option<&Body>, involved: &Involved) -> Option<Value> {
    let whole = || Some(json::record(&entry.record, entry.rules()));
    let Some(viewer) = viewer else { return whole() };
    match entry.record.event {
        // It quotes what strangers have sent, and is for operators.
        Event::Fact(Fact::InputRefused(_)) => None,
        Event::Cooperation(_) | Event::Fact(Fact::CommandGiven(_)) => {
            let rules = entry.rules()?;
            let sight = involved.sight(&entry.record, rules, viewer)?;
            Some(seen(&entry.record, rules, &sight))
        }
        Event::Fact(_)
        | Event::Station(_)
        | Event::Air(_)
        | Event::Warning(_)
        | Event::Response(_) => whole(),
    }
}
