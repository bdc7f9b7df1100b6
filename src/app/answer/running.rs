//! Gives a command to a running `serve`, by its topics.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::{CommandGiven, Timestamp};
use crate::engine::Entry;
use crate::io::kafka::{Connection, Topics, give_command};

use super::{Door, wall};
use crate::app::support::broker::Reach;
use crate::app::support::{Failure, telemetry};

/// A running `serve` in place of a log in a folder.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "A running serve in place of a log")]
pub(super) struct OverKafka {
    /// Give it to the `serve` at this broker: addresses, separated by commas.
    #[arg(long, value_name = "HOST:PORT", conflicts_with_all = ["log", "signing-key"])]
    brokers: Option<String>,
    /// First part of the names of its topics [default: airshed, or that of --config].
    #[arg(long, value_name = "NAME")]
    topic_prefix: Option<String>,
    /// Wait so many seconds for what becomes of it.
    #[arg(long, default_value_t = 30, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    wait: u64,
    #[command(flatten)]
    reach: Reach,
}

/// The topics of a running `serve`.
pub(super) struct Running {
    connection: Connection,
    topics: Topics,
    within: Duration,
}

impl OverKafka {
    /// Connects, if a broker is named.
    pub(super) fn open(&self) -> Result<Option<Running>, Failure> {
        if self.brokers.is_none() && !self.reach.is_configured() {
            if self.topic_prefix.is_some() {
                return Err(Failure::Usage("--topic-prefix needs --brokers or --config".into()));
            }
            return Ok(None);
        }
        telemetry::start_quiet()?;
        let prefix = self.topic_prefix.clone().map_or_else(|| self.reach.topic_prefix(), Ok)?;
        let connection = self.reach.connect_or_give_up(self.brokers.as_deref())?;
        let within = Duration::from_secs(self.wait);
        Ok(Some(Running { connection, topics: Topics::new(&prefix), within }))
    }
}

impl Door for Running {
    fn now(&self) -> Timestamp {
        wall()
    }

    fn carry(&mut self, given: CommandGiven) -> Result<Vec<Arc<Entry>>, Failure> {
        let records = give_command(&self.connection, &self.topics, &given, self.within)
            .map_err(anyhow::Error::new)?;
        let entry = |record| Arc::new(Entry { record, book: None });
        Ok(records.into_iter().map(entry).collect())
    }
}
