//! A whole demo, followed by metrics.
#![expect(clippy::float_cmp, reason = "The numbers are whole, or come from the same arithmetic.")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;
use crate::app::run::demo;
use crate::domain::{Event, Fact, Outcome};
use crate::engine::cooperation::Board;
use crate::engine::projection::Marks;
use crate::engine::{EventLog, Needs, Occasion, Outbox, PortError, Record, Records, entries};
use crate::io::hooks::Observer;
use crate::io::memory::MemoryLog;
use crate::skip;

/// The metrics after a demo, with its state and its board.
fn followed() -> (Metrics, Memory, Board) {
    let metrics = Arc::new(Metrics::new(SystemClock::start()).unwrap());
    let (mut memory, mut board) = (Memory::default(), Board::default());
    let mut following = Following(Arc::clone(&metrics));
    for entry in entries(demo::records(5).into_iter().map(Ok::<_, ()>)) {
        let entry = Arc::new(entry.unwrap());
        memory.evolve(&entry.record).unwrap();
        board.note(&entry);
        following.follow(&entry);
    }
    drop(following);
    let metrics = Arc::into_inner(metrics).unwrap();
    metrics.set_serving(&memory);
    let ends = PartitionEnds { topic: "airshed.readings".into(), partition: 0, first: 0, end: 3 };
    metrics.set_lag(&[Stream::topic("airshed.readings", 0)], &memory, &[ends]);
    let hooks: &dyn Observer = &metrics;
    hooks.delivered("order-board");
    hooks.failed("order-board");
    hooks.failing("order-board", 1);
    hooks.dead("order-board", 0);
    hooks.behind("order-board", 3);
    (metrics, memory, board)
}

/// The samples of a page: `name{labels}` and the value.
fn samples(page: &str) -> BTreeMap<String, f64> {
    let lines = page.lines().filter(|it| !it.starts_with('#'));
    let sample = |it: &str| {
        let (name, value) = it.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    };
    lines.map(sample).collect()
}

fn sum(samples: &BTreeMap<String, f64>, name: &str) -> f64 {
    let begins = format!("{name}{{");
    samples.iter().filter(|(it, _)| *it == name || it.starts_with(&begins)).map(|it| it.1).sum()
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "The counts of a demo are small.")]
fn the_metrics_of_a_log_are_what_the_log_says() {
    let (metrics, memory, board) = followed();
    let samples = samples(&metrics.render());
    let records = memory.next.0 as f64;
    assert_eq!(sum(&samples, "airshed_records_total"), records);
    assert_eq!(samples["airshed_log_records"], records);
    assert_eq!(sum(&samples, "airshed_readings_total"), memory.readings as f64);
    let (mut late, mut refused) = (0, 0);
    for record in demo::records(5) {
        if let Event::Fact(Fact::ReadingsReceived(batch)) = &record.event {
            late += batch.readings.iter().filter(|it| it.outcome == Outcome::Late).count();
        } else if let Event::Fact(Fact::InputRefused(it)) = &record.event {
            refused += it.count;
        }
    }
    assert!(late > 0 && refused > 0);
    assert_eq!(samples["airshed_readings_total{outcome=\"late\"}"], late as f64);
    assert_eq!(sum(&samples, "airshed_refused_total"), refused as f64);
    let open = board.matters();
    let overdue = open.iter().filter(|it| it.left_ms <= 0).count();
    assert!(overdue > 0);
    assert_eq!(sum(&samples, "airshed_matters_open"), open.len() as f64);
    assert_eq!(sum(&samples, "airshed_matters_overdue"), overdue as f64);
    assert_eq!(samples["airshed_order_set_epoch"], memory.airshed.epoch() as f64);
    assert_eq!(samples["airshed_order_sets_total"], memory.airshed.epoch() as f64);
    let next = memory.airshed.next_hour().unwrap();
    assert_eq!(samples["airshed_next_hour_timestamp_seconds"], seconds(next.end().0));
    assert_eq!(samples["airshed_ready"], 1.0);
    assert!(samples["process_resident_memory_bytes"] > 0.0);
}

#[test]
fn the_page_is_as_prometheus_asks() {
    let Some(promtool) = skip::program("promtool", "prometheus") else { return };
    let (metrics, ..) = followed();
    let mut check = Command::new(promtool);
    let check = check.args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut check = check.stdout(Stdio::piped()).spawn().unwrap();
    check.stdin.take().unwrap().write_all(metrics.render().as_bytes()).unwrap();
    let said = check.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.status.success(), "{words}{}", String::from_utf8_lossy(&said.stdout));
    assert_eq!(words, "");
}

