//! Whether topics are kept as they must be: what a broker deletes by itself is gone.

use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, OwnedResourceSpecifier, ResourceSpecifier,
};
use rdkafka::types::RDKafkaErrorCode;

use crate::engine::PortError;

use super::admin::{Asking, Settings};
use super::client::{ASK, Connection, Context, failed};
use super::topic_table::Direction;
use super::topics::Topics;

/// A setting of a topic by which a broker may delete what is needed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unsafe {
    /// Which topic.
    pub topic: String,
    /// Which setting.
    pub setting: &'static str,
    /// What it is.
    pub value: String,
    /// What it should be.
    pub wanted: &'static str,
    /// What it leads to.
    pub because: &'static str,
    /// Whether the log itself is lost by it, so that nothing may be appended.
    pub is_of_log: bool,
}

impl Unsafe {
    /// What is wrong, and the command that mends it.
    pub fn words(&self, brokers: &str) -> String {
        let Self { topic, setting, value, wanted, because, .. } = self;
        format!(
            "the topic {topic} has {setting}={value}: {because}; mend it with\n  \
             kafka-configs.sh --bootstrap-server {brokers} --alter --entity-type topics \
             --entity-name {topic} --add-config {setting}={wanted}\nor with\n  \
             rpk topic alter-config {topic} --set {setting}={wanted} --brokers {brokers}"
        )
    }
}

/// What a topic is for, and so how it must be kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Purpose {
    /// Records and checkpoints.
    Log,
    /// Orders, alerts, refusals and inputs: every message, for as long as the operator wants.
    Messages,
    /// The newest message of each key.
    Newest,
}

/// Looks at the topics of an airshed that are there. `log` is the topic of the log, where it is in
/// Kafka. Where the broker does not say, nothing is known to be wrong.
pub fn unsafe_topics(
    connection: &Connection,
    topics: &Topics,
    log: Option<&str>,
) -> Result<Vec<Unsafe>, PortError> {
    // A topic that was made a moment ago may not be listed yet: these are asked for by name.
    let named = topics.inputs().into_iter().chain([topics.current(), topics.refused()]);
    let of_log: Vec<_> = log.into_iter().flat_map(|it| [it.to_owned(), checkpoints(it)]).collect();
    let listed = Asking::new(connection)?.partition_counts()?.into_keys();
    let out = listed.filter(|it| topics.goes_out(it));
    let mut names: Vec<_> = of_log.iter().cloned().chain(named).chain(out).collect();
    names.sort();
    names.dedup();
    let purpose = |name: &String| match name {
        _ if of_log.contains(name) => Purpose::Log,
        _ if *name == topics.current() => Purpose::Newest,
        _ => Purpose::Messages,
    };
    let own: Vec<_> = names.iter().map(|name| (name.as_str(), purpose(name))).collect();
    let mut found = Vec::new();
    let asked: Vec<_> = own.iter().map(|it| it.0).collect();
    for described in describe(connection, &asked)? {
        let described = match described {
            Ok(described) => described,
            Err(RDKafkaErrorCode::UnknownTopicOrPartition) => continue,
            Err(error) => {
                tracing::warn!(%error, "cannot see how a topic is kept");
                continue;
            }
        };
        let OwnedResourceSpecifier::Topic(name) = &described.specifier else { continue };
        let Some((_, purpose)) = own.iter().find(|(own, _)| own == name) else { continue };
        let value = |setting: &str| described.get(setting).and_then(|it| it.value.clone());
        found.extend(faults(name, *purpose, value));
    }
    Ok(found)
}

fn checkpoints(log: &str) -> String {
    format!("{log}.checkpoints")
}

pub(super) type Described = Result<ConfigResource, RDKafkaErrorCode>;

/// How these topics are kept.
pub(super) fn describe(
    connection: &Connection,
    topics: &[&str],
) -> Result<Vec<Described>, PortError> {
    let doing = "asking how the topics are kept";
    let admin: AdminClient<Context> = connection
        .settings()
        .create_with_context(connection.context())
        .map_err(|error| failed(doing, &error))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| PortError::Failed(format!("{doing}: {error}")))?;
    let specifiers: Vec<_> = topics.iter().map(|it| ResourceSpecifier::Topic(it)).collect();
    let options = AdminOptions::new().request_timeout(Some(ASK));
    let asked = connection
        .patiently(doing, || runtime.block_on(admin.describe_configs(&specifiers, &options)));
    match asked {
        // A broker that refuses to show its settings may still keep everything.
        Err(PortError::Failed(words)) if !connection.stop().is_set() => {
            tracing::warn!("{words}");
            Ok(Vec::new())
        }
        other => other,
    }
}

