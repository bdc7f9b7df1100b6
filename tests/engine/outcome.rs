//! What a caller gets back for the commands that it submits.

use airshed::domain::{AirEvent, Event, Timestamp};
use airshed::engine::{Engine, Position};
use airshed::io::memory::{MemoryInbox, MemoryLog, NoOutbox};

use crate::feed::Feed;

#[test]
fn commands_give_every_record_that_follows_from_them() {
    let feed = Feed::of("1: A=10 B=20\n2: A=10 B=20 C=30\n1: A=70");
    let book = feed.book();
    let commands = feed.commands(&book.rules);
    let (inbox, log) = (MemoryInbox::default(), MemoryLog::default());
    let mut engine = Engine::open(book, Timestamp(0), inbox, log, NoOutbox).unwrap();
    let mut next = 1;
    for command in commands {
        let outcome = engine.submit(vec![command], None).unwrap();
        let records = outcome.iter().map(|it| &it.record);
        assert!(records.eq(&engine.log().records[next..]));
        assert_eq!(outcome[0].record.position, Position(next as u64));
        next += outcome.len();
    }
    let closes = |it: &&Event| matches!(it, Event::Air(AirEvent::HourClosed(_)));
    let events = engine.log().records.iter().map(|it| &it.event);
    assert_eq!(events.filter(closes).count(), 1, "the second row makes the first hour close");
    assert!(engine.submit(Vec::new(), None).unwrap().is_empty());
}
