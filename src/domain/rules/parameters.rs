//! The named choices of `airshed.toml`, in its sections; units are in the names.

use crate::domain::{Grade, Pollutant, Tenths};

/// All sections.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Parameters {
    /// Closing an hour and deciding.
    pub closing: ClosingParameters,
    /// One reading.
    pub readings: ReadingParameters,
    /// The mean of a city's hour and of its 24 hours.
    pub means: MeanParameters,
    /// Outlooks.
    pub outlooks: OutlookParameters,
    /// Episodes.
    pub episodes: EpisodeParameters,
    /// Acts on warnings, and what is recorded with them.
    pub acts: ActParameters,
    /// Synchrony and linkage.
    pub synchrony: SynchronyParameters,
    /// Orders.
    pub orders: OrderParameters,
    /// One standard everywhere and always, by its place; none: the one in force.
    pub only_standard: Option<usize>,
}

/// Closing an hour and deciding.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    missing_docs,
    reason = "Each is explained, with its certainty, in deploy/bth/airshed.toml."
)]
pub struct ClosingParameters {
    pub clock: ClockRule,
    pub closes_on: Vec<Pollutant>,
    pub grace_min: i32,
    pub publish_delay_min: i32,
    pub silent_after_h: i32,
    pub ahead_h: i32,
    pub max_jump_h: i32,
    /// In rule books without this key the clock of a file jumps.
    pub file_clock: FileClock,
}

/// One reading.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    missing_docs,
    reason = "Each is explained, with its certainty, in deploy/bth/airshed.toml."
)]
pub struct ReadingParameters {
    pub negative_as: NegativeAs,
    pub ceiling_ug_m3: i32,
    pub stuck_after_h: i32,
    pub stuck_above_ug_m3: i32,
    pub spike_above_ug_m3: i32,
    pub spike_ratio: i32,
    pub spike_min_others: usize,
    pub use_flagged: bool,
}

/// The mean of a city's hour and of its 24 hours.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    missing_docs,
    reason = "Each is explained, with its certainty, in deploy/bth/airshed.toml."
)]
pub struct MeanParameters {
    pub city_hour_min_stations: usize,
    pub day_min_hours: usize,
    pub excluded_min_hours: usize,
}

/// Outlooks.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    missing_docs,
    reason = "Each is explained, with its certainty, in deploy/bth/airshed.toml."
)]
pub struct OutlookParameters {
    pub horizon_h: i32,
    pub outlook_of_last_resort: LastResort,
}

/// Episodes.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    missing_docs,
    reason = "Each is explained, with its certainty, in deploy/bth/airshed.toml."
)]
pub struct EpisodeParameters {
    pub edges_as: EdgesAs,
    pub merge_gap_h: i32,
}

/// Acts on warnings, and what is recorded with them.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    missing_docs,
    reason = "Each is explained, with its certainty, in deploy/bth/airshed.toml."
)]
pub struct ActParameters {
    pub min_notice_h: i32,
    pub notice_h: i32,
    pub advance_step_h: i32,
    pub extend_before_h: i32,
    pub extend_step_h: i32,
    pub shorten_step_h: i32,
    pub lower_hold_h: i32,
    pub lift_h: i32,
    pub lift_from_h: i32,
    pub lift_observed_h: i32,
    pub lift_unknown_as: LiftUnknownAs,
    pub silence_review_h: i32,
    /// Hours back in which a late value amends a closed hour; 0: none.
    pub amend_horizon_h: i32,
    pub insufficient_as: InsufficientAs,
    /// Whether too few values are recorded; not by rule books without `insufficient_as`.
    pub tell_insufficient: bool,
    /// How far the 24 h means of like air may be apart; none: unlike grades are not looked for.
    pub like_air_ug_m3: Option<u16>,
    /// Hours of the day (of the label) at which acts other than raise may fall; empty: all.
    pub act_hours: Vec<u32>,
}

/// Synchrony and linkage.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    missing_docs,
    reason = "Each is explained, with its certainty, in deploy/bth/airshed.toml."
)]
pub struct SynchronyParameters {
    pub sync_h: i32,
    pub linked_sync_h: i32,
    pub linkage_at_least: usize,
    pub linkage_grade: Grade,
}

