//! Section 2: when an hour closes, who is waited for, and whose clock counts.

use std::fmt::Write as _;

use airshed::domain::{AirEvent, Airshed, Command, Event, Fact, MINUTE_MS, Stream};

use crate::feed::{Feed, check};
use crate::play::Play;
use crate::world::first_difference;

#[test]
fn an_hour_closes_when_every_expected_station_has_reported() {
    // A row of hour h is published half an hour after it.
    check(
        &Feed::of("1: A=10 B=20 C=30\n2: A=10 B=20 C=30"),
        "1 closed 1:30 = 20 of 3/3\n2 closed 2:30 = 20 of 3/3",
    );
    // An explicit "missing" is a report too.
    check(
        &Feed::of("1: A=10 B=x C=x\n2: A=x B=x C=x"),
        "1 closed 1:30 = 10 of 1/3\n2 closed 2:30 = - of 0/3",
    );
    check(
        &Feed::of("1: A=10 B=20 C=30\n2: A=10 B=20 C=30").set("publish_delay_min = 45"),
        "1 closed 1:45 = 20 of 3/3\n2 closed 2:45 = 20 of 3/3",
    );
}

#[test]
fn else_it_closes_when_its_grace_has_passed() {
    let told = "1: A=10 B=20\ntick 1:59\n1: C=60\ntick 2:00";
    check(&Feed::of(told), "1 closed 1:59 = 30 of 3/3");
    let told = "1: A=10 B=20\ntick 1:59\ntick 2:00\n1: C=60";
    check(&Feed::of(told), "1 closed 2:00 = 15 of 2/3\nlate C PM2.5=60");
    let told = "1: A=10 B=20\ntick 1:40\n1: C=60";
    check(&Feed::of(told).set("grace_min = 40"), "1 closed 1:40 = 15 of 2/3\nlate C PM2.5=60");
}

/// On its way to the next row the clock of a file stands where hours close; a clock that jumps
/// closes at its new reading.
#[test]
fn a_row_of_the_next_hour_moves_the_clock_past_the_grace() {
    let feed = Feed::of("1: A=10 B=20\n2: A=10 B=20 C=30");
    check(&feed, "1 closed 2:00 = 15 of 2/3\n2 closed 2:30 = 20 of 3/3");
    let jumps = "1 closed 2:30 = 15 of 2/3\n2 closed 2:30 = 20 of 3/3";
    check(&feed.set("file_clock = \"jumps\""), jumps);
    let ticked = "1: A=10 B=20\ntick 2:20\n2: A=10 B=20 C=30";
    check(&Feed::of(ticked), "1 closed 2:20 = 15 of 2/3\n2 closed 2:30 = 20 of 3/3");
    // Rows in Kafka without ticks jump too.
    let topic = "t/0>1: A=10 B=20\nt/0>2: A=10 B=20 C=30";
    check(&Feed::of(topic), jumps);
}

/// A file that begins later steps like any; only the first row of the log does not.
#[test]
fn the_clocks_of_several_files_step_together() {
    let feed = Feed::of("a>1: A=10 B=20\na>2: A=10 B=20\nb>4: A=10 B=20 C=30");
    check(
        &feed,
        "1 closed 2:00 = 15 of 2/3
         2 closed 3:00 = 15 of 2/3
         3 closed 4:00 = - of 0/3
         4 closed 4:30 = 20 of 3/3",
    );
    // With a grace of more than an hour several hours wait, and one step closes one of them.
    let feed = Feed::of("1: A=10\n2: A=10\n3: A=10").set("grace_min = 150");
    check(&feed, "1 closed 3:30 = 10 of 1/3\n2 closed 4:30 = 10 of 1/3\n3 closed 5:30 = 10 of 1/3");
    let feed = Feed::of("1: A=10\n5: A=10").set("grace_min = 150");
    check(
        &feed,
        "1 closed 3:30 = 10 of 1/3
         2 closed 4:30 = - of 0/3
         3 closed 5:30 = - of 0/3
         4 closed 6:30 = - of 0/3
         5 closed 7:30 = 10 of 1/3",
    );
}

