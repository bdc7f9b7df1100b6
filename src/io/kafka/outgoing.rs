//! A message on its way to its topic.

use rdkafka::message::{Header, OwnedHeaders};

use crate::domain::Timestamp;
use crate::engine::projection::{Channel, Message};
use crate::wire::publication;

use super::fenced::Outgoing;
use super::topics::Topics;

/// One message, in the binary mode of `CloudEvents`: attributes in headers, the body as JSON.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct OutgoingMessage {
    pub(super) topic: String,
    pub(super) key: String,
    /// Unique for ever: a receiver that knows it has the message twice.
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) time: Timestamp,
    pub(super) position: u64,
    /// Of an order: grows with every set; a receiver refuses an older one.
    pub(super) epoch: Option<u64>,
    pub(super) body: String,
}

impl OutgoingMessage {
    pub(super) fn new(message: &Message, topics: &Topics) -> Self {
        let record = &message.entry.record;
        let (id, position) = (message.id(), record.position.0);
        let set = message.order().map(|it| it.0).or(message.floor_order().map(|it| it.0));
        let epoch = set.map(|set| set.epoch);
        Self {
            topic: topics.of(&message.channel),
            key: match &message.channel {
                Channel::Orders(division) | Channel::Alerts(division) => division.to_string(),
                Channel::Matters(body) => body.to_string(),
                Channel::Refused => position.to_string(),
            },
            id,
            kind: if epoch.is_some() { "order_issued" } else { record.event.record_type() },
            time: message.time,
            position,
            epoch,
            body: publication::message(message).to_string(),
        }
    }

    /// With its headers, as the writer sends it.
    pub(super) fn with_headers(&self, settled: &str, source: &str) -> Outgoing<'_> {
        let (kind, time) = (format!("airshed.{}", self.kind), self.time.to_string());
        let position = self.position.to_string();
        let text = |key, value| Header { key, value: Some(value) };
        let headers = OwnedHeaders::new_with_capacity(9)
            .insert(text("ce_specversion", "1.0"))
            .insert(text("ce_id", &self.id))
            .insert(text("ce_source", source))
            .insert(text("ce_type", &kind))
            .insert(text("ce_time", &time))
            .insert(text("content-type", "application/json"))
            .insert(text("position", &position))
            .insert(text("settled", settled));
        let headers = match self.epoch {
            Some(epoch) => headers.insert(text("epoch", &epoch.to_string())),
            None => headers,
        };
        let (topic, key) = (&*self.topic, self.key.clone());
        Outgoing { topic, key, payload: self.body.as_bytes(), headers }
    }
}
