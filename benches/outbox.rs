//! Publishing in transactions, against sending the same messages without them.
//!
//! `cargo bench --bench outbox`: with the broker that `AIRSHED_TEST_BROKERS` names, as
//! `deploy/kafka/broker start DIR` prints it.

#![expect(clippy::unwrap_used, reason = "A bench that cannot go on has failed.")]
#![expect(clippy::print_stdout, reason = "It is there to tell numbers.")]
#![expect(clippy::disallowed_methods, reason = "It measures time.")]

use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use airshed::domain::{
    Cause, Event, Fact, Grade, Hour, JurisdictionIndex, Order, OrderAct, OrderSet, ResponseEvent,
    Timestamp, WarningId,
};
use airshed::engine::{BookInForce, EventLog as _, Outbox as _, Position, Record};
use airshed::io::kafka::{Connection, KafkaLog, KafkaOutbox, Stop, Topics};
use airshed::wire::record::RuleFiles;
use airshed::wire::rule_book::{built_in, parse};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers as _, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{Message as _, Offset, TopicPartitionList};

/// Decisions one after the other, each with an order to every jurisdiction.
const DECISIONS: u64 = 300;
/// Decisions published at once, as after a long stop.
const CATCH_UP: u64 = 3_000;

fn main() {
    let Ok(bootstrap) = std::env::var("AIRSHED_TEST_BROKERS") else {
        println!("name a broker in AIRSHED_TEST_BROKERS; deploy/kafka/broker start DIR prints one");
        return;
    };
    let mut world = World::open(&bootstrap);
    let mut fenced = Vec::new();
    for _ in 0..DECISIONS {
        fenced.push(world.publish(1));
    }
    let messages = world.messages();
    let plain = Plain::open(&bootstrap);
    let mut bare = Vec::new();
    for of_decision in messages.chunks(messages.len() / usize::try_from(DECISIONS).unwrap()) {
        // The log is written to in between, as it is by the program.
        world.append(1);
        bare.push(plain.send(of_decision));
    }
    // Of many states at once only the newest is published.
    let current = world.topics.current();
    let orders: Vec<_> = messages.iter().filter(|it| it.topic() != current).collect();
    let repeated = orders.iter().cycle().take(orders.len() * 10);
    let all: Vec<_> = repeated.map(|it| OwnedMessage::clone(it)).collect();
    println!("{DECISIONS} decisions of {} messages each", messages.len() as u64 / DECISIONS);
    tell("without transactions", &mut bare);
    tell("fenced", &mut fenced);
    println!("  ratio of the medians {:.2}", ms(median(&fenced)) / ms(median(&bare)));
    let (at_once, sent) = (plain.send(&all), world.publish(CATCH_UP));
    println!("{CATCH_UP} decisions at once");
    println!("  without transactions {:>8.0} decisions/s", rate(at_once));
    println!("  fenced               {:>8.0} decisions/s", rate(sent));
    println!("  ratio {:.2}", at_once.as_secs_f64() / sent.as_secs_f64());
}

#[expect(clippy::cast_precision_loss, reason = "Numbers for people.")]
fn rate(took: Duration) -> f64 {
    CATCH_UP as f64 / took.as_secs_f64()
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}

fn median(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() / 2]
}

fn tell(what: &str, took: &mut [Duration]) {
    took.sort_unstable();
    let (half, most) = (median(took), took[took.len() * 99 / 100]);
    println!("  {what:<20} median {:>6.2} ms, 99 of 100 below {:>6.2} ms", ms(half), ms(most));
}

/// A log, and what is published from it.
struct World {
    bootstrap: String,
    topics: Topics,
    log: KafkaLog,
    outbox: KafkaOutbox,
    book: BookInForce,
    next: u64,
    jurisdictions: u16,
}

impl World {
    fn open(bootstrap: &str) -> Self {
        let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let topics = Topics::new(&format!("bench.out.{now}"));
        let connection = Connection::new(bootstrap, Stop::default());
        let parse_rules = |files: &RuleFiles| {
            parse(files.to_vec()).map(Arc::new).map_err(|error| error.to_string())
        };
        let mut log =
            KafkaLog::open(&connection, &topics.log(), &topics.log(), parse_rules).unwrap();
        let writer = log.writer().clone();
        let mut outbox = KafkaOutbox::open(&connection, &writer, topics.clone(), "bench");
        let book = Arc::new(parse(built_in()).unwrap());
        let jurisdictions = u16::try_from(book.rules.jurisdictions.len()).unwrap();
        let adopted = record(0, Event::Fact(Fact::RuleBookAdopted(book)));
        log.append(std::slice::from_ref(&adopted)).unwrap();
        let mut book = BookInForce::default();
        assert_eq!(outbox.unsent_from(), Ok(Position(0)));
        outbox.publish(&Arc::new(book.entry(adopted))).unwrap();
        outbox.flush().unwrap();
        Self { bootstrap: bootstrap.to_owned(), topics, log, outbox, book, next: 1, jurisdictions }
    }

