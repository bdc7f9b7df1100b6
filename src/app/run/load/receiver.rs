//! Receives what is published, each in a thread of its own: orders and closed hours, and probes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::domain::Timestamp;
use crate::engine::PortError;
use crate::io::kafka::{Connection, Followed, Follower, Isolation, Topics};

use super::comparison::ReceivedOrder;
use super::figures::Latencies;
use super::plan;

/// How long a receiver waits for a message before it looks whether it is to end.
const WAIT: Duration = Duration::from_millis(50);

/// The time of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunClock(Instant);

impl RunClock {
    #[expect(clippy::disallowed_methods, reason = "It measures time.")]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// Nanoseconds since the start.
    pub(super) fn now_ns(self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What has come so far.
#[derive(Debug, Default)]
pub(super) struct Received {
    pub(super) orders: Vec<ReceivedOrder>,
    /// By the number of the hour: when it was published as closed.
    pub(super) closed: Vec<Option<u64>>,
    /// When anything came last.
    pub(super) last_ns: u64,
    /// Probes of each step.
    pub(super) probes: Vec<Latencies>,
    failed: Option<PortError>,
}

/// The threads and what they share.
pub(super) struct Receivers {
    received: Arc<Mutex<Received>>,
    ends: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Receivers {
    /// Opens both consumers and begins to receive.
    pub(super) fn start(
        connection: &Connection,
        topics: &Topics,
        (orders, log, probe): (&[String], Option<String>, &str),
        clock: RunClock,
    ) -> Result<Self, PortError> {
        let names = [orders, &[topics.current()]].concat();
        let follower = Follower::open(connection, &names, Isolation::Committed)?;
        let probes = Follower::open(connection, &[probe.to_owned()], Isolation::Uncommitted)?;
        let (received, ends) = (Arc::<Mutex<Received>>::default(), Arc::<AtomicBool>::default());
        let current = topics.current();
        let take = move |follower: &Follower, received: &Mutex<Received>| {
            take_published(follower, &current, log.as_deref(), clock, received)
        };
        let take_probe = move |follower: &Follower, received: &Mutex<Received>| {
            let Some(message) = follower.next(WAIT)? else { return Ok(()) };
            let now_ns = clock.now_ns();
            if let Some((sent_ns, step)) = parse_probe(&message.payload) {
                let mut received = locked(received);
                let missing = (step + 1).saturating_sub(received.probes.len());
                received.probes.extend((0..missing).map(|_| Latencies::new()));
                received.probes[step].record(sent_ns, now_ns);
            }
            Ok(())
        };
        let mut receivers = Self { received, ends, threads: Vec::new() };
        receivers.spawn(follower, take);
        receivers.spawn(probes, take_probe);
        Ok(receivers)
    }

    fn spawn(
        &mut self,
        follower: Follower,
        take: impl Fn(&Follower, &Mutex<Received>) -> Result<(), PortError> + Send + 'static,
    ) {
        let (received, ends) = (Arc::clone(&self.received), Arc::clone(&self.ends));
        self.threads.push(std::thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                if let Err(error) = take(&follower, &received) {
                    locked(&received).failed = Some(error);
                    return;
                }
            }
        }));
    }

    /// What has come so far; an error if a receiver has failed.
    pub(super) fn received(&self) -> Result<MutexGuard<'_, Received>, PortError> {
        let received = locked(&self.received);
        match &received.failed {
            Some(error) => Err(error.clone()),
            None => Ok(received),
        }
    }
}

impl Drop for Receivers {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}

fn locked(received: &Mutex<Received>) -> MutexGuard<'_, Received> {
    received.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes all that is there, and then asks for the end of the log: an order whose record is behind