/// A value that completes an hour before a hole still closes it at once.
#[test]
fn an_hour_that_is_complete_waits_for_no_step() {
    check(
        &Feed::of("1: A=10 B=20 C=30\n3: A=10 B=20 C=30"),
        "1 closed 1:30 = 20 of 3/3\n2 closed 3:00 = - of 0/3\n3 closed 3:30 = 20 of 3/3",
    );
}

/// A row that is refused takes no step.
#[test]
fn a_row_from_the_future_takes_no_step() {
    check(
        &Feed::of("1: A=10 B=20\n800: A=10\n1: C=30"),
        "from_the_future A PM2.5=10 and 1 more\n1 closed 1:30 = 20 of 3/3",
    );
}

#[test]
fn each_pollutant_that_hours_close_on_must_be_reported() {
    // C says nothing of PM10.
    let told = "1: A=10 B=20 C=30/\ntick 1:45\ntick 2:00";
    check(&Feed::of(told), "1 closed 2:00 = 20 of 3/3");
    check(&Feed::of(told).set("closes_on = [\"PM2.5\"]"), "1 closed 1:30 = 20 of 3/3");
}

#[test]
fn a_refused_value_is_not_a_report() {
    check(
        &Feed::of("1: A=10 B=20 C=-5\ntick 1:45\ntick 2:00"),
        "not_positive C PM2.5=-5\n1 closed 2:00 = 15 of 2/3",
    );
    check(
        &Feed::of("1: A=10 B=20 C=1501\ntick 1:45\ntick 2:00"),
        "above_ceiling C PM2.5=1501\n1 closed 2:00 = 15 of 2/3",
    );
}

/// The hole is from 2 to 5. At 6:30 the grace of 5 has passed, but not that of its successor.
#[test]
fn hours_close_in_sequence_and_stale_ones_without_a_decision() {
    check(
        &Feed::of("1: A=10 B=20 C=30\n6: A=10 B=20 C=30").set("file_clock = \"jumps\""),
        "1 closed 1:30 = 20 of 3/3
         2 stale 6:30 = - of 0/3
         3 stale 6:30 = - of 0/3
         4 stale 6:30 = - of 0/3
         5 closed 6:30 = - of 0/3
         6 closed 6:30 = 20 of 3/3",
    );
    // To the minute: at 4:59 hour 3 is not stale, at 5:00 it is.
    check(
        &Feed::of("1: A=10 B=20 C=30\ntick 4:59"),
        "1 closed 1:30 = 20 of 3/3\n2 stale 4:59 = - of 0/3\n3 closed 4:59 = - of 0/3",
    );
    check(
        &Feed::of("1: A=10 B=20 C=30\ntick 5:00"),
        "1 closed 1:30 = 20 of 3/3
         2 stale 5:00 = - of 0/3
         3 stale 5:00 = - of 0/3
         4 closed 5:00 = - of 0/3",
    );
}

#[test]
fn a_log_begins_with_the_hour_of_its_first_readable_row() {
    check(
        &Feed::of("5: A=10 B=20 C=30\n4: A=10\n6: A=10 B=20 C=30"),
        "late A PM2.5=10\n5 closed 5:30 = 20 of 3/3\n6 closed 6:30 = 20 of 3/3",
    );
    // A row without a known station moves the clock and begins the log as well.
    check(&Feed::of("5:\ntick 6:00"), "5 closed 6:00 = - of 0/3");
}

/// Rows of A and B for so many hours; C says this at one hour.
fn hours(last: i32, c_at: i32, c: &str) -> String {
    let row = |hour: i32| format!("{hour}: A=10 B=10 {}\n", if hour == c_at { c } else { "" });
    (1..=last).map(row).collect()
}