    fn append(&mut self, decisions: u64) -> Vec<Record> {
        let orders = |_| (0..self.jurisdictions).map(order).collect();
        let set = |position| {
            let set = OrderSet {
                epoch: position,
                hour: Hour(429_990),
                decided_at: Timestamp(0),
                effective_at: Some(Hour(430_000)),
                linked: false,
                orders: orders(position),
                floor_orders: Vec::new(),
                proposal: None,
            };
            record(position, Event::Response(ResponseEvent::OrderSetIssued(set)))
        };
        let records: Vec<_> = (self.next..self.next + decisions).map(set).collect();
        self.next += decisions;
        self.log.append(&records).unwrap();
        records
    }

    /// From the end of the append until all orders have arrived.
    fn publish(&mut self, decisions: u64) -> Duration {
        let records = self.append(decisions);
        let entries: Vec<_> = records.into_iter().map(|it| Arc::new(self.book.entry(it))).collect();
        let begin = Instant::now();
        for entry in &entries {
            self.outbox.publish(entry).unwrap();
        }
        self.outbox.flush().unwrap();
        begin.elapsed()
    }

    /// All that was published, in the order in which it was, as far as one consumer can tell.
    fn messages(&self) -> Vec<OwnedMessage> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.bootstrap)
            .set("group.id", "bench")
            .set("enable.partition.eof", "true")
            .create()
            .unwrap();
        let metadata = consumer.fetch_metadata(None, Duration::from_secs(20)).unwrap();
        let names = metadata.topics().iter().map(rdkafka::metadata::MetadataTopic::name);
        let mut messages = Vec::new();
        for name in names.filter(|it| self.topics.goes_out(it)) {
            let mut assigned = TopicPartitionList::new();
            assigned.add_partition_offset(name, 0, Offset::Beginning).unwrap();
            consumer.assign(&assigned).unwrap();
            loop {
                match consumer.poll(Duration::from_secs(30)) {
                    None => {}
                    Some(Ok(message)) => messages.push(message.detach()),
                    Some(Err(KafkaError::PartitionEOF(_))) => break,
                    Some(Err(error)) => panic!("{error}"),
                }
            }
        }
        let position = |it: &OwnedMessage| {
            let header = it.headers().unwrap().iter().find(|it| it.key == "position").unwrap();
            std::str::from_utf8(header.value.unwrap()).unwrap().parse::<u64>().unwrap()
        };
        messages.sort_by_key(position);
        messages
    }
}

fn record(position: u64, event: Event) -> Record {
    Record {
        position: Position(position),
        happened_at: Timestamp(0),
        recorded_at: Timestamp(0),
        correlation: None,
        causation: None,
        event,
    }
}

fn order(jurisdiction: u16) -> Order {
    Order {
        jurisdiction: JurisdictionIndex(jurisdiction),
        warning: WarningId { jurisdiction: JurisdictionIndex(jurisdiction), number: 1 },
        act: OrderAct::Impose,
        effective_at: Some(Hour(430_000)),
        grade: Grade::Orange,
        measures: vec![],
        floors: vec![],
        causes: vec![Cause::Warning],
        expected_end: None,
        acknowledge_by: Timestamp(0),
        response: None,
        measure_causes: Vec::new(),
        conclusion: None,
    }
}

/// A producer that nobody fences: idempotent, every replica, no delay.
struct Plain(BaseProducer);

impl Plain {
    fn open(bootstrap: &str) -> Self {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "0")
            .set("socket.nagle.disable", "true")
            .create();
        Self(producer.unwrap())
    }

    fn send(&self, messages: &[OwnedMessage]) -> Duration {
        let begin = Instant::now();
        for message in messages {
            let headers = message.headers().map_or_else(OwnedHeaders::new, Clone::clone);
            let record = BaseRecord::to(message.topic())
                .partition(0)
                .key(message.key().unwrap())
                .payload(message.payload().unwrap())
                .headers(headers);
            self.0.send(record).map_err(|(error, _)| error).unwrap();
        }
        while self.0.in_flight_count() > 0 {
            self.0.poll(Duration::ZERO);
            std::thread::sleep(Duration::from_micros(100));
        }
        begin.elapsed()
    }
}
