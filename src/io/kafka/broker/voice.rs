//! One voice for all clients about a broker that does not answer. When a broker dies or comes back,
//! one of them notices before the others do: only an answer that stands for a while is news.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaResult;

use super::client::Context;
use super::refusal::Refusal;

/// An answer that has stood for so long ends a silence.
const STANDS: Duration = Duration::from_secs(2);

/// What has been heard and said.
#[derive(Debug, Default)]
pub(in crate::io::kafka) struct Voice {
    /// Whether we have said that the broker is silent.
    silent: AtomicBool,
    /// Whether a broker has ever answered.
    answered: AtomicBool,
    /// Since when it is silent.
    silent_since: Mutex<Option<Instant>>,
    /// Since when it has answered without a break.
    good_since: Mutex<Option<Instant>>,
    /// What we have said that we wait for, besides an answer.
    pub(in crate::io::kafka) awaiting: Mutex<Option<&'static str>>,
    reasons: Mutex<Reasons>,
}

/// Why there is no answer.
#[derive(Debug, Default)]
struct Reasons {
    /// The last refusal.
    refusal: Option<Refusal>,
    /// All that we have warned of.
    reported: BTreeSet<String>,
    /// The last that was heard of a broker that is not reached.
    heard: Option<String>,
}

pub(in crate::io::kafka) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Voice {
    /// There is no answer. Whether this is news.
    #[expect(clippy::disallowed_methods, reason = "How long a silence lasts decides nothing.")]
    pub(in crate::io::kafka) fn is_silent(&self) -> bool {
        *locked(&self.good_since) = None;
        locked(&self.silent_since).get_or_insert_with(Instant::now);
        !self.silent.swap(true, Ordering::Relaxed)
    }

    /// Whether we have said so, and not yet that it is over.
    pub(in crate::io::kafka) fn is_silent_still(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    /// How long the broker has been silent.
    pub(in crate::io::kafka) fn silence(&self) -> Duration {
        locked(&self.silent_since).map(|it| it.elapsed()).unwrap_or_default()
    }

    /// Why a broker is not reached.
    pub(in crate::io::kafka) fn hears(&self, reason: &str) {
        locked(&self.reasons).heard = Some(reason.to_owned());
    }

    /// What was heard last, as the end of a sentence.
    pub(in crate::io::kafka) fn heard(&self) -> String {
        let reasons = locked(&self.reasons);
        let refusal = reasons.refusal.as_ref().map(ToString::to_string);
        let heard = refusal.or_else(|| reasons.heard.clone());
        let Some(heard) = heard else { return String::new() };
        // A broker that wants TLS or SASL hangs up on who comes without, and says no more.
        let hangs_up = !self.answered.load(Ordering::Relaxed) && heard.contains("Disconnected");
        let check = if hangs_up { "; check security.protocol in [kafka.client]" } else { "" };
        format!("; last heard: {heard}{check}")
    }

    /// A broker refuses us. Whether it is to be said: a refusal of a start is its error.
    pub(in crate::io::kafka) fn refuses(&self, refusal: Refusal) -> bool {
        let mut reasons = locked(&self.reasons);
        let answered = self.answered.load(Ordering::Relaxed);
        let is_news = answered && reasons.reported.insert(refusal.why.clone());
        reasons.refusal = Some(refusal);
        is_news
    }

    /// Whether a broker refuses us.
    pub(in crate::io::kafka) fn is_refused(&self) -> bool {
        locked(&self.reasons).refusal.is_some()
    }

    /// The refusal, where no broker has ever let us in. Waiting does not help then.
    pub(in crate::io::kafka) fn keeps_out(&self) -> Option<Refusal> {
        let answered = self.answered.load(Ordering::Relaxed);
        if answered { None } else { locked(&self.reasons).refusal.clone() }
    }

    /// The broker answers. Whether this is news.
    #[expect(clippy::disallowed_methods, reason = "How long a silence lasts decides nothing.")]
    pub(in crate::io::kafka) fn answers(&self) -> bool {
        self.answered.store(true, Ordering::Relaxed);
        if !self.is_silent_still() {
            return false;
        }
        *locked(&self.silent_since) = None;
        let stands = locked(&self.good_since).get_or_insert_with(Instant::now).elapsed() >= STANDS;
        let is_over = stands && self.silent.swap(false, Ordering::Relaxed);
        if is_over {
            *locked(&self.reasons) = Reasons::default();
        }
        is_over
    }
}

/// A client that only hears why no broker answers, while one is waited for.
#[derive(Default)]
pub(in crate::io::kafka) struct Listener(Mutex<Option<Arc<BaseConsumer<Context>>>>);

impl Listener {
    pub(in crate::io::kafka) fn set(&self, client: Arc<BaseConsumer<Context>>) {
        *locked(&self.0) = Some(client);
    }

    /// The client; where there is none, a new one, unless it cannot be made.
    pub(in crate::io::kafka) fn get_or_set(
        &self,
        open: impl FnOnce() -> KafkaResult<Arc<BaseConsumer<Context>>>,
    ) -> Option<Arc<BaseConsumer<Context>>> {
        let mut client = locked(&self.0);
        if client.is_none() {
            *client = open().ok();
        }
        client.clone()
    }

    /// It has nothing more to hear.
    pub(in crate::io::kafka) fn end(&self) {
        drop(locked(&self.0).take());
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").finish_non_exhaustive()
    }
}
