//! The names of the topics: one prefix, and what stands behind it.

use crate::domain::cooperation::Body;
use crate::domain::{Division, Rules};
use crate::engine::projection::Channel;

use super::admin::Wanted;
use super::topic_table::{CHECKPOINTS, Direction, LOG, SNAPSHOT, TOPIC_KINDS, TopicKind};

/// The topics of one airshed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Topics {
    prefix: String,
}

impl Topics {
    /// All topics begin with this, such as `airshed`.
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    fn named(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }

    /// Readings and the clocks of their sources, in.
    pub fn readings(&self) -> String {
        self.named("readings")
    }

    /// Forecasts and the clocks of their sources, in.
    pub fn forecasts(&self) -> String {
        self.named("forecasts")
    }

    /// Commands of bodies and the clocks of their sources, in.
    pub fn commands(&self) -> String {
        self.named("commands")
    }

    /// All that comes in.
    pub fn inputs(&self) -> [String; 3] {
        [self.readings(), self.forecasts(), self.commands()]
    }

    /// The log.
    pub fn log(&self) -> String {
        self.named("log")
    }

    /// Orders to one jurisdiction, out.
    pub fn orders(&self, division: Division) -> String {
        self.named(&format!("orders.{division}"))
    }

    /// Acts on the warnings of one jurisdiction, out.
    pub fn alerts(&self, division: Division) -> String {
        self.named(&format!("alerts.{division}"))
    }

    /// The newest state of every jurisdiction, out.
    pub fn current(&self) -> String {
        self.named("current")
    }

    /// Inputs that were not taken, out.
    pub fn refused(&self) -> String {
        self.named("refused")
    }

    /// What bodies do, as one of them sees it, out.
    pub fn matters(&self, body: &Body) -> String {
        self.named(&format!("matters.{body}"))
    }

    /// The topic of a channel.
    pub fn of(&self, channel: &Channel) -> String {
        match channel {
            Channel::Orders(division) => self.orders(*division),
            Channel::Alerts(division) => self.alerts(*division),
            Channel::Matters(body) => self.matters(body),
            Channel::Refused => self.refused(),
        }
    }

    /// The kind of a topic; none where it is not of this airshed.
    pub fn kind(&self, topic: &str) -> Option<&'static TopicKind> {
        let name = topic.strip_prefix(&self.prefix)?.strip_prefix('.')?;
        TOPIC_KINDS.into_iter().find(|it| it.names(name))
    }

    /// A topic of a kind as it is made.
    pub(super) fn wanted(&self, kind: &TopicKind, name: &str) -> Wanted {
        let (partitions, settings) = (kind.partitions, kind.settings);
        Wanted { name: self.named(name), partitions, settings }
    }

    /// A topic of this airshed as it is made.
    pub fn made(&self, topic: &str) -> Option<Wanted> {
        let kind = self.kind(topic)?;
        Some(Wanted { name: topic.to_owned(), ..self.wanted(kind, kind.name) })
    }

    /// All topics that are written for others, by a rule book; those of districts are made later.
    pub fn outputs(&self, rules: &Rules) -> Vec<String> {
        let divisions = rules.jurisdictions.iter().map(|it| it.division);
        let each = divisions.flat_map(|it| [self.orders(it), self.alerts(it)]);
        let bodies = rules.cooperation.iter().flat_map(|it| it.bodies.named());
        let matters = bodies.map(|it| self.matters(&it));
        each.chain(matters).chain([self.current(), self.refused()]).collect()
    }

    /// All topics of an airshed as they are made, readings with so many partitions.
    pub fn all(&self, rules: &Rules, partitions: i32, with_log: bool) -> Vec<Wanted> {
        let readings = self.readings();
        let with_partitions = |it: Wanted| {
            let partitions = if it.name == readings { partitions } else { it.partitions };
            Wanted { partitions, ..it }
        };
        let log = [&LOG, &CHECKPOINTS, &SNAPSHOT].map(|it| self.named(it.name));
        let log = log.into_iter().filter(|_| with_log);
        let names = self.inputs().into_iter().chain(self.outputs(rules)).chain(log);
        names.filter_map(|it| self.made(&it)).map(with_partitions).collect()
    }

    /// Whether a topic is one of those that we write for others.
    pub fn goes_out(&self, topic: &str) -> bool {
        self.kind(topic).is_some_and(|it| it.direction == Direction::Out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_out_is_told_from_what_comes_in() {
        let topics = Topics::new("airshed");
        let beijing = Division(110_000);
        let region = topics.matters(&Body::new(Body::REGION));
        let of_beijing = [topics.orders(beijing), topics.alerts(beijing)];
        let of_all = [topics.current(), topics.refused(), region];
        for out in of_beijing.into_iter().chain(of_all) {
            assert!(topics.goes_out(&out), "{out}");
        }
        let others = ["airshed2.orders.110000", "orders.110000", "airshedorders.1"];
        let ours = topics.inputs().into_iter().chain([topics.log()]);
        for other in others.into_iter().map(str::to_owned).chain(ours) {
            assert!(!topics.goes_out(&other), "{other}");
        }
        assert_eq!(topics.orders(beijing), "airshed.orders.110000");
    }
}