#[test]
fn a_station_is_silent_after_72_closed_hours_without_a_value() {
    // Waited for until 72; heard at 74, which counts at once, and waited for again.
    check(
        &Feed::of(&hours(75, 74, "C=60")).from(71),
        "71 closed 72:00 = 10 of 2/3
         72 closed 73:00 = 10 of 2/3
         72 silent C
         73 closed 73:30 = 10 of 2/2
         74 closed 74:30 = 27 of 3/2
         74 heard C
         75 closed 76:00 = 10 of 2/3",
    );
    // A value at 3 puts it off to 75; a missing mark does not.
    let silent = |told: &str| {
        let story = Feed::of(told).story();
        story.lines().filter(|it| it.contains("silent")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(silent(&hours(200, 3, "C=60")), ["75 silent C"]);
    assert_eq!(silent(&hours(200, 3, "C=x")), ["72 silent C"]);
    assert_eq!(silent(&hours(71, 0, "")), [""; 0]);
    let told = hours(30, 0, "");
    let story = Feed::of(&told).set("silent_after_h = 10").from(10).story();
    assert!(story.contains("10 silent C\n11 closed 11:30 = 10 of 2/2"), "{story}");
}

#[test]
fn where_no_station_is_expected_the_hour_waits_for_its_grace() {
    let mut told = String::new();
    for hour in 1..=12 {
        writeln!(told, "{hour}: A=x B=x C=x").unwrap();
    }
    let feed = Feed::of(&told).set("silent_after_h = 10").from(10);
    check(
        &feed,
        "10 closed 10:30 = - of 0/3
         10 silent A
         10 silent B
         10 silent C
         11 closed 12:00 = - of 0/0
         12 closed 13:00 = - of 0/0",
    );
}

/// K is a background point; the successor N begins with the label 01:00 of 2 January, hour 25.
#[test]
fn stations_that_count() {
    let feed = |stations: &str, told: &str| Feed::of(told).stations(stations).from(24);
    check(&feed("A,0,,,\nK,1,,,", "24: A=10 K=90"), "24 closed 24:30 = 10 of 1/1");
    let told = "24: A=10 N=90\n25: A=10 N=90";
    check(
        &feed("A,0,,,N\nN,0,2019-01-02,,", told),
        "not_live N PM2.5=90\n24 closed 24:30 = 10 of 1/1\n25 closed 25:30 = 90 of 1/1",
    );
    // A stops on 2 January: its last label is 00:00.
    check(
        &feed("A,0,,2019-01-02,\nB,0,,,", "24: A=10 B=20\n25: A=10 B=20"),
        "24 closed 24:30 = 15 of 2/2\nnot_live A PM2.5=10\n25 closed 25:30 = 20 of 1/1",
    );
    // An empty cell of a station that does not live is nothing at all.
    check(
        &feed("A,0,,2019-01-02,\nB,0,,,", "24: A=10 B=20\n25: A=x B=20"),
        "24 closed 24:30 = 15 of 2/2\n25 closed 25:30 = 20 of 1/1",
    );
}

#[test]
fn one_row_moves_a_file_by_at_most_max_jump_h() {
    let feed = |to: i32| Feed::of(&format!("1: A=10 B=20 C=30\n{to}: A=10 B=20 C=30"));
    let last = |feed: Feed| {
        let story = feed.story();
        story.lines().rfind(|it| it.contains("closed")).unwrap().to_owned()
    };
    // By then every station is silent, so the hour waits for its grace.
    assert_eq!(last(feed(721)), "721 closed 722:00 = 20 of 3/0");
    let refused = "from_the_future A PM2.5=10 and 5 more\n1 closed 1:30 = 20 of 3/3";
    check(&feed(722), refused);
    // It does not move the clock: the next row is judged by the clock before it.
    check(&feed(7).set("max_jump_h = 5"), refused);
    assert_eq!(last(feed(6).set("max_jump_h = 5")), "6 closed 6:30 = 20 of 3/3");
}

#[test]
fn by_the_wall_clock_rows_move_nothing() {
    // Complete at once, and closed by the first tick that finds the hour over.
    let feed = Feed::of("1: A=10 B=20 C=30\ntick 0:50\ntick 1:10\n2: A=10 B=20 C=30\ntick 2:20");
    check(&feed.set("clock = \"wall\""), "1 closed 1:10 = 20 of 3/3\n2 closed 2:20 = 20 of 3/3");
    // One hour ahead of the clock is taken, a minute more is not.
    let ahead = |tick: &str| {
        let told = format!("tick {tick}\n2: A=10 B=20 C=30\ntick 2:20");
        Feed::of(&told).set("clock = \"wall\"")
    };
    check(&ahead("1:00"), "2 closed 2:20 = 20 of 3/3");
    check(&ahead("0:59"), "from_the_future A PM2.5=10 and 5 more");
    check(&ahead("0:30").set("ahead_h = 2"), "2 closed 2:20 = 20 of 3/3");
}

/// Two streams that have joined: the slower clock counts, and ticks speak where rows do not.
#[test]
fn the_airsheds_clock_is_the_smallest_of_its_sources() {
    // Without B and its tick nothing after 1:30 passes; with them hour 1 closes complete.
    let told = "a>1: A=10 C=30\na>2: A=10 C=30\nb>1: B=20\nb>tick 2:10";
    let story = joined(told);
    assert_eq!(story, ["1 at 1:30"]);
    // B is silent and ticks: hour 1 closes when the slower of both clocks has passed its grace.
    let told = "a>1: A=10 C=30\na>tick 2:20\nb>tick 1:40\nb>tick 2:05\nb>tick 2:40";
    assert_eq!(joined(told), ["1 at 2:05"]);
}

fn joined(told: &str) -> Vec<String> {
    let feed = Feed::of(told);
    let book = feed.book();
    let mut commands = vec![Command::JoinStreams(vec![Stream::file("a"), Stream::file("b")])];
    commands.extend(feed.commands(&book.rules));
    let records = Play::new(&book, commands).at_once(1).goes_on().records();
    let closed = records.into_iter().filter_map(|it| match it.event {
        Event::Air(AirEvent::HourClosed(closed)) => Some(closed),
        _ => None,
    });
    let zero = Feed::hour(0);
    let tell = |it: airshed::domain::HourClosed| {
        let minutes = (it.closed_at.0 - zero.end().0) / MINUTE_MS;
        format!("{} at {}:{:02}", it.hour.0 - zero.0, minutes / 60, minutes % 60)
    };
    closed.map(tell).collect()
}

/// One row or message with a wrong year does not fix where a log begins.
#[test]
fn by_the_wall_clock_no_log_begins_with_a_wrong_year() {
    let feed = |told: &str| Feed::of(told).set("clock = \"wall\"").set("max_jump_h = 5");
    check(
        &feed("tick 10:50\n1: A=10\n5: A=10\n10: A=10 B=20 C=30\n6: A=10"),
        "from_the_past A PM2.5=10 and 1 more
         from_the_past A PM2.5=10 and 1 more
         10 closed 10:50 = 20 of 3/3
         late A PM2.5=10",
    );
    let first = feed("tick 10:50\n6: A=10 B=20 C=30").story();
    assert!(first.starts_with("6 stale 10:50 = 20 of 3/3\n"), "{first}");
    // Rows that waited for the program come before its first tick.
    let feed = feed("1: A=10\n5: A=10\n2000: A=10\n8: A=10\n7: A=10\n10: A=10");
    let book = feed.book();
    let (commands, now) = (feed.commands(&book.rules), Feed::hour(10).end().plus_minutes(50));
    let records = Play::new(&book, commands).now(now).goes_on().records();
    let mut airshed = Airshed::default();
    for record in &records {
        airshed.evolve(&record.event, record.position.0);
    }
    assert_eq!(airshed.next_hour(), Some(Feed::hour(7)));
    let reasons = records.iter().filter_map(|it| match &it.event {
        Event::Fact(Fact::InputRefused(it)) => Some(it.reason.name()),
        _ => None,
    });
    let expected = ["from_the_past", "from_the_past", "from_the_future"];
    assert_eq!(reasons.collect::<Vec<_>>(), expected);
    assert_eq!(first_difference(&records), None);
}
