//! A decision is ordered at once, or proposed where one of its acts needs approval.

use super::proposal::{ProposedItem, WarningProposed};
use super::rules::needed;
use super::settled::settled;
use crate::domain::airshed::Airshed;
use crate::domain::cooperation::{Actor, CooperationEvent, CooperationRules, What};
use crate::domain::response::order_set;
use crate::domain::response::orders::{Ordered, body_of};
use crate::domain::warning::synchrony::Decision;
use crate::domain::{
    ActKind, Event, FloorOrder, Grade, JurisdictionIndex, ResponseEvent, Rules, Track, WarningAct,
    WarningEvent, complete, follows,
};

/// What is recorded of the acts of a decision, behind what the decision has recorded so far: they
/// are ordered, or proposed.
pub fn ordered(airshed: &Airshed, decision: Decision, so_far: &[Event]) -> Vec<Event> {
    let Some(rules) = airshed.rules() else { return Vec::new() };
    let floors = airshed.cooperation.floor_orders(decision.decided_at, decision.hour, rules);
    match &rules.cooperation {
        Some(numbers) if needs_approval(&decision, rules, numbers) => {
            proposed(airshed, decision, &floors, rules, so_far)
        }
        _ => at_once(airshed, decision, floors, rules),
    }
}

fn needs_approval(decision: &Decision, rules: &Rules, numbers: &CooperationRules) -> bool {
    let needs = |act: &WarningAct| {
        let body = body_of(rules, act.warning.jurisdiction);
        body.is_some_and(|it| needed(&numbers.approvals, &it, act).is_some())
    };
    !numbers.approvals.is_empty() && decision.acts.iter().any(needs)
}

fn at_once(
    airshed: &Airshed,
    decision: Decision,
    floors: Vec<FloorOrder>,
    rules: &Rules,
) -> Vec<Event> {
    let soonest = rules.soonest(decision.decided_at);
    let mut set = order_set::assemble(airshed.epoch(), rules, &decision, floors, soonest);
    let mut events: Vec<Event> = recorded(decision.acts).collect();
    if let Some(set) = &mut set {
        complete(airshed, set);
    }
    let follows = set.as_ref().map(|set| follows(airshed, set)).unwrap_or_default();
    events.extend(set.map(|it| ResponseEvent::OrderSetIssued(it).into()));
    events.extend(follows);
    events
}

fn recorded(acts: Vec<WarningAct>) -> impl Iterator<Item = Event> {
    acts.into_iter().map(|it| WarningEvent::WarningDecided(it).into())
}

/// The shortenings, then the proposal, and what is decided at once.
fn proposed(
    airshed: &Airshed,
    decision: Decision,
    floors: &[FloorOrder],
    rules: &Rules,
    so_far: &[Event],
) -> Vec<Event> {
    let items = items(airshed, &decision, floors, rules);
    let Decision { hour, decided_at, linked, acts, .. } = decision;
    let shortened: Vec<WarningAct> =
        acts.into_iter().filter(|it| it.kind == ActKind::Shorten).collect();
    let mut events: Vec<Event> = recorded(shortened).collect();
    let proposal = airshed.cooperation.proposals.next_id();
    let proposed = WarningProposed { proposal, hour, decided_at, linked, items };
    events.extend(CooperationEvent::all(decided_at, None, vec![proposed.into()]));
    let all: Vec<Event> = so_far.iter().chain(&events).cloned().collect();
    events.extend(consequences(airshed, None, &all));
    events
}

fn items(
    airshed: &Airshed,
    decision: &Decision,
    floors: &[FloorOrder],
    rules: &Rules,
) -> Vec<ProposedItem> {
    let Some(numbers) = &rules.cooperation else { return Vec::new() };
    let own_start =
        |of: JurisdictionIndex| decision.own_starts.iter().find(|it| it.0 == of).map(|it| it.1);
    let of_act = |act: &WarningAct| {
        let jurisdiction = act.warning.jurisdiction;
        let body = body_of(rules, jurisdiction)?;
        let needed = needed(&numbers.approvals, &body, act);
        let mut item = ProposedItem::of_act(body, act, own_start(jurisdiction))?;
        if let Some(needed) = needed {
            needed.note(&mut item, &numbers.bodies, decision.decided_at);
        }
        Some(item)
    };
    let of_floor = |order: &FloorOrder| {
        let body = body_of(rules, order.jurisdiction)?;
        let before =
            airshed.cooperation.orders.in_track(&body, Track::Floor, order.effective_at.end());
        let previous = before.map_or(Grade::None, Ordered::level);
        Some(ProposedItem::of_floor(body, order, previous))
    };
    let mut items: Vec<ProposedItem> = decision.acts.iter().filter_map(of_act).collect();
    items.extend(floors.iter().filter_map(of_floor));
    items.sort_by(|a, b| (&a.jurisdiction, a.track).cmp(&(&b.jurisdiction, b.track)));
    items
}

/// What follows from some events in the same append: items that a conclusion decides, and the
/// proposals of which no item waits any more.
pub(crate) fn consequences(airshed: &Airshed, by: Option<&Actor>, events: &[Event]) -> Vec<Event> {
    let is_cause = |event: &Event| match event {
        Event::Cooperation(event) => matches!(
            event.what,
            What::WarningProposed(_) | What::ProposalItemDecided(_) | What::ConsultationSigned(_)
        ),
        Event::Fact(_)
        | Event::Station(_)
        | Event::Air(_)
        | Event::Warning(_)
        | Event::Response(_) => false,
    };
    let mut consequences = Vec::new();
    let may_wait = |event: &Event| {
        let is_new =
            matches!(event, Event::Cooperation(it) if matches!(it.what, What::WarningProposed(_)));
        is_new || airshed.cooperation.proposals.first_pending().is_some()
    };
    if !events.iter().any(|it| is_cause(it) && may_wait(it)) {
        return consequences;
    }
    // Each consequence is worked out from the state that the one before it leaves.
    let mut after = airshed.clone();
    take(&mut after, events);
    let (Some(book), Some(at)) = (after.book().cloned(), after.clock()) else {
        return consequences;
    };
    if let Some(numbers) = &book.rules.cooperation {
        let concluded = after.cooperation.concluded(numbers, at);
        let concluded: Vec<Event> = CooperationEvent::all(at, by, concluded).collect();
        take(&mut after, &concluded);
        consequences.extend(concluded);
    }
    while let Some(settled) = settled(&after, by) {
        take(&mut after, &settled);
        consequences.extend(settled);
    }
    consequences
}

fn take(airshed: &mut Airshed, events: &[Event]) {
    for event in events {
        airshed.evolve(event, 0);
    }
}
