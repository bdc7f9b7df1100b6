//! Handing a matter over: the owner offers it, and owns it until another body accepts (首接负责制).

use serde::{Deserialize, Serialize};

use super::definition::{Definition, Meeting, Outcome};
use super::event::{Change, Changing};
use super::ladder::{MatterState, Step};
use super::refused::{Refused, Why};
use super::shape::{Shape, Thing, required};
use super::{Body, Role};
use crate::domain::Timestamp;

const ROLES: &[Role] = &[Role::Officer, Role::Command];

/// Offers a matter to another body.
pub(crate) const HAND_OVER: Definition = Definition {
    name: "hand_over",
    about: "Offer a matter to another body",
    example: r#"130100 officer 130100-r1/report:2025-12-05 --to 130102 --reason "its plants""#,
    roles: ROLES,
    fields: &[
        required("matter", Shape::Id(Thing::Matter)),
        required("to", Shape::Body),
        required("reason", Shape::Text),
    ],
    may: |it| it.matter().is_some_and(|(_, matter)| matter.owner == *it.body),
    decide: hand_over,
};

/// Accepts a matter that was offered or escalated.
pub(crate) const ACCEPT: Definition = Definition {
    name: "accept",
    about: "Accept a matter that is offered to you, or escalated to you",
    example: "130102 officer 130100-r1/report:2025-12-05",
    roles: ROLES,
    fields: &[required("matter", Shape::Id(Thing::Matter))],
    may: |it| {
        it.matter().is_some_and(|(_, matter)| {
            matter.escalated_to.contains(it.body)
                || matter.offer.as_ref().is_some_and(|(to, _)| to == it.body)
        })
    },
    decide: accept,
};

/// Declines a matter that was offered.
pub(crate) const DECLINE: Definition = Definition {
    name: "decline",
    about: "Decline a matter that is offered to you",
    example: r#"130102 officer 130100-r1/report:2025-12-05 --reason "not our plants""#,
    roles: ROLES,
    fields: &[required("matter", Shape::Id(Thing::Matter)), required("reason", Shape::Text)],
    may: |it| {
        it.matter()
            .is_some_and(|(_, matter)| matter.offer.as_ref().is_some_and(|(to, _)| to == it.body))
    },
    decide: |it| {
        let Some((id, matter)) = it.matter() else { return Err(Why::UnknownObject.into()) };
        if !matter.is_open() {
            return Err(Why::AlreadyAnswered.into());
        }
        let (matter, owner, to) = (id.to_owned(), matter.owner.clone(), it.body.clone());
        Ok(vec![MatterDeclined { matter, owner, to }.into()])
    },
};

/// Kinds of matters that can be handed over.
const TRANSFERABLE: [&str; 5] = ["report:", "redo:", "inspect", "rectify", "resolve"];

fn is_transferable(id: &str) -> bool {
    let kind = id.split_once('/').map_or("", |it| it.1);
    TRANSFERABLE.iter().any(|it| if it.ends_with(':') { kind.starts_with(it) } else { kind == *it })
}

fn hand_over(it: &Meeting<'_>) -> Outcome {
    let Some((id, matter)) = it.matter() else { return Err(Why::UnknownObject.into()) };
    let to = Body::new(it.text("to"));
    if !matter.is_open() {
        return Err(Why::AlreadyAnswered.into());
    }
    if !is_transferable(id) {
        return Err(Why::NotTransferable.into());
    }
    if to == matter.owner {
        return Err(Refused::with(Why::BadField, "to"));
    }
    if matter.offer.is_some() {
        return Err(Why::OfferPending.into());
    }
    let (matter, owner) = (id.to_owned(), matter.owner.clone());
    Ok(vec![MatterOffered { matter, owner, to }.into()])
}

fn accept(it: &Meeting<'_>) -> Outcome {
    let Some((id, matter)) = it.matter() else { return Err(Why::UnknownObject.into()) };
    if !matter.is_open() {
        return Err(Why::AlreadyAnswered.into());
    }
    if !is_transferable(id) {
        return Err(Why::NotTransferable.into());
    }
    let due_at = Timestamp(it.now.0.saturating_add(matter.allowed_ms));
    let (from, owner) = (matter.owner.clone(), it.body.clone());
    Ok(vec![MatterAccepted { matter: id.to_owned(), from, owner, due_at }.into()])
}

/// A matter was offered to another body.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MatterOffered {
    /// Which matter.
    pub matter: String,
    /// Of which it is asked.
    pub owner: Body,
    /// The body to which it is offered.
    pub to: Body,
}

/// Another body owns the matter.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MatterAccepted {
    /// Which matter.
    pub matter: String,
    /// The owner before.
    pub from: Body,
    /// The owner from now on.
    pub owner: Body,
    /// The new deadline.
    pub due_at: Timestamp,
}

/// An offer was declined, or lapsed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MatterDeclined {
    /// Which matter.
    pub matter: String,
    /// Of which it is still asked.
    pub owner: Body,
    /// The body to which it was offered.
    pub to: Body,
}

impl Change for MatterOffered {
    fn change(&self, it: &mut Changing<'_>) {
        let Changing { state, numbers, at, .. } = it;
        let lapses_at = at.plus_minutes(numbers.offer_within_min);
        state.matters.change(&self.matter, &mut state.calendar, |matter| {
            matter.offer = Some((self.to.clone(), lapses_at));
        });
    }
}

impl Change for MatterAccepted {
    fn change(&self, it: &mut Changing<'_>) {
        let Changing { state, .. } = it;
        state.matters.change(&self.matter, &mut state.calendar, |matter| {
            debug_assert_eq!(matter.state, MatterState::Open);
            matter.owner = self.owner.clone();
            (matter.offer, matter.step) = (None, Step::None);
            matter.escalated_to.clear();
            (matter.due_at, matter.next_at) = (self.due_at, Some(self.due_at));
        });
        state.cases.accepted(&self.matter, &self.owner);
    }
}

impl Change for MatterDeclined {
    fn change(&self, it: &mut Changing<'_>) {
        let Changing { state, .. } = it;
        state.matters.change(&self.matter, &mut state.calendar, |matter| matter.offer = None);
    }
}
