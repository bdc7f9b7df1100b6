//! Settings of the client library that an operator adds: security, addresses, time limits.

use std::collections::BTreeMap;

use rdkafka::ClientConfig;
use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError;
use thiserror::Error;

/// Why a setting is not the operator's.
const BROKERS: &str = "set kafka.brokers instead";
const SENDING: &str = "that each order arrives once and in order rests on it";
const READING: &str = "the log says where reading goes on, and what of a topic counts";
const OURS: &str = "airshed sets it for each of its clients";

/// Settings that stay as airshed has them. Names of the same setting stand side by side.
const OWNED: &[(&str, &str)] = &[
    ("bootstrap.servers", BROKERS),
    ("metadata.broker.list", BROKERS),
    ("acks", SENDING),
    ("request.required.acks", SENDING),
    ("delivery.timeout.ms", SENDING),
    ("message.timeout.ms", SENDING),
    ("enable.gapless.guarantee", SENDING),
    ("enable.idempotence", SENDING),
    ("max.in.flight", SENDING),
    ("max.in.flight.requests.per.connection", SENDING),
    ("message.send.max.retries", SENDING),
    ("retries", SENDING),
    ("queuing.strategy", SENDING),
    ("transaction.timeout.ms", SENDING),
    ("transactional.id", SENDING),
    ("auto.commit.enable", READING),
    ("enable.auto.commit", READING),
    ("auto.commit.interval.ms", READING),
    ("auto.offset.reset", READING),
    ("enable.auto.offset.store", READING),
    ("enable.partition.eof", READING),
    ("group.id", READING),
    ("group.instance.id", READING),
    ("group.protocol", READING),
    ("group.remote.assignor", READING),
    ("isolation.level", READING),
    ("offset.store.method", READING),
    ("partition.assignment.strategy", READING),
    ("allow.auto.create.topics", OURS),
    ("compression.codec", OURS),
    ("compression.type", OURS),
    ("debug", OURS),
    ("log_level", OURS),
    ("fetch.message.max.bytes", OURS),
    ("max.partition.fetch.bytes", OURS),
    ("fetch.queue.backoff.ms", OURS),
    ("fetch.wait.max.ms", OURS),
    ("linger.ms", OURS),
    ("queue.buffering.max.ms", OURS),
    ("message.max.bytes", OURS),
    ("queued.max.messages.kbytes", OURS),
    ("queued.min.messages", OURS),
];

/// A setting that cannot be passed on. Its value is not named: it may be a password.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{key}: {why}")]
pub struct SettingError {
    /// Which setting.
    pub key: String,
    /// What is wrong with it.
    pub why: String,
}

/// Checked settings, by the names of the client library.
#[derive(Clone, Default)]
pub struct ClientSettings(BTreeMap<String, String>);

impl ClientSettings {
    /// Checks each setting by itself, and that a client can be made with all of them. Connects to
    /// nothing.
    pub fn new(settings: BTreeMap<String, String>) -> Result<Self, SettingError> {
        for (key, value) in &settings {
            if let Some((_, why)) = OWNED.iter().find(|(owned, _)| owned == key) {
                return Err(SettingError {
                    key: key.clone(),
                    why: format!("not to be set: {why}"),
                });
            }
            let alone = ClientConfig::new().set(key, value).create_native_config();
            if let Err(KafkaError::ClientConfig(_, why, ..)) = alone {
                return Err(SettingError { key: key.clone(), why });
            }
        }
        let settings = Self(settings);
        let mut together = ClientConfig::new();
        settings.add_to(&mut together);
        match together.create::<BaseConsumer>() {
            Ok(_) => Ok(settings),
            Err(KafkaError::ClientConfig(_, why, key, _)) => Err(SettingError { key, why }),
            Err(error) => {
                let keys = settings.0.keys().map(String::as_str).collect::<Vec<_>>();
                Err(SettingError { key: keys.join(", "), why: error.to_string() })
            }
        }
    }

    /// Puts them into the settings of a client.
    pub(super) fn add_to(&self, config: &mut ClientConfig) {
        for (key, value) in &self.0 {
            config.set(key, value);
        }
    }
}

/// Names alone: a value may be a password.
impl std::fmt::Debug for ClientSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<ClientSettings, SettingError> {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        ClientSettings::new(pairs.collect())
    }

    #[test]
    fn settings_of_the_library_are_passed_on_whatever_they_are_for() {
        let pairs = [("security.protocol", "plaintext"), ("socket.timeout.ms", "4000")];
        let mut config = ClientConfig::new();
        config.set("socket.timeout.ms", "10000");
        settings(&pairs).unwrap().add_to(&mut config);
        for (key, value) in pairs {
            assert_eq!(config.get(key), Some(value));
        }
    }

    #[test]
    fn a_wrong_setting_is_refused_by_name_and_without_its_value() {
        let check = |key: &str, why: &str| {
            let error = settings(&[("client.rack", "a"), (key, "s3cret")]).unwrap_err();
            assert_eq!(error.key, key);
            assert!(error.why.contains(why), "{error}");
            assert!(key == "security.protocol" || !error.to_string().contains("s3cret"), "{error}");
        };
        check("sasl.pasword", "No such configuration property");
        check("security.protocol", "Invalid value");
        check("socket.timeout.ms", "Invalid value");
        check("acks", "each order arrives once");
        check("transactional.id", "each order arrives once");
        check("group.id", "where reading goes on");
        check("bootstrap.servers", "kafka.brokers");
        check("error_cb", "dedicated");
    }

    #[test]
    fn settings_that_do_not_go_together_are_refused() {
        let error = settings(&[("security.protocol", "sasl_plaintext"), ("sasl.mechanism", "X")]);
        let words = error.unwrap_err().to_string();
        assert!(words.contains("sasl.mechanism") && words.contains('X'), "{words}");
    }

    /// Each setting in the sources of this folder is ours, or one that an operator may change.
    #[test]
    fn whatever_a_client_here_sets_is_not_silently_overruled() {
        const OPERATORS: [&str; 5] = [
            "client.id",
            "reconnect.backoff.max.ms",
            "reconnect.backoff.ms",
            "socket.nagle.disable",
            "socket.timeout.ms",
        ];
        let sources = [
            include_str!("admin.rs"),
            include_str!("client.rs"),
            include_str!("consumer.rs"),
            include_str!("feed.rs"),
            include_str!("fenced.rs"),
            include_str!("inbox.rs"),
            include_str!("newest.rs"),
            include_str!("outbox.rs"),
            include_str!("outbox/sent.rs"),
            include_str!("presence.rs"),
            include_str!("topic_ids.rs"),
        ];
        let mut seen = 0;
        for source in sources {
            for set in source.split(".set(\"").skip(1) {
                let key = set.split('"').next().unwrap();
                let owned = OWNED.iter().any(|(owned, _)| *owned == key);
                assert!(owned || OPERATORS.contains(&key), "{key} is neither ours nor theirs");
                seen += 1;
            }
        }
        assert!(seen > 30, "{seen}");
    }

    #[test]
    fn values_are_never_shown() {
        let settings = settings(&[("sasl.password", "s3cret")]).unwrap();
        assert_eq!(format!("{settings:?}"), "{\"sasl.password\"}");
    }
}
