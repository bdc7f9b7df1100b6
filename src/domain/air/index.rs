//! Air quality index (空气质量指数) of HJ 633: break points as data, arithmetic in integers.

use std::sync::Arc;

use super::hour::half_even;
use crate::domain::{Certainty, Date, MISSING, Pollutant, Tenths};

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
    /// The first day on which it is in force; its first label is 01:00 of that day.
    pub from: Date,
    /// The highest index of each level (级别) but the last.
    pub levels: Vec<u16>,
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

/// How an index came about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Working {
    /// The concentration, rounded to whole steps; never below zero.
    pub steps: i32,
    /// The break point below it (or the last one), as concentration in steps and index.
    pub lower: (i32, u16),
    /// The break point above it; none above the last one, where the index stays.
    pub upper: Option<(i32, u16)>,
    /// The index before rounding up, as numerator and denominator.
    pub exact: (i64, i64),
    /// The index.
    pub index: u16,
}

/// The index of several pollutants: the highest of theirs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Aqi {
    /// Its value.
    pub index: u16,
    /// The pollutants that reach it (首要污染物), several on ties; none at 50 and below.
    pub primary: Vec<Pollutant>,
}

/// Up to this index the air is good and no pollutant is the primary one.
const GOOD: u16 = 50;
impl Scale {
    /// The index of a concentration: rounded half to even to whole steps first, interpolated,
    /// rounded up, and no higher than that of the last break point. Below zero it is zero.
    pub fn index(&self, concentration: Tenths) -> u16 {
        self.working(concentration).index
    }

    /// The same, with every step of the way.
    pub fn working(&self, concentration: Tenths) -> Working {
        let steps = half_even(concentration.into(), self.step_tenths.max(1).into()).max(0);
        let steps = i32::try_from(steps).unwrap_or(i32::MAX);
        let above = self.points.partition_point(|(bound, _)| *bound <= steps);
        let at = |place: usize| self.points.get(place).copied();
        let lower = above.checked_sub(1).and_then(at).unwrap_or_default();
        let upper = at(above);
        let exact = match upper {
            None => (lower.1.into(), 1),
            Some(upper) => interpolate(lower, upper, steps),
        };
        let index = u16::try_from(ceiling(exact)).unwrap_or(u16::MAX);
        Working { steps, lower, upper, exact, index }
    }

    /// The concentration of an index, in steps, rounded half to even; above the last break point
    /// it stays there.
    pub fn inverse(&self, index: u16) -> i32 {
        let above = self.points.partition_point(|(_, bound)| *bound <= index);
        let at = |place: usize| self.points.get(place).copied();
        let lower = above.checked_sub(1).and_then(at).unwrap_or_default();
        let Some(upper) = at(above) else { return lower.0 };
        let (run, rise) = (i64::from(upper.0 - lower.0), i64::from(upper.1 - lower.1));
        let beyond = half_even(i64::from(index - lower.1) * run, rise);
        lower.0 + i32::try_from(beyond).unwrap_or(i32::MAX)
    }

    /// The same in whole µg/m³, rounded half to even.
    pub fn inverse_whole(&self, index: u16) -> u16 {
        let tenths = i64::from(self.inverse(index)) * i64::from(self.step_tenths);
        u16::try_from(half_even(tenths, 10)).unwrap_or(u16::MAX)
    }
}

/// The value at `steps` on the line between two break points, as numerator and denominator.
fn interpolate(lower: (i32, u16), upper: (i32, u16), steps: i32) -> (i64, i64) {
    let (run, rise) = (i64::from(upper.0 - lower.0), i64::from(upper.1 - lower.1));
    (rise * i64::from(steps - lower.0) + run * i64::from(lower.1), run)
}

fn ceiling((numerator, denominator): (i64, i64)) -> i64 {
    -(-numerator).div_euclid(denominator)
}

impl IndexStandard {
    /// The level (级别) of an index: 1 is the cleanest.
    pub fn level(&self, index: u16) -> usize {
        self.levels.partition_point(|it| *it < index) + 1
    }

    /// The scale of a pollutant and averaging time, if the standard has one.
    pub fn scale(&self, pollutant: Pollutant, averaging: Averaging) -> Option<&Scale> {
        self.scales.iter().find(|it| (it.pollutant, it.averaging) == (pollutant, averaging))
    }

