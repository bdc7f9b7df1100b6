//! Same air, same grade: an auditor that looks for two jurisdictions under one standard with like
//! air and unlike grades.
//!
//! Their air is alike where the outlook reaches equally far and no 24 h mean of the last three days
//! (as far as decisions look back) or of the outlook is further apart than `like_air_ug_m3`, each
//! known in both or in neither. It is recorded again only after a day, or when either warning has
//! changed.

use std::sync::Arc;

use super::act_table::clause_of;
use super::judgement::{JudgedMember, Judgement};
use crate::domain::air::series::{Known, Series, WindowIndex};
use crate::domain::{Grade, Hour, OpenWarning, Standard, UnlikeGrades, UnlikeSide, WarningAct};

/// Hours before the decision hour over which air is compared.
pub(in crate::domain) const COMPARED_H: i32 = 72;
/// Hours until the same pair is recorded again.
const AGAIN_H: i32 = 24;

/// One jurisdiction after a decision.
struct Side<'a> {
    member: &'a JudgedMember<'a>,
    standard: &'a Standard,
    grade: Grade,
    start: Option<Hour>,
    mean_ug_m3: Option<u16>,
}

impl Judgement<'_> {
    /// The pairs to record at this decision.
    pub(in crate::domain) fn unlike(
        &self,
        members: &[JudgedMember<'_>],
        acts: &[WarningAct],
        pending: &[WarningAct],
    ) -> Vec<UnlikeGrades> {
        let Some(within_ug_m3) = self.rules.parameters.acts.like_air_ug_m3 else {
            return Vec::new();
        };
        let mut sides: Vec<Side<'_>> =
            members.iter().filter_map(|it| self.side(it, (acts, pending))).collect();
        if sides.iter().all(|it| it.grade == Grade::None) {
            return Vec::new();
        }
        for it in &mut sides {
            it.mean_ug_m3 = self.mean_ug_m3(it.member);
        }
        // Only neighbours in this order can have like air.
        sides.sort_by_key(|it| (it.mean_ug_m3, it.member.jurisdiction));
        let mut unlike = Vec::new();
        // Of two unlike grades one is the higher one, and few have a grade at all.
        for a in sides.iter().filter(|it| it.grade != Grade::None) {
            let lowest = a.mean_ug_m3.map(|it| it.saturating_sub(within_ug_m3));
            let first = sides.partition_point(|b| b.mean_ug_m3 < lowest);
            let near = |b: &&Side<'_>| {
                apart(a.mean_ug_m3, b.mean_ug_m3).is_some_and(|it| it <= within_ug_m3)
            };
            let near = sides[first..].iter().take_while(near);
            for b in near.filter(|b| b.grade < a.grade) {
                let [a, b] =
                    if a.member.jurisdiction < b.member.jurisdiction { [a, b] } else { [b, a] };
                unlike.extend(self.compared(a, b, within_ug_m3, acts));
            }
        }
        unlike.sort_by_key(|it: &UnlikeGrades| it.sides.each_ref().map(|it| it.jurisdiction));
        unlike
    }

    /// A jurisdiction after the acts of this decision, and those that wait for approval.
    fn side<'m>(
        &self,
        member: &'m JudgedMember<'m>,
        (acts, pending): (&[WarningAct], &[WarningAct]),
    ) -> Option<Side<'m>> {
        let standard = member.standard?;
        let act =
            acts.iter().chain(pending).find(|it| it.warning.jurisdiction == member.jurisdiction);
        let open = self.judged.warnings.open(member.jurisdiction);
        let after = match act {
            Some(act) => OpenWarning::after(open, act),
            None => open.cloned(),
        };
        Some(Side {
            member,
            standard,
            grade: after.as_ref().map(|it| it.grade).unwrap_or_default(),
            start: after.map(|it| it.start),
            mean_ug_m3: None,
        })
    }

    /// The mean of the window that ends now. Where every hour of it was observed no series is
    /// needed for it.
    fn mean_ug_m3(&self, member: &JudgedMember<'_>) -> Option<u16> {
        match member.day {
            (count, Known::Mean(mean)) if count.is_whole() => Some(mean),
            _ => self.series(member).window(self.hour).map(|it| it.mean_ug_m3),
        }
    }

    fn compared(
        &self,
        a: &Side<'_>,
        b: &Side<'_>,
        within_ug_m3: u16,
        acts: &[WarningAct],
    ) -> Option<UnlikeGrades> {
        let pair = (a.member.jurisdiction, b.member.jurisdiction);
        if a.standard.id != b.standard.id {
            return None;
        }
        let is_of_pair = |it: &WarningAct| {
            it.warning.jurisdiction == pair.0 || it.warning.jurisdiction == pair.1
        };
        let recorded =
            self.judged.warnings.unlike.get(&pair).filter(|_| !acts.iter().any(is_of_pair));
        if recorded.is_some_and(|at| self.hour.0 - at.0 < AGAIN_H) {
            return None;
        }
        let [series_a, series_b] = [a, b].map(|it| self.series(it.member));
        // With a longer outlook, the air is not the same as far as is known.
        if series_a.reach_h != series_b.reach_h {
            return None;
        }
        let (mut differ_by_ug_m3, mut windows) = (0, 0);
        for end in (self.hour.0 - COMPARED_H..=series_a.last().0).map(Hour) {
            match window_apart(series_a, series_b, end) {
                Apart::By(apart) if apart <= within_ug_m3 => {
                    windows += 1;
                    differ_by_ug_m3 = differ_by_ug_m3.max(apart);
                }
                Apart::BothUnknown => {}
                Apart::By(_) | Apart::OneIsUnknown => return None,
            }
        }
        (windows > 0).then(|| UnlikeGrades {
            hour: self.hour,
            decided_at: self.clock,
            standard: Arc::clone(&a.standard.id),
            differ_by_ug_m3,
            windows,
            sides: [a.recorded(), b.recorded()],
        })
    }
}

impl Side<'_> {
    fn recorded(&self) -> UnlikeSide {
        let episode = self.member.row_result.episode;
        UnlikeSide {
            jurisdiction: self.member.jurisdiction,
            grade: self.grade,
            start: self.start,
            episode_grade: episode.map(|it| it.grade).unwrap_or_default(),
            clause: episode.and_then(|it| clause_of(self.standard, &it.named)),
            mean_24h_ug_m3: self.mean_ug_m3,
        }
    }
}

/// How far two windows are apart.
enum Apart {
    By(u16),
    BothUnknown,
    OneIsUnknown,
}

fn window_apart(a: &Series, b: &Series, end: Hour) -> Apart {
    match (a.index(end), b.index(end)) {
        (WindowIndex::Unknown, WindowIndex::Unknown) => Apart::BothUnknown,
        (WindowIndex::Known(_), WindowIndex::Known(_)) => {
            let mean = |it: &Series| it.window(end).map_or(0, |it| it.mean_ug_m3);
            Apart::By(mean(a).abs_diff(mean(b)))
        }
        (WindowIndex::Unknown, WindowIndex::Known(_))
        | (WindowIndex::Known(_), WindowIndex::Unknown) => Apart::OneIsUnknown,
    }
}

fn apart(a: Option<u16>, b: Option<u16>) -> Option<u16> {
    match (a, b) {
        (None, None) => Some(0),
        (Some(a), Some(b)) => Some(a.abs_diff(b)),
        (None, Some(_)) | (Some(_), None) => None,
    }
}
