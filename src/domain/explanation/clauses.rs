//! The clauses of a standard against a series: what satisfies them, or comes nearest.

use crate::domain::air::series::Series;
use crate::domain::airshed::Airshed;
use crate::domain::warning::episode::{Chain, GradedSeries};
use crate::domain::{Clause, Condition, Hour, Window};

/// A clause against the series.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExplainedClause {
    /// Its grade, name and wording.
    pub clause: Clause,
    /// Whether a chain satisfies it.
    pub holds: bool,
    /// The longest condition, and the one within it.
    pub conditions: Vec<ExplainedCondition>,
}

/// A condition against the chain that satisfies it, or that comes nearest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExplainedCondition {
    /// The condition.
    pub condition: Condition,
    /// Whether this chain satisfies it.
    pub holds: bool,
    /// The windows of the chain, oldest first; none where one is not known.
    pub windows: Vec<(Hour, Option<Window>)>,
    /// The lowest mean with an index above the bound, whole µg/m³, at the chain's last window.
    pub exceeds_from_ug_m3: Option<u16>,
    /// The lowest window's mean minus that: how far it could fall and still hold, or, below
    /// zero, how far it would have to rise. None where a window is not known.
    pub margin_ug_m3: Option<i32>,
}

impl Airshed {
    /// Each clause of the standard, in its order.
    pub(super) fn explained_clauses(&self, graded: &GradedSeries<'_>) -> Vec<ExplainedClause> {
        let (now, last) = (graded.series.now, graded.series.last());
        let mut chains = graded.chains(now, last);
        chains.retain(|it| it.end >= now);
        let clauses = graded.standard.clauses.iter().enumerate();
        let explained = |(place, clause): (usize, &Clause)| {
            let satisfied = chains
                .iter()
                .filter(|it: &&Chain| it.clause == place)
                .map(|it| it.last_window)
                .min();
            let main = match satisfied {
                Some(end) => self.explained_condition(graded.series, clause.main, end),
                None => self.nearest(graded.series, clause.main, now..=last),
            };
            let end = main.windows.last().map_or(now, |it| it.0);
            let mut conditions = vec![main];
            if let Some(within) = clause.within {
                let earlier_h = i32::from(clause.main.windows) - i32::from(within.windows);
                let from = end.plus(-24 * earlier_h.max(0));
                conditions.push(self.nearest(graded.series, within, from..=end));
            }
            ExplainedClause { clause: clause.clone(), holds: satisfied.is_some(), conditions }
        };
        clauses.map(explained).collect()
    }

    /// The chain with the highest lowest window; the first of several.
    fn nearest(
        &self,
        series: &Series,
        condition: Condition,
        ends: std::ops::RangeInclusive<Hour>,
    ) -> ExplainedCondition {
        let all = (ends.start().0..=ends.end().0)
            .map(|end| self.explained_condition(series, condition, Hour(end)));
        let better = |best: ExplainedCondition, it: ExplainedCondition| {
            if it.margin_ug_m3 > best.margin_ug_m3 { it } else { best }
        };
        let first = self.explained_condition(series, condition, *ends.start());
        all.fold(first, better)
    }

    fn explained_condition(
        &self,
        series: &Series,
        condition: Condition,
        end: Hour,
    ) -> ExplainedCondition {
        let first = end.0 - 24 * (i32::from(condition.windows) - 1);
        let ends = (first..=end.0).step_by(24).map(Hour);
        let windows: Vec<_> = ends.map(|end| (end, series.window(end))).collect();
        let lowest = windows.iter().map(|(_, it)| it.map(|it| it.mean_ug_m3)).min().flatten();
        let exceeds_from_ug_m3 = self.exceeds_from(condition.bound, end);
        let margin = lowest.zip(exceeds_from_ug_m3);
        ExplainedCondition {
            condition,
            holds: windows
                .iter()
                .all(|(_, it)| it.is_some_and(|it| condition.bound.exceeded_by(it.index))),
            windows,
            exceeds_from_ug_m3,
            margin_ug_m3: margin.map(|(lowest, from)| i32::from(lowest) - i32::from(from)),
        }
    }
}
