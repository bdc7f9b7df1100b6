//! The names of the topics: one prefix, and what stands behind it.

use crate::domain::Division;

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
}
