//! Whether the topics of an airshed are still there.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};

use crate::engine::PortError;

use super::admin::Asking;
use super::client::{Connection, Context, failed};
use super::topics::Topics;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How long a look may take; a silent broker is the concern of whoever needs it.
const ASK: Duration = Duration::from_secs(1);

/// Looks now and then whether a topic has been deleted.
pub struct TopicWatch {
    client: BaseConsumer<Context>,
    names: Vec<String>,
    looked: Instant,
}

impl TopicWatch {
    /// Watches the topics that are there now: inputs, what goes out, and `log` where it is in
    /// Kafka.
    #[expect(clippy::disallowed_methods, reason = "How often we look decides nothing.")]
    pub fn open(
        connection: &Connection,
        topics: &Topics,
        log: Option<&str>,
    ) -> Result<Self, PortError> {
        let there = Asking::new(connection)?.partition_counts()?.into_keys();
        let is_own = |it: &String| {
            topics.goes_out(it)
                || topics.inputs().contains(it)
                || log.is_some_and(|log| it == log || *it == format!("{log}.checkpoints"))
        };
        let client = connection
            .settings()
            .set("allow.auto.create.topics", "false")
            .create_with_context(connection.context())
            .map_err(|error| failed("preparing to watch the topics", &error))?;
        Ok(Self { client, names: there.filter(is_own).collect(), looked: Instant::now() })
    }

    /// The topics that are gone; none where it is not time to look, or no broker says.
    #[expect(clippy::disallowed_methods, reason = "How often we look decides nothing.")]
    pub fn missing(&mut self) -> Option<Vec<String>> {
        if self.looked.elapsed() < LOOK_EVERY {
            return None;
        }
        let metadata = self.client.fetch_metadata(None, ASK);
        // Other clients are used all the time, and hear the same.
        self.client.context().forget(|| drop(self.client.poll(Duration::ZERO)));
        self.looked = Instant::now();
        let metadata = metadata.ok()?;
        let is_there = |name: &String| metadata.topics().iter().any(|it| it.name() == name);
        Some(self.names.iter().filter(|it| !is_there(it)).cloned().collect())
    }
}
