//! The topics that inputs come from, and their partitions.

use std::collections::VecDeque;
use std::sync::Arc;

use rdkafka::Message as _;
use rdkafka::message::BorrowedMessage;

use crate::domain::{Command, Reason, Refusal, Stream};
use crate::io::kafka::client::Context;
use crate::wire::message::{Codes, StreamReader, UnknownSchema};

/// One topic. Deleted and made again it is another one, and its partitions are other streams.
pub(super) struct Topic {
    pub(super) name: Arc<str>,
    /// The name of its streams in the log: its own, and from the second topic of that name on with
    /// a number behind it, such as `airshed.readings#2`.
    pub(super) streams: Arc<str>,
    /// What the broker calls it; none where the broker gives no ids.
    pub(super) id: Option<Arc<str>>,
    /// Whether it is that of commands.
    pub(super) has_commands: bool,
}

/// How far a partition has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// Its topic was made again, and nothing has come from it.
    New,
    /// It is read.
    Read,
    /// Its topic was made again: what still comes belongs to another stream.
    Over,
}

/// One partition.
pub(super) struct Lane {
    pub(super) topic: Arc<str>,
    pub(super) phase: Phase,
    pub(super) stream: Stream,
    pub(super) partition: i32,
    /// Whether no other lane has a partition of that number: then the number says it all.
    pub(super) alone: bool,
    /// Nothing is taken from it for now.
    pub(super) held: bool,
    /// Whether the library reads nothing from it.
    pub(super) paused: bool,
    /// Offsets and bytes of messages of which the first waits for its schema.
    pub(super) waiting: VecDeque<(u64, Vec<u8>)>,
    pub(super) reader: StreamReader,
}

impl Lane {
    pub(super) fn new(topic: &Topic, partition: i32, places: &Arc<Codes>) -> Self {
        let stream = Stream::topic(&topic.streams, partition);
        let new = if topic.has_commands { StreamReader::of_commands } else { StreamReader::new };
        let reader = new(stream.clone(), Arc::clone(places));
        Self {
            topic: Arc::clone(&topic.name),
            phase: Phase::Read,
            stream,
            partition,
            alone: false,
            held: false,
            paused: false,
            waiting: VecDeque::new(),
            reader,
        }
    }

    pub(super) fn of_new_topic(topic: &Topic, partition: i32, codes: &Arc<Codes>) -> Self {
        Self { phase: Phase::New, ..Self::new(topic, partition, codes) }
    }
}

impl Topic {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.into(), streams: name.into(), id: None, has_commands: false }
    }

    pub(super) fn of_commands(name: &str) -> Self {
        Self { has_commands: true, ..Self::new(name) }
    }

    /// The number of the topic if streams of this name are those of a topic of our name.
    pub(super) fn number(&self, streams: &str) -> Option<u32> {
        let behind = streams.strip_prefix(&*self.name)?;
        if behind.is_empty() { Some(1) } else { behind.strip_prefix('#')?.parse().ok() }
    }

    /// Compares the id with the one that was known. With another id it is another topic.
    pub(super) fn identify(&mut self, id: Option<&str>) {
        let Some(id) = id.filter(|it| self.id.as_deref() != Some(*it)) else { return };
        if let Some(before) = &self.id {
            let next = self.number(&self.streams).map_or(2, |it| it + 1);
            self.streams = format!("{}#{next}", self.name).into();
            tracing::warn!(
                topic = &*self.name,
                id,
                before = &**before,
                "the topic was deleted and made again: what had not been taken from the old one is \
                 lost; all that the new one holds is taken, as {}",
                self.streams
            );
        }
        self.id = Some(id.into());
    }
}

pub(super) fn tell_who_is_alone(lanes: &mut [Lane]) {
    let numbers: Vec<_> = lanes.iter().map(|it| it.partition).collect();
    for lane in lanes {
        lane.alone = numbers.iter().filter(|it| **it == lane.partition).count() == 1;
    }
}

/// Nothing more is taken from a topic that was made again, until its streams are new. Returns
/// whether there is such a topic.
pub(super) fn end_lanes(context: &Context, topics: &[Topic], lanes: &mut [Lane]) -> bool {
    let learned = context.learned();
    for topic in topics.iter().filter(|it| it.id.is_some()) {
        if learned.id(&topic.name).is_some_and(|it| Some(it) != topic.id.as_deref()) {
            let lanes = lanes.iter_mut().filter(|it| it.topic == topic.name);
            lanes.for_each(|it| it.phase = Phase::Over);
        }
    }
    lanes.iter().any(|it| it.phase == Phase::Over)
}

/// Which lane a message belongs to.
pub(super) fn place(lanes: &[Lane], last: usize, message: &BorrowedMessage<'_>) -> Option<usize> {
    let partition = message.partition();
    let is_it = |lane: &Lane| {
        lane.partition == partition && (lane.alone || *lane.topic == *message.topic())
    };
    let found =
        if lanes.get(last).is_some_and(is_it) { Some(last) } else { lanes.iter().position(is_it) };
    found.filter(|it| lanes[*it].phase != Phase::Over)
}

/// A message by a schema that is not known is refused.
pub(super) fn refuse(
    lane: &mut Lane,
    offset: u64,
    unknown: &UnknownSchema,
    commands: &mut Vec<Command>,
) {
    lane.reader.flush(&mut |command| commands.push(command));
    commands.push(Command::Refuse(Refusal {
        reason: Reason::Unreadable,
        source: Some(lane.stream.at(offset)),
        hour: None,
        excerpt: unknown.to_string(),
        count: 1,
    }));
}
