//! `airshed feed`: sends files to the topics, with the clock of the files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::anyhow;
use sha2::{Digest as _, Sha256};

use crate::domain::{Batch, Command, Hour, Reading, Rules, StationIndex, Timestamp};
use crate::engine::{Fed, Feeding, Inbox as _, PortError, WithOutlooks};
use crate::io::files::{CommandMessage, FileInbox, read_command_messages};
use crate::io::kafka::{Connection, KafkaFeed, Stop, Topics, spread};
use crate::io::registry::{RegistryClient, Subjects};
use crate::wire::message::{Framing, Kind, MessageWriter};

use super::play;
use super::play::Inputs;
use crate::app::support::broker::Broker;
use crate::app::support::outlook::OutlookChoice;
use crate::app::support::progress::Progress;
use crate::app::support::rules::{self, Overrides};
use crate::app::support::{Failure, config, output, signals, telemetry};

/// Arguments of `feed`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    /// Files of readings in any order. Formats are detected from the content; plain, .gz or .xz.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    broker: Broker,
    /// First part of the names of all topics.
    #[arg(long, default_value = "airshed", value_name = "NAME")]
    topic_prefix: String,
    /// Partitions of the topic of readings, if `feed` has to make it.
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=1000))]
    partitions: i32,
    /// Speed: max, or a multiple of real time such as 1x or 3600x (an hour in a second).
    #[arg(long, default_value = "max", value_name = "SPEED")]
    speed: Speed,
    /// Most readings in one message. All readings of a message have the same hour.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pack: u32,
    /// Source of the forecasts to send every hour: none, hindsight:HOURS, or a file.
    #[arg(long, default_value = "none", value_name = "OUTLOOK")]
    outlook: OutlookChoice,
    /// Commands of bodies: a file of JSON envelopes, a line each, or of lines {"tick": TIME}; see
    /// schemas/README.md. Each is sent behind the rows of the instant at which it was given.
    #[arg(long, value_name = "FILE")]
    commands: Option<PathBuf>,
    /// Folder of the rule book; without it, the built-in one.
    #[arg(long, value_name = "DIR")]
    airshed: Option<PathBuf>,
}

/// The speed of a feed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Speed {
    /// As fast as the broker accepts messages.
    Max,
    /// A multiple of real time.
    Times(f64),
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let times = text
            .strip_suffix('x')
            .and_then(|it| it.parse::<f64>().ok())
            .filter(|it| it.is_finite() && *it > 0.0);
        times.map(Self::Times).ok_or_else(|| "right is max, or such as 1x or 3600x".to_owned())
    }
}

/// Feeds the files.
pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    telemetry::start(&config::Telemetry::default())?;
    let stop = Stop::default();
    signals::listen(stop.clone())?;
    let book =
        rules::load(args.airshed.as_deref(), &Overrides::default().set("clock", "\"sources\""))?;
    if matches!(args.outlook, OutlookChoice::Persistence(_)) {
        let words = "persistence is no forecast that a feed could send: it is a rule of the \
                     engine, outlook_of_last_resort";
        return Err(Failure::Usage(words.to_owned()));
    }
    let inputs = Inputs { files: &args.files, outlook: &args.outlook, exclude: None };
    let mut inbox = play::open(inputs, &book)?;
    let commands = match &args.commands {
        Some(path) => {
            read_command_messages(path).map_err(|error| Failure::Usage(error.to_string()))?
        }
        None => Vec::new(),
    };
    let framing = framing(args)?;
    let connection = args.broker.connect(stop)?;
    let fed = feed(args, &book.rules, framing, &connection, &mut inbox, &commands)
        .map_err(anyhow::Error::from)?;
    output::print(&fed)?;
    let (files, rules) = (inbox.inner(), &book.rules);
    for note in play::jumps(files, rules).iter().chain(&play::unknown(files, rules)) {
        output::note(note);
    }
    Ok(())
}

/// How messages say by which schema they were written: by the ids of a registry if the configuration
/// wants it. Our schemas are registered there.
fn framing(args: &Args) -> Result<Framing, Failure> {
    let registry = args.broker.registry()?;
    let settings = registry.settings().map_err(Failure::Usage)?;
    let Some(settings) = settings.filter(|_| registry.frame_outputs) else {
        return Ok(Framing::SingleObject);
    };
    let compatibility = registry.compatibility().map_err(Failure::Usage)?;
    let client = RegistryClient::new(&settings).map_err(anyhow::Error::from)?;
    let id = |kind: Kind, subject: String| {
        let id = client.id_of(&subject, kind.schema(), compatibility);
        id.map_err(|error| {
            anyhow!("the schema registry {}: {kind} has no id there: {error}", settings.url)
        })
    };
    let (topics, subjects) = (Topics::new(&args.topic_prefix), registry.subjects());
    let subject = |topic: &str, kind: Kind| subjects.subject(topic, kind.name());
    // Ticks stand in every topic, so they are no version of what a topic is for.
    let of_tick = match subjects {
        Subjects::Topic | Subjects::Record => Kind::Tick.name().to_owned(),
        Subjects::TopicRecord => subject(&topics.readings(), Kind::Tick),
    };
    Ok(Framing::Registry {
        readings: id(Kind::Readings, subject(&topics.readings(), Kind::Readings))?,
        forecast: id(Kind::Forecast, subject(&topics.forecasts(), Kind::Forecast))?,
        tick: id(Kind::Tick, of_tick)?,
    })
}

