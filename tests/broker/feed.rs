//! A feed that is killed and started again goes on where it was: the topics hold what they would
//! hold without the kill.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::metadata::MetadataTopic;
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};

use crate::support::{Broker, broker_test, now};
use crate::world::World;

/// Messages of each partition of the input topics, in order: their keys and bytes.
type Messages = BTreeMap<(String, i32), Vec<(Vec<u8>, Vec<u8>)>>;

/// Everything that the input topics of a world hold.
fn messages(broker: &Broker, world: &World) -> Messages {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &broker.bootstrap)
        .set("group.id", "test")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .create()
        .unwrap();
    let mut assigned = TopicPartitionList::new();
    let metadata = consumer.fetch_metadata(None, Duration::from_secs(20)).unwrap();
    for name in ["readings", "forecasts", "commands"] {
        let topic = format!("{}.{name}", world.prefix());
        let found = metadata.topics().iter().filter(|it| it.name() == topic);
        for partition in found.flat_map(MetadataTopic::partitions) {
            assigned.add_partition_offset(&topic, partition.id(), Offset::Beginning).unwrap();
        }
    }
    consumer.assign(&assigned).unwrap();
    let (mut all, mut left) = (Messages::new(), assigned.count());
    while left > 0 {
        match consumer.poll(Duration::from_secs(30)).expect("a message") {
            Ok(message) => {
                let name = message.topic()[world.prefix().len()..].to_owned();
                let bytes = |it: Option<&[u8]>| it.unwrap_or_default().to_vec();
                let both = (bytes(message.key()), bytes(message.payload()));
                all.entry((name, message.partition())).or_default().push(both);
            }
            Err(KafkaError::PartitionEOF(_)) => left -= 1,
            Err(error) => panic!("{error}"),
        }
    }
    all
}

/// Returns when nothing is on its way any more.
fn settled(broker: &Broker, world: &World) -> Messages {
    let mut before = messages(broker, world);
    loop {
        std::thread::sleep(Duration::from_millis(300));
        let after = messages(broker, world);
        if before == after {
            return after;
        }
        before = after;
    }
}

fn count(messages: &Messages) -> usize {
    messages.values().map(Vec::len).sum()
}

/// A file of readings of many stations, for so many hours.
fn air(world: &World, name: &str, hours: u32) -> PathBuf {
    let stations = include_str!("../../deploy/bth/stations.csv");
    let codes: Vec<_> = stations.lines().skip(1).filter_map(|it| it.split(',').next()).collect();
    let mut text = format!("date,hour,type,{}\n", codes.join(","));
    for hour in 0..hours {
        let (day, hour) = (1 + hour / 24, 1 + hour % 24);
        let values: Vec<_> = (0..codes.len()).map(|it| (it + 20).to_string()).collect();
        writeln!(text, "201911{day:02},{hour},PM2.5,{}", values.join(",")).unwrap();
    }
    let path = PathBuf::from(world.of(name));
    std::fs::write(&path, text).unwrap();
    path
}

/// A world whose topics were fed without a disturbance.
fn undisturbed(broker: &Broker, file: &Path) -> Messages {
    let world = World::new(&broker.bootstrap);
    assert!(world.feed(file, "max").await_end().success());
    messages(broker, &world)
}

broker_test!(a_feed_that_is_killed_again_and_again_sends_everything_once, |broker| {
    let world = World::new(&broker.bootstrap);
    let file = air(&world, "air.csv", 480);
    let expected = undisturbed(broker, &file);
    let mut kills = 0;
    while kills < 5 {
        // The 20 days take 8 s.
        let mut feed = world.feed(&file, "216000x");
        let (begin, before) = (now(), count(&messages(broker, &world)));
        while count(&messages(broker, &world)) < before + 1_000 && feed.ended().is_none() {
            assert!(begin.elapsed() < Duration::from_secs(60), "{}", feed.words());
        }
        if feed.ended().is_some() {
            break;
        }
        feed.kill();
        kills += 1;
        settled(broker, &world);
    }
    assert!(kills >= 3, "it was quicker than us");
    assert!(world.feed(&file, "max").await_end().success());
    // At its end a feed lets the last hour close, each time that it is started.
    assert!(messages(broker, &world) == expected, "other messages than without a kill");
});

broker_test!(commands_are_sent_behind_the_rows_of_their_instant, |broker| {
    let world = World::new(&broker.bootstrap);
    let file = air(&world, "air.csv", 6);
    let give = |id: &str, at: &str| {
        format!(
            r#"{{"id":"{id}","actor":{{"jurisdiction":"130100","role":"officer","name":"duty officer"}},"given_at":"2019-11-01T{at}:00+08:00","status":"actual","command":"acknowledge","body":{{"order":"1-130100"}}}}"#
        )
    };
    let lines = [give("a", "03:10"), "{\"id\":".to_owned(), give("b", "05:30"), give("c", "09:00")];
    let commands = world.of("commands.jsonl");
    std::fs::write(&commands, lines.join("\n")).unwrap();
    let feed = || {
        let more = ["--commands", &commands];
        assert!(world.feed_plain_with(&file, &more).await_end().success());
        messages(broker, &world)
    };
    let sent = feed();
    let topic = &sent[&(".commands".to_owned(), 0)];
    // The clock of the files stands at 01:30, 02:00, 02:30 and so on: rows come, hours close. So the
    // first command comes behind the tick of 03:00, the second behind the rows of 05:30, the last,
    // which is later than all rows, before the tick that closes their last hour.
    let kinds: String = topic.iter().map(|it| if it.1[0] == b'{' { 'c' } else { '.' }).collect();
    assert_eq!(kinds, "....cc.....c..c.", "{topic:?}");
    let texts: Vec<&(Vec<u8>, Vec<u8>)> = topic.iter().filter(|it| it.1[0] == b'{').collect();
    for (line, (key, bytes)) in lines.iter().zip(texts) {
        let body = if line.len() > 10 { "130100" } else { "" };
        assert_eq!((line.as_bytes(), body.as_bytes()), (&**bytes, &**key));
    }
    // Started again, it sends no command twice.
    let again = feed();
    let count = |it: &Messages| {
        it[&(".commands".to_owned(), 0)].iter().filter(|it| it.1[0] == b'{').count()
    };
    assert_eq!((count(&sent), count(&again)), (4, 4));
});

broker_test!(files_that_have_grown_are_sent_from_there_on, |broker| {
    let world = World::new(&broker.bootstrap);
    let feed = |hours| {
        let file = air(&world, "air.csv", hours);
        let mut feed = world.feed_plain(&file);
        assert!(feed.await_end().success());
        feed.words()
    };
    feed(24);
    let before = count(&messages(broker, &world));
    // Nothing is new: only the last hour closes once more.
    feed(24);
    let same = count(&messages(broker, &world));
    assert!(same < before + 30, "{before} messages, and then {same}");
    feed(30);
    let grown = count(&messages(broker, &world)) - same;
    let stations = include_str!("../../deploy/bth/stations.csv").lines().count() - 1;
    assert!((6 * stations..7 * stations + 90).contains(&grown), "{grown} for 6 hours");
    // Other values in the place of those that were sent are all sent, and that is said.
    let file = air(&world, "air.csv", 24);
    let text = std::fs::read_to_string(&file).unwrap().replace(",21,", ",210,");
    std::fs::write(&file, text).unwrap();
    let mut changed = world.feed_plain(&file);
    assert!(changed.await_end().success());
    assert!(changed.words().contains("sent into those partitions again"), "{}", changed.words());
});
