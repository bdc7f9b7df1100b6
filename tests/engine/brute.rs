//! Grading by definition: every chain of every clause is written out, hour by hour, and joined
//! pair by pair. Slow and plain; it shares nothing with the program but the words of a standard.

use std::sync::Arc;

use airshed::domain::*;

/// Hours before the decision hour that a series has here.
pub(crate) const BACK_H: i32 = 120;
/// No outlook reaches further.
pub(crate) const HORIZON_H: i32 = 120;

/// One way to read the rules; the numbers are those of the law.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    pub(crate) windows_as_edges: bool,
    pub(crate) merge_gap_h: i32,
}

/// The defaults.
pub(crate) const LAW: How = How { windows_as_edges: false, merge_gap_h: 36 };

/// Points of HJ 633-2012 for PM2.5: concentration and index.
const POINTS: [(u32, u32); 8] =
    [(0, 0), (35, 50), (75, 100), (115, 150), (150, 200), (250, 300), (350, 400), (500, 500)];

/// The index of a whole concentration: on the line between two points, rounded up.
pub(crate) fn index(ug_m3: u32) -> u32 {
    for pair in POINTS.windows(2) {
        let ((c0, i0), (c1, i1)) = (pair[0], pair[1]);
        if ug_m3 <= c1 {
            return i0 + ((i1 - i0) * (ug_m3 - c0)).div_ceil(c1 - c0);
        }
    }
    500
}

/// A mean of whole numbers, rounded half to even.
pub(crate) fn mean(values: &[u32]) -> u32 {
    let (sum, count) = (values.iter().sum::<u32>(), u32::try_from(values.len()).unwrap());
    let (down, rest) = (sum / count, sum % count);
    down + u32::from(2 * rest > count || (2 * rest == count && down % 2 == 1))
}

/// How a window that is not known is taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unknown {
    /// It satisfies nothing: the law.
    Nothing,
    /// It is above every bound, and so is an hour without a value.
    AboveEveryBound,
    /// The same, but only for hours that are missing up to now.
    AboveWhereMissingByNow,
}

/// A series around the decision hour 0: hour `h` is at `h + BACK_H`.
struct Air<'a> {
    hours: &'a [AirHour],
    /// The last hour that is spoken for without a gap.
    last: i32,
}

impl Air<'_> {
    fn is_missing(&self, hour: i32) -> bool {
        matches!(self.at(hour), AirHour::Missing | AirHour::Unspoken)
    }

    fn at(&self, hour: i32) -> AirHour {
        if hour > self.last || hour < -BACK_H {
            return AirHour::Unspoken;
        }
        self.hours[usize::try_from(hour + BACK_H).unwrap()]
    }

    /// W(e), if it is known.
    fn window(&self, end: i32) -> Option<u32> {
        let day: Vec<AirHour> = (end - 23..=end).map(|hour| self.at(hour)).collect();
        let count = |kind: AirHour| day.iter().filter(|it| **it == kind).count();
        if count(AirHour::Unspoken) > 0 {
            return None;
        }
        let values: Vec<u32> = day.iter().filter_map(|it| value(*it)).collect();
        let (missing, excluded) = (count(AirHour::Missing), count(AirHour::Excluded));
        let known = match excluded {
            0 => values.len() >= 20,
            1.. => missing <= 4 && values.len() >= 12,
        };
        if known {
            return Some(index(mean(&values)));
        }
        (excluded > 12 && missing <= 4).then_some(0)
    }

    fn own(&self, hour: i32) -> Option<u32> {
        value(self.at(hour)).map(index)
    }
}

fn value(hour: AirHour) -> Option<u32> {
    match hour {
        AirHour::Value(ug_m3) => Some(u32::from(ug_m3)),
        AirHour::Unspoken | AirHour::Missing | AirHour::Excluded => None,
    }
}

pub(crate) fn above(bound: Bound, index: u32) -> bool {
    match bound {
        Bound::Above(bound) => index > u32::from(bound),
        Bound::AtLeast(bound) => index >= u32::from(bound),
    }
}

/// What the engine says, and what the definition says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) grade: Grade,
    pub(crate) begin: i32,
    pub(crate) end: i32,
    pub(crate) clause: Arc<str>,
    pub(crate) chain_end: i32,
}

/// One chain that counts.
#[derive(Clone, Debug)]
struct Chain {
    clause: usize,
    last_window: i32,
    begin: i32,
    end: i32,
}

struct ByDefinition<'a> {
    air: Air<'a>,
    /// W(e) for `e` from the 24th hour on.
    windows: Vec<Option<u32>>,
    standard: &'a Standard,
    how: How,
    unknown: Unknown,
    zero: Hour,
}

