//! The log that a command reads: files in a folder, or a topic in Kafka.

mod followed;

use std::path::{Path, PathBuf};

use anyhow::anyhow;

use crate::engine::{Memory, PortError, Position, Record};
use crate::io::kafka::{self, Connection, KafkaLogReader};
use crate::io::segments::{self, SegmentReader, TakenUp, Torn};
use crate::wire::trust::checkpoint_audit::StoredCheckpoints;

use super::broker::{Broker, Reach};
use super::progress::Progress;
use super::{Failure, output, rules, telemetry};

/// Which log.
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
    /// Take the log in Kafka instead: addresses of the broker, separated by commas.
    #[arg(long, value_name = "HOST:PORT")]
    brokers: Option<String>,
    /// The topic of the log [default: airshed.log].
    #[arg(long, value_name = "NAME")]
    topic: Option<String>,
    #[command(flatten)]
    reach: Reach,
}

impl InKafka {
    /// Where it is, if it is asked for.
    pub(in crate::app) fn place(&self) -> Result<Option<Place>, Failure> {
        let topic = self.topic.as_deref().unwrap_or(TOPIC);
        if self.brokers.is_none() && !self.reach.is_configured() {
            if self.topic.is_some() {
                return Err(Failure::Usage("--topic needs --brokers or --config".to_owned()));
            }
            return Ok(None);
        }
        telemetry::start_quiet()?;
        let connection = self.reach.connect_or_give_up(self.brokers.as_deref())?;
        Ok(Some(Place::Topic(connection, topic.to_owned())))
    }
}

/// The topic of a log, where none is named.
pub(in crate::app) const TOPIC: &str = "airshed.log";

/// A log and where it is.
#[derive(Clone, Debug)]
pub(in crate::app) enum Place {
    /// Files in a folder.
    Folder(PathBuf),
    /// A topic.
    Topic(Connection, String),
}

impl Which {
    /// Where the log is.
    pub(in crate::app) fn place(&self) -> Result<Place, Failure> {
        match (self.kafka.place()?, &self.folder) {
            (Some(place), _) => Ok(place),
            (None, Some(folder)) => Ok(Place::Folder(folder.clone())),
            (None, None) => Err(Failure::Usage("name the folder of the log, or --brokers".into())),
        }
    }

    /// Opens it, from its first record on.
    pub(in crate::app) fn read(&self) -> Result<LogReader, Failure> {
        self.place()?.read()
    }

    /// Opens it after the state that lies beside it, and says where that came from.
    pub(in crate::app) fn take_up(&self) -> Result<(Memory, LogReader, String), Failure> {
        let Place::Folder(folder) = self.place()? else {
            let told = "none, as there is none in Kafka: folded from the start".to_owned();
            return Ok((Memory::default(), self.read()?, told));
        };
        let TakenUp { memory, found, reader } =
            segments::take_up(&folder, rules::parse).map_err(anyhow::Error::new)?;
        Ok((memory, LogReader::Folder(reader), found.to_string()))
    }
}

impl Place {
    /// A log in Kafka. From here on it is told when no broker answers.
    pub(in crate::app) fn of_topic(broker: &Broker, topic: &str) -> Result<Self, Failure> {
        telemetry::start_quiet()?;
        Ok(Self::Topic(broker.connect_or_give_up()?, topic.to_owned()))
    }

    /// Opens the log that must be there, from its first record on.
    pub(in crate::app) fn read(&self) -> Result<LogReader, Failure> {
        let found = self.find()?;
        Ok(found.ok_or_else(|| anyhow!("there is no log in {self}"))?)
    }

    /// The same for records that are sent elsewhere: each is on the disk before it is given out.
    pub(in crate::app) fn read_synced(&self) -> Result<LogReader, Failure> {
        if let Self::Folder(folder) = self {
            segments::settle(folder, rules::parse).map_err(anyhow::Error::new)?;
        }
        Ok(match self.read()? {
            LogReader::Folder(reader) => LogReader::Folder(reader.synced()),
            topic @ LogReader::Topic(_) => topic,
        })
    }

