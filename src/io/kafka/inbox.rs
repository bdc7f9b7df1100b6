//! Readings, forecasts, commands and ticks in, from every partition, each where the log left off.
//!
//! By the wall clock a command is looked at behind a tick, so the caller takes commands apart:
//! readings and forecasts first, then the tick, then the commands that have come.
//!
//! No offsets are committed to the broker: the log has them, as the source positions of its
//! records.

mod gone;
mod lanes;
mod schemas;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::metadata::MetadataPartition;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use crate::domain::{Command, RuleBook, Stream};
use crate::engine::{Inbox, PortError};
use crate::wire::message::{Codes, WriterSchemas};

use super::admin::{Asking, Wanted, ensure_topics};
use super::client::{Connection, Context, failed, header};
use super::consumer::find_leader;
use super::fenced::Writer;
use super::pace::Pace;
use super::topic_ids;
use super::topic_table::{COMMANDS, FORECASTS, READINGS, TopicKind};
use super::topics::Topics;
use super::traces::{self, Traces};

use lanes::{Lane, Phase, Topic, end_lanes, place, tell_who_is_alone};
use schemas::KnownSchemas;

/// What one `take` delivers at most; the last message may go beyond the bytes. Inputs that no
/// stream holds back are one append, so this bounds what it costs; what waited for others is
/// appended in pieces, see [`crate::engine::Limits`].
const MESSAGES_MAX: usize = 20_000;
const BYTES_MAX: usize = 1 << 20;
/// How long a `take` waits where nothing has come.
const WAIT: Duration = Duration::from_millis(20);
/// How long a `take` waits for more after the first message, where nothing had come before. The
/// readings, forecasts and ticks that close an hour are several messages; taken one by one, each
/// would cost a transaction of the log.
const GATHER: Duration = Duration::from_millis(2);
/// So many empty takes after the broker fell silent, it is asked whether it is back.
const ASK_AFTER_EMPTY_TAKES: u32 = 50;
/// How long it may take to say so; the program must still end when it is asked to.
const ASK_BACK: Duration = Duration::from_secs(1);
/// Between two looks for new partitions.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// What waits of commands that are taken apart: from so much on, nothing more is read.
const COMMANDS_MAX: usize = 1_000;

/// Takes inputs from the topics of readings, forecasts and commands.
pub struct KafkaInbox {
    connection: Connection,
    consumer: BaseConsumer<Context>,
    topics: Vec<Topic>,
    lanes: Vec<Lane>,
    /// Where the last message came from: mostly the next one does too.
    last: usize,
    schemas: KnownSchemas,
    /// What the readers know of the rule book in force.
    places: Arc<Codes>,
    empty_takes: u32,
    /// When we last looked for new partitions.
    looked: Option<Instant>,
    /// How many ids the consumer had reported at the last comparison.
    ids_told: u64,
    /// Whether we have said that a topic was deleted.
    is_gone: bool,
    /// How many errors about partitions of a topic that was made again may still be queued.
    old_errors: usize,
    /// What has come from the topic of commands, where it is taken apart.
    apart: Option<Vec<Command>>,
    /// That of the writer of what is taken.
    pace: Pace,
    /// None: traces are not followed.
    traces: Option<Traces>,
}

/// The topics of inputs; where they are missing, that of readings is made with so many partitions.
pub(super) fn wanted(topics: &Topics, partitions: i32) -> [Wanted; 3] {
    let wanted = |kind: &TopicKind| topics.wanted(kind, kind.name);
    let readings = Wanted { partitions, ..wanted(&READINGS) };
    [readings, wanted(&FORECASTS), wanted(&COMMANDS)]
}

impl KafkaInbox {
    /// Finds the partitions; a topic that is missing is made, that of readings with so many
    /// partitions.
    pub fn open(
        connection: &Connection,
        topics: &Topics,
        partitions: i32,
    ) -> Result<Self, PortError> {
        let counts = ensure_topics(connection, &wanted(topics, partitions))?;
        let (readings, forecasts) = (topics.readings(), topics.forecasts());
        let commands = Topic::of_commands(&topics.commands());
        let topics = [Topic::new(&readings), Topic::new(&forecasts), commands];
        let (mut lanes, places) = (Vec::new(), Arc::default());
        for (topic, count) in topics.iter().zip(counts) {
            lanes.extend((0..count).map(|it| Lane::new(topic, it, &places)));
        }
        tell_who_is_alone(&mut lanes);
        Ok(Self {
            connection: connection.clone(),
            consumer: consumer(connection)?,
            topics: topics.into(),
            lanes,
            last: 0,
            schemas: KnownSchemas::default(),
            places,
            empty_takes: 0,
            looked: None,
            ids_told: 0,
            is_gone: false,
            old_errors: 0,
            apart: None,
            pace: Pace::default(),
            traces: None,
        })
    }

