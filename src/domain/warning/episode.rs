//! Chains of windows, the clauses that they satisfy, and the episodes that they join into.

use crate::domain::air::series::{Series, WindowIndex};
use crate::domain::{
    Bound, Clause, Condition, DurationAs, EdgesAs, Grade, Hour, Parameters, Standard, WindowPhase,
};

/// How windows and hours that are not known are taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unknown {
    /// They satisfy nothing.
    SatisfiesNothing,
    /// They are above every bound: what could be, at worst.
    AboveEveryBound,
    /// Those with hours missing up to now are above every bound; what an outlook says to be
    /// missing after now satisfies nothing.
    AboveWhereMissingByNow,
}

/// A chain that satisfies a clause.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Chain {
    /// Place of the clause in its standard.
    pub(crate) clause: usize,
    pub(crate) grade: Grade,
    /// The hour at which its last window ends.
    pub(crate) last_window: Hour,
    /// The hour before its first bad hour, as an instant.
    pub(crate) begin: Hour,
    /// Its last bad hour.
    pub(crate) end: Hour,
}

/// The chains that belong together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Episode {
    pub(crate) grade: Grade,
    pub(crate) begin: Hour,
    pub(crate) end: Hour,
    /// The chain that names the clause.
    pub(crate) named: Chain,
}

/// A series under a standard.
pub(crate) struct GradedSeries<'a> {
    pub(crate) series: &'a Series,
    pub(crate) standard: &'a Standard,
    pub(crate) parameters: &'a Parameters,
    pub(crate) unknown: Unknown,
}

impl GradedSeries<'_> {
    /// The current episode: the one that begins first.
    pub(crate) fn current_episode(&self) -> Option<Episode> {
        let mut chains = self.chains_that_count();
        chains.sort_unstable_by_key(|it| (it.begin, it.end));
        let first = *chains.first()?;
        let (mut end, mut members) = (first.end, 0);
        for chain in &chains {
            if chain.begin.0 - end.0 >= self.parameters.episodes.merge_gap_h {
                break;
            }
            end = end.max(chain.end);
            members += 1;
        }
        chains.truncate(members);
        let grade = chains.iter().map(|it| it.grade).max()?;
        let highest = chains.iter().filter(|it| it.grade == grade);
        let named = *highest.min_by_key(|it| (it.clause, it.last_window))?;
        Some(Episode { grade, begin: first.begin, end, named })
    }

    /// The chains that a decision looks at: they end at or after now.
    pub(crate) fn chains_that_count(&self) -> Vec<Chain> {
        let now = self.series.now;
        let mut chains = self.chains(now, self.series.last());
        chains.retain(|it| it.end >= now);
        chains
    }

    /// The highest grade of all chains that count, of whichever episode. No hour's value can rise
    /// and this fall; that of the current episode may, where a mild one joins before a strict one.
    pub(crate) fn highest_grade(&self) -> Grade {
        self.chains_that_count().iter().map(|it| it.grade).max().unwrap_or_default()
    }

    /// Every chain with its last window ending between two hours that satisfies a clause.
    pub(crate) fn chains(&self, from: Hour, to: Hour) -> Vec<Chain> {
        let mut chains = Vec::new();
        for (place, clause) in self.standard.clauses.iter().enumerate() {
            for end in (from.0..=to.0).map(Hour) {
                if self.satisfied(clause, end)
                    && let Some((begin, last)) = self.edges(clause.main, end)
                {
                    let (grade, last_window) = (clause.grade, end);
                    chains.push(Chain { clause: place, grade, last_window, begin, end: last });
                }
            }
        }
        chains
    }

    fn satisfied(&self, clause: &Clause, end: Hour) -> bool {
        if !self.holds(clause.main, end) {
            return false;
        }
        let Some(within) = clause.within else { return true };
        // Its covered hours lie within those of the first chain.
        let earliest = end.0 - 24 * (i32::from(clause.main.windows) - i32::from(within.windows));
        (earliest..=end.0).any(|end| self.holds(within, Hour(end)))
    }

    /// Whether a chain for a condition ends here.
    fn holds(&self, condition: Condition, end: Hour) -> bool {
        if self.standard.window_phase == WindowPhase::CalendarDay && end.of_day() != 0 {
            return false;
        }
        let days = i32::from(condition.windows) - 1;
        let (steps, step_h) = match self.standard.duration_as {
            DurationAs::Chain => (days, 24),
            DurationAs::Rolling => (24 * days, 1),
        };
        // The last window first: in most hours it is the one that does not hold.
        (0..=steps).all(|back| self.exceeds(condition.bound, end.plus(-back * step_h)))
    }

    fn exceeds(&self, bound: Bound, end: Hour) -> bool {
        match self.series.index(end) {
            WindowIndex::Known(index) => bound.exceeded_by(index),
            WindowIndex::Unknown => match self.unknown {
                Unknown::SatisfiesNothing => false,
                Unknown::AboveEveryBound => true,
                Unknown::AboveWhereMissingByNow => self.is_missing_by_now(end),
            },
        }
    }

    /// Whether an hour of a window is missing that is not after the decision hour.
    pub(crate) fn is_missing_by_now(&self, end: Hour) -> bool {
        let by_now = end.0 - 23..=end.0.min(self.series.now.0);
        by_now.map(Hour).any(|hour| self.is_missing(hour))
    }

    fn is_missing(&self, hour: Hour) -> bool {
        let hour = self.series.hour(hour);
        !hour.has_value() && !hour.excluded
    }

    /// Where a chain begins, as an instant, and its last hour.
    fn edges(&self, condition: Condition, end: Hour) -> Option<(Hour, Hour)> {
        let first = end.plus(1 - 24 * i32::from(condition.windows));
        if self.parameters.episodes.edges_as == EdgesAs::Windows {
            return Some((first.plus(-1), end));
        }
        let bad = |hour: &i32| {
            let supposed = match self.unknown {
                Unknown::SatisfiesNothing => false,
                Unknown::AboveEveryBound => self.is_missing(Hour(*hour)),
                Unknown::AboveWhereMissingByNow => {
                    *hour <= self.series.now.0 && self.is_missing(Hour(*hour))
                }
            };
            let hour = self.series.hour(Hour(*hour));
            supposed || hour.is_valid() && condition.bound.exceeded_by(hour.own_index)
        };
        let begin = (first.0..=end.0).find(bad)?;
        let last = (first.0..=end.0).rev().find(bad)?;
        Some((Hour(begin - 1), Hour(last)))
    }
}

impl Clause {
    /// How many hours its chain covers.
    pub(crate) fn covered_h(&self) -> i32 {
        24 * i32::from(self.main.windows)
    }
}