/// What is wrong with this value of a setting of a topic; none: nothing is.
pub(super) fn fault_of(
    topic: &str,
    topics: &Topics,
    setting: &str,
    value: &str,
) -> Option<&'static str> {
    let kind = topics.kind(topic)?;
    let purpose = match (kind.direction, kind.settings) {
        (_, Settings::KeepNewest) => Purpose::Newest,
        (Direction::Own, Settings::KeepAll) => Purpose::Log,
        (Direction::In | Direction::Out, Settings::KeepAll) => Purpose::Messages,
    };
    let found = faults(topic, purpose, |it| (it == setting).then(|| value.to_owned()));
    found.first().map(|it| it.because)
}

fn faults(topic: &str, purpose: Purpose, value: impl Fn(&str) -> Option<String>) -> Vec<Unsafe> {
    let (delete, kept) = (["delete"].as_slice(), ["-1"].as_slice());
    let wanted: &[(&'static str, &[&'static str], &'static str)] = match purpose {
        Purpose::Log => &[
            ("cleanup.policy", delete, "compaction removes records from the middle of the log"),
            ("retention.ms", kept, "the broker deletes the beginning of the log after that time"),
            ("retention.bytes", kept, "the broker deletes the beginning of a log of that size"),
        ],
        Purpose::Messages => {
            &[("cleanup.policy", delete, "compaction removes all but the newest of each key")]
        }
        Purpose::Newest => &[(
            "cleanup.policy",
            &["compact"],
            "the broker deletes the state of jurisdictions in which nothing happens",
        )],
    };
    let fault = |(setting, right, because): &(&'static str, &[&'static str], &'static str)| {
        let value = value(setting)?;
        (!right.contains(&value.as_str())).then(|| Unsafe {
            topic: topic.to_owned(),
            setting,
            value,
            wanted: right.first().copied().unwrap_or_default(),
            because,
            is_of_log: purpose == Purpose::Log,
        })
    };
    wanted.iter().filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(purpose: Purpose, settings: &[(&str, &str)]) -> Vec<(&'static str, bool)> {
        let value = |name: &str| {
            let found = settings.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let found = faults("airshed.log", purpose, value);
        found.iter().map(|it| (it.setting, it.is_of_log)).collect()
    }

    #[test]
    fn a_log_is_kept_whole_and_for_ever() {
        let kept =
            [("cleanup.policy", "delete"), ("retention.ms", "-1"), ("retention.bytes", "-1")];
        assert_eq!(found(Purpose::Log, &kept), []);
        let week = [("cleanup.policy", "delete"), ("retention.ms", "604800000")];
        assert_eq!(found(Purpose::Log, &week), [("retention.ms", true)]);
        let both = [("cleanup.policy", "compact,delete"), ("retention.bytes", "1000")];
        assert_eq!(
            found(Purpose::Log, &both),
            [("cleanup.policy", true), ("retention.bytes", true)]
        );
    }

    #[test]
    fn messages_are_not_compacted_and_the_current_state_is() {
        let compact = [("cleanup.policy", "compact")];
        assert_eq!(found(Purpose::Messages, &compact), [("cleanup.policy", false)]);
        assert_eq!(found(Purpose::Newest, &compact), []);
        let delete = [("cleanup.policy", "delete"), ("retention.ms", "604800000")];
        assert_eq!(found(Purpose::Messages, &delete), []);
        assert_eq!(found(Purpose::Newest, &delete), [("cleanup.policy", false)]);
    }

    #[test]
    fn what_is_wrong_is_said_with_the_command_that_mends_it() {
        let found = faults("airshed.log", Purpose::Log, |it| {
            (it == "retention.ms").then(|| "5".to_owned())
        });
        let words = found[0].words("localhost:9092");
        for part in [
            "the topic airshed.log has retention.ms=5:",
            "--bootstrap-server localhost:9092",
            "--entity-name airshed.log --add-config retention.ms=-1",
        ] {
            assert!(words.contains(part), "{words}");
        }
    }
}
