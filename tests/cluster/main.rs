//! What only a cluster can show: brokers that are cut off from each other and from the program.
//! Needs root on Linux, and `AIRSHED_TEST_CLUSTER` for a folder; else the tests are skipped.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "A test that cannot go on has failed.")]

mod air;
mod cluster;
mod dice;
mod history;
#[path = "../support/process.rs"]
mod process;
#[path = "../support/skip.rs"]
mod skip;
mod world;

mod cuts;
mod schedules;