    /// The scale by which a daily report reads a pollutant: ozone by its highest 8 h mean.
    pub fn daily_scale(&self, pollutant: Pollutant) -> Option<&Scale> {
        let day = self.scale(pollutant, Averaging::Hour24);
        day.or_else(|| self.scale(pollutant, Averaging::Hour8))
    }

    /// The index of one hour's concentrations; missing ones are passed over.
    pub fn hourly_aqi(&self, values: impl IntoIterator<Item = (Pollutant, Tenths)>) -> Option<Aqi> {
        Aqi::of(
            values.into_iter().filter(|(_, value)| *value != MISSING).filter_map(|(it, value)| {
                Some((it, self.scale(it, Averaging::Hour1)?.index(value)))
            }),
        )
    }

    /// The index of one day's concentrations; missing ones are passed over.
    pub fn daily_aqi(&self, values: impl IntoIterator<Item = (Pollutant, Tenths)>) -> Option<Aqi> {
        Aqi::of(
            values
                .into_iter()
                .filter(|(_, value)| *value != MISSING)
                .filter_map(|(it, value)| Some((it, self.daily_scale(it)?.index(value)))),
        )
    }
}

impl Aqi {
    /// The highest of the pollutants' indexes; none of no pollutant.
    pub fn of(indexes: impl IntoIterator<Item = (Pollutant, u16)>) -> Option<Self> {
        let mut highest: Option<Self> = None;
        for (pollutant, index) in indexes {
            match &mut highest {
                Some(aqi) if index < aqi.index => {}
                Some(aqi) if index == aqi.index => aqi.primary.push(pollutant),
                Some(_) | None => highest = Some(Self { index, primary: vec![pollutant] }),
            }
        }
        if let Some(aqi) = highest.as_mut().filter(|it| it.index <= GOOD) {
            aqi.primary.clear();
        }
        highest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INDEX: [u16; 8] = [0, 50, 100, 150, 200, 300, 400, 500];

    fn scale(pollutant: Pollutant, averaging: Averaging, points: &[i32]) -> Scale {
        // Carbon monoxide is read in tenths of a mg/m³.
        let (step_tenths, factor) = if pollutant == Pollutant::Co { (1000, 10) } else { (10, 1) };
        let points = points.iter().map(|it| it * factor).zip(INDEX).collect();
        Scale { pollutant, averaging, step_tenths, points }
    }

    /// The table of HJ 633, written here a second time on purpose.
    fn standard(pm25_100: i32, pm10_100: i32) -> IndexStandard {
        use Averaging::{Hour1, Hour8, Hour24};
        use Pollutant::{Co, No2, O3, Pm10, Pm25, So2};
        let pm25 = [0, 35, pm25_100, 115, 150, 250, 350, 500];
        let pm10 = [0, 50, pm10_100, 250, 350, 420, 500, 600];
        IndexStandard {
            id: "HJ 633".into(),
            reference: "table".into(),
            certainty: Certainty::Confirmed,
            from: Date(0),
            levels: vec![50, 100, 150, 200, 300],
            scales: vec![
                scale(Pm25, Hour24, &pm25),
                scale(Pm25, Hour1, &pm25),
                scale(Pm10, Hour24, &pm10),
                scale(Pm10, Hour1, &pm10),
                scale(So2, Hour24, &[0, 50, 150, 475, 800, 1600, 2100, 2620]),
                scale(So2, Hour1, &[0, 150, 500, 650, 800]),
                scale(No2, Hour24, &[0, 40, 80, 180, 280, 565, 750, 940]),
                scale(No2, Hour1, &[0, 100, 200, 700, 1200, 2340, 3090, 3840]),
                scale(O3, Hour8, &[0, 100, 160, 215, 265, 800]),
                scale(O3, Hour1, &[0, 160, 200, 300, 400, 800, 1000, 1200]),
                scale(Co, Hour24, &[0, 2, 4, 14, 24, 36, 48, 60]),
                scale(Co, Hour1, &[0, 5, 10, 35, 60, 90, 120, 150]),
            ],
        }
    }

    fn standards() -> [IndexStandard; 2] {
        [standard(75, 150), standard(60, 120)]
    }

    fn pm25(standard: &IndexStandard, averaging: Averaging, ug_m3: i32) -> u16 {
        standard.scale(Pollutant::Pm25, averaging).unwrap().index(ug_m3 * 10)
    }

    fn check(pollutant: Pollutant, averaging: Averaging, cases: &[(Tenths, u16)]) {
        let standard = standard(75, 150);
        let scale = standard.scale(pollutant, averaging).unwrap();
        for (tenths, expected) in cases {
            assert_eq!(scale.index(*tenths), *expected, "{} {tenths}", pollutant.name());
        }
    }

    #[test]
    fn the_concentration_is_rounded_half_to_even_and_the_index_up() {
        check(
            Pollutant::Pm25,
            Averaging::Hour24,
            &[
                (0, 0),
                (4, 0),
                (5, 0),
                (6, 2),
                (10, 2),
                (350, 50),
                (355, 52),
                (354, 50),
                (360, 52),
                (750, 100),
                (1500, 200),
                (1502, 200),
                (1505, 200),
                (1506, 201),
                (1510, 201),
                (1515, 202),
                (2500, 300),
                (2505, 300),
                (2510, 301),
                (3500, 400),
                (4980, 499),
                (4990, 500),
                (5000, 500),
                (15_000, 500),
                (i32::MAX, 500),
                (-10, 0),
                (i32::MIN + 1, 0),
            ],
        );
    }

    #[test]
    fn carbon_monoxide_is_rounded_to_a_tenth_of_a_milligram() {
        // 2.05 mg/m³ is 20 tenths, 2.15 is 22, and 2.1 is beyond the point of 50.
        check(
            Pollutant::Co,
            Averaging::Hour24,
            &[
                (20_000, 50),
                (20_500, 50),
                (20_501, 53),
                (21_000, 53),
                (21_500, 55),
                (600_000, 500),
                (700_000, 500),
            ],
        );
    }

    #[test]
    fn some_scales_end_early() {
        check(Pollutant::O3, Averaging::Hour8, &[(7990, 300), (8000, 300), (9990, 300)]);
        check(Pollutant::So2, Averaging::Hour1, &[(7990, 200), (8000, 200), (9990, 200)]);
    }

    #[test]
    fn each_bound_of_a_grade_lies_where_the_law_says() {
        for standard in standards() {
            for (ug_m3, bound) in [(115, 150), (150, 200), (250, 300), (350, 400), (500, 500)] {
                for averaging in [Averaging::Hour1, Averaging::Hour24] {
                    let index = |it| pm25(&standard, averaging, it);
                    assert_eq!(index(ug_m3), bound);
                    assert!(index(ug_m3 - 1) <= bound);
                    assert!(index(ug_m3 + 1) > bound || bound == 500);
                }
            }
            // Rounding up reaches 500 from 499 on.
            let index = |it| pm25(&standard, Averaging::Hour24, it);
            assert_eq!([498, 499, 500, 65_535].map(index), [499, 500, 500, 500]);
        }
    }

    #[test]
    fn the_versions_differ_only_between_the_points_of_50_and_150() {
        let of = |ug_m3| standards().map(|it| pm25(&it, Averaging::Hour24, ug_m3));
        for ug_m3 in 0..=1000 {
            let [old, new] = of(ug_m3);
            assert!(if (36..115).contains(&ug_m3) { old <= new } else { old == new }, "{ug_m3}");
            // So no bound of a warning has moved.
            for bound in [150, 200, 300, 499] {
                assert_eq!(old > bound, new > bound, "{ug_m3}");
            }
        }
        assert_eq!([of(60), of(61)], [[82, 100], [83, 101]]);
    }

    #[test]
    fn a_working_tells_each_step() {
        let standard = standard(75, 150);
        let scale = standard.scale(Pollutant::Pm25, Averaging::Hour24).unwrap();
        let working = scale.working(1515);
        assert_eq!((working.steps, working.lower), (152, (150, 200)));
        assert_eq!((working.upper, working.exact), (Some((250, 300)), (20_200, 100)));
        let beyond = scale.working(6000);
        assert_eq!((beyond.lower, beyond.upper, beyond.index), ((500, 500), None, 500));
    }

    #[test]
    fn the_highest_pollutant_is_the_primary_one() {
        use Pollutant::{Co, No2, O3, Pm10, Pm25, So2};
        let check = |values: &[(Pollutant, Tenths)], expected: Option<(u16, &[Pollutant])>| {
            let aqi = standard(75, 150).daily_aqi(values.iter().copied());
            let aqi = aqi.as_ref().map(|it| (it.index, it.primary.as_slice()));
            assert_eq!(aqi, expected, "{values:?}");
        };
        check(&[], None);
        check(&[(Pm25, MISSING)], None);
        check(&[(Pm25, 1510), (Pm10, MISSING)], Some((201, &[Pm25])));
        check(&[(Pm25, 750), (Pm10, 1500)], Some((100, &[Pm25, Pm10])));
        check(&[(So2, 100), (Pm25, 750), (Pm10, 1500), (No2, 10)], Some((100, &[Pm25, Pm10])));
        check(&[(Pm25, 350)], Some((50, &[])));
        check(&[(Pm25, 350), (Pm10, 500)], Some((50, &[])));
        check(&[(Pm25, 360)], Some((52, &[Pm25])));
        check(&[(O3, 1600), (Co, 10_000)], Some((100, &[O3])));
        let hour = standard(75, 150).hourly_aqi([(O3, 1600)]).unwrap();
        assert_eq!((hour.index, hour.primary), (50, vec![]));
    }

    #[test]
    fn every_scale_is_monotone_and_continuous_at_every_step() {
        for scale in standards().iter().flat_map(|it| &it.scales) {
            let last = *scale.points.last().unwrap();
            // On one step the line rises by at most its slope, and rounding up adds less than one.
            let rises = scale.points.windows(2).map(|pair| {
                let (run, rise) = (pair[1].0 - pair[0].0, i32::from(pair[1].1 - pair[0].1));
                rise.div_euclid(run) + 1
            });
            let bound = rises.max().unwrap();
            let index = |steps: i32| i32::from(scale.index(steps * scale.step_tenths));
            for steps in 0..last.0 + 10 {
                let rise = index(steps + 1) - index(steps);
                assert!((0..=bound).contains(&rise), "{scale:?} at {steps} rises by {rise}");
            }
            for (steps, exact) in &scale.points {
                assert_eq!(index(*steps), i32::from(*exact), "{scale:?} at {steps}");
                assert_eq!(scale.inverse(*exact), *steps);
            }
            assert_eq!(scale.inverse(u16::MAX), last.0);
        }
    }

    #[test]
    fn the_neighbours_of_every_break_point_lie_on_their_own_side() {
        for scale in standards().iter().flat_map(|it| &it.scales) {
            for (steps, exact) in &scale.points[1..scale.points.len() - 1] {
                let (below, above) =
                    ((steps - 1) * scale.step_tenths, (steps + 1) * scale.step_tenths);
                assert!(scale.index(below) <= *exact, "{scale:?} below {steps}");
                assert!(scale.index(above) > *exact, "{scale:?} above {steps}");
                // Less than half a step beyond is still the point itself.
                let half = scale.step_tenths / 2;
                assert_eq!(scale.index(steps * scale.step_tenths + half - 1), *exact);
                assert!(scale.index(steps * scale.step_tenths + half + 1) > *exact);
            }
        }
    }

    proptest! {
        /// Total and monotone for whatever the type can hold, and within the scale.
        #[test]
        fn the_index_is_total_and_monotone(a: i32, b: i32) {
            let (low, high) = (a.min(b), a.max(b));
            for scale in standards().iter().flat_map(|it| &it.scales) {
                prop_assert!(scale.index(low) <= scale.index(high));
                prop_assert!(scale.index(high) <= scale.points.last().unwrap().1);
            }
        }

        /// An index from a concentration leads back to within a step where the line is steep.
        #[test]
        fn the_inverse_of_an_index_has_that_index_or_the_next(index in 0..=600_u16) {
            for scale in standards().iter().flat_map(|it| &it.scales) {
                let last = scale.points.last().unwrap().1;
                let steps = scale.inverse(index);
                let (below, above) = (scale.working((steps - 1) * scale.step_tenths).index,
                    scale.working((steps + 1) * scale.step_tenths).index);
                let wanted = index.min(last);
                prop_assert!(below <= wanted && wanted <= above, "{scale:?} {index} {steps}");
            }
        }

        /// The arithmetic in integers is that of the formula in exact fractions.
        #[test]
        fn the_index_is_the_ceiling_of_the_formula(tenths in 0..=8_000_000_i32) {
            for scale in standards().iter().flat_map(|it| &it.scales) {
                let working = scale.working(tenths);
                let (numerator, denominator) = working.exact;
                let index = i64::from(working.index);
                prop_assert!(index * denominator >= numerator);
                prop_assert!((index - 1) * denominator < numerator);
            }
        }
    }
}
