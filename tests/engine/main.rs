//! The engine with the world in memory: no network, no clock, no sleep.
#![expect(clippy::unwrap_used, reason = "A panic is how a test fails.")]
#![expect(clippy::wildcard_enum_match_arm, reason = "A test picks the records that it is about.")]

mod answers;
mod both_ways;

mod brute;
mod cooperation;
mod feed;
mod follow;
mod graded;
mod late;
mod limits;
mod order_independence;
mod outcome;
mod play;
mod random;
mod robustness;
mod scenarios;
mod sets;
mod silence;
mod simulation;
mod skill;
#[path = "../support/skip.rs"]
mod skip;
mod weigh;
mod what_if;
mod world;
