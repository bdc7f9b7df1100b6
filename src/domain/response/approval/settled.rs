//! All items of a proposal are decided: what stands is ordered, in one set.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::proposal::{ActBasis, ProposedItem};
use super::proposals::Proposal;
use super::synchrony::{Settlement, Settling};
use crate::domain::airshed::Airshed;
use crate::domain::cooperation::{Actor, Change, Changing, CooperationEvent};
use crate::domain::response::floor::floor_order;
use crate::domain::response::order_set;
use crate::domain::response::orders::{body_of, index_of};
use crate::domain::warning::state::Warnings;
use crate::domain::warning::synchrony::Decision;
use crate::domain::{
    ActKind, Cause, Event, FloorOrder, HOUR_MS, Hour, OrderSet, ResponseEvent, Rules, Timestamp,
    Track, WarningAct, WarningEvent, complete, follows,
};

/// A proposal was settled.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ProposalSettled {
    /// Which one.
    pub proposal: String,
    /// The jurisdictions of the acts that are ordered; of a floor with `-f` behind it.
    pub approved: Vec<String>,
    /// Those of the acts that were rejected.
    pub rejected: Vec<String>,
    /// Those of the acts that were approved, and have nothing to order any more.
    pub fallen: Vec<String>,
}

impl Change for ProposalSettled {
    fn change(&self, it: &mut Changing<'_>) {
        let (state, hold_h) = (&mut *it.state, it.numbers.rejected_hold_h);
        let proposal = state.proposals.get(&self.proposal);
        let decided = proposal.into_iter().flat_map(|it| &it.items);
        let rejected =
            decided.filter(|it| it.must_be_decided() && self.rejected.contains(&it.name()));
        let rejected: Vec<_> =
            rejected.map(|it| (it.jurisdiction.clone(), it.act, it.grade)).collect();
        for (jurisdiction, act, grade) in rejected {
            state.proposals.reject(&jurisdiction, act, grade, hold_h);
        }
        state.proposals.end(&self.proposal, &mut state.calendar);
    }
}

/// What is recorded of the first proposal of which no item waits; none where there is none.
pub(super) fn settled(airshed: &Airshed, by: Option<&Actor>) -> Option<Vec<Event>> {
    let (rules, at) = (airshed.rules()?, airshed.clock()?);
    let (id, proposal) = airshed.cooperation.proposals.first_decided()?;
    let soonest = rules.soonest(at);
    let open = |body: &_| airshed.warnings.open(index_of(rules, body)?).cloned();
    let leader = |body: &_| {
        let index = index_of(rules, body)?;
        body_of(rules, rules.jurisdictions.get(usize::from(index.0))?.follows?)
    };
    let synchrony = &rules.parameters.synchrony;
    let settling = Settling { proposal, soonest, synchrony, open: &open, leader: &leader };
    let settlement = settling.settlement();
    let settled = settlement.recorded(id);
    let mut events: Vec<Event> = CooperationEvent::all(at, by, vec![settled.into()]).collect();
    let ordered = Ordered { rules, warnings: &airshed.warnings, id, proposal, at, soonest };
    let (acts, set) = ordered.by(&settlement, airshed.epoch());
    events.extend(acts.into_iter().map(|it| WarningEvent::WarningDecided(it).into()));
    if let Some(mut set) = set {
        complete(airshed, &mut set);
        let follows = follows(airshed, &set);
        events.push(ResponseEvent::OrderSetIssued(set).into());
        events.extend(follows);
    }
    Some(events)
}

impl Settlement {
    fn recorded(&self, id: &str) -> ProposalSettled {
        let names = |items: &[ProposedItem]| items.iter().map(ProposedItem::name).collect();
        ProposalSettled {
            proposal: id.to_owned(),
            approved: self.stand.iter().map(|it| it.0.name()).collect(),
            rejected: names(&self.rejected),
            fallen: names(&self.fallen),
        }
    }
}

