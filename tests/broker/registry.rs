//! Messages by schemas of a real registry, written by a client of other people.

use std::process::Command as Process;
use std::time::Duration;

use apache_avro::types::Value;
use reqwest::blocking::Client;
use schema_registry_converter::blocking::avro::AvroEncoder;
use schema_registry_converter::blocking::schema_registry::SrSettings;
use schema_registry_converter::schema_registry_common::{
    SchemaType, SubjectNameStrategy, SuppliedSchema,
};

use airshed::domain::{Command, Stream};
use airshed::engine::Inbox as _;
use airshed::io::kafka::{KafkaInbox, Topics, newest_hour};
use airshed::io::registry::{
    Access, Compatibility, Fetcher, RegistryClient, RegistrySettings, Subjects,
};
use airshed::wire::message::{Framing, Kind, MessageWriter, WriterSchemas};

use crate::inbox::{HOUR, feed, inbox, positions, rules, send, take};
use crate::outside_tools::Python;
use crate::support::{Broker, broker_test, consume_raw, fresh, now};
use crate::world::World;

/// A registry of a test's own.
struct Registry {
    url: String,
    folder: tempfile::TempDir,
}

impl Registry {
    /// Without what it needs, the test is skipped.
    fn start() -> Option<Self> {
        // The client of other people leaves this to its user.
        drop(rustls::crypto::ring::default_provider().install_default());
        let folder = tempfile::tempdir().unwrap();
        match control("start", folder.path()) {
            Ok(url) => Some(Self { url, folder }),
            Err(words) => {
                crate::skip::skip(&format!("needs a schema registry: {words}"));
                None
            }
        }
    }

    /// Its schemas are gone.
    fn stop(&self) {
        control("stop", self.folder.path()).unwrap();
    }

    fn start_again(&self) {
        assert_eq!(control("start", self.folder.path()), Ok(self.url.clone()));
    }

    fn settings(&self) -> RegistrySettings {
        let timeout = Duration::from_secs(20);
        RegistrySettings { url: self.url.clone(), access: Access::Open, timeout }
    }

    /// The client of other people registers this schema and writes a message by it.
    fn encode(&self, schema: &str, fields: Vec<(&str, Value)>) -> Vec<u8> {
        let settings = SrSettings::new_builder(self.url.clone()).no_proxy().build().unwrap();
        let name = Some(fresh("subject"));
        let supplied = SuppliedSchema::new(name, SchemaType::Avro, schema.to_owned());
        let subject = SubjectNameStrategy::RecordNameStrategyWithSchema(supplied);
        AvroEncoder::new(settings).encode(fields, &subject).unwrap()
    }

    fn get(&self, path: &str) -> serde_json::Value {
        let client = Client::builder().no_proxy().build().unwrap();
        client.get(format!("{}{path}", self.url)).send().unwrap().json().unwrap()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        control("stop", self.folder.path()).unwrap();
    }
}

fn control(action: &str, folder: &std::path::Path) -> Result<String, String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/registry/registry");
    let output = Process::new(script).arg(action).arg(folder).output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Other fields, in another order, another namespace, and neither revision nor null.
const RICHER: &str = r#"{"type": "record", "name": "readings", "namespace": "org.bureau", "fields": [
    {"name": "device", "type": ["null", "string"], "default": null},
    {"name": "hours", "type": {"type": "array", "items": {
        "type": "record", "name": "hour_readings", "fields": [
        {"name": "readings", "type": {"type": "array", "items": {
            "type": "record", "name": "reading", "fields": [
            {"name": "value_tenths_ug_m3", "type": "int"},
            {"name": "humidity", "type": "double"},
            {"name": "pollutant", "type": {
                "type": "enum", "name": "pollutant", "symbols": ["NH3", "PM25"]}},
            {"name": "station", "type": "string"}]}}},
        {"name": "hour", "type": "long"}]}}}]}"#;

/// One value of the first station in the hour so many after [`HOUR`].
fn richer(registry: &Registry, value: i32, later_h: i32) -> Vec<u8> {
    let reading = Value::Record(vec![
        ("value_tenths_ug_m3".into(), Value::Int(value)),
        ("humidity".into(), Value::Double(0.5)),
        ("pollutant".into(), Value::Enum(1, "PM25".into())),
        ("station".into(), Value::String(rules().stations[0].code.to_string())),
    ]);
    let hour = Value::Record(vec![
        ("readings".into(), Value::Array(vec![reading])),
        ("hour".into(), Value::Long(HOUR.plus(later_h).end().0)),
    ]);
    let device = Value::Union(1, Box::new(Value::String("left of the door".into())));
    registry.encode(RICHER, vec![("device", device), ("hours", Value::Array(vec![hour]))])
}

