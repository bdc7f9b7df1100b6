//! What holds for every log, whatever the air: one set a decision, one start, nothing twice.

use airshed::domain::{ResponseEvent, WarningEvent};
use std::collections::BTreeMap;

use airshed::domain::*;
use airshed::engine::Record;

/// What is said of one jurisdiction so far.
#[derive(Clone, Copy, Debug, Default)]
struct Bound {
    warning: Option<(u32, Grade)>,
    warnings: u32,
}

/// The sentences of section 8 that hold for any air.
#[track_caller]
pub(crate) fn obeys_the_law_of_sets(records: &[Record], min_notice_h: i32) {
    let mut bound: BTreeMap<JurisdictionIndex, Bound> = BTreeMap::new();
    let (mut epoch, mut acts) = (0, Vec::new());
    for record in records {
        match &record.event {
            Event::Warning(WarningEvent::WarningDecided(act)) => {
                follows_from_the_last(bound.entry(act.warning.jurisdiction).or_default(), act);
                acts.push(act.clone());
            }
            Event::Response(ResponseEvent::OrderSetIssued(set)) => {
                epoch += 1;
                assert_eq!(set.epoch, epoch, "an epoch is the previous one + 1");
                answers(set, &acts, min_notice_h);
                acts.clear();
            }
            Event::Fact(_)
            | Event::Station(_)
            | Event::Air(_)
            | Event::Cooperation(_)
            | Event::Warning(WarningEvent::ReviewDue(_) | WarningEvent::SameAirUnlikeGrade(_))
            | Event::Response(
                ResponseEvent::OrderConfirmedByAmendment(_) | ResponseEvent::OrderAmended(_),
            ) => {
                let silent = acts.iter().all(|it| it.kind == ActKind::Shorten);
                assert!(silent, "acts without an order set: {acts:?}");
                acts.clear();
            }
        }
    }
}

/// An act fits the warning that was there before.
#[track_caller]
fn follows_from_the_last(it: &mut Bound, act: &WarningAct) {
    let (number, before) = it.warning.unwrap_or((it.warnings + 1, Grade::None));
    assert_eq!(act.warning.number, number, "{act:?}");
    assert_eq!(act.previous_grade, before, "{act:?}");
    assert_eq!(act.kind == ActKind::Issue, it.warning.is_none(), "{act:?}");
    match act.kind {
        ActKind::Issue | ActKind::Raise => assert!(act.grade > before, "{act:?}"),
        ActKind::Lower => assert!(act.grade < before && act.grade > Grade::None, "{act:?}"),
        ActKind::Advance | ActKind::Extend | ActKind::Shorten | ActKind::Lift => {
            assert_eq!(act.grade, before, "{act:?}");
        }
    }
    let rests_on_a_clause = act.kind != ActKind::Lift;
    assert_eq!(act.clause.is_some(), rests_on_a_clause, "{act:?}");
    it.warnings = number;
    it.warning = (act.kind != ActKind::Lift).then_some((number, act.grade));
}

/// A set has one order for each act but `shorten`, and one start for all that it imposes.
#[track_caller]
fn answers(set: &OrderSet, acts: &[WarningAct], min_notice_h: i32) {
    let due: Vec<&WarningAct> = acts.iter().filter(|it| it.kind != ActKind::Shorten).collect();
    assert_eq!(set.orders.len(), due.len(), "{set:?}");
    for (order, act) in set.orders.iter().zip(due) {
        let soonest = act.decided_at.plus_hours(min_notice_h).hour_at_or_after();
        let (kind, effective_at) = match act.kind {
            ActKind::Issue => (OrderAct::Impose, Some(act.start)),
            ActKind::Raise => (OrderAct::Raise, Some(act.start)),
            ActKind::Advance => (OrderAct::Advance, Some(act.start)),
            ActKind::Extend => (OrderAct::Extend, None),
            ActKind::Lower => (OrderAct::Lower, Some(soonest)),
            ActKind::Lift => (OrderAct::Lift, Some(soonest)),
            ActKind::Shorten => unreachable!("left out above"),
        };
        let said = (order.act, order.effective_at, order.grade, order.warning, order.expected_end);
        assert_eq!(said, (kind, effective_at, act.grade, act.warning, act.end), "{set:?}");
        assert_eq!(order.causes, [act.cause]);
        assert_eq!((set.hour, set.decided_at), (act.hour, act.decided_at));
    }
    let codes: Vec<_> = set.orders.iter().map(|it| it.jurisdiction).collect();
    assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "once each, by rising code: {codes:?}");
    let imposed = set.orders.iter().filter(|it| it.act == OrderAct::Impose);
    let imposed: Vec<_> = imposed.map(|it| it.effective_at).collect();
    assert!(imposed.windows(2).all(|pair| pair[0] == pair[1]), "one start: {set:?}");
    let earliest = set.orders.iter().filter_map(|it| it.effective_at).min();
    assert_eq!(set.effective_at, imposed.first().copied().unwrap_or(earliest), "{set:?}");
}
