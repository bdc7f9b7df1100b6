//! Sends the inputs, each message at its time.

use std::time::Duration;

use crate::domain::StationIndex;
use crate::engine::PortError;
use crate::io::kafka::{KafkaFeed, Probe};
use crate::wire::message::{Framing, MessageWriter};

use super::figures::Latencies;
use super::plan::{HourInputs, Plan};
use super::receiver::{RunClock, probe};
use super::schedule::Rate;

/// Between two probes.
const PROBE_EVERY_NS: u64 = 5_000_000;
/// A shorter wait is not worth a sleep.
const SLEEP_MIN_NS: u64 = 20_000;
/// So often it is looked whether the run is to end.
const SLEEP_MAX_NS: u64 = 50_000_000;

/// A part of a run: one rate for some time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) rate: Rate,
    pub(super) duration: Duration,
}

/// What was sent in a step.
#[derive(Clone, Debug)]
pub(super) struct SentStep {
    pub(super) rate: Rate,
    /// The number of its first hour, and of the hour after its last.
    pub(super) hours: (u64, u64),
    pub(super) messages: u64,
    pub(super) readings: u64,
    pub(super) seconds: f64,
    /// Intended to sent.
    pub(super) late: Latencies,
}

/// Sends hours one after another.
pub(super) struct Sender<'a> {
    plan: &'a Plan,
    feed: KafkaFeed,
    probe: Probe,
    writer: MessageWriter<'a>,
    clock: RunClock,
    bytes: Vec<u8>,
    /// By the number of the hour: when its last message was due.
    pub(super) due_ns: Vec<u64>,
    probed_ns: u64,
}

impl<'a> Sender<'a> {
    pub(super) fn new(plan: &'a Plan, feed: KafkaFeed, probe: Probe, clock: RunClock) -> Self {
        let writer = MessageWriter::new(&plan.book.rules, Framing::SingleObject);
        let (bytes, due_ns) = (Vec::new(), Vec::new());
        Self { plan, feed, probe, writer, clock, bytes, due_ns, probed_ns: 0 }
    }

    /// Sends whole hours until the time of the step is over.
    pub(super) fn send(&mut self, step: Step, number: usize) -> Result<SentStep, PortError> {
        let begin_ns = self.clock.now_ns();
        let first = self.due_ns.len() as u64;
        let mut sent = SentStep {
            rate: step.rate,
            hours: (first, first),
            messages: 0,
            readings: 0,
            seconds: 0.0,
            late: Latencies::new(),
        };
        let until_ns = u64::try_from(step.duration.as_nanos()).unwrap_or(u64::MAX);
        loop {
            let elapsed_ns = self.clock.now_ns() - begin_ns;
            let due_ns = step.rate.intended_ns(sent.messages).unwrap_or(elapsed_ns);
            if due_ns >= until_ns {
                break;
            }
            let inputs = self.plan.hour(sent.hours.1);
            self.send_hour(&inputs, (begin_ns, number), &mut sent)?;
            sent.hours.1 += 1;
        }
        sent.seconds = Duration::from_nanos(self.clock.now_ns() - begin_ns).as_secs_f64();
        Ok(sent)
    }

    fn send_hour(
        &mut self,
        inputs: &HourInputs,
        (begin_ns, step): (u64, usize),
        sent: &mut SentStep,
    ) -> Result<(), PortError> {
        if let Some(forecast) = &inputs.forecast {
            self.writer.forecast(forecast, &mut self.bytes);
            self.feed.forecast(&forecast.maker, &self.bytes)?;
        }
        let mut last_ns = self.clock.now_ns();
        for (partition, readings) in &inputs.messages {
            let due = sent.rate.intended_ns(sent.messages).map(|it| begin_ns + it);
            if let Some(due_ns) = due {
                self.await_ns(due_ns)?;
            }
            let due_ns = due.unwrap_or_else(|| self.clock.now_ns());
            self.writer.readings(&[(inputs.hour, readings)], &mut self.bytes);
            let key = readings.first().map_or("", |it| self.code(it.station));
            self.feed.readings(*partition, key, &self.bytes)?;
            sent.late.record(due_ns, self.clock.now_ns());
            sent.messages += 1;
            sent.readings += readings.len() as u64;
            last_ns = due_ns;
            self.send_probe(due_ns, step)?;
        }
        self.writer.tick(inputs.tick, &mut self.bytes);
        self.feed.tick(&self.bytes)?;
        self.due_ns.push(last_ns);
        self.feed.look()
    }

    fn send_probe(&mut self, due_ns: u64, step: usize) -> Result<(), PortError> {
        if due_ns < self.probed_ns + PROBE_EVERY_NS {
            return Ok(());
        }
        self.probed_ns = due_ns;
        self.probe.send(&probe(due_ns, step))
    }

    /// Returns when it is time, or at once if that has passed.
    fn await_ns(&self, due_ns: u64) -> Result<(), PortError> {
        loop {
            let left_ns = due_ns.saturating_sub(self.clock.now_ns());
            if left_ns < SLEEP_MIN_NS {
                return Ok(());
            }
            std::thread::sleep(Duration::from_nanos(left_ns.min(SLEEP_MAX_NS)));
            self.feed.look()?;
        }
    }

    fn code(&self, station: StationIndex) -> &'a str {
        let station = self.plan.book.rules.stations.get(usize::from(station.0));
        station.map_or("", |it| &it.code)
    }

    /// Returns when everything has arrived at the broker.
    pub(super) fn flush(&self) -> Result<(), PortError> {
        self.feed.flush()
    }
}