/// Offsets with their value or refusal, in their order.
fn lines(commands: &[Command]) -> Vec<String> {
    let lines = commands.iter().flat_map(|command| match command {
        Command::Observe(batch) => {
            let rows = batch.rows.iter().zip(&batch.readings);
            rows.map(|(row, it)| format!("{}: {}", row.position, it.tenths)).collect()
        }
        Command::Refuse(it) => vec![format!("{}: {}", positions(command)[0], it.excerpt)],
        Command::Adopt(_)
        | Command::JoinStreams(_)
        | Command::Tick(_)
        | Command::ReceiveForecast(_)
        | Command::Exclude(_)
        | Command::Give(_) => panic!("{command:?}"),
    });
    lines.collect()
}

fn with_registry(broker: &Broker, topics: &Topics, registry: &Registry) -> KafkaInbox {
    let mut inbox = inbox(broker, topics, &[]);
    inbox.set_registry(Box::new(Fetcher::start(&registry.settings()).unwrap()));
    inbox
}

broker_test!(messages_by_any_schema_of_a_registry_are_read_or_refused_by_name, |broker| {
    let Some(registry) = Registry::start() else { return };
    let (topics, rules) = (Topics::new(&fresh("registry")), rules());
    let mut kafka = feed(broker, &topics);
    let stranger =
        r#"{"type": "record", "name": "invoice", "fields": [{"name": "a", "type": "int"}]}"#;
    let stranger = registry.encode(stranger, vec![("a", Value::Int(7))]);
    // A reading without an hour.
    let poor = r#"{"type": "record", "name": "readings", "fields": [
        {"name": "hours", "type": {"type": "array", "items": {
            "type": "record", "name": "hour_readings", "fields": [{"name": "a", "type": "int"}]}}}]}"#;
    let poor_hour = Value::Record(vec![("a".into(), Value::Int(7))]);
    let poor = registry.encode(poor, vec![("hours", Value::Array(vec![poor_hour]))]);
    let messages = [
        richer(&registry, 10, 0),
        stranger.clone(),
        richer(&registry, 11, 0),
        // An id that the registry has not given.
        vec![0, 0, 1, 0, 0, 2],
        poor.clone(),
        richer(&registry, 12, 1),
    ];
    for message in &messages {
        kafka.readings(0, "key", message).unwrap();
    }
    send(&mut kafka, &rules, 0, HOUR.plus(2), &[13]);
    kafka.flush().unwrap();
    let mut inbox = with_registry(broker, &topics, &registry);
    let found = lines(&take(&mut inbox, 7));
    let id = |message: &[u8]| u32::from_be_bytes(message[1..5].try_into().unwrap());
    let expected = [
        "0: 10".to_owned(),
        format!("1: registry id {}: not a schema of readings, forecasts, ticks", id(&stranger)),
        "2: 11".to_owned(),
        "3: registry id 65536: the registry has no schema with this id".to_owned(),
        format!("4: registry id {}: ", id(&poor)),
        "5: 12".to_owned(),
        "6: 13".to_owned(),
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(&expected) {
        assert!(found.starts_with(expected), "{found} is not {expected}");
    }
});

broker_test!(the_newest_hour_of_a_topic_may_be_by_a_schema_of_a_registry, |broker| {
    let Some(registry) = Registry::start() else { return };
    let (topics, rules) = (Topics::new(&fresh("registry")), rules());
    let mut kafka = feed(broker, &topics);
    send(&mut kafka, &rules, 0, HOUR, &[1]);
    kafka.readings(1, "key", &richer(&registry, 10, 5)).unwrap();
    // An id that the registry has not given does not count.
    kafka.readings(1, "key", &[0, 0, 1, 0, 0, 2]).unwrap();
    kafka.flush().unwrap();
    let newest = |registry: Option<&mut dyn WriterSchemas>| {
        newest_hour(&broker.connect(), &topics, &rules, registry).unwrap()
    };
    assert_eq!(newest(None), Some(HOUR));
    let mut fetcher = Fetcher::start(&registry.settings()).unwrap();
    assert_eq!(newest(Some(&mut fetcher)), Some(HOUR.plus(5)));
});

