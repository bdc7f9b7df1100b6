//! The conditions of the act that was decided, with their numbers, as text.

use std::cmp::Ordering;

use crate::domain::{
    ActCondition, ActKind, ActRow, Answer, Bound, Cause, Grade, Hour, Nearness, WarningAct,
};
use crate::wire::record::json::Names;

use super::find::DecisionHour;

/// Each condition of the row that was applied, and whether it holds.
pub(super) fn conditions(found: &DecisionHour) -> Vec<(String, bool)> {
    let Some((_, act)) = &found.act else { return Vec::new() };
    let names = Names(Some(&found.book.rules));
    let row = row_of(act);
    let rows = found.explanation.rows.iter().filter(|it| it.row == row);
    let conditions = rows.flat_map(|it| &it.conditions);
    conditions.map(|it| (words(it, names), it.answer() == Answer::Yes)).collect()
}

fn row_of(act: &WarningAct) -> ActRow {
    match (act.cause, act.kind) {
        (Cause::Follows, _) => ActRow::Follow,
        (Cause::Synchrony | Cause::Linkage, _) => ActRow::Synchrony,
        // The last three are causes of orders; acts have the others.
        (
            Cause::Warning
            | Cause::Amendment
            | Cause::Guarantee
            | Cause::Prompt
            | Cause::Consultation,
            kind,
        ) => match kind {
            ActKind::Issue => ActRow::Issue,
            ActKind::Raise => ActRow::Raise,
            ActKind::Advance => ActRow::Advance,
            ActKind::Extend => ActRow::Extend,
            ActKind::Shorten => ActRow::Shorten,
            ActKind::Lower => ActRow::Lower,
            ActKind::Lift => ActRow::Lift,
        },
    }
}

fn words(condition: &ActCondition, names: Names<'_>) -> String {
    use ActCondition as Condition;
    match *condition {
        Condition::NoWarning { .. } => "no warning is open".to_owned(),
        Condition::BeginsSoon { begin, now, notice_h } => {
            begins(begin, &format!("at most {notice_h} h after {now}"))
        }
        Condition::Joined(Nearness { begin, from, gap_h }) => {
            begins(begin, &format!("less than {gap_h} h after {from}"))
        }
        Condition::BeginsEarlier { begin, start, step_h } => {
            begins(Some(begin), &format!("more than {step_h} h before the announced start {start}"))
        }
        Condition::EndsAfterStart { end, .. } => end.map_or_else(
            || "without an outlook the episode has no known end: later than the start".into(),
            |end| format!("the episode ends at {end}, after the start"),
        ),
        Condition::EpisodeGrade { episode, warning, counts_as, must_be } => {
            grades(episode, warning, counts_as, must_be)
        }
        Condition::NotStarted { start, soonest } => {
            format!("the warning starts at {start}, after {soonest}")
        }
        Condition::HasOutlook { reach_h } => format!("the outlook reaches {reach_h} h"),
        Condition::EndsSoon { end, before_h, .. } => {
            format!("the expected end {} is at most {before_h} h away", hour(end))
        }
        Condition::EndsLater { episode_end, step_h, .. } => {
            format!("the episode ends at {episode_end}, at least {step_h} h later")
        }
        Condition::EndsEarlier { episode_end, end, step_h } => end.map_or_else(
            || format!("there was no expected end; the episode ends at {episode_end}"),
            |end| format!("the episode ends at {episode_end}, at least {step_h} h before {end}"),
        ),
        Condition::BelowFor { hold_h, .. } => {
            format!("it was milder in each of the last {hold_h} decisions")
        }
        Condition::BelowAtWorst { .. } => {
            "it would be milder even if every unknown window were above every bound".to_owned()
        }
        Condition::NoneJoined(_) => "no episode belongs to the warning".to_owned(),
        Condition::NoneJoinedAtWorst(_) => {
            "none would if every hour missing up to now were above every bound".to_owned()
        }
        Condition::Clear { index, bound } => clear(index, bound),
        Condition::KnownAhead { reach_h, from_h, to_h, .. } => format!(
            "the outlook reaches {reach_h} h, and every window that ends {from_h} to {to_h} h \
             ahead is known"
        ),
        Condition::ObservedClear { reach_h, observed_h, .. } => format!(
            "the outlook reaches {reach_h} h; the last {observed_h} hours are observed, and no \
             chain of windows ended among them"
        ),
        Condition::HourOfDay { of_day, allowed } => {
            let hours: Vec<u32> = allowed.hours().collect();
            format!("acts fall at the hours {hours:?} of the day, this is {of_day}")
        }
        Condition::UnknownFor { decisions, review_h } => kept_open(decisions, review_h),
        Condition::NearStart { own_start, shared, sync_h, linked_sync_h } => {
            near_start(own_start, shared, sync_h, linked_sync_h)
        }
        Condition::Follows { leader, .. } => {
            format!("it has no air of its own and follows {}", names.jurisdiction(leader))
        }
        Condition::NotOnHold { is_held, .. } => on_hold(is_held).to_owned(),
    }
}

fn kept_open(decisions: u16, review_h: i32) -> String {
    format!("it could not be lifted for {decisions} decisions; a review is due at {review_h}")
}

fn on_hold(is_held: bool) -> &'static str {
    if is_held {
        "no act of this jurisdiction waits for approval"
    } else {
        "the act was not rejected in the last decisions"
    }
}

fn begins(begin: Option<Hour>, when: &str) -> String {
    begin
        .map_or_else(|| "an episode".to_owned(), |it| format!("the episode begins at {it}, {when}"))
}

fn grades(episode: Grade, warning: Grade, counts_as: Grade, must_be: Ordering) -> String {
    let how = match must_be {
        Ordering::Greater => "above",
        Ordering::Equal => "equal to",
        Ordering::Less => "below",
    };
    let as_known =
        if warning == counts_as { String::new() } else { format!(", which counts as {counts_as}") };
    format!("the episode is {episode}, {how} the open warning's {warning}{as_known}")
}

fn clear(index: Option<u16>, bound: Option<Bound>) -> String {
    match (index, bound) {
        (Some(index), Some(bound)) => {
            format!("the hour is observed and its index {index} is below {}", bound.lowest())
        }
        (_, None) => "the standard has a clause".to_owned(),
        (None, Some(_)) => "the hour is observed".to_owned(),
    }
}

fn near_start(own: Option<Hour>, shared: Hour, sync_h: i32, linked_sync_h: Option<i32>) -> String {
    let Some(own) = own else { return "an episode".to_owned() };
    let (width_h, region) = match linked_sync_h {
        Some(width_h) if own >= shared.plus(sync_h) => (width_h, " of the linked region"),
        Some(_) | None => (sync_h, ""),
    };
    format!("its own start {own} is less than {width_h} h after the shared start {shared}{region}")
}

fn hour(hour: Option<Hour>) -> String {
    hour.map_or_else(|| "none".to_owned(), |it| it.to_string())
}
