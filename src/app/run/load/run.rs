//! A run: waits for `serve`, sends, waits for what follows, compares.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;

use crate::app::support::Failure;
use crate::app::support::log_reader::LogLocation;
use crate::app::support::progress::Progress;
use crate::domain::{RuleBook, StationIndex};
use crate::engine::PortError;
use crate::io::kafka::{Connection, Follower, KafkaFeed, Probe, Topics};

use super::Args;
use super::comparison::compare;
use super::expected::expected_orders;
use super::figures::Latencies;
use super::log_check::{self, LogFacts};
use super::plan::Plan;
use super::process::used;
use super::receiver::{Received, Receivers, RunClock, hour_number};
use super::report::{Measured, Report};
use super::sender::{Sender, SentStep, Step};

/// How long `serve` may take to make its topics, and to close the next hour.
const PATIENCE: Duration = Duration::from_secs(30);
/// When nothing has come for so long, nothing more comes.
const QUIET: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The most rates of a ramp.
const STEPS_MAX: usize = 40;

/// What all parts of a run share.
struct Run<'a> {
    args: &'a Args,
    clock: RunClock,
    receivers: Receivers,
    connection: &'a Connection,
}

pub(super) fn run(
    args: &Args,
    book: Arc<RuleBook>,
    stations: Vec<StationIndex>,
    connection: &Connection,
) -> Result<Report, Failure> {
    let topics = Topics::new(&args.prefix);
    let divisions = book.rules.jurisdictions.iter().map(|it| it.division);
    let orders: Vec<String> = divisions.map(|it| topics.orders(it)).collect();
    let clock = RunClock::start();
    let has_log = await_serve(connection, &topics, (&orders, &args.prefix), clock)?;
    let feed = KafkaFeed::open_at_once(connection, &topics, 1).map_err(failed)?;
    let pack = (args.pack as usize, feed.partitions());
    let plan = Plan::new(book, stations, pack, args.seed);
    let probe_topic = format!("{}.probe", args.prefix);
    let probe = Probe::open(connection, &probe_topic).map_err(failed)?;
    let log = has_log.then(|| topics.log());
    let receivers =
        Receivers::start(connection, &topics, (&orders, log.clone(), &probe_topic), clock)
            .map_err(failed)?;
    let run = Run { args, clock, receivers, connection };
    let mut sender = Sender::new(&plan, feed, probe, clock);
    let (steps, best) = run.send(&mut sender)?;
    let expected = expected_orders(&plan, &topics, sender.due_ns.len() as u64).map_err(failed)?;
    run.await_orders(expected.len())?;
    let facts = match log {
        Some(topic) => {
            let place = LogLocation::Topic(connection.clone(), topic);
            log_check::read(&place, args.log_key.as_ref())?
        }
        None => LogFacts::default(),
    };
    let received = run.receivers.received().map_err(failed)?;
    let mut faults = compare(&expected, &received.orders, has_log.then_some(&facts.offsets));
    faults.extend(log_check::faults(&facts, &received.orders));
    Ok(Report {
        stations: plan.stations(),
        pack: args.pack as usize,
        seed: args.seed,
        late_ms: args.late,
        ramp: args.p99.map(|bound| (bound, best)),
        steps,
        expected: expected.len(),
        received: received.orders.len(),
        faults,
        has_log,
        checkpoint: facts.proven.map(|it| it.0),
    })
}

fn failed(error: PortError) -> Failure {
    anyhow::Error::new(error).into()
}

