//! `airshed serve`: reads readings and commands from Kafka and sends orders to Kafka until it is stopped.

mod access;
mod begin;
mod doors;
mod feed;
mod hooks;
mod input;
mod settings;
mod writes;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;

use crate::domain::{Command, RuleBook, Tick, Timestamp};
use crate::engine::{Engine, EventLog, Limits, Memory, Outbox, PortError};
use crate::io::hooks::Workers;
use crate::io::kafka::{Connection, Stop, TopicWatch, Topics};

use super::console::{Clock, ClockWatch, Console, SystemClock};
use super::metrics::{Following, Measured, Metrics};
use super::tracer::Tracer;
use crate::app::support::config::{self, Config};
use crate::app::support::log_reader::LogLocation;
use crate::app::support::rules::{self, Overrides};
use crate::app::support::{Failure, output, signals, telemetry};
pub(in crate::app) use access::tokens;
use begin::{Bounds, Guarded};
use doors::{Doors, newest_in, signer};
pub(in crate::app) use hooks::check as check_hooks;
use input::Input;
pub(in crate::app) use settings::SettingsArgs;
use writes::Requests;

/// The most steps between two ticks, so that a feed without pauses does not hold up the clock.
const BUSY_STEPS_MAX: u32 = 1_000;
/// How long the loop waits for a request if there is no broker.
const IDLE_WAIT: Duration = Duration::from_millis(20);

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Check the configuration and the rule book, and exit.
    #[arg(long)]
    check: bool,
}

/// Serves until a signal stops it or another process takes over.
pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let (config, client) = args.settings.read()?;
    let book = check(&config)?;
    if args.check {
        return output::print("configuration and rule book are right");
    }
    telemetry::start(&config.telemetry)?;
    let stop = Stop::default();
    signals::listen(stop.clone())?;
    let connection = Connection::new(&config.kafka.brokers, stop.clone()).with(client);
    let clock = SystemClock::start();
    let metrics = Arc::new(Metrics::new(clock)?);
    if let Some(tracer) = Tracer::open(&config, &book.rules.airshed)? {
        metrics.trace_by(tracer);
    }
    let served =
        open(&config, args.settings.key.as_deref(), &book, &connection, (&clock, &metrics))
            .and_then(|mut serving| serving.serve(&stop));
    match &served {
        Err(error) if !stop.is_set() => metrics.set_failed(error.to_string()),
        Ok(()) | Err(_) => metrics.set_ending(),
    }
    if let Some(tracer) = metrics.tracer() {
        tracer.close();
    }
    match served {
        Err(error @ PortError::Fenced(_)) => Err(anyhow!(error).into()),
        // An error after a stop is the end of a wait for a broker.
        Err(error) if stop.is_set() => {
            tracing::info!(%error, "ended");
            Ok(())
        }
        Err(error) => Err(anyhow!(error).into()),
        Ok(()) => {
            tracing::info!("ended");
            Ok(())
        }
    }
}

type ServingEngine =
    Engine<Guarded<Box<dyn Input>>, Measured<Box<dyn EventLog>>, Measured<Box<dyn Outbox>>>;

/// The engine and what observes it.
struct Serving<'a> {
    config: &'a Config,
    clock: &'a dyn Clock,
    engine: ServingEngine,
    /// Follows the log, and is asked after each step.
    console: Rc<RefCell<Console>>,
    /// None with the clock of the sources, so that the time of day is never read.
    wall: Option<ClockWatch>,
    /// None without a broker.
    topics: Option<TopicWatch>,
    /// What comes over HTTP.
    requests: Requests,
    /// Ends when it is dropped.
    hooks: Option<Workers>,
    metrics: Arc<Metrics>,
}

/// Reads the rule book that a configuration names, and checks the files of the HTTP server.
pub(in crate::app) fn check(config: &Config) -> Result<Arc<RuleBook>, Failure> {
    let book = rule_book(config)?;
    access::check(&config.http, &book).map_err(Failure::Usage)?;
    hooks::check(config, &book).map_err(Failure::Usage)?;
    Ok(book)
}

/// Reads the rule book that a configuration names.
pub(in crate::app) fn rule_book(config: &Config) -> Result<Arc<RuleBook>, Failure> {
    if config.registry.frame_outputs {
        let words = "registry.frame_outputs: serve writes JSON, which has no schema ids; right is \
                     false, and true in a configuration of feed";
        return Err(Failure::Usage(words.to_owned()));
    }
    let clock = match config.rules.clock {
        config::Clock::Wall => "\"wall\"",
        config::Clock::Sources => "\"sources\"",
    };
    let folder = Some(&*config.rules.folder).filter(|it| !it.as_os_str().is_empty());
    rules::load_with_answers(folder, &Overrides::default().set("clock", clock))
}

