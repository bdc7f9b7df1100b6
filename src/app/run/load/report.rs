//! What a run says at its end: a table of at most 80 columns, or JSON.

use serde_json::{Value, json};

use super::comparison::{Fault, Kind};
use super::figures::Latencies;
use super::sender::SentStep;

/// At most so many faults are listed.
const FAULTS_LISTED: usize = 20;

/// What was measured in one step.
pub(super) struct Measured {
    pub(super) sent: SentStep,
    pub(super) probe: Latencies,
    pub(super) closed: Latencies,
    pub(super) order: Latencies,
    /// Processor in per cent of one core, and memory in MiB, of `serve`.
    pub(super) serve: Option<(f64, f64)>,
}

/// All that is said.
pub(super) struct Report {
    pub(super) stations: usize,
    pub(super) pack: usize,
    pub(super) seed: u64,
    pub(super) late_ms: f64,
    /// Of a ramp: the bound, and the highest rate below it.
    pub(super) ramp: Option<(f64, Option<String>)>,
    pub(super) steps: Vec<Measured>,
    pub(super) expected: usize,
    pub(super) received: usize,
    pub(super) faults: Vec<Fault>,
    /// Whether the log is in a topic, so that it is known which order came early.
    pub(super) has_log: bool,
    /// The size of the checkpoint that the orders were checked against.
    pub(super) checkpoint: Option<u64>,
}

impl Measured {
    /// Whether the generator itself was late, so that the other numbers are not those of `serve`.
    pub(super) fn is_void(&self, late_ms: f64) -> bool {
        self.sent.late.quantile_ms(0.999).is_some_and(|it| it > late_ms)
    }

    /// The p99 that a ramp bounds: of orders and of closed hours, the higher one.
    pub(super) fn p99_ms(&self) -> Option<f64> {
        [self.order.p99_ms(), self.closed.p99_ms()].into_iter().flatten().reduce(f64::max)
    }

    fn ratio(&self) -> Option<f64> {
        Some(self.order.p99_ms()? / self.probe.p99_ms()?)
    }

    fn lines(&self, late_ms: f64) -> Vec<String> {
        let SentStep { rate, messages, readings, seconds, hours, late } = &self.sent;
        let mut lines = vec![
            String::new(),
            format!(
                "rate {rate}: {messages} messages, {readings} readings, {} hours in {seconds:.1} s",
                hours.1 - hours.0
            ),
            Latencies::head(),
            late.line("intended -> sent"),
            self.probe.line("broker, sent -> received"),
            self.closed.line("reading -> hour closed"),
            self.order.line("reading -> order received"),
        ];
        if let Some(ratio) = self.ratio() {
            lines.push(format!("p99 of orders is {ratio:.1} times that of the broker (aim 2)"));
        }
        if let Some((cpu, memory)) = self.serve {
            lines.push(format!("serve used {cpu:.0} % of a core, and {memory:.0} MiB at the end"));
        }
        if self.is_void(late_ms) {
            lines.push(format!("VOID: p99.9 of intended -> sent is above {late_ms} ms (--late)"));
        }
        lines
    }

    fn json(&self, late_ms: f64) -> Value {
        let SentStep { rate, messages, readings, seconds, hours, late } = &self.sent;
        json!({
            "rate": rate.to_string(),
            "messages": messages,
            "readings": readings,
            "hours": hours.1 - hours.0,
            "seconds": seconds,
            "latency_ms": {
                "intended_to_sent": late.json(),
                "broker": self.probe.json(),
                "reading_to_hour_closed": self.closed.json(),
                "reading_to_order": self.order.json(),
            },
            "p99_order_to_broker": self.ratio(),
            "serve": self.serve.map(|(cpu, memory)| json!({"cpu_percent": cpu, "memory_mib": memory})),
            "void": self.is_void(late_ms),
        })
    }
}

impl Report {
    fn count(&self, kind: Kind) -> usize {
        self.faults.iter().filter(|it| it.kind == kind).count()
    }

