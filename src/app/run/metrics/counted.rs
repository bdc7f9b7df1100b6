//! Metrics that are counted from the records of the log, as they are appended.

use std::sync::Arc;

use prometheus::{Histogram, IntCounter, IntCounterVec, Result};

use crate::domain::cooperation::What;
use crate::domain::{
    AirEvent, Batch, Event, Fact, HourClosed, OrderSet, Outcome, Reason, ResponseEvent,
};
use crate::engine::{Entry, Record};

use super::families::{DELAYS_S, Families};

/// Counts since the start of the program.
#[derive(Debug)]
pub(super) struct Counted {
    /// By the number of the outcome.
    readings: [IntCounter; Outcome::ALL.len()],
    /// By the number of the reason.
    refused: [IntCounter; Reason::ALL.len()],
    reading_delay: Histogram,
    records: IntCounterVec,
    hours_closed: IntCounter,
    hours_stale: IntCounter,
    closing_delay: Histogram,
    order_sets: IntCounter,
    orders: IntCounterVec,
    commands_refused: IntCounterVec,
}

impl Counted {
    pub(super) fn new(families: &Families) -> Result<Self> {
        let readings = "Readings that were recorded, by what became of each.";
        let readings = families.counters("readings_total", readings, "outcome")?;
        let refused = "Values that were refused, by reason; a reading that came too late is one.";
        let refused = families.counters("refused_total", refused, "reason")?;
        Ok(Self {
            readings: Outcome::ALL.map(|it| readings.with_label_values(&[it.name()])),
            refused: Reason::ALL.map(|it| refused.with_label_values(&[it.name()])),
            reading_delay: families.histogram(
                "reading_delay_seconds",
                "From the end of the hour of readings until they were recorded; once a record.",
                DELAYS_S,
            )?,
            records: families.counters(
                "records_total",
                "Records that were appended, by type.",
                "type",
            )?,
            hours_closed: families.counter("hour_closings_total", "Hours that closed.")?,
            hours_stale: families.counter(
                "hour_closings_stale_total",
                "Hours that closed too late for a decision.",
            )?,
            closing_delay: families.histogram(
                "hour_closing_delay_seconds",
                "From the end of an hour until its closing was recorded.",
                DELAYS_S,
            )?,
            order_sets: families.counter("order_sets_total", "Order sets that were issued.")?,
            orders: families.counters("orders_total", "Orders that were issued, by act.", "act")?,
            commands_refused: families.counters(
                "commands_refused_total",
                "Commands of bodies that were refused, by reason.",
                "reason",
            )?,
        })
    }

    pub(super) fn count(&self, entry: &Arc<Entry>) {
        let record = &entry.record;
        self.records.with_label_values(&[record.event.record_type()]).inc();
        match &record.event {
            Event::Fact(Fact::ReadingsReceived(batch)) => self.count_readings(record, batch),
            Event::Fact(Fact::InputRefused(refusal)) => {
                if let Some(counter) = self.refused.get(refusal.reason as usize) {
                    counter.inc_by(refusal.count);
                }
            }
            Event::Air(AirEvent::HourClosed(closed)) => self.count_closed(record, closed),
            Event::Response(ResponseEvent::OrderSetIssued(set)) => self.count_orders(set),
            Event::Cooperation(event) => {
                if let What::CommandRefused(refused) = &event.what {
                    self.commands_refused.with_label_values(&[&refused.reason.name()]).inc();
                }
            }
            Event::Fact(_)
            | Event::Station(_)
            | Event::Air(_)
            | Event::Warning(_)
            | Event::Response(_) => {}
        }
    }

    /// One addition for each outcome, not for each reading.
    fn count_readings(&self, record: &Record, batch: &Batch) {
        let mut outcomes = [0; Outcome::ALL.len()];
        for reading in &batch.readings {
            if let Some(count) = outcomes.get_mut(reading.outcome as usize) {
                *count += 1;
            }
        }
        for (counter, count) in self.readings.iter().zip(outcomes) {
            counter.inc_by(count);
        }
        self.reading_delay.observe(seconds(record.recorded_at.0 - batch.hour.end().0));
    }

    fn count_closed(&self, record: &Record, closed: &HourClosed) {
        self.hours_closed.inc();
        self.hours_stale.inc_by(u64::from(closed.stale));
        self.closing_delay.observe(seconds(record.recorded_at.0 - closed.hour.end().0));
    }

    fn count_orders(&self, set: &OrderSet) {
        self.order_sets.inc();
        for order in &set.orders {
            self.orders.with_label_values(&[order.act.name()]).inc();
        }
    }
}

/// Milliseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "A time of the calendar is far below 2^53 ms.")]
pub(super) fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}
