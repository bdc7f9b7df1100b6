//! The settings of a `serve`: for it, and for what checks them.

use std::path::PathBuf;

use crate::app::support::Failure;
use crate::app::support::broker::ClientArgs;
use crate::app::support::config::{Clock, Config};
use crate::io::kafka::ClientSettings;

/// Arguments that name the settings.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct SettingsArgs {
    /// Configuration file; without it, every key has its default. See deploy/config.toml.
    #[arg(long, value_name = "FILE")]
    pub(in crate::app) config: Option<PathBuf>,
    /// The key that signs a checkpoint after each decision; see `airshed key new`.
    #[arg(long, value_name = "FILE")]
    pub(in crate::app) key: Option<PathBuf>,
    /// The clock that closes the hours. Overrides rules.clock of the configuration.
    #[arg(long, value_name = "CLOCK")]
    clock: Option<Clock>,
    #[command(flatten)]
    client: ClientArgs,
}

impl SettingsArgs {
    /// The configuration with what overrides it, and the settings of the Kafka client.
    pub(in crate::app) fn read(&self) -> Result<(Config, ClientSettings), Failure> {
        let mut config = Config::read(self.config.as_deref())?;
        config.rules.clock = self.clock.unwrap_or(config.rules.clock);
        let client = self.client.settings(&mut config.kafka)?;
        Ok((config, client))
    }
}
