//! What only a real broker can show. `tests/run` starts one; without `AIRSHED_TEST_BROKERS` they
//! are skipped.

#![expect(clippy::unwrap_used, reason = "A test that cannot go on has failed.")]

#[path = "../support/outside.rs"]
mod outside_tools;
#[path = "../support/process.rs"]
mod process;
mod program;
#[path = "../disk/shim.rs"]
mod shim;
#[path = "../support/skip.rs"]
mod skip;
mod support;
mod world;

mod acls;
mod both_ways;
mod carried;
mod commands;
mod crash;
mod disk;
mod doctor;
mod feed;
mod inbox;
mod lag;
mod load;
mod log;
mod made_again;
mod metrics;
mod operator;
mod outbox;
mod outside;
mod reachable;
mod registry;
mod serve;
mod snapshot;
mod tampered;
mod tls;
mod topic_log;
mod topics;
mod traces;
