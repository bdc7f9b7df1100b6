//! `airshed doctor` with a broker: its topics, its clock, and the key of a log in a topic.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use airshed::io::kafka::{Settings, ensure_topic};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::Value;

use crate::program::airshed;
use crate::support::{Broker, broker_test, delete_topic, fresh};
use crate::world::World;

/// The exit code of `doctor`, and what it finds of a check, as state, what and remedy.
fn doctor(world: &World, check: &str, more: &[&str]) -> (i32, String) {
    let config = world.config();
    let (code, out, err) = airshed(&[&["doctor", "--config", &config, "--json"], more].concat());
    let found: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    let all = found["checks"].as_array().unwrap().iter().filter(|it| it["check"] == check);
    let lines = all.map(|it| format!("{} {} {}", it["state"], it["what"], it["remedy"]));
    (code, lines.collect::<Vec<_>>().join("\n").replace('"', ""))
}

fn create(world: &World, broker: &Broker) {
    let create = ["topics", "create", "--brokers", &broker.bootstrap, "--topic-prefix"];
    assert_eq!(airshed(&[&create[..], &[world.prefix()]].concat()).0, 0);
}

/// Milliseconds since 1970. Brokers refuse what is more than an hour ahead of them.
#[expect(clippy::disallowed_methods, reason = "A test may look at the clock.")]
fn in_ten_minutes() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from((now + Duration::from_secs(600)).as_millis()).unwrap()
}

fn check(found: &(i32, String), code: i32, parts: &[&str]) {
    assert_eq!(found.0, code, "{}", found.1);
    for part in parts {
        assert!(found.1.contains(part), "{} without {part}", found.1);
    }
}

broker_test!(topics_are_missing_or_right_or_lose_messages, |broker| {
    let world = World::new(&broker.bootstrap);
    let cluster = format!("ok {} answers; cluster ", broker.bootstrap);
    check(&doctor(&world, "broker", &[]), 0, &[&cluster, "broker ", " at 127.0.0.1:"]);
    let before = doctor(&world, "topics", &[]);
    check(&before, 0, &["warning none of the ", "is there yet", "`airshed topics create`"]);
    create(&world, broker);
    check(&doctor(&world, "topics", &[]), 0, &["ok all ", "are there"]);
    delete_topic(broker, &world.topic("orders.130100"));
    let gone = doctor(&world, "topics", &[]);
    check(&gone, 1, &["wrong 1 of ", "missing: ", ".orders.130100", "topics create"]);
    delete_topic(broker, &world.topic("log"));
    ensure_topic(&broker.connect(), &world.topic("log"), 1, Settings::KeepNewest).unwrap();
    let parts = ["wrong ", "log has cleanup.policy=compact: ", "kafka-configs.sh --alter"];
    check(&doctor(&world, "topics", &[]), 1, &parts);
});

broker_test!(a_message_from_the_future_is_noticed, |broker| {
    let world = World::by_wall(&broker.bootstrap);
    create(&world, broker);
    check(&doctor(&world, "clock", &[]), 0, &["ok 20"]);
    let mut settings = ClientConfig::new();
    let producer: BaseProducer =
        settings.set("bootstrap.servers", &broker.bootstrap).create().unwrap();
    let topic = world.topic("readings");
    let message = BaseRecord::<[u8], [u8]>::to(&topic).payload(b"x").timestamp(in_ten_minutes());
    producer.send(message).map_err(|it| it.0).unwrap();
    producer.flush(Duration::from_secs(20)).unwrap();
    let found = doctor(&world, "clock", &[]);
    check(&found, 0, &["warning ", "readings has messages that are more than 60 s ahead", "NTP"]);
});

broker_test!(the_key_of_a_log_in_a_topic_is_compared, |broker| {
    let world = World::new(&broker.bootstrap);
    let key = world.of("key");
    check(&doctor(&world, "key", &["--key", &key]), 0, &["signs as bth", "no checkpoint yet"]);
    let rows = world.of("rows.csv");
    let text = "date,hour,type,1001A\n20190112,16,PM2.5,135\n20190112,17,PM2.5,140\n";
    std::fs::write(&rows, text).unwrap();
    let log = world.of("log");
    assert_eq!(airshed(&["play", &rows, "--log", &log, "--key", &key, "--quiet"]).0, 0);
    let topic = world.topic("log");
    let export = ["log", "export", &log, "--brokers", &broker.bootstrap, "--topic", &topic];
    let (code, _, err) = airshed(&export);
    assert_eq!(code, 0, "{err}");
    let signed = format!("has signed the log in the topic {topic} up to ");
    check(&doctor(&world, "key", &["--key", &key]), 1, &["ok ", &signed]);
    check(&doctor(&world, "key", &[]), 1, &["wrong ", "is signed", "--key FILE"]);
    let other = world.of(&fresh("key"));
    assert_eq!(airshed(&["key", "new", &other, "--origin", "bth"]).0, 0);
    check(&doctor(&world, "key", &["--key", &other]), 1, &["wrong ", "has not signed"]);
});
