//! Compares the topics of an airshed with how they are made.

use rdkafka::admin::OwnedResourceSpecifier;

use crate::engine::PortError;

use super::admin::{Asking, Wanted};
use super::client::Connection;
use super::safety::{describe, fault_of};
use super::topics::Topics;

/// How a topic differs from the one that would be made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// Which topic.
    pub topic: String,
    /// `topic`, `partitions`, or the name of a setting.
    pub what: String,
    /// How it is; none: there is no such topic.
    pub is: Option<String>,
    /// How it would be made.
    pub made: String,
    /// What is wrong with it; none: it is the operator's choice.
    pub wrong: Option<&'static str>,
}

/// All differences, by topic in the order of `wanted`. A setting that the broker does not show is
/// no difference.
pub fn differences(
    connection: &Connection,
    topics: &Topics,
    wanted: &[Wanted],
) -> Result<Vec<Difference>, PortError> {
    let there = Asking::new(connection)?.partition_counts()?;
    let names: Vec<&str> =
        wanted.iter().map(|it| &*it.name).filter(|it| there.contains_key(*it)).collect();
    let described = describe(connection, &names)?;
    let mut found = Vec::new();
    for it in wanted {
        let difference = |what: &str, is, made: &str, wrong| Difference {
            topic: it.name.clone(),
            what: what.to_owned(),
            is,
            made: made.to_owned(),
            wrong,
        };
        let Some(partitions) = there.get(&it.name) else {
            let made = it.partitions.to_string();
            found.push(difference("topic", None, &made, Some("it is missing")));
            continue;
        };
        if *partitions != it.partitions {
            let may = topics.kind(&it.name).is_some_and(|it| it.may_have_more_partitions);
            let wrong = (!may).then_some("its messages have one order, so it has one partition");
            let (is, made) = (partitions.to_string(), it.partitions.to_string());
            found.push(difference("partitions", Some(is), &made, wrong));
        }
        let config = described.iter().flatten().find(|found| {
            matches!(&found.specifier, OwnedResourceSpecifier::Topic(name) if *name == it.name)
        });
        let Some(config) = config else { continue };
        for (setting, made) in it.settings.pairs() {
            let value = config.get(setting).and_then(|it| it.value.clone());
            let Some(value) = value.filter(|it| it != made) else { continue };
            let wrong = fault_of(&it.name, topics, setting, &value);
            found.push(difference(setting, Some(value), made, wrong));
        }
    }
    Ok(found)
}

/// The topics of these that are missing.
pub fn missing(connection: &Connection, wanted: &[Wanted]) -> Result<Vec<Wanted>, PortError> {
    let there = Asking::new(connection)?.partition_counts()?;
    Ok(wanted.iter().filter(|it| !there.contains_key(&it.name)).cloned().collect())
}
