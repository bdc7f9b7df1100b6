//! Seeds that our own encoders make, so that they never grow old.

mod command_seeds;

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use airshed::domain::cooperation::Body;
use airshed::domain::{
    AirEvent, Batch, Event, Fact, Forecast, Hour, HourClosed, JurisdictionIndex, MISSING, Outcome,
    Outlook, OutlookHour, Pollutant, Reading, Row, StationIndex, Stream, Tick, Timestamp,
    WarningEvent,
};
use airshed::engine::{EventLog as _, Position, Record, Role};
use airshed::io::segments::{SegmentLog, SegmentReader};
use airshed::wire::avro::ByteReader;
use airshed::wire::cap::Profile;
use airshed::wire::hooks::{DeadLetters, Failing, Queue};
use airshed::wire::identity::{Credential, CredentialKind, Fingerprint, Secret, TokenRole, Tokens};
use airshed::wire::log_reader::LogReader as _;
use airshed::wire::message::{Framing, Kind, MessageWriter};
use airshed::wire::record;
use airshed::wire::rule_book::built_in;
use airshed::wire::trust::bundle::Bundle;
use airshed::wire::trust::checkpoint::Checkpoint;
use airshed::wire::trust::key::SignerKey;
use airshed::wire::trust::proof::Stored;
use airshed::wire::trust::witness::Request;

use crate::bodies::bundle::OURS;
use crate::bodies::support::{PARSE, rules};
use crate::bodies::{cap, old_record, state, trust};

type Seeds = Vec<(String, Vec<u8>)>;

/// The seeds of a target that are made.
pub(crate) fn made(target: &str) -> Seeds {
    match target {
        "record" => numbered(records().into_iter().map(without_check)),
        "old_record" => numbered(records().iter().filter_map(|it| old_form(it))),
        "message" => messages(),
        "message_schema" => foreign_messages(),
        "readings_csv" => packed_readings(),
        "rule_book" => rule_books(),
        "trust" => texts(),
        "bundle" => bundles(),
        "segments" => folders(),
        "state" => states(),
        "command" => numbered(command_seeds::all().into_iter()),
        "identity" => identities(),
        "hooks" => hooks(),
        "cap" => caps(),
        "forecast_csv" | "registry_answer" => Vec::new(),
        other => panic!("no seeds for {other}"),
    }
}

fn numbered(seeds: impl Iterator<Item = Vec<u8>>) -> Seeds {
    seeds.enumerate().map(|(at, it)| (at.to_string(), it)).collect()
}

/// Secrets, positions, dead letters, and an answer with a wait.
fn hooks() -> Seeds {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n";
    let failing = |position| Failing { position, tries: 2, reason: "status \"500\"\n丙".into() };
    let queue = Queue { next: 7, failing: Some(failing(7)) };
    let mut dead = DeadLetters::default();
    dead.add(failing(3));
    dead.add(failing(9));
    let texts = [secret.to_owned(), secret.repeat(2), queue.to_text(), dead.to_text()];
    let answer = [&503_u16.to_be_bytes()[..], b"120"].concat();
    numbered(texts.into_iter().map(String::into_bytes).chain([answer]))
}

/// A message, another one in fewer letters, the built-in profile, and areas.
fn caps() -> Seeds {
    let message = cap::written(&Profile::built_in());
    let short = "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><a>&#x20;&lt;</a><b/>\
                 <p><valueName>airshed:position</valueName><value>7</value></p></alert>";
    let profile = include_str!("../../deploy/bth/cap/profile.toml");
    let ring = "[[[116, 39], [117.5, 39], [117, 40], [116, 39]]]";
    let areas = format!(
        "{{\"features\": [{{\"properties\": {{\"code\": \"110000\"}}, \"geometry\": \
         {{\"type\": \"Polygon\", \"coordinates\": {ring}}}}}]}}"
    );
    let seed = |first: u8, text: String| [&[first], text.as_bytes()].concat();
    numbered(
        [
            seed(cap::MESSAGE, message),
            seed(cap::MESSAGE, short.to_owned()),
            seed(cap::PROFILE, profile.to_owned()),
            seed(cap::PROFILE, format!("{profile}\0{areas}")),
        ]
        .into_iter(),
    )
}

