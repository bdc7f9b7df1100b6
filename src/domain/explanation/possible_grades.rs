//! Which grades are possible when some hours may have any value between two.
//!
//! The highest grade of all chains that count rises with every hour's value. So the lowest and the
//! highest possible grade are those with every hour at its lowest and at its highest; nothing
//! outside is possible. What lies in between is looked for on paths from the one corner to the
//! other, and then by halving: a part whose two corners are on one side of a grade does not hold
//! it. Where that takes too long, the grade is neither found nor excluded, and is reported as such.

use crate::domain::{Grade, Standard};

/// The grades that some hours leave open.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PossibleGrades {
    /// Each of these comes about with some values, mildest first.
    pub grades: Vec<Grade>,
    /// These may be possible too: they lie between, and were neither found nor excluded.
    pub perhaps: Vec<Grade>,
}

/// How many gradings are tried for each grade that no path leads to.
const HALVINGS: u32 = 600;

/// Hours that may have any value from `low` to `high`, whole µg/m³.
pub(crate) struct OpenHours<'a> {
    pub(crate) low: &'a [u16],
    pub(crate) high: &'a [u16],
    pub(crate) standard: &'a Standard,
}

impl OpenHours<'_> {
    /// The grades that are possible; `grade` gives that of one choice of values.
    pub(crate) fn possible(&self, mut grade: impl FnMut(&[u16]) -> Grade) -> PossibleGrades {
        let (lowest, highest) = (grade(self.low), grade(self.high));
        let clauses = self.standard.clauses.iter().map(|it| it.grade);
        let mut between: Vec<Grade> = clauses.filter(|it| lowest < *it && *it < highest).collect();
        between.sort_unstable();
        between.dedup();
        let mut found = GradeRange { grades: vec![lowest, highest], between };
        for path in Path::ALL {
            let steps = self.steps(path);
            self.walk(path, (0, lowest), (steps, highest), &mut found, &mut grade);
        }
        let mut perhaps = Vec::new();
        for wanted in std::mem::take(&mut found.between) {
            if !found.grades.contains(&wanted) {
                match self.halve(wanted, &mut grade) {
                    Some(true) => found.grades.push(wanted),
                    Some(false) => {}
                    None => perhaps.push(wanted),
                }
            }
        }
        found.grades.sort_unstable();
        found.grades.dedup();
        PossibleGrades { grades: found.grades, perhaps }
    }

    /// All grades on a path between two of its steps.
    fn walk(
        &self,
        path: Path,
        from: (u32, Grade),
        to: (u32, Grade),
        found: &mut GradeRange,
        grade: &mut impl FnMut(&[u16]) -> Grade,
    ) {
        if to.0 - from.0 <= 1 || !found.lacks(from.1, to.1) {
            return;
        }
        let middle = u32::midpoint(from.0, to.0);
        let middle = (middle, grade(&self.at(path, middle)));
        found.grades.push(middle.1);
        self.walk(path, from, middle, found, grade);
        self.walk(path, middle, to, found, grade);
    }

    fn widths(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.low.iter().zip(self.high).map(|(low, high)| u32::from(high.saturating_sub(*low)))
    }

    fn steps(&self, path: Path) -> u32 {
        match path {
            Path::Together => self.widths().max().unwrap_or(0),
            Path::Level => u32::from(self.high.iter().max().copied().unwrap_or(0)),
            Path::OldestFirst | Path::NewestFirst => self.widths().sum(),
        }
    }

    /// The values at a step of a path: none of them falls from one step to the next.
    fn at(&self, path: Path, step: u32) -> Vec<u16> {
        let part =
            |low: &u16, part: u32| low.saturating_add(u16::try_from(part).unwrap_or(u16::MAX));
        let steps = self.steps(path).max(1);
        match path {
            Path::Together => self
                .low
                .iter()
                .zip(self.widths())
                .map(|(low, it)| part(low, it * step / steps))
                .collect(),
            Path::Level => {
                let step = u16::try_from(step).unwrap_or(u16::MAX);
                self.low
                    .iter()
                    .zip(self.high)
                    .map(|(low, high)| step.clamp(*low, *high.max(low)))
                    .collect()
            }
            Path::OldestFirst | Path::NewestFirst => {
                let mut left = step;
                let mut take = |(low, width): (&u16, u32)| {
                    let taken = width.min(left);
                    left -= taken;
                    part(low, taken)
                };
                let hours = self.low.iter().zip(self.widths().collect::<Vec<_>>());
                if path == Path::OldestFirst {
                    return hours.map(take).collect();
                }
                let mut values: Vec<u16> = hours.rev().map(&mut take).collect();
                values.reverse();
                values
            }
        }
    }

    /// Whether a grade is possible, by halving; none where that takes too long.
    fn halve(&self, wanted: Grade, grade: &mut impl FnMut(&[u16]) -> Grade) -> Option<bool> {
        let mut parts = vec![(self.low.to_vec(), self.high.to_vec())];
        for _ in 0..HALVINGS {
            // In each part the lowest corner is milder than wanted, the highest stricter.
            let Some((low, high)) = parts.pop() else { return Some(false) };
            let width = |at: &usize| high[*at].saturating_sub(low[*at]);
            let Some(widest) = (0..low.len()).max_by_key(width).filter(|at| width(at) > 0) else {
                continue;
            };
            let middle = u16::midpoint(low[widest], high[widest]);
            let (mut below, mut above) = (high.clone(), low.clone());
            (below[widest], above[widest]) = (middle, middle + 1);
            let corners = (grade(&below), grade(&above));
            if corners.0 == wanted || corners.1 == wanted {
                return Some(true);
            }
            if corners.0 > wanted {
                parts.push((low, below));
            }
            if corners.1 < wanted {
                parts.push((above, high));
            }
        }
        parts.is_empty().then_some(false)
    }
}

