//! Commands in another world: those whose order is not there are counted, the others are taken.

use airshed::domain::Event;
use airshed::engine::Redecision;

use super::stage::log_of;

/// D04: the orders of these logs rest on no air, so another decision gives none of them.
#[test]
fn a_command_without_its_order_is_left_out_and_the_others_are_taken() {
    let log = log_of(
        r#"
        officer 130100 acknowledge {"order": "1-130100"}
        officer 130100 acknowledge {"order": "7-130100"}
        command 130100 close_response {"response": "130100-r1", "summary": "s"}
        forecaster region convene {"kind": "episode", "participants": ["13"], "jurisdictions": ["130100"], "opinions_by": "2025-12-04T14:00:00+08:00", "title": "t"}
        officer 120111 lead {"place": "131081", "source": "patrol", "sector": "industry", "text": "t", "evidence": []}
        "#,
    );
    let mut redecision = Redecision::same();
    let redecided = log.iter().flat_map(|it| redecision.take(it.record.clone()).unwrap());
    let is_fact = |it: &Event| it.is_fact() && it.record_type() != "command_given";
    let types = redecided.map(|it| it.event).filter(|it| !is_fact(it));
    let types: Vec<&str> = types.map(|it| it.record_type()).collect();
    let expected = [
        // An order that neither world has is refused in both.
        "command_given",
        "command_refused",
        "command_given",
        "consultation_convened",
        "command_given",
        "case_moved",
    ];
    assert_eq!(types, expected);
    assert_eq!(redecision.without_object(), 2);
}
