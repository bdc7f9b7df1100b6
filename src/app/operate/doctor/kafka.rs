//! The broker, its topics, the times of their messages, and the key of a log in a topic.

use crate::app::run::topics::{remedy, topics_of};
use crate::app::support::config::{Clock, Keep};
use crate::domain::Timestamp;
use crate::engine::PortError;
use crate::io::kafka::{
    Cluster, Connection, Difference, Stop, Topics, cluster, differences, newest_checkpoint,
    topics_with_messages_after,
};

use super::clock::AHEAD_MS;
use super::finding::Report;
use super::{Subject, key};

/// As many names stand in a line.
const NAMED_MAX: usize = 3;

pub(super) fn check(subject: &Subject, report: &Report) {
    if subject.config.is_without_kafka {
        report.not_checked("broker", "serve runs without one: there is no section [kafka]");
        return;
    }
    let brokers = &subject.config.kafka.brokers;
    let connection = Connection::new(brokers, Stop::default())
        .with(subject.client.clone())
        .giving_up_after(subject.give_up_after);
    let found = connection.greet().and_then(|()| cluster(&connection));
    let is_there = match found {
        Err(error) => {
            report.wrong("broker", error.to_string(), advice(&error));
            false
        }
        Ok(cluster) => reached(&cluster, brokers, report),
    };
    if !is_there {
        report.not_checked("topics", "the broker is not reached");
        if subject.config.log.keep == Keep::Topic {
            key::check_alone(subject.key.as_deref(), report);
        }
        return;
    }
    let topics = Topics::new(&subject.config.kafka.topic_prefix);
    if let Err(error) = check_topics(subject, &connection, report) {
        report.wrong("topics", error.to_string(), "");
        return;
    }
    check_times(subject, &connection, &topics, report);
    if subject.config.log.keep == Keep::Topic {
        let place = format!("the log in the topic {}", topics.log());
        match newest_checkpoint(&connection, &topics.log()) {
            Ok(note) => key::compare(subject.key.as_deref(), note.as_ref(), &place, report),
            Err(error) => report.wrong("key", error.to_string(), key::VERIFY),
        }
    }
}

/// What to do if the error does not say it.
fn advice(error: &PortError) -> &'static str {
    if error.to_string().contains("check ") {
        ""
    } else {
        "start the broker, or set kafka.brokers (or AIRSHED_BROKERS) to its address"
    }
}

/// Whether every broker can be reached at the address that it gives to its clients.
fn reached(cluster: &Cluster, asked: &str, report: &Report) -> bool {
    let mut is_there = true;
    for broker in &cluster.brokers {
        if let Err(error) = broker.connect() {
            is_there = false;
            let what = format!("{asked} answers, but {broker} cannot be reached: {error}");
            let remedy = "clients are sent to that address: set advertised.listeners of the broker \
                          to one that this machine reaches, or start that broker";
            report.wrong("broker", what, remedy);
        }
    }
    if is_there {
        let id = cluster.id.as_deref().map(|it| format!("cluster {it}: ")).unwrap_or_default();
        let brokers: Vec<String> = cluster.brokers.iter().map(ToString::to_string).collect();
        report.ok("broker", format!("{asked} answers; {id}{}", brokers.join(", ")));
    }
    is_there
}

fn check_topics(
    subject: &Subject,
    connection: &Connection,
    report: &Report,
) -> Result<(), PortError> {
    let Some(book) = &subject.book else {
        report.not_checked("topics", "the rule book says which there are, and is wrong");
        return Ok(());
    };
    let config = &subject.config;
    let (topics, wanted) = topics_of(config, &config.kafka.topic_prefix, book);
    let found = differences(connection, &topics, &wanted)?;
    let (missing, found): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| it.is.is_none());
    let wrong: Vec<&Difference> = found.iter().filter(|it| it.wrong.is_some()).collect();
    for it in &wrong {
        let is = it.is.as_deref().unwrap_or_default();
        let what = format!("{} has {}={is}: {}", it.topic, it.what, it.wrong.unwrap_or_default());
        report.wrong("topics", what, remedy(it).unwrap_or_default());
    }
    let all = wanted.len();
    let here = all - missing.len();
    // The first checkpoint and the first snapshot make their topics.
    let later = ["checkpoints", "snapshot"].map(|it| format!("{}.{it}", topics.log()));
    let missing: Vec<_> = missing.into_iter().filter(|it| !later.contains(&it.topic)).collect();
    let gone = missing.len();
    let create = "`airshed topics create` makes what is missing, and so does a start of serve";
    if here == 0 {
        let prefix = &config.kafka.topic_prefix;
        let what = format!("none of the {all} topics of {prefix} is there yet");
        report.warning("topics", what, create);
    } else if gone > 0 {
        let names: Vec<&str> = missing.iter().map(|it| &*it.topic).take(NAMED_MAX).collect();
        let more = if gone > NAMED_MAX { ", ..." } else { "" };
        let what = format!("{gone} of {all} are missing: {}{more}", names.join(", "));
        report.wrong("topics", what, create);
    } else if wrong.is_empty() {
        let others = match found.len() {
            0 => String::new(),
            count => format!("; {count} settings differ, see `airshed topics check`"),
        };
        let there = if here == all {
            format!("all {all} are there")
        } else {
            format!("{here} of {all} are there, and serve makes the others when it needs them")
        };
        report.ok("topics", format!("{there}; they keep what they must{others}"));
    }
    Ok(())
}

/// A message from the future shows that one of the clocks is wrong.
fn check_times(subject: &Subject, connection: &Connection, topics: &Topics, report: &Report) {
    if subject.config.rules.clock == Clock::Sources {
        return;
    }
    let asked: Vec<String> = topics.inputs().into_iter().chain([topics.log()]).collect();
    let at = Timestamp(subject.now.0 + AHEAD_MS);
    match topics_with_messages_after(connection, &asked, at) {
        Ok(ahead) if ahead.is_empty() => {}
        Ok(ahead) => {
            let names: Vec<String> = ahead.into_iter().collect();
            let what = format!(
                "{} has messages that are more than {} s ahead of this clock",
                names.join(", "),
                AHEAD_MS / 1_000
            );
            let remedy = "set the clock of this machine, or of the one that sends them, by NTP";
            report.warning("clock", what, remedy);
        }
        Err(error) => report.warning("clock", error.to_string(), ""),
    }
}
