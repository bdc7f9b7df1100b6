//! A command as it was given, before anybody looked whether it may be.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Actor;
use crate::domain::{Source, Timestamp};

/// Whether a log is about the real world.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is.
    #[default]
    Actual,
    /// It is a drill (演练).
    Exercise,
}

impl Status {
    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Actual => "actual",
            Self::Exercise => "exercise",
        }
    }
}

/// A command of a body: an envelope that could be read, and a body that may hold anything.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CommandGiven {
    /// The clock when it was taken.
    pub at: Timestamp,
    /// The sender's own id: with the actor's body it names the command.
    pub id: String,
    /// Who gives it.
    pub actor: Actor,
    /// When it was given, by the sender's clock.
    pub given_at: Timestamp,
    /// For a log of this status.
    pub status: Status,
    /// The name of one of [`super::definition::ALL`].
    pub command: Arc<str>,
    /// The fields of the command, as they came.
    #[serde(with = "as_text")]
    pub fields: Arc<Value>,
    /// Where it stood.
    pub source: Option<Source>,
}

impl CommandGiven {
    /// Whether another one says the same under the same id.
    pub(crate) fn says_the_same_as(&self, other: &Self) -> bool {
        self.actor == other.actor
            && self.given_at == other.given_at
            && self.command == other.command
            && self.fields == other.fields
    }
}

/// A value of any shape is kept as its text, where bytes say no types.
mod as_text {
    use std::sync::Arc;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de};
    use serde_json::Value;

    pub(super) fn serialize<S: Serializer>(value: &Arc<Value>, to: S) -> Result<S::Ok, S::Error> {
        value.to_string().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<Value>, D::Error> {
        serde_json::from_str(&String::deserialize(from)?).map(Arc::new).map_err(de::Error::custom)
    }
}
