//! Why an act fell in this decision: the conditions of its row, each with its numbers.

use crate::domain::{ActKind, Cause, EpisodeLook, Hour, OpenWarning, Parameters, WarningAct};

use super::find::Found;

/// A condition in words, and whether it is so.
pub(super) type Reason = (String, bool);

/// The conditions of the act that was decided, worked out again from what the decision saw.
pub(super) fn reasons(found: &Found) -> Vec<Reason> {
    let Some((_, act)) = &found.act else { return Vec::new() };
    if let Some(leader) = found.follows {
        return vec![(format!("it has no air of its own and follows {leader}"), true)];
    }
    let row = Row { found, act, parameters: &found.book.rules.parameters };
    let mut reasons = match (act.kind, &found.look.episode, &found.open) {
        (ActKind::Issue, Some(episode), _) => row.issue(episode),
        (ActKind::Raise, Some(episode), Some(open)) => row.raise(episode, open),
        (ActKind::Advance, Some(episode), Some(open)) => row.advance(episode, open),
        (ActKind::Extend, Some(episode), Some(open)) => row.extend(episode, open),
        (ActKind::Shorten, Some(episode), Some(open)) => row.shorten(episode, open),
        (ActKind::Lower, Some(episode), Some(open)) => row.lower(episode, open),
        (ActKind::Lift, _, Some(_)) => row.lift(),
        (_, None, _) | (_, _, None) => Vec::new(),
    };
    let (of_day, hours) = (act.hour.of_day(), &row.parameters.acts.act_hours);
    if !hours.is_empty() {
        let words = format!("acts fall at the hours {hours:?} of the day, this is {of_day}");
        reasons.push((words, hours.contains(&of_day) || act.kind == ActKind::Raise));
    }
    reasons
}

struct Row<'a> {
    found: &'a Found,
    act: &'a WarningAct,
    parameters: &'a Parameters,
}

impl Row<'_> {
    fn now(&self) -> Hour {
        self.act.hour
    }

    fn soonest(&self) -> Hour {
        self.act.decided_at.plus_hours(self.parameters.acts.min_notice_h).hour_at_or_after()
    }

    fn issue(&self, episode: &EpisodeLook) -> Vec<Reason> {
        let (start, notice_h) = (self.act.start, self.parameters.acts.notice_h);
        let mut reasons = vec![("no warning is open".to_owned(), self.found.open.is_none())];
        let own_start = episode.begin.max(self.soonest());
        match self.act.cause {
            Cause::Warning | Cause::Follows | Cause::Amendment => {
                let words = format!(
                    "the episode begins at {}, at most {notice_h} h after {}",
                    episode.begin,
                    self.now()
                );
                reasons.push((words, episode.begin <= self.now().plus(notice_h)));
            }
            Cause::Synchrony | Cause::Linkage => {
                let linked = self.act.cause == Cause::Linkage;
                let width_h = if linked {
                    self.parameters.synchrony.linked_sync_h
                } else {
                    self.parameters.synchrony.sync_h
                };
                let region = if linked { " of the linked region" } else { "" };
                let words = format!(
                    "its own start {own_start} is less than {width_h} h after the shared start \
                     {start}{region}"
                );
                reasons.push((words, own_start < start.plus(width_h)));
            }
        }
        let later = self.found.look.reach_h == 0 || episode.end > start;
        reasons.push((format!("the episode ends at {}, after the start", episode.end), later));
        reasons
    }

    fn raise(&self, episode: &EpisodeLook, open: &OpenWarning) -> Vec<Reason> {
        let words =
            format!("the episode is {}, above the open warning's {}", episode.grade, open.grade);
        vec![self.joined(episode, open), (words, episode.grade > open.grade)]
    }

    fn advance(&self, episode: &EpisodeLook, open: &OpenWarning) -> Vec<Reason> {
        let step_h = self.parameters.acts.advance_step_h;
        let words = format!(
            "the episode begins at {}, more than {step_h} h before the announced start {}",
            episode.begin, open.start
        );
        let not_begun = format!("the warning starts at {}, after {}", open.start, self.soonest());
        vec![
            self.joined(episode, open),
            (not_begun, open.start > self.soonest()),
            (words, episode.begin < open.start.plus(-step_h)),
        ]
    }

    fn extend(&self, episode: &EpisodeLook, open: &OpenWarning) -> Vec<Reason> {
        let (before_h, step_h) =
            (self.parameters.acts.extend_before_h, self.parameters.acts.extend_step_h);
        let end = open.end.unwrap_or_default();
        vec![
            self.joined(episode, open),
            (
                format!("the expected end {end} is at most {before_h} h away"),
                self.now() >= end.plus(-before_h),
            ),
            (
                format!("the episode ends at {}, at least {step_h} h later", episode.end),
                episode.end >= end.plus(step_h),
            ),
        ]
    }

    fn shorten(&self, episode: &EpisodeLook, open: &OpenWarning) -> Vec<Reason> {
        let step_h = self.parameters.acts.shorten_step_h;
        let near = open.end.is_none_or(|end| episode.end <= end.plus(-step_h));
        let words = match open.end {
            None => format!("there was no expected end; the episode ends at {}", episode.end),
            Some(end) => {
                format!("the episode ends at {}, at least {step_h} h before {end}", episode.end)
            }
        };
        vec![self.joined(episode, open), (words, near)]
    }

    fn lower(&self, episode: &EpisodeLook, open: &OpenWarning) -> Vec<Reason> {
        let hold_h = self.parameters.acts.lower_hold_h;
        let words =
            format!("the episode is {}, below the open warning's {}", episode.grade, open.grade);
        vec![
            self.joined(episode, open),
            (words, episode.grade < open.grade),
            (format!("it was milder in each of the last {hold_h} decisions"), true),
            ("it would be milder even if every unknown window were above every bound".into(), true),
        ]
    }

    fn lift(&self) -> Vec<Reason> {
        let look = &self.found.look;
        let lowest = look.standard.as_ref().and_then(crate::domain::Standard::lowest_bound);
        let mut reasons = vec![("no episode belongs to the warning".to_owned(), true)];
        if let (Some(bound), Some(index)) = (lowest, look.index_1h) {
            let words =
                format!("the hour is observed and its index {index} is below {}", bound.lowest());
            reasons.push((words, !bound.exceeded_by(index)));
        }
        let (lift_h, from_h) = (self.parameters.acts.lift_h, self.parameters.acts.lift_from_h);
        if look.reach_h >= lift_h {
            let words = format!(
                "the outlook reaches {} h, and every window that ends {from_h} to {lift_h} h ahead is known",
                look.reach_h
            );
            reasons.push((words, true));
        } else {
            let observed_h = self.parameters.acts.lift_observed_h;
            let words = format!(
                "the outlook reaches {} h; the last {observed_h} hours are observed, and no chain \
                 of windows ended among them",
                look.reach_h
            );
            reasons.push((words, true));
        }
        reasons
    }

    fn joined(&self, episode: &EpisodeLook, open: &OpenWarning) -> Reason {
        let gap_h = self.parameters.episodes.merge_gap_h;
        let from = self.now().max(open.start);
        let words =
            format!("the episode begins at {}, less than {gap_h} h after {from}", episode.begin);
        (words, episode.begin < from.plus(gap_h))
    }
}