broker_test!(readings_that_python_writes_through_a_registry_close_an_hour, |broker| {
    let Some(python) = Python::of_test() else { return };
    let Some(registry) = Registry::start() else { return };
    let world = World::new(&broker.bootstrap);
    world.configure(&format!("[registry]\nurl = \"{}\"\n", registry.url));
    let bootstrap = &*broker.bootstrap;
    let topics = Topics::new(world.prefix());
    // Makes the topics, and gives each partition its clock.
    let mut kafka = feed(broker, &topics);
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/readings.avsc");
    let (topic, hour) = (topics.readings(), HOUR.end().to_string());
    let id = python.run(
        "readings_registry.py",
        &[bootstrap, &topic, &registry.url, schema, &hour, "1234", "1001A", "1003A"],
    );
    let registered = registry.get(&format!("/schemas/ids/{}", id.trim()));
    assert!(registered["schema"].as_str().unwrap().contains("value_tenths_ug_m3"), "{registered}");
    let mut tick = Vec::new();
    MessageWriter::new(&rules(), Framing::SingleObject).tick(HOUR.plus(2).end(), &mut tick);
    kafka.tick(&tick).unwrap();
    kafka.flush().unwrap();
    let mut serving = world.serve();
    world.await_hour(&mut serving, &HOUR.plus(1).end().to_string());
    serving.end();
    let log = world.log();
    assert!(log.contains("\"value_ug_m3\":123.4") && !log.contains("input_refused"), "{log}");
    // And Python reads it again by the same id.
    let read = python.run("read_registry.py", &[bootstrap, &topic, &registry.url]);
    assert!(read.contains("'station': '1003A'") && read.contains("1234"), "{read}");
});

broker_test!(while_a_registry_is_silent_only_what_needs_it_waits, |broker| {
    let Some(registry) = Registry::start() else { return };
    let (topics, rules) = (Topics::new(&fresh("registry")), rules());
    let mut kafka = feed(broker, &topics);
    let known = richer(&registry, 20, 0);
    let of_tick = |registry: &Registry| {
        let wider = r#"{"type": "record", "name": "tick", "fields": [
            {"name": "by", "type": "string"}, {"name": "at", "type": "long"}]}"#;
        let at = Value::Long(HOUR.end().0);
        registry.encode(wider, vec![("by", Value::String("a clock".into())), ("at", at)])
    };
    let new = of_tick(&registry);
    kafka.readings(0, "key", &known).unwrap();
    kafka.flush().unwrap();
    let mut inbox = with_registry(broker, &topics, &registry);
    assert_eq!(lines(&take(&mut inbox, 1)), ["0: 20"]);
    registry.stop();
    kafka.readings(1, "key", &new).unwrap();
    send(&mut kafka, &rules, 1, HOUR.plus(1), &[30]);
    kafka.readings(0, "key", &known).unwrap();
    send(&mut kafka, &rules, 0, HOUR, &[21]);
    kafka.flush().unwrap();
    // The id that was known is read, and the other partition goes on.
    let other = take(&mut inbox, 2);
    assert_eq!(lines(&other), ["1: 20", "2: 21"]);
    assert_eq!(other[0].source().unwrap().0, &Stream::topic(&topics.readings(), 0));
    for _ in 0..20 {
        assert_eq!(inbox.poll(), Ok(Vec::new()));
    }
    registry.start_again();
    // It gives its ids again, in the same order.
    assert_eq!(richer(&registry, 20, 0), known);
    assert_eq!(of_tick(&registry), new);
    let waited = take(&mut inbox, 2);
    assert!(matches!(&waited[0], Command::Tick(it) if it.at == HOUR.end()), "{waited:?}");
    assert_eq!(lines(&waited[1..]), ["1: 30"]);
    // What comes behind is read as ever.
    send(&mut kafka, &rules, 1, HOUR.plus(1), &[31, 32]);
    kafka.flush().unwrap();
    assert_eq!(lines(&take(&mut inbox, 2)), ["2: 31", "3: 32"]);
});

