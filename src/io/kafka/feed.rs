//! A feed's way in: readings, forecasts and ticks into the topics that the engine takes from.
//!
//! The topics themselves say how far a feed has come, so that one that was killed goes on where it
//! was. Each message of a named feed carries the header `fed`, such as `NAME:7:HASH`: this is its
//! seventh message in the partition, and the hash follows from all seven. A feed that starts again
//! rehearses first, and sends nothing: where its first seven messages for the partition lead to the
//! same hash, they are there and are left out.

mod marks;

use std::time::Duration;

use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode;

use crate::engine::PortError;

use super::admin::ensure_topics;
use super::client::{Connection, Context, failed};
use super::inbox;
use super::topics::Topics;

use marks::{HEADER, Mark};

/// How long a message waits for others to leave with.
const LINGER_MS: &str = "5";

/// Writes into the topics of readings, forecasts and commands.
pub struct KafkaFeed {
    connection: Connection,
    producer: BaseProducer<Context>,
    readings: FedTopic,
    forecasts: FedTopic,
    commands: FedTopic,
    /// The name of this feed; without one its messages carry no marks.
    name: Option<String>,
    /// Whether messages are only compared with those that are there.
    rehearses: bool,
    /// Messages handed over.
    sent: u64,
    /// Messages that were there already.
    left_out: u64,
    /// Whether the last message was handed over.
    is_sending: bool,
}

/// One topic.
struct FedTopic {
    topic: String,
    /// By partition.
    progress: Vec<Progress>,
}

/// How far a feed has come in one partition.
#[derive(Clone, Debug)]
struct Progress {
    /// Of the last message.
    mark: Mark,
    /// The last mark of an earlier run, until it has been compared.
    earlier: Option<Mark>,
    /// An earlier run has sent other messages than this one would have.
    differs: bool,
    /// So many messages are there already.
    leave_out: u64,
}

impl Progress {
    fn new(earlier: Option<Mark>) -> Self {
        Self { mark: Mark::START, earlier, differs: false, leave_out: 0 }
    }

    /// Compares the mark of an earlier run with our own at the same message.
    fn compare(&mut self) {
        if let Some(earlier) = self.earlier.take_if(|it| it.count == self.mark.count) {
            self.differs = earlier != self.mark;
            self.leave_out = if self.differs { 0 } else { earlier.count };
        }
    }

    /// Begins again, with what a rehearsal has found.
    fn begin(&mut self) {
        self.differs |= self.earlier.take().is_some();
        self.mark = Mark::START;
    }
}

impl FedTopic {
    fn new(topic: &str, partitions: i32) -> Self {
        let partitions = usize::try_from(partitions).unwrap_or(1);
        Self { topic: topic.to_owned(), progress: vec![Progress::new(None); partitions] }
    }

    fn partitions(&self) -> usize {
        self.progress.len()
    }
}

impl KafkaFeed {
    /// Finds the topics; one that is missing is made, that of readings with so many partitions.
    pub fn open(
        connection: &Connection,
        topics: &Topics,
        partitions: i32,
    ) -> Result<Self, PortError> {
        Self::open_lingering(connection, topics, partitions, LINGER_MS)
    }

    /// The same for a feed of which each message leaves at once.
    pub fn open_at_once(
        connection: &Connection,
        topics: &Topics,
        partitions: i32,
    ) -> Result<Self, PortError> {
        Self::open_lingering(connection, topics, partitions, "0")
    }

    fn open_lingering(
        connection: &Connection,
        topics: &Topics,
        partitions: i32,
        linger_ms: &str,
    ) -> Result<Self, PortError> {
        let wanted = inbox::wanted(topics, partitions);
        let counts = ensure_topics(connection, &wanted)?;
        let fed_topic =
            |at: usize| FedTopic::new(&wanted[at].name, counts.get(at).copied().unwrap_or(1));
        let producer = connection
            .settings()
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", linger_ms)
            .set("compression.type", "lz4")
            .set("message.timeout.ms", "0")
            .create_with_context(connection.context())
            .map_err(|error| failed("preparing to feed", &error))?;
        Ok(Self {
            connection: connection.clone(),
            producer,
            readings: fed_topic(0),
            forecasts: fed_topic(1),
            commands: fed_topic(2),
            name: None,
            rehearses: false,
            sent: 0,
            left_out: 0,
            is_sending: true,
        })
    }

    /// Gives the feed a name. Where the topics hold messages of a feed of that name, it rehearses
    /// until [`Self::perform`].
    pub fn named(mut self, name: &str) -> Result<Self, PortError> {
        for fed_topic in [&mut self.readings, &mut self.forecasts, &mut self.commands] {
            let marks =
                marks::find(&self.connection, &fed_topic.topic, fed_topic.partitions(), name)?;
            fed_topic.progress = marks.into_iter().map(Progress::new).collect();
        }
        self.name = Some(name.to_owned());
        let was_fed = self.progress().any(|it| it.earlier.is_some());
        self.rehearses = was_fed;
        Ok(self)
    }

    /// Whether nothing is sent, and there is something left to compare.
    pub fn rehearses(&self) -> bool {
        self.rehearses && self.progress().any(|it| it.earlier.is_some())
    }

    /// Ends a rehearsal: what is fed from its beginning now is sent, but for what is there already.
    /// Returns whether all that is there is the beginning of this feed.
    pub fn perform(&mut self) -> bool {
        self.rehearses = false;
        for fed_topic in [&mut self.readings, &mut self.forecasts, &mut self.commands] {
            fed_topic.progress.iter_mut().for_each(Progress::begin);
        }
        !self.progress().any(|it| it.differs)
    }

