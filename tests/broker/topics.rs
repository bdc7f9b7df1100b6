//! `airshed topics`: what is missing is made, and what is wrong is found.

use airshed::io::kafka::{Settings, ensure_topic};
use assert_cmd::Command;
use serde_json::Value;

use crate::support::{Broker, broker_test, fresh};

/// The exit code of `airshed topics`, and what it prints.
fn topics(broker: &Broker, command: &str, prefix: &str, more: &[&str]) -> (i32, String) {
    let output = Command::cargo_bin("airshed")
        .unwrap()
        .args(["topics", command, "--brokers", &broker.bootstrap, "--topic-prefix", prefix])
        .args(more)
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

broker_test!(topics_that_are_missing_are_made_and_then_nothing_is_wrong, |broker| {
    let prefix = fresh("made");
    let (code, before) = topics(broker, "check", &prefix, &[]);
    assert_eq!(code, 1, "{before}");
    assert!(before.contains(&format!("fault: {prefix}.orders.110000 is missing")), "{before}");
    assert!(before.contains("`airshed topics create`"), "{before}");

    let (code, made) = topics(broker, "create", &prefix, &[]);
    assert_eq!(code, 0, "{made}");
    assert!(made.contains(&format!("created {prefix}.log.checkpoints")), "{made}");
    assert!(made.ends_with("topics created, 0 were there\n"), "{made}");
    let (code, again) = topics(broker, "create", &prefix, &["--json"]);
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!((code, &again["created"]), (0, &serde_json::json!([])));

    let (code, after) = topics(broker, "check", &prefix, &["--json"]);
    let after: Value = serde_json::from_str(&after).unwrap();
    assert_eq!((code, &after["ok"]), (0, &true.into()), "{after}");
    assert_eq!(after["differences"], serde_json::json!([]));
    assert_eq!(after["checked"], again["there_before"]);
});

broker_test!(a_topic_that_loses_messages_or_their_order_is_a_fault, |broker| {
    let prefix = fresh("wrong");
    let make = |name: &str, partitions, settings| {
        ensure_topic(&broker.connect(), &format!("{prefix}.{name}"), partitions, settings).unwrap();
    };
    make("readings", 6, Settings::KeepAll);
    make("refused", 3, Settings::KeepAll);
    make("log", 1, Settings::KeepNewest);
    assert_eq!(topics(broker, "create", &prefix, &[]).0, 0);
    let (code, text) = topics(broker, "check", &prefix, &["--json"]);
    let found: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &found["ok"]), (1, &false.into()), "{text}");
    let wrong: Vec<(String, bool)> = found["differences"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["what"] == "partitions" || it["what"] == "cleanup.policy")
        .map(|it| {
            let (topic, what) = (it["topic"].as_str().unwrap(), it["what"].as_str().unwrap());
            (format!("{} {what}", &topic[prefix.len() + 1..]), it["remedy"].is_string())
        })
        .collect();
    let expected = [
        ("readings partitions", false),
        ("refused partitions", true),
        ("log cleanup.policy", true),
    ];
    assert_eq!(wrong, expected.map(|(what, is_wrong)| (what.to_owned(), is_wrong)));
});