/// Runs promtool, which must have nothing to say against it.
fn promtool(arguments: &[&str]) {
    let Some(promtool) = skip::program("promtool", "prometheus") else { return };
    let said = Command::new(promtool).args(arguments).output().unwrap();
    let words = String::from_utf8_lossy(&said.stderr).into_owned();
    let words = words + &String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{arguments:?}: {words}");
}

const RULES: &str = "deploy/prometheus/airshed.rules.yml";

#[test]
fn the_rules_do_what_their_tests_say() {
    promtool(&["check", "rules", RULES]);
    promtool(&["test", "rules", "deploy/prometheus/airshed.rules.test.yml"]);
    // Each alert has a test in which it fires.
    let (rules, tests) = (
        std::fs::read_to_string(RULES).unwrap(),
        std::fs::read_to_string("deploy/prometheus/airshed.rules.test.yml").unwrap(),
    );
    let alerts = rules.lines().filter_map(|it| it.trim().strip_prefix("- alert: "));
    for alert in alerts {
        assert!(tests.contains(&format!("alertname: {alert}\n        exp_alerts:\n")), "{alert}");
    }
}

/// The expressions of the dashboard.
fn expressions() -> Vec<String> {
    let text = include_str!("../../../../deploy/grafana/dashboards/airshed.json");
    let board: serde_json::Value = serde_json::from_str(text).unwrap();
    let panels = board["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|it| it["targets"].as_array().unwrap());
    let expressions = targets.map(|it| it["expr"].as_str().unwrap());
    expressions.map(|it| it.replace("$__rate_interval", "5m")).collect()
}

#[test]
fn every_expression_of_the_dashboard_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dashboard.yml");
    let rules = expressions().into_iter().enumerate().map(|(nth, expression)| {
        serde_json::json!({ "record": format!("dashboard:{nth}"), "expr": expression })
    });
    let rules: Vec<_> = rules.collect();
    assert!(rules.len() > 20);
    // JSON is YAML.
    let text = serde_json::json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    std::fs::write(&file, text.to_string()).unwrap();
    promtool(&["check", "rules", file.to_str().unwrap()]);
}

#[test]
fn rules_and_dashboard_name_metrics_that_are_there() {
    let (metrics, ..) = followed();
    let page = metrics.render();
    let rules = include_str!("../../../../deploy/prometheus/airshed.rules.yml");
    let recorded: Vec<&str> =
        rules.lines().filter_map(|it| it.trim().strip_prefix("- record: ")).collect();
    let is_name = |it: char| it.is_ascii_alphanumeric() || "_:".contains(it);
    let mut named = 0;
    for text in expressions().iter().map(String::as_str).chain([rules]) {
        // A colon at the end is that of a sentence.
        let names = text.split(|it| !is_name(it)).map(|it| it.trim_end_matches(':'));
        let names = names.filter(|it| {
            it.starts_with("airshed_") || it.starts_with("airshed:") || it.starts_with("process_")
        });
        for name in names.filter(|it| !recorded.contains(it)) {
            let family = name.trim_end_matches("_bucket");
            let is_there = page.contains(&format!("# TYPE {family} "));
            // No label of it has a value in the demo.
            let is_empty = family == "airshed_commands_refused_total";
            assert!(is_there || is_empty, "{name}: no such metric");
            named += 1;
        }
    }
    assert!(named > 40, "{named}");
}

#[test]
fn a_program_that_is_not_ready_says_why() {
    let metrics = Metrics::new(SystemClock::start()).unwrap();
    let says = |words: &str| {
        let reason = metrics.ready().unwrap_err();
        assert!(reason.contains(words), "{reason:?} without {words:?}");
        assert!(metrics.render().contains("\nairshed_ready 0\n"));
    };
    says("starting");
    assert!(metrics.live());
    metrics.set_serving(&Memory::default());
    assert_eq!(metrics.ready(), Ok(()));
    metrics.set_missing_topics(&["airshed.readings".to_owned()]);
    says("topics are gone: airshed.readings");
    metrics.set_missing_topics(&[]);
    assert_eq!(metrics.ready(), Ok(()));
    metrics.set_ending();
    says("ending");
    assert!(metrics.live());
    metrics.set_failed("disk full".to_owned());
    says("failed: disk full");
    assert!(!metrics.live());
}

