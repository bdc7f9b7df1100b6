//! Which things a command or a record names, by their ids.

use serde_json::Value;

use super::{CommandGiven, What};

/// The fields that hold ids of things: orders, responses, matters and all that bodies do together.
const FIELDS: [&str; 13] = [
    "order",
    "by_order",
    "response",
    "matter",
    "matters",
    "proposal",
    "consultation",
    "conclusion",
    "about",
    "case",
    "whistle",
    "record",
    "episode",
];

impl What {
    /// The ids that it names.
    pub fn named(&self) -> Vec<String> {
        serde_json::to_value(self).map_or_else(|_| Vec::new(), |it| ids(&it))
    }
}

impl CommandGiven {
    /// The ids that it names.
    pub fn named(&self) -> Vec<String> {
        ids(&self.fields)
    }
}

fn ids(fields: &Value) -> Vec<String> {
    let fields = FIELDS.iter().filter_map(|it| fields.get(it));
    let mut ids = Vec::new();
    for field in fields {
        match field {
            Value::String(id) => ids.push(id.clone()),
            Value::Array(all) => {
                ids.extend(all.iter().filter_map(|it| it.as_str().map(str::to_owned)));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        }
    }
    ids
}
