//! The envelope as JSON.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, json};
use thiserror::Error;

use crate::domain::cooperation::Definition;
use crate::domain::{Actor, CommandGiven, Source, Status, Timestamp};
use crate::wire::excerpt::excerpt;

/// No message with a command is longer, in bytes.
pub(in crate::wire::message) const MESSAGE_MAX: usize = 1 << 20;
/// As many letters of what an error says.
const WORDS_MAX: usize = 160;

/// Why a message or line is no envelope of a command.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("no envelope of a command: {0}")]
pub struct UnreadableCommand(String);

impl UnreadableCommand {
    /// The reason, with the beginning of what could not be read.
    pub fn with_excerpt(&self, message: &[u8]) -> String {
        let words: String = self.to_string().chars().take(WORDS_MAX).collect();
        format!("{words}: {}", excerpt(message))
    }
}

/// A line of a file of commands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CommandLine {
    /// A command.
    Give(CommandGiven),
    /// The clock of this stream has moved.
    Tick(Timestamp),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    id: String,
    actor: Actor,
    given_at: Timestamp,
    status: Status,
    command: String,
    body: Strict,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct TickLine {
    tick: Timestamp,
}

/// Reads one envelope.
pub fn read_command(
    message: &[u8],
    source: Option<Source>,
) -> Result<CommandGiven, UnreadableCommand> {
    if message.len() > MESSAGE_MAX {
        return Err(too_long(message.len()));
    }
    let envelope: Envelope =
        serde_json::from_slice(message).map_err(|error| UnreadableCommand(error.to_string()))?;
    let Envelope { id, actor, given_at, status, command, body: Strict(fields) } = envelope;
    if Definition::find(&command).is_none() {
        return Err(unknown_command(&command));
    }
    let (command, fields) = (command.into(), Arc::new(fields));
    Ok(CommandGiven { at: given_at, id, actor, given_at, status, command, fields, source })
}

/// Reads a line of a file: an envelope, or `{"tick": TIME}`.
pub fn read_command_line(
    line: &[u8],
    source: Option<Source>,
) -> Result<CommandLine, UnreadableCommand> {
    match serde_json::from_slice(line) {
        Ok(TickLine { tick }) => Ok(CommandLine::Tick(tick)),
        Err(_) => read_command(line, source).map(CommandLine::Give),
    }
}

/// The envelope of a command, in one line.
pub fn write_command(given: &CommandGiven) -> String {
    json!({
        "id": given.id,
        "actor": given.actor,
        "given_at": given.given_at,
        "status": given.status,
        "command": given.command,
        "body": given.fields,
    })
    .to_string()
}

fn too_long(bytes: usize) -> UnreadableCommand {
    UnreadableCommand(format!("it has {bytes} bytes, and a command may have {MESSAGE_MAX}"))
}

fn unknown_command(name: &str) -> UnreadableCommand {
    let name: String = name.chars().take(64).collect();
    UnreadableCommand(format!("there is no command {name:?}"))
}

/// A value in which no object has a name twice: other readers would take the other one.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number out of range"))?;
        Ok(number.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut found = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            found.push(item);
        }
        Ok(found.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut found = Map::new();
        while let Some((name, Strict(value))) = entries.next_entry::<String, _>()? {
            if found.contains_key(&name) {
                let name: String = name.chars().take(64).collect();
                return Err(de::Error::custom(format!("{name:?} stands twice in an object")));
            }
            found.insert(name, value);
        }
        Ok(found.into())
    }
}
