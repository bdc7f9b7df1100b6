//! Programs of other people against a real `serve`: they know only what is published.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use airshed::domain::Timestamp;
use airshed::io::kafka::{KafkaFeed, Topics};
use airshed::wire::message::{Framing, MessageWriter};
use airshed::wire::rule_book::{built_in, parse};
use serde_json::{Value, json};

use crate::outside_tools::{Python, finish};
use crate::program::printed;
use crate::support::{
    Broker, COMMITTED, Message, broker_test, consume, consume_all, consume_raw, delete_topic, now,
};
use crate::tampered::write;
use crate::world::World;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// An address on which nothing listens.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The last full hour, and the one before it first.
#[expect(clippy::disallowed_methods, reason = "Live data is of the present hour.")]
fn last_hours() -> (String, String) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let hour = i64::try_from(now.as_secs()).unwrap() / 3600 * 3_600_000;
    (Timestamp(hour - 3_600_000).to_string(), Timestamp(hour).to_string())
}

/// Messages as `CloudEvents`, by the library of the `CloudEvents` project.
fn as_events(python: &Python, messages: &[Message]) -> Vec<Value> {
    let mut lines = String::new();
    for it in messages {
        let Message { key, headers, body } = it;
        writeln!(lines, "{}", json!({"headers": headers, "key": key, "body": body})).unwrap();
    }
    let printed = python.run_with("events.py", &[], &lines);
    printed.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

/// All messages that are published, by the kind of their topic.
fn published(broker: &Broker, world: &World) -> BTreeMap<String, Vec<Message>> {
    let mut found = BTreeMap::<String, Vec<Message>>::new();
    for kind in ["orders", "alerts", "matters", "current", "refused"] {
        let all = consume_all(&broker.bootstrap, &world.topic(kind), COMMITTED);
        found.insert(kind.to_owned(), all.into_values().flatten().collect());
    }
    found
}

/// Each message is a `CloudEvent`, and no two have the same source and id.
fn check_events(python: &Python, published: &BTreeMap<String, Vec<Message>>) {
    let mut ids = BTreeSet::new();
    for (kind, messages) in published {
        let events = as_events(python, messages);
        assert!(!events.is_empty() && events.len() == messages.len(), "{kind}");
        for (event, message) in events.iter().zip(messages) {
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            assert_eq!(text("specversion"), "1.0");
            assert!(text("type").starts_with("airshed."), "{event}");
            assert!(text("source").ends_with(&format!("/{kind}")), "{event}");
            assert_eq!(text("subject"), message.key);
            assert!(ids.insert((text("source"), text("id"))), "twice: {event}");
        }
    }
}

broker_test!(a_bureau_with_python_gets_its_orders_and_acknowledges_them, |broker| {
    let Some(python) = Python::of_test() else { return };
    let Some(kcat) = crate::skip::program("kcat", "kcat") else { return };
    let world = World::by_wall(&broker.bootstrap);
    let (address, bootstrap) = (free_address(), &*broker.bootstrap);
    let url = format!("http://{address}");
    world.configure(&format!("[http]\nlisten = \"{address}\"\n"));
    printed(&["topics", "create", "--brokers", bootstrap, "--topic-prefix", world.prefix()]);
    // The log begins an hour before the newest; both hours close when their readings have come.
    let (before, hour) = last_hours();
    let schema = |name: &str| format!("{ROOT}/schemas/{name}.avsc");
    let stations = format!("{ROOT}/deploy/bth/stations.csv");
    let (topic, of) = (world.topic("readings"), schema("readings"));
    python.run("readings_avro.py", &[bootstrap, &topic, &of, &stations, &before, "2400"]);
    let (topic, of) = (world.topic("forecasts"), schema("forecast"));
    python.run("forecast.py", &[bootstrap, &topic, &of, &before, "130100", "130400"]);
    let mut serving = world.serve();
    serving.await_words("INFO serving");
    let begin = now();
    while !world.log().contains("forecast_received") {
        assert!(begin.elapsed() < Duration::from_secs(60), "{}", serving.words());
        std::thread::sleep(Duration::from_millis(100));
    }
    python.run("readings.py", &[&url, &stations, &hour, "2400"]);
    let order_of = |body: &str| {
        let topic = world.topic(&format!("orders.{body}"));
        let order = python.json("orders.py", &[bootstrap, &topic]);
        assert_eq!(order["jurisdiction"], body);
        order["order"].as_str().unwrap().to_owned()
    };
    let (by_http, by_topic) = (order_of("130100"), order_of("130400"));

    let outcome = python.json("acknowledge_http.py", &[&url, &by_http, "130100"]);
    assert_eq!(outcome["outcome"][0]["type"], "order_acknowledged", "{outcome}");
    let given = [bootstrap, world.prefix(), &by_topic, "130400"];
    let matter = python.json("acknowledge_topic.py", &given);
    assert_eq!(matter["type"], "order_acknowledged", "{matter}");
    assert_eq!(
        (&matter["body"]["order"], &matter["body"]["in_time"]),
        (&json!(by_topic), &json!(true))
    );
    serving.end();

    check_events(&python, &published(broker, &world));
    // kcat shows the same headers, and the same body.
    let topic = world.topic("orders.130400");
    let mut shown = Command::new(kcat);
    shown.args(["-b", bootstrap, "-t", &topic, "-C", "-e", "-q", "-f", "%h\n%s\n"]);
    let shown = finish(shown, "");
    let (headers, body) = shown.split_once('\n').unwrap();
    let found: BTreeSet<&str> = headers.split(',').collect();
    let message = &consume(broker, &topic)[0];
    let expected: Vec<_> = message.headers.iter().map(|it| format!("{}={}", it.0, it.1)).collect();
    assert_eq!(found, expected.iter().map(|it| &**it).collect());
    assert_eq!(body.lines().next(), Some(&*message.body));
    printed(&["log", "verify", "--brokers", bootstrap, "--topic", &world.topic("log")]);
});

broker_test!(an_order_that_is_sent_again_is_the_same_event, |broker| {
    let Some(python) = Python::of_test() else { return };
    let world = World::new(&broker.bootstrap);
    let mut serving = world.serve();
    let load =
        ["--rate", "4000", "--pack", "4", "--for", "2s", "--warm-up", "0s", "--json", "--late=1e9"];
    let place = ["load", "--brokers", &broker.bootstrap, "--prefix", world.prefix()];
    printed(&[&place[..], &load].concat());
    serving.end();
    let orders = consume_all(&broker.bootstrap, &world.topic("orders."), COMMITTED);
    let (topic, sent) = orders.iter().find(|it| it.1.len() > 1).expect("two orders of a city");
    let mut raw = consume_raw(broker, topic);
    // Its last message is lost, as after a crash before it was sent.
    raw.pop();
    delete_topic(broker, topic);
    write(broker, topic, &raw);
    let mut serving = world.serve();
    serving.await_words("INFO serving");
    serving.end();
    let again = consume(broker, topic);
    assert_eq!(again.len(), sent.len());
    let names = |messages: &[Message]| {
        let events = as_events(&python, messages);
        let name = |it: &Value| (it["source"].to_string(), it["id"].to_string());
        events.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names(&again), names(sent));
    let bodies = |it: &[Message]| it.iter().map(|it| it.body.clone()).collect::<Vec<_>>();
    assert_eq!(bodies(&again), bodies(sent));
});

/// Messages that no one can read, and a tick in each partition behind them.
fn send_unreadable(kafka: &mut KafkaFeed, at: i64) {
    let rules = parse(built_in()).unwrap().rules;
    let mut tick = Vec::new();
    MessageWriter::new(&rules, Framing::SingleObject).tick(Timestamp(at), &mut tick);
    kafka.readings(0, "key", b"<html>404</html>").unwrap();
    kafka.tick(&tick).unwrap();
    kafka.flush().unwrap();
}

broker_test!(webhooks_come_from_a_log_in_a_topic_and_without_an_http_server, |broker| {
    let Some(python) = Python::of_test() else { return };
    let world = World::new(&broker.bootstrap);
    let topics = Topics::new(world.prefix());
    let mut kafka = KafkaFeed::open(&broker.connect(), &topics, 2).unwrap();
    send_unreadable(&mut kafka, 1_764_993_600_000);
    let mut serving = world.serve_plainly(&[]);
    serving.await_words("unreadable: ");
    serving.end();
    let before = world.log().lines().count();
    assert!(before > 1);

    // Its log is behind the target at first; one record comes while it serves.
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let mut script = python.script("webhook.py", &[secret, &(before + 1).to_string()]);
    let mut process = script.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let (address, file) = (lines.next().unwrap(), world.of("secret"));
    fs::write(&file, secret).unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    world.configure(&format!(
        "[hooks]\nfolder = \"{}\"\n[hooks.targets.board]\nurl = \"{address}\"\nsecret_file = \
         \"{file}\"\nbegin = \"start\"\n",
        world.of("hooks")
    ));
    let mut serving = world.serve_plainly(&[]);
    serving.await_words("sending webhooks");
    let mut found: Vec<String> = lines.by_ref().take(before).collect();
    send_unreadable(&mut kafka, 1_764_997_200_000);
    found.extend(lines);
    assert!(process.wait().unwrap().success());
    serving.end();
    let log = world.log();
    let records = log.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
    let of = |it: Value| format!("{} {}", it["position"], it["type"].as_str().unwrap());
    assert_eq!(found, records.map(of).take(before + 1).collect::<Vec<_>>());
});
