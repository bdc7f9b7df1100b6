//! Latencies as histograms.

use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// Latencies of one kind, from a microsecond to ten minutes, with three figures.
#[derive(Clone, Debug)]
pub(super) struct Latencies(Histogram<u64>);

const US_MAX: u64 = 600_000_000;
const FIGURES: u8 = 3;
const QUANTILES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];

impl Latencies {
    pub(super) fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, US_MAX, FIGURES);
        Self(histogram.expect("the bounds are in order"))
    }

    /// Records the time between two instants of the run, in nanoseconds.
    pub(super) fn record(&mut self, from_ns: u64, to_ns: u64) {
        let us = to_ns.saturating_sub(from_ns) / 1_000;
        self.0.saturating_record(us.max(1));
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.0.len()
    }

    /// A quantile in milliseconds; none where nothing was recorded.
    pub(super) fn quantile_ms(&self, quantile: f64) -> Option<f64> {
        (self.count() > 0).then(|| ms(self.0.value_at_quantile(quantile)))
    }

    /// Of 99 in 100, in milliseconds.
    pub(super) fn p99_ms(&self) -> Option<f64> {
        self.quantile_ms(0.99)
    }

    fn max_ms(&self) -> Option<f64> {
        (self.count() > 0).then(|| ms(self.0.max()))
    }

    /// One line of the table.
    pub(super) fn line(&self, name: &str) -> String {
        let quantiles = QUANTILES.iter().map(|it| self.quantile_ms(it.1)).chain([self.max_ms()]);
        let cells = quantiles.map(|it| match it {
            Some(ms) if ms < 100.0 => format!("{ms:>9.2}"),
            Some(ms) => format!("{ms:>9.0}"),
            None => format!("{:>9}", "-"),
        });
        format!("{name:<25}{}{:>9}", cells.collect::<String>(), self.count())
    }

    /// The head of the table.
    pub(super) fn head() -> String {
        let names = QUANTILES.iter().map(|it| it.0).chain(["max", "count"]);
        let cells: Vec<String> = names.map(|it| format!("{it:>9}")).collect();
        format!("{:<25}{}", "milliseconds", cells.concat())
    }

    pub(super) fn json(&self) -> Value {
        let mut value = json!({ "count": self.count(), "max": self.max_ms() });
        for (name, quantile) in QUANTILES {
            value[name] = self.quantile_ms(quantile).into();
        }
        value
    }
}

#[expect(clippy::cast_precision_loss, reason = "Numbers for people, below 2^53.")]
fn ms(us: u64) -> f64 {
    us as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_values() {
        let mut latencies = Latencies::new();
        assert_eq!(latencies.p99_ms(), None);
        assert!(latencies.line("nothing").ends_with("-        0"));
        for ms in 1..=1_000 {
            latencies.record(5, 5 + ms * 1_000_000);
        }
        let near = |quantile, wanted: f64| {
            let found = latencies.quantile_ms(quantile).unwrap();
            assert!((found - wanted).abs() <= wanted / 500.0, "{found} is not {wanted}");
        };
        near(0.5, 500.0);
        near(0.99, 990.0);
        near(0.999, 999.0);
        assert_eq!(latencies.count(), 1_000);
        for line in [Latencies::head(), latencies.line("reading -> order received")] {
            assert!(line.len() <= 80, "{line}");
        }
    }

    #[test]
    fn what_is_out_of_bounds_counts_as_the_bound() {
        let mut latencies = Latencies::new();
        latencies.record(10, 5);
        latencies.record(0, u64::MAX);
        assert_eq!(latencies.count(), 2);
        assert!(latencies.quantile_ms(1.0).unwrap() >= 600_000.0);
    }
}
