//! Metrics that show how the log stands: they are set from the state after a step.

use std::collections::{BTreeMap, BTreeSet};

use prometheus::{Gauge, GaugeVec, IntGauge, IntGaugeVec, Result};

use crate::domain::{Airshed, Hour, JurisdictionIndex, Rules, Stream, Timestamp};
use crate::engine::{Lag, Memory};
use crate::io::kafka::PartitionEnds;

use super::counted::seconds;
use super::families::Families;

/// The state after a step.
#[derive(Debug)]
pub(super) struct Standing {
    log_records: IntGauge,
    recorded_at: Gauge,
    clock: Gauge,
    next_hour: Gauge,
    missing_stations: Labelled,
    silent_stations: IntGauge,
    grade: Labelled,
    epoch: IntGauge,
    open_matters: Labelled,
    overdue_matters: Labelled,
    stream_clock: GaugeVec,
    stream_behind: GaugeVec,
    stream_lag: Labelled,
    waiting_values: IntGauge,
    held_streams: IntGauge,
    missing_topics: IntGauge,
}

/// Whole numbers by a label. A label that has had a number has 0 afterwards, so that its line does
/// not end.
#[derive(Debug)]
struct Labelled(IntGaugeVec);

impl Labelled {
    fn set(&self, known: &mut BTreeSet<String>, now: &BTreeMap<String, i64>) {
        known.extend(now.keys().cloned());
        for label in &*known {
            self.0.with_label_values(&[label.as_str()]).set(now.get(label).copied().unwrap_or(0));
        }
    }
}

/// The labels that have been set.
#[derive(Debug, Default)]
pub(super) struct Known {
    missing: BTreeSet<String>,
    graded: BTreeSet<String>,
    open: BTreeSet<String>,
    overdue: BTreeSet<String>,
    lagging: BTreeSet<String>,
}

impl Standing {
    pub(super) fn new(families: &Families) -> Result<Self> {
        let labelled = |name, help, label| families.counts(name, help, label).map(Labelled);
        Ok(Self {
            log_records: families.count("log_records", "Records of the log.")?,
            recorded_at: families.gauge(
                "last_record_timestamp_seconds",
                "When the last record was taken in, as seconds since 1970.",
            )?,
            clock: families
                .gauge("clock_timestamp_seconds", "The clock of the log, as seconds since 1970.")?,
            next_hour: families.gauge(
                "next_hour_timestamp_seconds",
                "The end of the hour that closes next, as seconds since 1970; 0 before the first.",
            )?,
            missing_stations: labelled(
                "hour_missing_stations",
                "Stations for which the next hour waits: expected, and not reported.",
                "jurisdiction",
            )?,
            silent_stations: families.count(
                "silent_stations",
                "Stations that have been silent for so long that no hour waits for them.",
            )?,
            grade: labelled(
                "warning_grade",
                "Grade of the open warning: 0 none, 1 blue, 2 yellow, 3 orange, 4 red.",
                "jurisdiction",
            )?,
            epoch: families.count("order_set_epoch", "Number of the last order set.")?,
            open_matters: labelled("matters_open", "Matters that ask for an answer.", "body")?,
            overdue_matters: labelled(
                "matters_overdue",
                "Open matters of which the deadline has passed.",
                "body",
            )?,
            stream_clock: families.gauges(
                "stream_clock_timestamp_seconds",
                "The clock of a partition or file by its rows, as seconds since 1970.",
                "stream",
            )?,
            stream_behind: families.gauges(
                "stream_behind_seconds",
                "How far the clock of a partition or file is behind the furthest one.",
                "stream",
            )?,
            stream_lag: labelled(
                "stream_lag_messages",
                "Messages of a partition that are there and not in the log yet.",
                "stream",
            )?,
            waiting_values: families
                .count("waiting_values", "Values that wait until slower streams have caught up.")?,
            held_streams: families.count(
                "held_streams",
                "Streams that are not read because too much of theirs waits.",
            )?,
            missing_topics: families.count("missing_topics", "Topics that are gone.")?,
        })
    }

