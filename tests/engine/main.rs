//! The engine with the world in memory: no network, no clock, no sleep.
#![expect(clippy::unwrap_used, reason = "A panic is how a test fails.")]
#![allow(clippy::print_stderr, reason = "A test says what it left out.")]

mod brute;
mod feed;
mod random;
mod scenarios;
mod sets;
mod simulation;
mod what_if;
mod world;
