//! Air quality index (空气质量指数) of HJ 633: break points as data, arithmetic in integers.

use std::sync::Arc;

use crate::domain::{Certainty, Date, Pollutant, Tenths};

/// Over which time a concentration was averaged.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Averaging {
    /// One hour, as real-time reports use.
    Hour1,
    /// Eight hours, for ozone alone.
    Hour8,
    /// Twenty-four hours.
    Hour24,
}

impl Averaging {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hour1, Self::Hour8, Self::Hour24];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour1 => "1h",
            Self::Hour8 => "8h",
            Self::Hour24 => "24h",
        }
    }
}

/// One version of the index.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IndexStandard {
    /// Such as `HJ 633-2026`.
    pub id: Arc<str>,
    /// Number and table of the document.
    pub reference: Arc<str>,
    /// How sure we are of its numbers.
    pub certainty: Certainty,
    /// The first day whose hours it covers; its first label is 01:00 of that day.
    pub from: Date,
    /// A scale for each pollutant and averaging time.
    pub scales: Vec<Scale>,
}

/// The break points of one pollutant and averaging time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scale {
    /// Which pollutant.
    pub pollutant: Pollutant,
    /// Averaged over which time.
    pub averaging: Averaging,
    /// Concentrations are rounded to whole multiples of this before anything else, in tenths of
    /// a µg/m³: 10 is one µg/m³, 1000 is a tenth of a mg/m³ (carbon monoxide).
    pub step_tenths: Tenths,
    /// Break points: concentration in steps, and index; both grow.
    pub points: Vec<(i32, u16)>,
}

impl Scale {
    /// The index of a concentration.
    pub fn index(&self, tenths: Tenths) -> u16 {
        let steps = super::hour::half_even(i64::from(tenths), i64::from(self.step_tenths));
        let mut low = (0_i64, 0_i64);
        for (c, i) in &self.points {
            let (c, i) = (i64::from(*c), i64::from(*i));
            if steps <= c && c > low.0 {
                return ((i - low.1) * (steps - low.0) + (c - low.0) - 1)
                    .div_euclid(c - low.0)
                    .max(0) as u16
                    + low.1 as u16;
            }
            low = (c, i);
        }
        low.1 as u16
    }
}
