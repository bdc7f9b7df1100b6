//! Warnings: standards, grades, episodes and acts.

pub(crate) mod act;
pub(crate) mod act_table;
mod change;
pub(crate) mod condition;
pub(crate) mod course;
pub(crate) mod episode;
pub(crate) mod event;
pub(crate) mod grade;
pub(crate) mod grader;
pub(crate) mod judgement;
mod lift;
pub(crate) mod open;
pub(crate) mod standard;
pub(crate) mod state;
pub(crate) mod synchrony;
pub(crate) mod unlike;
