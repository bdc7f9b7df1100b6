//! The order board: what was ordered, what is asked of whom, and until when.

use std::collections::BTreeMap;

use super::standing::standing;
use super::story::Thing;
use crate::domain::cooperation::{
    Body, Class, EndedHow, ItemOutcome, Matter, OrderAcknowledged, ProposedItem, Step, What,
};
use crate::domain::{
    Actor, Airshed, CooperationRules, Event, Grade, Hour, OrderAct, ResponseEvent, Timestamp,
};
use crate::engine::projection::Involved;
use crate::engine::{Entry, Position};

/// The order board at the end of a log: a fold over it.
#[derive(Debug, Default)]
pub struct Board {
    airshed: Airshed,
    /// Which bodies have a part in what.
    involved: Involved,
    sets: BTreeMap<u64, Set>,
    acknowledged: BTreeMap<String, Acknowledged>,
}

/// The record of an order set.
#[derive(Debug)]
struct Set {
    record: Position,
    decided_at: Timestamp,
    effective_at: Option<Hour>,
}

/// How an order was acknowledged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Acknowledged {
    /// The record.
    pub record: Position,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Option<Actor>,
    /// Whether the viewer sees the actor's name.
    pub names_actor: bool,
    /// Whether it was before the deadline.
    pub in_time: bool,
}

/// One order set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SetOnBoard {
    /// Its number.
    pub epoch: u64,
    /// Its record.
    pub record: Position,
    /// The clock at its decision.
    pub decided_at: Timestamp,
    /// From when on it binds; none where it only extends.
    pub effective_at: Option<Hour>,
    /// Its orders, by id.
    pub orders: Vec<OrderOnBoard>,
}

/// One order of a set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrderOnBoard {
    /// Its id.
    pub order: String,
    /// The jurisdiction that it binds.
    pub jurisdiction: Body,
    /// The response to which it belongs.
    pub response: String,
    /// What it demands.
    pub act: OrderAct,
    /// The grade after the act; of a lift, the grade lifted.
    pub grade: Grade,
    /// Until when it is to be acknowledged, as that stands now; none for a viewer that sees a part.
    pub acknowledge_by: Option<Timestamp>,
    /// How it was acknowledged; none if it was not.
    pub acknowledged: Option<Acknowledged>,
    /// How it ended; none if it has not.
    pub ended: Option<EndedHow>,
}

impl OrderOnBoard {
    /// Whether it still binds or asks for something.
    pub fn is_open(&self) -> bool {
        let is_over = self.act == OrderAct::Lift && self.acknowledged.is_some();
        self.ended.is_none() && !is_over
    }
}

/// A matter that asks for an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OpenMatter {
    /// Its id.
    pub matter: String,
    /// The body that must answer.
    pub owner: Body,
    /// How soon its ladder climbs.
    pub class: Class,
    /// Until when; of a stopped clock, the deadline before it was stopped.
    pub due_at: Timestamp,
    /// Milliseconds until then; negative if it is overdue.
    pub left_ms: i64,
    /// Whether its clock is stopped by a pending objection.
    pub is_stopped: bool,
    /// The last step of the ladder.
    pub step: StepTaken,
    /// The bodies to which it was escalated, the nearest first; they may answer too.
    pub escalated_to: Vec<Body>,
    /// What happens next without an answer; none at the end of the ladder.
    pub next: Option<NextStep>,
    /// The body to which it is offered, and when the offer lapses.
    pub offer: Option<(Body, Timestamp)>,
    /// The body that decides the objection by which it is stopped, and until when.
    pub objection: Option<(Body, Timestamp)>,
}

/// The last step of the ladder that was taken.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum StepTaken {
    /// None: the deadline has not passed.
    None,
    /// The deadline has passed.
    Overdue,
    /// The owner was reminded.
    Reminded,
    /// So many bodies above the owner are involved.
    Escalated(u32),
}

impl StepTaken {
    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Overdue => "overdue",
            Self::Reminded => "reminded",
            Self::Escalated(_) => "escalated",
        }
    }
}

/// The step of the ladder that is taken if there is no answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NextStep {
    /// Which step.
    pub step: StepTaken,
    /// When.
    pub at: Timestamp,
    /// The body to which it is escalated.
    pub to: Option<Body>,
}

/// A proposal that waits for approval (审批).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PendingProposal {
    /// Its id.
    pub proposal: String,
    /// The decision hour.
    pub hour: Hour,
    /// Its items, by code.
    pub items: Vec<PendingItem>,
}

/// One act of a proposal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PendingItem {
    /// What is proposed, and what it needs.
    pub item: ProposedItem,
    /// What became of it; none while it waits.
    pub outcome: Option<ItemOutcome>,
}

