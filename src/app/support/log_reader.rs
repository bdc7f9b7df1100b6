//! The log that a command reads: files in a folder or a Kafka topic.

mod checkpoints;
mod followed;

use std::ops::Deref;
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use crate::engine::{Memory, PortError, Position, Record};
use crate::io::kafka::{self, Connection, KafkaLogReader};
use crate::io::segments::{self, SegmentReader};
use crate::wire::log_reader::{LogReader, ReadProgress, ReadUnit, TornEnd};
use crate::wire::trust::checkpoint_audit::StoredCheckpoints;

use super::broker::{Broker, Reach};
use super::progress::Progress;
use super::{Failure, output, rules, telemetry};

pub(in crate::app) use checkpoints::Checkpoints;

/// The log that a command reads, as arguments.
#[derive(Clone, Debug, clap::Args)]
pub(in crate::app) struct Which {
    /// The folder of the log.
    #[arg(
        value_name = "DIR",
        required_unless_present_any = ["brokers", "config"],
        conflicts_with_all = ["brokers", "config"]
    )]
    folder: Option<PathBuf>,
    #[command(flatten)]
    kafka: InKafka,
}

/// A log in Kafka, instead of one in a folder.
#[derive(Clone, Debug, clap::Args)]
pub(in crate::app) struct InKafka {
    /// Read a log in Kafka instead: addresses of the broker, separated by commas.
    #[arg(long, value_name = "HOST:PORT")]
    brokers: Option<String>,
    /// The topic of the log [default: airshed.log].
    #[arg(long, value_name = "NAME")]
    topic: Option<String>,
    #[command(flatten)]
    reach: Reach,
}

impl InKafka {
    /// The place of the log in Kafka, if one is named.
    pub(in crate::app) fn place(&self) -> Result<Option<LogLocation>, Failure> {
        let topic = self.topic.as_deref().unwrap_or(TOPIC);
        if self.brokers.is_none() && !self.reach.is_configured() {
            if self.topic.is_some() {
                return Err(Failure::Usage("--topic needs --brokers or --config".to_owned()));
            }
            return Ok(None);
        }
        telemetry::start_quiet()?;
        let connection = self.reach.connect_or_give_up(self.brokers.as_deref())?;
        Ok(Some(LogLocation::Topic(connection, topic.to_owned())))
    }
}

/// The topic of a log if none is named.
pub(in crate::app) const TOPIC: &str = "airshed.log";

/// The place of a log.
#[derive(Clone, Debug)]
pub(in crate::app) enum LogLocation {
    /// Files in a folder.
    Folder(PathBuf),
    /// A topic.
    Topic(Connection, String),
}

impl Which {
    /// The place that the arguments name.
    pub(in crate::app) fn place(&self) -> Result<LogLocation, Failure> {
        match (self.kafka.place()?, &self.folder) {
            (Some(place), _) => Ok(place),
            (None, Some(folder)) => Ok(LogLocation::Folder(folder.clone())),
            (None, None) => Err(Failure::Usage("name the folder of the log, or --brokers".into())),
        }
    }

    /// Opens the log at its first record.
    pub(in crate::app) fn read(&self) -> Result<OpenLog, Failure> {
        self.place()?.read()
    }

    /// Opens the log at the end of its snapshot, and returns how the state was obtained.
    pub(in crate::app) fn take_up(&self) -> Result<(Memory, OpenLog, String), Failure> {
        self.place()?.take_up()
    }
}

impl LogLocation {
    fn take_up(&self) -> Result<(Memory, OpenLog, String), Failure> {
        match self {
            Self::Folder(folder) => {
                let segments::TakenUp { memory, found, reader } =
                    segments::take_up(folder, rules::parse).map_err(anyhow::Error::new)?;
                Ok((memory, OpenLog(Box::new(reader)), found.to_string()))
            }
            Self::Topic(connection, topic) => {
                let kafka::TakenUp { memory, found, reader } =
                    kafka::take_up(connection, topic, rules::parse)
                        .map_err(anyhow::Error::new)?
                        .ok_or_else(|| self.missing())?;
                Ok((memory, OpenLog(Box::new(reader)), found.to_string()))
            }
        }
    }
}

impl LogLocation {
    /// A log in Kafka. From here on, warnings are printed when no broker answers.
    pub(in crate::app) fn of_topic(broker: &Broker, topic: &str) -> Result<Self, Failure> {
        telemetry::start_quiet()?;
        Ok(Self::Topic(broker.connect_or_give_up()?, topic.to_owned()))
    }

