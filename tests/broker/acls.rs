//! A broker with an authorizer: the rights of `deploy/kafka/acls` are enough, and no more than that.

use std::process::Command;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext};
use rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};

use crate::program::{airshed, printed};
use crate::support::{OwnBroker, broker_test};
use crate::world::World;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Runs the commands that `deploy/kafka/acls` prints, as they stand there.
fn grant(broker: &OwnBroker, prefix: &str, who: &[&str]) {
    let programs = tempfile::tempdir().unwrap();
    let program = programs.path().join("kafka-acls.sh");
    let text = format!("#!/bin/sh\nexec {ROOT}/deploy/kafka/broker kafka-acls \"$@\"\n");
    std::fs::write(&program, text).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(&program).status().unwrap().success());
    let line = "PATH=$PROGRAMS:$PATH; \"$0\" \"$@\" | sh -e";
    let output = Command::new("sh")
        .args(["-c", line, &format!("{ROOT}/deploy/kafka/acls")])
        .args(["--prefix", prefix, "--bootstrap-server", &broker.bootstrap])
        .args(who)
        .env("PROGRAMS", programs.path())
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && words.contains("permissionType=ALLOW"), "{words}{errors}");
}

/// How a user comes in.
struct User<'a> {
    broker: &'a OwnBroker,
    name: &'a str,
}

impl User<'_> {
    fn settings(&self) -> [(&'static str, String); 5] {
        [
            ("security.protocol", "sasl_ssl".to_owned()),
            ("sasl.mechanism", "SCRAM-SHA-512".to_owned()),
            ("sasl.username", self.name.to_owned()),
            ("sasl.password", self.broker.tls_text("password")),
            ("ssl.ca.location", self.broker.tls("ca.pem")),
        ]
    }

    fn address(&self) -> String {
        self.broker.tls_text("sasl")
    }

    /// The arguments of a command of this user.
    fn arguments(&self) -> Vec<String> {
        let set = self.settings().map(|(key, value)| format!("{key}={value}"));
        let set = set.into_iter().flat_map(|it| ["--kafka-set".to_owned(), it]);
        ["--brokers".to_owned(), self.address()].into_iter().chain(set).collect()
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.address());
        for (key, value) in self.settings() {
            config.set(key, value);
        }
        config
    }

    /// Reads a topic from its beginning; the error, if it may not.
    fn read(&self, topic: &str) -> Option<RDKafkaErrorCode> {
        let mut config = self.config();
        config.set("group.id", format!("{BODY}-board")).set("enable.partition.eof", "true");
        let consumer: BaseConsumer = config.create().unwrap();
        let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(30)).unwrap();
        if let Some(error) = metadata.topics().iter().find_map(MetadataTopic::error) {
            return Some(error.into());
        }
        let mut assigned = TopicPartitionList::new();
        assigned.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
        consumer.assign(&assigned).unwrap();
        match consumer.poll(Duration::from_secs(30)).unwrap_or_else(|| panic!("no answer: {topic}"))
        {
            Ok(_) | Err(KafkaError::PartitionEOF(_)) => None,
            Err(error) => error.rdkafka_error_code(),
        }
    }

    /// Sends a message to a topic; the error, if it may not.
    fn write(&self, topic: &str) -> Option<RDKafkaErrorCode> {
        let context = Heard::default();
        let producer: BaseProducer<Heard> = self.config().create_with_context(context).unwrap();
        producer
            .send(BaseRecord::<[u8], [u8]>::to(topic).payload(b"x"))
            .map_err(|it| it.0)
            .unwrap();
        producer.flush(Duration::from_secs(30)).unwrap();
        let heard = producer.context().0.lock().unwrap().take();
        heard.expect("an answer of the broker").err()
    }
}

/// What became of a message.
#[derive(Default)]
struct Heard(std::sync::Mutex<Option<Result<(), RDKafkaErrorCode>>>);

impl ClientContext for Heard {}

impl ProducerContext for Heard {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let heard = result.as_ref().map(drop);
        let code = heard.map_err(|(error, _)| error.rdkafka_error_code().unwrap());
        *self.0.lock().unwrap() = Some(code);
    }
}

