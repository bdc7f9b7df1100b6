//! The metrics of one program, in a registry of its own.

use prometheus::core::Collector;
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry, Result, TextEncoder,
};

/// Makes metrics and registers each. Every name begins with `airshed_`.
#[derive(Debug, Default)]
pub(super) struct Families(Registry);

/// Delays of data, from a second to three days.
pub(super) const DELAYS_S: &[f64] = &[
    1.0, 10.0, 60.0, 300.0, 600.0, 1_200.0, 1_800.0, 2_700.0, 3_600.0, 7_200.0, 14_400.0, 43_200.0,
    86_400.0, 259_200.0,
];

/// Times of work, from a tenth of a millisecond to a minute.
pub(super) const WORK_S: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0, 30.0, 60.0,
];

impl Families {
    fn add<M: Collector + Clone + 'static>(&self, metric: M) -> Result<M> {
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn opts(name: &str, help: &str) -> Opts {
        Opts::new(format!("airshed_{name}"), help)
    }

    /// A count that only rises.
    pub(super) fn counter(&self, name: &str, help: &str) -> Result<IntCounter> {
        self.add(IntCounter::with_opts(Self::opts(name, help))?)
    }

    /// Counts that only rise, one for each value of a label.
    pub(super) fn counters(&self, name: &str, help: &str, label: &str) -> Result<IntCounterVec> {
        self.add(IntCounterVec::new(Self::opts(name, help), &[label])?)
    }

    /// A whole number.
    pub(super) fn count(&self, name: &str, help: &str) -> Result<IntGauge> {
        self.add(IntGauge::with_opts(Self::opts(name, help))?)
    }

    /// Whole numbers, one for each value of a label.
    pub(super) fn counts(&self, name: &str, help: &str, label: &str) -> Result<IntGaugeVec> {
        self.add(IntGaugeVec::new(Self::opts(name, help), &[label])?)
    }

    /// A number with a fraction.
    pub(super) fn gauge(&self, name: &str, help: &str) -> Result<Gauge> {
        self.add(Gauge::with_opts(Self::opts(name, help))?)
    }

    /// Numbers with a fraction, one for each value of a label.
    pub(super) fn gauges(&self, name: &str, help: &str, label: &str) -> Result<GaugeVec> {
        self.add(GaugeVec::new(Self::opts(name, help), &[label])?)
    }

    /// Times in seconds.
    pub(super) fn histogram(&self, name: &str, help: &str, bounds: &[f64]) -> Result<Histogram> {
        let opts = HistogramOpts::from(Self::opts(name, help)).buckets(bounds.to_vec());
        self.add(Histogram::with_opts(opts)?)
    }

    /// The version of the program, and the CPU time, memory and open files of the process.
    pub(super) fn process(&self) -> Result<()> {
        let build = self.counts("build_info", "1, with the version as a label.", "version")?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        #[cfg(target_os = "linux")]
        self.0.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(())
    }

    /// All metrics in the text format of Prometheus.
    pub(super) fn render(&self) -> String {
        let mut page = String::new();
        match TextEncoder::new().encode_utf8(&self.0.gather(), &mut page) {
            Ok(()) => page,
            Err(error) => format!("# {error}\n"),
        }
    }
}
