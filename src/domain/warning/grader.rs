//! Grading alone: one series in, its current episode out, without state and clock.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::act_table::clause_of;
use super::episode::{GradedSeries, Unknown};
use crate::domain::air::series::{Origin, Series, SeriesHour};
use crate::domain::explanation::margin::{Margin, Measured};
use crate::domain::explanation::possible_grades::{OpenHours, PossibleGrades};
use crate::domain::rules::lookup::LookupTables;
use crate::domain::{Grade, Hour, Parameters, Rules, Standard};

/// One hour of a series to be graded, in whole µg/m³.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum AirHour {
    /// No value and no outlook; after the decision hour, the outlook ends before it.
    #[default]
    Unspoken,
    /// Closed, or foreseen in hindsight, without a value.
    Missing,
    /// A value, observed or foreseen.
    Value(u16),
    /// Excluded with evidence.
    Excluded,
}

/// The current episode of a series.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Graded {
    /// The highest grade of its chains.
    pub grade: Grade,
    /// The hour before its first bad one, as an instant.
    pub begin: Hour,
    /// Its last bad hour.
    pub end: Hour,
    /// The clause that names the grade.
    pub clause: Option<Arc<str>>,
    /// The last hour of the last window of the chain that satisfies it.
    pub chain_end: Hour,
}

/// Grades series by the rules of one rule book.
#[derive(Clone, Debug)]
pub struct Grader {
    tables: LookupTables,
    parameters: Parameters,
    longest_windows: i32,
}

impl Grader {
    /// Prepares the look-up tables once for many series.
    pub fn new(rules: &Rules) -> Self {
        let longest_windows = rules.longest_clause_windows();
        Self {
            tables: LookupTables::new(rules),
            parameters: rules.parameters.clone(),
            longest_windows,
        }
    }

    /// The current episode at the decision hour `now`; `air` begins with the hour `first`.
    pub fn grade(
        &self,
        standard: &Standard,
        now: Hour,
        first: Hour,
        air: &[AirHour],
    ) -> Option<Graded> {
        let series = self.series(now, first, air);
        let graded = GradedSeries {
            series: &series,
            standard,
            parameters: &self.parameters,
            unknown: Unknown::SatisfiesNothing,
        };
        let episode = graded.current_episode()?;
        Some(Graded {
            grade: episode.grade,
            begin: episode.begin,
            end: episode.end,
            clause: clause_of(standard, &episode.named),
            chain_end: episode.named.last_window,
        })
    }

    /// How far the highest grade of the series is from others.
    pub fn margin(&self, standard: &Standard, now: Hour, first: Hour, air: &[AirHour]) -> Margin {
        let series = self.series(now, first, air);
        let (tables, parameters) = (&self.tables, &self.parameters);
        let longest_windows = self.longest_windows;
        Measured { series: &series, standard, tables, parameters, longest_windows }.margin()
    }

    /// The highest grades that are possible when some hours may have any value between two.
    pub fn possible(
        &self,
        standard: &Standard,
        now: Hour,
        first: Hour,
        air: &[AirHour],
        open: &[(Hour, RangeInclusive<u16>)],
    ) -> PossibleGrades {
        let low: Vec<u16> = open.iter().map(|it| *it.1.start()).collect();
        let high: Vec<u16> = open.iter().map(|it| *it.1.end()).collect();
        let mut air = air.to_vec();
        OpenHours { low: &low, high: &high, standard }.possible(|values| {
            for ((hour, _), value) in open.iter().zip(values) {
                let at = usize::try_from(hour.0 - first.0).ok();
                if let Some(hour) = at.and_then(|at| air.get_mut(at)) {
                    *hour = AirHour::Value(*value);
                }
            }
            let series = self.series(now, first, &air);
            let (parameters, unknown) = (&self.parameters, Unknown::SatisfiesNothing);
            GradedSeries { series: &series, standard, parameters, unknown }.highest_grade()
        })
    }

    fn series(&self, now: Hour, first: Hour, air: &[AirHour]) -> Series {
        let ahead_h = (1..=self.parameters.outlooks.horizon_h).take_while(|ahead| {
            let at = usize::try_from(now.0 + ahead - first.0).ok();
            at.and_then(|at| air.get(at)).is_some_and(|it| *it != AirHour::Unspoken)
        });
        let reach_h = ahead_h.last().unwrap_or(0);
        let length = usize::try_from(now.0 + reach_h - first.0 + 1).unwrap_or(0).min(air.len());
        let hours = air[..length].iter().map(|it| it.hour()).collect();
        let mut series = Series::new(now, first, hours, reach_h);
        series.measure_windows(&self.tables, &self.parameters);
        series
    }
}

impl AirHour {
    fn hour(self) -> SeriesHour {
        let (origin, ug_m3) = match self {
            Self::Unspoken => (Origin::Unspoken, 0),
            Self::Missing | Self::Excluded => (Origin::Missing, 0),
            Self::Value(ug_m3) => (Origin::Observed, ug_m3),
        };
        SeriesHour { ug_m3, origin, excluded: self == Self::Excluded, own_index: 0 }
    }
}
