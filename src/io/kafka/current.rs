//! The newest state of every jurisdiction, for receivers that come late.
//!
//! It follows from the log and from nothing else. What its topic says is only compared with it, so
//! that a state which is there already is not published again.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::Entry;
use crate::engine::projection::{Overview, Standing};
use crate::wire::publication;

use super::outgoing::OutgoingMessage;
use super::topics::Topics;

/// The states, and what their topic has of them.
#[derive(Debug, Default)]
pub(super) struct Current {
    overview: Overview,
    /// The newest body of each key in the topic.
    published: BTreeMap<String, String>,
}

impl Current {
    /// Learns what the topic has. All states are compared with it again.
    pub(super) fn compare_with(&mut self, published: BTreeMap<String, String>) {
        self.published = published;
        self.overview.change_all();
    }

    /// Takes the next record of the log.
    pub(super) fn take(&mut self, entry: &Arc<Entry>) {
        self.overview.take(entry);
    }

    /// What has changed since the last call and is not in the topic.
    pub(super) fn take_changed(&mut self, topics: &Topics) -> Vec<OutgoingMessage> {
        let mut messages = Vec::new();
        for standing in self.overview.take_changed() {
            messages.extend(message(standing, topics, &mut self.published));
        }
        messages
    }
}

fn message(
    standing: &Standing,
    topics: &Topics,
    published: &mut BTreeMap<String, String>,
) -> Option<OutgoingMessage> {
    let position = standing.position()?.0;
    let key = standing.division().to_string();
    let body = publication::standing(standing).to_string();
    if published.get(&key) == Some(&body) {
        return None;
    }
    published.insert(key.clone(), body.clone());
    Some(OutgoingMessage {
        topic: topics.current(),
        channel: "current",
        id: format!("{position}-{key}"),
        key,
        kind: "state_changed",
        time: standing.time(),
        recorded_at: standing.recorded_at(),
        causation: None,
        position,
        epoch: None,
        body,
        trace: None,
    })
}
