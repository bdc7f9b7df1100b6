//! Traces go through `serve`: from the header of an input to that of an order, with a span for the
//! collector.

use std::collections::BTreeMap;
use std::io::{BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::process::Process;
use crate::program::printed;
use crate::support::{Broker, COMMITTED, Message, broker_test, consume_all, consume_raw, now};
use crate::world::World;

/// A collector that keeps what it is sent.
struct Collector {
    endpoint: String,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let bodies = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let of_thread = Arc::clone(&bodies);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut reader = BufReader::new(stream);
                // A client keeps its connection.
                while let Some(body) = request(&mut reader) {
                    of_thread.lock().unwrap().push(body);
                    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
                    reader.get_mut().write_all(answer.as_bytes()).unwrap();
                }
            }
        });
        Self { endpoint, bodies }
    }

    /// How many times these bytes have come.
    fn count(&self, bytes: &[u8]) -> usize {
        let bodies = self.bodies.lock().unwrap();
        let windows = bodies.iter().flat_map(|it| it.windows(bytes.len()));
        windows.filter(|it| *it == bytes).count()
    }
}

/// The body of a request for the address of traces.
fn request(reader: &mut impl std::io::BufRead) -> Option<Vec<u8>> {
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).ok().filter(|it| *it > 0)?;
    assert!(line.starts_with("POST /v1/traces HTTP/1.1"), "{line}");
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).unwrap();
        if let Some((name, value)) = line.split_once(": ") {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap();
            } else if name.eq_ignore_ascii_case("content-type") {
                assert_eq!(value.trim(), "application/x-protobuf");
            }
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Some(body)
}

/// The id of a trace, and its header as a producer sends it.
fn trace(number: usize, sampled: bool) -> (String, String) {
    let id = format!("{:032x}", 0x0af7_6519_16cd_43dd_0000_0000_0000_0001 + number as u128);
    let header = format!("00-{id}-b7ad6b7169203331-{:02}", u8::from(sampled));
    (id, header)
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len() / 2).map(|at| &hex[2 * at..2 * at + 2]);
    pairs.map(|it| u8::from_str_radix(it, 16).unwrap()).collect()
}

/// One partition, so that all inputs can be sent again in their order.
fn world(broker: &Broker, more: &str) -> World {
    let world = World::new(&broker.bootstrap);
    let config = std::fs::read_to_string(world.config()).unwrap();
    let config = config.replacen("[kafka]\n", "[kafka]\npartitions = 1\n", 1);
    std::fs::write(world.config(), config + more).unwrap();
    world
}

fn orders(broker: &Broker, world: &World) -> Vec<Message> {
    let start = world.topic("orders.");
    consume_all(&broker.bootstrap, &start, COMMITTED).into_values().flatten().collect()
}

/// Sends the inputs of a world to another one, each with a trace of its own. Returns the ids.
fn send_again(broker: &Broker, from: &World, to: &World) -> BTreeMap<String, bool> {
    let mut settings = ClientConfig::new();
    let settings = settings.set("bootstrap.servers", &broker.bootstrap);
    let producer: BaseProducer = settings.set("linger.ms", "0").create().unwrap();
    let mut traces = BTreeMap::new();
    for topic in ["forecasts", "readings", "commands"] {
        for raw in consume_raw(broker, &from.topic(topic)) {
            let number = traces.len();
            let is_sampled = number % 2 == 0;
            let (id, header) = trace(number, is_sampled);
            traces.insert(id, is_sampled);
            let header = Header { key: "traceparent", value: Some(&header) };
            let headers = OwnedHeaders::new().insert(header);
            let topic = to.topic(topic);
            let record = BaseRecord::to(&topic).partition(0).key(&raw.key).payload(&raw.payload);
            producer.send(record.headers(headers)).map_err(|it| it.0).unwrap();
        }
    }
    producer.flush(Duration::from_secs(30)).unwrap();
    traces
}

fn await_orders(broker: &Broker, world: &World, serving: &Process, count: usize) -> Vec<Message> {
    let begin = now();
    loop {
        let found = orders(broker, world);
        if found.len() >= count {
            return found;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{} {}", found.len(), serving.words());
        std::thread::sleep(Duration::from_millis(100));
    }
}

broker_test!(the_trace_of_an_input_goes_on_in_its_orders, |broker| {
    // Traces are off where no collector is named.
    let silent = world(broker, "");
    let mut serving = silent.serve();
    let load = ["load", "--brokers", &broker.bootstrap, "--prefix", silent.prefix(), "--json"];
    let run = ["--rate", "4000", "--for", "2s", "--warm-up", "0s", "--late=1e9"];
    printed(&[&load[..], &run].concat());
    serving.end();
    let before = orders(broker, &silent);
    assert!(!before.is_empty());
    assert!(before.iter().all(|it| !it.headers.contains_key("traceparent")), "{before:?}");

    let collector = Collector::start();
    let telemetry = format!("[telemetry]\notlp_endpoint = \"{}\"\n", collector.endpoint);
    let traced = world(broker, &telemetry);
    printed(&["topics", "create", "--config", &traced.config()]);
    let sent = send_again(broker, &silent, &traced);
    let mut serving = traced.serve();
    let found = await_orders(broker, &traced, &serving, before.len());
    // Its end waits for the last spans.
    serving.end();
    let mut counts = [0, 0];
    for order in &found {
        let header = &order.headers["traceparent"];
        let parts: Vec<&str> = header.split('-').collect();
        let [version, id, span, flags] = parts[..] else { panic!("{header}") };
        let is_sampled = sent[id];
        assert_eq!((version, flags), ("00", if is_sampled { "01" } else { "00" }));
        // The order belongs to the span of serve, which belongs to the producer's.
        assert!(span != "b7ad6b7169203331" && span.len() == 16, "{header}");
        let has_come = collector.count(&bytes(id)) > 0 && collector.count(&bytes(span)) > 0;
        assert_eq!(has_come, is_sampled, "{header}");
        counts[usize::from(is_sampled)] += 1;
    }
    assert!(counts[0] + counts[1] >= before.len(), "{counts:?}");
    for part in ["airshed", "service.name", "readings_received", "durable", "airshed.position"] {
        assert!(collector.count(part.as_bytes()) > 0, "{part}: {}", serving.words());
    }
    assert!(collector.count(&bytes("b7ad6b7169203331")) > 0, "the producer's span is the parent");
});

broker_test!(a_collector_that_does_not_answer_is_warned_of_once_and_stops_nothing, |broker| {
    let telemetry = "[telemetry]\notlp_endpoint = \"http://127.0.0.1:9/v1/traces\"\n";
    let (silent, traced) = (world(broker, ""), world(broker, telemetry));
    for it in [&silent, &traced] {
        printed(&["topics", "create", "--config", &it.config()]);
    }
    let rows = silent.of("rows.csv");
    std::fs::write(&rows, "date,hour,type,1001A\n20190112,16,PM2.5,135\n20190112,17,PM2.5,140\n")
        .unwrap();
    assert!(silent.feed_plain(rows.as_ref()).await_end().success());
    send_again(broker, &silent, &traced);
    let mut serving = traced.serve();
    traced.await_hour(&mut serving, "2019-01-12T17:00:00+08:00");
    serving.await_words("the collector does not take spans");
    serving.end();
    assert_eq!(serving.words().matches("the collector").count(), 1, "{}", serving.words());
});
