//! The broker that the tests share, and names that no other test uses.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, UNIX_EPOCH};

use airshed::io::kafka::{Connection, Stop};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Headers as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};

/// The broker of this run.
pub(crate) struct Broker {
    pub(crate) bootstrap: String,
}

static NAMES: AtomicU32 = AtomicU32::new(0);

impl Broker {
    pub(crate) fn connect(&self) -> Connection {
        Connection::new(&self.bootstrap, Stop::default())
    }

    /// The broker that `AIRSHED_TEST_BROKERS` names. Without it the test is skipped.
    pub(crate) fn of_test() -> Option<Self> {
        crate::skip::brokers().map(|bootstrap| Self { bootstrap })
    }
}

/// A name that no other test and no earlier run has used.
#[expect(clippy::disallowed_methods, reason = "Names must differ from one run to the next.")]
pub(crate) fn fresh(place: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let number = NAMES.fetch_add(1, Ordering::Relaxed);
    format!("test.{place}.{}.{}.{number}", now.as_millis(), std::process::id())
}

pub(crate) use crate::process::now;

/// A message as a receiver sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Message {
    pub(crate) key: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Message {
    pub(crate) fn position(&self) -> u64 {
        self.headers["position"].parse().unwrap()
    }
}

/// A message as it can be sent again.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) key: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) payload: Vec<u8>,
}

/// All messages of a topic of one partition, with their very bytes.
pub(crate) fn consume_raw(broker: &Broker, topic: &str) -> Vec<Raw> {
    let mut messages = Vec::new();
    read(&consumer(&broker.bootstrap, COMMITTED), topic, |message| {
        let Message { key, headers, .. } = Message::of(message);
        messages.push(Raw { key, headers, payload: message.payload().unwrap().to_vec() });
    });
    messages
}

/// What a receiver reads that waits for the end of each transaction.
pub(crate) const COMMITTED: &str = "read_committed";
/// What the most careless receiver reads.
pub(crate) const UNCOMMITTED: &str = "read_uncommitted";

fn consumer(bootstrap: &str, isolation: &str) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "test")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("isolation.level", isolation)
        .set("fetch.wait.max.ms", "10")
        .create()
        .unwrap()
}

/// Gives all messages from the beginning of a topic of one partition to its end.
fn read(consumer: &BaseConsumer, topic: &str, mut take: impl FnMut(&BorrowedMessage<'_>)) {
    let mut assigned = TopicPartitionList::new();
    assigned.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
    consumer.assign(&assigned).unwrap();
    loop {
        match consumer.poll(Duration::from_secs(30)).expect("a message") {
            Ok(message) => take(&message),
            Err(KafkaError::PartitionEOF(_)) => return,
            // A connection that broke: the client connects again, or the next poll has nothing.
            Err(error) if is_passing(&error) => {}
            Err(error) => panic!("{topic}: {error}"),
        }
    }
}

fn is_passing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{AllBrokersDown, BrokerTransportFailure};
    matches!(error.rdkafka_error_code(), Some(AllBrokersDown | BrokerTransportFailure))
}

/// All that a topic of one partition holds; nothing where there is no such topic.
pub(crate) fn consume(broker: &Broker, topic: &str) -> Vec<Message> {
    consume_all(&broker.bootstrap, topic, COMMITTED).remove(topic).unwrap_or_default()
}

/// The same for all topics whose names begin so.
pub(crate) fn consume_all(
    bootstrap: &str,
    start: &str,
    isolation: &str,
) -> BTreeMap<String, Vec<Message>> {
    let consumer = consumer(bootstrap, isolation);
    let metadata = consumer.fetch_metadata(None, Duration::from_secs(20)).unwrap();
    let named = metadata.topics().iter().map(|it| it.name().to_owned());
    let topics = named.filter(|it| it.starts_with(start));
    let messages = topics.map(|topic| {
        // A topic that was made just now may not have a leader yet.
        watermarks(&consumer, &topic);
        let mut messages = Vec::new();
        read(&consumer, &topic, |it| messages.push(Message::of(it)));
        (topic, messages)
    });
    messages.filter(|(_, messages)| !messages.is_empty()).collect()
}

fn admin(broker: &Broker) -> (AdminClient<DefaultClientContext>, tokio::runtime::Runtime) {
    let admin = ClientConfig::new().set("bootstrap.servers", &broker.bootstrap).create().unwrap();
    (admin, tokio::runtime::Builder::new_current_thread().build().unwrap())
}

