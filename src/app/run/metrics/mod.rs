//! Metrics of a program that serves, in the text format of Prometheus, and whether it is ready.
//!
//! What records say is counted by a follower of the log; how the log stands is set after a step, at
//! most once a second; what an append and a publication take is measured at the doors. The names
//! follow the conventions of Prometheus: base units, `_total` for counts.

mod counted;
mod families;
mod hooks;
mod measured;
mod standing;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use prometheus::{Histogram, IntCounterVec, IntGauge};

use crate::domain::Stream;
use crate::engine::{Entry, Follower, Lag, Memory, Position};
use crate::io::kafka::PartitionEnds;
use crate::wire::identity::Denials;

use super::console::{Clock, SystemClock};
use super::tracer::Tracer;
use counted::{Counted, seconds};
use families::{Families, WORK_S};
pub(in crate::app) use measured::Measured;
use standing::{Known, Standing};

/// Between two looks at the state.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A step that takes longer waits for a broker or a disk.
const STEP_MAX: Duration = Duration::from_secs(30);

/// What is known of a program that serves. All threads may ask.
#[derive(Debug)]
pub(in crate::app) struct Metrics {
    clock: SystemClock,
    families: Families,
    counted: Counted,
    standing: Standing,
    append: Histogram,
    publish: Histogram,
    decision: Histogram,
    order: Histogram,
    checkpoint_records: IntGauge,
    checkpoint_at: prometheus::Gauge,
    ready: IntGauge,
    /// Of the HTTP server, by reason.
    denied: IntCounterVec,
    denials: OnceLock<Denials>,
    tracer: OnceLock<Tracer>,
    hooks: hooks::Hooks,
    now: Mutex<Now>,
}

/// What changes from step to step.
#[derive(Debug, Default)]
struct Now {
    phase: Phase,
    known: Known,
    /// When the last input came.
    input_at: Duration,
    /// When the last step ended.
    stepped_at: Duration,
    /// When the state was last looked at, and the length of the log then.
    looked: Option<(Duration, Position)>,
    missing_topics: Vec<String>,
}

/// Where a program stands between its start and its end.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
enum Phase {
    #[default]
    Starting,
    Serving,
    Ending,
    Failed(String),
}

impl Metrics {
    /// Begins with a program that starts.
    pub(in crate::app) fn new(clock: SystemClock) -> anyhow::Result<Self> {
        let families = Families::default();
        families.process()?;
        let work = |name, help| families.histogram(name, help, WORK_S);
        Ok(Self {
            clock,
            counted: Counted::new(&families)?,
            standing: Standing::new(&families)?,
            append: work("append_seconds", "Time of an append until it is durable.")?,
            publish: work(
                "publish_seconds",
                "Time of the publication of what an append holds, until all has arrived.",
            )?,
            decision: work(
                "decision_latency_seconds",
                "From the input that set off a decision until the decision is durable.",
            )?,
            order: work(
                "order_latency_seconds",
                "From the input that set off an order set until its orders have arrived.",
            )?,
            checkpoint_records: families.count(
                "checkpoint_records",
                "Records under the last signed checkpoint since the start; 0 without a key.",
            )?,
            checkpoint_at: families.gauge(
                "checkpoint_timestamp_seconds",
                "When the last checkpoint was signed, as seconds since 1970; 0 without a key.",
            )?,
            ready: families.count("ready", "1 if the program is ready, else 0.")?,
            denied: families.counters(
                "http_denials_total",
                "Requests that were refused because of their caller, by reason.",
                "reason",
            )?,
            denials: OnceLock::new(),
            tracer: OnceLock::new(),
            hooks: hooks::Hooks::new(&families)?,
            now: Mutex::default(),
            families,
        })
    }

    /// Traces are followed from now on.
    pub(in crate::app) fn trace_by(&self, tracer: Tracer) {
        // There is one in a program.
        drop(self.tracer.set(tracer));
    }

