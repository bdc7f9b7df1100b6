//! What became of one thing, with the command or the record that led to each step.

use airshed::engine::cooperation::{Story, Thing};

use super::stage::log_of;

/// Each record of a story: its type, and the command or the record that led to it.
fn story(thing: Thing, id: &str, scenario: &str) -> Vec<String> {
    let mut story = Story::of(thing, id);
    for it in &log_of(scenario) {
        story.note(it);
    }
    let Some(records) = story.records() else { return vec!["nothing".to_owned()] };
    let words = records.iter().map(|it| {
        let kind = it.entry.record.event.record_type();
        if kind.starts_with("warning_") {
            return kind.to_owned();
        }
        match (&it.command, it.because_of) {
            (Some((_, given)), _) => format!("{kind} < {} of {}", given.command, given.actor.body),
            (None, Some((_, because))) => format!("{kind} < {because}"),
            (None, None) => kind.to_owned(),
        }
    });
    words.collect()
}

const LATE: &str = r#"
    09:00
    officer 130500 object {"order": "1-130500", "measures": ["health-tip"], "ground": "safety", "reason": "r", "evidence": EV}
    11:35
    hotline 130400 acknowledge {"order": "1-130400"}
    command 13 acknowledge {"order": "1-130400"}
"#;

#[test]
fn an_order_is_followed_from_its_set_to_its_answer() {
    let expected = [
        "warning_issued",
        "order_set_issued < ticked",
        "matter_overdue < ticked",
        "matter_reminded < ticked",
        "matter_escalated < ticked",
        "command_refused < acknowledge of 130400",
        "order_acknowledged < acknowledge of 13",
    ];
    assert_eq!(story(Thing::Order, "1-130400", LATE), expected);
    // The refused command names the order, not the matter.
    let of_matter = expected.iter().filter(|it| !it.starts_with("command_refused"));
    let of_matter: Vec<&str> = of_matter.copied().collect();
    assert_eq!(story(Thing::Matter, "1-130400/acknowledge", LATE), of_matter);
    assert_eq!(story(Thing::Order, "7-130400", LATE), ["nothing"]);
}

#[test]
fn the_matter_of_an_order_is_stopped_by_its_objection() {
    let expected = [
        "warning_issued",
        "order_set_issued < ticked",
        "order_objected < object of 130500",
        "objection_decided < ticked",
        "matter_overdue < ticked",
    ];
    assert_eq!(story(Thing::Matter, "1-130500/acknowledge", LATE), expected);
}

#[test]
fn a_response_has_its_orders_reports_and_end() {
    let scenario = r#"
        officer 130500 acknowledge {"order": "1-130500"}
        12-05T10:00
        officer 130500 report {"order": "1-130500", "date": "2025-12-05", "measures": [{"measure": "health-tip", "done": "full", "evidence": EV}]}
        set 2 12-05T10:30 130500 lift red 12-05T12:00
        12-06T01:00
    "#;
    let expected = [
        "warning_issued",
        "order_set_issued < ticked",
        "order_acknowledged < acknowledge of 130500",
        "execution_reported < report of 130500",
        "warning_lifted",
        "order_set_issued < ticked",
        "order_ended < ticked",
        "matter_overdue < ticked",
    ];
    let found = story(Thing::Response, "130500-r1", scenario);
    assert_eq!(found[..7], expected[..7]);
    // The end of the day asks for its report: a movement of the clock opens the matter.
    let matter = story(Thing::Matter, "130500-r1/report:2025-12-05", scenario);
    assert_eq!(matter, ["ticked"]);
}

#[test]
fn a_consultation_a_case_and_a_whistle_have_their_records() {
    let scenario = r#"
        10:00
        forecaster region convene {"kind": "episode", "participants": ["13"], "jurisdictions": ["130100"], "opinions_by": "2025-12-04T14:00:00+08:00", "title": "t"}
        forecaster 13 opine {"consultation": "region-c1", "says": [{"jurisdiction": "130100", "date": "2025-12-05", "lower_ug_m3": 1, "upper_ug_m3": 2, "grade": "red"}], "text": "t"}
        officer 120111 whistle {"place": "120111", "summons": ["131081"], "text": "t"}
        officer 120111 lead {"place": "131081", "source": "patrol", "sector": "industry", "text": "t", "evidence": []}
        14:00
    "#;
    let expected = [
        "consultation_convened < convene of region",
        "opinion_given < opine of 13",
        "opinions_closed < ticked",
    ];
    assert_eq!(story(Thing::Consultation, "region-c1", scenario), expected);
    assert_eq!(story(Thing::Case, "131000-e1", scenario), ["case_moved < lead of 120111"]);
    assert_eq!(story(Thing::Whistle, "120111-w1", scenario), ["whistle_blown < whistle of 120111"]);
}
