//! `airshed serve`: readings from Kafka, orders to Kafka, for as long as it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::anyhow;

use crate::domain::{Command, RuleBook, Tick, Timestamp};
use crate::engine::{Engine, EventLog, PortError};
use crate::io::kafka::{
    Books, Connection, KafkaInbox, KafkaLog, KafkaOutbox, Stop, Topics, WithBooks,
};
use crate::io::segments::SegmentLog;

use super::config::{Clock, Config, Keep};
use super::rules::{self, Overrides};
use super::{Failure, log_folder, notes, output, signals, telemetry};

/// A feed that never pauses does not hold up the clock for longer than so many steps.
const BUSY_STEPS_MAX: u32 = 1_000;

/// What `serve` is told.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration; without it every key has its default, see deploy/config.toml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The key that signs a checkpoint after each decision; see `airshed key new`.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Read configuration and rule book, say whether they are right, and end.
    #[arg(long)]
    check: bool,
}

/// Serves until it is asked to end, or another one takes over.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = Config::read(args.config.as_deref())?;
    let book = book(&config)?;
    if args.check {
        return output::print("configuration and rule book are right");
    }
    telemetry::start(&config.telemetry)?;
    let stop = Stop::default();
    signals::listen(stop.clone())?;
    let served = open(&config, args.key.as_deref(), book, &stop)
        .and_then(|mut engine| serve(&config, &mut engine, &stop));
    match served {
        Err(error @ PortError::Fenced(_)) => Err(anyhow!(error).into()),
        // Whatever waited for a broker gave up because it was asked to.
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

type Serving = Engine<KafkaInbox, WithBooks<Box<dyn EventLog>>, KafkaOutbox>;

fn book(config: &Config) -> Result<Arc<RuleBook>, Failure> {
    let clock = match config.rules.clock {
        Clock::Wall => "\"wall\"",
        Clock::Sources => "\"sources\"",
    };
    let folder = Some(&*config.rules.folder).filter(|it| !it.as_os_str().is_empty());
    rules::load(folder, &Overrides::default().set("clock", clock))
}

/// Becomes the writer of the log, then remembers it, then looks at what was sent: in this order
/// nothing that an older process still writes can be missed.
fn open(
    config: &Config,
    key: Option<&Path>,
    book: Arc<RuleBook>,
    stop: &Stop,
) -> Result<Serving, PortError> {
    let connection = Connection::new(&config.kafka.brokers, stop.clone());
    let topics = Topics::new(&config.kafka.topic_prefix);
    let airshed = Arc::clone(&book.rules.airshed);
    let books = Books::default();
    let log: Box<dyn EventLog> = match config.log.keep {
        Keep::Topic => Box::new(topic_log(&connection, &topics.log(), key)?),
        Keep::Segments => Box::new(segment_log(&config.log.folder, key)?),
    };
    let inbox = KafkaInbox::open(&connection, &topics, books.clone(), config.kafka.partitions)?;
    let outbox = KafkaOutbox::open(&connection, topics, books.clone(), &airshed)?;
    // By the sources' clock the time of day is never asked for, so that a drill can be repeated.
    let now = by_wall(config).unwrap_or_default();
    let log = WithBooks::new(log, books);
    let mut engine = Engine::open(book, now, inbox, log, outbox)?;
    let streams = engine.inbox().streams();
    engine.submit(vec![Command::Join(streams)], by_wall(config))?;
    let records = engine.memory().next.0;
    tracing::info!(brokers = %config.kafka.brokers, airshed = %airshed, records, "serving");
    Ok(engine)
}

/// The log in its topic, as its only writer; a key signs what is decided.
fn segment_log(folder: &Path, key: Option<&Path>) -> Result<SegmentLog, PortError> {
    let log = log_folder::write(folder, key);
    let log = log.map_err(|error| PortError::Failed(format!("{error:#}")))?;
    for found in log_folder::found(&log) {
        tracing::warn!(folder = %folder.display(), "{found}");
    }
    Ok(log)
}

fn topic_log(
    connection: &Connection,
    topic: &str,
    key: Option<&Path>,
) -> Result<KafkaLog, PortError> {
    let failed = |error: Failure| PortError::Failed(format!("{error:#}"));
    let key = key.map(notes::signer).transpose().map_err(failed)?;
    let mut log = KafkaLog::open(connection, topic, topic, rules::parse)?;
    match key {
        Some(key) => log.sign(key)?,
        None if log.is_signed()? => {
            let words = format!("the log in the topic {topic} is signed: name its key with --key");
            return Err(PortError::Failed(words));
        }
        None => {}
    }
    Ok(log)
}

/// A tick closes hours, so it comes when nothing waits: after a stop, the readings that came
/// meanwhile are taken before the clock says that their hours are over.
fn serve(config: &Config, engine: &mut Serving, stop: &Stop) -> Result<(), PortError> {
    let tick_ms = i64::from(config.rules.tick_s) * 1_000;
    let mut ticked = Timestamp::default();
    let mut busy_steps = 0;
    while !stop.is_set() {
        let now = by_wall(config);
        if engine.inbox_mut().has_grown()? {
            let streams = engine.inbox().streams();
            engine.submit(vec![Command::Join(streams)], now)?;
        }
        let idle = engine.step(now)?.taken == 0;
        busy_steps = if idle { 0 } else { busy_steps + 1 };
        let due = now.filter(|now| now.0 - ticked.0 >= tick_ms);
        if let Some(at) = due.filter(|_| idle || busy_steps >= BUSY_STEPS_MAX) {
            (ticked, busy_steps) = (at, 0);
            engine.submit(vec![Command::Tick(Tick { at, source: None })], now)?;
        }
    }
    engine.end();
    Ok(())
}

/// The time of day; none where the sources are the clock.
#[expect(clippy::disallowed_methods, reason = "Here the wall clock enters, as a value.")]
fn by_wall(config: &Config) -> Option<Timestamp> {
    if config.rules.clock == Clock::Sources {
        return None;
    }
    let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH);
    let ms = now.unwrap_or(Duration::ZERO).as_millis();
    Some(Timestamp(i64::try_from(ms).unwrap_or(i64::MAX)))
}