    /// Opens the log that may be there.
    pub(in crate::app) fn find(&self) -> Result<Option<LogReader>, Failure> {
        let start = Position::default();
        Ok(match self {
            Self::Folder(folder) => match SegmentReader::find(folder, start, rules::parse) {
                Ok(reader) => reader.map(LogReader::Folder),
                Err(error) => return Err(anyhow::Error::new(error).into()),
            },
            Self::Topic(connection, topic) => {
                let opened = KafkaLogReader::open(connection, topic, rules::parse);
                opened.map_err(anyhow::Error::new)?.map(LogReader::Topic)
            }
        })
    }
}

impl Place {
    /// The checkpoints that are there now.
    pub(in crate::app) fn notes(&self) -> Result<StoredCheckpoints, Failure> {
        let notes = match self {
            Self::Folder(folder) => segments::read_checkpoints(folder).map_err(PortError::from),
            Self::Topic(connection, topic) => kafka::read_checkpoints(connection, topic),
        };
        Ok(notes.map_err(anyhow::Error::new)?)
    }
}

impl Place {
    /// The folder, if it is one.
    pub(in crate::app) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Topic(..) => None,
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(out, "{}", folder.display()),
            Self::Topic(_, topic) => write!(out, "the topic {topic}"),
        }
    }
}

/// The records of a log, one after another.
pub(in crate::app) enum LogReader {
    /// From files.
    Folder(SegmentReader),
    /// From a topic.
    Topic(KafkaLogReader),
}

impl LogReader {
    /// The bytes of the record that came last: a leaf of the log's tree.
    pub(in crate::app) fn bytes(&self) -> &[u8] {
        match self {
            Self::Folder(reader) => reader.bytes(),
            Self::Topic(reader) => reader.bytes(),
        }
    }

    /// The schema by which those bytes were written.
    pub(in crate::app) fn schema(&self) -> &str {
        match self {
            Self::Folder(reader) => reader.schema(),
            Self::Topic(reader) => reader.schema(),
        }
    }

    /// Whether the record that came last was the last one of its append.
    pub(in crate::app) fn ends_append(&self) -> bool {
        match self {
            Self::Folder(reader) => reader.ends_append(),
            Self::Topic(reader) => reader.ends_append(),
        }
    }

    /// File and byte, or partition and offset, of the record that came last.
    pub(in crate::app) fn place(&self) -> (PathBuf, u64) {
        match self {
            Self::Folder(reader) => reader.place(),
            Self::Topic(reader) => reader.place(),
        }
    }

    /// A bar for the whole of it.
    pub(in crate::app) fn bar(&self) -> Progress {
        match self {
            Self::Folder(reader) => Progress::rate(reader.progress().1),
            Self::Topic(reader) => Progress::messages(reader.progress().1),
        }
    }

    /// How far it has come, as the bar counts.
    pub(in crate::app) fn done(&self) -> u64 {
        match self {
            Self::Folder(reader) => reader.progress().0,
            Self::Topic(reader) => reader.progress().0,
        }
    }

    /// Says what had to be left out at the end.
    pub(in crate::app) fn tell_torn(&self) {
        let Self::Folder(reader) = self else { return };
        if let Some(Torn { path, at, bytes }) = reader.torn() {
            let (file, byte) = (path.display(), *at);
            let what = "the last append is not whole and is left out";
            output::note(&format!("{what}: {file}, from byte {byte}, {bytes} bytes"));
        }
    }
}

impl Iterator for LogReader {
    type Item = Result<Record, PortError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Folder(reader) => Some(reader.next()?.map_err(PortError::from)),
            Self::Topic(reader) => Some(reader.next()?.map_err(PortError::from)),
        }
    }
}
