//! A log in a topic is the same log as in segments: carried over, it has the same bytes.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use airshed::domain::{Event, Fact, RuleBook, Tick};
use airshed::engine::{EventLog as _, Position, Record};
use airshed::io::segments::{SegmentLog, SegmentReader};
use airshed::wire::append::{Append, Carried};
use airshed::wire::log_reader::LogReader as _;
use airshed::wire::record::{RuleFiles, SCHEMA};
use airshed::wire::rule_book::parse;

use crate::program::{Folder, airshed, fails, json, printed};
use crate::support::{Broker, broker_test, end, fresh, now};

fn parse_rules(files: &RuleFiles) -> Result<Arc<RuleBook>, String> {
    parse(files.to_vec()).map(Arc::new).map_err(|error| error.to_string())
}

/// The records of a log in a folder: schema, bytes, and whether an append ends.
fn stored(folder: &str) -> Vec<(String, Vec<u8>, bool)> {
    let mut reader = SegmentReader::open(Path::new(folder), Position(0), parse_rules).unwrap();
    let mut all = Vec::new();
    while let Some(record) = reader.next() {
        record.unwrap();
        all.push((reader.schema().to_owned(), reader.bytes().to_vec(), reader.ends_append()));
    }
    all
}

fn export(broker: &Broker, log: &str, topic: &str) -> serde_json::Value {
    json(&["log", "export", log, "--brokers", &broker.bootstrap, "--topic", topic, "--json"])
}

fn import(broker: &Broker, topic: &str, log: &str) -> serde_json::Value {
    json(&["log", "import", "--brokers", &broker.bootstrap, "--topic", topic, log, "--json"])
}

/// A witness puts its line under the last checkpoint of a log.
fn cosign(folder: &Folder, log: &str) {
    let (key, seen) = (folder.of("hebei"), folder.of("seen"));
    printed(&["key", "new", &key, "--origin", "hebei", "--witness"]);
    let notes = format!("{log}/checkpoints");
    let cosigned = printed(&["witness", &notes, "--key", &key, "--state", &seen]);
    let line = cosigned.lines().rfind(|it| it.starts_with("— hebei ")).unwrap();
    let own = std::fs::read_to_string(&notes).unwrap();
    std::fs::write(&notes, format!("{own}{line}\n")).unwrap();
}