/// Token files, and tokens in and without their header.
fn identities() -> Seeds {
    let secret = Secret::new(&Body::new("130100"), [7; 32]);
    let token = secret.reveal().to_owned();
    let credential = |kind, number: u8, revoked| Credential {
        kind,
        fingerprint: Fingerprint::of(&[number]),
        body: Body::new(Body::REGION),
        role: TokenRole::Operator,
        name: "a \"b\" 丙".into(),
        created: Timestamp(0),
        expires: Timestamp(1_800_000_000_000),
        revoked,
    };
    let token_of = |number, revoked| credential(CredentialKind::Token, number, revoked);
    let one = Tokens::added("", &token_of(1, None));
    let two = Tokens::added(&one, &credential(CredentialKind::Certificate, 2, None));
    let three = Tokens::added(&two, &token_of(3, Some(Timestamp(5))));
    let texts = [token.clone(), format!("Bearer {token}"), one, two, three];
    numbered(texts.into_iter().map(String::into_bytes))
}

/// Longer ones keep a fuzzer from trying much.
const SEED_BYTES_MAX: usize = 4096;

/// The shortest records of each kind in a log that `demo` makes.
static RECORDS: LazyLock<Vec<(Record, Vec<u8>)>> = LazyLock::new(|| {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("log");
    let mut demo = Command::new(env!("CARGO_BIN_EXE_airshed"));
    demo.args(["demo", "--log"]).arg(&log);
    assert!(demo.output().unwrap().status.success());
    let mut all = read(&log);
    all.sort_by_key(|it| it.1.len());
    let mut taken: Vec<(Record, Vec<u8>)> = Vec::new();
    for (record, bytes) in all {
        let kind = record.event.record_type();
        let alike = taken.iter().filter(|it| it.0.event.record_type() == kind);
        if alike.count() < 4 && bytes.len() < SEED_BYTES_MAX {
            taken.push((record, bytes));
        }
    }
    taken.push(tick());
    taken
});

fn read(folder: &Path) -> Vec<(Record, Vec<u8>)> {
    let mut reader = SegmentReader::open(folder, Position(0), PARSE).unwrap();
    let mut all = Vec::new();
    while let Some(record) = reader.next() {
        all.push((record.unwrap(), reader.bytes().to_vec()));
    }
    all
}

fn tick() -> (Record, Vec<u8>) {
    let at = Timestamp(1_547_280_000_000);
    let record = Record {
        position: Position(0),
        happened_at: at,
        recorded_at: at,
        correlation: None,
        causation: None,
        event: Event::Fact(Fact::Ticked(Tick { at, source: None })),
    };
    let mut bytes = Vec::new();
    record::encode(&record, &mut bytes);
    (record, bytes)
}

/// Records in their bytes.
pub(crate) fn records() -> Vec<Vec<u8>> {
    RECORDS.iter().map(|it| it.1.clone()).collect()
}

fn without_check(mut record: Vec<u8>) -> Vec<u8> {
    record.truncate(record.len() - 4);
    record
}

/// The record as the older schema of that target has it, without its check; none where one of
/// the fields that it lacks is deep inside.
fn old_form(record: &[u8]) -> Option<Vec<u8>> {
    let bytes = without_check(record.to_vec());
    let mut reader = ByteReader::new(&bytes);
    reader.unsigned().unwrap();
    let position = reader.at();
    reader.long().unwrap();
    reader.long().unwrap();
    reader.optional(ByteReader::unsigned).unwrap();
    let correlation = reader.at();
    reader.optional(ByteReader::unsigned).unwrap();
    let body = reader.at();
    let kind = reader.long().unwrap();
    let own = [&bytes[..position], &[0], &bytes[position..correlation], &bytes[body..]].concat();
    // A closed hour and a station that is heard again.
    (kind != 8 && kind != 9).then_some(own)
}

fn readings() -> Vec<Reading> {
    let reading = |(station, tenths): (u16, i32)| Reading {
        tenths,
        station: StationIndex(station),
        revision: station % 3,
        pollutant: Pollutant::ALL[usize::from(station) % 6],
        outcome: Outcome::Taken,
    };
    [(0, 350), (3, 12_345), (7, MISSING), (11, -5)].map(reading).to_vec()
}

fn forecast() -> Forecast {
    let hours = [
        OutlookHour::Range { lower_ug_m3: 80, upper_ug_m3: 120 },
        OutlookHour::Silent,
        OutlookHour::Missing,
    ];
    let outlook = |place| Outlook {
        jurisdiction: JurisdictionIndex(place),
        first: Hour(430_000),
        hours: hours.to_vec(),
    };
    Forecast {
        issued_at: Hour(429_990).end(),
        maker: "bureau".into(),
        source: None,
        outlooks: vec![outlook(0), outlook(2)],
    }
}

/// Of each kind a message, each in both framings.
fn framed() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for framing in [Framing::SingleObject, Framing::Registry { readings: 1, forecast: 2, tick: 3 }]
    {
        let (writer, mut out) = (MessageWriter::new(rules(), framing), Vec::new());
        let readings = readings();
        writer
            .readings(&[(Hour(430_000), &readings[..]), (Hour(430_001), &readings[1..])], &mut out);
        all.push(out.clone());
        writer.tick(Hour(430_000).end(), &mut out);
        all.push(out.clone());
        writer.forecast(&forecast(), &mut out);
        all.push(out);
    }
    all
}

