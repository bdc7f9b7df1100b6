//! With which hour a file begins.
//!
//! One row with a wrong year must not decide where a file, or a log, begins. An hour that is too
//! far before the next one of its file does not count, and the next one begins; unless the rows
//! after that go back near the first, so that the one in between has the wrong year.

use crate::domain::Hour;

/// Finds the hour with which a file begins, row by row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beginning {
    first: Option<Hour>,
    /// An hour too far after the first.
    far: Option<Hour>,
}

impl Beginning {
    /// Takes the hour of the next row, and says whether the beginning is known now.
    pub fn is_known_with(&mut self, hour: Hour, max_jump_h: i32) -> bool {
        let Some(first) = self.first else {
            self.first = Some(hour);
            return false;
        };
        if self.far.is_none() && hour == first || self.far == Some(hour) {
            return false;
        }
        if hour <= first.plus(max_jump_h) {
            self.far = None;
            return true;
        }
        let Some(far) = self.far else {
            self.far = Some(hour);
            return false;
        };
        (self.first, self.far) = (Some(far), None);
        if hour <= far.plus(max_jump_h) {
            return true;
        }
        self.far = Some(hour);
        false
    }

    /// The hour, of what has been seen; none before the first row.
    pub fn hour(&self) -> Option<Hour> {
        self.far.or(self.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hours of rows, the hour with which they begin, and with which row that is known.
    #[track_caller]
    fn check(hours: &[i32], expected: (Option<i32>, Option<usize>)) {
        let mut beginning = Beginning::default();
        let known = hours.iter().position(|it| beginning.is_known_with(Hour(*it), 100));
        assert_eq!((beginning.hour().map(|it| it.0), known), expected, "{hours:?}");
    }

    #[test]
    fn a_lone_old_hour_begins_nothing() {
        check(&[], (None, None));
        check(&[7, 7], (Some(7), None));
        check(&[7, 7, 8], (Some(7), Some(2)));
        check(&[7, 107], (Some(7), Some(1)));
        check(&[7, 108], (Some(108), None));
        check(&[7, 7, 108, 108, 109], (Some(108), Some(4)));
        // Several of them.
        check(&[7, 200, 400, 401], (Some(400), Some(3)));
        check(&[200, 7, 201], (Some(200), Some(1)));
    }

    #[test]
    fn a_lone_later_hour_does_not_either() {
        check(&[7, 9000, 8], (Some(7), Some(2)));
        check(&[7, 7, 9000, 7, 8], (Some(7), Some(3)));
        check(&[7, 9000, 9000, 6], (Some(7), Some(3)));
        check(&[7, 500, 9000, 501], (Some(500), Some(3)));
    }
}
