//! Settings of the client library that an operator adds: security, addresses, time limits.

use std::collections::BTreeMap;

use rdkafka::ClientConfig;
use rdkafka::config::{FromClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError;
use rdkafka::producer::BaseProducer;
use thiserror::Error;

/// Why a setting is not the operator's.
const BROKERS: &str = "set kafka.brokers instead";
const SENDING: &str = "that each order arrives once and in order rests on it";
const READING: &str = "the log says where reading goes on, and what of a topic counts";
const OURS: &str = "airshed sets it for each of its clients";

/// The largest record; topics that we make allow as much.
pub(in crate::io::kafka) const LARGEST_MESSAGE: &str = "16777216";

/// Settings that stay as airshed has them. Names of the same setting stand side by side.
const OWNED: &[(&str, &str)] = &[
    ("bootstrap.servers", BROKERS),
    ("metadata.broker.list", BROKERS),
    ("acks", SENDING),
    ("delivery.report.only.error", SENDING),
    ("produce.offset.report", SENDING),
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
    ("topic.blacklist", READING),
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
    /// Checks each setting by itself, and that clients can be made with all of them. Connects to
    /// nothing.
    pub fn new(settings: BTreeMap<String, String>) -> Result<Self, SettingError> {
        for (key, value) in &settings {
            let wrong =
                |why: String| SettingError { key: key.clone(), why: hidden(&why, key, value) };
            if let Some((_, why)) = OWNED.iter().find(|(owned, _)| owned == key) {
                return Err(wrong(format!("not to be set: {why}")));
            }
            let alone = ClientConfig::new().set(key, value).create_native_config();
            if let Err(KafkaError::ClientConfig(_, why, ..)) = alone {
                return Err(wrong(why));
            }
            if MECHANISM.contains(&&**key) && !MECHANISMS.contains(&&**value) {
                return Err(wrong(format!("not compiled in; right is {}", MECHANISMS.join(", "))));
            }
        }
        let settings = Self(settings);
        settings.make::<BaseConsumer>(&settings.config())?;
        settings.make::<BaseProducer>(&transactional(settings.config(), "airshed"))?;
        Ok(settings)
    }

    /// Makes a client only to see that it can be made.
    fn make<C: FromClientConfig>(&self, config: &ClientConfig) -> Result<(), SettingError> {
        let words = match config.create::<C>() {
            Ok(_) => return Ok(()),
            Err(KafkaError::ClientConfig(_, why, ..) | KafkaError::ClientCreation(why)) => why,
            Err(error) => error.to_string(),
        };
        let is_named = |key: &&String| words.contains(&***key);
        let key = match self.0.keys().filter(is_named).max_by_key(|it| it.len()) {
            Some(key) => key.clone(),
            // Without one, the library takes a mechanism that is not compiled in.
            None if words.contains("SASL mechanism") => MECHANISM[0].to_owned(),
            None => self.0.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
        };
        let why = self.0.iter().fold(words, |words, (key, value)| hidden(&words, key, value));
        Err(SettingError { key, why })
    }

    /// What all clients have in common, with these settings.
    pub(in crate::io::kafka) fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("client.id", "airshed")
            .set("socket.timeout.ms", "10000")
            .set("socket.nagle.disable", "true")
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000")
            // The OpenSSL that is compiled in does not know where this system has its authorities.
            .set("ssl.ca.location", "probe")
            // A catalogue of rules is one record, and may be large.
            .set("message.max.bytes", LARGEST_MESSAGE)
            .set_log_level(RDKafkaLogLevel::Warning);
        self.add_to(&mut config);
        config
    }

    /// Puts them into the settings of a client.
    fn add_to(&self, config: &mut ClientConfig) {
        for (key, value) in &self.0 {
            config.set(key, value);
        }
    }
}

/// The settings of the writer of this name.
pub(in crate::io::kafka) fn transactional(mut config: ClientConfig, name: &str) -> ClientConfig {
    config
        .set("transactional.id", name)
        .set("transaction.timeout.ms", "60000")
        // Both must be shorter than the transaction's own time.
        .set("message.timeout.ms", "30000")
        .set("acks", "all")
        .set("linger.ms", "0")
        .set("compression.type", "lz4");
    config
}

/// Names of the setting that says how a user shows who he is, and what it may be: others want
/// libraries that are not compiled in, or a source of tokens.
const MECHANISM: [&str; 2] = ["sasl.mechanism", "sasl.mechanisms"];
const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

/// Words without the value of a setting that must not be seen. Where it is only a part of a longer
/// word, it is not the value that stands there.
fn hidden(words: &str, key: &str, value: &str) -> String {
    if !is_secret(key) || value.is_empty() {
        return words.to_owned();
    }
    let (mut shown, mut end) = (String::new(), 0);
    for (at, _) in words.match_indices(value) {
        let (before, after) = (&words[..at], &words[at + value.len()..]);
        let in_word = before.ends_with(char::is_alphanumeric)
            && value.starts_with(char::is_alphanumeric)
            || after.starts_with(char::is_alphanumeric) && value.ends_with(char::is_alphanumeric);
        if !in_word {
            shown += &words[end..at];
            shown += "...";
            end = at + value.len();
        }
    }
    shown + &words[end..]
}

/// Whether the value of a setting must not be seen.
fn is_secret(key: &str) -> bool {
    ["password", "passphrase", "secret", "pem", "jaas", "token", "oauthbearer.config"]
        .iter()
        .any(|part| key.to_lowercase().contains(part))
}

