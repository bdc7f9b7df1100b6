//! One command in, and what becomes of it: the records that its body is sent.
//!
//! All records for bodies that follow from a command are published in one transaction, so a reader
//! of what is committed sees all of them once it sees the command.

use std::time::{Duration, Instant};

use rdkafka::Offset;
use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::domain::CommandGiven;
use crate::domain::cooperation::Body;
use crate::engine::{PortError, Record};
use crate::wire::message::write_command;
use crate::wire::publication::{SeenRecord, read_seen};

use super::admin::Asking;
use super::client::{Connection, Context, failed, is_passing};
use super::consumer;
use super::topics::Topics;

const DOING: &str = "waiting for what becomes of the command";
/// Between two looks for a topic that is not there.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Where to hear what becomes of the commands of a body.
struct Source {
    topic: String,
    from: i64,
}

/// Gives a command to a running engine, and waits for so long for what becomes of it: the command
/// as it is recorded, and all that follows from it.
pub fn give_command(
    connection: &Connection,
    topics: &Topics,
    given: &CommandGiven,
    within: Duration,
) -> Result<Vec<Record>, PortError> {
    let asking = Asking::new(connection)?;
    let commands = topics.commands();
    if asking.find(&commands)?.is_none() {
        return Err(PortError::Failed(format!(
            "there is no topic {commands}: start `airshed serve`, or name its topics with \
             --topic-prefix"
        )));
    }
    let source = find(&asking, topics, &given.actor.body)?;
    let waiting = Waiting { within, begin: now() };
    let offset = send(connection, &commands, given)?;
    let silent = || {
        let id = &given.id;
        PortError::Failed(format!(
            "no answer within {} s: the command {id} is in the topic {commands} (offset {offset}), \
             and may still be taken. Is `airshed serve` running, and does it ask for answers? The \
             same command with --id {id} --given {} is safe: if this one is taken, that one is \
             refused as duplicate",
            within.as_secs(),
            given.given_at
        ))
    };
    let Some(source) =
        waiting.find(source, connection, || find(&asking, topics, &given.actor.body))?
    else {
        return Err(silent());
    };
    waiting.follow(connection, &source, given, offset)?.ok_or_else(silent)
}

/// The topic of a body, and its end. The two digits of a municipality are another name of it.
fn find(asking: &Asking<'_>, topics: &Topics, body: &Body) -> Result<Option<Source>, PortError> {
    let municipality = Body::new(&format!("{body}0000"));
    for body in [body, &municipality] {
        let topic = topics.matters(body);
        if asking.find(&topic)?.is_some() {
            let from = asking.ends(&topic, 0)?.1;
            return Ok(Some(Source { topic, from }));
        }
    }
    Ok(None)
}

/// Sends the command, and gives its offset.
fn send(connection: &Connection, topic: &str, given: &CommandGiven) -> Result<i64, PortError> {
    let doing = "giving the command";
    let producer: BaseProducer<Context> = connection
        .settings()
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("message.timeout.ms", "0")
        .create_with_context(connection.context())
        .map_err(|error| failed(doing, &error))?;
    let (key, payload) = (given.actor.body.code(), write_command(given));
    let record = BaseRecord::<str, [u8]>::to(topic).key(key).payload(payload.as_bytes());
    producer.send(record).map_err(|(error, _)| failed(doing, &error))?;
    while producer.in_flight_count() > 0 {
        producer.poll(Duration::from_millis(10));
        connection.go_on(doing)?;
    }
    producer.poll(Duration::ZERO);
    if let Some(error) = producer.context().take_failed() {
        return Err(failed(doing, &error));
    }
    let delivered = producer.context().take_first();
    Ok(delivered.map_or(0, |it| it.offset))
}

#[expect(clippy::disallowed_methods, reason = "How long we wait decides nothing.")]
fn now() -> Instant {
    Instant::now()
}

/// How long to wait.
struct Waiting {
    within: Duration,
    begin: Instant,
}

impl Waiting {
    fn is_over(&self) -> bool {
        self.begin.elapsed() >= self.within
    }

    /// A district has no topic before it has done anything: then all of it is read.
    fn find(
        &self,
        mut found: Option<Source>,
        connection: &Connection,
        find: impl Fn() -> Result<Option<Source>, PortError>,
    ) -> Result<Option<Source>, PortError> {
        while found.is_none() && !self.is_over() {
            std::thread::sleep(LOOK_EVERY);
            connection.go_on(DOING)?;
            found = find()?.map(|it| Source { from: 0, ..it });
        }
        Ok(found)
    }

    /// Reads until the command is there, with all that follows from it.
    fn follow(
        &self,
        connection: &Connection,
        source: &Source,
        given: &CommandGiven,
        offset: i64,
    ) -> Result<Option<Vec<Record>>, PortError> {
        let from = Offset::Offset(source.from);
        let consumer: BaseConsumer<Context> =
            consumer::reading(connection, &source.topic, from, DOING)?;
        let mut found: Vec<Record> = Vec::new();
        while !self.is_over() {
            match consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    connection.answers();
                    let seen = message.payload().and_then(|it| read_seen(it, given));
                    if let Some(SeenRecord { record, offset: of_command }) = seen {
                        let follows = found.first().map(|it| it.position);
                        let is_own = follows.is_none() && of_command == u64::try_from(offset).ok();
                        if is_own || follows.is_some() && record.causation == follows {
                            found.push(record);
                        }
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) if found.len() > 1 => {
                    return Ok(Some(found));
                }
                None | Some(Err(KafkaError::PartitionEOF(_))) => {}
                Some(Err(error)) if is_passing(&error) => connection.passes(DOING, &error),
                Some(Err(error)) => return Err(failed(DOING, &error)),
            }
            connection.go_on(DOING)?;
        }
        Ok(None)
    }
}