const BODY: &str = "130100";
const DENIED: Option<RDKafkaErrorCode> = Some(RDKafkaErrorCode::TopicAuthorizationFailed);

fn strings<'a>(words: &'a [&'a str], more: &'a [String]) -> Vec<&'a str> {
    words.iter().copied().chain(more.iter().map(String::as_str)).collect()
}

broker_test!(each_user_of_the_topics_may_do_what_it_must_and_no_more, |_shared| {
    let broker = OwnBroker::start_acl();
    let user = |name| User { broker: &broker, name };
    let [serve, bureau, source, auditor] = ["airshed", "bureau", "source", "auditor"].map(user);
    let world = World::by_wall(&broker.bootstrap);
    let section = serve.settings().map(|(key, value)| format!("\"{key}\" = \"{value}\"\n"));
    world.configure(&format!("[kafka.client]\n{}", section.concat()));
    let of_serve = || {
        world.serve_with(|it| {
            it.env("AIRSHED_BROKERS", serve.address());
        })
    };
    // Before it has rights, it ends and says which topic it may not use.
    let mut refused = of_serve();
    assert!(!refused.await_end().success(), "{}", refused.words());
    assert!(refused.words().contains("uthorization"), "{}", refused.words());

    for who in [
        &["serve", "User:airshed"][..],
        &["body", BODY, "User:bureau"],
        &["source", "User:source"],
        &["auditor", "User:auditor"],
    ] {
        grant(&broker, world.prefix(), who);
    }
    let mut serving = of_serve();
    serving.await_words("INFO serving");
    let config = world.config();
    let doctor = Command::new(env!("CARGO_BIN_EXE_airshed"))
        .args(["doctor", "--config", &config, "--key", &world.of("key")])
        .env("AIRSHED_BROKERS", serve.address())
        .output()
        .unwrap();
    let found = String::from_utf8(doctor.stdout).unwrap();
    assert!(doctor.status.success() && found.contains("ok       topics"), "{found}");

    // A bureau gives a command in its name, and hears what becomes of it.
    let lead = "do lead 130102 --role inspector --source patrol --sector dust --text dust --as";
    let words: Vec<&str> = lead.split(' ').chain([BODY, "--by", "duty officer"]).collect();
    let words = [&words[..], &["--topic-prefix", world.prefix()]].concat();
    let taken = printed(&strings(&words, &bureau.arguments()));
    assert!(taken.contains("taken: case_moved: "), "{taken}");
    let topic = |name: &str| world.topic(name);
    for name in ["orders.130100", "alerts.130100", "matters.130100", "current"] {
        assert_eq!(bureau.read(&topic(name)), None, "{name}");
        assert_eq!(bureau.write(&topic(name)), DENIED, "{name}");
    }
    for name in ["orders.130200", "matters.130200", "readings", "log", "refused"] {
        assert_eq!(bureau.read(&topic(name)), DENIED, "{name}");
        assert_eq!(bureau.write(&topic(name)), DENIED, "{name}");
    }
    assert_eq!(bureau.read(&topic("commands")), DENIED);

    // A source sends readings, and cannot read or write what leaves.
    assert_eq!(source.write(&topic("readings")), None);
    for name in ["orders.130100", "log", "current"] {
        assert_eq!(
            (source.read(&topic(name)), source.write(&topic(name))),
            (DENIED, DENIED),
            "{name}"
        );
    }
    let rows = world.of("rows.csv");
    std::fs::write(&rows, "date,hour,type,1001A\n20190112,16,PM2.5,135\n").unwrap();
    let feed = ["feed", &rows, "--topic-prefix", world.prefix()];
    printed(&strings(&feed, &source.arguments()));

    // An auditor reads the log, and no more.
    let verify = ["log", "verify", "--topic", &topic("log")];
    printed(&strings(&verify, &auditor.arguments()));
    assert_eq!(auditor.write(&topic("log")), DENIED);
    assert_eq!(auditor.read(&topic("orders.130100")), DENIED);
    serving.end();

    // Whoever may not read the log is refused by name, and does not wait.
    let log = ["log", "cat", "--topic", &topic("log")];
    let (code, _, err) = airshed(&strings(&log, &bureau.arguments()));
    assert!(code == 1 && err.contains("does not let this user see it"), "{code} {err}");
});
