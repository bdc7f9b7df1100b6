//! What an operator does and sees: the commands of the README, the lines of `serve`, and refusals
//! before anything is spoilt.

use std::collections::BTreeMap;
use std::path::Path;

use airshed::domain::Timestamp;
use airshed::io::kafka::{KafkaFeed, Topics};
use airshed::wire::message::{Framing, MessageWriter};
use airshed::wire::rule_book::{built_in, parse};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;

use crate::program::airshed;
use crate::support::{Broker, broker_test, end};
use crate::world::{World, january};

fn make_topic(broker: &Broker, name: &str, settings: &[(&str, &str)]) {
    let config = ClientConfig::new().set("bootstrap.servers", &broker.bootstrap).clone();
    let admin: AdminClient<DefaultClientContext> = config.create().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let topic = NewTopic::new(name, 1, TopicReplication::Fixed(1));
    let topic = settings.iter().fold(topic, |topic, (key, value)| topic.set(key, value));
    let made = runtime.block_on(admin.create_topics([&topic], &AdminOptions::new()));
    assert_eq!(made.unwrap(), [Ok(name.to_owned())]);
}

/// The commands in the console block under a heading of the README.
fn commands_of_readme(heading: &str) -> Vec<Vec<String>> {
    let text = include_str!("../../README.md");
    let section = text.split(&format!("## {heading}\n")).nth(1).unwrap();
    let block = section.split("```console\n").nth(1).unwrap().split("```").next().unwrap();
    let commands = block.lines().filter_map(|it| it.strip_prefix("$ airshed "));
    commands.map(|it| it.split_whitespace().map(str::to_owned).collect()).collect()
}

broker_test!(the_commands_of_the_readme_order_something, |broker| {
    let Some(file) = january() else { return };
    let world = World::deployed(&broker.bootstrap);
    let mut commands = commands_of_readme("Run it for real");
    assert_eq!(commands.iter().map(|it| &*it[0]).collect::<Vec<_>>(), ["serve", "feed"]);
    // The same commands, but for the place of the configuration, its topics, and the files.
    for argument in commands.iter_mut().flatten() {
        if argument == "deploy/config.toml" {
            *argument = world.config();
        } else if Path::new(&*argument).extension().is_some_and(|it| it == "csv") {
            *argument = file.display().to_string();
        }
    }
    commands[1].extend(["--topic-prefix".to_owned(), world.prefix().to_owned()]);
    let mut serving = world.start(&commands[0]);
    serving.await_words("serving");
    assert!(world.start(&commands[1]).await_end().success());
    world.await_last_hour(&mut serving);
    serving.ask_to_end();
    assert!(serving.await_end().success(), "{}", serving.words());
    let words = serving.words();
    for part in ["order set 1: ", " issued ", " hours closed, 01-", " lifted "] {
        assert!(words.contains(part), "no {part:?} in {words}");
    }
    assert!(!words.contains(" late"), "{words}");
    assert!(!world.orders().is_empty());
});

broker_test!(readings_of_a_replay_are_refused_by_the_wall_clock_before_the_log_begins, |broker| {
    let Some(file) = january() else { return };
    let refused = |words: &str| {
        for part in [" 2019-01-1", "years behind", "rules.clock = \"sources\""] {
            assert!(words.contains(part), "no {part:?} in {words}");
        }
    };
    // It runs, and the readings come.
    let world = World::deployed(&broker.bootstrap);
    let mut serving = world.serve_plainly(&[]);
    serving.await_words("serving");
    assert!(world.feed(&file, "max").await_end().success());
    assert_eq!(serving.await_end().code(), Some(1), "{}", serving.words());
    assert!(serving.words().contains("rules.clock = \"sources\""), "{}", serving.words());
    // They are there, and it starts.
    let records = end(broker, &world.topic("log"));
    let mut again = world.serve_plainly(&[]);
    assert_eq!(again.await_end().code(), Some(1), "{}", again.words());
    refused(&again.words());
    assert_eq!(end(broker, &world.topic("log")), records, "something was appended");
    // The wall clock has ticked in this log: it is not for a replay any more.
    let mut ticked = world.serve_plainly(&["--clock", "sources"]);
    assert_eq!(ticked.await_end().code(), Some(1), "{}", ticked.words());
    assert!(ticked.words().contains("another kafka.topic_prefix"), "{}", ticked.words());
    // As the words say: in topics of their own, by the clock of the sources.
    let world = World::deployed(&broker.bootstrap);
    assert!(world.feed(&file, "max").await_end().success());
    let mut right = world.serve_plainly(&["--clock", "sources"]);
    world.await_last_hour(&mut right);
    right.ask_to_end();
    assert!(right.await_end().success(), "{}", right.words());
    // And back by mistake.
    let mut wrong = world.serve_plainly(&["--clock", "wall"]);
    assert_eq!(wrong.await_end().code(), Some(1), "{}", wrong.words());
    refused(&wrong.words());
});

