//! What `schemas/command.schema.json` must be, by the tables of the commands.

use serde_json::{Map, Value, json};

use crate::domain::cooperation::{COMMANDS, Field, Role, Shape};

const TEXT_MAX: usize = 2_000;
const LIST_MAX: usize = 5_000;

/// The text of the file.
pub(super) fn text() -> String {
    let names: Vec<&str> = COMMANDS.iter().map(|it| it.name).collect();
    let of_each = COMMANDS.iter().map(|it| {
        let roles: Vec<&str> = it.roles.iter().copied().map(Role::name).collect();
        json!({
            "description": format!("{}.", it.about),
            "properties": {
                "command": {"const": it.name},
                "actor": {"properties": {"role": {"enum": roles}}},
                "body": fields(it.fields),
            },
        })
    });
    let document = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A command of a body",
        "description": "A message of airshed.commands. What is no envelope is refused as unreadable; \
                        a body that does not fit its command is refused by name.",
        "type": "object",
        "required": ["id", "actor", "given_at", "status", "command", "body"],
        "properties": {
            "id": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$",
                   "description": "The sender's own id: with the body of the actor it names the command."},
            "actor": {
                "type": "object",
                "description": "Who gives it.",
                "required": ["jurisdiction", "role", "name"],
                "properties": {
                    "jurisdiction": {"type": "string", "description": "Code of the body."},
                    "role": {"type": "string"},
                    "name": {"type": "string", "description": "The official's own name or title."},
                },
                "additionalProperties": false,
            },
            "given_at": {"type": "string", "format": "date-time",
                         "description": "When it is given, by the sender's clock."},
            "status": {"enum": ["actual", "exercise"]},
            "command": {"enum": names},
            "body": {"type": "object"},
        },
        "additionalProperties": false,
        "oneOf": of_each.collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn fields(fields: &[Field]) -> Value {
    let required: Vec<&str> = fields.iter().filter(|it| !it.optional).map(|it| it.name).collect();
    let properties = fields.iter().map(|it| {
        let of = shape(it.shape);
        let of = if it.optional { json!({"anyOf": [of, {"type": "null"}]}) } else { of };
        (it.name.to_owned(), of)
    });
    let properties: Map<String, Value> = properties.collect();
    json!({
        "type": "object", "required": required, "properties": properties,
        "additionalProperties": false,
    })
}

fn shape(of: Shape) -> Value {
    let text = |what: &str| json!({"type": "string", "minLength": 1, "maxLength": TEXT_MAX, "description": what});
    match of {
        Shape::Text => text("A text."),
        Shape::Id(_) => text("An id."),
        Shape::Body => text("Code of a body."),
        Shape::BodyOrGuest => text("Code of a body, guests too."),
        Shape::Member => text("Code of a member."),
        Shape::Time => json!({"type": "string", "format": "date-time"}),
        Shape::Date => json!({"type": "string", "format": "date"}),
        Shape::Whole(from, i64::MAX) => json!({"type": "integer", "minimum": from}),
        Shape::Whole(from, to) => json!({"type": "integer", "minimum": from, "maximum": to}),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::OneOf(words) => json!({"enum": words}),
        Shape::List(list) => json!({
            "type": "array", "items": shape(list.of),
            "minItems": usize::from(!list.may_be_empty), "maxItems": LIST_MAX,
        }),
        Shape::Fields(of) => fields(of),
    }
}
