//! The order board: what is open, by the state at the end of a log.

use airshed::engine::cooperation::{Board, OpenMatter, StepTaken};

use super::stage::log_of;

fn board(scenario: &str) -> Board {
    let mut board = Board::default();
    for it in &log_of(scenario) {
        board.note(it);
    }
    board
}

/// `1-130400/acknowledge 130400 -75 escalated 13, then region at 12:00`.
fn words(it: &OpenMatter) -> String {
    let stopped = if it.is_stopped { " stopped" } else { "" };
    let left = it.left_ms / 60_000;
    let to: Vec<String> = it.escalated_to.iter().map(ToString::to_string).collect();
    let next = it.next.as_ref().map_or(String::new(), |it| {
        let to = it.to.as_ref().map_or(String::new(), |it| format!(" to {it}"));
        format!(", {}{to} at {}", it.step.name(), &it.at.to_string()[11..16])
    });
    let step = it.step.name();
    format!("{} {} {left}{stopped} {step} [{}]{next}", it.matter, it.owner, to.join(" "))
}

#[test]
fn each_order_of_a_set_has_its_answer() {
    let board = board(
        r#"
        09:10
        officer 130100 acknowledge {"order": "1-130100"}
        set 2 09:30 130500 raise red 12-05T08:00
        11:45
        command 13 acknowledge {"order": "1-130400"}
        "#,
    );
    let sets = board.sets();
    let orders = sets.iter().flat_map(|set| &set.orders).map(|it| {
        let by = it.acknowledged.as_ref().map_or("open".to_owned(), |it| {
            let by = it.by.as_ref().map_or(String::new(), |it| it.body.to_string());
            let in_time = if it.in_time { "in time" } else { "late" };
            format!("{} by {by} {in_time}", &it.at.to_string()[11..16])
        });
        format!("{} {} {} {by} {}", it.order, it.act.name(), it.grade, it.ended.is_some())
    });
    let expected = [
        "1-130100 impose orange 09:10 by 130100 in time false",
        "1-130181 impose orange open false",
        "1-130400 impose red 11:45 by 13 late false",
        "1-130500 impose red open true",
        "2-130500 raise red open false",
    ];
    assert_eq!(orders.collect::<Vec<_>>(), expected);
    assert_eq!(sets[0].decided_at.to_string(), "2025-12-04T08:30:00+08:00");
    assert_eq!(sets[1].epoch, 2);
}

#[test]
fn open_matters_have_their_step_and_what_comes_next() {
    let board = board("11:45");
    let expected = [
        "1-130400/acknowledge 130400 -75 escalated [13], escalated to region at 12:00",
        "1-130500/acknowledge 130500 -75 escalated [13], escalated to region at 12:00",
        "1-130100/acknowledge 130100 45 none [], overdue at 12:30",
        "1-130181/acknowledge 130181 45 none [], overdue at 12:30",
    ];
    assert_eq!(board.matters().iter().map(words).collect::<Vec<_>>(), expected);
    assert_eq!(board.matters()[0].step, StepTaken::Escalated(1));
}

#[test]
fn an_objection_stops_the_clock_and_silence_decides_it() {
    let board = board(
        r#"
        09:00
        officer 130500 object {"order": "1-130500", "measures": ["health-tip"], "ground": "safety", "reason": "r", "evidence": EV}
        09:50
        "#,
    );
    let stopped = board.matters().into_iter().find(|it| it.is_stopped).unwrap();
    assert_eq!(words(&stopped), "1-130500/acknowledge 130500 90 stopped none []");
    assert_eq!(stopped.objection.unwrap().0.code(), "13");
    let silence = board.silence_decides();
    assert_eq!((silence[0].matter.as_str(), silence[0].outcome), ("1-130500/review", "overruled"));
    assert_eq!(silence[0].due_at.to_string(), "2025-12-04T10:00:00+08:00");
}

#[test]
fn offers_and_consultations_wait_for_an_answer() {
    let board = board(
        r#"
        10:00
        forecaster region convene {"kind": "episode", "participants": ["13", "120000"], "jurisdictions": ["130100"], "opinions_by": "2025-12-05T08:00:00+08:00", "title": "t"}
        12-06T08:00
        officer 130100 hand_over {"matter": "130100-r1/report:2025-12-05", "to": "130102", "reason": "r"}
        "#,
    );
    let silence = board.silence_decides();
    let found = silence.iter().map(|it| format!("{} {}", it.matter, it.outcome));
    assert_eq!(found.collect::<Vec<_>>(), ["130100-r1/report:2025-12-05/offer declined"]);
    let offered = board.matters().into_iter().find(|it| it.offer.is_some()).unwrap();
    assert_eq!(offered.offer.unwrap().0.code(), "130102");
}
