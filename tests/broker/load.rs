//! `load` against a real `serve`: it measures, and it finds what should not be there.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::Value;

use crate::program::{airshed, json};
use crate::support::{Broker, broker_test, consume, end, now};
use crate::world::World;

/// Two seconds of readings: about four days, with the first warnings.
const LOAD: [&str; 8] =
    ["--rate", "4000", "--for", "2s", "--warm-up", "0s", "--json", "--late=1e9"];

fn arguments<'a>(broker: &'a Broker, world: &'a World, more: &[&'a str]) -> Vec<&'a str> {
    let place = ["load", "--brokers", &broker.bootstrap, "--prefix", world.prefix()];
    [&place[..], &LOAD, more].concat()
}

broker_test!(a_run_measures_and_finds_every_order_right, |broker| {
    let world = World::new(&broker.bootstrap);
    let serving = world.serve();
    let (key, pid) = (world.of("key.pub"), serving.id().to_string());
    let told = json(&arguments(broker, &world, &["--log-key", &key, "--serve-pid", &pid]));
    let orders = &told["orders"];
    assert!(orders["expected"].as_u64().unwrap() > 0, "{told}");
    assert_eq!(orders["expected"], orders["received"], "{told}");
    assert_eq!(told["faults"], Value::Array(Vec::new()), "{told}");
    assert_eq!(told["early_checked"], true);
    assert!(told["proofs_checked_to"].as_u64().unwrap() > 0, "{told}");
    let step = &told["steps"][0];
    let latency = &step["latency_ms"];
    for kind in ["intended_to_sent", "broker", "reading_to_hour_closed", "reading_to_order"] {
        let of_kind = &latency[kind];
        assert!(of_kind["count"].as_u64().unwrap() > 0, "{kind}: {told}");
        let (p50, max) = (of_kind["p50"].as_f64().unwrap(), of_kind["max"].as_f64().unwrap());
        assert!(0.0 < p50 && p50 <= max, "{kind}: {told}");
    }
    assert_eq!(latency["reading_to_hour_closed"]["count"], step["hours"], "{told}");
    assert!(step["serve"]["memory_mib"].as_f64().unwrap() > 0.0, "{told}");
    // The same prefix again would compare with the orders of another run.
    let (code, _, words) = airshed(&arguments(broker, &world, &[]));
    assert_eq!(code, 2, "{words}");
    assert!(words.contains("another run"), "{words}");
});

broker_test!(an_order_that_another_producer_puts_there_is_found, |broker| {
    let world = World::new(&broker.bootstrap);
    let serving = world.serve();
    serving.await_words("serving");
    let topic = world.topic("orders.130400");
    let stranger = Stranger::new(broker);
    stranger.put(&topic, "999-130400", "999999", br#"{"order":"999-130400","position":999999}"#);
    let bootstrap = broker.bootstrap.clone();
    let doubled = topic.clone();
    // Sends the first order of `serve` once more, while the run goes on.
    let thread = std::thread::spawn(move || {
        let broker = Broker { bootstrap };
        let begin = now();
        let first = loop {
            let ours = consume(&broker, &doubled).into_iter().nth(1);
            if let Some(message) = ours {
                break message;
            }
            assert!(begin.elapsed() < Duration::from_secs(60), "no order came");
            std::thread::sleep(Duration::from_millis(20));
        };
        let (id, position) = (&*first.headers["ce_id"], &*first.headers["position"]);
        Stranger::new(&broker).put(&doubled, id, position, first.body.as_bytes());
        id.to_owned()
    });
    let (code, out, words) = airshed(&arguments(broker, &world, &[]));
    let id = thread.join().unwrap();
    assert!(end(broker, &topic) > 2);
    assert_eq!(code, 1, "{out}{words}");
    let told: Value = serde_json::from_str(&out).unwrap();
    let faults = told["faults"].as_array().unwrap();
    let has = |kind: &str, order: &str| {
        faults.iter().any(|it| it["kind"] == kind && it["order"] == order)
    };
    assert!(has("wrong", "999-130400") && has("doubled", &id), "{told}");
    assert_eq!(told["orders"]["lost"], 0, "{told}");
    assert!(words.contains("faults in the orders"), "{words}");
});

broker_test!(a_ramp_ends_at_its_bound, |broker| {
    let world = World::new(&broker.bootstrap);
    let _serving = world.serve();
    // No order comes within a microsecond.
    let told = json(&arguments(broker, &world, &["--ramp", "--p99", "0.001"]));
    assert_eq!(told["ramp"]["rate"], Value::Null, "{told}");
    assert_eq!(told["steps"].as_array().unwrap().len(), 1, "{told}");
});

/// Someone else who may write to the topics.
struct Stranger(BaseProducer);

impl Stranger {
    fn new(broker: &Broker) -> Self {
        Self(ClientConfig::new().set("bootstrap.servers", &broker.bootstrap).create().unwrap())
    }

    fn put(&self, topic: &str, id: &str, position: &str, body: &[u8]) {
        let header = |key, value| Header { key, value: Some(value) };
        let headers =
            OwnedHeaders::new().insert(header("ce_id", id)).insert(header("position", position));
        let record = BaseRecord::<str, [u8]>::to(topic).payload(body).headers(headers);
        self.0.send(record).map_err(|it| it.0).unwrap();
        self.0.flush(Duration::from_secs(20)).unwrap();
    }
}