/// What is on the board.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OnBoard {
    /// Order sets, the oldest first.
    pub sets: Vec<SetOnBoard>,
    /// Proposals that wait for approval, by number.
    pub proposals: Vec<PendingProposal>,
    /// Open matters, the one that is due first first.
    pub matters: Vec<OpenMatter>,
    /// Deadlines at which silence decides, the first first.
    pub silence_decides: Vec<SilenceDecides>,
}

/// A deadline at which silence decides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SilenceDecides {
    /// Its id, such as `1-130500/review`.
    pub matter: String,
    /// The bodies that can act before it.
    pub bodies: Vec<Body>,
    /// When silence decides.
    pub due_at: Timestamp,
    /// What it decides.
    pub outcome: &'static str,
}

impl Board {
    /// Takes the next record of the log.
    pub fn note(&mut self, entry: &Entry) {
        let (event, record) = (&entry.record.event, entry.record.position);
        self.airshed.evolve(event, record.0);
        if let Some(rules) = entry.rules() {
            self.involved.note(&entry.record, rules);
        }
        if let Event::Response(ResponseEvent::OrderSetIssued(set)) = event {
            let (decided_at, effective_at) = (set.decided_at, set.effective_at);
            self.sets.insert(set.epoch, Set { record, decided_at, effective_at });
        } else if let Event::Cooperation(it) = event
            && let What::OrderAcknowledged(OrderAcknowledged { order, in_time, .. }) = &it.what
        {
            let (at, by, in_time) = (it.at, it.by.clone(), *in_time);
            let acknowledged = Acknowledged { record, at, by, names_actor: true, in_time };
            self.acknowledged.insert(order.clone(), acknowledged);
        }
    }

    /// The clock of the log.
    pub fn clock(&self) -> Option<Timestamp> {
        self.airshed.clock()
    }

    /// The rules by which bodies answer; none where the rule book asks for no answers.
    pub fn numbers(&self) -> Option<&CooperationRules> {
        self.airshed.rules()?.cooperation.as_ref()
    }

    /// Which bodies have a part in what.
    pub fn involved(&self) -> &Involved {
        &self.involved
    }

    /// How a thing stands: names, each with a text; none if there is no such thing.
    pub fn standing(&self, thing: Thing, id: &str) -> Option<Vec<(&'static str, String)>> {
        standing(&self.airshed, thing, id)
    }

    /// The state at the end of the log.
    pub fn airshed(&self) -> &Airshed {
        &self.airshed
    }

    /// All order sets, the oldest first.
    pub fn sets(&self) -> Vec<SetOnBoard> {
        let state = &self.airshed.cooperation;
        let mut sets: BTreeMap<u64, SetOnBoard> = BTreeMap::new();
        for (id, order) in state.orders.iter() {
            let epoch = order.epoch;
            let Some(Set { record, decided_at, effective_at }) = self.sets.get(&epoch) else {
                continue;
            };
            let set = sets.entry(epoch).or_insert_with(|| SetOnBoard {
                epoch,
                record: *record,
                decided_at: *decided_at,
                effective_at: *effective_at,
                orders: Vec::new(),
            });
            let matter = state.matters.get(&format!("{id}/acknowledge"));
            set.orders.push(OrderOnBoard {
                order: id.to_string(),
                jurisdiction: order.jurisdiction.clone(),
                response: order.response.to_string(),
                act: order.act,
                grade: order.grade,
                acknowledge_by: Some(matter.map_or(order.acknowledge_by, |it| it.due_at)),
                acknowledged: self.acknowledged.get(&**id).cloned(),
                ended: order.ended,
            });
        }
        sets.into_values().collect()
    }

    /// The board as one body may see it.
    pub fn seen_by(&self, viewer: &Body, mut all: OnBoard) -> OnBoard {
        let Some(CooperationRules { bodies, .. }) = self.numbers() else {
            return OnBoard::default();
        };
        for set in &mut all.sets {
            set.orders.retain_mut(|order| {
                let matter = format!("{}/acknowledge", order.order);
                let sees_all = self.involved.sees_matter(&matter, bodies, viewer);
                if let Some(it) = &mut order.acknowledged {
                    let by = it.by.as_ref().map(|it| &it.body);
                    it.names_actor = by.is_none_or(|it| bodies.is_or_is_over(viewer, it));
                }
                order.acknowledge_by = order.acknowledge_by.filter(|_| sees_all);
                sees_all || bodies.is_member(viewer)
            });
        }
        all.sets.retain(|it| !it.orders.is_empty());
        let sees = |matter: &str| self.involved.sees_matter(matter, bodies, viewer);
        all.proposals.retain(|it| sees(&it.proposal));
        all.matters.retain(|it| sees(&it.matter));
        all.silence_decides.retain(|it| sees(&it.matter));
        all
    }