    /// Opens a log that must exist, at its first record.
    pub(in crate::app) fn read(&self) -> Result<OpenLog, Failure> {
        let found = self.find()?;
        Ok(found.ok_or_else(|| self.missing())?)
    }

    /// Opens a log that must exist, at a record. A log in a topic is read from its beginning.
    pub(in crate::app) fn read_from(&self, from: Position) -> Result<OpenLog, Failure> {
        if let Self::Folder(folder) = self {
            let found =
                SegmentReader::find(folder, from, rules::parse).map_err(anyhow::Error::new)?;
            let reader = found.ok_or_else(|| self.missing())?;
            return Ok(OpenLog(Box::new(reader)));
        }
        let mut log = self.read()?;
        for _ in 0..from.0 {
            let Some(skipped) = log.next() else { break };
            skipped.map_err(anyhow::Error::new)?;
        }
        Ok(log)
    }

    /// Opens a log for copying: each record is synced to the disk before it is returned.
    pub(in crate::app) fn read_synced(&self) -> Result<OpenLog, Failure> {
        match self {
            Self::Folder(folder) => {
                segments::settle(folder, rules::parse).map_err(anyhow::Error::new)?;
                let found = segment_reader(folder)?.map(SegmentReader::synced);
                let reader = found.ok_or_else(|| self.missing())?;
                Ok(OpenLog(Box::new(reader)))
            }
            Self::Topic(..) => self.read(),
        }
    }

    /// Opens the log if it exists.
    pub(in crate::app) fn find(&self) -> Result<Option<OpenLog>, Failure> {
        Ok(match self {
            Self::Folder(folder) => segment_reader(folder)?.map(|it| OpenLog(Box::new(it))),
            Self::Topic(connection, topic) => {
                let opened = KafkaLogReader::open(connection, topic, rules::parse);
                opened.map_err(anyhow::Error::new)?.map(|it| OpenLog(Box::new(it)))
            }
        })
    }

    fn missing(&self) -> anyhow::Error {
        match self {
            Self::Folder(_) => anyhow!("there is no log in {self}"),
            Self::Topic(..) => {
                anyhow!("there is no log in {self}, or the broker does not let this user see it")
            }
        }
    }
}

fn segment_reader(folder: &Path) -> anyhow::Result<Option<SegmentReader>> {
    SegmentReader::find(folder, Position::default(), rules::parse).map_err(anyhow::Error::new)
}

impl LogLocation {
    /// The checkpoints stored with the log now.
    pub(in crate::app) fn notes(&self) -> Result<StoredCheckpoints, Failure> {
        let notes = match self {
            Self::Folder(folder) => segments::read_checkpoints(folder).map_err(PortError::from),
            Self::Topic(connection, topic) => kafka::read_checkpoints(connection, topic),
        };
        Ok(notes.map_err(anyhow::Error::new)?)
    }
}

impl LogLocation {
    /// The folder, if it is one.
    pub(in crate::app) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Topic(..) => None,
        }
    }
}

impl std::fmt::Display for LogLocation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(out, "{}", folder.display()),
            Self::Topic(_, topic) => write!(out, "the topic {topic}"),
        }
    }
}

/// A log that is open: its records, one after another.
pub(in crate::app) struct OpenLog(Box<dyn LogReader + Send>);

impl Deref for OpenLog {
    type Target = dyn LogReader;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl OpenLog {
    /// A progress bar for the whole log.
    pub(in crate::app) fn bar(&self) -> Progress {
        let ReadProgress { total, unit, .. } = self.progress();
        match unit {
            ReadUnit::Bytes => Progress::rate(total),
            ReadUnit::Messages => Progress::messages(total),
        }
    }

    /// The progress, as the bar counts it.
    pub(in crate::app) fn done(&self) -> u64 {
        self.progress().done
    }

    /// Prints a note if the last append is not whole.
    pub(in crate::app) fn print_torn(&self) {
        if let Some(TornEnd { damage, bytes: bytes @ 1.. }) = self.torn_end() {
            let (file, byte) = (damage.file.display(), damage.byte);
            let what = "the last append is not whole and is left out";
            output::note(&format!("{what}: {file}, from byte {byte}, {bytes} bytes"));
        }
    }
}

impl Iterator for OpenLog {
    type Item = Result<Record, PortError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next_record().map_err(PortError::from).transpose()
    }
}