    pub(super) fn text(&self) -> String {
        let Self { stations, pack, seed, late_ms, expected, received, .. } = self;
        let mut lines =
            vec![format!("{stations} stations, up to {pack} readings a message, seed {seed}")];
        lines.extend(self.steps.iter().flat_map(|it| it.lines(*late_ms)));
        lines.push("hours are closed by the topic current, orders received as committed".into());
        if let Some((bound, best)) = &self.ramp {
            let best = best.as_deref().unwrap_or("none");
            lines.push(format!("highest rate with p99 below {bound} ms: {best}"));
        }
        let counts = Kind::ALL.map(|it| format!("{} {}", self.count(it), it.name()));
        lines.push(String::new());
        lines.push(format!("orders: {expected} expected, {received} received"));
        lines.push(format!("faults: {}", counts.join(", ")));
        if !self.has_log {
            lines.push("early: not checked, the log is in no topic".to_owned());
        }
        lines.push(match self.checkpoint {
            Some(size) => format!("proofs: checked against the checkpoint of {size} records"),
            None => "proofs: not checked, no --log-key".to_owned(),
        });
        for fault in self.faults.iter().take(FAULTS_LISTED) {
            lines.push(format!("  {}: order {} {}", fault.kind.name(), fault.order, fault.words));
        }
        if self.faults.len() > FAULTS_LISTED {
            lines.push(format!("  and {} more: --json", self.faults.len() - FAULTS_LISTED));
        }
        if *expected == 0 {
            lines.push("no order had to come: a longer --for, or a higher --rate".to_owned());
        }
        lines.join("\n")
    }

    pub(super) fn json(&self) -> Value {
        let faults = self
            .faults
            .iter()
            .map(|it| json!({"kind": it.kind.name(), "order": it.order, "words": it.words}));
        let ramp = |(bound, best): &(f64, Option<String>)| json!({"p99_ms": bound, "rate": best});
        let mut orders = json!({ "expected": self.expected, "received": self.received });
        for kind in Kind::ALL {
            orders[kind.name()] = self.count(kind).into();
        }
        json!({
            "stations": self.stations,
            "pack": self.pack,
            "seed": self.seed,
            "steps": self.steps.iter().map(|it| it.json(self.late_ms)).collect::<Vec<_>>(),
            "hour_closed_by": "current",
            "ramp": self.ramp.as_ref().map(ramp),
            "orders": orders,
            "early_checked": self.has_log,
            "proofs_checked_to": self.checkpoint,
            "faults": faults.collect::<Vec<_>>(),
            "void": self.steps.iter().any(|it| it.is_void(self.late_ms)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::run::load::schedule::Rate;

    fn latencies(us: u64) -> Latencies {
        let mut latencies = Latencies::new();
        latencies.record(0, us * 1_000);
        latencies
    }

    fn report(late_us: u64, faults: usize) -> Report {
        let sent = SentStep {
            rate: Rate::PerSecond(2_000),
            hours: (100, 900),
            messages: 60_000,
            readings: 60_000,
            seconds: 30.0,
            late: latencies(late_us),
        };
        let (probe, closed, order) = (latencies(2_000), latencies(5_000), latencies(8_000));
        let measured = Measured { sent, probe, closed, order, serve: Some((41.0, 35.0)) };
        let fault = |at| Fault {
            kind: Kind::Lost,
            order: format!("{at}-110000"),
            words: "did not come in load.orders.110000".to_owned(),
        };
        Report {
            stations: 77,
            pack: 1,
            seed: 7,
            late_ms: 10.0,
            ramp: Some((100.0, Some("2000".to_owned()))),
            steps: vec![measured],
            expected: 300,
            received: 300 - faults,
            faults: (0..faults).map(fault).collect(),
            has_log: true,
            checkpoint: None,
        }
    }

    #[test]
    fn a_report_fits_80_columns_and_names_each_fault() {
        let text = report(100, 25).text();
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for part in ["25 lost, 0 doubled", "and 5 more", "p99 of orders is 4.0 times", "800 hours"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("VOID"), "{text}");
        assert_eq!(report(100, 25).json()["faults"].as_array().unwrap().len(), 25);
    }

    #[test]
    fn a_run_with_a_late_generator_is_void() {
        assert!(
            report(11_000, 0).text().contains("VOID: p99.9 of intended -> sent is above 10 ms")
        );
        assert_eq!(report(11_000, 0).json()["void"], true);
        assert_eq!(report(9_000, 0).json()["void"], false);
    }
}