    fn progress(&self) -> impl Iterator<Item = &Progress> {
        let fed_topics = [&self.readings, &self.forecasts, &self.commands];
        fed_topics.into_iter().flat_map(|it| &it.progress)
    }

    /// What is sent from now on only lets the last hour of the files close. It carries no marks,
    /// so that longer files of the same names go on behind it.
    pub fn end_of_files(&mut self) {
        self.name = None;
    }

    /// Messages that were there already.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// How many partitions readings are spread over.
    pub fn partitions(&self) -> usize {
        self.readings.partitions()
    }

    /// Messages handed over until now.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Sends readings into a partition.
    pub fn readings(&mut self, partition: usize, key: &str, bytes: &[u8]) -> Result<(), PortError> {
        self.send(Which::Readings, partition, Some(key), bytes)
    }

    /// Sends a forecast; those of one maker stay in order.
    pub fn forecast(&mut self, maker: &str, bytes: &[u8]) -> Result<(), PortError> {
        let partition = spread(maker, self.forecasts.partitions());
        self.send(Which::Forecasts, partition, Some(maker), bytes)
    }

    /// Sends a command; all commands stay in order.
    pub fn command(&mut self, body: &str, bytes: &[u8]) -> Result<(), PortError> {
        self.send(Which::Commands, 0, Some(body), bytes)
    }

    /// Sends a tick into the topic of commands alone.
    pub fn command_tick(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        self.send(Which::Commands, 0, None, bytes)
    }

    /// Sends a tick into every partition of all topics, behind all that was sent before.
    pub fn tick(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        for which in [Which::Readings, Which::Forecasts, Which::Commands] {
            for partition in 0..self.fed_topic(which).partitions() {
                self.send(which, partition, None, bytes)?;
            }
        }
        Ok(())
    }

    /// Returns when everything has arrived.
    pub fn flush(&self) -> Result<(), PortError> {
        while self.producer.in_flight_count() > 0 {
            self.poll(Duration::from_millis(10))?;
        }
        self.poll(Duration::ZERO)
    }

    /// Lets time pass, in steps short enough to notice that the program is to end. For messages
    /// that are there already no time passes.
    pub fn wait(&self, total: Duration) -> Result<(), PortError> {
        const STEP: Duration = Duration::from_millis(50);
        let passes = self.is_sending && !self.rehearses;
        let mut left = if passes { total } else { Duration::ZERO };
        while !left.is_zero() {
            let step = left.min(STEP);
            self.poll(step)?;
            left -= step;
        }
        Ok(())
    }

    /// Takes note of what has arrived, without waiting. An error if a message was given up.
    pub fn look(&self) -> Result<(), PortError> {
        self.poll(Duration::ZERO)
    }

    fn poll(&self, wait: Duration) -> Result<(), PortError> {
        self.producer.poll(wait);
        self.connection.go_on("feeding")?;
        match self.producer.context().take_failed() {
            None => Ok(()),
            Some(error) => Err(failed("feeding", &error)),
        }
    }

    fn fed_topic(&self, which: Which) -> &FedTopic {
        match which {
            Which::Readings => &self.readings,
            Which::Forecasts => &self.forecasts,
            Which::Commands => &self.commands,
        }
    }

    /// Sends a message, unless it is there already.
    fn send(
        &mut self,
        which: Which,
        partition: usize,
        key: Option<&str>,
        bytes: &[u8],
    ) -> Result<(), PortError> {
        let fed_topic = match which {
            Which::Readings => &mut self.readings,
            Which::Forecasts => &mut self.forecasts,
            Which::Commands => &mut self.commands,
        };
        let mut headers = None;
        if let (Some(name), Some(progress)) = (&self.name, fed_topic.progress.get_mut(partition)) {
            progress.mark.add(key, bytes);
            if self.rehearses {
                progress.compare();
                return Ok(());
            }
            self.is_sending = progress.mark.count > progress.leave_out;
            if !self.is_sending {
                self.left_out += 1;
                return Ok(());
            }
            let mark = progress.mark.text(name);
            headers = Some(OwnedHeaders::new().insert(Header { key: HEADER, value: Some(&mark) }));
        }
        self.put(which, i32::try_from(partition).unwrap_or(0), key, bytes, headers)?;
        self.sent += 1;
        Ok(())
    }

    fn put(
        &self,
        which: Which,
        partition: i32,
        key: Option<&str>,
        bytes: &[u8],
        headers: Option<OwnedHeaders>,
    ) -> Result<(), PortError> {
        let topic = &*self.fed_topic(which).topic;
        let mut record = BaseRecord::<str, [u8]>::to(topic).partition(partition).payload(bytes);
        if let Some(key) = key {
            record = record.key(key);
        }
        if let Some(headers) = headers {
            record = record.headers(headers);
        }
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((error, back))
                    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) =>
                {
                    self.poll(Duration::from_millis(5))?;
                    record = back;
                }
                Err((error, _)) => return Err(failed("feeding", &error)),
            }
        }
    }
}

/// One of the topics.
#[derive(Clone, Copy, Debug)]
enum Which {
    Readings,
    Forecasts,
    Commands,
}

/// The partition of a key, the same on every machine (FNV-1a).
pub fn spread(key: &str, partitions: usize) -> usize {
    let hash = key
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash as usize % partitions.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_station_keeps_its_partition() {
        assert_eq!(["1001A", "1002A", "1029A"].map(|it| spread(it, 4)), [2, 1, 0]);
        assert_eq!(spread("1001A", 1), 0);
        assert_eq!(spread("", 0), 0);
    }
}
