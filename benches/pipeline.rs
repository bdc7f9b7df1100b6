//! Kafka in, log, orders out, against a loop that only consumes the same topics.
//!
//! `cargo bench --bench pipeline`: with the broker that `AIRSHED_TEST_BROKERS` names, else with
//! one of its own from `deploy/kafka`. With `-- 1` or `-- 100` only so many readings a message.

#![expect(clippy::unwrap_used, reason = "A bench that cannot go on has failed.")]
#![expect(clippy::print_stdout, reason = "It is there to tell numbers.")]
#![expect(clippy::disallowed_methods, reason = "It measures time.")]

use std::cell::RefCell;
use std::process::Command as Process;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use airshed::domain::{
    AirEvent, Command, Event, Hour, Outcome, Pollutant, Reading, ResponseEvent, RuleBook,
    StationIndex, Stream, Timestamp,
};
use airshed::engine::projection::Marks;
use airshed::engine::{
    Engine, Entry, EventLog, Inbox, Needs, Outbox, PortError, Position, Record, Records,
};
use airshed::io::kafka::{
    Connection, KafkaFeed, KafkaInbox, KafkaLog, KafkaOutbox, Stop, Topics, spread,
};
use airshed::wire::message::{Framing, MessageWriter};
use airshed::wire::record::RuleFiles;
use airshed::wire::rule_book::{built_in, parse};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

const FIRST_HOUR: i32 = 430_000;
const PARTITIONS: usize = 4;
/// Each is measured so often; the best run of each side counts.
const ROUNDS: usize = 3;

fn main() {
    let broker = Broker::find();
    let only: Option<usize> = std::env::args().find_map(|it| it.parse().ok());
    for (readings, pack) in [(1_000_000, 1), (5_000_000, 100)] {
        if only.is_none_or(|it| it == pack) {
            measure(&broker.bootstrap, readings, pack);
        }
    }
}

fn measure(bootstrap: &str, readings: usize, pack: usize) {
    let book = book();
    let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let inputs = format!("bench.{now}.{pack}");
    let feed = feed(bootstrap, &inputs, &book, readings, pack);
    println!(
        "\n{} readings, {pack} a message: {} messages in {PARTITIONS} partitions, {} hours",
        feed.readings, feed.messages, feed.hours
    );
    let mut bare: Option<Spent> = None;
    let mut whole: Option<Spent> = None;
    for _ in 0..ROUNDS {
        bare = Some(better(bare, consume_only(bootstrap, &inputs, feed.messages)));
        whole = Some(better(whole, pipeline(bootstrap, &inputs, &book, &feed)));
    }
    let (bare, whole) = (bare.unwrap(), whole.unwrap());
    tell("consume only", bare, &feed);
    tell("in, log, orders out", whole, &feed);
    println!("  ratio {:.2}", bare.wall_s / whole.wall_s);
}

#[derive(Clone, Copy, Debug)]
struct Spent {
    wall_s: f64,
    cpu_s: f64,
}

fn better(before: Option<Spent>, now: Spent) -> Spent {
    before.filter(|it| it.wall_s <= now.wall_s).unwrap_or(now)
}

#[expect(clippy::cast_precision_loss, reason = "Numbers for people.")]
fn tell(what: &str, spent: Spent, feed: &Feed) {
    let millions = feed.readings as f64 / 1e6;
    println!(
        "  {what:<20} {:>6.2} s  {:>6.2} M readings/s  {:>6.3} CPU s per million readings",
        spent.wall_s,
        millions / spent.wall_s,
        spent.cpu_s / millions
    );
}

/// Wall time and the processor time of all threads of this process, from the first message on:
/// how long a client takes to find its broker is not the question.
#[derive(Debug, Default)]
struct Watch {
    begin: Option<(Instant, f64)>,
}

impl Watch {
    fn now() -> (Instant, f64) {
        (Instant::now(), cpu_s())
    }

    fn spent(&self) -> Spent {
        let (begin, cpu) = self.begin.unwrap();
        Spent { wall_s: begin.elapsed().as_secs_f64(), cpu_s: cpu_s() - cpu }
    }
}

/// Linux counts in hundredths of a second.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|it| it.parse::<f64>().ok()).sum();
    ticks / 100.0
}

fn parse_rules(files: &RuleFiles) -> Result<Arc<RuleBook>, String> {
    parse(files.to_vec()).map(Arc::new).map_err(|error| error.to_string())
}

