//! A record of joint control as one body sees it.

use serde_json::{Map, Value};

use crate::domain::Rules;
use crate::engine::Record;
use crate::engine::projection::Sight;
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