    /// A message with a schema id that is not known waits until this registry answers. Nothing
    /// behind it is read from its partition; other partitions go on.
    pub fn set_registry(&mut self, registry: Box<dyn WriterSchemas>) {
        self.schemas.set_registry(registry);
    }

    /// From here on it takes nothing while the writer could not begin a transaction, so what comes
    /// in meanwhile is appended in one.
    pub fn share_transactions(&mut self, writer: &Writer) {
        self.pace = writer.pace();
    }

    /// From here on the traces of messages are noted there.
    pub fn set_traces(&mut self, traces: Traces) {
        self.traces = Some(traces);
    }

    /// From here on what comes from the topic of commands waits until it is taken.
    pub fn set_commands_apart(&mut self) {
        self.apart.get_or_insert_default();
    }

    /// What has come from the topic of commands since the last call, oldest first.
    pub fn take_commands(&mut self) -> Result<Vec<Command>, PortError> {
        let commands = self.apart.as_mut().map(std::mem::take).unwrap_or_default();
        if self.lanes.iter().any(|it| it.reader.takes_commands() && it.held) {
            self.hold(&[])?;
        }
        Ok(commands)
    }

    /// Whether something from the topic of commands waits.
    pub fn has_commands(&self) -> bool {
        self.apart.as_ref().is_some_and(|it| !it.is_empty())
    }

    fn hold_commands_if_many(&mut self) -> Result<(), PortError> {
        if self.apart.as_ref().is_none_or(|it| it.len() < COMMANDS_MAX) {
            return Ok(());
        }
        let lanes = self.lanes.iter().filter(|it| it.reader.takes_commands());
        let streams: Vec<Stream> = lanes.map(|it| it.stream.clone()).collect();
        self.hold(&streams)
    }

    /// Finds out whether there are other streams than before: topics that were made again, and,
    /// now and then, new partitions. They are taken from their beginning on, and the log must
    /// record that they have joined.
    pub fn has_grown(&mut self) -> Result<bool, PortError> {
        let renewed = self.renew_topics()?;
        if !self.is_time_to_look() {
            return Ok(renewed);
        }
        let mut added = TopicPartitionList::new();
        for at in 0..self.topics.len() {
            let topic = Arc::clone(&self.topics[at].name);
            // A broker that does not answer is the concern of whoever takes from it.
            let Ok(metadata) = self.consumer.fetch_metadata(Some(&topic), ASK_BACK) else {
                return Ok(renewed);
            };
            let mut there: Vec<_> = metadata
                .topics()
                .iter()
                .flat_map(|it| it.partitions().iter())
                .filter(|it| it.leader() >= 0)
                .map(MetadataPartition::id)
                .collect();
            there.sort_unstable();
            let is_own = |it: &Lane| it.topic == topic;
            there.retain(|new| !self.lanes.iter().any(|it| is_own(it) && it.partition == *new));
            for partition in there {
                tracing::info!(topic = &*topic, partition, "a new partition: taking from it");
                added
                    .add_partition_offset(&topic, partition, Offset::Beginning)
                    .map_err(|error| failed("preparing to take inputs", &error))?;
                let place =
                    self.lanes.iter().rposition(is_own).map_or(self.lanes.len(), |it| it + 1);
                let lane = Lane::new(&self.topics[at], partition, &self.places);
                self.lanes.insert(place, lane);
            }
        }
        if added.count() == 0 {
            return Ok(renewed);
        }
        self.last = 0;
        tell_who_is_alone(&mut self.lanes);
        self.consumer
            .incremental_assign(&added)
            .map_err(|error| failed("preparing to take inputs", &error))?;
        Ok(true)
    }

    #[expect(clippy::disallowed_methods, reason = "How often we look decides nothing.")]
    fn is_time_to_look(&mut self) -> bool {
        let now = Instant::now();
        let looked = *self.looked.get_or_insert(now);
        let due = now.duration_since(looked) >= LOOK_EVERY;
        if due {
            self.looked = Some(now);
        }
        due
    }

    /// Every partition of all topics, and the ids of the topics.
    pub fn streams(&self) -> Vec<Stream> {
        let ids = self
            .topics
            .iter()
            .filter_map(|it| Some((&it.streams, it.id.as_deref()?)))
            .map(|(streams, id)| Stream::topic_id(streams, id));
        self.lanes.iter().map(|lane| lane.stream.clone()).chain(ids).collect()
    }

