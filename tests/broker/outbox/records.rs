//! Records to be published, each with what a test looks at.

use std::sync::Arc;

use airshed::domain::{
    ActKind, Cause, Event, Fact, Grade, Hour, JurisdictionIndex, Order, OrderAct, OrderSet, Reason,
    Refusal, ResponseEvent, Timestamp, WarningAct, WarningEvent, WarningId,
};
use airshed::engine::{Position, Record};
use airshed::wire::rule_book::{built_in, parse};

fn record(position: u64, event: Event) -> Record {
    Record {
        position: Position(position),
        happened_at: Timestamp(0),
        recorded_at: Timestamp(0),
        correlation: None,
        causation: None,
        event,
    }
}

pub(super) fn adopted() -> Record {
    record(0, Event::Fact(Fact::RuleBookAdopted(Arc::new(parse(built_in()).unwrap()))))
}

fn order(jurisdiction: u16) -> Order {
    Order {
        jurisdiction: JurisdictionIndex(jurisdiction),
        warning: WarningId { jurisdiction: JurisdictionIndex(jurisdiction), number: 1 },
        act: OrderAct::Impose,
        effective_at: Some(Hour(430_000)),
        grade: Grade::Orange,
        measures: vec![],
        floors: vec![],
        causes: vec![Cause::Warning],
        expected_end: None,
        acknowledge_by: Timestamp(0),
        response: None,
        measure_causes: Vec::new(),
        conclusion: None,
    }
}

pub(super) fn order_set(position: u64, epoch: u64, jurisdictions: &[u16]) -> Record {
    let set = OrderSet {
        epoch,
        hour: Hour(429_990),
        decided_at: Timestamp(0),
        effective_at: Some(Hour(430_000)),
        linked: false,
        orders: jurisdictions.iter().map(|it| order(*it)).collect(),
        floor_orders: Vec::new(),
        proposal: None,
    };
    record(position, Event::Response(ResponseEvent::OrderSetIssued(set)))
}

pub(super) fn lifted(position: u64, jurisdiction: u16) -> Record {
    let act = WarningAct {
        kind: ActKind::Lift,
        hour: Hour(429_990),
        decided_at: Timestamp(0),
        warning: WarningId { jurisdiction: JurisdictionIndex(jurisdiction), number: 1 },
        grade: Grade::Orange,
        previous_grade: Grade::Orange,
        start: Hour(429_000),
        end: Some(Hour(430_000)),
        standard: "BTH-2018".into(),
        clause: None,
        lead_time_h: 0,
        cause: Cause::Warning,
        windows: vec![],
        observed_hours: 0,
        forecast_hours: 0,
        makers: vec![],
        in_force_from: None,
    };
    record(position, Event::Warning(WarningEvent::WarningDecided(act)))
}

pub(super) fn refused(position: u64) -> Record {
    let refusal = Refusal {
        reason: Reason::Unreadable,
        source: None,
        hour: None,
        excerpt: "<html>".into(),
        count: 1,
    };
    record(position, Event::Fact(Fact::InputRefused(refusal)))
}
