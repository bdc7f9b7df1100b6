//! The air of the demonstration: two peaks that arrive from the south-west, and a cold front from
//! the north-west that ends them. Uses only integers, in tenths of a µg/m³.

use crate::domain::{Date, Division, Hour};

use super::random::Random;

/// The length of the episode.
pub(in crate::app::run) const HOURS: i32 = 13 * 24;
/// Clean winter air.
const CLEAN_TENTHS: i32 = 280;
/// Hours that the front needs to clean the air of a city.
const SWEEP_H: i32 = 9;
/// When the front reaches the first city.
const FRONT_H: i32 = 238;

/// The part of one city in the episode.
struct Part {
    division: u32,
    /// Hours after the first city until the haze arrives.
    onset_h: i32,
    /// Hours after the first city until the front arrives.
    front_h: i32,
    /// The peak of the haze, in thousandths of the thickest.
    strength_permille: i32,
}

const fn part(division: u32, onset_h: i32, front_h: i32, strength_permille: i32) -> Part {
    Part { division, onset_h, front_h, strength_permille }
}

/// From the south-west to the north-east.
const PARTS: [Part; 13] = [
    part(130_400, 0, 23, 960),  // Handan
    part(130_500, 2, 19, 990),  // Xingtai
    part(130_100, 4, 14, 1000), // Shijiazhuang
    part(131_100, 7, 15, 920),  // Hengshui
    part(130_600, 9, 9, 960),   // Baoding
    part(130_900, 13, 12, 700), // Cangzhou
    part(131_000, 15, 7, 680),  // Langfang
    part(110_000, 16, 4, 600),  // Beijing
    part(120_000, 18, 8, 620),  // Tianjin
    part(130_200, 20, 8, 590),  // Tangshan
    part(130_300, 27, 9, 360),  // Qinhuangdao
    part(130_800, 30, 3, 220),  // Chengde
    part(130_700, 30, 0, 160),  // Zhangjiakou
];

/// The part of a city that is not in the list above.
const ELSEWHERE: Part = part(0, 12, 12, 500);

/// The haze where it is thickest: hours after its arrival, and tenths of a µg/m³.
const HAZE: [(i32, i32); 14] = [
    (0, 0),
    (44, 0),
    (58, 900),
    (76, 1750),
    (94, 2250),
    (110, 2700),
    (122, 2650),
    (134, 2050),
    (146, 1450),
    (156, 1650),
    (174, 2750),
    (194, 3450),
    (214, 3550),
    (240, 3300),
];

/// The daily course of the haze, in thousandths, every three hours from 00:00: thick at night under
/// an inversion, thin in the afternoon.
const DAY: [i32; 8] = [1070, 1060, 1040, 1020, 970, 900, 960, 1040];

/// The first hour of the episode: 3 December 2025, 01:00.
pub(in crate::app::run) fn first_hour() -> Hour {
    let day = Date::new(2025, 12, 3);
    day.and_then(|day| Hour::of_beijing(day, 1)).expect("3 December is a day of every year")
}

/// The true air of one city, without instrument noise.
#[derive(Clone, Debug)]
pub(in crate::app::run) struct Air {
    onset_h: i32,
    front_h: i32,
    strength_permille: i32,
    clean_tenths: i32,
}

impl Air {
    /// The part of this city, varied by the seed.
    pub(in crate::app::run) fn of(division: Division, seed: u64) -> Self {
        let part = PARTS.iter().find(|it| it.division == division.0).unwrap_or(&ELSEWHERE);
        let mut whole = Random::new(seed, 1);
        let mut own = Random::new(seed, u64::from(division.0));
        Self {
            onset_h: part.onset_h + whole.around_zero(3) + own.around_zero(1),
            front_h: FRONT_H + part.front_h + whole.around_zero(4) + own.around_zero(1),
            strength_permille: part.strength_permille + own.around_zero(25),
            clean_tenths: CLEAN_TENTHS + own.around_zero(60),
        }
    }

    /// PM2.5 at `after_h` hours after the first hour, with the haze and the front shifted by
    /// `shift_h` hours.
    pub(in crate::app::run) fn tenths(&self, after_h: i32, shift_h: i32) -> i32 {
        let moved_h = after_h - shift_h;
        let haze = between(&HAZE, moved_h - self.onset_h) * self.strength_permille / 1000;
        let swept = (moved_h - self.front_h).clamp(0, SWEEP_H);
        let left = haze * (SWEEP_H - swept) / SWEEP_H;
        let of_day = usize::try_from(first_hour().plus(after_h).of_day() / 3).unwrap_or(0);
        (self.clean_tenths + left) * DAY[of_day % DAY.len()] / 1000
    }
}

/// Linear interpolation between neighbouring points. Beyond the ends, the value of the end.
fn between(points: &[(i32, i32)], at: i32) -> i32 {
    let after = points.partition_point(|(x, _)| *x <= at);
    match (after.checked_sub(1).and_then(|it| points.get(it)), points.get(after)) {
        (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * (at - x0) / (x1 - x0),
        (Some((_, y)), None) | (None, Some((_, y))) => *y,
        (None, None) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_straight_between_points_and_flat_beyond() {
        let check = |at, y| assert_eq!(between(&[(0, 10), (10, 30), (20, 30)], at), y, "at {at}");
        check(-5, 10);
        check(0, 10);
        check(5, 20);
        check(10, 30);
        check(99, 30);
        assert_eq!(between(&[], 3), 0);
    }

    #[test]
    fn haze_comes_from_the_south_west_and_goes_from_the_north_west() {
        for seed in 0..50 {
            let (handan, beijing) =
                (Air::of(Division(130_400), seed), Air::of(Division(110_000), seed));
            let thick = |air: &Air, after_h| air.tenths(after_h, 0) > 1150;
            let first = |air: &Air| (0..HOURS).find(|it| thick(air, *it)).unwrap();
            let last = |air: &Air| (0..HOURS).rfind(|it| thick(air, *it)).unwrap();
            assert!(first(&handan) < first(&beijing), "seed {seed}");
            assert!(last(&beijing) < last(&handan), "seed {seed}");
            for after_h in (0..30).chain(HOURS - 24..HOURS) {
                assert!(handan.tenths(after_h, 0) < 500, "seed {seed}, hour {after_h}");
            }
        }
    }
}
