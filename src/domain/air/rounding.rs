//! Rounding of exact fractions: half to even (四舍六入五成双), as GB/T 8170 has it.

/// The whole number nearest to `numerator / denominator`; of two equally near, the even one.
/// The denominator is positive.
pub fn half_to_even(numerator: i64, denominator: i64) -> i64 {
    let whole = numerator.div_euclid(denominator);
    let twice_rest = numerator.rem_euclid(denominator) * 2;
    let up = twice_rest > denominator || (twice_rest == denominator && whole % 2 != 0);
    whole + i64::from(up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_equally_near_the_even_one() {
        for (numerator, denominator, expected) in [
            (5, 10, 0),
            (15, 10, 2),
            (25, 10, 2),
            (26, 10, 3),
            (24, 10, 2),
            (-5, 10, 0),
            (-15, 10, -2),
            (-26, 10, -3),
            (7, 3, 2),
            (8, 3, 3),
            (0, 7, 0),
        ] {
            assert_eq!(half_to_even(numerator, denominator), expected, "{numerator}/{denominator}");
        }
    }
}
