//! What a log says of joint control: the order board, what became of one thing, and scores.

mod board;
mod days;
mod ledger;
mod score;
mod standing;
mod story;

pub use board::{
    Acknowledged, Board, NextStep, OnBoard, OpenMatter, OrderOnBoard, PendingItem, PendingProposal,
    SetOnBoard, SilenceDecides, StepTaken,
};
pub use score::{Rate, ScoreKind, ScoreRow, Scores, Scoring};
pub use story::{Story, StoryRecord, Thing};
