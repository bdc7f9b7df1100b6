//! Matters (事项): each asks one body for an answer by a deadline, and climbs a ladder if there is
//! none: overdue, a reminder, then one body above after another.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, Rank};
use super::event::{Change, Changing};
use super::offers::MatterDeclined;
use super::rules::Class;
use super::{Body, CooperationRules, What};
use crate::domain::Timestamp;

/// What is asked of a body.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Matter {
    pub(crate) owner: Body,
    pub(crate) class: Class,
    pub(crate) due_at: Timestamp,
    /// How long there was at first, in milliseconds.
    pub(crate) allowed_ms: i64,
    pub(crate) step: Step,
    /// When the next step is taken; none: it is over, stopped, or at the end of the ladder.
    pub(crate) next_at: Option<Timestamp>,
    /// The bodies to which it was escalated.
    pub(crate) escalated_to: Vec<Body>,
    /// To whom it is offered, and until when.
    pub(crate) offer: Option<(Body, Timestamp)>,
    /// What was left when its clock was stopped, in milliseconds.
    pub(crate) left_ms: Option<i64>,
    pub(crate) state: MatterState,
}

/// Whether a matter still asks for an answer.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum MatterState {
    Open,
    Answered,
    /// What it was about asks for nothing more.
    Fallen,
}

/// The last step of the ladder that was taken.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(crate) enum Step {
    None,
    Overdue,
    Reminded,
    /// So many bodies above the owner are involved.
    Escalated(u32),
}

impl Step {
    /// The rank of the step after this one.
    fn next(self) -> Rank {
        match self {
            Self::None => Rank::Overdue,
            Self::Overdue => Rank::Reminder,
            Self::Reminded | Self::Escalated(_) => Rank::Escalation,
        }
    }
}

impl Matter {
    pub(crate) fn is_open(&self) -> bool {
        self.state == MatterState::Open
    }

    /// Whether an answer at this moment is in time.
    pub(crate) fn is_in_time(&self, now: Timestamp) -> bool {
        self.left_ms.is_some() || now < self.due_at
    }

    /// Whether a body may answer it.
    pub(crate) fn is_for(&self, body: &Body) -> bool {
        self.owner == *body || self.escalated_to.contains(body)
    }
}

/// All matters, by id.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Matters {
    all: BTreeMap<Arc<str>, Matter>,
}

/// A matter to be opened.
pub(crate) struct Opening {
    pub(crate) id: String,
    pub(crate) owner: Body,
    pub(crate) class: Class,
    pub(crate) opened_at: Timestamp,
    pub(crate) due_at: Timestamp,
}

