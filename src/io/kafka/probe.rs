//! What the broker alone takes from one client to another: small messages through a topic of their
//! own, sent like readings and read by a plain consumer.

use std::time::Duration;

use rdkafka::producer::{BaseProducer, BaseRecord};

use crate::engine::PortError;

use super::admin::{Settings, ensure_topic};
use super::client::{Connection, Context, failed};

const DOING: &str = "probing the broker";

/// Sends the messages.
pub struct Probe {
    connection: Connection,
    producer: BaseProducer<Context>,
    topic: String,
}

impl Probe {
    /// Makes the topic if it is missing.
    pub fn open(connection: &Connection, topic: &str) -> Result<Self, PortError> {
        ensure_topic(connection, topic, 1, Settings::KeepAll)?;
        let producer = connection
            .settings()
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "0")
            .set("message.timeout.ms", "0")
            .create_with_context(connection.context())
            .map_err(|error| failed(DOING, &error))?;
        Ok(Self { connection: connection.clone(), producer, topic: topic.to_owned() })
    }

    /// Sends one message. A full queue drops it: then the broker has no time to be measured.
    pub fn send(&self, bytes: &[u8]) -> Result<(), PortError> {
        let record = BaseRecord::<[u8], [u8]>::to(&self.topic).partition(0).payload(bytes);
        drop(self.producer.send(record));
        self.producer.poll(Duration::ZERO);
        self.connection.go_on(DOING)
    }
}
