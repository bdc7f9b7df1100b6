//! The topics of an airshed in one table: what they hold, how they are cut into partitions and
//! kept, and which keys and headers their messages have.
//!
//! Topics are made and checked by it. `schemas/asyncapi.yaml` says the same to other programs; a
//! test compares them.

use super::admin::Settings;

/// Which way the messages of a topic go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// Others send, `serve` reads.
    In,
    /// `serve` sends, others read.
    Out,
    /// `serve` sends and reads.
    Own,
}

/// One topic, or the topics that differ in the code at the end of their names.
#[derive(Debug, Eq, PartialEq)]
pub struct TopicKind {
    /// Its name behind the prefix; `{code}` and `{body}` stand for a code.
    pub name: &'static str,
    /// What it holds.
    pub holds: &'static str,
    /// Which way its messages go.
    pub direction: Direction,
    /// Its partitions, where it is made; of readings the default.
    pub partitions: i32,
    /// Whether more partitions do no harm.
    pub may_have_more_partitions: bool,
    /// How it is kept, where it is made.
    pub settings: Settings,
    /// What the keys of its messages are.
    pub key: &'static str,
    /// Headers that each of its messages has.
    pub headers: &'static [&'static str],
    /// Headers that some of its messages have.
    pub optional_headers: &'static [&'static str],
}

impl TopicKind {
    const fn input(name: &'static str, holds: &'static str, key: &'static str) -> Self {
        Self {
            name,
            holds,
            direction: Direction::In,
            partitions: 1,
            may_have_more_partitions: true,
            settings: Settings::KeepAll,
            key,
            headers: &[],
            optional_headers: &["fed", "traceparent"],
        }
    }

    const fn output(name: &'static str, holds: &'static str, key: &'static str) -> Self {
        Self {
            name,
            holds,
            direction: Direction::Out,
            partitions: 1,
            may_have_more_partitions: false,
            settings: Settings::KeepAll,
            key,
            headers: EVENT_HEADERS,
            optional_headers: &["ce_causationid", "traceparent"],
        }
    }

    const fn own(name: &'static str, holds: &'static str, key: &'static str) -> Self {
        Self {
            name,
            holds,
            direction: Direction::Own,
            partitions: 1,
            may_have_more_partitions: false,
            settings: Settings::KeepAll,
            key,
            headers: &[],
            optional_headers: &[],
        }
    }

    /// Whether a name behind the prefix is one of this kind.
    pub fn names(&self, name: &str) -> bool {
        match self.name.split_once('{') {
            Some((before, _)) => name.strip_prefix(before).is_some_and(|it| !it.is_empty()),
            None => self.name == name,
        }
    }
}

/// The attributes of `CloudEvents` and our own headers of all that goes out.
const EVENT_HEADERS: &[&str] = &[
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_time",
    "ce_subject",
    "ce_partitionkey",
    "ce_recordedtime",
    "content-type",
    "position",
    "settled",
];

/// Readings and the clocks of their sources.
pub(in crate::io::kafka) const READINGS: TopicKind = TopicKind {
    partitions: 4,
    ..TopicKind::input("readings", "readings of stations, and clocks", "code of the first station")
};
/// Forecasts and the clocks of their sources.
pub(in crate::io::kafka) const FORECASTS: TopicKind =
    TopicKind::input("forecasts", "forecasts, and clocks", "code of the jurisdiction");
/// Commands of bodies and the clocks of their sources.
pub(in crate::io::kafka) const COMMANDS: TopicKind =
    TopicKind::input("commands", "commands of bodies, and clocks", "code of the actor's body");
/// Orders to one jurisdiction.
pub(in crate::io::kafka) const ORDERS: TopicKind = TopicKind {
    optional_headers: &["epoch", "ce_causationid", "traceparent"],
    ..TopicKind::output("orders.{code}", "orders to a jurisdiction", "code of the jurisdiction")
};
/// Acts on the warnings of one jurisdiction.
pub(in crate::io::kafka) const ALERTS: TopicKind = TopicKind::output(
    "alerts.{code}",
    "what was decided about the warnings of a jurisdiction",
    "code of the jurisdiction",
);
/// What bodies do, as one of them sees it.
pub(in crate::io::kafka) const MATTERS: TopicKind = TopicKind::output(
    "matters.{body}",
    "what bodies do, as one of them sees it",
    "code of the body",
);
/// The newest state of each jurisdiction.
pub(in crate::io::kafka) const CURRENT: TopicKind = TopicKind {
    settings: Settings::KeepNewest,
    ..TopicKind::output(
        "current",
        "the newest state of each jurisdiction",
        "code of the jurisdiction",
    )
};
/// Inputs that were refused.
pub(in crate::io::kafka) const REFUSED: TopicKind =
    TopicKind::output("refused", "inputs that were refused", "position in the log");
/// The log.
pub(in crate::io::kafka) const LOG: TopicKind = TopicKind {
    headers: &["type", "batch_first", "batch_size"],
    optional_headers: &["schema"],
    ..TopicKind::own("log", "the log, one record each", "position in the log")
};
/// Signed checkpoints of the log.
pub(in crate::io::kafka) const CHECKPOINTS: TopicKind =
    TopicKind::own("log.checkpoints", "signed checkpoints of the log", "size of the log");
/// A cache of the state, in parts.
pub(in crate::io::kafka) const SNAPSHOT: TopicKind = TopicKind {
    settings: Settings::KeepNewest,
    headers: &["records", "parts"],
    ..TopicKind::own("log.snapshot", "a cache of the state, in parts", "number of the part")
};

/// All of them.
pub const TOPIC_KINDS: [&TopicKind; 11] = [
    &READINGS,
    &FORECASTS,
    &COMMANDS,
    &ORDERS,
    &ALERTS,
    &MATTERS,
    &CURRENT,
    &REFUSED,
    &LOG,
    &CHECKPOINTS,
    &SNAPSHOT,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_one_kind() {
        for name in ["readings", "orders.110000", "matters.region", "log", "log.snapshot"] {
            assert_eq!(TOPIC_KINDS.iter().filter(|it| it.names(name)).count(), 1, "{name}");
        }
        for name in ["orders", "orders.", "reading", "log.", ""] {
            assert!(!TOPIC_KINDS.iter().any(|it| it.names(name)), "{name}");
        }
    }
}
