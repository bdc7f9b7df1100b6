//! What only a real broker can show. `tests/run` starts one; without `AIRSHED_TEST_BROKERS` each
//! test says that it was left out.

#![expect(clippy::unwrap_used, reason = "A test that cannot go on has failed.")]

mod program;
mod support;
mod world;

mod carried;
mod crash;
mod inbox;
mod log;
mod outbox;
mod reachable;
mod serve;
mod tampered;
mod topic_log;
