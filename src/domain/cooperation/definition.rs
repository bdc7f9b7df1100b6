//! The commands: for each, who may give it, which fields it has, and what it leads to.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ladder::Matter;
use super::refused::Refused;
use super::shape::Field;
use super::{
    Body, Cooperation, CooperationRules, Role, What, consultation, enforcement, offers, whistle,
};
use crate::domain::response::approval::commands;
use crate::domain::response::{acknowledgement, closing, objection, report, verification};
use crate::domain::{Rules, Timestamp};

/// What a command leads to.
pub(crate) type Outcome = Result<Vec<What>, Refused>;

/// One command.
#[derive(Debug)]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// What it does, for people.
    pub about: &'static str,
    /// One of them as it is typed: body, role, then the arguments of the command line.
    pub example: &'static str,
    /// The roles that may give it.
    pub roles: &'static [Role],
    /// Its fields.
    pub fields: &'static [Field],
    /// Whether the body may give it for its object.
    pub(crate) may: fn(&Meeting<'_>) -> bool,
    /// Its own checks, and what it leads to.
    pub(crate) decide: fn(&Meeting<'_>) -> Outcome,
}

/// All commands.
pub const ALL: &[&Definition] = &[
    &acknowledgement::ACKNOWLEDGE,
    &objection::OBJECT,
    &objection::DECIDE_OBJECTION,
    &report::REPORT,
    &verification::VERIFY,
    &closing::CLOSE_RESPONSE,
    &commands::APPROVE,
    &commands::REJECT,
    &offers::HAND_OVER,
    &offers::ACCEPT,
    &offers::DECLINE,
    &consultation::CONVENE,
    &consultation::OPINE,
    &consultation::CONCLUDE,
    &consultation::SIGN,
    &enforcement::LEAD,
    &enforcement::ASSIGN,
    &enforcement::INSPECT,
    &enforcement::DECIDE_CASE,
    &enforcement::DROP_CASE,
    &enforcement::RECTIFY,
    &enforcement::ACCEPT_RECTIFICATION,
    &enforcement::POST_SUPERVISE,
    &enforcement::EXPOSE,
    &enforcement::LOCK_VEHICLE,
    &enforcement::RETEST_VEHICLE,
    &enforcement::CLEAR_VEHICLE,
    &whistle::WHISTLE,
    &whistle::REPORT_IN,
];

impl Definition {
    /// The command with a name.
    pub fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|it| it.name == name)
    }
}

/// A command meets the state: its fields are of their types, and what they name is there.
pub(crate) struct Meeting<'a> {
    pub(crate) state: &'a Cooperation,
    pub(crate) numbers: &'a CooperationRules,
    pub(crate) rules: &'a Rules,
    pub(crate) now: Timestamp,
    pub(crate) body: &'a Body,
    pub(crate) role: Role,
    pub(crate) fields: &'a Value,
}

impl<'a> Meeting<'a> {
    /// A field that holds a text; empty where an optional one is not there.
    pub(crate) fn text(&self, name: &str) -> &'a str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The fields as a type.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> T {
        match T::deserialize(self.fields) {
            Ok(fields) => fields,
            Err(error) => unreachable!("fields were checked: {error}"),
        }
    }

    /// The matter that the command names.
    pub(crate) fn matter(&self) -> Option<(&'a str, &'a Matter)> {
        let id = self.text("matter");
        Some((id, self.state.matters.get(id)?))
    }

    /// Whether the body is the owner of a matter, or a step of its ladder.
    pub(crate) fn is_owner_or_step(&self, matter: &str) -> bool {
        self.state.matters.get(matter).is_some_and(|it| it.is_for(self.body))
    }

    /// Whether the field `evidence` is empty.
    pub(crate) fn lacks_evidence(&self) -> bool {
        self.fields.get("evidence").and_then(Value::as_array).is_none_or(Vec::is_empty)
    }
}

/// One piece of evidence.
#[derive(Clone, Debug, serde::Deserialize, Eq, PartialEq, serde::Serialize)]
pub struct Evidence {
    /// Of which kind.
    pub kind: String,
    /// Where it can be found.
    #[serde(rename = "ref")]
    pub reference: String,
}