/// Waits until `serve` has made its topics, and returns whether its log is one of them.
fn await_serve(
    connection: &Connection,
    topics: &Topics,
    (orders, prefix): (&[String], &str),
    clock: RunClock,
) -> Result<bool, Failure> {
    let names = [&[topics.log(), topics.readings(), topics.current()], orders].concat();
    loop {
        let there = Follower::messages(connection, &names).map_err(failed)?;
        if there.get(1).is_some_and(|it| it.is_some_and(|it| it > 0)) {
            return Err(Failure::Usage(format!(
                "{}: holds readings of another run; start serve and load with a prefix that no \
                 run has used",
                topics.readings()
            )));
        }
        if there.iter().skip(1).all(Option::is_some) {
            return Ok(there.first().is_some_and(Option::is_some));
        }
        if Duration::from_nanos(clock.now_ns()) > PATIENCE {
            return Err(Failure::Run(anyhow!(
                "no serve has made the topics of {prefix}: start `airshed serve --clock sources` \
                 with kafka.topic_prefix = \"{prefix}\", see `airshed load --help`"
            )));
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

impl Run<'_> {
    /// Sends all steps; of a ramp, also the highest rate below the bound, if there is one.
    fn send(&self, sender: &mut Sender<'_>) -> Result<(Vec<Measured>, Option<String>), Failure> {
        let (rate, duration) = (self.args.rate, self.args.duration);
        let bar = Progress::counting(0, "steps");
        bar.say("warming up");
        let warm = sender.send(Step { rate, duration: self.args.warm_up }, 0).map_err(failed)?;
        if self.args.ramp {
            self.await_closed(&warm)?;
        }
        let mut steps = Vec::new();
        let mut step = Step { rate, duration };
        let mut best = None;
        for number in 1..=STEPS_MAX {
            bar.say(&format!("{} messages a second", step.rate));
            let measured = self.step(sender, step, number)?;
            let bound = self.args.p99.filter(|_| self.args.ramp);
            let is_below = bound.is_some_and(|bound| {
                let is_timely = measured.p99_ms().is_some_and(|it| it <= bound);
                is_timely && !measured.is_void(self.args.late)
            });
            if is_below {
                best = Some(step.rate.to_string());
            }
            steps.push(measured);
            if !is_below || step.rate.raised() == step.rate {
                break;
            }
            step.rate = step.rate.raised();
        }
        Ok((steps, best))
    }

    fn step(
        &self,
        sender: &mut Sender<'_>,
        step: Step,
        number: usize,
    ) -> Result<Measured, Failure> {
        let use_now = || self.args.serve_pid.and_then(used);
        let before = use_now();
        let sent = sender.send(step, number).map_err(failed)?;
        let after = use_now();
        let serve = before
            .zip(after)
            .map(|(a, b)| ((b.cpu_s - a.cpu_s) / sent.seconds.max(0.001) * 100.0, b.memory_mib));
        sender.flush().map_err(failed)?;
        self.await_closed(&sent)?;
        self.await_quiet()?;
        let received = self.receivers.received().map_err(failed)?;
        Ok(measured(sent, &received, &sender.due_ns, (number, serve)))
    }

    /// Waits until the last hour of a step is closed, or `serve` closes no more.
    fn await_closed(&self, sent: &SentStep) -> Result<(), Failure> {
        let Some(last) = usize::try_from(sent.hours.1).ok().and_then(|it| it.checked_sub(1)) else {
            return Ok(());
        };
        let begin_ns = self.clock.now_ns();
        loop {
            let (is_closed, last_ns) = {
                let received = self.receivers.received().map_err(failed)?;
                (received.closed.get(last).is_some_and(Option::is_some), received.last_ns)
            };
            if is_closed || self.is_past(begin_ns.max(last_ns), PATIENCE) {
                return Ok(());
            }
            self.pause()?;
        }
    }

    /// Waits until all orders have come, or nothing comes any more; then for what may come twice.
    fn await_orders(&self, expected: usize) -> Result<(), Failure> {
        let begin_ns = self.clock.now_ns();
        loop {
            let (count, last_ns) = {
                let received = self.receivers.received().map_err(failed)?;
                (received.orders.len(), received.last_ns)
            };
            if count >= expected || self.is_past(begin_ns.max(last_ns), 4 * QUIET) {
                return self.await_quiet();
            }
            self.pause()?;
        }
    }

    fn await_quiet(&self) -> Result<(), Failure> {
        let begin_ns = self.clock.now_ns();
        while !self.is_past(begin_ns.max(self.receivers.received().map_err(failed)?.last_ns), QUIET)
        {
            self.pause()?;
        }
        Ok(())
    }

    fn is_past(&self, since_ns: u64, time: Duration) -> bool {
        Duration::from_nanos(self.clock.now_ns().saturating_sub(since_ns)) > time
    }

    fn pause(&self) -> Result<(), Failure> {
        if self.connection.stop().is_set() {
            return Err(Failure::Run(anyhow!("stopped before all orders had come")));
        }
        std::thread::sleep(LOOK_EVERY);
        Ok(())
    }
}

/// The latencies of a step.
fn measured(
    sent: SentStep,
    received: &Received,
    due_ns: &[u64],
    (number, serve): (usize, Option<(f64, f64)>),
) -> Measured {
    let (mut closed, mut order) = (Latencies::new(), Latencies::new());
    let is_own = |hour: usize| (sent.hours.0..sent.hours.1).contains(&(hour as u64));
    for (hour, at_ns) in received.closed.iter().enumerate().filter(|it| is_own(it.0)) {
        if let (Some(due_ns), Some(at_ns)) = (due_ns.get(hour), at_ns) {
            closed.record(*due_ns, *at_ns);
        }
    }
    for it in &received.orders {
        let body = serde_json::from_slice::<serde_json::Value>(&it.body).unwrap_or_default();
        let hour = hour_number(&body["hour"]).filter(|it| is_own(*it));
        if let Some(due_ns) = hour.and_then(|it| due_ns.get(it)) {
            order.record(*due_ns, it.at_ns);
        }
    }
    let probe = received.probes.get(number).cloned().unwrap_or_else(Latencies::new);
    Measured { sent, probe, closed, order, serve }
}
