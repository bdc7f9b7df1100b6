//! A record as a stream of events or a webhook sends it.

use serde_json::Value;

use crate::domain::cooperation::Body;
use crate::domain::{Event, Fact};
use crate::engine::Entry;
use crate::engine::projection::Involved;
use crate::wire::record::json;

use super::seen;

/// How much of a record a body may see.
#[derive(Debug)]
pub enum EventView {
    /// All of it.
    Whole,
    /// This part, as JSON.
    Part(Value),
    /// Nothing.
    Nothing,
}

/// How much of a record a body may see. Without a body, all of it.
pub fn event_view(entry: &Entry, viewer: Option<&Body>, involved: &Involved) -> EventView {
    let Some(viewer) = viewer else { return EventView::Whole };
    match entry.record.event {
        // It quotes what strangers have sent, and is for operators.
        Event::Fact(Fact::InputRefused(_)) => EventView::Nothing,
        Event::Cooperation(_) | Event::Fact(Fact::CommandGiven(_)) => {
            let part = entry.rules().and_then(|rules| {
                let sight = involved.sight(&entry.record, rules, viewer)?;
                Some(seen(&entry.record, rules, &sight))
            });
            part.map_or(EventView::Nothing, EventView::Part)
        }
        Event::Fact(_)
        | Event::Station(_)
        | Event::Air(_)
        | Event::Warning(_)
        | Event::Response(_) => EventView::Whole,
    }
}

/// A record as JSON, as a body may see it; none where it sees nothing. Without a body, all of it.
pub fn event(entry: &Entry, viewer: Option<&Body>, involved: &Involved) -> Option<Value> {
    match event_view(entry, viewer, involved) {
        EventView::Whole => Some(json::record(&entry.record, entry.rules())),
        EventView::Part(value) => Some(value),
        EventView::Nothing => None,
    }
}
