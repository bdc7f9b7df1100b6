//! A producer of which only the newest one of its name may write, and only whole transactions.
//!
//! ```text
//! becoming the writer   ends the last transaction of the older one, one way or the other: when
//!                       this returns, its end is in every partition it wrote to, on all in-sync
//!                       replicas, and nothing of the older writer can come after it
//! ```
//!
//! So a committed read that begins after this and goes to the end of a partition misses nothing.

use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::engine::PortError;

use super::client::{ASK, Connection, Context, Delivered, await_deliveries, failed};
use super::consumer::find_leader;
use super::errors::{Meaning, REPORT, is_passing, meaning, meaning_of};
use super::pace::Pace;
use super::settings::transactional;

/// How long a full queue is given to empty.
const STEP: Duration = Duration::from_millis(1);

/// A message for the first partition of a topic.
pub(in crate::io::kafka) struct Outgoing<'a> {
    pub(in crate::io::kafka) topic: &'a str,
    pub(in crate::io::kafka) key: String,
    pub(in crate::io::kafka) payload: &'a [u8],
    pub(in crate::io::kafka) headers: OwnedHeaders,
}

/// The right to write to the log of an airshed and to publish what follows from it.
///
/// Log and outbox share one writer, so there is no moment at which a process has lost the one and
/// still has the other. All clones are the same writer.
#[derive(Clone)]
pub struct Writer(Arc<Mutex<FencedProducer>>);

/// The newest producer of a name.
struct FencedProducer {
    connection: Connection,
    /// Who writes; the newest one of that name does.
    name: String,
    /// What it is doing, in words.
    doing: String,
    producer: BaseProducer<Context>,
    pace: Pace,
    /// Grows each time that this process had to become the writer again. Another may have been the
    /// writer in between.
    generation: u64,
}

/// How a transaction can fall short.
enum Trouble {
    /// Nothing of it is there; again, after an abort.
    Aborted(KafkaError),
    /// It may be there or not.
    Unknown(KafkaError),
    /// It is over.
    Final(PortError),
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::io::kafka) enum Sent {
    /// It is there, its first message at this place.
    There(Option<Delivered>),
    /// The broker left it open, and a new producer has ended it one way or the other.
    Unknown,
}

impl Writer {
    /// Becomes the writer of this name and fences every earlier one.
    pub fn open(connection: &Connection, name: &str) -> Result<Self, PortError> {
        let name = format!("airshed.log.{name}");
        let producer = producer(connection, &name)?;
        let (connection, doing, generation) = (connection.clone(), String::new(), 0);
        let pace = Pace::default();
        let producer = FencedProducer { connection, name, doing, producer, pace, generation };
        Ok(Self(Arc::new(Mutex::new(producer))))
    }