    /// Sets what the state says.
    pub(super) fn set(&self, known: &mut Known, memory: &Memory) {
        let airshed = &memory.airshed;
        self.log_records.set(whole(memory.next.0));
        self.recorded_at.set(seconds(memory.recorded_at.0));
        self.clock.set(moment(airshed.clock()));
        self.next_hour.set(moment(airshed.next_hour().map(Hour::end)));
        self.silent_stations.set(whole(airshed.silent_stations().count() as u64));
        self.epoch.set(whole(airshed.epoch()));
        self.set_matters(known, airshed);
        if let Some(rules) = airshed.rules() {
            self.set_jurisdictions(known, airshed, rules);
        }
        self.set_streams(airshed);
    }

    fn set_jurisdictions(&self, known: &mut Known, airshed: &Airshed, rules: &Rules) {
        let mut missing: BTreeMap<JurisdictionIndex, i64> = BTreeMap::new();
        for (jurisdiction, reported) in airshed.expected() {
            *missing.entry(jurisdiction).or_default() += i64::from(!reported);
        }
        let all = (0..).map(JurisdictionIndex).zip(&rules.jurisdictions);
        let all: Vec<_> = all.map(|(nth, it)| (nth, it.division.to_string())).collect();
        let by_name = |value: &dyn Fn(JurisdictionIndex) -> i64| {
            all.iter().map(|(nth, name)| (name.clone(), value(*nth))).collect::<BTreeMap<_, _>>()
        };
        let missing = by_name(&|nth| missing.get(&nth).copied().unwrap_or(0));
        self.missing_stations.set(&mut known.missing, &missing);
        let grades = by_name(&|nth| airshed.warning(nth).map_or(0, |it| i64::from(it.grade as u8)));
        self.grade.set(&mut known.graded, &grades);
    }

    fn set_matters(&self, known: &mut Known, airshed: &Airshed) {
        let (mut open, mut overdue) = (BTreeMap::new(), BTreeMap::new());
        for (owner, is_overdue) in airshed.open_matters() {
            *open.entry(owner.to_string()).or_default() += 1;
            *overdue.entry(owner.to_string()).or_default() += i64::from(is_overdue);
        }
        self.open_matters.set(&mut known.open, &open);
        self.overdue_matters.set(&mut known.overdue, &overdue);
    }

    fn set_streams(&self, airshed: &Airshed) {
        let streams = airshed.streams().iter().filter(|(it, _)| it.as_topic_id().is_none());
        let clocks: Vec<_> =
            streams.filter_map(|(it, state)| Some((it, state.clock.at?))).collect();
        let furthest = clocks.iter().map(|it| it.1).max().unwrap_or_default();
        for (stream, at) in clocks {
            let name = stream.to_string();
            self.stream_clock.with_label_values(&[&name]).set(seconds(at.0));
            self.stream_behind.with_label_values(&[&name]).set(seconds(furthest.0 - at.0));
        }
    }

    /// Sets what is known outside of the state: what waits, and topics that are gone.
    pub(super) fn set_waiting(&self, lag: Option<&Lag>) {
        self.waiting_values.set(whole(lag.map_or(0, |it| it.values) as u64));
        self.held_streams.set(whole(lag.map_or(0, |it| it.held) as u64));
    }

    /// Sets how many messages of each partition are not taken. What is taken is in the log.
    pub(super) fn set_lag(
        &self,
        known: &mut Known,
        streams: &[Stream],
        memory: &Memory,
        ends: &[PartitionEnds],
    ) {
        if ends.is_empty() {
            return;
        }
        let taken = memory.airshed.streams();
        // A topic that was made again has a number behind its name, which no topic can have.
        let topic = |it: &Stream| it.name.split('#').next().unwrap_or_default().to_owned();
        let lag = streams.iter().filter_map(|stream| {
            let (topic, partition) = (topic(stream), stream.partition?);
            let at = ends.iter().find(|it| it.topic == topic && it.partition == partition)?;
            let next = taken.get(stream).and_then(|it| it.taken).map_or(0, |it| it + 1);
            Some((stream.to_string(), whole(at.end.saturating_sub(next.max(at.first)))))
        });
        self.stream_lag.set(&mut known.lagging, &lag.collect());
    }

    pub(super) fn set_missing_topics(&self, count: usize) {
        self.missing_topics.set(whole(count as u64));
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn moment(at: Option<Timestamp>) -> f64 {
    at.map_or(0.0, |it| seconds(it.0))
}