/// An engine that has read its log and has published what was due.
struct Opened {
    engine: ServingEngine,
    /// The place of the log, for those that read it.
    location: LogLocation,
    /// As in [`Doors`].
    kafka: Option<(Topics, Option<String>)>,
}

fn open<'a>(
    config: &'a Config,
    key: Option<&Path>,
    book: &Arc<RuleBook>,
    connection: &Connection,
    (clock, metrics): (&'a dyn Clock, &Arc<Metrics>),
) -> Result<Serving<'a>, PortError> {
    // With the clock of the sources, the time of day is never read, so that a drill is repeatable.
    let by_wall = || (config.rules.clock == config::Clock::Wall).then(|| clock.wall());
    let Opened { mut engine, location, kafka } =
        begin::unless_fenced(|| open_engine(config, key, book, connection, (by_wall(), metrics)))?;
    let by_wall = by_wall();
    // What the log held before is not news.
    let silent = engine.memory().airshed.silent_stations().collect();
    let console = Rc::new(RefCell::new(Console::new(book, silent)));
    engine.follow(Rc::clone(&console));
    engine.follow(Following(Arc::clone(metrics)));
    engine.inbox_mut().count_in(Arc::clone(metrics));
    let hooks = hooks::begin(config, book, location.clone(), metrics, &mut engine)?;
    let requests = Requests::start(
        config,
        book,
        location,
        metrics,
        &mut engine,
        key.map(signer).transpose()?,
    )?;
    let streams = engine.inbox().inner().streams();
    engine.submit(vec![Command::JoinStreams(streams)], by_wall)?;
    let wall = by_wall.map(|_| ClockWatch::new(engine.memory().airshed.clock()));
    let topics = match kafka {
        Some((topics, log)) => Some(TopicWatch::open(connection, &topics, log.as_deref())?),
        None => None,
    };
    log_start(config, &book.rules.airshed, engine.memory(), metrics);
    let metrics = Arc::clone(metrics);
    Ok(Serving { config, clock, engine, console, wall, topics, requests, hooks, metrics })
}

/// Becomes the writer of the log, then reads it, then looks at what was published. In this order,
/// nothing that an older process still writes is missed. Anything that would spoil the log is an
/// error before the first append.
fn open_engine(
    config: &Config,
    key: Option<&Path>,
    book: &Arc<RuleBook>,
    connection: &Connection,
    (by_wall, metrics): (Option<Timestamp>, &Arc<Metrics>),
) -> Result<Opened, PortError> {
    let traces = metrics.tracer().map(Tracer::traces);
    let doors = doors::doors(config, key, connection, (&book.rules.airshed, traces))?;
    let Doors { mut inbox, log, outbox, location, kafka } = doors;
    if by_wall.is_some() {
        inbox.set_commands_apart();
    }
    let bounds = Bounds {
        begin_within_h: config.rules.begin_within_h,
        max_jump_h: book.rules.parameters.closing.max_jump_h,
    };
    let topics = kafka.as_ref().map(|it| it.0.clone());
    let newest = newest_in(config, connection, topics)?;
    let mut engine = Engine::open_checked(
        Arc::clone(book),
        by_wall.unwrap_or_default(),
        Guarded::new(inbox),
        Measured::new(log, metrics).signing(key.is_some()),
        Measured::new(outbox, metrics),
        |memory| {
            let newest = newest(book)?;
            let refused = match by_wall {
                Some(wall) => bounds.refuse(wall, newest, memory.airshed.next_hour()),
                None => bounds.refuse_sources(memory.airshed.clock(), newest),
            };
            refused.map_or(Ok(()), |words| Err(PortError::Failed(words)))
        },
    )?;
    if by_wall.is_some() {
        engine.inbox_mut().guard(bounds, Arc::clone(book), Box::new(newest));
    }
    let waiting_values = config.kafka.waiting_values_max;
    engine.limit(Limits { waiting_values, ..Limits::default() });
    Ok(Opened { engine, location, kafka })
}

fn log_start(config: &Config, airshed: &str, memory: &Memory, metrics: &Metrics) {
    metrics.set_serving(memory);
    let (brokers, records) = (&*config.kafka.brokers, memory.next.0);
    if config.is_without_kafka {
        tracing::info!(airshed, records, "serving without a broker");
    } else {
        tracing::info!(brokers, airshed, records, "serving");
    }
}