    /// Topics that were made again are taken from their beginning, as other streams. Returns
    /// whether there are any, or an id that was not known.
    fn renew_topics(&mut self) -> Result<bool, PortError> {
        let mut renewed = false;
        for at in 0..self.topics.len() {
            let name = Arc::clone(&self.topics[at].name);
            let id = self.consumer.context().learned().id(&name).map(Arc::from);
            if id.is_none() || id == self.topics[at].id {
                continue;
            }
            let is_first_id = self.topics[at].id.is_none();
            self.topics[at].identify(id.as_deref());
            (renewed, self.is_gone) = (true, false);
            if !is_first_id {
                self.renew_lanes(at)?;
            }
        }
        Ok(renewed)
    }

    fn renew_lanes(&mut self, at: usize) -> Result<(), PortError> {
        let doing = "preparing to take inputs from a topic that was made again";
        let topic = &self.topics[at];
        let (mut old, mut new) = (TopicPartitionList::new(), TopicPartitionList::new());
        for lane in self.lanes.iter().filter(|it| it.topic == topic.name) {
            old.add_partition(&topic.name, lane.partition);
        }
        self.consumer.incremental_unassign(&old).map_err(|error| failed(doing, &error))?;
        let count = Asking::new(&self.connection)?.find(&topic.name)?.unwrap_or(0);
        self.old_errors = old.count();
        self.lanes.retain(|it| it.topic != topic.name);
        for partition in 0..count {
            new.add_partition_offset(&topic.name, partition, Offset::Beginning)
                .map_err(|error| failed(doing, &error))?;
        }
        // The order of streams is that of the topics.
        let before = &self.topics[..at];
        let place =
            self.lanes.iter().take_while(|it| before.iter().any(|of| of.name == it.topic)).count();
        let lanes = (0..count).map(|it| Lane::of_new_topic(topic, it, &self.places));
        self.lanes.splice(place..place, lanes);
        self.last = 0;
        tell_who_is_alone(&mut self.lanes);
        self.consumer.incremental_assign(&new).map_err(|error| failed(doing, &error))
    }

    /// Which topics bear the names of ours, and which did when the log ended.
    fn identify_topics(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError> {
        let topics: Vec<_> = self.topics.iter().map(|it| Arc::clone(&it.name)).collect();
        let names: Vec<_> = topics.iter().map(|it| &**it).collect();
        let ids = topic_ids::find(&self.connection, &names)?;
        for topic in &mut self.topics {
            let mut known = taken.iter().filter_map(|(it, _)| it.as_topic_id());
            if let Some((streams, id)) = known.find(|(it, _)| topic.number(it).is_some()) {
                (topic.streams, topic.id) = (streams.into(), Some(id.into()));
            }
            topic.identify(ids.get(&*topic.name).map(String::as_str));
            for lane in self.lanes.iter_mut().filter(|it| it.topic == topic.name) {
                *lane = Lane::new(topic, lane.partition, &self.places);
            }
        }
        tell_who_is_alone(&mut self.lanes);
        Ok(())
    }

    /// Reads the messages that waited for the answers that have come by now.
    fn read_what_waited(&mut self, commands: &mut Vec<Command>) -> Result<(), PortError> {
        if !self.schemas.take_answers() {
            return Ok(());
        }
        for lane in self.lanes.iter_mut().filter(|it| it.phase != Phase::Over) {
            let apart = self.apart.as_mut().filter(|_| lane.reader.takes_commands());
            self.schemas.read_waiting(lane, apart.unwrap_or(commands));
        }
        self.pause()
    }

    /// Nothing is read from partitions that are held or have messages that wait.
    fn pause(&mut self) -> Result<(), PortError> {
        let (mut pause, mut resume) = (TopicPartitionList::new(), TopicPartitionList::new());
        for lane in &mut self.lanes {
            let paused = lane.phase != Phase::Over && (lane.held || !lane.waiting.is_empty());
            if paused != lane.paused {
                let changed = if paused { &mut pause } else { &mut resume };
                changed.add_partition(&lane.topic, lane.partition);
                lane.paused = paused;
            }
        }
        self.consumer
            .pause(&pause)
            .and_then(|()| self.consumer.resume(&resume))
            .map_err(|error| failed("holding partitions that are ahead", &error))
    }

    /// Whether the broker has come back, where nothing else would show it.
    fn ask_whether_back(&mut self) {
        self.empty_takes += 1;
        if self.connection.was_silent() && self.empty_takes.is_multiple_of(ASK_AFTER_EMPTY_TAKES) {
            let answer = self.consumer.fetch_metadata(None, ASK_BACK);
            if answer.is_ok() {
                self.connection.answers();
            }
        }
    }
}

fn consumer(connection: &Connection) -> Result<BaseConsumer<Context>, PortError> {
    topic_ids::learn(&mut connection.settings())
        .set("group.id", "airshed.inbox")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        // The defaults let a reader that catches up wait for a second at a time.
        .set("fetch.queue.backoff.ms", "2")
        .set("queued.min.messages", "100000")
        .set("fetch.message.max.bytes", "4194304")
        // What the library fetches ahead, for each partition.
        .set("queued.max.messages.kbytes", "16384")
        .create_with_context(connection.context())
        .map_err(|error| failed("preparing to take inputs", &error))
}

impl Inbox for KafkaInbox {
    /// New rules give stations other places.
    fn adopt(&mut self, book: &Arc<RuleBook>) {
        self.places = Arc::new(Codes::new(&book.rules));
        for lane in &mut self.lanes {
            lane.reader.adopt(Arc::clone(&self.places));
        }
    }