fn messages() -> Seeds {
    let framed = framed();
    let mut seeds = Vec::new();
    for (at, message) in framed.iter().enumerate() {
        let frame = if at < 3 { 10 } else { 5 };
        // By the number of its frame, and as it is.
        seeds.push([&[u8::try_from(at).unwrap()], &message[frame..]].concat());
        seeds.push([&[6], &message[..]].concat());
    }
    numbered(seeds.into_iter())
}

/// By our schemas with another field at the end, and by ours.
fn foreign_messages() -> Seeds {
    let framed = framed();
    // Readings, tick, forecast, as in `framed`.
    let kinds = [Kind::Readings, Kind::Tick, Kind::Forecast];
    let mut seeds = Vec::new();
    for (kind, message) in kinds.into_iter().zip(&framed) {
        let mut schema: serde_json::Value = serde_json::from_str(kind.schema()).unwrap();
        let datum = &message[10..];
        seeds.push([schema.to_string().as_bytes(), &[0], datum].concat());
        let fields = schema["fields"].as_array_mut().unwrap();
        fields
            .push(serde_json::json!({"name": "note", "type": ["null", "string"], "default": null}));
        seeds.push([schema.to_string().as_bytes(), &[0], datum, &[0]].concat());
    }
    numbered(seeds.into_iter())
}

/// The files in the folder, packed, and one behind the other.
fn packed_readings() -> Seeds {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds/readings_csv");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let (wide, uci) = (read("wide.csv"), read("uci.csv"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&wide).unwrap();
    let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
    xz.write_all(&uci).unwrap();
    let twice = [&wide[..], &wide].concat();
    vec![
        ("wide.gz".into(), gzip.finish().unwrap()),
        ("uci.xz".into(), xz.finish().unwrap()),
        ("parts".into(), twice),
    ]
}

/// Each file of our own rule book that is not too long.
fn rule_books() -> Seeds {
    let mut seeds = Vec::new();
    for (at, (name, text)) in built_in().into_iter().enumerate() {
        let text = if text.len() > SEED_BYTES_MAX {
            text.lines().take(20).collect::<Vec<_>>().join("\n").into()
        } else {
            text
        };
        let name = name.replace('/', "-");
        seeds.push((name, [&[u8::try_from(at).unwrap()], text.as_bytes()].concat()));
    }
    let run = "only_standard = \"BTH-2023\"\n[parameters]\nmerge_gap_h = 24\nlift_h = 30\n";
    let last = u8::try_from(seeds.len()).unwrap();
    seeds.push(("run".into(), [&[last], run.as_bytes()].concat()));
    seeds
}

/// A log of some ticks, with its tree.
fn stored(records: u8) -> Stored {
    let mut stored = Stored::default();
    (0..records).for_each(|it| stored.push(&[it]));
    stored
}

fn checkpoint(stored: &Stored, size: u64) -> Checkpoint {
    Checkpoint { origin: "bth".into(), size, root: stored.root_at(size).unwrap() }
}

fn texts() -> Seeds {
    let (key, stored) = (trust::key(), stored(20));
    let mut note = checkpoint(&stored, 9).signed(&key);
    let mut seeds = vec![note.to_string()];
    note.signatures.push(key.cosign(&note.text, 1_547_280_000));
    seeds.push(format!("{note}{}", checkpoint(&stored, 20).signed(&key)));
    let proof = stored.consistency(9, 20).unwrap();
    let request = Request { old: 9, proof, note: checkpoint(&stored, 20).signed(&key) };
    seeds.push(request.to_string());
    seeds.push(key.secret_text());
    seeds.push(key.verifier().to_string());
    seeds.push("AAECAwQ=".to_owned());
    numbered(seeds.into_iter().map(String::into_bytes))
}

fn bundles() -> Seeds {
    let key = trust::key();
    let mut seeds = Vec::new();
    for records in [1, 2, 5] {
        let (record, bytes) = tick();
        let mut stored = Stored::default();
        stored.push(&bytes);
        (1..records).for_each(|it| stored.push(&[it]));
        let checkpoint = checkpoint(&stored, u64::from(records));
        let mut bundle = Bundle::new(Position(0), &checkpoint.signed(&key));
        let shown = record::json::record(&record, None);
        let proof = stored.inclusion(0, u64::from(records)).unwrap();
        bundle.add(Role::Asked, OURS, &bytes, shown, &proof);
        seeds.push(serde_json::to_vec(&bundle).unwrap());
    }
    seeds.push(explained(&key));
    numbered(seeds.into_iter())
}

