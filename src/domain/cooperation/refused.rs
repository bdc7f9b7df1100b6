//! Why a command is refused.

use serde::{Deserialize, Serialize};

use super::Actor;
use super::event::{Change, Changing};
use crate::domain::Timestamp;

/// Why a command is refused. The first eleven are those of every command, in the order in which
/// they are checked; the others are those of some commands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The rules in force ask bodies for nothing, or the log has no clock yet.
    NotOpen,
    /// A command of a drill in a real log, or the other way round.
    WrongStatus,
    /// The id is empty, too long, or has other characters than letters, digits, `.`, `_` and `-`.
    BadId,
    /// The same command was taken or refused before.
    Duplicate,
    /// Another command of the same body has this id.
    IdReused,
    /// It was given later than the clock shows.
    FromTheFuture,
    /// It was given longer ago than ids are remembered.
    TooOld,
    /// There is no such body.
    UnknownBody,
    /// There is no such role.
    UnknownRole,
    /// The role may not give this command.
    RoleNotAllowed,
    /// A field is missing, unknown, of the wrong type or out of its range.
    BadField,
    /// It names something that is not there.
    UnknownObject,
    /// The body may not give it for this object.
    NotYours,
    /// The order is acknowledged.
    AlreadyAcknowledged,
    /// The matter is answered.
    AlreadyAnswered,
    /// It was decided before.
    AlreadyDecided,
    /// The task is done.
    AlreadyDone,
    /// The complaint is excluded.
    AlreadyExcluded,
    /// The case is exposed.
    AlreadyExposed,
    /// The vehicle is locked.
    AlreadyLocked,
    /// There was an objection before.
    AlreadyObjected,
    /// The proposal is settled or has lapsed.
    AlreadySettled,
    /// The measure is confirmed for that day.
    AlreadyVerified,
    /// The list's header is not as it must be.
    BadHeader,
    /// The parties do not fit the kind of inspection.
    BadParties,
    /// Milder than most opinions.
    BelowMajority,
    /// The response is closed.
    Closed,
    /// The order or guarantee has ended.
    Ended,
    /// Evidence from afar alone.
    EvidenceInsufficient,
    /// No evidence.
    EvidenceMissing,
    /// The measure is excused.
    Excused,
    /// There is no objection to decide.
    NoObjection,
    /// No violation was found.
    NoViolation,
    /// The body verifies itself.
    NotIndependent,
    /// A key case needs more than one body.
    NotJoint,
    /// The vehicle is not locked.
    NotLocked,
    /// To this there is no objection.
    NotObjectable,
    /// The order did not ask for it.
    NotOrdered,
    /// Not the place of the case, nor its member.
    NotPlace,
    /// There is no report to verify.
    NotReported,
    /// The matter cannot be handed over.
    NotTransferable,
    /// Its time has not come.
    NotYet,
    /// An objection is pending.
    ObjectionPending,
    /// It is offered to another body.
    OfferPending,
    /// Not newer than the last one.
    OldVersion,
    /// A level is in force, or will be.
    StillInForce,
    /// There is a newer order.
    Superseded,
    /// Its time is over.
    TooLate,
    /// The vehicle is locked.
    VehicleLocked,
    /// A violation was found.
    ViolationFound,
    /// Not in this state.
    WrongState,
}

impl Why {
    /// The fixed name.
    pub fn name(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(name)) => name,
            _ => unreachable!("a variant without fields is a name"),
        }
    }
}

/// A refusal, before it is known which command it is of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refused {
    pub(crate) why: Why,
    /// A name or id that says more.
    pub(crate) detail: Option<String>,
    /// The position of the command that had the same id.
    pub(crate) first: Option<u64>,
}

impl Refused {
    pub(crate) fn with(why: Why, detail: &(impl ToString + ?Sized)) -> Self {
        Self { why, detail: Some(detail.to_string()), first: None }
    }
}

impl From<Why> for Refused {
    fn from(why: Why) -> Self {
        Self { why, detail: None, first: None }
    }
}

/// A command was refused.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CommandRefused {
    /// The sender's own id.
    pub id: String,
    /// Which command.
    pub command: String,
    /// Who gave it.
    pub actor: Actor,
    /// When it was given.
    pub given_at: Timestamp,
    /// Why.
    pub reason: Why,
    /// A name or id that says more.
    pub detail: Option<String>,
    /// The position of the command that had the same id.
    pub first: Option<u64>,
}

/// A refusal changes nothing but the memory of ids, which the command itself has changed.
impl Change for CommandRefused {
    fn change(&self, _: &mut Changing<'_>) {}
}