/// Deletes all messages of a topic of one partition, as retention does.
pub(crate) fn delete(broker: &Broker, topic: &str) {
    let (admin, runtime) = admin(broker);
    let mut until = TopicPartitionList::new();
    until.add_partition_offset(topic, 0, Offset::End).unwrap();
    let options = AdminOptions::new();
    runtime.block_on(admin.delete_records(&until, &options)).unwrap();
    assert!(consume(broker, topic).is_empty());
}

/// Deletes a topic, and returns when it is gone.
pub(crate) fn delete_topic(broker: &Broker, topic: &str) {
    let (admin, runtime) = admin(broker);
    let deleted = runtime.block_on(admin.delete_topics(&[topic], &AdminOptions::new()));
    assert_eq!(deleted.unwrap(), [Ok(topic.to_owned())]);
    let begin = now();
    let consumer = consumer(&broker.bootstrap, COMMITTED);
    loop {
        let metadata = consumer.fetch_metadata(None, Duration::from_secs(20)).unwrap();
        if !metadata.topics().iter().any(|it| it.name() == topic) {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{topic} is still there");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The offset after the last message of a topic of one partition; 0 where there is no topic.
pub(crate) fn end(broker: &Broker, topic: &str) -> i64 {
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", &broker.bootstrap).create().unwrap();
    let metadata = consumer.fetch_metadata(None, Duration::from_secs(20)).unwrap();
    let found = metadata.topics().iter().find(|it| it.name() == topic);
    // Who asks for the end of what is not there, or not led yet, waits for it.
    if !found.is_some_and(|it| it.partitions().iter().any(|it| it.leader() >= 0)) {
        return 0;
    }
    watermarks(&consumer, topic).1
}

/// A topic that was made just now may not have a leader yet.
fn watermarks(consumer: &BaseConsumer, topic: &str) -> (i64, i64) {
    let begin = now();
    loop {
        match consumer.fetch_watermarks(topic, 0, Duration::from_secs(20)) {
            Ok(ends) => return ends,
            Err(error) => assert!(begin.elapsed() < Duration::from_secs(20), "{topic}: {error}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl Message {
    fn of(message: &BorrowedMessage<'_>) -> Self {
        let text =
            |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        let headers = message.headers().map(BorrowedHeaders::iter);
        let headers = headers.into_iter().flatten();
        Self {
            key: text(message.key()),
            headers: headers.map(|it| (it.key.to_owned(), text(it.value))).collect(),
            body: text(message.payload()),
        }
    }
}

/// A broker of a test's own, which it may kill.
pub(crate) struct OwnBroker {
    pub(crate) bootstrap: String,
    folder: tempfile::TempDir,
}

impl OwnBroker {
    pub(crate) fn start() -> Self {
        Self::start_by("start")
    }

    /// One with two more listeners, see [`Self::tls`].
    pub(crate) fn start_tls() -> Self {
        Self::start_by("start-tls")
    }

    /// The same with an authorizer, and users with rights yet to be given.
    pub(crate) fn start_acl() -> Self {
        Self::start_by("start-acl")
    }

    fn start_by(action: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bootstrap = control(action, folder.path(), &[]);
        Self { bootstrap, folder }
    }

    /// A file about TLS, such as a certificate.
    pub(crate) fn tls(&self, name: &str) -> String {
        self.folder.path().canonicalize().unwrap().join("tls").join(name).display().to_string()
    }

    /// What stands in such a file.
    pub(crate) fn tls_text(&self, name: &str) -> String {
        std::fs::read_to_string(self.tls(name)).unwrap().trim().to_owned()
    }

    /// Gives its user another password.
    pub(crate) fn set_password(&self, password: &str) {
        control("password", self.folder.path(), &[password]);
    }

    /// Like a power cut for the process; what it had written stays.
    pub(crate) fn kill(&self) {
        control("kill", self.folder.path(), &[]);
    }

    /// Starts it again later, on the same address with the same data.
    pub(crate) fn start_again_after(&self, pause: Duration) -> JoinHandle<()> {
        let folder = self.folder.path().to_owned();
        std::thread::spawn(move || {
            std::thread::sleep(pause);
            control("start", &folder, &[]);
        })
    }
}

impl Drop for OwnBroker {
    fn drop(&mut self) {
        control("kill", self.folder.path(), &[]);
    }
}

fn control(action: &str, folder: &Path, more: &[&str]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/kafka/broker");
    let output = Command::new(script).arg(action).arg(folder).args(more).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "broker {action}: {words}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Runs a test with the broker, or skips it.
macro_rules! broker_test {
    ($name:ident, |$broker:ident| $body:block) => {
        #[test]
        fn $name() {
            if let Some(broker) = $crate::support::Broker::of_test() {
                let $broker = &broker;
                $body
            }
        }
    };
}

pub(crate) use broker_test;
