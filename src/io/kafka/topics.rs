//! The names of the topics: one prefix, and what stands behind it.

use crate::domain::Division;
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

    /// The topic of a channel.
    pub fn of(&self, channel: Channel) -> String {
        match channel {
            Channel::Orders(division) => self.orders(division),
            Channel::Alerts(division) => self.alerts(division),
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
        for out in
            [topics.orders(beijing), topics.alerts(beijing), topics.current(), topics.refused()]
        {
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
