//! The names of the topics: one prefix, and what stands behind it.

use crate::domain::Division;
use crate::domain::cooperation::Body;
use crate::engine::projection::Channel;

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

    /// Whether a topic is one of those that we write for others.
    pub fn goes_out(&self, topic: &str) -> bool {
        let name = topic.strip_prefix(&self.prefix).and_then(|it| it.strip_prefix('.'));
        name.is_some_and(|it| {
            it == "current"
                || it == "refused"
                || it.starts_with("orders.")
                || it.starts_with("alerts.")
                || it.starts_with("matters.")
        })
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
