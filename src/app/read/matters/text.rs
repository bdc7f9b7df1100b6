//! The order board as text, for a terminal of 80 columns.

use std::fmt::Write as _;

use crate::domain::cooperation::{Body, Needs};
use crate::domain::{MINUTE_MS, Timestamp};
use crate::engine::cooperation::{
    Acknowledged, OpenMatter, OrderOnBoard, PendingItem, PendingProposal, SetOnBoard,
    SilenceDecides, StepTaken,
};

use super::Shown;

/// Ids that are longer stand in a line of their own.
const ID_MAX: usize = 35;

pub(super) fn text(it: &Shown<'_>) -> String {
    let Some(clock) = it.board.clock() else { return "This log has no clock yet.".to_owned() };
    let mut text = format!("As of {}\n", minute(clock));
    if let Some(viewer) = &it.viewer {
        line(&mut text, &format!("what {} may see", named(it, viewer)));
    }
    if it.board.numbers().is_none() {
        line(&mut text, "The rule book of this log asks for no answers.");
    }
    for set in &it.on_board.sets {
        line(&mut text, "");
        add_set(&mut text, it, set);
    }
    for proposal in &it.on_board.proposals {
        line(&mut text, "");
        add_proposal(&mut text, it, proposal);
    }
    line(&mut text, "");
    if it.on_board.matters.is_empty() {
        line(&mut text, "No matter is open.");
    } else {
        line(&mut text, "Due          Left         Owner   Step       Open matter");
        for matter in &it.on_board.matters {
            add_matter(&mut text, matter);
        }
    }
    if !it.on_board.silence_decides.is_empty() {
        line(&mut text, "\nDue          Left         Silence    Of");
        for due in &it.on_board.silence_decides {
            add_silence(&mut text, due, clock);
        }
    }
    text
}

fn line(text: &mut String, words: &str) {
    // Writing to a `String` never fails.
    writeln!(text, "{}", words.trim_end()).unwrap_or_default();
}

fn add_set(text: &mut String, it: &Shown<'_>, set: &SetOnBoard) {
    let from = set.effective_at.map_or(String::new(), |it| format!(", from {}", minute(it.end())));
    line(text, &format!("Order set {} of {}{from}", set.epoch, minute(set.decided_at)));
    for order in &set.orders {
        let (id, name) = (&order.order, name(it, &order.jurisdiction));
        let demand = format!("{} {}", order.act.name(), order.grade);
        line(text, &format!("  {id:<11} {name:<17} {demand:<14} {}", answer(order)));
    }
}

/// A proposal: each item, and what it waits for.
fn add_proposal(text: &mut String, it: &Shown<'_>, proposal: &PendingProposal) {
    line(text, &format!("Proposal {}: waits for approval", proposal.proposal));
    for PendingItem { item, outcome } in &proposal.items {
        let name = name(it, &item.jurisdiction);
        let demand = format!("{} {}", item.act.name(), item.grade);
        let state = match (outcome, &item.body, item.needs) {
            (Some(outcome), _, _) => outcome.name().to_owned(),
            (None, Some(body), _) => format!("waits for {body}"),
            (None, None, Needs::Follows) => "follows".to_owned(),
            (None, None, _) => "waits for a conclusion".to_owned(),
        };
        let code = item.jurisdiction.code();
        line(text, &format!("  {code:<11} {name:<17} {demand:<14} {state}"));
    }
}

/// What became of an order.
fn answer(order: &OrderOnBoard) -> String {
    let in_time = |it: &Acknowledged| if it.in_time { "in time" } else { "late" };
    match (&order.acknowledged, order.ended, order.acknowledge_by) {
        (Some(it), Some(how), _) => format!("{}, acknowledged {}", how.name(), in_time(it)),
        (None, Some(how), _) => format!("{}, never acknowledged", how.name()),
        (Some(it), None, _) => {
            let by = it.by.as_ref().map_or(String::new(), |it| format!(" by {}", it.body));
            format!("{}{by}, {}", day_and_time(it.at), in_time(it))
        }
        (None, None, Some(due_at)) => format!("due {}", day_and_time(due_at)),
        (None, None, None) => "not acknowledged".to_owned(),
    }
}

fn add_matter(text: &mut String, it: &OpenMatter) {
    let due = day_and_time(it.due_at);
    let left = if it.is_stopped { "stopped".to_owned() } else { duration(it.left_ms) };
    let owner = it.owner.code();
    let step = match (it.step, it.escalated_to.last()) {
        (StepTaken::None, _) => "-".to_owned(),
        (StepTaken::Escalated(_), Some(to)) => format!("to {to}"),
        (step, _) => step.name().to_owned(),
    };
    let row = format!("{due}  {left:<11}  {owner:<6}  {step:<9}  ");
    if it.matter.len() <= ID_MAX {
        line(text, &format!("{row}{}", it.matter));
    } else {
        line(text, &row);
        line(text, &format!("    {}", it.matter));
    }
    if let Some((reviewer, until)) = &it.objection {
        let left = if it.is_stopped {
            format!("; then {} are left", duration(it.left_ms))
        } else {
            String::new()
        };
        let until = day_and_time(*until);
        line(text, &format!("    {reviewer} decides the objection by {until}{left}"));
    }
    if let Some((to, until)) = &it.offer {
        line(text, &format!("    offered to {to} until {}", day_and_time(*until)));
    }
    if let (Some(next), true) = (&it.next, it.step != StepTaken::None) {
        let to = next.to.as_ref().map_or(String::new(), |it| format!(" to {it}"));
        line(text, &format!("    next: {}{to} at {}", next.step.name(), day_and_time(next.at)));
    }
}

fn add_silence(text: &mut String, it: &SilenceDecides, clock: Timestamp) {
    let (due, left) = (day_and_time(it.due_at), duration(it.due_at.0 - clock.0));
    line(text, &format!("{due}  {left:<11}  {:<9}  {}", it.outcome, it.matter));
    let bodies: Vec<&str> = it.bodies.iter().map(Body::code).collect();
    if !bodies.is_empty() {
        line(text, &format!("    waits for {}", bodies.join(" ")));
    }
}

/// The English name of a member, or the code.
fn name(it: &Shown<'_>, body: &Body) -> String {
    let all = it.board.airshed().rules().into_iter().flat_map(|it| &it.jurisdictions);
    let found = all.into_iter().find(|it| it.division.to_string() == body.code());
    found.map_or_else(|| body.to_string(), |it| it.name.to_string())
}

fn named(it: &Shown<'_>, body: &Body) -> String {
    let name = name(it, body);
    if name == body.code() { name } else { format!("{body} {name}") }
}

/// `2025-12-07 16:00`.
fn minute(at: Timestamp) -> String {
    let text = at.to_string().replacen('T', " ", 1);
    text.get(..16).unwrap_or(&text).to_owned()
}

/// `12-07 16:00`.
fn day_and_time(at: Timestamp) -> String {
    let text = minute(at);
    text.get(5..).unwrap_or(&text).to_owned()
}

/// `1 h 15 min`, `-2 d 3 h`; less than a minute is cut off.
fn duration(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let minutes = ms.unsigned_abs() / MINUTE_MS.unsigned_abs();
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let parts = match (days, hours, minutes) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    };
    format!("{sign}{parts}")
}
