//! Seeded pseudorandom numbers. Uses only integers, so they are the same on every machine.

/// The generator `SplitMix64`.
#[derive(Clone, Debug)]
pub(in crate::app::run) struct Random {
    state: u64,
}

impl Random {
    /// The same seed and purpose give the same numbers. Different purposes give independent
    /// numbers.
    pub(in crate::app::run) fn new(seed: u64, purpose: u64) -> Self {
        let mut random = Self { state: seed };
        let mixed = random.next();
        Self { state: mixed ^ purpose.wrapping_mul(0xD134_2543_DE82_EF95) }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From `-bound` to `bound`, each as likely as any other.
    pub(in crate::app::run) fn around_zero(&mut self, bound: i32) -> i32 {
        let span = u64::from(bound.unsigned_abs()) * 2 + 1;
        // The high half of the product is below the span, which fits.
        let drawn = (u128::from(self.next()) * u128::from(span)) >> 64;
        i32::try_from(drawn).unwrap_or(bound) - bound.abs()
    }

    /// True with a probability in thousandths.
    pub(super) fn permille(&mut self, times: u64) -> bool {
        self.next() % 1000 < times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_generator() {
        let mut random = Random { state: 1_234_567 };
        let drawn = [random.next(), random.next(), random.next()];
        let expected =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(drawn, expected);
    }

    #[test]
    fn draws_stay_within_their_bounds_and_reach_them() {
        let mut random = Random::new(7, 1);
        let drawn: Vec<i32> = (0..2000).map(|_| random.around_zero(3)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&-3), Some(&3)));
        assert_eq!(random.around_zero(0), 0);
        let often = (0..10_000).filter(|_| random.permille(100)).count();
        assert!((800..1200).contains(&often), "{often}");
    }
}
