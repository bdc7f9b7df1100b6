//! The log in a topic: whole batches, one writer, no gap.

use airshed::engine::PortError;
use airshed::io::kafka::{Entry, Settings, Stored, TopicLog, ensure_topic};

use crate::support::{broker_test, fresh};

fn entries(positions: std::ops::Range<u64>) -> Vec<Entry> {
    let entry = |position: u64| Entry {
        position,
        kind: "ticked",
        payload: format!("record {position}").into_bytes(),
    };
    positions.map(entry).collect()
}

fn read(log: &TopicLog, from: u64) -> Vec<(u64, Vec<u8>)> {
    let stored = log.read(from).unwrap().map(Result::unwrap);
    stored.map(|it: Stored| (it.position, it.payload)).collect()
}

fn check_holds(log: &TopicLog, from: u64, until: u64) {
    let stored = |it: Entry| (it.position, it.payload);
    let expected: Vec<_> = entries(from..until).into_iter().map(stored).collect();
    assert_eq!(read(log, from), expected, "from {from}");
}

broker_test!(what_is_appended_is_read_from_any_position, |broker| {
    let topic = fresh("log");
    let mut log = TopicLog::open(&broker.connect(), &topic, &topic, "schema").unwrap();
    assert_eq!(read(&log, 0), vec![]);
    log.append(&[]).unwrap();
    for (first, end) in [(0, 1), (1, 4), (4, 2_000), (2_000, 2_001)] {
        log.append(&entries(first..end)).unwrap();
        for from in [0, 1, 3, first, end - 1, end] {
            check_holds(&log, from, end);
        }
    }
    let again = TopicLog::open(&broker.connect(), &topic, &topic, "schema").unwrap();
    check_holds(&again, 2_000, 2_001);
    check_holds(&again, 0, 2_001);
    check_holds(&again, 1_500, 2_001);
});

broker_test!(a_newer_writer_fences_the_older_one, |broker| {
    let topic = fresh("log");
    let mut old = TopicLog::open(&broker.connect(), &topic, &topic, "schema").unwrap();
    old.append(&entries(0..3)).unwrap();
    let mut new = TopicLog::open(&broker.connect(), &topic, &topic, "schema").unwrap();
    for _ in 0..2 {
        let refused = old.append(&entries(3..5)).unwrap_err();
        assert!(matches!(refused, PortError::Fenced(_)), "{refused}");
    }
    check_holds(&new, 0, 3);
    new.append(&entries(3..4)).unwrap();
    check_holds(&new, 0, 4);
    check_holds(&old, 0, 4);
});

broker_test!(a_large_record_fits, |broker| {
    let topic = fresh("log");
    let mut log = TopicLog::open(&broker.connect(), &topic, &topic, "schema").unwrap();
    let payload: Vec<u8> = (0..5_000_000_u32).map(|it| it.to_le_bytes()[it as usize % 3]).collect();
    log.append(&[Entry { position: 0, kind: "rule_book_adopted", payload: payload.clone() }])
        .unwrap();
    assert_eq!(read(&log, 0), vec![(0, payload)]);
});

broker_test!(a_gap_is_reported, |broker| {
    let topic = fresh("log");
    let mut log = TopicLog::open(&broker.connect(), &topic, &topic, "schema").unwrap();
    log.append(&entries(0..2)).unwrap();
    log.append(&entries(3..4)).unwrap();
    let read: Vec<_> = log.read(0).unwrap().collect();
    assert_eq!(read.len(), 3);
    let words = read[2].as_ref().unwrap_err().to_string();
    assert!(words.contains("record 3 where 2 should be"), "{words}");
});

broker_test!(a_log_has_one_partition, |broker| {
    let topic = fresh("log");
    assert_eq!(ensure_topic(&broker.connect(), &topic, 3, Settings::KeepAll), Ok(3));
    assert_eq!(ensure_topic(&broker.connect(), &topic, 1, Settings::KeepAll), Ok(3));
    let refused =
        TopicLog::open(&broker.connect(), &topic, &topic, "schema").err().unwrap().to_string();
    assert!(refused.contains("has 3 partitions"), "{refused}");
});

broker_test!(many_small_appends_do_not_wait_for_a_flush, |broker| {
    let topic = fresh("log");
    let mut log = TopicLog::open(&broker.connect(), &topic, &topic, "schema").unwrap();
    let begin = crate::support::now();
    for position in 0..200 {
        log.append(&entries(position..position + 1)).unwrap();
    }
    let spent = begin.elapsed();
    // The library's own flush would take 100 ms for each: 20 s.
    assert!(spent.as_secs() < 10, "200 appends took {spent:?}");
});