/// Names alone: a value may be a password.
impl std::fmt::Debug for ClientSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::consumer::{Consumer as _, ConsumerContext};

    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<ClientSettings, SettingError> {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        ClientSettings::new(pairs.collect())
    }

    #[test]
    fn settings_of_the_library_are_passed_on_whatever_they_are_for() {
        let pairs = [("security.protocol", "plaintext"), ("socket.timeout.ms", "4000")];
        let config = settings(&pairs).unwrap().config();
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
        check("topic.blacklist", "where reading goes on");
        check("delivery.report.only.error", "each order arrives once");
        check("bootstrap.servers", "kafka.brokers");
        check("error_cb", "dedicated");
    }

    #[test]
    fn tls_and_sasl_with_scram_are_compiled_in() {
        for protocol in ["ssl", "sasl_ssl", "sasl_plaintext"] {
            let scram = [
                ("security.protocol", protocol),
                ("sasl.mechanism", "SCRAM-SHA-512"),
                ("sasl.username", "airshed"),
                ("sasl.password", "s3cret"),
            ];
            assert!(settings(&scram).is_ok(), "{protocol}");
        }
    }

    #[test]
    fn settings_that_do_not_go_together_are_refused() {
        let check = |pairs: &[(&str, &str)], key: &str, said: &str| {
            let error = settings(pairs).unwrap_err();
            assert_eq!(error.key, key, "{error}");
            assert!(error.why.contains(said), "{error}");
        };
        let sasl = ("security.protocol", "sasl_ssl");
        check(&[sasl], "sasl.mechanism", "No provider");
        // However short a password is, words stay words.
        check(&[sasl, ("sasl.password", "a")], "sasl.mechanism", "for SASL mechanism GSSAPI");
        for key in MECHANISM {
            check(&[sasl, (key, "GSSAPI")], key, "right is PLAIN, SCRAM-SHA-256, SCRAM-SHA-512");
        }
        let tls = ("security.protocol", "ssl");
        let nowhere = "/no/such/file.pem";
        check(&[tls, ("ssl.ca.location", nowhere)], "ssl.ca.location", "failed");
        check(&[tls, ("ssl.key.location", nowhere)], "ssl.key.location", "failed");
        check(&[tls, ("ssl.ca.pem", "s3cret")], "ssl.ca.pem", "PEM");
        // Of these only our own writer cannot be made.
        check(&[("socket.timeout.ms", "120000")], "socket.timeout.ms", "transaction.timeout.ms");
        check(&[("fetch.max.bytes", "1000")], "fetch.max.bytes", "message.max.bytes");
    }

    /// Collects what a client says when it is made.
    #[derive(Default)]
    struct Said(std::sync::Mutex<String>);

    impl rdkafka::ClientContext for Said {
        fn log(&self, _: RDKafkaLogLevel, _: &str, words: &str) {
            self.0.lock().unwrap().push_str(words);
        }
    }

    impl ConsumerContext for Said {}

    /// Debian has them here; another system may have them elsewhere, or none.
    #[test]
    fn the_authorities_of_the_system_are_found() {
        if !std::path::Path::new("/etc/ssl/certs/ca-certificates.crt").exists() {
            return;
        }
        let said = |pairs: &[(&str, &str)]| {
            let mut config = settings(pairs).unwrap().config();
            config.set("debug", "security").set_log_level(RDKafkaLogLevel::Debug);
            let client: BaseConsumer<Said> = config.create_with_context(Said::default()).unwrap();
            drop(client.poll(std::time::Duration::from_millis(20)));
            client.context().0.lock().unwrap().clone()
        };
        let found = "Setting default CA certificate location";
        let tls = ("security.protocol", "ssl");
        let words = said(&[tls]);
        assert!(words.contains(found), "{words}");
        let words = said(&[tls, ("ssl.ca.location", "/etc/ssl/certs/ca-certificates.crt")]);
        assert!(!words.contains(found) && words.contains("Loading CA"), "{words}");
    }

    #[test]
    fn a_secret_is_taken_out_of_words_wherever_it_stands() {
        let check = |words, secret, shown| {
            assert_eq!(hidden(words, "sasl.password", secret), shown, "{words}");
        };
        check("s3 is \"s3\" for s3", "s3", "... is \"...\" for ...");
        check("a bad pass", "a", "... bad pass");
        check("key $x$: no", "$x$", "key ...: no");
        check("nothing here", "s3", "nothing here");
        assert_eq!(hidden("s3", "client.rack", "s3"), "s3");
    }

    #[test]
    fn what_is_secret_is_not_in_an_error() {
        for key in
            ["sasl.password", "ssl.key.pem", "ssl.ca.pem", "sasl.jaas.config", "SASL.PASSWORD"]
        {
            for others in [&[][..], &[("security.protocol", "ssl")], &[("fetch.max.bytes", "1")]] {
                let pairs = [others, &[(key, "s3cret"), ("sasl.mechanism", "PLAIN")]].concat();
                if let Err(error) = settings(&pairs) {
                    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
                }
            }
        }
    }

    /// Each setting in the sources of this folder is ours, or one that an operator may change.
    #[test]
    fn whatever_a_client_here_sets_is_not_silently_overruled() {
        const OPERATORS: [&str; 6] = [
            "client.id",
            "reconnect.backoff.max.ms",
            "reconnect.backoff.ms",
            "socket.nagle.disable",
            "socket.timeout.ms",
            "ssl.ca.location",
        ];
        let sources = [
            include_str!("admin.rs"),
            include_str!("client.rs"),
            include_str!("consumer.rs"),
            include_str!("../feed.rs"),
            include_str!("fenced.rs"),
            include_str!("../follower.rs"),
            include_str!("../inbox.rs"),
            include_str!("../newest.rs"),
            include_str!("../outbox.rs"),
            include_str!("../outbox/sent.rs"),
            include_str!("../presence.rs"),
            include_str!("../probe.rs"),
            include_str!("settings.rs"),
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
