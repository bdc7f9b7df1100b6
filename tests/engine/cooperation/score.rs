//! Scores: exact numerators, denominators and per cents.

use std::fmt::Write as _;

use airshed::domain::Date;
use airshed::domain::cooperation::Body;
use airshed::engine::cooperation::{Rate, ScoreKind, ScoreRow, Scores, Scoring};

use super::stage::log_of;

/// The scores of a scenario from one day to another, days of 2025.
fn scores(from: &str, to: &str, scenario: &str) -> Scores {
    let date = |it: &str| Date::parse(&format!("2025-{it}")).unwrap();
    let mut scoring = Scoring::new(date(from), date(to));
    for it in &log_of(scenario) {
        scoring.note(it);
    }
    scoring.finish()
}

/// `2 of 4, 1 left out, 3 not due yet`.
fn words(rate: Rate) -> String {
    let mut words = format!("{} of {}", rate.numerator, rate.denominator);
    for (count, what) in [(rate.left_out, "left out"), (rate.not_due_yet, "not due yet")] {
        if count > 0 {
            write!(words, ", {count} {what}").unwrap();
        }
    }
    words
}

/// `acknowledged_in_time 2 of 4` of a body or `all`; a line each.
#[track_caller]
fn check(scores: &Scores, expected: &str) {
    for line in expected.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let (body, rest) = line.split_once(' ').unwrap();
        let (score, expected) = rest.split_once(' ').unwrap();
        let none = ScoreRow::default();
        let row = match body {
            "all" => &scores.all,
            body => scores.bodies.get(&Body::new(body)).unwrap_or(&none),
        };
        let found = match ScoreKind::ALL.into_iter().find(|it| it.name() == score) {
            Some(kind) => words(row.rate(kind)),
            None => match score {
                "overdue" => row.overdue,
                "reminded" => row.reminded,
                "escalated" => row.escalated,
                "hours_under_order" => row.hours_under_order,
                other => panic!("{other}"),
            }
            .to_string(),
        };
        assert_eq!(found, expected, "{line}");
    }
}

/// S03: 130100 in time, 130181 never, 130400 late, 130500 raised before it was due.
const S03: &str = include_str!("s03.txt");

#[test]
fn what_ended_before_it_was_due_is_left_out() {
    let scores = scores("12-04", "12-04", S03);
    check(
        &scores,
        "all acknowledged_in_time 2 of 4, 1 left out
         130100 acknowledged_in_time 1 of 1
         130181 acknowledged_in_time 0 of 1
         130400 acknowledged_in_time 0 of 1
         130500 acknowledged_in_time 1 of 1, 1 left out
         all overdue 2
         130181 overdue 1
         130181 reminded 1
         130181 escalated 2
         130400 overdue 1
         130400 reminded 0",
    );
    assert_eq!(scores.all.rate(ScoreKind::AcknowledgedInTime).tenths(), Some(500));
    assert!(scores.asked);
    assert_eq!(scores.bodies.len(), 16, "every member has a row");
}

/// S04: 1 of 3, 2 of 3, 1 of 8, 0 of 0.
#[test]
fn per_cents_are_tenths_half_to_even_and_none_over_nothing() {
    for (numerator, denominator, tenths) in [
        (1, 3, Some(333)),
        (2, 3, Some(667)),
        (1, 8, Some(125)),
        (0, 0, None),
        (1, 2000, Some(0)),
        (3, 2000, Some(2)),
    ] {
        let rate = Rate { numerator, denominator, ..Rate::default() };
        assert_eq!(rate.tenths(), tenths, "{numerator} of {denominator}");
    }
}

/// Example 12, on examples 3 and 4.
const EXAMPLES: &str = r#"
    09:00
    officer 130500 object {"order": "1-130500", "measures": ["roads-cleaned-more"], "ground": "safety", "reason": "frost", "evidence": EV}
    11:29
    officer 130500 acknowledge {"order": "1-130500"}
    11:45
    command 13 acknowledge {"order": "1-130400"}
    12-06T09:50
    officer 130500 report {"order": "1-130500", "date": "2025-12-05", "measures": [{"measure": "health-tip", "done": "full", "evidence": EV}, {"measure": "outdoor-activity-stop", "done": "full", "evidence": EV}, {"measure": "industry-by-performance-grade", "done": "full", "evidence": EV}, {"measure": "roads-cleaned-more", "done": "full", "evidence": EV}]}
    12-06T15:00
    inspector 130400 verify {"response": "130500-r1", "date": "2025-12-05", "measure": "roads-cleaned-more", "result": "refuted", "source": "onsite", "evidence": EV}
    inspector 130400 verify {"response": "130500-r1", "date": "2025-12-05", "measure": "health-tip", "result": "confirmed", "source": "onsite", "evidence": EV}
