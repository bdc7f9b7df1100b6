//! A small handmade log, for tests of pictures and texts.

use std::sync::Arc;

use crate::domain::{
    ActKind, AirEvent, Bound, Cause, Certainty, CityHour, Clause, Condition, Date, Division,
    DurationAs, Event, Fact, Grade, Hour, HourClosed, InForce, Jurisdiction, JurisdictionIndex,
    Order, OrderAct, OrderSet, Parameters, ResponseEvent, RuleBook, Rules, Standard, Station,
    WarningAct, WarningEvent, WarningId, WindowPhase,
};
use crate::engine::{BookInForce, Entry, Position, Record};

const CITIES: [(u32, &str, &str); 14] = [
    (110_000, "Beijing", "北京"),
    (120_000, "Tianjin", "天津"),
    (130_100, "Shijiazhuang", "石家庄"),
    (130_200, "Tangshan", "唐山"),
    (130_300, "Qinhuangdao", "秦皇岛"),
    (130_400, "Handan", "邯郸"),
    (130_500, "Xingtai", "邢台"),
    (130_600, "Baoding", "保定"),
    (130_682, "Dingzhou", "定州"),
    (130_700, "Zhangjiakou", "张家口"),
    (130_800, "Chengde", "承德"),
    (130_900, "Cangzhou", "沧州"),
    (131_000, "Langfang", "廊坊"),
    (131_100, "Hengshui <&>", "衡水"),
];

/// Dingzhou, which follows Baoding.
const FOLLOWER: (u16, u16) = (8, 7);

/// The first closed hour of [`records`].
pub(in crate::app) fn first_hour() -> Hour {
    Date::new(2025, 12, 3).and_then(|it| Hour::of_beijing(it, 1)).expect("a day of the calendar")
}

/// Fourteen jurisdictions with three stations each, one standard of two bounds.
pub(in crate::app) fn rules() -> Rules {
    let text: Arc<str> = "made for a test".into();
    let clause = |grade, bound, windows| Clause {
        grade,
        id: grade.to_string().into(),
        text: Arc::clone(&text),
        main: Condition { bound: Bound::Above(bound), windows },
        within: None,
    };
    let standard = Standard {
        id: "BTH-2023".into(),
        title: Arc::clone(&text),
        reference: Arc::clone(&text),
        certainty: Certainty::Confirmed,
        duration_as: DurationAs::Chain,
        window_phase: WindowPhase::Any,
        clauses: vec![
            clause(Grade::Red, 300, 1),
            clause(Grade::Orange, 200, 2),
            clause(Grade::Yellow, 200, 1),
        ],
    };
    let jurisdiction = |place: usize| Jurisdiction {
        division: Division(CITIES[place].0),
        name: CITIES[place].1.into(),
        name_zh: CITIES[place].2.into(),
        answers_to: None,
        follows: (place == usize::from(FOLLOWER.0)).then_some(JurisdictionIndex(FOLLOWER.1)),
    };
    let places = 0..u16::try_from(CITIES.len()).expect("few cities");
    let own = places.clone().filter(|it| *it != FOLLOWER.0);
    let station = |number: u16| Station {
        code: format!("{:04}A", 1000 + number).into(),
        name: "站".into(),
        aliases: Vec::new(),
        jurisdiction: JurisdictionIndex(number / 3),
        control_point: false,
        start: None,
        stop: None,
        replaced_on: None,
    };
    Rules {
        airshed: "bth".into(),
        parameters: Parameters::defaults(),
        jurisdictions: (0..CITIES.len()).map(jurisdiction).collect(),
        stations: own.flat_map(|it| [it * 3, it * 3 + 1, it * 3 + 2]).map(station).collect(),
        standards: vec![standard],
        in_force: places
            .map(|it| InForce {
                standard: 0,
                jurisdiction: JurisdictionIndex(it),
                from: Date(0),
                until: None,
                reference: Arc::clone(&text),
                certainty: Certainty::Confirmed,
            })
            .collect(),
        indexes: Vec::new(),
        measures: Vec::new(),
        floors: Vec::new(),
        cooperation: None,
    }
}

/// The same with the rule book in force at each.
pub(in crate::app) fn entries() -> Vec<Arc<Entry>> {
    let mut book = BookInForce::default();
    records().into_iter().map(|it| Arc::new(book.entry(it))).collect()
}