fn book() -> Arc<RuleBook> {
    let mut files = built_in();
    files.push(("run.toml".into(), "[parameters]\nclock = \"sources\"\n".into()));
    parse_rules(&files).unwrap()
}

struct Feed {
    readings: usize,
    messages: u64,
    hours: i32,
    last: Hour,
}

/// All six pollutants of every station, as the national network reports them; fine particles
/// come in episodes that rise and die away.
fn feed(bootstrap: &str, prefix: &str, book: &RuleBook, readings: usize, pack: usize) -> Feed {
    let rules = &book.rules;
    let connection = Connection::new(bootstrap, Stop::default());
    let partitions = i32::try_from(PARTITIONS).unwrap();
    let mut kafka = KafkaFeed::open(&connection, &Topics::new(prefix), partitions).unwrap();
    let writer = MessageWriter::new(rules, Framing::SingleObject);
    let mut by_partition = vec![Vec::new(); PARTITIONS];
    for (station, place) in rules.stations.iter().zip(0..) {
        if station.counts(Hour(FIRST_HOUR)) {
            by_partition[spread(&station.code, PARTITIONS)].push(StationIndex(place));
        }
    }
    let (mut bytes, mut sent, mut hour) = (Vec::new(), 0, Hour(FIRST_HOUR));
    while sent < readings {
        for (partition, stations) in by_partition.iter().enumerate() {
            let values: Vec<_> = stations.iter().flat_map(|it| values(*it, hour)).collect();
            for chunk in values.chunks(pack) {
                let key = &rules.stations[usize::from(chunk[0].station.0)].code;
                writer.readings(&[(hour, chunk)], &mut bytes);
                kafka.readings(partition, key, &bytes).unwrap();
            }
            sent += values.len();
        }
        writer
            .tick(hour.end().plus_minutes(rules.parameters.closing.publish_delay_min), &mut bytes);
        kafka.tick(&bytes).unwrap();
        hour = hour.plus(1);
    }
    let last = hour.plus(-1);
    writer.tick(last.end().plus_minutes(rules.parameters.closing.grace_min), &mut bytes);
    kafka.tick(&bytes).unwrap();
    kafka.flush().unwrap();
    Feed { readings: sent, messages: kafka.sent(), hours: hour.0 - FIRST_HOUR, last }
}

/// Six bad days every two months, a little other at every station: about as often as in 2019.
fn values(station: StationIndex, hour: Hour) -> [Reading; 6] {
    let phase = (hour.0 + i32::from(station.0)) % 1_440;
    let bad = if phase < 144 { 35 * phase.min(144 - phase) } else { 0 };
    let fine = 300 + bad + i32::from(station.0) % 7 * 10;
    Pollutant::ALL.map(|pollutant| Reading {
        tenths: fine + 100 * i32::from(pollutant as u8),
        station,
        revision: 0,
        pollutant,
        outcome: Outcome::Taken,
    })
}

/// The same client with the same settings, and nothing done with what it brings.
fn consume_only(bootstrap: &str, prefix: &str, messages: u64) -> Spent {
    let topics = Topics::new(prefix);
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "bench")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("fetch.queue.backoff.ms", "2")
        .set("queued.min.messages", "100000")
        .set("fetch.message.max.bytes", "4194304")
        .create()
        .unwrap();
    let mut assigned = TopicPartitionList::new();
    for partition in 0..i32::try_from(PARTITIONS).unwrap() {
        assigned.add_partition_offset(&topics.readings(), partition, Offset::Beginning).unwrap();
    }
    assigned.add_partition_offset(&topics.forecasts(), 0, Offset::Beginning).unwrap();
    consumer.assign(&assigned).unwrap();
    let (mut seen, mut bytes, mut watch) = (0, 0, Watch::default());
    while seen < messages {
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            watch.begin.get_or_insert_with(Watch::now);
            bytes += message.unwrap().payload_len();
            seen += 1;
        }
    }
    assert!(bytes > 0);
    watch.spent()
}