/// What a command says of the log in a folder and of that in a topic must be equal.
fn check_same_words(broker: &Broker, log: &str, topic: &str, before: &[&str], after: &[&str]) {
    let words = |which: &[&str]| {
        let words = printed(&[before, which, after].concat());
        // Only a folder has a state beside it.
        let lines = words.lines().filter(|it| !it.contains("\"snapshot\""));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let of_topic = words(&["--brokers", &broker.bootstrap, "--topic", topic]);
    assert_eq!(words(&[log]), of_topic, "{before:?} {after:?}");
}

broker_test!(there_and_back_it_is_the_same_log, |broker| {
    let (folder, topic, bootstrap) = (Folder::new(), fresh("carried"), &*broker.bootstrap);
    let key = folder.key("bth.key");
    let log = folder.winter("winter", "7", &key);
    cosign(&folder, &log);
    let told = export(broker, &log, &topic);
    let size = told["size"].as_u64().unwrap();
    assert_eq!((&told["carried"], &told["there_before"]), (&size.into(), &0.into()), "{told}");
    assert!(told["checkpoints"].as_u64().unwrap() > 1, "{told}");

    let public = format!("{key}.pub");
    let in_topic = ["--brokers", bootstrap, "--topic", &topic];
    let verified = |which: &[&str]| {
        let arguments = [&["log", "verify"], which, &["--key", &public, "--json"]].concat();
        let mut told = json(&arguments);
        told.as_object_mut().unwrap().remove("tree");
        told
    };
    let whole = verified(&in_topic);
    assert_eq!((&whole["root"], &whole["size"]), (&told["root"], &told["size"]));
    assert_eq!(whole["signed"], told["size"]);
    assert_eq!(verified(&[&log]), whole);

    check_same_words(broker, &log, &topic, &["replay"], &["--json"]);
    check_same_words(broker, &log, &topic, &["log", "cat"], &["--json"]);
    check_same_words(broker, &log, &topic, &["state"], &[]);
    check_same_words(broker, &log, &topic, &["explain"], &["order-set", "1"]);
    check_same_words(broker, &log, &topic, &["what-if"], &["--set", "merge_gap_h=24"]);

    check_same_words(broker, &log, &topic, &["log", "prove"], &["104"]);
    check_same_words(broker, &log, &topic, &["log", "checkpoint"], &[]);
    let notes = std::fs::read_to_string(format!("{log}/checkpoints")).unwrap();
    let first = folder.of("first");
    let second = notes.match_indices(&format!("{}\n", notes.lines().next().unwrap())).nth(1);
    std::fs::write(&first, &notes[..second.unwrap().0]).unwrap();
    let proof = printed(&[&["log", "consistency", &*first][..], &in_topic].concat());
    assert_eq!(proof, printed(&["log", "consistency", &log, &first]));
    let bundle = folder.of("104.json");
    let prove = [&["log", "prove"], &in_topic[..], &["104", "-o", &bundle]].concat();
    printed(&prove);
    printed(&["verify-bundle", &bundle, "--key", &public]);

    let back = folder.of("back");
    assert_eq!(import(broker, &topic, &back)["root"], told["root"]);
    assert!(stored(&log) == stored(&back));
    assert_eq!(verified(&[&back]), whole);
    let notes = |log: &str| std::fs::read_to_string(format!("{log}/checkpoints")).unwrap();
    assert_eq!(notes(&log), notes(&back));
    assert!(notes(&back).lines().last().unwrap().starts_with("— hebei "));

    let again = fresh("carried");
    assert_eq!(export(broker, &back, &again)["root"], told["root"]);
    let nothing = export(broker, &back, &again);
    assert_eq!((&nothing["carried"], &nothing["there_before"]), (&0.into(), &size.into()));
});

broker_test!(a_place_that_holds_another_log_is_left_as_it_is, |broker| {
    let (folder, topic, bootstrap) = (Folder::new(), fresh("carried"), &*broker.bootstrap);
    let key = folder.key("bth.key");
    let (log, other) = (folder.winter("7", "7", &key), folder.winter("8", "8", &key));
    export(broker, &log, &topic);
    let offset = end(broker, &topic);
    let arguments = ["log", "export", &other, "--brokers", bootstrap, "--topic", &topic];
    let (_, words) = fails(&arguments);
    assert!(words.contains("is left as it is"), "{words}");
    assert_eq!(end(broker, &topic), offset);
    let (_, words) = fails(&["log", "import", "--brokers", bootstrap, "--topic", &topic, &other]);
    assert!(words.contains("is left as it is"), "{words}");

    // The beginning of the log goes on; what is longer than the log does not.
    let beginning = folder.of("beginning");
    let mut short = SegmentLog::open(Path::new(&beginning), parse_rules).unwrap();
    let appends = appends(&log);
    for append in &appends[..40] {
        short.carry(append).unwrap();
    }
    drop(short);
    let arguments = ["log", "export", &beginning, "--brokers", bootstrap, "--topic", &topic];
    let (_, words) = fails(&arguments);
    assert!(words.contains("and the log here only"), "{words}");
    // So do its checkpoints.
    let (foreign, own) = (format!("{other}/checkpoints"), format!("{beginning}/checkpoints"));
    std::fs::copy(foreign, &own).unwrap();
    let arguments = ["log", "import", "--brokers", bootstrap, "--topic", &topic, &beginning];
    let (_, words) = fails(&arguments);
    assert!(words.contains("its checkpoints are not the first ones"), "{words}");
    std::fs::remove_file(&own).unwrap();
    let before = appends[..40].iter().map(|it| it.records.len()).sum::<usize>();
    assert_eq!(import(broker, &topic, &beginning)["there_before"], before);
    assert!(stored(&log) == stored(&beginning));

    let (_, words) = fails(&["log", "import", "--brokers", bootstrap, "--topic", "none", "x"]);
    assert!(words.contains("there is no log in the topic none"), "{words}");
    let (code, _, words) = airshed(&["log", "verify"]);
    assert_eq!(code, 2, "{words}");
});

/// The appends of a log in a folder.
fn appends(log: &str) -> Vec<Append> {
    let mut reader = SegmentReader::open(Path::new(log), Position(0), parse_rules).unwrap();
    let (mut appends, mut records) = (Vec::new(), Vec::new());
    while let Some(record) = reader.next().transpose().unwrap() {
        let (position, kind) = (record.position.0, record.event.record_type());
        records.push(Carried { position, kind, bytes: reader.bytes().to_vec() });
        if reader.ends_append() {
            let records = std::mem::take(&mut records);
            appends.push(Append { schema: reader.schema().into(), records });
        }
    }
    appends
}

/// A schema that another version could have had: one more symbol, which no record has.
fn other_schema() -> String {
    fn first_enum(schema: &mut serde_json::Value) -> Option<&mut Vec<serde_json::Value>> {
        if schema.get("type").is_some_and(|it| it == "enum") {
            return schema["symbols"].as_array_mut();
        }
        if schema.is_array() {
            return schema.as_array_mut()?.iter_mut().find_map(first_enum);
        }
        schema.as_object_mut()?.values_mut().find_map(first_enum)
    }
    let mut schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    first_enum(&mut schema).unwrap().push("NOT_HERE".into());
    schema.to_string()
}

broker_test!(records_of_another_version_keep_their_bytes_and_their_schema, |broker| {
    let (folder, topic) = (Folder::new(), fresh("carried"));
    let winter = folder.winter("winter", "7", &folder.key("bth.key"));
    let (old, back) = (folder.of("old"), folder.of("back"));
    let mut log = SegmentLog::open(Path::new(&old), parse_rules).unwrap();
    let mut appends = appends(&winter);
    let other: Arc<str> = other_schema().into();
    for (nth, append) in appends.iter_mut().enumerate() {
        if nth < 50 || (80..90).contains(&nth) {
            append.schema = Arc::clone(&other);
        }
        log.carry(append).unwrap();
    }
    drop(log);
    let digest = |log: &str| json(&["replay", log, "--json"])["digest"].clone();
    assert_eq!(digest(&old), digest(&winter));
    let told = export(broker, &old, &topic);
    assert_eq!(import(broker, &topic, &back)["root"], told["root"]);
    assert!(stored(&old) == stored(&back));
    assert_eq!(digest(&back), digest(&winter));
    check_same_words(broker, &old, &topic, &["replay"], &["--json"]);
});

/// A log that takes its time: a winter, and many ticks after it.
fn long(folder: &Folder) -> (String, u64) {
    let log = folder.winter("winter", "7", &folder.key("bth.key"));
    let reader = SegmentReader::open(Path::new(&log), Position(0), parse_rules).unwrap();
    let last = reader.last().unwrap().unwrap();
    let mut writer = SegmentLog::open(Path::new(&log), parse_rules).unwrap();
    let mut next = last.position.0 + 1;
    for _ in 0..150 {
        let tick = |position| Record {
            position: Position(position),
            correlation: None,
            causation: None,
            event: Event::Fact(Fact::Ticked(Tick { at: last.recorded_at, source: None })),
            ..last.clone()
        };
        writer.append(&(next..next + 1_000).map(tick).collect::<Vec<_>>()).unwrap();
        next += 1_000;
    }
    (log, next)
}

fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airshed"));
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills a process as soon as something has begun.
fn kill_when(mut child: Child, begun: impl Fn() -> bool) {
    let begin = now();
    while !begun() {
        assert!(begin.elapsed() < Duration::from_secs(60), "nothing has begun");
        assert_eq!(child.try_wait().unwrap(), None, "it was quicker than us");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

broker_test!(what_was_killed_in_the_middle_goes_on, |broker| {
    let (folder, topic, bootstrap) = (Folder::new(), fresh("carried"), &*broker.bootstrap);
    let (log, size) = long(&folder);
    let arguments = ["log", "export", &log, "--brokers", bootstrap, "--topic", &topic];
    kill_when(start(&arguments), || end(broker, &topic) > 0);
    // What is there is whole appends.
    let there = json(&["log", "verify", "--brokers", bootstrap, "--topic", &topic, "--json"]);
    let there = there["records"].as_u64().unwrap();
    let told = export(broker, &log, &topic);
    assert_eq!((told["size"].as_u64(), told["there_before"].as_u64()), (Some(size), Some(there)));
    assert!(there < size, "{told}");

    let back = folder.of("back");
    let arguments = ["log", "import", "--brokers", bootstrap, "--topic", &topic, &back];
    let length = |log: &str| std::fs::metadata(folder.segment(log)).map_or(0, |it| it.len());
    kill_when(start(&arguments), || length("back") > 1_000_000);
    let told = import(broker, &topic, &back);
    let before = told["there_before"].as_u64().unwrap();
    assert!(0 < before && before < size, "{told}");
    assert!(stored(&log) == stored(&back));
});
