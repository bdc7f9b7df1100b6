//! `airshed matters`: the order board, with everything that waits for an answer.

mod text;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::domain::cooperation::{Body, EndedHow, ItemOutcome};
use crate::domain::{MINUTE_MS, Rules, Timestamp};
use crate::engine::cooperation::{
    Acknowledged, Board, OnBoard, OpenMatter, OrderOnBoard, PendingProposal, SetOnBoard,
};
use crate::engine::entries;

use crate::app::support::log_reader::Which;
use crate::app::support::{Failure, output};

/// Arguments of `matters`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
    /// Show what this body may see: a code of six digits, a province such as 13, or region.
    #[arg(long = "as", value_name = "BODY")]
    viewer: Option<String>,
    /// Show all order sets; without it, those with an order that binds or asks for an answer.
    #[arg(long)]
    all: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let mut board = Board::default();
    let mut records = args.log.read()?.followed("");
    for entry in entries(&mut records) {
        board.note(&entry.context("cannot go on")?);
    }
    records.end();
    let shown = Shown::of(&board, args)?;
    if args.json { output::print_json(&shown.json()) } else { output::print(&text::text(&shown)) }
}

/// The whole board as JSON, or what one body may see of it.
pub(in crate::app) fn board_json(board: &Board, viewer: Option<Body>) -> Value {
    let mut on_board = board.all();
    if let Some(viewer) = &viewer {
        on_board = board.seen_by(viewer, on_board);
    }
    Shown { board, viewer, on_board }.json()
}

/// What is shown of a board.
struct Shown<'a> {
    board: &'a Board,
    viewer: Option<Body>,
    on_board: OnBoard,
}

impl<'a> Shown<'a> {
    fn of(board: &'a Board, args: &Args) -> Result<Self, Failure> {
        let viewer =
            args.viewer.as_deref().map(|it| viewer(board.airshed().rules(), it)).transpose()?;
        let mut on_board = board.all();
        if !args.all {
            on_board.sets.retain(|it| it.orders.iter().any(OrderOnBoard::is_open));
        }
        if let Some(viewer) = &viewer {
            on_board = board.seen_by(viewer, on_board);
        }
        Ok(Self { board, viewer, on_board })
    }

    fn json(&self) -> Value {
        let time = |it: Option<Timestamp>| it.map(|it| it.to_string());
        json!({
            "clock": time(self.board.clock()),
            "as": self.viewer.as_ref().map(Body::code),
            "asked": self.board.numbers().is_some(),
            "order_sets": self.on_board.sets.iter().map(set_json).collect::<Vec<_>>(),
            "proposals": self.on_board.proposals.iter().map(proposal_json).collect::<Vec<_>>(),
            "matters": self.on_board.matters.iter().map(matter_json).collect::<Vec<_>>(),
            "silence_decides": self.on_board.silence_decides.iter().map(|it| json!({
                "matter": it.matter,
                "bodies": it.bodies,
                "due_at": it.due_at.to_string(),
                "outcome": it.outcome,
            })).collect::<Vec<_>>(),
        })
    }
}

/// The body for which something is shown; it must be one of the airshed.
pub(super) fn viewer(rules: Option<&Rules>, code: &str) -> Result<Body, Failure> {
    let Some(numbers) = rules.and_then(|it| it.cooperation.as_ref()) else {
        let words = "--as: the rule book of this log asks for no answers, so it names no bodies";
        return Err(Failure::Usage(words.to_owned()));
    };
    numbers.bodies.find(code).ok_or_else(|| {
        let right =
            "right is a member or district such as 130100, a province such as 13, or region";
        Failure::Usage(format!("--as {code}: no such body; {right}"))
    })
}

fn proposal_json(it: &PendingProposal) -> Value {
    let items = it.items.iter().map(|it| {
        json!({
            "jurisdiction": it.item.jurisdiction,
            "act": it.item.act,
            "grade": it.item.grade.name(),
            "start": it.item.start.to_string(),
            "needs": it.item.needs,
            "body": it.item.body,
            "role": it.item.role,
            "due_at": it.item.due_at.map(|it| it.to_string()),
            "on_silence": it.item.on_silence.map(ItemOutcome::name),
            "outcome": it.outcome.map(ItemOutcome::name),
        })
    });
    json!({
        "proposal": it.proposal,
        "hour": it.hour.to_string(),
        "items": items.collect::<Vec<_>>(),
    })
}

fn set_json(set: &SetOnBoard) -> Value {
    json!({
        "epoch": set.epoch,
        "record": set.record.0,
        "decided_at": set.decided_at.to_string(),
        "effective_at": set.effective_at.map(|it| it.to_string()),
        "orders": set.orders.iter().map(order_json).collect::<Vec<_>>(),
    })
}

fn order_json(it: &OrderOnBoard) -> Value {
    json!({
        "order": it.order,
        "jurisdiction": it.jurisdiction,
        "response": it.response,
        "act": it.act.name(),
        "grade": it.grade.name(),
        "acknowledge_by": it.acknowledge_by.map(|it| it.to_string()),
        "acknowledged": it.acknowledged.as_ref().map(|it| json!({
            "record": it.record.0,
            "at": it.at.to_string(),
            "by": by_json(it),
            "in_time": it.in_time,
        })),
        "ended": it.ended.map(EndedHow::name),
    })
}

/// The actor, without the name where the viewer may not see it.
fn by_json(it: &Acknowledged) -> Value {
    let mut by = json!(it.by);
    if let Some(by) = by.as_object_mut().filter(|_| !it.names_actor) {
        by.remove("name");
    }
    by
}

fn matter_json(it: &OpenMatter) -> Value {
    json!({
        "matter": it.matter,
        "owner": it.owner,
        "class": it.class.name(),
        "due_at": it.due_at.to_string(),
        "left_min": it.left_ms.div_euclid(MINUTE_MS),
        "stopped": it.is_stopped,
        "step": it.step.name(),
        "escalated_to": it.escalated_to,
        "next": it.next.as_ref().map(|it| json!({
            "step": it.step.name(),
            "at": it.at.to_string(),
            "to": it.to,
        })),
        "offer": it.offer.as_ref().map(|(to, until)| json!({
            "to": to,
            "until": until.to_string(),
        })),
        "objection": it.objection.as_ref().map(|(reviewer, review_by)| json!({
            "reviewer": reviewer,
            "review_by": review_by.to_string(),
        })),
    })
}