    fn resume(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError> {
        self.identify_topics(taken)?;
        let taken: BTreeMap<&Stream, u64> = taken.iter().map(|(it, at)| (it, *at)).collect();
        let asking = Asking::new(&self.connection)?;
        let mut assigned = TopicPartitionList::new();
        for lane in &self.lanes {
            let last = taken.get(&lane.stream).copied();
            let next = last.map(|at| i64::try_from(at).unwrap_or(i64::MAX).saturating_add(1));
            if let Some(next) = next {
                let (first, end) = asking.ends(&lane.topic, lane.partition)?;
                if next < first || next > end {
                    return Err(PortError::Failed(format!(
                        "the log has taken {} up to offset {}, but it now holds {first} to {end}: \
                         it is another topic, or messages were deleted",
                        lane.stream,
                        next - 1
                    )));
                }
            }
            let offset = next.map_or(Offset::Beginning, Offset::Offset);
            assigned
                .add_partition_offset(&lane.topic, lane.partition, offset)
                .map_err(|error| failed("preparing to take inputs", &error))?;
        }
        find_leader(&self.connection, self.consumer.client(), None, "preparing to take inputs")?;
        self.consumer.assign(&assigned).map_err(|error| failed("preparing to take inputs", &error))
    }

    fn poll(&mut self) -> Result<Vec<Command>, PortError> {
        self.pace.wait();
        let mut commands = Vec::new();
        self.read_what_waited(&mut commands)?;
        let mut wait = if commands.is_empty() { WAIT } else { Duration::ZERO };
        let (mut bytes, mut has_come) = (0, false);
        for _ in 0..MESSAGES_MAX {
            if bytes >= BYTES_MAX {
                break;
            }
            let message = match self.consumer.poll(wait) {
                None => break,
                Some(Ok(message)) => message,
                Some(Err(error)) => {
                    self.pass_over(&error)?;
                    break;
                }
            };
            if !wait.is_zero() {
                std::thread::sleep(GATHER);
            }
            (wait, has_come) = (Duration::ZERO, true);
            bytes += message.payload_len();
            let context = self.consumer.context();
            if context.ids_told() != self.ids_told {
                self.ids_told = context.ids_told();
                end_lanes(context, &self.topics, &mut self.lanes);
            }
            if let Some(at) = place(&self.lanes, self.last, &message) {
                self.last = at;
                let lane = &mut self.lanes[at];
                lane.phase = Phase::Read;
                let Ok(offset) = u64::try_from(message.offset()) else { continue };
                let payload = message.payload().unwrap_or_default();
                if let Some(traces) = &self.traces
                    && let Some(parent) = header(&message, traces::HEADER)
                {
                    traces.came(&lane.stream, offset, parent);
                }
                let apart = self.apart.as_mut().filter(|_| lane.reader.takes_commands());
                let commands = apart.unwrap_or(&mut commands);
                self.schemas.read(lane, offset, payload, commands);
            }
        }
        if has_come {
            self.connection.answers();
            self.empty_takes = 0;
        } else {
            self.ask_whether_back();
        }
        for lane in &mut self.lanes {
            lane.reader.flush(&mut |command| commands.push(command));
        }
        self.pause()?;
        self.hold_commands_if_many()?;
        Ok(commands)
    }

    fn hold(&mut self, streams: &[Stream]) -> Result<(), PortError> {
        for lane in &mut self.lanes {
            lane.held = lane.phase != Phase::Over && streams.contains(&lane.stream);
        }
        self.pause()
    }
}