"#;

#[test]
fn the_examples_have_exact_scores() {
    let scores = scores("12-04", "12-06", EXAMPLES);
    check(
        &scores,
        "130400 acknowledged_in_time 0 of 1
         130500 acknowledged_in_time 1 of 1
         130500 objections_upheld 0 of 1
         13 objections_upheld 0 of 0
         130500 reported_in_time 1 of 1
         130400 reported_in_time 0 of 1
         all reported_in_time 1 of 4
         130500 executed 3 of 4
         130500 verified 1 of 4
         130400 executed 0 of 4
         130500 hours_under_order 31
         130200 hours_under_order 0",
    );
}

#[test]
fn a_period_takes_what_is_due_in_it() {
    let of = |from, to| scores(from, to, EXAMPLES);
    check(&of("12-05", "12-05"), "all acknowledged_in_time 0 of 0\n130500 executed 3 of 4");
    check(&of("12-05", "12-05"), "all reported_in_time 0 of 0\n130500 hours_under_order 16");
    check(&of("12-06", "12-06"), "130500 reported_in_time 1 of 1\n130400 overdue 1");
    check(&of("12-04", "12-04"), "all acknowledged_in_time 1 of 4\n130400 overdue 1");
}

/// Excused as at the deadline of the day's report, not later.
#[test]
fn duties_are_excused_as_at_the_deadline_of_their_report() {
    let object = r#"
        09:00
        officer 130100 object {"order": "1-130100", "measures": ["roads-cleaned-more"], "ground": "not_applicable", "reason": "r", "evidence": EV}
        09:40
        command 13 decide_objection {"order": "1-130100", "outcome": "upheld", "reason": "r"}
        12-06T11:00
    "#;
    check(
        &scores("12-04", "12-05", object),
        "130100 executed 0 of 3, 1 left out
         130100 verified 0 of 3, 1 left out
         130100 objections_upheld 1 of 1
         130181 executed 0 of 4",
    );
}

#[test]
fn an_objection_that_falls_with_its_order_is_left_out() {
    let falls = r#"
        09:00
        officer 130100 object {"order": "1-130100", "measures": ["roads-cleaned-more"], "ground": "safety", "reason": "r", "evidence": EV}
        set 2 09:30 130100 raise red 12-05T08:00
        12:00
    "#;
    let scores = scores("12-04", "12-04", falls);
    check(
        &scores,
        "130100 objections_upheld 0 of 0, 1 left out
         130100 acknowledged_in_time 0 of 1, 1 left out",
    );
}

/// Example 9, as far as it is about answers.
#[test]
fn whistles_and_cases_count_for_the_bodies_that_are_asked() {
    let example = r#"
        empty
        set 1 08:30 120000 impose orange 12-05T08:00; 131000 impose orange 12-05T08:00
        12-05T10:00
        officer 120111 whistle {"place": "120111", "summons": ["131081"], "text": "t"}
        14:20
        12-05T14:20
        officer 131000 report_in {"whistle": "120111-w1", "for": "131081", "text": "t"}
        12-05T15:00
        officer 120111 lead {"place": "131081", "source": "patrol", "sector": "industry", "text": "t", "evidence": []}
        12-05T16:00
        officer 131000 assign {"case": "131000-e1", "to": "131081", "key": true}
        12-06T17:00
        inspector 131081 inspect {"case": "131000-e1", "kind": "own", "parties": ["131081"], "violation": false, "evidence": []}
        command 131081 drop_case {"case": "131000-e1", "reason": "r"}
    "#;
    let example = example.replace("        14:20\n", "");
    check(
        &scores("12-04", "12-06", &example),
        "131081 whistle_in_time 0 of 1
         131000 cases_in_time 1 of 1
         131081 cases_in_time 0 of 1
         all cases_in_time 1 of 2
         131081 overdue 2
         region consulted 0 of 0",
    );
}
