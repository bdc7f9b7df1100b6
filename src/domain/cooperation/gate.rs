//! The checks that every command passes, in their order; the first that fails is the reason.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::definition::{Definition, Meeting};
use super::refused::{CommandRefused, Refused, Why};
use super::shape::{self, Named, Shape, Thing};
use super::{Body, CommandGiven, Cooperation, CooperationRules, Role, What};
use crate::domain::{Rules, Timestamp};

/// The most characters of an id.
const ID_MAX: usize = 64;

impl Cooperation {
    /// What follows from a command; the fact itself is recorded before.
    pub(crate) fn decide(
        &self,
        given: &CommandGiven,
        rules: &Rules,
        clock: Option<Timestamp>,
        is_too_far: bool,
    ) -> Vec<What> {
        match self.meet(given, rules, clock, is_too_far) {
            Ok(events) => events,
            Err(Refused { why, detail, first }) => vec![
                CommandRefused {
                    id: given.id.clone(),
                    command: given.command.to_string(),
                    actor: given.actor.clone(),
                    given_at: given.given_at,
                    reason: why,
                    detail,
                    first,
                }
                .into(),
            ],
        }
    }

    fn meet(
        &self,
        given: &CommandGiven,
        rules: &Rules,
        clock: Option<Timestamp>,
        is_too_far: bool,
    ) -> Result<Vec<What>, Refused> {
        let (Some(numbers), Some(now)) = (&rules.cooperation, clock) else {
            return Err(Why::NotOpen.into());
        };
        if given.status != numbers.status {
            return Err(Why::WrongStatus.into());
        }
        self.check_id(given, numbers, now)?;
        if is_too_far || given.given_at > now.plus_minutes(numbers.given_ahead_min) {
            return Err(Why::FromTheFuture.into());
        }
        if given.given_at < now.plus_hours(-24 * numbers.command_memory_d) {
            return Err(Why::TooOld.into());
        }
        let code = given.actor.body.code();
        let body = numbers.bodies.find(code).ok_or_else(|| Refused::from(Why::UnknownBody))?;
        let role = Role::parse(&given.actor.role).ok_or_else(|| Refused::from(Why::UnknownRole))?;
        let Some(definition) = Definition::find(&given.command) else {
            return Err(Refused::with(Why::BadField, "command"));
        };
        if !definition.roles.contains(&role) {
            return Err(Why::RoleNotAllowed.into());
        }
        shape::check(&given.fields, definition.fields, &numbers.bodies)
            .map_err(|field| Refused::with(Why::BadField, &field))?;
        let all = Shape::Fields(definition.fields);
        if let Some(unknown) = self.unknown(&given.fields, all, numbers) {
            return Err(Refused::with(Why::UnknownObject, &unknown));
        }
        let mut fields = Value::clone(&given.fields);
        all.make_canonical(&mut fields, &numbers.bodies);
        let (state, body, fields) = (self, &body, &fields);
        let meeting = Meeting { state, numbers, rules, now, body, role, fields };
        let is_guest = numbers.is_guest(body) && definition.name != "opine";
        if is_guest || !(definition.may)(&meeting) {
            return Err(Why::NotYours.into());
        }
        (definition.decide)(&meeting)
    }

    /// An id is remembered, whatever becomes of its command.
    fn check_id(
        &self,
        given: &CommandGiven,
        numbers: &CooperationRules,
        now: Timestamp,
    ) -> Result<(), Refused> {
        if !is_id(&given.id) {
            return Err(Why::BadId.into());
        }
        let Some((first, known)) = self.commands.find(given, numbers, now) else { return Ok(()) };
        let why = if known.says_the_same_as(given) { Why::Duplicate } else { Why::IdReused };
        Err(Refused { why, detail: None, first: Some(first) })
    }

    /// The first thing that is named and is not there.
    fn unknown(&self, fields: &Value, all: Shape, numbers: &CooperationRules) -> Option<String> {
        let mut unknown = None;
        all.named(fields, &mut |named, id| {
            let known = match named {
                Named::Body => numbers.bodies.find(id).is_some(),
                Named::Thing(thing) => self.has(thing, id),
            };
            if !known && unknown.is_none() {
                unknown = Some(id.to_owned());
            }
        });
        unknown
    }

    fn has(&self, thing: Thing, id: &str) -> bool {
        match thing {
            Thing::Order => self.orders.get(id).is_some(),
            Thing::Response => self.orders.response(id).is_some(),
            Thing::Matter => self.matters.get(id).is_some(),
            Thing::Proposal => self.proposals.get(id).is_some(),
            Thing::Complaint => false,
            Thing::Consultation => self.consultations.get(id).is_some(),
            Thing::Case => self.cases.get(id).is_some(),
            Thing::Whistle => self.whistles.contains_key(id),
            Thing::Any => {
                let things = [Thing::Order, Thing::Proposal, Thing::Case, Thing::Consultation];
                things.into_iter().any(|it| self.has(it, id))
            }
        }
    }
}

fn is_id(id: &str) -> bool {
    let is_in_set = |it: u8| it.is_ascii_alphanumeric() || b"._-".contains(&it);
    (1..=ID_MAX).contains(&id.len()) && id.bytes().all(is_in_set)
}

/// The ids of the last days, by actor's body and id. What is written of it are the commands alone.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(from = "ByPosition")]
pub(crate) struct Commands {
    /// By position of the command: the oldest first.
    given: ByPosition,
    /// Positions by id.
    ids: BTreeMap<(Body, String), u64>,
}

type ByPosition = BTreeMap<u64, Arc<CommandGiven>>;

impl From<ByPosition> for Commands {
    fn from(given: ByPosition) -> Self {
        let ids = given.iter().map(|(position, it)| (key_of(it), *position)).collect();
        Self { given, ids }
    }
}

impl Serialize for Commands {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.given.serialize(to)
    }
}

impl Commands {
    /// The position of the remembered command with the same id, and the command.
    fn find(
        &self,
        given: &CommandGiven,
        numbers: &CooperationRules,
        now: Timestamp,
    ) -> Option<(u64, &CommandGiven)> {
        let position = self.ids.get(&key_of(given))?;
        let known = self.given.get(position).filter(|it| !is_forgotten(it, numbers, now))?;
        Some((*position, known))
    }

    /// Remembers a command, unless its id is remembered: a repeat renews nothing.
    pub(crate) fn remember(
        &mut self,
        position: u64,
        given: &Arc<CommandGiven>,
        numbers: &CooperationRules,
        now: Timestamp,
    ) {
        if !is_id(&given.id) || given.status != numbers.status {
            return;
        }
        if self.find(given, numbers, now).is_none() {
            // An older one with this id is forgotten, though still here.
            if let Some(older) = self.ids.insert(key_of(given), position) {
                self.given.remove(&older);
            }
            self.given.insert(position, Arc::clone(given));
        }
    }

    /// Forgets what need not be remembered any more: of commands in the order of the log, the first
    /// ones.
    pub(crate) fn forget(&mut self, numbers: &CooperationRules, now: Timestamp) {
        while let Some(oldest) = self.given.first_entry() {
            if !is_forgotten(oldest.get(), numbers, now) {
                break;
            }
            self.ids.remove(&key_of(&oldest.remove()));
        }
    }
}

/// The actor's body and id, which name a command.
fn key_of(given: &CommandGiven) -> (Body, String) {
    (given.actor.body.clone(), given.id.clone())
}

/// An id is remembered until so many days after its command was taken.
fn is_forgotten(it: &CommandGiven, numbers: &CooperationRules, now: Timestamp) -> bool {
    now > it.at.plus_hours(24 * numbers.command_memory_d)
}
