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

/// The messages of a log and of its checkpoints.
struct Copy {
    records: Vec<Raw>,
    checkpoints: Vec<Raw>,
}

/// What a stranger does.
enum Deed<'a> {
    Change(Box<dyn Fn(&mut Copy) + 'a>),
    /// Deletes the messages before an offset, in the log or beside it.
    Delete(&'static str, usize),
}

fn records<'a>(change: impl Fn(&mut Vec<Raw>) + 'a) -> Deed<'a> {
    Deed::Change(Box::new(move |it| change(&mut it.records)))
}

fn checkpoints<'a>(change: impl Fn(&mut Vec<Raw>) + 'a) -> Deed<'a> {
    Deed::Change(Box::new(move |it| change(&mut it.checkpoints)))
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

    fn verify_topic(&self, broker: &Broker, topic: &str, against: Option<&str>) -> (i32, Value) {
        let which = ["log", "verify", "--brokers", &broker.bootstrap, "--topic", topic];
        let mut arguments = [&which[..], &["--key", &self.key, "--json"]].concat();
        arguments.extend(against.iter().flat_map(|it| ["--against", it]));
        let (code, out, err) = airshed(&arguments);
        let told = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        (code, told)
    }

    /// Verifies a copy to which something was done.
    fn verify(&self, broker: &Broker, deed: &Deed<'_>) -> (String, i32, Value) {
        let topic = fresh("tampered");
        let mut copy =
            Copy { records: self.records.clone(), checkpoints: self.checkpoints.clone() };
        let mut deleted = None;
        match deed {
            Deed::Change(change) => change(&mut copy),
            Deed::Delete(beside, before) => deleted = Some((format!("{topic}{beside}"), *before)),
        }
        write(broker, &topic, &copy.records);
        write(broker, &format!("{topic}.checkpoints"), &copy.checkpoints);
        if let Some((topic, before)) = deleted {
            delete_before(broker, &topic, i64::try_from(before).unwrap());
        }
        let (code, told) = self.verify_topic(broker, &topic, None);
        (topic, code, told)
    }

    /// Each deed, the partition and the offset that are named, and the fault.
    fn check(&self, broker: &Broker, table: &[(&str, Deed<'_>, (&str, usize), &str)]) {
        for (name, deed, (beside, offset), fault) in table {
            assert!(!fault.is_empty(), "{name}");
            let (topic, code, told) = self.verify(broker, deed);
            let place = (&told["file"], &told["byte"]);
            assert!(told["what"].as_str().is_some_and(|it| it.contains(fault)), "{name}: {told}");
            assert_eq!(place, (&format!("{topic}{beside}/0").into(), &(*offset).into()), "{name}");
            assert_eq!(code, 1, "{name}");
        }
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
    let (_, code, told) = original.verify(broker, &records(|_| {}));
    assert_eq!((code, &told["whole"], &told["records"]), (0, &true.into(), &all.into()), "{told}");

    let alien = Raw { key: "7".into(), headers: [].into(), payload: b"hello".to_vec() };
    // An append, and one of three records or more.
    let (short, next) = (begins[5], begins[6]);
    let nth = (1..begins.len()).rfind(|nth| begins[nth - 1] + 2 < begins[*nth]).unwrap();
    let (first, end) = (begins[nth - 1], begins[nth]);
    let [gone, twice, headless] = [(next, short), (short, next), (first + 1, first)]
        .map(|(found, expected)| format!("record {found} where {expected} should be"));
    let last = original.last();
    let back = Record {
        position: Position(all as u64),
        recorded_at: last.recorded_at.plus_minutes(-1),
        ..last
    };
    let back = forged(original.records.last().unwrap(), &back);
    let copied = original.records[short..next].to_vec();
    let one = || "1".to_owned();
    let alone = |it: &mut Vec<Raw>| it[first + 1].headers.insert("batch_size".into(), one());
    let stranger = "no record: something else has written";
    original.check(
        broker,
        &[
            ("writes at the end", records(|it| it.push(alien.clone())), ("", all), stranger),
            ("writes in between", records(|it| it.insert(9, alien.clone())), ("", 9), stranger),
            ("leaves out an append", records(|it| drop(it.drain(short..next))), ("", short), &gone),
            (
                "appends twice",
                records(|it| drop(it.splice(next..next, copied.clone()))),
                ("", next),
                &twice,
            ),
            (
                "cuts an append",
                records(|it| it.truncate(end - 1)),
                ("", first),
                "records are there",
            ),
            (
                "leaves out a first record",
                records(|it| drop(it.remove(first))),
                ("", first),
                &headless,
            ),
            (
                "changes a byte",
                records(|it| it[first + 1].payload[20] ^= 1),
                ("", first + 1),
                "a record whose check does not fit its bytes",
            ),
            (
                "swaps two records",
                records(|it| it.swap(first + 1, first + 2)),
                ("", first + 1),
                "should be",
            ),
            (
                "splits an append",
                records(|it| drop(alone(it))),
                ("", first + 1),
                "a record of another append",
            ),
            (
                "turns the clock back",
                records(|it| it.push(back.clone())),
                ("", all),
                "before the record before it",
            ),
        ],
    );
});

broker_test!(what_is_deleted_from_the_front_is_found, |broker| {
    let original = Original::new(broker);
    let (all, beside) = (original.checkpoints.len(), ".checkpoints");
    original.check(
        broker,
        &[
            ("two records", Deed::Delete("", 2), ("", 2), "record 2 where 0 should be"),
            (
                "all checkpoints",
                Deed::Delete(beside, all),
                (beside, 0),
                "there is no checkpoint in it",
            ),
        ],
    );
});

broker_test!(what_fits_the_log_does_not_fit_its_checkpoints, |broker| {
    let original = Original::new(broker);
    let beside = ".checkpoints";
    let notes = original.checkpoints.len();
    let cut = *original.begins.last().unwrap();

    // A decision that follows, well-formed in every way but for its signature.
    let reader = SegmentReader::open(Path::new(&original.log), Position(0), parse_rules);
    let mut decided = reader.unwrap().map(Result::unwrap);
    let decided = decided
        .find(|it| matches!(it.event, Event::Response(ResponseEvent::OrderSetIssued(_))))
        .unwrap();
    let position = Position(original.records.len() as u64);
    let decision = Record { position, recorded_at: original.last().recorded_at, ..decided };
    let decision = forged(original.records.last().unwrap(), &decision);
    let flip = |it: &mut Vec<Raw>| {
        let length = it[1].payload.len();
        it[1].payload[length - 9] ^= 1;
    };
    original.check(
        broker,
        &[
            (
                "appends a decision",
                records(|it| it.push(decision.clone())),
                (beside, notes),
                "no checkpoint follows this decision",
            ),
            (
                "cuts the log at the end of an append",
                records(|it| it.truncate(cut)),
                (beside, notes - 1),
                "it knows more records",
            ),
            (
                "cuts the checkpoints",
                checkpoints(|it| it.truncate(2)),
                (beside, 2),
                "no checkpoint follows",
            ),
            (
                "changes a key",
                checkpoints(|it| it[1].key.push('0')),
                (beside, 1),
                "a key that is not the size",
            ),
            ("changes a signature", checkpoints(flip), (beside, 1), "signature"),
        ],
    );
});

broker_test!(what_is_cut_alike_leaves_no_trace_but_elsewhere, |broker| {
    let original = Original::new(broker);
    let kept = original.folder.of("winter/checkpoints");
    let size = |it: &Raw| it.key.parse::<usize>().unwrap();
    let notes = original.checkpoints.len() - 1;
    let covered = size(&original.checkpoints[notes - 1]);
    let cut = Deed::Change(Box::new(|it: &mut Copy| {
        it.records.truncate(covered);
        it.checkpoints.truncate(notes);
    }));
    let untouched = records(|_| {});
    for (deed, size, against) in [
        (&untouched, original.records.len(), Ok(())),
        (&cut, covered, Err("the log ends before record")),
    ] {
        let (topic, code, told) = original.verify(broker, deed);
        assert_eq!((code, &told["whole"], &told["records"]), (0, &true.into(), &size.into()));
        let (code, told) = original.verify_topic(broker, &topic, Some(&kept));
        match against {
            Ok(()) => assert_eq!((code, &told["whole"]), (0, &true.into()), "{told}"),
            Err(fault) => {
                assert_eq!((code, &told["file"]), (1, &kept.clone().into()), "{told}");
                assert!(told["what"].as_str().is_some_and(|it| it.contains(fault)), "{told}");
            }
        }
    }
});