/// Orders.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrderParameters {
    /// Hours from the decision to the acknowledgement deadline, by grade number.
    pub acknowledge_within_h: [i32; 5],
}

/// The clock that closes the hours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClockRule {
    /// Ticks of the wall clock, recorded as facts.
    Wall,
    /// Each source has its own, moved by its ticks and rows; the smallest counts.
    Sources,
}

/// How the clock of a file comes from one row to the next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FileClock {
    /// It stops at each instant at which an hour closes, as a wall clock would pass it.
    Steps,
    /// At once: what is due in between closes at the end of the jump.
    Jumps,
}

/// The outlook of hours without a forecast.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LastResort {
    /// Nothing.
    None,
    /// The trailing 24 h value, for so many hours.
    Persistence(u16),
}

/// What becomes of a value that is not positive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NegativeAs {
    /// It is refused.
    Refuse,
    /// It counts as half the detection limit, in tenths of a µg/m³.
    HalfDetectionLimit(Tenths),
}

/// Which hours bound an episode.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EdgesAs {
    /// The first and last covered hour with an index of its own above the bound.
    Hours,
    /// The first and last covered hour.
    Windows,
}

/// How a lift takes windows that are unknown because hours up to now are missing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LiftUnknownAs {
    /// They may hold a chain: silence does not lift.
    AboveEveryBound,
    /// They hold none.
    Nothing,
}

/// What replaces the missing hours of a city with too few values.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum InsufficientAs {
    /// Outlooks, as everywhere; an hour without one stays missing, and no act rests on it.
    Outlook = 0,
    /// In an hour without an outlook, the mean of the other members.
    AirshedMean = 1,
}

impl InsufficientAs {
    /// Both, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Outlook, Self::AirshedMean];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Outlook => "outlook",
            Self::AirshedMean => "airshed_mean",
        }
    }
}

#[cfg(test)]
impl Parameters {
    /// Those of `deploy/bth/airshed.toml` with the sources as clock, for tests that read no file.
    pub(crate) fn defaults() -> Self {
        Self {
            closing: ClosingParameters {
                clock: ClockRule::Sources,
                closes_on: vec![Pollutant::Pm25, Pollutant::Pm10],
                grace_min: 60,
                publish_delay_min: 30,
                silent_after_h: 72,
                ahead_h: 1,
                max_jump_h: 720,
                file_clock: FileClock::Steps,
            },
            readings: ReadingParameters {
                negative_as: NegativeAs::Refuse,
                ceiling_ug_m3: 1500,
                stuck_after_h: 12,
                stuck_above_ug_m3: 10,
                spike_above_ug_m3: 200,
                spike_ratio: 3,
                spike_min_others: 2,
                use_flagged: true,
            },
            means: MeanParameters {
                city_hour_min_stations: 1,
                day_min_hours: 20,
                excluded_min_hours: 12,
            },
            outlooks: OutlookParameters {
                horizon_h: 120,
                outlook_of_last_resort: LastResort::None,
            },
            episodes: EpisodeParameters { edges_as: EdgesAs::Hours, merge_gap_h: 36 },
            acts: ActParameters {
                min_notice_h: 1,
                notice_h: 24,
                advance_step_h: 3,
                extend_before_h: 24,
                extend_step_h: 12,
                shorten_step_h: 12,
                lower_hold_h: 12,
                lift_h: 36,
                lift_from_h: 24,
                lift_observed_h: 12,
                lift_unknown_as: LiftUnknownAs::AboveEveryBound,
                silence_review_h: 24,
                amend_horizon_h: 72,
                insufficient_as: InsufficientAs::Outlook,
                tell_insufficient: true,
                like_air_ug_m3: Some(5),
                act_hours: Vec::new(),
            },
            synchrony: SynchronyParameters {
                sync_h: 12,
                linked_sync_h: 36,
                linkage_at_least: 4,
                linkage_grade: Grade::Orange,
            },
            orders: OrderParameters { acknowledge_within_h: [2; 5] },
            only_standard: None,
        }
    }
}
