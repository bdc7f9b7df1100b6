//! A producer of which only the newest one of its name may write, and only whole transactions.

use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode;
use std::time::Duration;

use crate::engine::PortError;

use super::client::{ASK, Connection, Context, await_deliveries, failed, is_passing};

/// How long a full queue is given to empty.
const STEP: Duration = Duration::from_millis(1);

/// A message for the first partition of a topic.
pub(super) struct Outgoing<'a> {
    pub(super) topic: &'a str,
    pub(super) key: String,
    pub(super) payload: &'a [u8],
    pub(super) headers: OwnedHeaders,
}

/// The newest producer of a name.
pub(super) struct FencedProducer {
    connection: Connection,
    /// Who writes; the newest one of that name does.
    name: String,
    /// What it writes, in words.
    what: String,
    producer: BaseProducer<Context>,
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
pub(super) enum Sent {
    /// It is there; the offset of its first message.
    There(Option<i64>),
    /// The broker left it open, and a new producer has ended it one way or the other.
    Unknown,
}

impl FencedProducer {
    /// Fences every earlier producer of this name.
    pub(super) fn open(connection: &Connection, name: &str, what: &str) -> Result<Self, PortError> {
        let producer = producer(connection, name, what)?;
        let (name, what) = (name.to_owned(), what.to_owned());
        Ok(Self { connection: connection.clone(), name, what, producer })
    }

    /// Sends messages in one transaction. They are durable when this returns `There`.
    pub(super) fn send(&mut self, messages: &[Outgoing<'_>]) -> Result<Sent, PortError> {
        loop {
            match self.attempt(messages) {
                Ok(()) => {
                    self.connection.answers();
                    return Ok(Sent::There(self.producer.context().take_first_offset()));
                }
                Err(Trouble::Aborted(error)) => {
                    tracing::debug!(%error, what = self.what, "aborted, once more");
                    self.connection.go_on(&format!("writing {}", self.what))?;
                }
                Err(Trouble::Unknown(error)) => {
                    let what = &*self.what;
                    tracing::warn!(%error, what, "the broker left open whether a write succeeded");
                    self.producer = producer(&self.connection, &self.name, &self.what)?;
                    return Ok(Sent::Unknown);
                }
                Err(Trouble::Final(error)) => return Err(error),
            }
        }
    }

    fn attempt(&self, messages: &[Outgoing<'_>]) -> Result<(), Trouble> {
        self.producer.begin_transaction().map_err(|error| self.trouble(error))?;
        self.producer.context().clear();
        let sent = messages.iter().try_for_each(|it| self.put(it));
        let sent = sent.and_then(|()| self.await_deliveries());
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
        await_deliveries(&self.producer, &self.connection, &format!("writing {}", self.what))
            .map_err(Trouble::Final)?;
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
            // What cannot even be aborted is in nobody's hands.
            Trouble::Aborted(error) | Trouble::Unknown(error) => Trouble::Unknown(error),
            Trouble::Final(error) => Trouble::Final(error),
        })
    }

    /// Asking again resumes the same commit or abort: its outcome is not lost by waiting.
    fn end(&self, ask: impl Fn() -> KafkaResult<()>) -> Result<(), Trouble> {
        loop {
            let Err(error) = ask() else { return Ok(()) };
            let trouble = self.trouble(error);
            if !matches!(&trouble, Trouble::Unknown(error) if is_passing(error)) {
                return Err(trouble);
            }
            self.connection.is_silent();
            self.check_stop()?;
        }
    }

    fn check_stop(&self) -> Result<(), Trouble> {
        self.connection.go_on(&format!("writing {}", self.what)).map_err(Trouble::Final)
    }

    /// What an error says about the transaction.
    fn trouble(&self, error: KafkaError) -> Trouble {
        let fatal = self.producer.client().fatal_error();
        let code = fatal.as_ref().map(|it| it.0).or_else(|| error.rdkafka_error_code());
        if matches!(
            code,
            Some(
                RDKafkaErrorCode::Fenced
                    | RDKafkaErrorCode::ProducerFenced
                    | RDKafkaErrorCode::InvalidProducerEpoch
            )
        ) {
            let words = format!("a newer writer of {} is at work", self.what);
            return Trouble::Final(PortError::Fenced(words));
        }
        if fatal.is_some() {
            return Trouble::Unknown(error);
        }
        if let KafkaError::Transaction(it) = &error
            && it.txn_requires_abort()
        {
            return Trouble::Aborted(error);
        }
        if let KafkaError::MessageProduction(code) = &error
            && !is_too_large(*code)
        {
            // A message was given up: the transaction can only be aborted.
            return Trouble::Aborted(error);
        }
        if is_passing(&error) {
            return Trouble::Unknown(error);
        }
        Trouble::Final(failed(&format!("writing {}", self.what), &error))
    }
}

fn is_too_large(code: RDKafkaErrorCode) -> bool {
    matches!(code, RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::MessageBatchTooLarge)
}

fn producer(
    connection: &Connection,
    name: &str,
    what: &str,
) -> Result<BaseProducer<Context>, PortError> {
    let producer: BaseProducer<Context> = connection
        .settings()
        .set("transactional.id", name)
        .set("transaction.timeout.ms", "60000")
        // Both must be shorter than the transaction's own time.
        .set("message.timeout.ms", "30000")
        .set("acks", "all")
        .set("linger.ms", "0")
        .set("compression.type", "lz4")
        .create_with_context(connection.context())
        .map_err(|error| failed(&format!("preparing to write {what}"), &error))?;
    let doing = format!("becoming the writer of {what}");
    connection.patiently(&doing, || producer.init_transactions(ASK))?;
    Ok(producer)
}
