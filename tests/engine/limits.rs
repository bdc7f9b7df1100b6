//! However unlike the spans of its files are, a play holds next to nothing in memory.

use std::fmt::Write as _;
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::*;
use airshed::io::files::FileInbox;
use airshed::io::memory::{MemoryLog, NoOutbox};
use airshed::wire::rule_book;
use airshed::wire::stations::Stations;

const FILES: i32 = 40;

/// File n begins fifty hours after the one before it, and lasts from 100 to 900 hours.
fn file(number: i32) -> String {
    let mut text = "date,hour,type,1001A,1003A\n".to_owned();
    let first = Hour::of_beijing(Date::new(2019, 1, 1).unwrap(), 1).unwrap().plus(number * 50);
    for hour in (0..100 + number % 5 * 200).map(|it| first.plus(it)) {
        let at = hour.plus(-1).end().to_string();
        let (date, hour_of_day) = (at[..10].replace('-', ""), &at[11..13]);
        writeln!(text, "{date},{hour_of_day},PM2.5,{},{}", 50 + number, 60 + number).unwrap();
    }
    text
}

#[test]
fn files_of_unlike_spans_are_played_without_waiting_for_one_another() {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..FILES).map(|it| folder.path().join(format!("{it:02}.csv"))).collect();
    let mut rows = 0;
    for (path, number) in paths.iter().zip(0..) {
        let text = file(number);
        rows += text.lines().count() - 1;
        std::fs::write(path, text).unwrap();
    }
    let mut book = rule_book::parse(rule_book::built_in()).unwrap();
    book.rules.parameters.closing.clock = ClockRule::Sources;
    let stations = Arc::new(Stations::new(&book.rules));
    let inbox = FileInbox::open(&paths, stations, 720).unwrap();
    let log = MemoryLog::default();
    let mut engine = Engine::open(Arc::new(book), Timestamp(0), inbox, log, NoOutbox).unwrap();
    let mut most = 0;
    while !engine.inbox().is_finished() {
        most = most.max(engine.step(None).unwrap().taken);
        assert_eq!((engine.waiting(), engine.lag()), (0, None));
    }
    // One hour of each file at most comes on top of what a step takes.
    assert!(most <= 64 + usize::try_from(FILES).unwrap(), "{most} inputs in one step");
    assert_eq!(engine.memory().readings, rows as u64 * 2);
}