/// Sends everything and logs how much it was.
fn feed(
    args: &Args,
    rules: &Rules,
    framing: Framing,
    connection: &Connection,
    inbox: &mut WithOutlooks<FileInbox>,
    commands: &[CommandMessage],
) -> Result<String, PortError> {
    let kafka = KafkaFeed::open(connection, &Topics::new(&args.topic_prefix), args.partitions)?;
    let mut feed = Feed::new(args, rules, framing, kafka.named(&name(args))?, commands);
    if feed.kafka.rehearses() {
        tracing::info!(
            "the topics hold messages of these files: looking for the point to resume from"
        );
        feed.pass(inbox, |feed| feed.kafka.rehearses())?;
        feed.send_commands(|_| true)?;
        let mut kafka = feed.kafka;
        if !kafka.perform() {
            tracing::warn!(
                "some partitions hold other messages of these files than would be sent now: the \
                 files, --pack, --outlook, --commands or the number of partitions have changed; everything is \
                 sent into those partitions again"
            );
        }
        feed = Feed::new(args, rules, framing, kafka, commands);
    }
    feed.pass(inbox, |_| true)?;
    feed.end()?;
    Ok(feed.report())
}

/// The name of a feed. A feed resumes an earlier one with the same name, which has the same files
/// in any folder.
fn name(args: &Args) -> String {
    let mut files: Vec<_> = args.files.iter().map(|it| it.file_name()).collect();
    files.sort();
    let digest = Sha256::digest(format!("{files:?}"));
    let number = digest.iter().take(8).fold(0_u64, |all, byte| (all << 8) | u64::from(*byte));
    format!("{number:016x}")
}

/// Turns the inputs of a feed into messages.
struct Feed<'a> {
    rules: &'a Rules,
    feeding: Feeding,
    writer: MessageWriter<'a>,
    kafka: KafkaFeed,
    pack: usize,
    speed: Speed,
    /// The partition of each station.
    partitions: Vec<usize>,
    /// The time of the last tick.
    clock: Option<Timestamp>,
    /// Readings that wait for a full message, by partition.
    waiting: BTreeMap<usize, Vec<Reading>>,
    /// Commands that have not been sent, the next one first.
    commands: &'a [CommandMessage],
    bytes: Vec<u8>,
    readings: u64,
    forecasts: u64,
}

impl<'a> Feed<'a> {
    fn new(
        args: &Args,
        rules: &'a Rules,
        framing: Framing,
        kafka: KafkaFeed,
        commands: &'a [CommandMessage],
    ) -> Self {
        let partitions = kafka.partitions();
        let partition = |code: &str| spread(code, partitions);
        Self {
            rules,
            feeding: Feeding::default(),
            writer: MessageWriter::new(rules, framing),
            pack: usize::try_from(args.pack).unwrap_or(1),
            speed: args.speed,
            partitions: rules.stations.iter().map(|it| partition(&it.code)).collect(),
            kafka,
            clock: None,
            waiting: BTreeMap::new(),
            commands,
            bytes: Vec::new(),
            readings: 0,
            forecasts: 0,
        }
    }

    /// Feeds the files from their beginning, while `goes_on` returns true.
    fn pass(
        &mut self,
        inbox: &mut WithOutlooks<FileInbox>,
        goes_on: impl Fn(&Self) -> bool,
    ) -> Result<(), PortError> {
        let progress = Progress::bytes(inbox.inner().progress().1);
        inbox.resume(&[])?;
        while goes_on(self) && !inbox.inner().is_finished() {
            for command in inbox.poll()? {
                self.carry(command)?;
            }
            progress.at(inbox.inner().progress().0);
        }
        Ok(())
    }

    fn carry(&mut self, command: Command) -> Result<(), PortError> {
        let fed = self.feeding.feed(command, &self.rules.parameters);
        fed.into_iter().try_for_each(|it| self.send(it))
    }