#[test]
fn a_label_goes_back_to_zero_and_not_away() {
    let (metrics, memory, _) = followed();
    let before = samples(&metrics.render());
    metrics.standing.set(&mut metrics.now().known, &Memory::default());
    let after = samples(&metrics.render());
    for name in before.keys().filter(|it| it.starts_with("airshed_matters_open")) {
        assert_eq!(after[name], 0.0, "{name}");
    }
    assert!(memory.airshed.open_matters().next().is_some());
}

/// A log and an outbox that count what is to be timed.
#[derive(Debug, Default)]
struct Counting {
    log: MemoryLog,
    with_decision: u32,
    has_orders: bool,
    with_orders: u32,
}

impl EventLog for Counting {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        self.with_decision += u32::from(records.iter().any(|it| !it.event.is_fact()));
        self.log.append(records)
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        self.log.read(from)
    }

    fn save_snapshot(&mut self, _: &Memory, _: Occasion) {}
}

impl Outbox for Counting {
    fn unsent_from(&mut self) -> Result<Position, PortError> {
        Ok(Position(0))
    }

    fn needs(&self, _: &Marks) -> Needs {
        Needs::Nothing
    }

    fn recall(&mut self, _: &Arc<Entry>) -> Result<(), PortError> {
        Ok(())
    }

    fn publish(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        self.has_orders |= entry.record.event.record_type() == "order_set_issued";
        Ok(())
    }

    fn flush(&mut self) -> Result<(), PortError> {
        self.with_orders += u32::from(std::mem::take(&mut self.has_orders));
        Ok(())
    }
}

/// The histogram of a kind: count and sum, and whether its buckets rise up to the count.
fn histogram(metrics: &Metrics, kind: &str) -> (f64, f64) {
    let page = metrics.render();
    let name = format!("airshed_{kind}_latency_seconds");
    let buckets = page.lines().filter(|it| it.starts_with(&format!("{name}_bucket")));
    let buckets: Vec<f64> =
        buckets.map(|it| it.rsplit_once(' ').unwrap().1.parse().unwrap()).collect();
    let samples = samples(&page);
    let count = samples[&format!("{name}_count")];
    assert!(buckets.len() > 10 && buckets.is_sorted() && buckets.last() == Some(&count));
    (count, samples[&format!("{name}_sum")])
}

#[test]
fn each_decision_and_each_order_is_timed_once() {
    let metrics = Arc::new(Metrics::new(SystemClock::start()).unwrap());
    let doors = || {
        let door = |it| Measured::new(it, &metrics);
        demo::through(5, door(Counting::default()), door(Counting::default())).unwrap()
    };
    // What a start sends that an earlier run has left is no order of this one.
    let (log, _) = doors();
    let (count, sum) = histogram(&metrics, "decision");
    assert!(sum > 0.0 && count == f64::from(log.door.with_decision), "{count}");
    assert_eq!(histogram(&metrics, "order"), (0.0, 0.0));
    metrics.set_serving(&Memory::default());
    let (_, outbox) = doors();
    let (count, sum) = histogram(&metrics, "order");
    assert!(sum > 0.0 && count > 3.0 && count == f64::from(outbox.door.with_orders), "{count}");
}

/// The lag of two partitions, after the topic was made again.
#[test]
fn the_lag_of_a_partition_is_what_is_there_and_not_taken() {
    let (metrics, memory, _) = followed();
    let old = Stream::topic("a.readings", 0);
    let new = [0, 1].map(|it| Stream::topic("a.readings#2", it));
    let ends = |partition, first, end| PartitionEnds {
        topic: "a.readings".to_owned(),
        partition,
        first,
        end,
    };
    metrics.set_lag(&[old], &memory, &[ends(0, 0, 7)]);
    metrics.set_lag(&new, &memory, &[ends(1, 40, 100), ends(0, 5, 5), ends(2, 0, 9)]);
    // A broker that does not answer changes nothing.
    metrics.set_lag(&new, &memory, &[]);
    let samples = samples(&metrics.render());
    let lag: Vec<_> = samples.iter().filter(|it| it.0.starts_with("airshed_stream_lag")).collect();
    let name = |stream: &str| format!("airshed_stream_lag_messages{{stream=\"{stream}\"}}");
    let expected = [
        ("a.readings#2/0", 0.0),
        ("a.readings#2/1", 60.0),
        ("a.readings/0", 0.0),
        ("airshed.readings/0", 0.0),
    ];
    let expected: Vec<_> = expected.iter().map(|(it, lag)| (name(it), *lag)).collect();
    assert_eq!(lag, expected.iter().map(|(it, lag)| (it, lag)).collect::<Vec<_>>());
}
