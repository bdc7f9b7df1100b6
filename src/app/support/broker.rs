//! The address of the broker, for commands without a configuration of their own.

use std::path::PathBuf;
use std::time::Duration;

use crate::io::kafka::{ClientSettings, Connection, Stop};

use super::Failure;
use super::config::{self, Config, Setting};
use super::registry::Registry;

/// The address of the broker and how to reach it.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Broker {
    /// Addresses of the broker, separated by commas [default: localhost:9092].
    #[arg(long, env = "AIRSHED_BROKERS", value_name = "HOST:PORT")]
    brokers: Option<String>,
    #[command(flatten)]
    reach: Reach,
}

/// How to reach a broker: client settings and timeout.
#[derive(Clone, Debug, clap::Args)]
pub(in crate::app) struct Reach {
    /// Read brokers and [kafka.client] from this configuration of `serve`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    client: ClientArgs,
    /// Give up after so many seconds without an answer from any broker.
    #[arg(long, default_value_t = 30, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    give_up_after: u64,
}

/// Settings of the Kafka client, added to those of the configuration.
#[derive(Clone, Debug, Default, clap::Args)]
pub(in crate::app) struct ClientArgs {
    /// A setting of the Kafka client, such as security.protocol=ssl. Overrides [kafka.client] of the
    /// configuration. Put a password there: other users of a machine can see arguments.
    #[arg(long, value_name = "KEY=VALUE")]
    kafka_set: Vec<String>,
}

impl ClientArgs {
    /// The argument.
    pub(in crate::app) const FLAG: &str = "--kafka-set";

    /// The names of the settings.
    pub(in crate::app) fn names(&self) -> impl Iterator<Item = &str> {
        self.kafka_set.iter().filter_map(|it| Some(it.split_once('=')?.0))
    }

    /// Adds them to a configuration, and checks all settings.
    pub(in crate::app) fn settings(
        &self,
        kafka: &mut config::Kafka,
    ) -> Result<ClientSettings, Failure> {
        for text in &self.kafka_set {
            let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
            // The text is not printed, because it may be a password.
            let (key, value) =
                pair.ok_or_else(|| Failure::Usage("--kafka-set: right is KEY=VALUE".to_owned()))?;
            kafka.client.insert(key.to_owned(), Setting::Text(value.to_owned()));
        }
        kafka.settings().map_err(Failure::Usage)
    }
}

impl Broker {
    /// A connection that fails if the broker never answers, and waits without limit once it has.
    pub(in crate::app) fn connect(&self, stop: Stop) -> Result<Connection, Failure> {
        let connection = self.reach.connect(self.brokers.as_deref(), stop)?;
        self.reach.greet(&connection)?;
        Ok(connection)
    }

    /// The configuration that names the broker; without one the defaults.
    pub(in crate::app) fn config(&self) -> Result<Config, Failure> {
        Config::read(self.reach.config.as_deref())
    }

    /// A broker that is given up when it falls silent.
    pub(in crate::app) fn connect_or_give_up(&self) -> Result<Connection, Failure> {
        self.reach.connect_or_give_up(self.brokers.as_deref())
    }
}

impl Broker {
    /// The schema registry of the configuration.
    pub(in crate::app) fn registry(&self) -> Result<Registry, Failure> {
        Ok(Config::read(self.reach.config.as_deref())?.registry)
    }
}

impl Reach {
    /// Whether a configuration names the broker.
    pub(in crate::app) fn is_configured(&self) -> bool {
        self.config.is_some()
    }

    /// First part of the names of the topics by the configuration.
    pub(in crate::app) fn topic_prefix(&self) -> Result<String, Failure> {
        Ok(Config::read(self.config.as_deref())?.kafka.topic_prefix)
    }

    /// A broker that is given up when it falls silent.
    pub(in crate::app) fn connect_or_give_up(
        &self,
        brokers: Option<&str>,
    ) -> Result<Connection, Failure> {
        let connection = self.connect(brokers, Stop::default())?;
        self.greet(&connection)?;
        Ok(connection.giving_up_after(self.silence()))
    }

    fn silence(&self) -> Duration {
        Duration::from_secs(self.give_up_after)
    }

    fn greet(&self, connection: &Connection) -> Result<(), Failure> {
        let greeted = connection.clone().giving_up_after(self.silence()).greet();
        Ok(greeted.map_err(anyhow::Error::new)?)
    }

    fn connect(&self, brokers: Option<&str>, stop: Stop) -> Result<Connection, Failure> {
        let mut kafka = Config::read(self.config.as_deref())?.kafka;
        if let Some(brokers) = brokers {
            brokers.clone_into(&mut kafka.brokers);
        }
        if kafka.brokers.trim().is_empty() {
            return Err(Failure::Usage("--brokers: empty; right is host:port".into()));
        }
        let settings = self.client.settings(&mut kafka)?;
        Ok(Connection::new(&kafka.brokers, stop).with(settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect(brokers: Option<&str>, pairs: &[&str]) -> Result<Connection, Failure> {
        let kafka_set = pairs.iter().map(|it| (*it).to_owned()).collect();
        let reach = Reach { config: None, client: ClientArgs { kafka_set }, give_up_after: 30 };
        reach.connect(brokers, Stop::default())
    }

    #[test]
    fn a_wrong_setting_is_wrong_usage() {
        let check = |brokers: &str, pair: &str, said: &str| {
            let error = connect(Some(brokers), &[pair]).err().unwrap();
            assert!(matches!(&error, Failure::Usage(words) if words.contains(said)), "{error}");
        };
        check("localhost:9092", "security.protocol", "KEY=VALUE");
        check("localhost:9092", "=x", "KEY=VALUE");
        check("localhost:9092", "no.such.key=x", "kafka.client: no.such.key");
        check("localhost:9092", "acks=0", "not to be set");
        check(" ", "client.rack=a", "right is host:port");
        assert!(connect(Some("localhost:9092"), &["client.rack=a=b"]).is_ok());
    }
}