fn pipeline(bootstrap: &str, inputs: &str, book: &Arc<RuleBook>, feed: &Feed) -> Spent {
    let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let outputs = Topics::new(&format!("{inputs}.out.{now}"));
    let connection = Connection::new(bootstrap, Stop::default());
    let writer = outputs.log();
    let log = KafkaLog::open(&connection, &outputs.log(), &writer, parse_rules).unwrap();
    let inbox = KafkaInbox::open(&connection, &Topics::new(inputs), 1).unwrap();
    let streams = inbox.streams();
    let writer = log.writer().clone();
    let outbox = KafkaOutbox::open(&connection, &writer, outputs, "bench");
    let doors = Rc::new(RefCell::new(Doors::default()));
    let inbox = Watched { door: inbox, doors: Rc::clone(&doors) };
    let log = Watched { door: log, doors: Rc::clone(&doors) };
    let outbox = Watched { door: outbox, doors: Rc::clone(&doors) };
    let mut engine =
        Engine::open(Arc::clone(book), Timestamp::default(), inbox, log, outbox).unwrap();
    *doors.borrow_mut() = Doors::default();
    engine.submit(vec![Command::JoinStreams(streams)], None).unwrap();
    while doors.borrow().last < feed.last {
        engine.step(None).unwrap();
    }
    let doors = doors.borrow();
    let spent = doors.watch.spent();
    assert!(doors.order_sets > 0, "there is something to order");
    println!(
        "    {:.2} s: take {:.2}, append {:.2} ({} appends of {} records), publish {:.2}, flush {:.2}",
        spent.wall_s,
        doors.take.as_secs_f64(),
        doors.append.as_secs_f64(),
        doors.appends,
        doors.records,
        doors.publish.as_secs_f64(),
        doors.flush.as_secs_f64()
    );
    spent
}

/// What passed through the doors, and how long it took there; the rest is the engine's own.
#[derive(Debug, Default)]
struct Doors {
    watch: Watch,
    take: Duration,
    append: Duration,
    publish: Duration,
    flush: Duration,
    appends: u64,
    records: usize,
    last: Hour,
    order_sets: u64,
}

struct Watched<D> {
    door: D,
    doors: Rc<RefCell<Doors>>,
}

impl<I: Inbox> Inbox for Watched<I> {
    fn adopt(&mut self, book: &Arc<RuleBook>) {
        self.door.adopt(book);
    }

    fn resume(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError> {
        self.door.resume(taken)
    }

    fn poll(&mut self) -> Result<Vec<Command>, PortError> {
        let mut doors = self.doors.borrow_mut();
        let begin = if doors.watch.begin.is_none() { Some(Watch::now()) } else { None };
        let started = Instant::now();
        let taken = self.door.poll();
        if !matches!(&taken, Ok(commands) if commands.is_empty()) {
            doors.watch.begin = doors.watch.begin.or(begin);
            doors.take += started.elapsed();
        }
        taken
    }
}

impl<L: EventLog> EventLog for Watched<L> {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        let begin = Instant::now();
        self.door.append(records)?;
        let mut doors = self.doors.borrow_mut();
        doors.append += begin.elapsed();
        doors.appends += 1;
        doors.records += records.len();
        for record in records {
            if let Event::Air(AirEvent::HourClosed(closed)) = &record.event {
                doors.last = closed.hour;
            }
            doors.order_sets += u64::from(matches!(
                record.event,
                Event::Response(ResponseEvent::OrderSetIssued(_))
            ));
        }
        Ok(())
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        self.door.read(from)
    }
}

impl<O: Outbox> Outbox for Watched<O> {
    fn unsent_from(&mut self) -> Result<Position, PortError> {
        self.door.unsent_from()
    }

    fn needs(&self, marks: &Marks) -> Needs {
        self.door.needs(marks)
    }

    fn recall(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        self.door.recall(entry)
    }

    fn publish(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        let begin = Instant::now();
        let published = self.door.publish(entry);
        self.doors.borrow_mut().publish += begin.elapsed();
        published
    }

    fn flush(&mut self) -> Result<(), PortError> {
        let begin = Instant::now();
        let flushed = self.door.flush();
        self.doors.borrow_mut().flush += begin.elapsed();
        flushed
    }
}

/// The broker, and the folder of one that is ours to stop.
struct Broker {
    bootstrap: String,
    folder: Option<tempfile::TempDir>,
}

impl Broker {
    fn find() -> Self {
        if let Ok(bootstrap) = std::env::var("AIRSHED_TEST_BROKERS") {
            return Self { bootstrap, folder: None };
        }
        let folder = tempfile::tempdir().unwrap();
        let bootstrap = control("start", folder.path());
        Self { bootstrap, folder: Some(folder) }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            control("stop", folder.path());
        }
    }
}

fn control(action: &str, folder: &std::path::Path) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/kafka/broker");
    // Unlike in tests, the broker's own speed matters here.
    let output = Process::new(script)
        .env("KAFKA_JVM_OPTS", "-Xms1g -Xmx1g -XX:+UseSerialGC")
        .arg(action)
        .arg(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