/// that end came before its record.
fn take_published(
    follower: &Follower,
    current: &str,
    log: Option<&str>,
    clock: RunClock,
    received: &Mutex<Received>,
) -> Result<(), PortError> {
    let mut orders = Vec::new();
    let mut wait = WAIT;
    while let Some(message) = follower.next(wait)? {
        wait = Duration::ZERO;
        let at_ns = clock.now_ns();
        if message.topic == current {
            locked(received).close(&message, at_ns);
        } else {
            orders.push(order(message, at_ns));
        }
    }
    if orders.is_empty() {
        return Ok(());
    }
    let log_end = log.map(|it| follower.end(it)).transpose()?;
    for order in &mut orders {
        order.log_end = log_end;
    }
    let mut received = locked(received);
    received.last_ns = clock.now_ns();
    received.orders.append(&mut orders);
    Ok(())
}

fn order(message: Followed, at_ns: u64) -> ReceivedOrder {
    let Followed { topic, id, position, payload } = message;
    ReceivedOrder { topic, id, position, body: payload, at_ns, log_end: None }
}

impl Received {
    /// Notes the hour of a state that was published; the first one of an hour counts. If several
    /// hours were closed in one append, only the state of the last one is published.
    fn close(&mut self, message: &Followed, at_ns: u64) {
        self.last_ns = at_ns;
        let Ok(state) = serde_json::from_slice::<Value>(&message.payload) else { return };
        let Some(number) = hour_number(&state["air"]["hour"]) else { return };
        if self.closed.len() <= number {
            self.closed.resize(number + 1, None);
        }
        let open = self.closed[..=number].iter_mut().rev().take_while(|it| it.is_none());
        open.for_each(|it| *it = Some(at_ns));
    }
}

/// The number of an hour of the run by its text; none for what is far from any run.
pub(super) fn hour_number(hour: &Value) -> Option<usize> {
    const HOURS_MAX: usize = 10_000_000;
    let end = Timestamp::parse(hour.as_str()?)?;
    let number = (end.0 - plan::hour(0).end().0) / crate::domain::HOUR_MS;
    usize::try_from(number).ok().filter(|it| *it < HOURS_MAX)
}

/// The bytes of a probe.
pub(super) fn probe(sent_ns: u64, step: usize) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&sent_ns.to_be_bytes());
    bytes[8..].copy_from_slice(&(step as u64).to_be_bytes());
    bytes
}

fn parse_probe(bytes: &[u8]) -> Option<(u64, usize)> {
    const STEPS_MAX: usize = 1_000;
    let (sent, step) = bytes.split_first_chunk::<8>()?;
    let step = u64::from_be_bytes(step.try_into().ok()?);
    let step = usize::try_from(step).ok().filter(|it| *it < STEPS_MAX)?;
    Some((u64::from_be_bytes(*sent), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_comes_back_and_other_bytes_are_none() {
        assert_eq!(parse_probe(&probe(17, 3)), Some((17, 3)));
        assert_eq!(parse_probe(&probe(17, 1_000_000)), None);
        for wrong in [&b""[..], &[0; 8], &[0; 15], &[0; 17]] {
            assert_eq!(parse_probe(wrong), None);
        }
    }

    #[test]
    fn the_first_state_of_an_hour_closes_it_and_those_before() {
        let mut received = Received::default();
        let message = |hour: &str| Followed {
            topic: "load.current".to_owned(),
            id: None,
            position: None,
            payload: serde_json::json!({"air": {"hour": hour}}).to_string().into_bytes(),
        };
        for (hour, at) in [(plan::hour(2).to_string(), 5), (plan::hour(2).to_string(), 9)] {
            received.close(&message(&hour), at);
        }
        for other in ["", "2019-01-01T00:00:00+08:00", "9999-01-01T00:00:00+08:00"] {
            received.close(&message(other), 11);
        }
        assert_eq!(received.closed, [Some(5); 3]);
        received.close(&message(&plan::hour(4).to_string()), 12);
        assert_eq!(received.closed, [Some(5), Some(5), Some(5), Some(12), Some(12)]);
    }
}
