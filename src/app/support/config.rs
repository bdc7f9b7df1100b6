//! The configuration of `serve`: one file and some environment variables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::engine::Limits;
use crate::io::kafka::ClientSettings;
use crate::io::registry::check_url;

use super::Failure;
use super::cap::Cap;
use super::hooks::Hooks;
use super::http::Http;
use super::nearest;
use super::origin::{self, Origin, Shown};
use super::registry::Registry;

/// The whole configuration; `deploy/config.toml` explains each key.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::app) struct Config {
    pub(in crate::app) kafka: Kafka,
    pub(in crate::app) registry: Registry,
    pub(in crate::app) rules: Rules,
    pub(in crate::app) log: Log,
    pub(in crate::app) http: Http,
    pub(in crate::app) cap: Cap,
    pub(in crate::app) hooks: Hooks,
    pub(in crate::app) telemetry: Telemetry,
    /// No broker: the file has an HTTP server and no section for Kafka.
    #[serde(skip)]
    pub(in crate::app) is_without_kafka: bool,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::app) struct Kafka {
    pub(in crate::app) brokers: String,
    pub(in crate::app) topic_prefix: String,
    pub(in crate::app) partitions: i32,
    pub(in crate::app) waiting_values_max: usize,
    pub(in crate::app) client: BTreeMap<String, Setting>,
}

/// A setting of the Kafka client, as it stands in the file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged, expecting = "right is a text, a whole number, true or false")]
pub(in crate::app) enum Setting {
    Text(String),
    Number(i64),
    Flag(bool),
}

