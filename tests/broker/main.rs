//! What only a real broker can show. `tests/run` starts one; without `AIRSHED_TEST_BROKERS` each
//! test says that it was left out.

mod support;

mod reachable;