impl Serving<'_> {
    /// A tick closes hours, so it is taken when no input waits. After a pause, the readings that
    /// came in the meantime are taken before their hours close. Commands are taken behind a tick.
    fn serve(&mut self, stop: &Stop) -> Result<(), PortError> {
        let tick_ms = i64::from(self.config.rules.tick_s) * 1_000;
        let mut ticked = Timestamp::default();
        let mut busy_steps = 0;
        while !stop.is_set() {
            let now = self.look_at_clock()?;
            if self.engine.inbox_mut().inner_mut().has_grown()? {
                let streams = self.engine.inbox().inner().streams();
                self.engine.submit(vec![Command::JoinStreams(streams)], now)?;
            }
            let idle = self.engine.step(now)?.taken == 0;
            busy_steps = if idle { 0 } else { busy_steps + 1 };
            if idle || busy_steps >= BUSY_STEPS_MAX {
                busy_steps = 0;
                let waits = self.engine.inbox().inner().has_commands();
                let now = if waits { self.look_at_clock()? } else { now };
                if let Some(at) = now.filter(|now| waits || now.0 - ticked.0 >= tick_ms) {
                    ticked = at;
                    self.tick(at)?;
                }
            }
            self.take_requests(now, idle)?;
            self.report();
        }
        self.requests.end();
        self.hooks = None;
        self.engine.end();
        for line in self.console.borrow_mut().finish() {
            line.say();
        }
        Ok(())
    }

    /// Moves the clock, then takes the commands that have come: every deadline up to the clock has
    /// passed before a command is looked at.
    fn tick(&mut self, at: Timestamp) -> Result<(), PortError> {
        self.metrics.input_came();
        self.engine.submit(vec![Command::Tick(Tick { at, source: None })], Some(at))?;
        let commands = self.engine.inbox_mut().inner_mut().take_commands()?;
        self.engine.submit(commands, Some(at))?;
        Ok(())
    }

    /// Takes what has come over HTTP. Without a broker, this is where the loop waits.
    fn take_requests(&mut self, now: Option<Timestamp>, idle: bool) -> Result<(), PortError> {
        let mut wait =
            if idle && self.config.is_without_kafka { IDLE_WAIT } else { Duration::ZERO };
        let mut now = now;
        while let Some(request) = self.requests.next(wait) {
            wait = Duration::ZERO;
            now = self.look_at_clock()?.or(now);
            self.requests.take(request, &mut self.engine, now)?;
        }
        Ok(())
    }

    /// The time of day, if it is the clock. A jump that is too large is an error, because the
    /// readings of the hours that it would close have not come.
    fn look_at_clock(&mut self) -> Result<Option<Timestamp>, PortError> {
        let Some(watch) = &mut self.wall else { return Ok(None) };
        let now = self.clock.wall();
        let (lines, jumped_h) = watch.look(now, self.clock.uptime());
        for line in lines {
            line.say();
        }
        let airshed = &self.engine.memory().airshed;
        let max_jump_h = airshed.rules().map_or(i32::MAX, |it| it.parameters.closing.max_jump_h);
        let has_begun = airshed.next_hour().is_some();
        if has_begun && jumped_h > i64::from(max_jump_h) {
            return Err(PortError::Failed(format!(
                "the wall clock jumped forward by {jumped_h} hours, to {now}: ended before it \
                 closes them without readings; set the clock right and start again"
            )));
        }
        self.engine.inbox_mut().set_time(now, has_begun);
        Ok(Some(now))
    }

    /// Logs what an operator should know after a step.
    fn report(&mut self) {
        let uptime = self.clock.uptime();
        let (lag, next) = (self.engine.lag(), self.engine.memory().airshed.next_hour());
        self.metrics.stepped(self.engine.memory(), lag.as_ref());
        let look = self.topics.as_mut().and_then(TopicWatch::look);
        if let Some(look) = &look {
            self.metrics.set_missing_topics(&look.missing);
            let streams = self.engine.inbox().inner().streams();
            self.metrics.set_lag(&streams, self.engine.memory(), &look.ends);
        }
        let missing = look.map(|it| it.missing);
        let mut console = self.console.borrow_mut();
        let mut lines = console.settle(uptime, lag.as_ref(), next);
        lines.extend(missing.map(|it| console.missing(it)).unwrap_or_default());
        for line in lines {
            line.say();
        }
    }
}