impl Kafka {
    /// The settings of the client. An error names the wrong key.
    pub(in crate::app) fn settings(&self) -> Result<ClientSettings, String> {
        let text = |(key, value): (&String, &Setting)| {
            let value = match value {
                Setting::Text(text) => text.clone(),
                Setting::Number(number) => number.to_string(),
                Setting::Flag(flag) => flag.to_string(),
            };
            (key.clone(), value)
        };
        let settings = ClientSettings::new(self.client.iter().map(text).collect());
        settings.map_err(|error| format!("kafka.client: {error}"))
    }
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::app) struct Rules {
    pub(in crate::app) folder: PathBuf,
    pub(in crate::app) clock: Clock,
    pub(in crate::app) tick_s: u32,
    pub(in crate::app) begin_within_h: u32,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(in crate::app) enum Clock {
    /// The time of day, for live data.
    Wall,
    /// The clocks of the sources, for replays and drills.
    Sources,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::app) struct Log {
    pub(in crate::app) keep: Keep,
    pub(in crate::app) folder: PathBuf,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::app) enum Keep {
    Topic,
    Segments,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::app) struct Telemetry {
    pub(in crate::app) level: String,
    pub(in crate::app) format: Format,
    pub(in crate::app) otlp_endpoint: String,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::app) enum Format {
    Text,
    Json,
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            brokers: "localhost:9092".into(),
            topic_prefix: "airshed".into(),
            partitions: 4,
            waiting_values_max: Limits::default().waiting_values,
            client: BTreeMap::new(),
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self { folder: PathBuf::new(), clock: Clock::Wall, tick_s: 60, begin_within_h: 72 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { keep: Keep::Topic, folder: "airshed-log".into() }
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { level: "info".into(), format: Format::Text, otlp_endpoint: String::new() }
    }
}

impl Telemetry {
    fn first_wrong_value(&self) -> Option<String> {
        let endpoint = Some(&self.otlp_endpoint).filter(|it| !it.is_empty());
        let wrong = endpoint.and_then(|it| check_url(it).err());
        wrong.map(|_| {
            "telemetry.otlp_endpoint: right is such as http://localhost:4318/v1/traces".to_owned()
        })
    }
}

/// The environment variable that overrides the brokers of the file.
const BROKERS_VARIABLE: &str = "AIRSHED_BROKERS";

/// A configuration, and what set its values.
#[derive(Debug)]
pub(in crate::app) struct Effective {
    pub(in crate::app) config: Config,
    /// The text of the file; empty without one.
    text: String,
    /// What the environment and the arguments have set.
    set: BTreeMap<String, Origin>,
}

impl Effective {
    /// Notes that something after the file has set a key.
    pub(in crate::app) fn set(&mut self, key: &str, origin: Origin) {
        self.set.insert(key.to_owned(), origin);
    }

    /// Notes that an argument has set a setting of the Kafka client.
    pub(in crate::app) fn set_client(&mut self, name: &str, flag: &'static str) {
        self.set.insert(origin::joined("kafka.client", name), Origin::Flag(flag));
    }

    /// All values with their origins. Secrets are hidden.
    pub(in crate::app) fn shown(&self) -> Result<Vec<Shown>, Failure> {
        Ok(origin::shown(&self.config, &self.text, &self.set)?)
    }
}

impl Config {
    /// Reads a file, or takes the defaults without one. The environment overrides both.
    pub(in crate::app) fn read(path: Option<&Path>) -> Result<Self, Failure> {
        Ok(Self::read_with_origins(path)?.config)
    }

    /// The same, with the origin of each value.
    pub(in crate::app) fn read_with_origins(path: Option<&Path>) -> Result<Effective, Failure> {
        let (mut config, mut text) = (Self::default(), String::new());
        if let Some(path) = path {
            text = std::fs::read_to_string(path)
                .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
            config = Self::parse(&path.display().to_string(), &text).map_err(Failure::Usage)?;
        }
        let mut set = BTreeMap::new();
        if let Some(brokers) = brokers_of_environment() {
            config.kafka.brokers = brokers;
            set.insert("kafka.brokers".to_owned(), Origin::Environment(BROKERS_VARIABLE));
            config.is_without_kafka = false;
        }
        if config.is_without_kafka && config.log.keep == Keep::Topic {
            return Err(Failure::Usage(
                "log.keep: without a section [kafka] there is no topic; right is \"segments\", with \
                 log.folder"
                    .to_owned(),
            ));
        }
        for (key, name) in config.registry.override_by(variable) {
            set.insert(key.to_owned(), Origin::Environment(name));
        }
        // Without a file only the environment can be wrong.
        let place = path.map_or("environment".into(), |it| it.display().to_string());
        let checked = config.registry.settings();
        checked.map_err(|words| Failure::Usage(format!("{place}: {words}")))?;
        Ok(Effective { config, text, set })
    }

    /// Parses a text. An error names file, line and key, and what would be right.
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, String> {
        let mut config: Self =
            toml::from_str(text).map_err(|error| format!("{file}: {}", place_of(text, &error)))?;
        let has_kafka = text.parse::<toml::Table>().is_ok_and(|it| it.contains_key("kafka"));
        config.is_without_kafka = !has_kafka && !config.http.listen.is_empty();
        let wrong = config.first_wrong_value().or_else(|| config.kafka.settings().err());
        let wrong = wrong.or_else(|| config.registry.check().err());
        let wrong = wrong.or_else(|| config.telemetry.first_wrong_value());
        let wrong = wrong.or_else(|| config.http.first_wrong_value());
        let wrong = wrong.or_else(|| config.hooks.first_wrong_value());
        wrong.map_or(Ok(config), |words| Err(format!("{file}: {words}")))
    }

    fn first_wrong_value(&self) -> Option<String> {
        let plain = |text: &str| {
            !text.is_empty()
                && text.chars().all(|it| it.is_ascii_alphanumeric() || "._-".contains(it))
        };
        let checks = [
            (
                !self.kafka.brokers.trim().is_empty(),
                "kafka.brokers: empty; right is host:port, several separated by commas",
            ),
            (
                plain(&self.kafka.topic_prefix),
                "kafka.topic_prefix: a topic cannot have that name; right are letters, figures, \
                 '.', '_' and '-'",
            ),
            (
                (1..=1_000).contains(&self.kafka.partitions),
                "kafka.partitions: right is a whole number from 1 to 1000",
            ),
            (
                self.kafka.waiting_values_max >= 1_000,
                "kafka.waiting_values_max: right is a whole number from 1000 on",
            ),
            (
                (1..=600).contains(&self.rules.tick_s),
                "rules.tick_s: right is a whole number from 1 to 600",
            ),
            (
                self.rules.begin_within_h >= 1,
                "rules.begin_within_h: right is a whole number of hours from 1 on",
            ),
            (
                self.telemetry.level.parse::<tracing_subscriber::EnvFilter>().is_ok(),
                "telemetry.level: right is error, warn, info, debug, trace, or such as \
                 airshed=debug,warn",
            ),
        ];
        checks.into_iter().find(|(right, _)| !right).map(|(_, words)| words.to_owned())
    }
}

/// What is wrong and where. A line that may hold a password is not shown.
fn place_of(text: &str, error: &toml::de::Error) -> String {
    let hint = nearest::hint(error.message());
    let Some(span) = error.span() else { return format!("{}{hint}", error.message()) };
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count();
    // From the heading of the section to the line at fault.
    let part: Vec<&str> = text.lines().take(line + 1).collect();
    let heading = part.iter().rposition(|it| it.trim_start().starts_with('[')).unwrap_or(0);
    let is_secret = |key: &&str| {
        let code = key.split('#').next().unwrap_or(key);
        let words = ["client", "registry", "hooks"].into_iter().chain(origin::SECRETS);
        words.into_iter().any(|word| code.contains(word))
    };
    if !part.iter().skip(heading).any(is_secret) {
        return format!("{}{hint}", error.to_string().trim());
    }
    let column = before.rsplit('\n').next().map_or(0, |it| it.chars().count());
    let (line, column, words) = (line + 1, column + 1, error.message());
    format!("TOML parse error at line {line}, column {column}: {words}{hint}")
}

/// The brokers that the environment names.
pub(in crate::app) fn brokers_of_environment() -> Option<String> {
    variable(BROKERS_VARIABLE)
}

/// A variable of the environment that is not empty.
#[expect(clippy::disallowed_methods, reason = "This is the one place that reads it.")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYED: &str = include_str!("../../../deploy/config.toml");

    #[test]
    fn the_deployed_file_has_every_key_with_its_default() {
        assert_eq!(Config::parse("config.toml", DEPLOYED), Ok(Config::default()));
        let keys = |value: toml::Value| -> Vec<String> {
            let table = value.try_into::<toml::Table>().unwrap();
            let sections = table.into_iter().map(|(name, section)| {
                let section: toml::Table = section.try_into().unwrap();
                section.into_iter().map(move |(key, _)| format!("{name}.{key}")).collect::<Vec<_>>()
            });
            sections.flatten().collect()
        };
        let written = keys(toml::from_str(DEPLOYED).unwrap());
        assert_eq!(written, keys(toml::Value::try_from(Config::default()).unwrap()));
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        let config = Config::parse("x", "[kafka]\nbrokers = \"one:1,two:2\"\n").unwrap();
        assert_eq!(config.kafka.brokers, "one:1,two:2");
        assert_eq!(config.rules, Rules::default());
    }

    fn check_refused(text: &str, said: &[&str]) {
        let words = Config::parse("my.toml", text).unwrap_err();
        for part in said.iter().chain(&["my.toml: "]) {
            assert!(words.contains(part), "{text:?} is refused by {words:?} without {part:?}");
        }
    }

    #[test]
    fn an_error_names_its_place_and_its_remedy() {
        check_refused("[kafka]\nborkers = \"x\"", &["line 2", "`borkers`", "`brokers`"]);
        check_refused("[kafka]\nborkers = \"x\"", &["; did you mean `brokers`?"]);
        check_refused("[kafak]\n", &["line 1", "`kafak`", "; did you mean `kafka`?"]);
        check_refused("[rules]\nclock = \"moon\"", &["line 2", "`moon`", "`wall`", "`sources`"]);
        check_refused("[rules]\ntick_s = \"often\"", &["line 2", "tick_s", "u32"]);
        check_refused("[rules]\ntick_s = 0", &["rules.tick_s", "from 1 to 600"]);
        check_refused("[kafka]\npartitions = 0", &["kafka.partitions", "from 1 to 1000"]);
        check_refused("[kafka]\nbrokers = \" \"", &["kafka.brokers", "host:port"]);
        check_refused("[kafka]\ntopic_prefix = \"a b\"", &["kafka.topic_prefix", "letters"]);
        check_refused("[telemetry]\nlevel = \"a=b=c\"", &["telemetry.level", "debug"]);
        check_refused("kafka = 3", &["line 1", "kafka"]);
        check_refused("[kafka]\nwaiting_values_max = 5", &["kafka.waiting_values_max", "1000"]);
        check_refused("[registry]\nurl = \"here\"", &["registry.url", "http://host:port"]);
        check_refused("[registry]\nsubjects = \"all\"", &["line 2", "`topic-record`"]);
        check_refused("[telemetry]\notlp_endpoint = \"here\"", &["otlp_endpoint", "/v1/traces"]);
        check_refused("[rules]\nbegin_within_h = 0", &["rules.begin_within_h", "from 1 on"]);
        check_refused("[http]\nlisten = \"here\"", &["http.listen", "127.0.0.1:8480"]);
        check_refused("[http]\nlisten = \"0.0.0.0:80\"", &["http.certificate", "127.0.0.1"]);
        check_refused("[http]\nbody_bytes_max = 1", &["http.body_bytes_max", "from 1024"]);
        check_refused("[http]\nanswer_within_s = 0", &["http.answer_within_s", "from 1 to"]);
        check_refused("[http]\nrequests_per_s = 0", &["http.requests_per_s", "from 1 to"]);
        check_refused("[http]\nstreams_max = 0", &["http.streams_max", "from 1 to"]);
    }

    #[test]
    fn a_setting_of_the_client_is_refused_by_its_name() {
        let check = |line: &str, said: &[&str]| {
            check_refused(&format!("[kafka.client]\n{line}"), said);
        };
        check("\"sasl.pasword\" = \"s\"", &["kafka.client: sasl.pasword", "No such"]);
        check("acks = 1", &["kafka.client: acks", "not to be set", "in order"]);
        check("\"group.id\" = \"mine\"", &["kafka.client: group.id", "the log says"]);
        check("\"socket.timeout.ms\" = [1]", &["line 2", "a text, a whole number, true or false"]);
        check("\"security.protocol\" = \"open\"", &["kafka.client: security.protocol", "open"]);
    }

    #[test]
    fn a_password_is_not_in_an_error() {
        for text in [
            "[kafka.client]\n\"sasl.password\" = s3cret\n",
            "[kafka.client]\n\"sasl.password\" = \"s3cret\n",
            "[kafka.client]\n\"sasl.password\" = [\"s3cret\"]\n",
            "[kafka.client]\nsasl.password = \"s3cret\"\n",
            "[kafka.client]\n\"ssl.key.pem\" = \"\"\"\nBEGIN\n\\s3cret\"\"\"\n",
            "[kafka]\nclient = { \"sasl.password\" = s3cret }\n",
            "[kafka]\nclient.\"ssl.key.pem\" = \"\"\"\nBEGIN\n\\s3cret\"\"\"\n",
            "[kafka]\n\"sasl.password\" = \"s3cret\"\n",
            "kafka.client.\"sasl.username\" = s3cret\n",
            "[registry]\nurl = http://me:s3cret@there\n",
            "[registry]\ntoken = [\"s3cret\"]\n",
            "[hooks.targets.a]\nurl = http://127.0.0.1:1/?key=s3cret\n",
        ] {
            let words = Config::parse("my.toml", text).unwrap_err();
            assert!(words.contains("line ") && !words.contains("s3cret"), "{text}: {words}");
        }
        // Elsewhere the line helps.
        check_refused("[kafka.client]\n[rules]\nclock = \"moon\"", &["3 | clock = \"moon\""]);
    }

    #[test]
    fn settings_of_the_client_are_written_as_people_write_them() {
        let text = "[kafka.client]\n\"socket.timeout.ms\" = 5000\n\"log.queue\" = false\n\
                    \"client.rack\" = \"a\"\n";
        let config = Config::parse("x", text).unwrap();
        let names = format!("{:?}", config.kafka.settings().unwrap());
        assert_eq!(names, "{\"client.rack\", \"log.queue\", \"socket.timeout.ms\"}");
    }
}