impl ByDefinition<'_> {
    fn window(&self, end: i32) -> Option<u32> {
        let at = usize::try_from(end + BACK_H - 23).ok()?;
        self.windows.get(at).copied().flatten()
    }

    /// Whether a chain of k windows for a bound ends at e.
    fn holds(&self, condition: Condition, end: i32) -> bool {
        let midnight = (self.zero.0 + end + 8).rem_euclid(24) == 0;
        if self.standard.window_phase == WindowPhase::CalendarDay && !midnight {
            return false;
        }
        let k = i32::from(condition.windows);
        let ends: Vec<i32> = match self.standard.duration_as {
            DurationAs::Chain => (0..k).map(|it| end - 24 * it).collect(),
            DurationAs::Rolling => (0..=24 * (k - 1)).map(|it| end - it).collect(),
        };
        ends.iter().all(|end| self.exceeds(condition.bound, *end))
    }

    fn exceeds(&self, bound: Bound, end: i32) -> bool {
        let mut by_now = end - 23..=end.min(0);
        match (self.window(end), self.unknown) {
            (Some(index), _) => above(bound, index),
            (None, Unknown::Nothing) => false,
            (None, Unknown::AboveEveryBound) => true,
            (None, Unknown::AboveWhereMissingByNow) => by_now.any(|it| self.air.is_missing(it)),
        }
    }

    fn is_bad(&self, bound: Bound, hour: i32) -> bool {
        let supposed = match self.unknown {
            Unknown::Nothing => false,
            Unknown::AboveEveryBound => self.air.is_missing(hour),
            Unknown::AboveWhereMissingByNow => hour <= 0 && self.air.is_missing(hour),
        };
        supposed || self.air.own(hour).is_some_and(|it| above(bound, it))
    }

    fn chains(&self) -> Vec<Chain> {
        let mut chains = Vec::new();
        for (place, clause) in self.standard.clauses.iter().enumerate() {
            for end in 0..=self.air.last {
                let covered: Vec<i32> =
                    (end - 24 * i32::from(clause.main.windows) + 1..=end).collect();
                if !self.holds(clause.main, end) {
                    continue;
                }
                // Some chain of the second condition whose covered hours are all among these.
                let contains = |within: Condition| {
                    covered.iter().any(|last| {
                        let first = last - 24 * i32::from(within.windows) + 1;
                        first >= covered[0] && self.holds(within, *last)
                    })
                };
                if clause.within.is_some_and(|within| !contains(within)) {
                    continue;
                }
                let is_bad = |hour: &&i32| {
                    self.how.windows_as_edges || self.is_bad(clause.main.bound, **hour)
                };
                let bad: Vec<i32> = covered.iter().filter(is_bad).copied().collect();
                let (Some(first), Some(last)) = (bad.first(), bad.last()) else { continue };
                if *last >= 0 {
                    let (begin, last) = (first - 1, *last);
                    chains.push(Chain { clause: place, last_window: end, begin, end: last });
                }
            }
        }
        chains
    }

    /// Two chains belong together when the later begin is near the earlier end; so do all that
    /// are connected by such pairs.
    fn episode(&self) -> Option<Verdict> {
        let chains = self.chains();
        let start = chains.iter().min_by_key(|it| it.begin)?;
        let (mut begin, mut end) = (start.begin, start.end);
        loop {
            let near = chains.iter().filter(|it| {
                let gap = it.begin.max(begin) - it.end.min(end);
                gap < self.how.merge_gap_h
            });
            let near: Vec<&Chain> = near.collect();
            let grown = (
                near.iter().map(|it| it.begin).min()?.min(begin),
                near.iter().map(|it| it.end).max()?.max(end),
            );
            if grown == (begin, end) {
                return self.verdict(&near, begin, end);
            }
            (begin, end) = grown;
        }
    }

    fn verdict(&self, chains: &[&Chain], begin: i32, end: i32) -> Option<Verdict> {
        let clause = |it: &Chain| &self.standard.clauses[it.clause];
        let grade = chains.iter().map(|it| clause(it).grade).max()?;
        let place =
            chains.iter().filter(|it| clause(it).grade == grade).map(|it| it.clause).min()?;
        let named = chains.iter().filter(|it| it.clause == place);
        let chain_end = named.map(|it| it.last_window).min()?;
        let clause = Arc::clone(&self.standard.clauses[place].id);
        Some(Verdict { grade, begin, end, clause, chain_end })
    }
}

/// The episode of a series whose first hour is `BACK_H` before the decision hour `zero`.
pub(crate) fn by_definition(
    air: &[AirHour],
    standard: &Standard,
    how: How,
    unknown: Unknown,
    zero: Hour,
) -> Option<Verdict> {
    let mut last = 0;
    while last < HORIZON_H
        && usize::try_from(last + 1 + BACK_H)
            .is_ok_and(|at| air.get(at).is_some_and(|it| *it != AirHour::Unspoken))
    {
        last += 1;
    }
    let air = Air { hours: air, last };
    let windows = (-BACK_H + 23..=last).map(|end| air.window(end)).collect();
    ByDefinition { air, windows, standard, how, unknown, zero }.episode()
}

/// The highest grade of all chains that count, and of its chains the one that ends last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Highest {
    pub(crate) grade: Grade,
    /// Its last bad hour, and the end of the first window chain that ends with it.
    pub(crate) last: Option<(i32, i32)>,
}

/// The highest grade of a series that is spoken for to its end.
pub(crate) fn highest(air: &[AirHour], standard: &Standard, zero: Hour) -> Highest {
    let last = i32::try_from(air.len()).unwrap() - BACK_H - 1;
    let air = Air { hours: air, last };
    let windows = (-BACK_H + 23..=last).map(|end| air.window(end)).collect();
    let unknown = Unknown::Nothing;
    let chains = ByDefinition { air, windows, standard, how: LAW, unknown, zero }.chains();
    let grade = |it: &Chain| standard.clauses[it.clause].grade;
    let highest = chains.iter().map(grade).max().unwrap_or_default();
    let own = chains.iter().filter(|it| grade(it) == highest);
    let last = own.clone().map(|it| it.end).max();
    let first = own.filter(|it| Some(it.end) == last).map(|it| it.last_window).min();
    Highest { grade: highest, last: last.zip(first) }
}

/// The mean of the 24 h to an hour, if it is known.
pub(crate) fn day_mean(air: &[AirHour], end: i32) -> Option<u32> {
    let at = usize::try_from(end + BACK_H).unwrap();
    let day = air.get(at.checked_sub(23)?..=at)?;
    let last = i32::try_from(air.len()).unwrap() - BACK_H - 1;
    Air { hours: air, last }.window(end)?;
    let values: Vec<u32> = day.iter().filter_map(|it| value(*it)).collect();
    (!values.is_empty()).then(|| mean(&values))
}
