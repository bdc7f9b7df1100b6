//! Exports and restores the outlooks for snapshots.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::domain::{Hour, OutlookHour, Timestamp};

use super::{KEPT_H, NOTHING, OutlookBook, Slot};

/// The range of hours of one jurisdiction, with or without values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Frame {
    /// The first hour.
    pub(crate) first: Hour,
    /// How many there are.
    pub(crate) count: usize,
    /// The last hour that any outlook put above the harmless level.
    pub(crate) last_harmful: Hour,
}

/// More hours than the outlooks for hundreds of jurisdictions: a snapshot with more is refused.
const HOURS_MAX: usize = 1 << 20;

impl OutlookBook {
    /// All makers, by their numbers.
    pub(crate) fn makers(&self) -> &[Arc<str>] {
        &self.makers
    }

    /// The ranges of hours, by jurisdiction.
    pub(crate) fn frames(&self) -> impl Iterator<Item = Frame> {
        let all = self.hours.iter().zip(&self.first).zip(&self.last_harmful);
        all.map(|((slots, first), last_harmful)| Frame {
            first: *first,
            count: slots.len(),
            last_harmful: *last_harmful,
        })
    }

    /// Makes room for these hours in an empty book, without values yet. False if they are more than
    /// a book stores.
    pub(crate) fn frame(&mut self, makers: Vec<Arc<str>>, frames: &[Frame]) -> bool {
        if frames.iter().any(|it| it.count > KEPT_H.unsigned_abs() as usize) {
            return false;
        }
        if frames.iter().map(|it| it.count).sum::<usize>() > HOURS_MAX {
            return false;
        }
        let nothing = |it: &Frame| VecDeque::from(vec![NOTHING; it.count]);
        self.hours = frames.iter().map(nothing).collect();
        self.first = frames.iter().map(|it| it.first).collect();
        self.last_harmful = frames.iter().map(|it| it.last_harmful).collect();
        self.makers = makers;
        true
    }

    /// Restores the outlook for an hour. False if the book has no room for it.
    pub(crate) fn put_back(
        &mut self,
        place: usize,
        hour: Hour,
        (says, issued_at): (OutlookHour, Timestamp),
        maker: &str,
    ) -> bool {
        let maker = self
            .makers
            .iter()
            .position(|it| **it == *maker)
            .map(|it| u16::try_from(it).unwrap_or(u16::MAX));
        let first = self.first.get(place).copied();
        let at =
            first.and_then(|first| usize::try_from(i64::from(hour.0) - i64::from(first.0)).ok());
        let slot = self.hours.get_mut(place).zip(at).and_then(|(slots, at)| slots.get_mut(at));
        let (Some(slot), Some(maker)) = (slot, maker) else { return false };
        *slot = Slot { issued_at, says, maker };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_bytes_do_not_make_room_for_everything() {
        let frame = |count| Frame { first: Hour(0), count, last_harmful: Hour(0) };
        let check = |frames: usize, count: usize, fits: bool| {
            let frames = vec![frame(count); frames];
            assert_eq!(OutlookBook::default().frame(Vec::new(), &frames), fits);
        };
        let kept = KEPT_H.unsigned_abs() as usize;
        check(100, kept, true);
        check(1, kept + 1, false);
        check(1000, kept, false);
    }
}
