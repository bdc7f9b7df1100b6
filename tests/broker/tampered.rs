//! What a stranger does to the topic of a log is found, and named by topic, partition and offset.

use std::path::Path;
use std::sync::Arc;

use airshed::domain::{Event, ResponseEvent, RuleBook};
use airshed::engine::{Position, Record};
use airshed::io::kafka::{Settings, ensure_topic};
use airshed::io::segments::SegmentReader;
use airshed::wire::record::{self, RuleFiles};
use airshed::wire::rule_book::parse;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde_json::Value;

use crate::program::{Folder, airshed, printed};
use crate::support::{Broker, Raw, broker_test, consume_raw, fresh};

fn parse_rules(files: &RuleFiles) -> Result<Arc<RuleBook>, String> {
    parse(files.to_vec()).map(Arc::new).map_err(|error| error.to_string())
}

/// A topic that a raw producer has written, without transactions.
pub(crate) fn write(broker: &Broker, topic: &str, messages: &[Raw]) {
    ensure_topic(&broker.connect(), topic, 1, Settings::KeepAll).unwrap();
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &broker.bootstrap)
        .set("message.max.bytes", "16777216")
        .create()
        .unwrap();
    for message in messages {
        let mut headers = OwnedHeaders::new();
        for (key, value) in &message.headers {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        let record = BaseRecord::to(topic).partition(0).key(&message.key);
        producer.send(record.payload(&message.payload).headers(headers)).unwrap();
        producer.poll(std::time::Duration::ZERO);
    }
    producer.flush(std::time::Duration::from_secs(20)).unwrap();
}

/// Deletes the messages of a topic before an offset.
pub(crate) fn delete_before(broker: &Broker, topic: &str, offset: i64) {
    let settings = ClientConfig::new().set("bootstrap.servers", &broker.bootstrap).clone();
    let admin: AdminClient<DefaultClientContext> = settings.create().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut wanted = TopicPartitionList::new();
    wanted.add_partition_offset(topic, 0, Offset::Offset(offset)).unwrap();
    runtime.block_on(admin.delete_records(&wanted, &AdminOptions::new())).unwrap();
}

/// A signed log in a topic, to be copied with changes.
struct Original {
    folder: Folder,
    key: String,
    log: String,
    records: Vec<Raw>,
    checkpoints: Vec<Raw>,
    /// Where each append begins.
    begins: Vec<usize>,
}

impl Original {
    fn new(broker: &Broker) -> Self {
        let (folder, topic) = (Folder::new(), fresh("original"));
        let key = folder.key("bth.key");
        let log = folder.winter("winter", "7", &key);
        printed(&["log", "export", &log, "--brokers", &broker.bootstrap, "--topic", &topic]);
        let records = consume_raw(broker, &topic);
        let checkpoints = consume_raw(broker, &format!("{topic}.checkpoints"));
        let begins = |it: &Raw| it.headers["batch_first"] == it.key;
        let begins = (0..records.len()).filter(|at| begins(&records[*at])).collect();
        Self { folder, key: format!("{key}.pub"), log, records, checkpoints, begins }
    }

    /// What verification says of other messages; `against` other checkpoints too.
    fn verify(
        &self,
        broker: &Broker,
        (records, checkpoints): (&[Raw], &[Raw]),
        against: Option<&str>,
    ) -> (String, i32, Value) {
        let topic = fresh("tampered");
        write(broker, &topic, records);
        write(broker, &format!("{topic}.checkpoints"), checkpoints);
        let (code, told) = self.verify_topic(broker, &topic, against);
        (topic, code, told)
    }

    fn verify_topic(&self, broker: &Broker, topic: &str, against: Option<&str>) -> (i32, Value) {
        let which = ["log", "verify", "--brokers", &broker.bootstrap, "--topic", topic];
        let mut arguments = [&which[..], &["--key", &self.key, "--json"]].concat();
        arguments.extend(against.iter().flat_map(|it| ["--against", it]));
        let (code, out, err) = airshed(&arguments);
        let told = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        (code, told)
    }

    /// One deed of a stranger, and the fault that it is.
    fn check(&self, broker: &Broker, deed: impl FnOnce(&mut Vec<Raw>), at: usize, what: &str) {
        let mut records = self.records.clone();
        deed(&mut records);
        let (topic, code, told) = self.verify(broker, (&records, &self.checkpoints), None);
        assert!(told["what"].as_str().is_some_and(|it| it.contains(what)), "{what}: {told}");
        assert_eq!(code, 1);
        assert_eq!((&told["file"], &told["byte"]), (&format!("{topic}/0").into(), &at.into()));
    }

    fn last(&self) -> Record {
        let reader = SegmentReader::open(Path::new(&self.log), Position(0), parse_rules);
        reader.unwrap().last().unwrap().unwrap()
    }
}

/// A message that looks like one of the log.
fn forged(like: &Raw, record: &Record) -> Raw {
    let mut payload = like.payload[..10].to_vec();
    record::encode(record, &mut payload);
    let position = record.position.0.to_string();
    let mut headers = like.headers.clone();
    headers.insert("batch_first".into(), position.clone());
    headers.insert("batch_size".into(), "1".into());
    Raw { key: position, headers, payload }
}