    /// Who follows traces, if they are followed.
    pub(in crate::app) fn tracer(&self) -> Option<&Tracer> {
        self.tracer.get()
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All metrics, in the text format of Prometheus.
    pub(in crate::app) fn render(&self) -> String {
        self.ready.set(i64::from(self.ready().is_ok()));
        // One page at a time, so that no denial is counted twice.
        let _now = self.now();
        for (reason, count) in self.denials.get().into_iter().flat_map(Denials::counts) {
            let shown = self.denied.with_label_values(&[reason]);
            shown.inc_by(count.saturating_sub(shown.get()));
        }
        self.families.render()
    }

    /// Shows these numbers of denials from now on.
    pub(in crate::app) fn count_denials(&self, denials: &Denials) {
        // There is one server in a program.
        drop(self.denials.set(denials.clone()));
    }

    /// Whether the program should go on running; if not, only a new start helps.
    pub(in crate::app) fn live(&self) -> bool {
        !matches!(self.now().phase, Phase::Failed(_))
    }

    /// Whether the program takes in what comes and answers by the newest state. An error says why
    /// not.
    pub(in crate::app) fn ready(&self) -> Result<(), String> {
        let now = self.now();
        let waited = self.clock.uptime().saturating_sub(now.stepped_at);
        match &now.phase {
            Phase::Starting => Err("starting: the log is being read".to_owned()),
            Phase::Ending => Err("ending: a signal has come".to_owned()),
            Phase::Failed(words) => Err(format!("failed: {words}")),
            Phase::Serving if waited > STEP_MAX => Err(format!(
                "a step has not ended for {} s: the broker or the disk does not answer",
                waited.as_secs()
            )),
            Phase::Serving if !now.missing_topics.is_empty() => {
                Err(format!("topics are gone: {}", now.missing_topics.join(", ")))
            }
            Phase::Serving => Ok(()),
        }
    }

    /// The log is open, and steps follow.
    pub(in crate::app) fn set_serving(&self, memory: &Memory) {
        let mut now = self.now();
        now.phase = Phase::Serving;
        now.stepped_at = self.clock.uptime();
        self.standing.set(&mut now.known, memory);
    }

    /// No step follows.
    pub(in crate::app) fn set_ending(&self) {
        self.now().phase = Phase::Ending;
    }

    /// The program ends by an error.
    pub(in crate::app) fn set_failed(&self, words: String) {
        self.now().phase = Phase::Failed(words);
    }

    /// An input has come, by which decisions and orders are timed.
    pub(in crate::app) fn input_came(&self) {
        self.now().input_at = self.clock.uptime();
    }

    /// A step has ended. The state is looked at if a second has passed and the log has grown.
    pub(in crate::app) fn stepped(&self, memory: &Memory, lag: Option<&Lag>) {
        let mut now = self.now();
        let uptime = self.clock.uptime();
        now.stepped_at = uptime;
        let is_due = now.looked.is_none_or(|(at, _)| uptime.saturating_sub(at) >= LOOK_EVERY);
        if !is_due {
            return;
        }
        self.standing.set_waiting(lag);
        if now.looked.is_none_or(|(_, next)| next != memory.next) {
            self.standing.set(&mut now.known, memory);
        }
        now.looked = Some((uptime, memory.next));
    }

    /// These topics are gone.
    pub(in crate::app) fn set_missing_topics(&self, topics: &[String]) {
        self.standing.set_missing_topics(topics.len());
        topics.clone_into(&mut self.now().missing_topics);
    }

    /// How many messages of these streams are not taken yet.
    pub(in crate::app) fn set_lag(
        &self,
        streams: &[Stream],
        memory: &Memory,
        ends: &[PartitionEnds],
    ) {
        self.standing.set_lag(&mut self.now().known, streams, memory, ends);
    }

    fn since_input(&self) -> f64 {
        self.clock.uptime().saturating_sub(self.now().input_at).as_secs_f64()
    }
}

/// A handle that follows a log; others have the same metrics.
#[derive(Debug)]
pub(in crate::app) struct Following(pub(in crate::app) Arc<Metrics>);

impl Follower for Following {
    fn follow(&mut self, entry: &Arc<Entry>) {
        self.0.counted.count(entry);
    }
}