/// An act on a warning with what explains it.
fn explained(key: &SignerKey) -> Vec<u8> {
    let act = RECORDS
        .iter()
        .find(|it| matches!(it.0.event, Event::Warning(WarningEvent::WarningDecided(_))));
    let record = Record { position: Position(0), causation: None, ..act.unwrap().0.clone() };
    let (mut bytes, mut stored) = (Vec::new(), Stored::default());
    record::encode(&record, &mut bytes);
    stored.push(&bytes);
    let mut bundle = Bundle::new(Position(0), &checkpoint(&stored, 1).signed(key));
    let shown = record::json::record(&record, None);
    let mut warning = shown["body"].clone();
    warning["record"] = 0.into();
    bundle.add(Role::Asked, OURS, &bytes, shown, &[]);
    let decision = serde_json::json!({"jurisdiction": "110000", "record": 0, "warning": warning});
    bundle.explain(serde_json::json!({"of": "warning", "decisions": [decision]}));
    serde_json::to_vec(&bundle).unwrap()
}

/// A state after each of some records.
fn states() -> Seeds {
    let mut memory = state::begun();
    let mut seeds = vec![state::seed(&memory)];
    let at = Hour(430_000);
    let batch = |hour: Hour, tenths: i32| Batch {
        stream: Stream::file("a.csv"),
        hour,
        rows: vec![Row { position: 1, readings: 1 }],
        readings: vec![Reading {
            tenths,
            station: StationIndex(0),
            revision: 1,
            pollutant: Pollutant::Pm25,
            outcome: Outcome::Taken,
        }],
    };
    let closed = |hour: Hour| HourClosed {
        hour,
        closed_at: hour.end(),
        stale: false,
        jurisdictions: Vec::new(),
    };
    let events = [
        Event::Fact(Fact::ReadingsReceived(batch(at, 350))),
        Event::Fact(Fact::ForecastReceived(Forecast {
            outlooks: forecast().outlooks[..1].to_vec(),
            ..forecast()
        })),
        Event::Air(AirEvent::HourClosed(closed(at))),
        Event::Fact(Fact::ReadingsReceived(batch(at.plus(1), 3500))),
        Event::Air(AirEvent::HourClosed(closed(at.plus(1)))),
        Event::Fact(Fact::Ticked(Tick { at: at.plus(2).end(), source: None })),
        // It waits for its time.
        Event::Fact(Fact::ForecastReceived(Forecast {
            issued_at: at.plus(99).end(),
            ..forecast()
        })),
    ];
    for (position, event) in (1..).map(Position).zip(events) {
        memory.evolve(&Record { position, event, ..tick().0 }).unwrap();
        seeds.push(state::seed(&memory));
    }
    numbered(seeds.into_iter())
}

/// A log of a few records, in as many appends, with tree and checkpoints.
fn folders() -> Seeds {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("log");
    let mut log = SegmentLog::open(&folder, PARSE).unwrap();
    log.sign(trust::key()).unwrap();
    let records: Vec<Record> = (0_u64..)
        .zip(RECORDS.iter().take(24))
        .map(|(at, it)| Record { position: Position(at), causation: None, ..it.0.clone() })
        .collect();
    for some in records.chunks(3) {
        log.append(some).unwrap();
    }
    drop(log);
    let file = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let segment = file("00000000000000000000.avro");
    // A long file is put together from parts, each added to its end.
    let part = |name: u8, how: u8, bytes: &[u8]| {
        let parts = bytes.chunks(60_000).map(|own| {
            let size = u16::try_from(own.len()).unwrap().to_le_bytes();
            [&[name, how, size[0], size[1]], own].concat()
        });
        if bytes.is_empty() { vec![name, how, 0, 0] } else { parts.collect::<Vec<_>>().concat() }
    };
    let all = [part(0, 0, &segment), part(5, 0, &file("tree")), part(6, 0, &file("checkpoints"))];
    let whole = all.concat();
    let torn = [&whole[..], &part(0, 3, &[0; 40])].concat();
    let mut framed = part(0, 1, &[]);
    for it in &records[..5] {
        let mut bytes = Vec::new();
        record::encode(it, &mut bytes);
        framed.extend(part(0, 2, &without_check(bytes)));
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/log-v1");
    let golden = std::fs::read(golden.join("00000000000000000000.avro")).unwrap();
    let old = old_record::old_schema();
    assert!(old.len() > 100, "a schema");
    vec![
        ("whole".into(), whole),
        ("torn".into(), torn),
        ("framed".into(), framed),
        ("golden".into(), part(0, 0, &golden)),
        ("far".into(), [part(4, 1, &[2]), part(4, 2, &[0; 30])].concat()),
    ]
}