broker_test!(what_a_stranger_does_to_the_records_is_found, |broker| {
    let original = Original::new(broker);
    let (all, begins) = (original.records.len(), &original.begins);
    let untouched = (&original.records[..], &original.checkpoints[..]);
    let (_, code, told) = original.verify(broker, untouched, None);
    assert_eq!((code, &told["whole"], &told["records"]), (0, &true.into(), &all.into()), "{told}");

    let alien = Raw { key: "7".into(), headers: [].into(), payload: b"hello".to_vec() };
    let check = |deed: &dyn Fn(&mut Vec<Raw>), at: usize, what: &str| {
        original.check(broker, deed, at, what);
    };
    check(&|it| it.push(alien.clone()), all, "no record: something else has written");
    check(&|it| it.insert(9, alien.clone()), 9, "no record: something else has written");
    // One append is gone, twice there, or only a part of it.
    let (first, end) = (begins[5], begins[6]);
    let words = format!("record {end} where {first} should be");
    check(&|it| drop(it.drain(first..end)), first, &words);
    let twice = |it: &mut Vec<Raw>| {
        let copy = it[first..end].to_vec();
        it.splice(end..end, copy);
    };
    let words = format!("record {first} where {end} should be");
    check(&twice, end, &words);
    let long = (1..begins.len()).rfind(|nth| begins[nth - 1] + 2 < begins[*nth]).unwrap();
    let (first, end) = (begins[long - 1], begins[long]);
    check(&|it| it.truncate(end - 1), first, "records are there");
    check(&|it| drop(it.remove(first)), first, "where");
    check(&|it| it[first + 1].payload[20] ^= 1, first + 1, "");
    check(&|it| it.swap(first + 1, first + 2), first + 1, "should be");
    let resized = |it: &mut Vec<Raw>| {
        it[first + 1].headers.insert("batch_size".into(), "1".into());
    };
    check(&resized, first + 1, "a record of another append");
    let last = original.last();
    let back = Record {
        position: Position(all as u64),
        recorded_at: last.recorded_at.plus_minutes(-1),
        ..last.clone()
    };
    let like = original.records.last().unwrap();
    check(&|it| it.push(forged(like, &back)), all, "before the record before it");
});

broker_test!(what_is_deleted_from_the_front_is_found, |broker| {
    let original = Original::new(broker);
    let check = |beside: &str, offset: i64, what: &str| {
        let topic = fresh("tampered");
        write(broker, &topic, &original.records);
        write(broker, &format!("{topic}.checkpoints"), &original.checkpoints);
        delete_before(broker, &format!("{topic}{beside}"), offset);
        let (code, told) = original.verify_topic(broker, &topic, None);
        assert!(told["what"].as_str().is_some_and(|it| it.contains(what)), "{what}: {told}");
        assert_eq!((code, &told["file"]), (1, &format!("{topic}{beside}/0").into()), "{told}");
    };
    check("", 2, "record 2 where 0 should be");
    check(
        ".checkpoints",
        i64::try_from(original.checkpoints.len()).unwrap(),
        "there is no checkpoint in it",
    );
});

broker_test!(what_fits_the_log_does_not_fit_its_checkpoints, |broker| {
    let original = Original::new(broker);
    let untouched = (&original.records[..], &original.checkpoints[..]);
    let check = |records: &[Raw], checkpoints: &[Raw], against: Option<&str>, what: &str| {
        let (topic, code, told) = original.verify(broker, (records, checkpoints), against);
        assert!(told["what"].as_str().is_some_and(|it| it.contains(what)), "{what}: {told}");
        assert_eq!(code, 1);
        (told["file"].as_str().unwrap().replace(&topic, "log"), told["byte"].clone())
    };
    let notes = original.checkpoints.len();
    let place = |at: usize| ("log.checkpoints/0".to_owned(), Value::from(at));

    // A decision that follows, well-formed in every way but for its signature.
    let all = original.records.len() as u64;
    let reader = SegmentReader::open(Path::new(&original.log), Position(0), parse_rules);
    let mut decided = reader.unwrap().map(Result::unwrap);
    let decided = decided
        .find(|it| matches!(it.event, Event::Response(ResponseEvent::OrderSetIssued(_))))
        .unwrap();
    let recorded_at = original.last().recorded_at;
    let decision = Record { position: Position(all), recorded_at, ..decided };
    let mut longer = original.records.clone();
    longer.push(forged(original.records.last().unwrap(), &decision));
    let what = "no checkpoint follows this decision";
    assert_eq!(check(&longer, untouched.1, None, what), place(notes));

    // A log that is cut at the end of an append: its checkpoints know more.
    let cut = *original.begins.last().unwrap();
    let what = "it knows more records";
    assert_eq!(check(&original.records[..cut], untouched.1, None, what), place(notes - 1));
    let without = &original.checkpoints[..2];
    assert_eq!(check(untouched.0, without, None, "no checkpoint follows").0, place(0).0);
    let mut changed = original.checkpoints.clone();
    changed[1].key.push('0');
    assert_eq!(check(untouched.0, &changed, None, "a key that is not the size"), place(1));
    changed = original.checkpoints.clone();
    let length = changed[1].payload.len();
    changed[1].payload[length - 9] ^= 1;
    assert_eq!(check(untouched.0, &changed, None, "").0, place(1).0);

    // Both cut alike leave no trace here; elsewhere they do.
    let kept = original.folder.of("winter/checkpoints");
    let (_, code, told) = original.verify(broker, untouched, Some(&kept));
    assert_eq!((code, &told["whole"]), (0, &true.into()), "{told}");
    let size = |it: &Raw| it.key.parse::<usize>().unwrap();
    let covered = size(&original.checkpoints[notes - 2]);
    let (records, notes) = (&original.records[..covered], &original.checkpoints[..notes - 1]);
    let (_, code, told) = original.verify(broker, (records, notes), None);
    assert_eq!((code, &told["records"]), (0, &covered.into()), "{told}");
    let (file, _) = check(records, notes, Some(&kept), "the log ends before record");
    assert_eq!(file, kept);
});