impl Matters {
    pub(crate) fn get(&self, id: &str) -> Option<&Matter> {
        self.all.get(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Matter)> {
        self.all.iter()
    }

    /// Those with ids that begin so.
    pub(crate) fn with(&self, prefix: &str) -> impl Iterator<Item = (&Arc<str>, &Matter)> {
        let from = self.all.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        from.take_while(move |(id, _)| id.starts_with(prefix))
    }

    /// The open ones with ids that begin so.
    pub(crate) fn open_with(&self, prefix: &str) -> impl Iterator<Item = &Arc<str>> {
        self.with(prefix).filter(|(_, it)| it.is_open()).map(|(id, _)| id)
    }

    /// Opens a matter; one of the same id begins again.
    pub(crate) fn open(&mut self, opening: Opening, calendar: &mut Calendar) {
        let Opening { id, owner, class, opened_at, due_at } = opening;
        self.finish(&id, MatterState::Fallen, calendar);
        let id: Arc<str> = id.into();
        let next_at = Some(due_at);
        calendar.add(due_at, Rank::Overdue, &id);
        let matter = Matter {
            owner,
            class,
            due_at,
            allowed_ms: due_at.0 - opened_at.0,
            step: Step::None,
            next_at,
            escalated_to: Vec::new(),
            offer: None,
            left_ms: None,
            state: MatterState::Open,
        };
        self.all.insert(id, matter);
    }

    /// Changes a matter; its next step and its offer move in the calendar.
    pub(crate) fn change(
        &mut self,
        id: &str,
        calendar: &mut Calendar,
        change: impl FnOnce(&mut Matter),
    ) {
        let Some((id, _)) = self.all.get_key_value(id) else { return };
        let id = Arc::clone(id);
        let Some(matter) = self.all.get_mut(&id) else { return };
        let entries = |it: &Matter| {
            let step = it.next_at.map(|at| (at, it.step.next()));
            let offer = it.offer.as_ref().map(|(_, at)| (*at, Rank::Offer));
            step.into_iter().chain(offer)
        };
        for (at, rank) in entries(matter) {
            calendar.remove(at, rank, &id);
        }
        change(matter);
        for (at, rank) in entries(matter) {
            calendar.add(at, rank, &id);
        }
    }

    /// The matter asks for nothing more.
    pub(crate) fn finish(&mut self, id: &str, state: MatterState, calendar: &mut Calendar) {
        self.change(id, calendar, |it| {
            if it.is_open() {
                (it.state, it.next_at, it.offer, it.left_ms) = (state, None, None, None);
            }
        });
    }

    /// Stops the clock of a matter; what is left runs on later.
    pub(crate) fn stop(&mut self, id: &str, now: Timestamp, calendar: &mut Calendar) {
        self.change(id, calendar, |it| {
            if it.is_open() && it.left_ms.is_none() {
                it.left_ms = Some((it.due_at.0 - now.0).max(0));
                it.next_at = None;
            }
        });
    }

    /// When a stopped matter is due if its clock runs on now.
    pub(crate) fn due_if_resumed(&self, id: &str, now: Timestamp) -> Option<Timestamp> {
        let matter = self.get(id).filter(|it| it.is_open())?;
        Some(matter.left_ms.map_or(matter.due_at, |left| Timestamp(now.0.saturating_add(left))))
    }

    /// The clock of a stopped matter runs on.
    pub(crate) fn resume(&mut self, id: &str, now: Timestamp, calendar: &mut Calendar) {
        let Some(due_at) = self.due_if_resumed(id, now) else { return };
        self.change(id, calendar, |it| {
            if it.left_ms.take().is_some() {
                (it.due_at, it.next_at) = (due_at, Some(due_at));
            }
        });
    }

    /// The end of an offer that was not accepted.
    pub(crate) fn lapse(&self, id: &Arc<str>) -> Option<What> {
        let it = self.get(id)?;
        let (to, _) = it.offer.clone()?;
        let (matter, owner) = (id.to_string(), it.owner.clone());
        Some(MatterDeclined { matter, owner, to }.into())
    }

    /// The step that a matter takes now.
    pub(crate) fn step(&self, id: &Arc<str>, numbers: &CooperationRules) -> Option<What> {
        let it = self.get(id)?;
        let (matter, owner) = (id.to_string(), it.owner.clone());
        let mut above = numbers.bodies.all_above(&it.owner);
        Some(match it.step {
            Step::None => MatterOverdue { matter, owner, due_at: it.due_at }.into(),
            Step::Overdue => MatterReminded { matter, owner, next: above.next() }.into(),
            Step::Reminded | Step::Escalated(_) => {
                let step = if let Step::Escalated(step) = it.step { step + 1 } else { 1 };
                let to = above.nth(step as usize - 1)?;
                MatterEscalated { matter, owner, to, step }.into()
            }
        })
    }
}

/// A deadline passed without an answer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MatterOverdue {
    /// Which matter.
    pub matter: String,
    /// Of which it is asked.
    pub owner: Body,
    /// The deadline.
    pub due_at: Timestamp,
}

/// The owner was reminded (催办).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MatterReminded {
    /// Which matter.
    pub matter: String,
    /// Of which it is asked.
    pub owner: Body,
    /// The body to which it is escalated next; none above the region.
    pub next: Option<Body>,
}

/// A body above the owner was involved (提级).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MatterEscalated {
    /// Which matter.
    pub matter: String,
    /// Of which it is still asked.
    pub owner: Body,
    /// The body that may answer too from now on.
    pub to: Body,
    /// So many bodies above the owner.
    pub step: u32,
}

impl Change for MatterOverdue {
    fn change(&self, it: &mut Changing<'_>) {
        let ladder = |matter: &Matter, numbers: &CooperationRules| {
            numbers.ladder(&matter.owner, matter.class).reminder_min
        };
        climb(it, &self.matter, Step::Overdue, ladder);
    }
}

impl Change for MatterReminded {
    fn change(&self, it: &mut Changing<'_>) {
        climb(it, &self.matter, Step::Reminded, escalation);
        end_at_the_top(it, &self.matter);
    }
}

impl Change for MatterEscalated {
    fn change(&self, it: &mut Changing<'_>) {
        climb(it, &self.matter, Step::Escalated(self.step), escalation);
        let Changing { state, .. } = it;
        let to = self.to.clone();
        state.matters.change(&self.matter, &mut state.calendar, |it| it.escalated_to.push(to));
        end_at_the_top(it, &self.matter);
    }
}

fn escalation(matter: &Matter, numbers: &CooperationRules) -> i32 {
    numbers.ladder(&matter.owner, matter.class).escalation_min
}

/// Takes a step; the next one comes so many minutes after this one was recorded.
fn climb(
    it: &mut Changing<'_>,
    id: &str,
    step: Step,
    minutes: impl FnOnce(&Matter, &CooperationRules) -> i32,
) {
    let Changing { state, numbers, at, .. } = it;
    state.matters.change(id, &mut state.calendar, |matter| {
        matter.step = step;
        matter.next_at = Some(at.plus_minutes(minutes(matter, numbers)));
    });
}

/// No step follows where no body is left above.
fn end_at_the_top(it: &mut Changing<'_>, id: &str) {
    let Changing { state, numbers, .. } = it;
    state.matters.change(id, &mut state.calendar, |matter| {
        let taken = if let Step::Escalated(step) = matter.step { step as usize } else { 0 };
        if numbers.bodies.all_above(&matter.owner).nth(taken).is_none() {
            matter.next_at = None;
        }
    });
}