/// Makes acts and orders of what stands.
struct Ordered<'a> {
    rules: &'a Rules,
    warnings: &'a Warnings,
    id: &'a Arc<str>,
    proposal: &'a Proposal,
    at: Timestamp,
    soonest: Hour,
}

impl Ordered<'_> {
    fn by(&self, settlement: &Settlement, epoch: u64) -> (Vec<WarningAct>, Option<OrderSet>) {
        let (mut acts, mut floors) = (Vec::new(), Vec::new());
        for (item, start, cause) in &settlement.stand {
            match item.track {
                Track::Warning => acts.extend(self.act(item, *start, *cause)),
                Track::Floor => floors.extend(self.floor(item, *start)),
            }
        }
        acts.sort_by_key(|it| it.warning.jurisdiction);
        let Proposal { hour, linked, .. } = *self.proposal;
        let decision = Decision { hour, decided_at: self.at, linked, acts, own_starts: Vec::new() };
        let mut set = order_set::assemble(epoch, self.rules, &decision, floors, self.soonest);
        if let Some(set) = &mut set {
            set.proposal = Some(Arc::clone(self.id));
            for order in &mut set.orders {
                let body = body_of(self.rules, order.jurisdiction);
                let decided = body.and_then(|it| self.proposal.decided.get(&it));
                if let Some(conclusion) = decided.and_then(|it| it.conclusion.clone()) {
                    order.conclusion = Some(conclusion);
                    order.causes.push(Cause::Consultation);
                }
            }
        }
        (decision.acts, set)
    }

    fn act(&self, item: &ProposedItem, start: Hour, cause: Cause) -> Option<WarningAct> {
        let act = act_of(item, (self.proposal.hour, self.at), self.rules, self.warnings)?;
        let is_lift = act.kind == ActKind::Lift;
        let lead_ms = start.end().0 - self.at.0;
        Some(WarningAct {
            start,
            end: if is_lift { Some(self.soonest) } else { act.end },
            cause,
            lead_time_h: i32::try_from(lead_ms.div_euclid(HOUR_MS)).unwrap_or(i32::MAX),
            in_force_from: (act.kind == ActKind::Lower).then(|| start.max(self.soonest)),
            ..act
        })
    }

    fn floor(&self, item: &ProposedItem, effective_at: Hour) -> Option<FloorOrder> {
        let asked = item.floor.as_ref()?;
        let sectors = asked.sectors.iter().map(|it| (it.sector.as_str().into(), it.level));
        Some(FloorOrder {
            sectors: sectors.collect(),
            extra: asked.extra.iter().map(|it| it.as_str().into()).collect(),
            causes: asked.causes.clone(),
            expected_end: item.end,
            ..floor_order(
                self.rules,
                index_of(self.rules, &item.jurisdiction)?,
                (item.act.order_act(), item.grade),
                effective_at,
                self.at,
            )
        })
    }
}

/// The act that an item proposes, as of its decision hour.
pub(crate) fn act_of(
    item: &ProposedItem,
    (hour, decided_at): (Hour, Timestamp),
    rules: &Rules,
    warnings: &Warnings,
) -> Option<WarningAct> {
    let jurisdiction = index_of(rules, &item.jurisdiction)?;
    let open = warnings.open(jurisdiction);
    let ActBasis { windows, observed_hours, forecast_hours, makers } = item.basis.clone()?;
    Some(WarningAct {
        kind: item.act.kind()?,
        hour,
        decided_at,
        warning: open.map_or_else(|| warnings.next_id(jurisdiction), |it| it.id),
        grade: item.grade,
        previous_grade: item.previous_grade,
        start: item.start,
        end: item.end,
        standard: item.standard.as_deref().unwrap_or_default().into(),
        clause: item.clause.as_deref().map(Into::into),
        lead_time_h: 0,
        cause: item.cause,
        windows,
        observed_hours,
        forecast_hours,
        makers: makers.iter().map(|it| it.as_str().into()).collect(),
        in_force_from: None,
    })
}
