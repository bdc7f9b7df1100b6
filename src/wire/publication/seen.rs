//! A record of joint control as one body sees it.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::domain::cooperation::{CooperationEvent, What};
use crate::domain::{Actor, CommandGiven, Event, Fact, Rules, Timestamp};
use crate::engine::projection::Sight;
use crate::engine::{Position, Record};
use crate::wire::record::json;

/// A record as a body sees it: all of its fields or some, with or without the name of
/// the actor.
pub fn seen(record: &Record, rules: &Rules, sight: &Sight) -> Value {
    let mut seen = json::record(record, Some(rules));
    let Some(body) = seen.get_mut("body").and_then(Value::as_object_mut) else { return seen };
    if let Some(shown) = sight.fields {
        body.retain(|name, _| name == "at" || shown.contains(&name.as_str()));
    }
    if !sight.names_actor {
        leave_name_out(body, "by");
        leave_name_out(body, "actor");
    }
    if let Some(matters) = &sight.matters {
        body.insert("matters".to_owned(), matters.as_slice().into());
    }
    seen
}

fn leave_name_out(body: &mut Map<String, Value>, field: &str) {
    if let Some(actor) = body.get_mut(field).and_then(Value::as_object_mut) {
        actor.remove("name");
    }
}

/// A record that was sent to a body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SeenRecord {
    /// The record.
    pub record: Record,
    /// Of a command, its offset in the topic of commands.
    pub offset: Option<u64>,
}

/// Reads what the body of an actor was sent: a command, which is taken for `given` except for what
/// the log adds, or a record that may follow from it. None where it is neither.
pub fn read_seen(message: &[u8], given: &CommandGiven) -> Option<SeenRecord> {
    let seen: Value = serde_json::from_slice(message).ok()?;
    let time = |value: &Value| Timestamp::parse(value.as_str()?);
    let position = |name: &str| seen[name].as_u64().map(Position);
    let (kind, body) = (seen["type"].as_str()?, &seen["body"]);
    let at = time(&body["at"])?;
    let offset = seen["source"]["offset"].as_u64();
    let event = if kind == "command_given" {
        let given = CommandGiven { at, ..given.clone() };
        Event::Fact(Fact::CommandGiven(Arc::new(given)))
    } else {
        let place = What::NAMES.iter().position(|it| *it == kind)?;
        let by: Option<Actor> = serde_json::from_value(body["by"].clone()).ok()?;
        let what = What::read(place, body.clone())?.ok()?;
        CooperationEvent { at, by, what }.into()
    };
    let record = Record {
        position: position("position")?,
        happened_at: time(&seen["happened_at"])?,
        recorded_at: time(&seen["recorded_at"])?,
        correlation: position("correlation"),
        causation: position("causation"),
        event,
    };
    Some(SeenRecord { record, offset })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::record::samples::{one_of_each, rules};

    #[test]
    fn the_body_of_an_actor_reads_its_records_again() {
        let sight = Sight { fields: None, names_actor: true, matters: None };
        let records = one_of_each();
        let given = records.iter().find_map(|it| match &it.event {
            Event::Fact(Fact::CommandGiven(given)) => Some(CommandGiven::clone(given)),
            Event::Fact(_)
            | Event::Station(_)
            | Event::Air(_)
            | Event::Warning(_)
            | Event::Response(_)
            | Event::Cooperation(_) => None,
        });
        let (given, rules) = (given.unwrap(), rules());
        let mut read = 0;
        for record in records {
            let is_own = matches!(&record.event, Event::Cooperation(_))
                || matches!(&record.event, Event::Fact(Fact::CommandGiven(_)));
            let text = seen(&record, &rules, &sight).to_string();
            let found = read_seen(text.as_bytes(), &given);
            assert_eq!(found.map(|it| it.record), is_own.then_some(record), "{text}");
            read += usize::from(is_own);
        }
        assert_eq!(read, What::NAMES.len() + 1);
        assert_eq!(read_seen(b"{", &given), None);
    }
}