    /// Everything that is on the board.
    pub fn all(&self) -> OnBoard {
        OnBoard {
            sets: self.sets(),
            proposals: self.proposals(),
            matters: self.matters(),
            silence_decides: self.silence_decides(),
        }
    }

    /// All proposals that wait for approval, by number.
    pub fn proposals(&self) -> Vec<PendingProposal> {
        let pending = self.airshed.cooperation.proposals.pending();
        let pending = pending.map(|(id, proposal)| PendingProposal {
            proposal: id.to_string(),
            hour: proposal.hour,
            items: proposal
                .items
                .iter()
                .map(|it| PendingItem { item: it.clone(), outcome: proposal.outcome(it) })
                .collect(),
        });
        pending.collect()
    }

    /// All open matters, the one that is due first first.
    pub fn matters(&self) -> Vec<OpenMatter> {
        let Some(numbers) = self.numbers() else { return Vec::new() };
        let now = self.clock().unwrap_or_default();
        let open = self.airshed.cooperation.matters.iter().filter(|(_, it)| it.is_open());
        let mut open: Vec<OpenMatter> =
            open.map(|(id, it)| self.open(id, it, numbers, now)).collect();
        open.sort_by(|a, b| (a.due_at, &a.matter).cmp(&(b.due_at, &b.matter)));
        open
    }

    fn open(
        &self,
        id: &str,
        it: &Matter,
        numbers: &CooperationRules,
        now: Timestamp,
    ) -> OpenMatter {
        let above = || numbers.bodies.all_above(&it.owner);
        let (step, next, to) = match it.step {
            Step::None => (StepTaken::None, StepTaken::Overdue, None),
            Step::Overdue => (StepTaken::Overdue, StepTaken::Reminded, None),
            Step::Reminded => (StepTaken::Reminded, StepTaken::Escalated(1), above().next()),
            Step::Escalated(step) => {
                let to = above().nth(step as usize);
                (StepTaken::Escalated(step), StepTaken::Escalated(step + 1), to)
            }
        };
        let objection = id.strip_suffix("/acknowledge").and_then(|order| self.objection(order));
        OpenMatter {
            matter: id.to_owned(),
            owner: it.owner.clone(),
            class: it.class,
            due_at: it.due_at,
            left_ms: it.left_ms.unwrap_or(it.due_at.0 - now.0),
            is_stopped: it.left_ms.is_some(),
            step,
            escalated_to: it.escalated_to.clone(),
            next: it.next_at.map(|at| NextStep { step: next, at, to }),
            offer: it.offer.clone(),
            objection,
        }
    }

    /// The reviewer of a pending objection, and until when it decides.
    fn objection(&self, order: &str) -> Option<(Body, Timestamp)> {
        let order = self.airshed.cooperation.orders.get(order)?;
        let objection = order.objection.as_ref().filter(|it| it.is_pending())?;
        let above = self.numbers()?.bodies.above(&order.jurisdiction);
        Some((above.unwrap_or_else(|| Body::new(Body::REGION)), objection.review_by))
    }

    /// All deadlines at which silence decides, the first first.
    pub fn silence_decides(&self) -> Vec<SilenceDecides> {
        let state = &self.airshed.cooperation;
        let mut all = Vec::new();
        for (id, proposal) in state.proposals.pending() {
            for item in proposal.pending() {
                let (Some(due_at), Some(silence)) = (item.due_at, item.on_silence) else {
                    continue;
                };
                let matter = format!("{id}/{}", item.jurisdiction);
                let bodies = item.body.iter().cloned().collect();
                all.push(SilenceDecides { matter, bodies, due_at, outcome: silence.name() });
            }
        }
        for (order, due_at) in state.orders.reviews() {
            let bodies = self.objection(order).into_iter().map(|it| it.0).collect();
            let matter = format!("{order}/review");
            all.push(SilenceDecides { matter, bodies, due_at, outcome: "overruled" });
        }
        for (id, due_at) in state.consultations.deadlines() {
            let Some((consultation, what)) = id.rsplit_once('/') else { continue };
            let Some(it) = state.consultations.get(consultation) else { continue };
            let is_open = what == "opinions";
            let bodies = if is_open { it.silent() } else { vec![it.convener.clone()] };
            let outcome = if is_open { "closed" } else { "lapsed" };
            all.push(SilenceDecides { matter: id, bodies, due_at, outcome });
        }
        for (id, it) in state.matters.iter() {
            if let Some((to, due_at)) = it.offer.clone() {
                let (matter, bodies) = (format!("{id}/offer"), vec![to]);
                all.push(SilenceDecides { matter, bodies, due_at, outcome: "declined" });
            }
        }
        all.sort_by(|a, b| (a.due_at, &a.matter).cmp(&(b.due_at, &b.matter)));
        all
    }
}
