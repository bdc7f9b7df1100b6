//! The governments that share one air, and their stations.

use std::fmt;
use std::sync::Arc;

use super::{Date, Hour};

/// Six-digit division code of GB/T 2260 (行政区划代码).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Division(pub u32);

/// A jurisdiction's place in the list of the rule book in force.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct JurisdictionIndex(pub u16);

/// One government that is bound by orders.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Jurisdiction {
    /// Its code.
    pub division: Division,
    /// Its English name.
    pub name: Arc<str>,
    /// Its own name.
    pub name_zh: Arc<str>,
    /// A member without stations of its own gets the warnings and orders of this one.
    pub follows: Option<JurisdictionIndex>,
    /// The member that is above it, where it does not answer to its province.
    pub answers_to: Option<JurisdictionIndex>,
}

/// One monitoring station.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Station {
    /// Its national code, such as `1001A`.
    pub code: Arc<str>,
    /// Its own name.
    pub name: Arc<str>,
    /// Other names under which files know it.
    pub aliases: Vec<Arc<str>>,
    /// The jurisdiction that it belongs to.
    pub jurisdiction: JurisdictionIndex,
    /// A background point (对照点) is left out of the city's mean.
    pub control_point: bool,
    /// First day of its life; none: always lived.
    pub start: Option<Date>,
    /// The day it stops, on which it no longer lives; none: lives on.
    pub stop: Option<Date>,
    /// The first day of its successor, if it has one: from then on the successor counts.
    pub replaced_on: Option<Date>,
}

impl Station {
    /// Starts on day A and stops on day B: live for the labels A 01:00 to B 00:00.
    pub fn is_live(&self, hour: Hour) -> bool {
        let date = hour.date();
        self.start.is_none_or(|start| start <= date) && self.stop.is_none_or(|stop| date < stop)
    }

    /// Whether its values make the city's mean at that hour.
    pub fn counts(&self, hour: Hour) -> bool {
        let replaced = self.replaced_on.is_some_and(|on| on <= hour.date());
        !self.control_point && !replaced && self.is_live(hour)
    }
}

/// `110000`.
impl fmt::Display for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}
