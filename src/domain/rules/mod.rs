//! The rule book: law as data, read once, kept in the log, the same for every decision.

pub(crate) mod lookup;
pub(crate) mod renumbering;

use std::sync::Arc;

use crate::domain::{
    Date, Floor, Grade, InForce, IndexStandard, InsufficientAs, Jurisdiction, JurisdictionIndex,
    Measure, Pollutant, Standard, Station, Tenths,
};

/// The rules as adopted: what was written, its digest, and what it means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleBook {
    /// SHA-256 over names and texts, in hexadecimal.
    pub digest: Arc<str>,
    /// The files as they were, by name; all that is needed to decide again years later.
    pub files: Vec<(Arc<str>, Arc<str>)>,
    /// What they say.
    pub rules: Rules,
}

/// Everything that decisions depend on besides the facts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rules {
    /// Name of the airshed, such as `bth`.
    pub airshed: Arc<str>,
    /// Named choices.
    pub parameters: Parameters,
    /// Those who are bound, by rising code.
    pub jurisdictions: Vec<Jurisdiction>,
    /// Who measures, by rising code.
    pub stations: Vec<Station>,
    /// Grading standards.
    pub standards: Vec<Standard>,
    /// Where and when each is in force.
    pub in_force: Vec<InForce>,
    /// Index standards, oldest first.
    pub indexes: Vec<IndexStandard>,
    /// The catalogue of measures.
    pub measures: Vec<Measure>,
    /// The floors of emission cuts.
    pub floors: Vec<Floor>,
}

/// Whose clock closes the hours.
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
    /// It stands at each instant at which an hour closes, as a wall clock would.
    Steps,
    /// At once: what is due in between closes at the end of the jump.
    Jumps,
}

/// What stands in where no forecast speaks.
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
    /// The first and last covered hour whose own index is above the bound.
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

/// The named choices of `airshed.toml`; units are in the names.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    missing_docs,
    reason = "Each is explained, with its certainty, in deploy/bth/airshed.toml."
)]
pub struct Parameters {
    pub clock: ClockRule,
    pub closes_on: Vec<Pollutant>,
    pub grace_min: i32,
    pub publish_delay_min: i32,
    pub silent_after_h: i32,
    pub ahead_h: i32,
    pub max_jump_h: i32,
    /// Rule books of old have no such key: the clock of a file jumped.
    pub file_clock: FileClock,
    pub negative_as: NegativeAs,
    pub ceiling_ug_m3: i32,
    pub stuck_after_h: i32,
    pub stuck_above_ug_m3: i32,
    pub spike_above_ug_m3: i32,
    pub spike_ratio: i32,
    pub spike_min_others: usize,
    pub use_flagged: bool,
    pub city_hour_min_stations: usize,
    pub day_min_hours: usize,
    pub excluded_min_hours: usize,
    pub horizon_h: i32,
    pub outlook_of_last_resort: LastResort,
    pub edges_as: EdgesAs,
    pub merge_gap_h: i32,
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
    /// Whether too few values and unlike grades are told of; rule books of old do not know of it.
    pub tell_insufficient: bool,
    /// How far the 24 h means of like air may be apart; none: nobody asks.
    pub like_air_ug_m3: Option<u16>,
    /// Hours of the day (of the label) at which acts other than raise may fall; empty: all.
    pub act_hours: Vec<u32>,
    pub sync_h: i32,
    pub linked_sync_h: i32,
    pub linkage_at_least: usize,
    pub linkage_grade: Grade,
    /// Hours from the decision to the acknowledgement deadline, by grade number.
    pub acknowledge_within_h: [i32; 5],
    /// One standard everywhere and always, by its place; none: the one in force.
    pub only_standard: Option<usize>,
}

impl Rules {
    /// The grading standard for a jurisdiction on a day: the latest one that has begun there.
    pub fn standard(&self, jurisdiction: JurisdictionIndex, date: Date) -> Option<&Standard> {
        if let Some(only) = self.parameters.only_standard {
            return self.standards.get(only);
        }
        let here = self.in_force.iter().filter(|it| it.jurisdiction == jurisdiction);
        let begun = here.filter(|it| it.from <= date && it.until.is_none_or(|last| date <= last));
        begun.max_by_key(|it| it.from).and_then(|it| self.standards.get(it.standard))
    }

    /// The index standard for a day.
    pub fn index(&self, date: Date) -> Option<&IndexStandard> {
        self.indexes.iter().filter(|it| it.from <= date).max_by_key(|it| it.from)
    }
}

#[cfg(test)]
impl Parameters {
    /// Those of `deploy/bth/airshed.toml` with the sources as clock, for tests that read no file.
    pub(crate) fn defaults() -> Self {
        Self {
            clock: ClockRule::Sources,
            closes_on: vec![Pollutant::Pm25, Pollutant::Pm10],
            grace_min: 60,
            publish_delay_min: 30,
            silent_after_h: 72,
            ahead_h: 1,
            max_jump_h: 720,
            file_clock: FileClock::Steps,
            negative_as: NegativeAs::Refuse,
            ceiling_ug_m3: 1500,
            stuck_after_h: 12,
            stuck_above_ug_m3: 10,
            spike_above_ug_m3: 200,
            spike_ratio: 3,
            spike_min_others: 2,
            use_flagged: true,
            city_hour_min_stations: 1,
            day_min_hours: 20,
            excluded_min_hours: 12,
            horizon_h: 120,
            outlook_of_last_resort: LastResort::None,
            edges_as: EdgesAs::Hours,
            merge_gap_h: 36,
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
            sync_h: 12,
            linked_sync_h: 36,
            linkage_at_least: 4,
            linkage_grade: Grade::Orange,
            acknowledge_within_h: [2; 5],
            only_standard: None,
        }
    }
}