struct GradeRange {
    grades: Vec<Grade>,
    /// Those of the standard between the lowest and the highest.
    between: Vec<Grade>,
}

impl GradeRange {
    /// Whether a grade between two has not been found.
    fn lacks(&self, from: Grade, to: Grade) -> bool {
        let mut between = self.between.iter().filter(|it| from < **it && **it < to);
        between.any(|it| !self.grades.contains(it))
    }
}

/// Ways from the lowest corner to the highest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Path {
    /// Every hour the same part of its way.
    Together,
    /// Every hour as near to one level as it can be.
    Level,
    /// One hour after the other.
    OldestFirst,
    /// The other way round.
    NewestFirst,
}

impl Path {
    const ALL: [Self; 4] = [Self::Together, Self::Level, Self::OldestFirst, Self::NewestFirst];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Bound, Certainty, Clause, Condition, DurationAs, WindowPhase};

    /// With the grades yellow and red.
    fn standard() -> Standard {
        let clause = |grade: Grade| Clause {
            grade,
            id: grade.name().into(),
            text: "".into(),
            main: Condition { bound: Bound::Above(200), windows: 1 },
            within: None,
        };
        Standard {
            id: "T".into(),
            title: "".into(),
            reference: "".into(),
            certainty: Certainty::Interpretation,
            duration_as: DurationAs::Chain,
            window_phase: WindowPhase::Any,
            clauses: [Grade::Yellow, Grade::Red].map(clause).to_vec(),
        }
    }

    /// Below a sum there is no grade, above it there is red; at the sum it is yellow in one place
    /// or in none, where no path leads.
    #[track_caller]
    fn check(hours: usize, width: u16, yellow: bool, grades: &[Grade], perhaps: &[Grade]) {
        let (low, high) = (vec![10; hours], vec![10 + width; hours]);
        let place: Vec<u16> = (0_u16..).take(hours).map(|it| 10 + it * 3 % (width + 1)).collect();
        let sum = |values: &[u16]| values.iter().copied().map(u32::from).sum::<u32>();
        let standard = standard();
        let open = OpenHours { low: &low, high: &high, standard: &standard };
        let found = open.possible(|values| match sum(values).cmp(&sum(&place)) {
            std::cmp::Ordering::Less => Grade::None,
            std::cmp::Ordering::Equal if yellow && values == place => Grade::Yellow,
            std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => Grade::Red,
        });
        assert_eq!((&*found.grades, &*found.perhaps), (grades, perhaps));
    }

    #[test]
    fn a_hidden_grade_is_found_excluded_or_left_open() {
        let (none, yellow, red) = (Grade::None, Grade::Yellow, Grade::Red);
        check(3, 7, true, &[none, yellow, red], &[]);
        check(3, 7, false, &[none, red], &[]);
        // Too many to try: it is reported as open, whether it is possible or not.
        check(40, 900, true, &[none, red], &[yellow]);
        check(40, 900, false, &[none, red], &[yellow]);
    }

    #[test]
    fn no_value_falls_on_a_path_from_the_lowest_to_the_highest() {
        let (low, high) = ([3, 40, 0, 7, 9], [9, 60, 0, 7, 400]);
        let standard = standard();
        let open = OpenHours { low: &low, high: &high, standard: &standard };
        for path in Path::ALL {
            let steps = open.steps(path);
            assert_eq!((open.at(path, 0), open.at(path, steps)), (low.to_vec(), high.to_vec()));
            for step in 0..steps {
                let (from, to) = (open.at(path, step), open.at(path, step + 1));
                assert!(from.iter().zip(&to).all(|(from, to)| from <= to), "{path:?} {step}");
            }
        }
    }
}
