//! A story as one body may see it.
//!
//! Decisions about the air are for all, orders for all members. Of a record of joint control a body sees
//! what `engine/projection/sight.rs` says. It sees a command if it gave it, the words of a record if
//! it sees all of it, and how the thing stands and its deadline if it sees all of the thing's newest
//! record.

use serde_json::{Value, json};

use crate::domain::Event;
use crate::domain::cooperation::{Bodies, Body};
use crate::engine::cooperation::{Story, StoryRecord, Thing};
use crate::engine::projection::Involved;
use crate::wire::publication::seen;

use super::{now, record_of};

/// What the body sees; none if that is nothing.
pub(super) fn json(
    story: &Story,
    records: &[StoryRecord],
    involved: &Involved,
    viewer: &Body,
) -> Option<Value> {
    let rules = records.last()?.entry.rules()?;
    let bodies = &rules.cooperation.as_ref()?.bodies;
    let sees_all = sees_all(story, records, involved, bodies, viewer);
    let shown = |it: &StoryRecord| record(it, involved, viewer, sees_all);
    let shown: Vec<Value> = records.iter().filter_map(shown).collect();
    let of_bodies = |it: &StoryRecord| matches!(it.entry.record.event, Event::Cooperation(_));
    let sees_a_part = records.iter().filter(|it| of_bodies(it)).any(|it| {
        let rules = it.entry.rules();
        rules.is_some_and(|rules| involved.sight(&it.entry.record, rules, viewer).is_some())
    });
    let is_order = matches!(story.thing(), Thing::Order | Thing::Response);
    let sees_orders = is_order && bodies.is_member(viewer);
    (sees_all || sees_a_part || sees_orders).then(|| {
        json!({
            "of": format!("{} {}", story.thing().name(), story.id()),
            "now": if sees_all { now(story).into() } else { Value::Null },
            "records": shown,
        })
    })
}

fn sees_all(
    story: &Story,
    records: &[StoryRecord],
    involved: &Involved,
    bodies: &Bodies,
    viewer: &Body,
) -> bool {
    let id = story.id();
    match story.thing() {
        Thing::Order => involved.sees_matter(&format!("{id}/acknowledge"), bodies, viewer),
        Thing::Response => involved.sees_matter(&format!("{id}/summary"), bodies, viewer),
        Thing::Matter | Thing::Proposal => involved.sees_matter(id, bodies, viewer),
        Thing::Consultation | Thing::Case | Thing::Whistle => {
            involved.sees_thing(id, records.iter().map(|it| &it.entry), viewer)
        }
    }
}

fn record(it: &StoryRecord, involved: &Involved, viewer: &Body, sees_all: bool) -> Option<Value> {
    let (record, rules) = (&it.entry.record, it.entry.rules()?);
    let mut shown = record_of(it);
    if let Event::Cooperation(_) = &record.event {
        let sight = involved.sight(record, rules, viewer)?;
        shown["body"] = seen(record, rules, &sight)["body"].take();
        if sight.fields.is_some() || sight.matters.is_some() || !sight.names_actor {
            shown["text"] = Value::Null;
        }
    }
    let bodies = &rules.cooperation.as_ref()?.bodies;
    let gave = |code: &str| bodies.find(code).as_ref() == Some(viewer);
    if !it.command.as_ref().is_some_and(|(_, given)| gave(given.actor.body.code())) {
        shown["command"] = Value::Null;
    }
    if !sees_all {
        shown["due_at"] = Value::Null;
        shown["because_of"] = Value::Null;
    }
    Some(shown)
}