/// Twelve days: two jurisdictions are warned, one is raised and lifted, the other stays open.
pub(in crate::app) fn records() -> Vec<Record> {
    let first = first_hour();
    let mut records = hours(12 * 24);
    let decided = first.plus(70);
    for event in [
        Event::Warning(WarningEvent::WarningDecided(act(ActKind::Issue, 2, Grade::Yellow, 70, 86))),
        Event::Warning(WarningEvent::WarningDecided(act(ActKind::Issue, 0, Grade::Orange, 70, 86))),
        Event::Response(ResponseEvent::OrderSetIssued(order_set(
            1,
            70,
            &[(0, OrderAct::Impose), (2, OrderAct::Impose)],
        ))),
    ] {
        records.push(record(0, decided, event));
    }
    let raised = act(ActKind::Raise, 2, Grade::Red, 120, 122);
    records.push(record(0, first.plus(120), Event::Warning(WarningEvent::WarningDecided(raised))));
    let raised = order_set(2, 120, &[(2, OrderAct::Raise)]);
    records.push(record(
        0,
        first.plus(120),
        Event::Response(ResponseEvent::OrderSetIssued(raised)),
    ));
    let lifted = act(ActKind::Lift, 2, Grade::Red, 240, 122);
    records.push(record(0, first.plus(240), Event::Warning(WarningEvent::WarningDecided(lifted))));
    let lifted = order_set(3, 240, &[(2, OrderAct::Lift)]);
    records.push(record(
        0,
        first.plus(240),
        Event::Response(ResponseEvent::OrderSetIssued(lifted)),
    ));
    for (place, record) in (0..).zip(&mut records) {
        record.position = Position(place);
    }
    records
}

/// The rules and a number of closed hours.
pub(in crate::app) fn hours(count: i32) -> Vec<Record> {
    let first = first_hour();
    let book = RuleBook { digest: "0".into(), files: Vec::new(), rules: rules() };
    let mut records = vec![record(0, first, Event::Fact(Fact::RuleBookAdopted(Arc::new(book))))];
    let closings = (0..count)
        .map(|it| record(0, first.plus(it), Event::Air(AirEvent::HourClosed(closed(it)))));
    records.extend(closings);
    records
}

fn record(position: u64, hour: Hour, event: Event) -> Record {
    Record {
        position: Position(position),
        happened_at: hour.end(),
        recorded_at: hour.end().plus_minutes(60),
        correlation: None,
        causation: None,
        event,
    }
}

fn closed(after: i32) -> HourClosed {
    let hour = first_hour().plus(after);
    let places = (0..14_u16).filter(|it| *it != FOLLOWER.0);
    let city = |place: u16| {
        // A peak in the middle of the twelve days, of a different height in each city.
        let far = (after - 144 - i32::from(place) * 3).abs();
        let index = (340 - i32::from(place) * 8 - far * 2).max(35);
        CityHour {
            jurisdiction: JurisdictionIndex(place),
            pm25_ug_m3: None,
            stations_reporting: 3,
            stations_expected: 3,
            mean_24h_ug_m3: None,
            index_24h: (after >= 19).then(|| u16::try_from(index).expect("small")),
            valid_hours: 24,
            excluded_hours: 0,
            flagged: Vec::new(),
            left_out: Vec::new(),
            grade: None,
            below_decisions: 0,
            unknown_decisions: 0,
        }
    };
    HourClosed {
        hour,
        closed_at: hour.end().plus_minutes(60),
        stale: false,
        jurisdictions: places.map(city).collect(),
    }
}

/// An act of the first warning of a jurisdiction, a number of hours after the first hour.
pub(in crate::app) fn act(
    kind: ActKind,
    place: u16,
    grade: Grade,
    after: i32,
    start: i32,
) -> WarningAct {
    let hour = first_hour().plus(after);
    WarningAct {
        kind,
        hour,
        decided_at: hour.end().plus_minutes(60),
        warning: WarningId { jurisdiction: JurisdictionIndex(place), number: 1 },
        grade,
        previous_grade: Grade::None,
        start: first_hour().plus(start),
        end: Some(first_hour().plus(after + 2)),
        standard: "BTH-2023".into(),
        clause: (kind != ActKind::Lift).then(|| grade.to_string().into()),
        lead_time_h: start - after - 1,
        cause: Cause::Warning,
        windows: Vec::new(),
        observed_hours: 24,
        forecast_hours: 48,
        makers: vec!["demo".into()],
        in_force_from: None,
    }
}

/// An order set of a linked region where it binds more than one.
pub(in crate::app) fn order_set(epoch: u64, after: i32, orders: &[(u16, OrderAct)]) -> OrderSet {
    let hour = first_hour().plus(after);
    let order = |&(place, act): &(u16, OrderAct)| Order {
        jurisdiction: JurisdictionIndex(place),
        warning: WarningId { jurisdiction: JurisdictionIndex(place), number: 1 },
        act,
        effective_at: Some(hour.plus(2)),
        grade: Grade::Orange,
        measures: Vec::new(),
        floors: Vec::new(),
        causes: vec![Cause::Warning],
        expected_end: None,
        acknowledge_by: hour.end().plus_hours(2),
        response: None,
        measure_causes: Vec::new(),
        conclusion: None,
    };
    OrderSet {
        epoch,
        hour,
        decided_at: hour.end().plus_minutes(60),
        effective_at: Some(hour.plus(2)),
        linked: orders.len() > 1,
        orders: orders.iter().map(order).collect(),
        floor_orders: Vec::new(),
        proposal: None,
    }
}
