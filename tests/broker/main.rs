//! What only a real broker can show. `tests/run` starts one; without `AIRSHED_TEST_BROKERS` each
//! test says that it was left out.

#![expect(clippy::unwrap_used, reason = "A test that cannot go on has failed.")]

mod support;
mod world;

mod crash;
mod inbox;
mod log;
mod outbox;
mod reachable;
mod serve;
mod topic_log;
