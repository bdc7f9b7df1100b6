//! How far a grade is from the next one, up and down, in µg/m³ and in hours.
//!
//! The grade of a margin is the highest of all chains that count, whether they belong to the
//! current episode or to a later one: with every hour's value it can only rise. (The current
//! episode's own can fall when air rises, because a mild chain may then join before a strict one.)
//! Each margin is found by grading changed series with the same grader, not by another formula.

use crate::domain::air::series::{Origin, Series, SeriesHour};
use crate::domain::rules::lookup::LookupTables;
use crate::domain::warning::episode::{Chain, GradedSeries, Unknown};
use crate::domain::{Grade, Hour, Parameters, Standard};

/// How far a grade is from others.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Margin {
    /// The highest grade of all chains that count.
    pub grade: Grade,
    /// The smallest rise of every hour that has a value, observed or foreseen, that makes it
    /// higher, whole µg/m³; none where even the highest value that counts does not.
    pub to_next_ug_m3: Option<Away>,
    /// The smallest fall of every such hour, no value below 0, that makes it lower.
    pub to_lower_ug_m3: Option<Away>,
    /// For how many more hours the same air would have to last to make it higher: the hours after
    /// the last bad one are at least as bad as the last window of its chain, and have values.
    /// Without a grade: the hours after now, as the last 24. None if that air never makes it higher.
    pub to_next_h: Option<Away>,
    /// How many hours before its last bad one the air would have to be clean (0 µg/m³) to make it
    /// lower.
    pub to_lower_h: Option<Away>,
}

/// Another grade, and how far away it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Away {
    /// The other grade.
    pub grade: Grade,
    /// How far, in the unit of the margin.
    pub by: i32,
}

/// A series, and what it is graded by.
pub(crate) struct Measured<'a> {
    pub(crate) series: &'a Series,
    pub(crate) standard: &'a Standard,
    pub(crate) tables: &'a LookupTables,
    pub(crate) parameters: &'a Parameters,
    /// The windows of the longest clause of all standards.
    pub(crate) longest_windows: i32,
}

impl Measured<'_> {
    /// The margins, all four.
    pub(crate) fn margin(&self) -> Margin {
        let chains = self.graded(self.series).chains_that_count();
        let grade = chains.iter().map(|it| it.grade).max().unwrap_or_default();
        let last = last_of(&chains, grade);
        let mut margin = Margin { grade, ..Margin::default() };
        let is_known_above = self.standard.clauses.iter().any(|it| it.grade > grade);
        if is_known_above {
            let to_ug_m3 = self.parameters.readings.ceiling_ug_m3;
            let rise = |by: i32| self.graded_with(|_, it| shifted(it, by));
            margin.to_next_ug_m3 = first_that(1..=to_ug_m3, rise, |it| it > grade);
            margin.to_next_h = self.longer(grade, last);
        }
        if let Some(last) = last {
            let to_ug_m3 = i32::from(self.series.highest_ug_m3);
            let fall = |by: i32| self.graded_with(|_, it| shifted(it, -by));
            margin.to_lower_ug_m3 = first_that(1..=to_ug_m3, fall, |it| it < grade);
            let first_h = last.end.0 - self.series.first.0 + 1;
            let clean = |by: i32| {
                let clean = last.end.0 - by + 1..=last.end.0;
                self.graded_with(
                    |at, it| if clean.contains(&at.0) { shifted(it, -to_ug_m3) } else { it },
                )
            };
            margin.to_lower_h = first_that(1..=first_h, clean, |it| it < grade);
        }
        margin
    }

    /// More hours of the same air. An hour that was missing may lower a mean when it has a value,
    /// so the hours are tried one by one.
    fn longer(&self, grade: Grade, last: Option<Chain>) -> Option<Away> {
        let (end, window) =
            last.map_or((self.series.now, self.series.now), |it| (it.end, it.last_window));
        let level = self.series.window(window)?.mean_ug_m3;
        let mut hours = self.series.hours.clone();
        for by in 1..=24 * self.longest_windows {
            let at = usize::try_from(end.0 + by - self.series.first.0).ok()?;
            match hours.get_mut(at) {
                Some(hour) => {
                    hour.ug_m3 = if hour.has_value() { hour.ug_m3.max(level) } else { level };
                    hour.origin = Origin::Observed;
                }
                None => hours.push(SeriesHour {
                    ug_m3: level,
                    origin: Origin::Observed,
                    ..SeriesHour::default()
                }),
            }
            let reach_h = self.series.reach_h.max(end.0 + by - self.series.now.0);
            let other = self.graded_as(hours.clone(), reach_h);
            if other > grade {
                return Some(Away { grade: other, by });
            }
        }
        None
    }

    fn graded_with(&self, change: impl Fn(Hour, SeriesHour) -> SeriesHour) -> Grade {
        let hours = (self.series.first.0..)
            .map(Hour)
            .zip(&self.series.hours)
            .map(|(at, it)| change(at, *it))
            .collect();
        self.graded_as(hours, self.series.reach_h)
    }

    fn graded_as(&self, hours: Vec<SeriesHour>, reach_h: i32) -> Grade {
        let mut series = Series::new(self.series.now, self.series.first, hours, reach_h);
        series.measure_windows(self.tables, self.parameters);
        self.graded(&series).highest_grade()
    }

    fn graded<'s>(&'s self, series: &'s Series) -> GradedSeries<'s> {
        let (standard, parameters) = (self.standard, self.parameters);
        GradedSeries { series, standard, parameters, unknown: Unknown::SatisfiesNothing }
    }
}

/// Of the chains of a grade, the one with the latest last bad hour; of several the first.
fn last_of(chains: &[Chain], grade: Grade) -> Option<Chain> {
    let own = chains.iter().filter(|it| it.grade == grade);
    own.min_by_key(|it| (std::cmp::Reverse(it.end), it.last_window)).copied()
}

fn shifted(mut hour: SeriesHour, by_ug_m3: i32) -> SeriesHour {
    if hour.has_value() {
        let ug_m3 = (i32::from(hour.ug_m3) + by_ug_m3).clamp(0, i32::from(u16::MAX));
        hour.ug_m3 = u16::try_from(ug_m3).unwrap_or(u16::MAX);
    }
    hour
}

/// The smallest step at which the grade is another one; once it is, it stays so.
fn first_that(
    steps: std::ops::RangeInclusive<i32>,
    grade: impl Fn(i32) -> Grade,
    is_other: impl Fn(Grade) -> bool,
) -> Option<Away> {
    let (mut low, mut high) = (*steps.start(), *steps.end());
    if low > high || !is_other(grade(high)) {
        return None;
    }
    while low < high {
        let middle = i32::midpoint(low, high);
        if is_other(grade(middle)) { high = middle } else { low = middle + 1 }
    }
    Some(Away { grade: grade(low), by: low })
}
