//! A broker that is killed and comes back: the log waits, and loses nothing.

use std::time::Duration;

use airshed::io::kafka::{Connection, Entry, Stop, TopicLog};

use crate::support::{OwnBroker, broker_test};

fn entry(position: u64) -> Entry {
    Entry { position, kind: "ticked", payload: position.to_string().into_bytes() }
}

broker_test!(an_append_waits_for_a_killed_broker, |_shared| {
    let broker = OwnBroker::start();
    let connection = Connection::new(&broker.bootstrap, Stop::default());
    let mut log = TopicLog::open(&connection, "crash.log", "crash", "schema").unwrap();
    let mut position = 0;
    for round in 0..3 {
        broker.kill();
        let back = broker.start_again_after(Duration::from_millis(300 * round));
        for _ in 0..50 {
            log.append(&[entry(position), entry(position + 1)]).unwrap();
            position += 2;
        }
        back.join().unwrap();
    }
    let positions: Vec<_> = log.read(0).unwrap().map(|it| it.unwrap().position).collect();
    assert_eq!(positions, (0..position).collect::<Vec<_>>());
});