broker_test!(a_log_that_the_broker_would_delete_is_refused_with_the_remedy, |broker| {
    let check = |settings: &[(&str, &str)], remedy: &str| {
        let world = World::new(&broker.bootstrap);
        make_topic(broker, &world.topic("log"), settings);
        let mut serving = world.serve_plainly(&[]);
        assert_eq!(serving.await_end().code(), Some(1), "{}", serving.words());
        let words = serving.words();
        for part in [&*world.topic("log"), remedy, "kafka-configs.sh"] {
            assert!(words.contains(part), "no {part:?} in {words}");
        }
        assert_eq!(end(broker, &world.topic("log")), 0);
    };
    check(&[("retention.ms", "604800000")], "--add-config retention.ms=-1");
    check(
        &[("retention.ms", "-1"), ("cleanup.policy", "compact")],
        "--add-config cleanup.policy=delete",
    );
    check(
        &[("retention.ms", "-1"), ("retention.bytes", "1000000")],
        "--add-config retention.bytes=-1",
    );
});

broker_test!(refusals_are_counted_and_a_silent_partition_is_named, |broker| {
    let world = World::new(&broker.bootstrap);
    let topics = Topics::new(world.prefix());
    let mut kafka = KafkaFeed::open(&broker.connect(), &topics, 2).unwrap();
    for _ in 0..30 {
        kafka.readings(0, "key", b"<html>404</html>").unwrap();
    }
    let rules = parse(built_in()).unwrap().rules;
    let mut tick = Vec::new();
    let writer = MessageWriter::new(&rules, Framing::SingleObject);
    writer.tick(Timestamp(1_764_993_600_000), &mut tick);
    kafka.readings(0, "key", &tick).unwrap();
    kafka.flush().unwrap();
    let mut serving = world.serve_plainly(&[]);
    let prefix = world.prefix();
    serving.await_words("the first hour cannot close: waiting for ");
    serving.ask_to_end();
    assert!(serving.await_end().success(), "{}", serving.words());
    let words = serving.words();
    assert!(words.contains(&format!("{prefix}.readings/1 (nothing yet)")), "{words}");
    // Thirty refusals wait too: nothing passes before partition 1 has spoken.
    assert_eq!(words.matches("cannot close").count(), 1, "{words}");
    kafka.tick(&tick).unwrap();
    kafka.flush().unwrap();
    let mut serving = world.serve_plainly(&[]);
    serving.await_words("unreadable: ");
    serving.ask_to_end();
    assert!(serving.await_end().success(), "{}", serving.words());
    let words = serving.words();
    let first = format!("values not taken, first at {prefix}.readings/0:0");
    assert!(words.contains(&first), "{words}");
    assert_eq!(words.matches("unreadable: ").count(), 1, "{words}");
});

broker_test!(settings_of_the_client_arrive_and_wrong_ones_are_refused, |broker| {
    let world = World::new(&broker.bootstrap);
    let mut serving = world.serve_plainly(&[]);
    serving.await_words("serving");
    serving.ask_to_end();
    assert!(serving.await_end().success(), "{}", serving.words());
    let (config, topic) = (world.config(), world.topic("log"));
    let log_cat = |more: &[&str]| {
        let which = ["log", "cat", "--config", &config, "--topic", &topic];
        airshed(&[&which[..], more].concat())
    };
    let (code, out, err) = log_cat(&[]);
    assert_eq!((code, out.contains("rule_book_adopted")), (0, true), "{out}{err}");
    // A broker without TLS does not answer who asks for it, so the setting has arrived.
    let tls = ["--kafka-set", "security.protocol=ssl", "--give-up-after", "3"];
    let (code, out, err) = log_cat(&tls);
    assert!(code == 1 || code == 2, "{code} {out}{err}");
    let (code, _, err) = log_cat(&["--kafka-set", "no.such.setting=1"]);
    assert_eq!((code, err.contains("no.such.setting")), (2, true), "{err}");
    let (code, _, err) = log_cat(&["--kafka-set", "acks=0"]);
    assert_eq!((code, err.contains("acks: not to be set")), (2, true), "{err}");
    let settings: BTreeMap<_, _> = [("client.rack".to_owned(), "a".to_owned())].into();
    assert!(airshed::io::kafka::ClientSettings::new(settings).is_ok());
});

broker_test!(a_topic_that_is_deleted_is_told, |broker| {
    let world = World::new(&broker.bootstrap);
    let mut serving = world.serve_plainly(&[]);
    serving.await_words("serving");
    let config = ClientConfig::new().set("bootstrap.servers", &broker.bootstrap).clone();
    let admin: AdminClient<DefaultClientContext> = config.create().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let topic = world.topic("refused");
    let deleted = runtime.block_on(admin.delete_topics(&[&topic], &AdminOptions::new()));
    assert_eq!(deleted.unwrap(), [Ok(topic.clone())]);
    serving.await_words(&format!("the topic {topic} is gone"));
    serving.ask_to_end();
    assert!(serving.await_end().success(), "{}", serving.words());
});
