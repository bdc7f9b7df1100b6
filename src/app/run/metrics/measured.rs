//! The doors of the log and of orders, with what each call takes.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{Event, ResponseEvent};
use crate::engine::projection::Marks;
use crate::engine::{
    Entry, EventLog, Memory, Needs, Occasion, Outbox, PortError, Position, Record, Records,
};
use crate::wire::trust::signing::is_decision;

use super::{Metrics, seconds};
use crate::app::run::console::Clock as _;

/// A door, and the metrics to which its calls are added.
pub(in crate::app) struct Measured<D> {
    pub(super) door: D,
    metrics: Arc<Metrics>,
    /// Whether the log signs a checkpoint after a decision.
    signs: bool,
    /// What the publication of the present append has taken so far, and whether it has an order.
    publishing: Duration,
    has_orders: bool,
}

impl<D> Measured<D> {
    pub(in crate::app) fn new(door: D, metrics: &Arc<Metrics>) -> Self {
        let (metrics, publishing) = (Arc::clone(metrics), Duration::ZERO);
        Self { door, metrics, signs: false, publishing, has_orders: false }
    }

    /// A log that signs a checkpoint after each append with a decision, if so.
    pub(in crate::app) fn signing(mut self, signs: bool) -> Self {
        self.signs = signs;
        self
    }

    fn timed<T>(&mut self, act: impl FnOnce(&mut D) -> T) -> (T, Duration) {
        let begin = self.metrics.clock.uptime();
        let done = act(&mut self.door);
        (done, self.metrics.clock.uptime().saturating_sub(begin))
    }
}

impl<D: fmt::Debug> fmt::Debug for Measured<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Measured").field(&self.door).finish()
    }
}

impl<L: EventLog> EventLog for Measured<L> {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        let metrics = Arc::clone(&self.metrics);
        let (appended, taken) = self.timed(|it| match metrics.tracer() {
            Some(tracer) => tracer.append(records, || it.append(records)),
            None => it.append(records),
        });
        appended?;
        let metrics = &self.metrics;
        metrics.append.observe(taken.as_secs_f64());
        if let Some(last) = records.last().filter(|_| records.iter().any(is_decision)) {
            metrics.decision.observe(metrics.since_input());
            if self.signs {
                let covered = i64::try_from(last.position.0 + 1).unwrap_or(i64::MAX);
                metrics.checkpoint_records.set(covered);
                metrics.checkpoint_at.set(seconds(last.recorded_at.0));
            }
        }
        Ok(())
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        self.door.read(from)
    }

    fn load_snapshot(&mut self) -> Option<Memory> {
        self.door.load_snapshot()
    }

    fn save_snapshot(&mut self, memory: &Memory, occasion: Occasion) {
        self.door.save_snapshot(memory, occasion);
    }
}

impl<O: Outbox> Outbox for Measured<O> {
    fn unsent_from(&mut self) -> Result<Position, PortError> {
        self.door.unsent_from()
    }

    fn needs(&self, marks: &Marks) -> Needs {
        self.door.needs(marks)
    }

    fn learn(&mut self, marks: &Marks) {
        self.door.learn(marks);
    }

    fn recall(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        self.door.recall(entry)
    }

    fn publish(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        let is_order =
            matches!(&entry.record.event, Event::Response(ResponseEvent::OrderSetIssued(_)));
        self.has_orders |= is_order;
        let (published, taken) = self.timed(|it| it.publish(entry));
        self.publishing += taken;
        published
    }

    fn flush(&mut self) -> Result<(), PortError> {
        let (flushed, taken) = self.timed(O::flush);
        let taken = std::mem::take(&mut self.publishing) + taken;
        let has_orders = std::mem::take(&mut self.has_orders);
        flushed?;
        if let Some(tracer) = self.metrics.tracer() {
            tracer.sent();
        }
        self.metrics.publish.observe(taken.as_secs_f64());
        // What was left by an earlier run waited for this start, not for the program.
        if has_orders && self.metrics.now().phase == super::Phase::Serving {
            self.metrics.order.observe(self.metrics.since_input());
        }
        Ok(())
    }
}
