//! What is published fits the JSON schemas in `schemas`: all of it, and nothing else does.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use airshed::domain::cooperation::What;
use airshed::engine::projection::{Channel, Grounds, Involved, Overview, messages};
use airshed::engine::{Position, entries};
use airshed::io::segments::SegmentReader;
use airshed::wire::{publication, rule_book};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::printed;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A file of the project.
fn text(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

fn schema(name: &str) -> Value {
    serde_json::from_str(&text(&format!("schemas/{name}.schema.json"))).unwrap()
}

/// The schema of a message as one document.
pub(super) fn validator(name: &str) -> Validator {
    let text = schema(name).to_string().replace("common.schema.json#", "#");
    let mut whole: Value = serde_json::from_str(&text).unwrap();
    if !whole["definitions"].is_object() {
        whole["definitions"] = json!({});
    }
    let common = schema("common")["definitions"].take();
    let definitions = whole["definitions"].as_object_mut().unwrap();
    for (name, of) in common.as_object().unwrap() {
        assert!(definitions.insert(name.clone(), of.clone()).is_none(), "two of {name}");
    }
    jsonschema::draft7::options().should_validate_formats(true).build(&whole).unwrap()
}

/// Validators, the messages that they have seen, and one of each.
struct Contract {
    validators: Vec<(&'static str, Validator)>,
    samples: Vec<(String, &'static str, Value)>,
}

impl Contract {
    fn new() -> Self {
        let names = ["order", "alert", "current", "refused", "matters"];
        Self { validators: names.map(|it| (it, validator(it))).into(), samples: Vec::new() }
    }

    fn validator(&self, name: &str) -> &Validator {
        &self.validators.iter().find(|it| it.0 == name).unwrap().1
    }

    #[track_caller]
    fn fits(&mut self, name: &'static str, message: &Value) {
        let faults: Vec<String> = self
            .validator(name)
            .iter_errors(message)
            .map(|it| format!("{}: {it}", it.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{name}: {message}\n{}", faults.join("\n"));
        let word = |field: &str| message.get(field).and_then(Value::as_str).unwrap_or_default();
        let kind = format!("{name} {}{}", word("type"), word("track")).trim_end().to_owned();
        if self.samples.iter().all(|it| it.0 != kind) {
            self.samples.push((kind, name, message.clone()));
        }
    }

    fn seen(&self) -> BTreeSet<&str> {
        self.samples.iter().map(|it| &*it.0).collect()
    }

    /// All that is published of a log.
    fn publish(&mut self, log: &Path) {
        let parse = |files: &[_]| {
            rule_book::parse(files.to_vec()).map(Arc::new).map_err(|error| error.to_string())
        };
        let records = SegmentReader::open(log, Position::default(), parse).unwrap();
        let (mut grounds, mut overview) = (Grounds::default(), Overview::default());
        let mut involved = Involved::default();
        for entry in entries(records) {
            let entry = Arc::new(entry.unwrap());
            grounds.note(&entry.record);
            if let Some(rules) = entry.rules() {
                involved.note(&entry.record, rules);
            }
            overview.take(&entry);
            for message in messages(&entry, &grounds, &involved) {
                let name = match message.channel {
                    Channel::Orders(_) => "order",
                    Channel::Alerts(_) => "alert",
                    Channel::Refused => "refused",
                    Channel::Matters(_) => "matters",
                };
                self.fits(name, &publication::message(&message));
            }
            for standing in overview.take_changed() {
                self.fits("current", &publication::standing(standing));
            }
        }
    }

    /// One record of each kind, as far as it is sent as it stands.
    fn golden(&mut self) {
        for line in text("tests/golden/records.jsonl").lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let kind = record["type"].as_str().unwrap();
            let alerts = [
                "warning_issued",
                "review_due",
                "hour_amended",
                "order_amended",
                "order_confirmed_by_amendment",
                "data_insufficient",
                "same_air_unlike_grade",
            ];
            if alerts.contains(&kind) {
                let mut message = Map::new();
                message.insert("type".into(), record["type"].clone());
                message.extend(record["body"].as_object().unwrap().clone());
                message.insert("position".into(), record["position"].clone());
                self.fits("alert", &Value::Object(message));
            }
            if kind == "command_given" || What::NAMES.contains(&kind) {
                self.fits("matters", &record);
            }
        }
    }
}

/// The schema of matters names exactly the kinds of records that bodies get.
#[test]
fn the_schema_of_matters_has_each_kind_of_record() {
    let of_record: Value = serde_json::from_str(&text("schemas/record.avsc")).unwrap();
    let body = of_record["fields"].as_array().unwrap().iter().find(|it| it["name"] == "body");
    let branches = body.unwrap()["type"].as_array().unwrap();
    let matters = schema("matters");
    let mut kinds = vec!["command_given"];
    kinds.extend(What::NAMES);
    assert_eq!(matters["properties"]["type"]["enum"], json!(kinds));
    for (kind, of) in kinds.iter().zip(matters["oneOf"].as_array().unwrap()) {
        assert_eq!(of["properties"]["type"]["const"], *kind);
        let branch = branches.iter().find(|it| it["name"] == *kind).unwrap();
        let fields = branch["fields"].as_array().unwrap().iter();
        let mut wanted: BTreeSet<&str> = fields.map(|it| it["name"].as_str().unwrap()).collect();
        if *kind == "command_given" {
            // The JSON has its source one level higher, and the actor twice.
            assert!(wanted.remove("source") && wanted.insert("by"));
        }
        let found = &matters["definitions"][*kind];
        let whole = if found["anyOf"].is_array() { &found["anyOf"][0] } else { found };
        let found = whole["properties"].as_object().unwrap().keys().map(|it| &**it).collect();
        assert_eq!(wanted, found, "{kind}");
    }
}

#[test]
fn what_is_published_fits_its_schema() {
    let mut contract = Contract::new();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (off, asked, late) = (path("off"), path("asked"), path("late"));
    let commands = format!("{ROOT}/deploy/answers.jsonl");
    printed(&["demo", "--answers", "off", "--log", &off]);
    printed(&["demo", "--log", &asked, "--seed", "7"]);
    printed(&["demo", "--log", &late, "--commands", &commands]);
    // Governments approve and reject, and silence does.
    let approved = super::approval::decided(&folder.path().join("approved"));
    for log in [off, asked, late, approved] {
        contract.publish(Path::new(&log));
    }
    let in_logs = contract.seen().len();
    assert!(in_logs > 25, "{:?}", contract.seen());
    contract.golden();

    let seen = contract.seen();
    let kinds = What::NAMES.iter().map(|it| format!("matters {it}"));
    let others = ["order", "order warning", "current", "refused", "matters command_given"];
    let alerts = ["issued", "raised", "extended", "lifted"].map(|it| format!("alert warning_{it}"));
    for wanted in kinds.chain(others.map(str::to_owned)).chain(alerts) {
        assert!(seen.contains(&*wanted), "no {wanted} among {seen:?}");
    }
    // A name more, a name less, or another name: none of it passes.
    for (kind, name, message) in &contract.samples {
        let wrong = damaged(message);
        assert!(wrong.len() > 2, "{kind}");
        for (what, wrong) in wrong {
            let fits = contract.validator(name).is_valid(&wrong);
            assert!(!fits, "{kind} with {what} fits its schema: {wrong}");
        }
    }
}

/// Fields that only some messages of a kind have.
const OPTIONAL: [&str; 1] = ["in_force_from"];

/// A message with a field more, and with each of its fields missing or renamed.
fn damaged(message: &Value) -> Vec<(String, Value)> {
    let mut more = message.clone();
    more["another"] = 1.into();
    let mut found = vec![("a field more".to_owned(), more)];
    for name in message.as_object().unwrap().keys() {
        let mut less = message.clone();
        let value = less.as_object_mut().unwrap().remove(name).unwrap();
        let mut renamed = less.clone();
        renamed[format!("{name}_2")] = value;
        if !OPTIONAL.contains(&&**name) {
            found.push((format!("{name} missing"), less));
        }
        found.push((format!("{name} renamed"), renamed));
    }
    if message["body"].is_object() && message["type"] != "command_given" {
        let mut more = message.clone();
        more["body"]["another"] = 1.into();
        found.push(("a field more in its body".to_owned(), more));
    }
    found
}

/// The commands of the shipped file fit their schema; a field more, less or renamed is found.
#[test]
fn commands_fit_their_schema() {
    let validator = validator("command");
    let mut kinds = BTreeSet::new();
    for line in text("deploy/answers.jsonl").lines() {
        let command: Value = serde_json::from_str(line).unwrap();
        if command["command"].is_null() {
            continue; // A tick of the file.
        }
        assert!(validator.is_valid(&command), "{line}");
        for (what, wrong) in damaged(&command) {
            assert!(!validator.is_valid(&wrong), "{what}: {wrong}");
        }
        kinds.insert(command["command"].to_string());
    }
    assert!(kinds.len() > 10, "{kinds:?}");
}

/// Orders of the track of floors, and orders of logs in which no body is asked.
#[test]
fn an_order_of_a_floor_follows_from_no_warning() {
    let validator = validator("order");
    let floor = json!({
        "order": "3-110000-f", "jurisdiction": "110000", "warning": null, "act": "impose",
        "effective_at": "2025-12-05T08:00:00+08:00", "grade": "yellow", "level": "III",
        "measures": ["roads-cleaned-more"], "floors": [{"emission": "PM", "percent": 10}],
        "causes": ["prompt"], "expected_end": null,
        "acknowledge_by": "2025-12-04T10:00:00+08:00", "track": "floor", "response": "110000-r1",
        "measure_causes": [{"measure": "roads-cleaned-more", "causes": ["prompt"]}],
        "conclusion": null, "sectors": [{"sector": "dust", "level": "III"}], "extra": [],
        "hour": "2025-12-04T08:00:00+08:00", "decided_at": "2025-12-04T08:30:00+08:00",
        "epoch": 3, "linked": false, "position": 12, "jurisdiction_name": "Beijing",
        "jurisdiction_name_zh": "北京市", "standard": "BTH-2023", "standard_title": "t",
        "clause": null,
    });
    let faults: Vec<_> = validator.iter_errors(&floor).map(|it| it.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    for (field, value) in [
        ("warning", json!("110000-1")),
        ("order", json!("3-110000")),
        ("track", json!("warning")),
        ("effective_at", json!("2025-12-05T08:00:00Z")),
        ("jurisdiction", json!("11")),
        ("level", json!("V")),
    ] {
        let mut wrong = floor.clone();
        wrong[field] = value;
        assert!(!validator.is_valid(&wrong), "{field}");
    }
}

/// The contract is no empty one: wrong values are found.
#[test]
fn a_refusal_with_a_wrong_value_is_found() {
    let refused =
        json!({"reason": "late", "source": null, "hour": null, "excerpt": "x", "count": 1});
    let validator = validator("refused");
    assert!(validator.is_valid(&refused));
    for (field, value) in [("reason", json!("odd")), ("count", json!(0)), ("source", json!({}))] {
        let mut wrong = refused.clone();
        wrong[field] = value;
        assert!(!validator.is_valid(&wrong), "{field}");
    }
}