    /// Learns the leaders of topics that messages will be sent to, so that the first one of each
    /// need not wait for that.
    pub(in crate::io::kafka) fn find_leaders<'a>(
        &self,
        topics: impl IntoIterator<Item = &'a String>,
    ) -> Result<(), PortError> {
        let it = self.producer();
        topics.into_iter().try_for_each(|topic| {
            find_leader(&it.connection, it.producer.client(), Some(topic), "finding leaders")
        })
    }

    /// When its next transaction begins.
    pub(in crate::io::kafka) fn pace(&self) -> Pace {
        self.producer().pace.clone()
    }

    /// Sends messages in one transaction; `what` they are, in words. They are durable when this
    /// returns `There`.
    pub(in crate::io::kafka) fn send(
        &self,
        what: &str,
        messages: &[Outgoing<'_>],
    ) -> Result<Sent, PortError> {
        self.producer().send(what, messages)
    }

    /// Sends messages in one transaction, or gives up at the first difficulty. Either way the
    /// writer can be used on, unless another process has taken its place.
    pub(in crate::io::kafka) fn try_send(
        &self,
        what: &str,
        messages: &[Outgoing<'_>],
    ) -> Result<(), PortError> {
        self.producer().try_send(what, messages)
    }

    /// Where this differs from what it was before, another process may have written meanwhile.
    pub(in crate::io::kafka) fn generation(&self) -> u64 {
        self.producer().generation
    }

    fn producer(&self) -> MutexGuard<'_, FencedProducer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FencedProducer {
    fn send(&mut self, what: &str, messages: &[Outgoing<'_>]) -> Result<Sent, PortError> {
        self.doing = format!("writing {what}");
        self.producer.context().forget(|| self.producer.poll(Duration::ZERO));
        loop {
            match self.attempt(messages) {
                Ok(()) => {
                    self.connection.answers();
                    return Ok(Sent::There(self.producer.context().take_first()));
                }
                Err(Trouble::Aborted(error)) => {
                    tracing::debug!(%error, doing = self.doing, "aborted, once more");
                    self.connection.passes(&self.doing, &error);
                    self.connection.go_on(&self.doing)?;
                }
                Err(Trouble::Unknown(error)) => {
                    let doing = &*self.doing;
                    tracing::warn!(%error, doing, "the broker left open whether a write succeeded");
                    self.renew()?;
                    return Ok(Sent::Unknown);
                }
                Err(Trouble::Final(error)) => return Err(error),
            }
        }
    }

    fn try_send(&mut self, what: &str, messages: &[Outgoing<'_>]) -> Result<(), PortError> {
        self.doing = format!("writing {what}");
        let finishing = self.connection.finishing();
        let patient = std::mem::replace(&mut self.connection, finishing);
        let attempted = self.attempt(messages);
        // What follows must succeed, or the log cannot go on.
        self.connection = patient;
        let error = match attempted {
            Ok(()) => return Ok(()),
            Err(Trouble::Final(error @ PortError::Fenced(_))) => return Err(error),
            // It is over: the next transaction can begin.
            Err(Trouble::Aborted(error)) => return Err(failed(&self.doing, &error)),
            Err(Trouble::Unknown(error)) => failed(&self.doing, &error),
            Err(Trouble::Final(error)) if self.abort().is_ok() => return Err(error),
            Err(Trouble::Final(error)) => error,
        };
        self.renew()?;
        Err(error)
    }

    /// Becomes the writer again, after a transaction that was left open.
    fn renew(&mut self) -> Result<(), PortError> {
        self.producer = producer(&self.connection, &self.name)?;
        self.generation += 1;
        Ok(())
    }

    fn attempt(&self, messages: &[Outgoing<'_>]) -> Result<(), Trouble> {
        self.pace.wait();
        self.producer.begin_transaction().map_err(|error| self.trouble(error))?;
        self.producer.context().clear();
        let sent =
            messages.iter().try_for_each(|it| self.put(it)).and_then(|()| self.await_deliveries());
        match sent.and_then(|()| self.commit()) {
            Ok(()) => Ok(()),
            Err(Trouble::Aborted(error)) => {
                self.abort()?;
                Err(Trouble::Aborted(error))
            }
            Err(other) => Err(other),
        }
    }

    fn put(&self, message: &Outgoing<'_>) -> Result<(), Trouble> {
        let mut record = BaseRecord::to(message.topic)
            .partition(0)
            .key(&message.key)
            .payload(message.payload)
            .headers(message.headers.clone());
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((error, back))
                    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) =>
                {
                    self.producer.poll(STEP);
                    self.check_stop()?;
                    record = back;
                }
                Err((error, _)) => return Err(self.trouble(error)),
            }
        }
    }

    /// The library gives each message up after its own time, so this ends.
    fn await_deliveries(&self) -> Result<(), Trouble> {
        await_deliveries(&self.producer, &self.connection, &self.doing).map_err(Trouble::Final)?;
        match self.producer.context().take_failed() {
            Some(error) => Err(self.trouble(error)),
            None => Ok(()),
        }
    }

    fn commit(&self) -> Result<(), Trouble> {
        self.end(|| self.producer.commit_transaction(ASK))
    }

    fn abort(&self) -> Result<(), Trouble> {
        self.end(|| self.producer.abort_transaction(ASK)).map_err(|trouble| match trouble {
            // It is unknown what becomes of a transaction that cannot be aborted.
            Trouble::Aborted(error) | Trouble::Unknown(error) => Trouble::Unknown(error),
            Trouble::Final(error) => Trouble::Final(error),
        })
    }

    /// Asking again resumes the same commit or abort: its outcome is not lost by waiting.
    fn end(&self, ask: impl Fn() -> KafkaResult<()>) -> Result<(), Trouble> {
        loop {
            let Err(error) = ask() else {
                self.pace.ended();
                return Ok(());
            };
            let trouble = self.trouble(error);
            match &trouble {
                Trouble::Unknown(error) if is_passing(error) => {
                    self.producer.poll(Duration::ZERO);
                    self.connection.passes(&self.doing, error);
                }
                Trouble::Unknown(_) | Trouble::Aborted(_) | Trouble::Final(_) => {
                    return Err(trouble);
                }
            }
            self.check_stop()?;
        }
    }

    fn check_stop(&self) -> Result<(), Trouble> {
        self.connection.go_on(&self.doing).map_err(Trouble::Final)
    }

    /// What an error says about the transaction.
    fn trouble(&self, error: KafkaError) -> Trouble {
        let fatal = self.producer.client().fatal_error();
        let code = fatal.as_ref().map(|it| it.0).or_else(|| error.rdkafka_error_code());
        if code.is_some_and(|it| meaning(it) == Meaning::Fenced) {
            let words = format!("{}: a newer writer is at work", self.doing);
            return Trouble::Final(PortError::Fenced(words));
        }
        if fatal.is_some() {
            return Trouble::Unknown(error);
        }
        let is_hopeless = matches!(meaning_of(&error), Meaning::Final(advice) if advice != REPORT);
        // Where a message was given up, the transaction can only be aborted as well.
        let wants_abort = if let KafkaError::Transaction(it) = &error {
            it.txn_requires_abort()
        } else {
            matches!(error, KafkaError::MessageProduction(_))
        };
        if wants_abort && !is_hopeless {
            return Trouble::Aborted(error);
        }
        if is_passing(&error) {
            return Trouble::Unknown(error);
        }
        Trouble::Final(failed(&self.doing, &error))
    }
}

fn producer(connection: &Connection, name: &str) -> Result<BaseProducer<Context>, PortError> {
    let producer: BaseProducer<Context> = transactional(connection.settings(), name)
        .create_with_context(connection.context())
        .map_err(|error| failed("preparing to write", &error))?;
    let doing = format!("becoming the writer {name}");
    connection.patiently(&doing, || producer.init_transactions(ASK))?;
    Ok(producer)
}
