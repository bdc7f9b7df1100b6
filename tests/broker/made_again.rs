//! A topic that is deleted and made again under its name holds other messages: all of them are
//! taken, also those at offsets that the log had taken before.

use std::collections::BTreeSet;
use std::time::Duration;

use airshed::domain::{Command, Stream};
use airshed::engine::Inbox as _;
use airshed::io::kafka::{KafkaFeed, KafkaInbox, Topics};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

use crate::inbox::{HOUR, PARTITIONS, feed, inbox, positions, rules, send, take};
use crate::process::Process;
use crate::support::{Broker, broker_test, fresh, now};
use crate::world::World;

/// Deletes a topic, and returns when it is gone.
fn delete(bootstrap: &str, topic: &str) {
    let settings = ClientConfig::new().set("bootstrap.servers", bootstrap).clone();
    let admin: AdminClient<DefaultClientContext> = settings.create().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let deleted = runtime.block_on(admin.delete_topics(&[topic], &AdminOptions::new())).unwrap();
    assert_eq!(deleted, [Ok(topic.to_owned())]);
    let consumer: BaseConsumer = settings.create().unwrap();
    let begin = now();
    loop {
        let metadata = consumer.fetch_metadata(None, Duration::from_secs(20)).unwrap();
        if metadata.topics().iter().all(|it| it.name() != topic) {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{topic} is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Deletes the topic of readings, makes it again, and sends other values, more than before.
fn make_again(broker: &Broker, topics: &Topics) -> KafkaFeed {
    delete(&broker.bootstrap, &topics.readings());
    let mut kafka = feed(broker, topics);
    send(&mut kafka, &rules(), 0, HOUR, &[9, 8, 7, 6, 5, 4]);
    kafka.flush().unwrap();
    kafka
}

/// What was taken of a stream, by offsets.
fn taken_of(commands: &[Command], stream: &Stream) -> Vec<u64> {
    let own = commands.iter().filter(|it| it.source().unwrap().0 == stream);
    own.flat_map(positions).collect()
}

/// The second topic of this name.
fn second(topics: &Topics, partition: i32) -> Stream {
    Stream::topic(&format!("{}#2", topics.readings()), partition)
}

/// An inbox that has taken three messages, and what its log knows then.
fn taken_three(broker: &Broker, topics: &Topics) -> (KafkaInbox, Vec<(Stream, u64)>) {
    let mut kafka = feed(broker, topics);
    send(&mut kafka, &rules(), 0, HOUR, &[1, 2, 3]);
    kafka.flush().unwrap();
    let mut inbox = inbox(broker, topics, &[]);
    take(&mut inbox, 3);
    let ids = inbox.streams().into_iter().filter(|it| it.as_topic_id().is_some());
    let mut taken: Vec<_> = ids.map(|it| (it, 0)).collect();
    // A broker without ids could not tell the topics apart.
    assert_eq!(taken.len(), 3, "{taken:?}");
    taken.push((Stream::topic(&topics.readings(), 0), 2));
    (inbox, taken)
}

broker_test!(a_topic_made_again_in_the_meantime_is_another_stream, |broker| {
    let topics = Topics::new(&fresh("again"));
    let (_, taken) = taken_three(broker, &topics);
    // The same topic goes on.
    let same = inbox(broker, &topics, &taken);
    assert!(same.streams().contains(&taken[2].0));
    drop(same);

    make_again(broker, &topics);
    let mut other = inbox(broker, &topics, &taken);
    let commands = take(&mut other, 6);
    assert_eq!(taken_of(&commands, &second(&topics, 0)), [0, 1, 2, 3, 4, 5]);
    let all: Vec<_> = (0..PARTITIONS).map(|it| second(&topics, it)).collect();
    assert!(all.iter().all(|it| other.streams().contains(it)), "{:?}", other.streams());

    // And once more, with fewer messages than were taken.
    let ids = other.streams().into_iter().filter(|it| it.as_topic_id().is_some());
    let mut taken: Vec<_> = ids.map(|it| (it, 0)).collect();
    taken.push((second(&topics, 0), 5));
    delete(&broker.bootstrap, &topics.readings());
    let mut kafka = feed(broker, &topics);
    send(&mut kafka, &rules(), 0, HOUR, &[7]);
    kafka.flush().unwrap();
    let mut third = inbox(broker, &topics, &taken);
    let stream = Stream::topic(&format!("{}#3", topics.readings()), 0);
    assert_eq!(taken_of(&take(&mut third, 1), &stream), [0]);
});

broker_test!(a_topic_made_again_under_a_running_inbox_is_another_stream, |broker| {
    let topics = Topics::new(&fresh("again"));
    let (mut inbox, _) = taken_three(broker, &topics);
    make_again(broker, &topics);
    let (mut commands, mut grown, begin) = (Vec::new(), 0, now());
    while taken_of(&commands, &second(&topics, 0)).len() < 6 {
        assert!(begin.elapsed() < Duration::from_secs(120), "{commands:?}");
        grown += u32::from(inbox.has_grown().unwrap());
        commands.extend(inbox.poll().unwrap());
    }
    assert_eq!(taken_of(&commands, &second(&topics, 0)), [0, 1, 2, 3, 4, 5]);
    let passes = |it: &Command| *it.source().unwrap().0 == second(&topics, 0);
    assert!(commands.iter().all(passes), "as if of the old topic: {commands:?}");
    assert_eq!(grown, 1);
});

/// A file of readings of all hours of a day up to one.
pub(crate) fn day(world: &World, name: &str, value: u32, hours: u32) -> std::path::PathBuf {
    let rows = (1..=hours).map(|hour| format!("20191101,{hour},PM2.5,{value},{value}\n"));
    let text = format!("date,hour,type,1001A,1003A\n{}", rows.collect::<String>());
    let path = world.of(name);
    std::fs::write(&path, text).unwrap();
    path.into()
}

/// Partitions and offsets of a topic from which the log has readings.
pub(crate) fn recorded(world: &World, topic: &str) -> BTreeSet<(u64, u64)> {
    let mut recorded = BTreeSet::new();
    for record in world.log().lines() {
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        if record["source"]["topic"] == topic {
            let partition = record["source"]["partition"].as_u64().unwrap();
            let rows = record["body"]["rows"].as_array().into_iter().flatten();
            recorded.extend(rows.map(|it| (partition, it["at"].as_u64().unwrap())));
        }
    }
    recorded
}

/// Returns when the log has so many messages of a topic.
pub(crate) fn await_recorded(world: &World, serving: &Process, topic: &str, count: usize) {
    let begin = now();
    while recorded(world, topic).len() < count {
        let there = recorded(world, topic);
        assert!(
            begin.elapsed() < Duration::from_secs(120),
            "{topic}: only {there:?}: {}",
            serving.words()
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn check_program(broker: &Broker, running: bool) {
    let world = World::new(&broker.bootstrap);
    let topic = format!("{}.readings", world.prefix());
    let first = day(&world, "first.csv", 30, 3);
    assert!(world.feed_plain(&first).await_end().success());
    let mut serving = world.serve();
    serving.await_words("serving");
    await_recorded(&world, &serving, &topic, 6);
    let before = recorded(&world, &topic);
    if !running {
        serving.ask_to_end();
        assert!(serving.await_end().success(), "{}", serving.words());
    }
    delete(&broker.bootstrap, &topic);
    let second = day(&world, "second.csv", 40, 9);
    assert!(world.feed_plain(&second).await_end().success());
    if !running {
        serving = world.serve();
    }
    await_recorded(&world, &serving, &format!("{topic}#2"), 18);
    assert_eq!(recorded(&world, &topic), before, "nothing passes for a message of the old topic");
    let words = serving.words();
    assert_eq!(words.matches("the topic was deleted and made again").count(), 1, "{words}");
    serving.ask_to_end();
    assert!(serving.await_end().success(), "{}", serving.words());

    // The log alone leads to the same decisions.
    let log = format!("{}.log", world.prefix());
    let which = ["replay", "--brokers", &broker.bootstrap, "--topic", &log, "--check"];
    crate::program::printed(&which);
}

broker_test!(serve_takes_all_of_a_topic_that_was_made_again_while_it_was_stopped, |broker| {
    check_program(broker, false);
});

broker_test!(serve_takes_all_of_a_topic_that_is_made_again_while_it_runs, |broker| {
    check_program(broker, true);
});
