//! Where some appends begin in the topic, so that a read from late in the log need not start at its
//! beginning. Only first records of an append: a reader must see appends whole.

use crate::wire::topic_snapshot::AppendMark;

/// Places that readers and the writer have passed.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// By rising position; thinned out.
    sparse: Vec<AppendMark>,
    /// Those that are never dropped, in the order in which they came.
    pinned: Vec<AppendMark>,
    last: Option<AppendMark>,
}

/// Records between two marks that are kept: so many are read to find an old one. Half a million
/// records have ten thousand marks.
const MARK_EVERY: u64 = 50;

impl Marks {
    /// Notes a place, instead of what was known of the same append.
    pub(super) fn note(&mut self, mark: AppendMark) {
        let same = self.sparse.binary_search_by_key(&mark.position, |it| it.position).ok();
        if let Some(known) = same.and_then(|at| self.sparse.get_mut(at)) {
            *known = mark;
        }
        let at = self.sparse.partition_point(|it| it.position <= mark.position);
        let before = at.checked_sub(1).and_then(|it| self.sparse.get(it));
        let is_far = |it: Option<&AppendMark>| {
            it.is_none_or(|it| it.position.abs_diff(mark.position) >= MARK_EVERY)
        };
        if is_far(before) && is_far(self.sparse.get(at)) {
            self.sparse.insert(at, mark);
        }
        if self.last.is_none_or(|it| it.position <= mark.position) {
            self.last = Some(mark);
        }
    }

    /// Never drops this place.
    pub(super) fn pin(&mut self, mark: AppendMark) {
        if !self.pinned.contains(&mark) {
            self.pinned.push(mark);
        }
    }

    /// The latest known place at or before a position.
    pub(super) fn before(&self, position: u64) -> Option<AppendMark> {
        let sparse = self
            .sparse
            .partition_point(|it| it.position <= position)
            .checked_sub(1)
            .and_then(|it| self.sparse.get(it));
        let all = sparse.into_iter().chain(&self.pinned).chain(&self.last);
        all.filter(|it| it.position <= position).max_by_key(|it| it.position).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(position: u64, offset: i64) -> AppendMark {
        AppendMark { position, offset, timestamp_ms: None }
    }

    fn check(marks: &Marks, places: &[(u64, (u64, i64))]) {
        for (position, (at, offset)) in places {
            assert_eq!(marks.before(*position), Some(mark(*at, *offset)), "before {position}");
        }
    }

    #[test]
    fn a_mark_is_the_latest_known_place_before() {
        let mut marks = Marks::default();
        assert_eq!(marks.before(7), None);
        for (position, offset) in [(0, 0), (20, 21), (60, 63), (95, 99)] {
            marks.note(mark(position, offset));
        }
        check(&marks, &[(0, (0, 0)), (59, (0, 0)), (75, (60, 63)), (9_999, (95, 99))]);
    }

    #[test]
    fn what_is_read_replaces_what_was_only_known() {
        let mut marks = Marks::default();
        marks.note(mark(7, 9));
        marks.note(mark(7, 8));
        check(&marks, &[(7, (7, 8))]);
    }

    #[test]
    fn a_pinned_place_is_never_dropped_and_earlier_ones_can_be_learned_later() {
        let mut marks = Marks::default();
        marks.note(mark(5_000, 5_100));
        marks.note(mark(5_300, 5_410));
        marks.pin(mark(5_300, 5_410));
        marks.pin(mark(7, 8));
        for (position, offset) in [(5_900, 6_000), (0, 0), (2_000, 2_040)] {
            marks.note(mark(position, offset));
        }
        check(
            &marks,
            &[(5_400, (5_300, 5_410)), (5_299, (5_000, 5_100)), (1_999, (7, 8)), (6, (0, 0))],
        );
        check(&marks, &[(2_100, (2_000, 2_040)), (6_000, (5_900, 6_000))]);
    }
}
