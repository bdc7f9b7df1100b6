//! How many requests one client may make: a bucket of tokens for each.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A bucket for each client. A bucket holds the requests of one second, and fills as fast.
#[derive(Debug)]
pub struct Rate {
    per_s: u32,
    begin: Instant,
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Thousandths of a request.
    left: u64,
    seen: Duration,
}

/// From so many clients on, full buckets are forgotten: a new one is full as well.
const CLIENTS_MAX: usize = 10_000;

impl Rate {
    /// So many requests in a second for each client.
    #[expect(clippy::disallowed_methods, reason = "How fast requests come decides nothing.")]
    pub fn new(per_s: u32) -> Self {
        Self { per_s, begin: Instant::now(), buckets: Mutex::default() }
    }

    /// Whether this client may make a request now; else the time until it may.
    pub fn admit(&self, client: &str) -> Result<(), Duration> {
        self.admit_at(client, self.begin.elapsed())
    }

    fn admit_at(&self, client: &str, now: Duration) -> Result<(), Duration> {
        let per_s = u64::from(self.per_s);
        let full = per_s * 1_000;
        let filled = |bucket: &Bucket| {
            let ms = u64::try_from(now.saturating_sub(bucket.seen).as_millis()).unwrap_or(u64::MAX);
            bucket.left.saturating_add(ms.saturating_mul(per_s)).min(full)
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CLIENTS_MAX {
            buckets.retain(|_, it| filled(it) < full);
        }
        let left = buckets.get(client).map_or(full, filled);
        let Some(rest) = left.checked_sub(1_000) else {
            return Err(Duration::from_millis((1_000 - left).div_ceil(per_s)));
        };
        buckets.insert(client.to_owned(), Bucket { left: rest, seen: now });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_make_so_many_requests_in_a_second() {
        let rate = Rate::new(2);
        let at = |ms| rate.admit_at("a", Duration::from_millis(ms));
        assert_eq!((at(0), at(0)), (Ok(()), Ok(())));
        assert_eq!(at(0), Err(Duration::from_millis(500)));
        assert_eq!(at(499), Err(Duration::from_millis(1)));
        assert_eq!((at(500), at(501)), (Ok(()), Err(Duration::from_millis(499))));
        // Another client has a bucket of its own.
        assert_eq!(rate.admit_at("b", Duration::from_millis(501)), Ok(()));
    }

    #[test]
    fn clients_that_are_gone_are_forgotten() {
        let rate = Rate::new(1);
        for client in 0..CLIENTS_MAX {
            rate.admit_at(&client.to_string(), Duration::ZERO).unwrap();
        }
        rate.admit_at("new", Duration::from_secs(9)).unwrap();
        assert_eq!(rate.buckets.lock().unwrap().len(), 1);
    }
}
