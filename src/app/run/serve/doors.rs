//! What the engine stands between: inputs, log and outputs, with a broker or without.

use std::path::Path;

use crate::app::support::config::{Config, Keep};
use crate::app::support::log_reader::LogLocation;
use crate::app::support::{log_folder, notes, rules};
use crate::domain::{Hour, RuleBook};
use crate::engine::{EventLog, Outbox, PortError};
use crate::io::kafka::{
    Connection, KafkaInbox, KafkaLog, KafkaOutbox, Topics, Traces, Writer, newest_hour,
    unsafe_topics,
};
use crate::io::memory::{MemoryInbox, NoOutbox};
use crate::io::registry::{Fetcher, RegistrySettings};
use crate::io::segments::SegmentLog;
use crate::wire::message::WriterSchemas;
use crate::wire::snapshot::SnapshotFound;
use crate::wire::trust::key::SignerKey;

use super::input::Input;

/// What the engine stands between.
pub(super) struct Doors {
    pub(super) inbox: Box<dyn Input>,
    pub(super) log: Box<dyn EventLog>,
    pub(super) outbox: Box<dyn Outbox>,
    /// The place of the log, for those that read it.
    pub(super) location: LogLocation,
    /// With a broker: its topics, and that of the log if it is one.
    pub(super) kafka: Option<(Topics, Option<String>)>,
}

pub(super) fn doors(
    config: &Config,
    key: Option<&Path>,
    connection: &Connection,
    (airshed, traces): (&str, Option<&Traces>),
) -> Result<Doors, PortError> {
    if config.is_without_kafka {
        doors_without_kafka(config, key)
    } else {
        doors_of_kafka(config, key, connection, (airshed, traces))
    }
}

/// Inputs and outputs over Kafka.
fn doors_of_kafka(
    config: &Config,
    key: Option<&Path>,
    connection: &Connection,
    (airshed, traces): (&str, Option<&Traces>),
) -> Result<Doors, PortError> {
    connection.greet()?;
    let topics = Topics::new(&config.kafka.topic_prefix);
    let log_topic = (config.log.keep == Keep::Topic).then(|| topics.log());
    check_topics(connection, config, &topics, log_topic.as_deref())?;
    let (writer, log): (_, Box<dyn EventLog>) = if let Some(topic) = &log_topic {
        let log = topic_log(connection, topic, key)?;
        (log.writer().clone(), Box::new(log))
    } else {
        let log = segment_log(&config.log.folder, key)?;
        (Writer::open(connection, &topics.log())?, Box::new(log))
    };
    let mut inbox = Box::new(KafkaInbox::open(connection, &topics, config.kafka.partitions)?);
    inbox.share_transactions(&writer);
    let registry = config.registry.settings().map_err(PortError::Failed)?;
    if let Some(registry) = fetcher(registry.as_ref())? {
        inbox.set_registry(Box::new(registry));
    }
    let mut outbox = Box::new(KafkaOutbox::open(connection, &writer, topics.clone(), airshed));
    if let Some(key) = key {
        outbox.sign(signer(key)?);
    }
    if let Some(traces) = traces {
        inbox.set_traces(traces.clone());
        outbox.set_traces(traces.clone());
    }
    let location = match &log_topic {
        Some(topic) => LogLocation::Topic(connection.clone(), topic.clone()),
        None => LogLocation::Folder(config.log.folder.clone()),
    };
    Ok(Doors { inbox, log, outbox, location, kafka: Some((topics, log_topic)) })
}

/// Without a broker, everything comes and goes over HTTP, and the log is in files.
fn doors_without_kafka(config: &Config, key: Option<&Path>) -> Result<Doors, PortError> {
    let log = Box::new(segment_log(&config.log.folder, key)?);
    let location = LogLocation::Folder(config.log.folder.clone());
    let inbox = Box::new(MemoryInbox::default());
    Ok(Doors { inbox, log, outbox: Box::new(NoOutbox), location, kafka: None })
}

/// Asks for the newest hour in the topic of readings, if there is one.
pub(super) fn newest_in(
    config: &Config,
    connection: &Connection,
    topics: Option<Topics>,
) -> Result<impl Fn(&RuleBook) -> Result<Option<Hour>, PortError> + 'static, PortError> {
    let registry = config.registry.settings().map_err(PortError::Failed)?;
    let connection = connection.clone();
    Ok(move |book: &RuleBook| {
        let Some(topics) = &topics else { return Ok(None) };
        let mut registry = fetcher(registry.as_ref())?;
        let registry = registry.as_mut().map(|it| it as &mut dyn WriterSchemas);
        newest_hour(&connection, topics, &book.rules, registry)
    })
}

/// Where the schemas of messages by other programs are found.
fn fetcher(settings: Option<&RegistrySettings>) -> Result<Option<Fetcher>, PortError> {
    let start = |it| Fetcher::start(it).map_err(|error| PortError::Failed(error.to_string()));
    settings.map(start).transpose()
}

/// Fails if the broker would delete parts of the log, and warns about other topics.
fn check_topics(
    connection: &Connection,
    config: &Config,
    topics: &Topics,
    log: Option<&str>,
) -> Result<(), PortError> {
    let brokers = &config.kafka.brokers;
    let (of_log, others): (Vec<_>, Vec<_>) =
        unsafe_topics(connection, topics, log)?.into_iter().partition(|it| it.is_of_log);
    for found in others {
        tracing::warn!("{}", found.words(brokers));
    }
    if of_log.is_empty() {
        return Ok(());
    }
    let words: Vec<String> = of_log.iter().map(|it| it.words(brokers)).collect();
    Err(PortError::Failed(words.join("\n")))
}

/// Opens the log in files. With a key, decisions are signed.
fn segment_log(folder: &Path, key: Option<&Path>) -> Result<SegmentLog, PortError> {
    let log =
        log_folder::write(folder, key).map_err(|error| PortError::Failed(format!("{error:#}")))?;
    for found in log_folder::found(&log) {
        tracing::warn!(folder = %folder.display(), "{found}");
    }
    Ok(log)
}

/// Reads the key that signs the log and what is sent.
pub(super) fn signer(key: &Path) -> Result<SignerKey, PortError> {
    notes::signer(key).map_err(|error| PortError::Failed(format!("{error:#}")))
}

/// Opens the log in its topic as the only writer. With a key, decisions are signed.
fn topic_log(
    connection: &Connection,
    topic: &str,
    key: Option<&Path>,
) -> Result<KafkaLog, PortError> {
    let key = key.map(signer).transpose()?;
    let mut log = KafkaLog::open(connection, topic, topic, rules::parse)?;
    match key {
        Some(key) => log.sign(key)?,
        None if log.is_signed()? => {
            let words = format!("the log in the topic {topic} is signed: name its key with --key");
            return Err(PortError::Failed(words));
        }
        None => {}
    }
    let found = log.snapshot_found()?;
    if matches!(found, SnapshotFound::Used(_)) {
        tracing::info!(topic, "the snapshot of the log: {found}");
    } else if !log.is_empty()? {
        tracing::warn!(topic, "the snapshot of the log: {found}");
    }
    Ok(log)
}
