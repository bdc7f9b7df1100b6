//! The metrics of a real `serve`: how far it is behind its inputs, and how long orders take.

#![expect(clippy::float_cmp, reason = "The numbers are whole.")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::process::Process;
use crate::program::printed;
use crate::support::{Broker, broker_test, now};
use crate::world::World;

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The samples of `/metrics`; none while nothing listens.
fn samples(address: &str) -> Option<BTreeMap<String, f64>> {
    let mut stream = TcpStream::connect(address).ok()?;
    let head = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    let mut page = String::new();
    stream.read_to_string(&mut page).ok()?;
    let (head, page) = page.split_once("\r\n\r\n")?;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let lines = page.lines().filter(|it| !it.starts_with('#'));
    Some(lines.map(|it| it.rsplit_once(' ').unwrap()).map(number).collect())
}

fn number((name, value): (&str, &str)) -> (String, f64) {
    (name.to_owned(), value.parse().unwrap())
}

/// The samples, once they are as they should be.
fn await_samples(
    serving: &Process,
    address: &str,
    is_right: impl Fn(&BTreeMap<String, f64>) -> bool,
) -> BTreeMap<String, f64> {
    let begin = now();
    loop {
        let found = samples(address);
        if let Some(found) = found.filter(|it| is_right(it)) {
            return found;
        }
        let last = samples(address).map(|it| lag(&it));
        assert!(begin.elapsed() < Duration::from_secs(60), "{last:?} {}", serving.words());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The lag of each partition, without the prefix of the topics.
fn lag(samples: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let label = |it: &str| {
        let name = it.strip_prefix("airshed_stream_lag_messages{stream=\"")?;
        Some(name.strip_suffix("\"}")?.rsplit('.').next()?.to_owned())
    };
    samples.iter().filter_map(|(it, value)| Some((label(it)?, *value))).collect()
}

/// Messages by a schema that no registry will ever give.
fn put_unreadable(broker: &Broker, topic: &str, partition: i32, count: usize) {
    let mut settings = ClientConfig::new();
    let settings = settings.set("bootstrap.servers", &broker.bootstrap);
    let producer: BaseProducer = settings.create().unwrap();
    for _ in 0..count {
        let record = BaseRecord::<[u8], [u8]>::to(topic).partition(partition);
        producer.send(record.payload(&[0, 0, 0, 0, 7, 1])).map_err(|it| it.0).unwrap();
    }
    producer.flush(Duration::from_secs(20)).unwrap();
}

broker_test!(lag_and_latencies_are_what_happens, |broker| {
    let world = World::new(&broker.bootstrap);
    let address = free_address();
    world.configure(&format!("[http]\nlisten = \"{address}\"\n"));
    let mut serving = world.serve();
    let load = ["load", "--brokers", &broker.bootstrap, "--prefix", world.prefix(), "--json"];
    let run = ["--rate", "4000", "--for", "2s", "--warm-up", "0s", "--late=1e9"];
    printed(&[&load[..], &run].concat());
    let all = ["commands/0", "forecasts/0", "readings/0", "readings/1", "readings/2", "readings/3"];
    let found = await_samples(&serving, &address, |it| {
        lag(it).len() == all.len() && lag(it).values().all(|it| *it <= 1.0)
    });
    assert!(lag(&found).keys().eq(all), "{:?}", lag(&found));
    for kind in ["decision", "order"] {
        let of_kind = |end: &str| found[&format!("airshed_{kind}_latency_seconds_{end}")];
        let count = of_kind("count");
        assert!(count > 0.0 && of_kind("sum") > 0.0, "{kind}: {found:?}");
        assert_eq!(of_kind("bucket{le=\"+Inf\"}"), count, "{kind}");
        // A minute is more than any of them takes.
        assert_eq!(of_kind("bucket{le=\"60\"}"), count, "{kind}");
    }
    serving.end();

    // What waits for a registry that never answers is not taken. Of all other messages, the last
    // one of each partition may wait until all clocks have passed it.
    put_unreadable(broker, &world.topic("readings"), 1, 3);
    world.configure("[registry]\nurl = \"http://127.0.0.1:9\"\n");
    let mut serving = world.serve();
    let found = await_samples(&serving, &address, |it| {
        let lag = lag(it);
        lag.get("readings/1").zip(lag.get("readings/0")).is_some_and(|(it, of)| it - of == 3.0)
    });
    let mut others = lag(&found).into_iter().filter(|it| it.0 != "readings/1");
    assert!(others.all(|it| it.1 <= 1.0), "{:?}", lag(&found));
    serving.end();
});