broker_test!(serve_waits_for_a_registry_and_ends_and_starts_while_it_waits, |broker| {
    let Some(registry) = Registry::start() else { return };
    let world = World::new(&broker.bootstrap);
    let url = format!("[registry]\nurl = \"{}\"\ntimeout_s = 2\n", registry.url);
    world.configure(&url);
    let topics = Topics::new(world.prefix());
    let mut kafka = feed(broker, &topics);
    let message = richer(&registry, 1234, 0);
    registry.stop();
    kafka.readings(0, "key", &message).unwrap();
    // No other stream has anything before that.
    let mut tick = Vec::new();
    MessageWriter::new(&rules(), Framing::SingleObject).tick(HOUR.plus(2).end(), &mut tick);
    kafka.tick(&tick).unwrap();
    kafka.flush().unwrap();
    let said = "the schema registry does not answer";
    let mut serving = world.serve();
    serving.await_words(said);
    // It ends at once, although the message waits, and has taken nothing.
    serving.end();
    assert!(!world.log().contains("123.4"), "{}", world.log());
    let mut serving = world.serve();
    serving.await_words(said);
    assert!(serving.words().contains("readings/0 at offset 0 waits"), "{}", serving.words());
    registry.start_again();
    assert_eq!(richer(&registry, 1234, 0), message);
    serving.await_words("the schema registry answers again");
    serving.await_words("a schema of the registry");
    let begin = now();
    while !world.log().contains("\"value_ug_m3\":123.4") {
        assert_eq!(serving.ended(), None, "{}", serving.words());
        assert!(begin.elapsed() < Duration::from_secs(60), "{}", serving.words());
        std::thread::sleep(Duration::from_millis(100));
    }
    serving.end();
    assert_eq!(serving.words().matches(said).count(), 1, "{}", serving.words());
    assert!(!world.log().contains("input_refused"), "{}", world.log());
});

broker_test!(a_feed_registers_its_schemas_and_frames_its_messages, |broker| {
    let Some(registry) = Registry::start() else { return };
    let world = World::new(&broker.bootstrap);
    let section = |more: &str| format!("[registry]\nurl = \"{}\"\n{more}", registry.url);
    let file = world.of("rows.csv");
    let rows = "date,hour,type,1001A\n20190112,16,PM2.5,135\n20190112,17,PM2.5,140\n";
    std::fs::write(&file, rows).unwrap();
    let of_feed = world.of("feed.toml");
    let framed = "frame_outputs = true\ncompatibility = \"FULL\"\nsubjects = \"topic-record\"\n";
    std::fs::write(&of_feed, section(framed)).unwrap();
    let mut fed =
        world.feed_plain_with(file.as_ref(), &["--config", &of_feed, "--partitions", "1"]);
    assert!(fed.await_end().success(), "{}", fed.words());
    let topic = world.topic("readings");
    let subject = Subjects::TopicRecord.subject(&topic, Kind::Readings.name());
    let registered = registry.get(&format!("/subjects/{subject}/versions/1"));
    // In the very bytes of the file.
    assert_eq!(registered["schema"], Kind::Readings.schema());
    let level = registry.get(&format!("/config/{subject}"));
    assert_eq!(level["compatibilityLevel"], "FULL", "{level}");
    let id = u32::try_from(registered["id"].as_u64().unwrap()).unwrap();
    let frame = [&[0][..], &id.to_be_bytes()].concat();
    let sent = consume_raw(broker, &topic);
    assert_eq!(sent.iter().filter(|it| it.payload.starts_with(&frame)).count(), 2);
    assert!(sent.iter().all(|it| it.payload[0] == 0));
    // A second registration finds the first.
    let client = RegistryClient::new(&registry.settings()).unwrap();
    let again = client.id_of(&subject, Kind::Readings.schema(), Compatibility::named("NONE"));
    assert_eq!(again, Ok(id));
    assert_eq!(registry.get(&format!("/config/{subject}")), level);
    let other =
        r#"{"type": "record", "name": "readings", "fields": [{"name": "b", "type": "int"}]}"#;
    let refused = client.id_of(&subject, other, None).unwrap_err().to_string();
    assert!(refused.contains(&subject) && refused.contains("409"), "{refused}");
    // And serve reads it.
    world.configure(&section(""));
    let mut serving = world.serve();
    world.await_hour(&mut serving, "2019-01-12T17:00:00+08:00");
    serving.end();
});
