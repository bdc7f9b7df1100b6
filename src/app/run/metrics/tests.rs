//! A whole demo, followed by metrics.
#![expect(clippy::float_cmp, reason = "The numbers are whole, or come from the same arithmetic.")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;
use crate::app::run::demo;
use crate::domain::{Event, Fact, Outcome};
use crate::engine::cooperation::Board;
use crate::engine::entries;
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
