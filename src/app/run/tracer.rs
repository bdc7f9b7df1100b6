//! Traces of `serve`: a span for each record of a message that belongs to one, from its receipt until
//! all that follows from it has been sent.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::app::support::config::Config;
use crate::engine::{PortError, Record};
use crate::io::kafka::Traces;
use crate::io::otlp::{OpenSpan, OtlpError, Spans};

/// Of more records at a time, there are no spans; their traces go on.
const OPEN_MAX: usize = 1_000;

/// Follows traces from messages to what is published.
#[derive(Debug)]
pub(in crate::app) struct Tracer {
    traces: Traces,
    spans: Spans,
    open: Mutex<Vec<OpenSpan>>,
}

impl Tracer {
    /// None without a collector.
    pub(in crate::app) fn open(config: &Config, airshed: &str) -> anyhow::Result<Option<Self>> {
        let endpoint = &config.telemetry.otlp_endpoint;
        if endpoint.is_empty() {
            return Ok(None);
        }
        let spans = Spans::open(endpoint, airshed).map_err(anyhow::Error::new::<OtlpError>)?;
        Ok(Some(Self { traces: Traces::default(), spans, open: Mutex::default() }))
    }

    /// What the doors of Kafka know of traces.
    pub(in crate::app) fn traces(&self) -> &Traces {
        &self.traces
    }

    fn opened(&self) -> MutexGuard<'_, Vec<OpenSpan>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the append of these records. What is published of them belongs to their spans.
    pub(in crate::app) fn append(
        &self,
        records: &[Record],
        append: impl FnOnce() -> Result<(), PortError>,
    ) -> Result<(), PortError> {
        let first_new = self.begin(records);
        append()?;
        for span in self.opened().iter_mut().skip(first_new) {
            span.note("durable");
        }
        Ok(())
    }

    /// Begins the spans of these records, and returns how many were open before.
    fn begin(&self, records: &[Record]) -> usize {
        let mut open = self.opened();
        let before = open.len();
        for (position, came) in self.traces.taken(records) {
            let record = records.iter().find(|it| it.position == position);
            let name = record.map_or("input", |it| it.event.record_type());
            let begin = || self.spans.begin(&came.parent, name, came.at, position.0);
            match (open.len() < OPEN_MAX).then(begin).flatten() {
                Some(span) => {
                    self.traces.leave(position, &span.header());
                    open.push(span);
                }
                None => self.traces.leave(position, &came.parent),
            }
        }
        before
    }

    /// The program ends: the last spans leave.
    pub(in crate::app) fn close(&self) {
        self.sent();
        self.spans.close();
    }

    /// All that follows from the records has arrived: their spans end.
    pub(in crate::app) fn sent(&self) {
        self.opened().clear();
    }
}
