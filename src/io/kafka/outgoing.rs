//! A message on its way to its topic.

use std::sync::Arc;

use rdkafka::message::{Header, OwnedHeaders};

use crate::domain::Timestamp;
use crate::engine::projection::{Channel, Message};
use crate::wire::publication;
use crate::wire::trust::key::SignerKey;

use super::fenced::Outgoing;
use super::topics::Topics;
use super::traces;

const ORDERS: &str = "orders";

/// One message, in the binary mode of `CloudEvents`: attributes in headers, the body as JSON.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct OutgoingMessage {
    pub(super) topic: String,
    /// The first word of the topic behind the prefix: ids differ within it.
    pub(super) channel: &'static str,
    pub(super) key: String,
    /// With the source unique for ever: a receiver that knows both has the message twice.
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) time: Timestamp,
    /// When the record was written.
    pub(super) recorded_at: Timestamp,
    /// The record that led to it.
    pub(super) causation: Option<u64>,
    pub(super) position: u64,
    /// Of an order: grows with every set; a receiver refuses an older one.
    pub(super) epoch: Option<u64>,
    pub(super) body: String,
    /// The header of the trace that it belongs to.
    pub(super) trace: Option<Arc<str>>,
}

impl OutgoingMessage {
    pub(super) fn new(message: &Message, topics: &Topics, key: Option<&SignerKey>) -> Self {
        let record = &message.entry.record;
        let (id, position) = (message.id(), record.position.0);
        let set = message.order().map(|it| it.0).or(message.floor_order().map(|it| it.0));
        let epoch = set.map(|set| set.epoch);
        Self {
            topic: topics.of(&message.channel),
            channel: match &message.channel {
                Channel::Orders(_) => ORDERS,
                Channel::Alerts(_) => "alerts",
                Channel::Matters(_) => "matters",
                Channel::Refused => "refused",
            },
            key: match &message.channel {
                Channel::Orders(division) | Channel::Alerts(division) => division.to_string(),
                Channel::Matters(body) => body.to_string(),
                Channel::Refused => position.to_string(),
            },
            id,
            kind: if epoch.is_some() { "order_issued" } else { record.event.record_type() },
            time: message.time,
            recorded_at: record.recorded_at,
            causation: record.causation.map(|it| it.0),
            position,
            epoch,
            body: publication::signed(message, key).to_string(),
            trace: None,
        }
    }

    /// Whether it is an order to a jurisdiction.
    pub(super) fn is_order(&self) -> bool {
        self.channel == ORDERS
    }

    /// With its headers, as the writer sends it.
    pub(super) fn with_headers(&self, settled: &str, source: &str) -> Outgoing<'_> {
        let (kind, time) = (format!("airshed.{}", self.kind), self.time.to_string());
        let position = self.position.to_string();
        let text = |key, value| Header { key, value: Some(value) };
        let source = format!("{source}/{}", self.channel);
        let recorded_at = self.recorded_at.to_string();
        let headers = OwnedHeaders::new_with_capacity(14)
            .insert(text("ce_specversion", "1.0"))
            .insert(text("ce_id", &self.id))
            .insert(text("ce_source", &source))
            .insert(text("ce_type", &kind))
            .insert(text("ce_time", &time))
            .insert(text("ce_subject", &self.key))
            .insert(text("ce_partitionkey", &self.key))
            .insert(text("ce_recordedtime", &recorded_at))
            .insert(text("content-type", "application/json"))
            .insert(text("position", &position))
            .insert(text("settled", settled));
        let optional = [
            ("epoch", self.epoch.map(|it| it.to_string())),
            ("ce_causationid", self.causation.map(|it| it.to_string())),
            (traces::HEADER, self.trace.as_deref().map(str::to_owned)),
        ];
        let headers = optional.iter().fold(headers, |headers, (key, value)| match value {
            Some(value) => headers.insert(Header { key, value: Some(value) }),
            None => headers,
        });
        let (topic, key) = (&*self.topic, self.key.clone());
        Outgoing { topic, key, payload: self.body.as_bytes(), headers }
    }
}