    /// Sends the ticks that close the last hour.
    fn end(&mut self) -> Result<(), PortError> {
        self.send_commands(|_| true)?;
        self.kafka.end_of_files();
        let fed = self.feeding.end(&self.rules.parameters);
        fed.into_iter().try_for_each(|it| self.send(it))?;
        self.kafka.flush()
    }

    fn send(&mut self, fed: Fed) -> Result<(), PortError> {
        match fed {
            Fed::Tick(at) => self.tick(at),
            Fed::Readings(batch) => self.send_readings(&batch),
            Fed::Forecast(forecast) => {
                self.writer.forecast(&forecast, &mut self.bytes);
                self.forecasts += 1;
                self.kafka.forecast(&forecast.maker, &self.bytes)
            }
        }
    }

    /// Sends the commands that were given before, then ticks.
    fn tick(&mut self, at: Timestamp) -> Result<(), PortError> {
        self.send_commands(|it| it < at)?;
        self.advance(at)?;
        self.writer.tick(at, &mut self.bytes);
        self.kafka.tick(&self.bytes)
    }

    /// Sends the next commands as long as their clock fits.
    fn send_commands(&mut self, fits: impl Fn(Timestamp) -> bool) -> Result<(), PortError> {
        while let Some((next, rest)) = self.commands.split_first() {
            if !next.at.is_none_or(&fits) {
                break;
            }
            self.commands = rest;
            if let Some(at) = next.at {
                self.advance(at)?;
            }
            match next.at {
                Some(at) if next.is_tick => {
                    self.writer.tick(at, &mut self.bytes);
                    self.kafka.command_tick(&self.bytes)?;
                }
                _ => self.kafka.command(&next.key, &next.bytes)?,
            }
        }
        Ok(())
    }

    /// Waits as long as the clock of the files advances, divided by the speed.
    fn advance(&mut self, at: Timestamp) -> Result<(), PortError> {
        if let (Speed::Times(times), Some(from)) = (self.speed, self.clock) {
            let real = Duration::from_millis(u64::try_from(at.0 - from.0).unwrap_or(0));
            let wait = Duration::try_from_secs_f64(real.as_secs_f64() / times);
            self.kafka.wait(wait.unwrap_or(Duration::MAX))?;
        }
        self.clock = self.clock.max(Some(at));
        Ok(())
    }

    fn send_readings(&mut self, batch: &Batch) -> Result<(), PortError> {
        if batch.readings.is_empty() {
            // A row without a known station still moves the clock.
            self.writer.readings(&[(batch.hour, &[])], &mut self.bytes);
            return self.kafka.readings(0, "", &self.bytes);
        }
        for reading in &batch.readings {
            let place = usize::from(reading.station.0);
            let partition = self.partitions.get(place).copied().unwrap_or(0);
            let waiting = self.waiting.entry(partition).or_default();
            waiting.push(*reading);
            if waiting.len() >= self.pack {
                self.send_waiting(partition, batch.hour)?;
            }
        }
        for partition in 0..self.kafka.partitions() {
            self.send_waiting(partition, batch.hour)?;
        }
        Ok(())
    }

    /// Sends the waiting readings of a partition.
    fn send_waiting(&mut self, partition: usize, hour: Hour) -> Result<(), PortError> {
        let Some(waiting) = self.waiting.get_mut(&partition) else { return Ok(()) };
        let Some(first) = waiting.first() else { return Ok(()) };
        let key = code(self.rules, first.station);
        self.writer.readings(&[(hour, waiting)], &mut self.bytes);
        self.kafka.readings(partition, key, &self.bytes)?;
        self.readings += waiting.len() as u64;
        waiting.clear();
        Ok(())
    }

    fn report(&self) -> String {
        let Self { readings, forecasts, .. } = self;
        let (sent, left_out) = (self.kafka.sent(), self.kafka.left_out());
        let mut words = format!(
            "{readings} readings and {forecasts} forecasts in {sent} messages; {} values were not \
             taken (unreadable, of unknown stations, or too far ahead of their file)",
            self.feeding.refused()
        );
        if left_out > 0 {
            words = format!("{words}; {left_out} more messages were in the topics already");
        }
        words
    }
}

fn code(rules: &Rules, station: StationIndex) -> &str {
    rules.stations.get(usize::from(station.0)).map_or("", |it| &it.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_read_as_they_are_written() {
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("1x".parse(), Ok(Speed::Times(1.0)));
        assert_eq!("0.5x".parse(), Ok(Speed::Times(0.5)));
        for wrong in ["", "x", "3600", "-1x", "0x", "infx", "fast"] {
            assert!(wrong.parse::<Speed>().unwrap_err().contains("3600x"), "{wrong}");
        }
    }
}
