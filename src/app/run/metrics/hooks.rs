//! Metrics of webhooks, by target.

use prometheus::{IntCounterVec, IntGaugeVec, Result};

use super::Metrics;
use super::families::Families;
use crate::io::hooks::Observer;

/// What became of messages since the start, and what waits.
#[derive(Debug)]
pub(super) struct Hooks {
    delivered: IntCounterVec,
    failed: IntCounterVec,
    failing: IntGaugeVec,
    dead: IntGaugeVec,
    behind: IntGaugeVec,
}

impl Hooks {
    pub(super) fn new(families: &Families) -> Result<Self> {
        Ok(Self {
            delivered: families.counters(
                "hook_deliveries_total",
                "Webhooks that a receiver has taken, by target.",
                "target",
            )?,
            failed: families.counters(
                "hook_failures_total",
                "Tries of webhooks that have failed, by target.",
                "target",
            )?,
            failing: families.counts(
                "hook_failing_tries",
                "Failed tries of the webhook that a target gets next, by target.",
                "target",
            )?,
            dead: families.counts(
                "hook_dead_letters",
                "Webhooks that were tried to the limit, by target.",
                "target",
            )?,
            behind: families.counts(
                "hook_behind_records",
                "Records of the log that a target has not come to yet.",
                "target",
            )?,
        })
    }
}

impl Observer for Metrics {
    fn delivered(&self, target: &str) {
        self.hooks.delivered.with_label_values(&[target]).inc();
    }

    fn failed(&self, target: &str) {
        self.hooks.failed.with_label_values(&[target]).inc();
    }

    fn failing(&self, target: &str, tries: u32) {
        self.hooks.failing.with_label_values(&[target]).set(tries.into());
    }

    fn dead(&self, target: &str, count: usize) {
        self.hooks.dead.with_label_values(&[target]).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn behind(&self, target: &str, records: u64) {
        let records = i64::try_from(records).unwrap_or(i64::MAX);
        self.hooks.behind.with_label_values(&[target]).set(records);
    }
}
