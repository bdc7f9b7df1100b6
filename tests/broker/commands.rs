//! Commands of bodies over the broker: in, in both encodings, each with one outcome; and out, to
//! the bodies that may see it.

use airshed::domain::{Command, Reason, Status, Stream};
use airshed::engine::Inbox as _;
use airshed::io::kafka::Topics;
use airshed::wire::avro::{Put, fingerprints};
use airshed::wire::message::Framing;
use airshed::wire::message::{Kind, MessageWriter};

use crate::inbox::{HOUR, feed, inbox, rules, send, take};
use crate::support::{broker_test, fresh};

/// The envelope of an acknowledgement, as JSON.
fn as_json(id: &str, body: &str, given_at: &str, order: &str) -> Vec<u8> {
    serde_json::json!({
        "id": id,
        "actor": {"jurisdiction": body, "role": "officer", "name": "duty officer"},
        "given_at": given_at,
        "status": "actual",
        "command": "acknowledge",
        "body": {"order": order},
    })
    .to_string()
    .into_bytes()
}

/// The same as Avro, by the schema for other programs.
fn as_avro(id: &str, body: &str, given_at_ms: i64, order: &str) -> Vec<u8> {
    let mut bytes = vec![0xC3, 0x01];
    bytes.extend(fingerprints(Kind::Command.schema()).unwrap().standard);
    let mut put = Put(&mut bytes);
    for text in [id, body, "officer", "duty officer"] {
        put.string(text);
    }
    put.long(given_at_ms);
    // The status `actual`, then the branch `acknowledge`.
    put.long(0);
    put.long(0);
    put.string(order);
    bytes
}

broker_test!(commands_come_in_both_encodings_and_what_is_none_is_refused, |broker| {
    let topics = Topics::new(&fresh("in"));
    let mut kafka = feed(broker, &topics);
    let (at, ms) = ("2025-12-04T09:10:00+08:00", 1_764_810_600_000);
    for bytes in [
        as_json("a-1", "130100", at, "1-130100"),
        as_avro("a-2", "130100", ms, "1-130100"),
        b"{\"id\": 1}".to_vec(),
        b"<html>".to_vec(),
    ] {
        kafka.command("130100", &bytes).unwrap();
    }
    let mut tick = Vec::new();
    MessageWriter::new(&rules(), Framing::SingleObject).tick(HOUR.end(), &mut tick);
    kafka.tick(&tick).unwrap();
    kafka.flush().unwrap();
    let mut inbox = inbox(broker, &topics, &[]);
    let stream = Stream::topic(&topics.commands(), 0);
    let all = take(&mut inbox, 8);
    let own = all.iter().filter(|it| it.source().unwrap().0 == &stream);
    let told: Vec<String> = own
        .map(|command| match command {
            Command::Give(given) => {
                let (id, at) = (&given.id, given.source.as_ref().unwrap().position);
                assert_eq!((given.given_at.0, given.status), (ms, Status::Actual));
                format!("{at} {id} {} {}", given.command, given.fields)
            }
            Command::Refuse(refusal) => {
                assert_eq!(refusal.reason, Reason::Unreadable);
                format!("{} refused", refusal.source.as_ref().unwrap().position)
            }
            Command::Tick(tick) => format!("{} tick", tick.source.as_ref().unwrap().position),
            Command::Adopt(_)
            | Command::JoinStreams(_)
            | Command::Observe(_)
            | Command::ReceiveForecast(_)
            | Command::Exclude(_) => panic!("{command:?}"),
        })
        .collect();
    let expected = [
        r#"0 a-1 acknowledge {"order":"1-130100"}"#,
        r#"1 a-2 acknowledge {"order":"1-130100"}"#,
        "2 refused",
        "3 refused",
        "4 tick",
    ];
    assert_eq!(told, expected);
});

broker_test!(commands_that_are_taken_apart_wait_and_too_many_are_not_read, |broker| {
    let (topics, rules) = (Topics::new(&fresh("in")), rules());
    let mut kafka = feed(broker, &topics);
    let at = "2025-12-04T09:10:00+08:00";
    for number in 0..2_500 {
        let bytes = as_json(&format!("a-{number}"), "130100", at, "1-130100");
        kafka.command("130100", &bytes).unwrap();
    }
    send(&mut kafka, &rules, 0, HOUR, &[1]);
    kafka.flush().unwrap();
    let mut inbox = inbox(broker, &topics, &[]);
    inbox.set_commands_apart();
    // Readings come as ever.
    assert!(matches!(take(&mut inbox, 1)[..], [Command::Observe(_)]));
    let mut taken = Vec::new();
    while taken.len() < 2_500 {
        assert!(inbox.poll().unwrap().is_empty());
        taken.extend(inbox.take_commands().unwrap());
    }
    let offsets: Vec<u64> = taken.iter().map(|it| it.source().unwrap().1).collect();
    assert_eq!(offsets, (0..2_500).collect::<Vec<_>>());
    assert!(!inbox.has_commands());
});
