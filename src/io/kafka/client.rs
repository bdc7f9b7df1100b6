//! What all clients of one broker share: settings, patience, and one voice about its silence.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{BorrowedMessage, Headers as _};
use rdkafka::producer::{BaseProducer, Producer as _};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{ClientConfig, Message as _, producer};

use crate::engine::PortError;

pub(super) use super::errors::is_passing;
use super::errors::{Meaning, meaning_of};
use super::settings::ClientSettings;
use super::topic_ids::Learned;

/// How long one question to the broker may take before we say that it is silent.
pub(super) const ASK: Duration = Duration::from_secs(5);
/// How long the first question may take: who starts us should soon see that no broker answers.
const FIRST_ASK: Duration = Duration::from_millis(1_500);
/// Between two questions to a silent broker.
pub(super) const PAUSE: Duration = Duration::from_millis(250);

/// Asks everything that waits for a broker to give up, because the program ends.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on nothing waits.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the program ends.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Where the broker is, and whether it answers.
#[derive(Clone, Debug)]
pub struct Connection {
    bootstrap: Arc<str>,
    settings: Arc<ClientSettings>,
    stop: Stop,
    /// How long a silence may last; none: as long as it does.
    give_up_after: Option<Duration>,
    voice: Arc<Voice>,
}

/// One voice for all clients. When a broker dies or comes back, one of them notices before the
/// others do: only an answer that stands for a while is news.
#[derive(Debug, Default)]
struct Voice {
    /// Whether we have said that the broker is silent.
    silent: AtomicBool,
    /// Whether a broker has ever answered.
    answered: AtomicBool,
    /// Since when it is silent.
    silent_since: Mutex<Option<Instant>>,
    /// Why a broker refuses us, where one does.
    refused: Mutex<Option<String>>,
    /// Since when it has answered without a break.
    good_since: Mutex<Option<Instant>>,
    /// What we have said that we wait for, besides an answer.
    awaiting: Mutex<Option<&'static str>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An answer that has stood for so long ends a silence.
const STANDS: Duration = Duration::from_secs(2);

impl Voice {
    fn good_since(&self) -> MutexGuard<'_, Option<Instant>> {
        locked(&self.good_since)
    }

    fn awaiting(&self) -> MutexGuard<'_, Option<&'static str>> {
        self.awaiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is news.
    #[expect(clippy::disallowed_methods, reason = "How long a silence lasts decides nothing.")]
    fn is_silent(&self) -> bool {
        *self.good_since() = None;
        locked(&self.silent_since).get_or_insert_with(Instant::now);
        !self.silent.swap(true, Ordering::Relaxed)
    }

    /// How long the broker has been silent.
    fn silence(&self) -> Duration {
        locked(&self.silent_since).map(|it| it.elapsed()).unwrap_or_default()
    }

    /// Whether this refusal is another one than the last.
    fn is_refused(&self, why: &str) -> bool {
        let mut refused = locked(&self.refused);
        let news = refused.as_deref() != Some(why);
        *refused = Some(why.to_owned());
        news
    }

    /// Whether this is news.
    #[expect(clippy::disallowed_methods, reason = "How long a silence lasts decides nothing.")]
    fn answers(&self) -> bool {
        self.answered.store(true, Ordering::Relaxed);
        if !self.silent.load(Ordering::Relaxed) {
            return false;
        }
        *locked(&self.silent_since) = None;
        *locked(&self.refused) = None;
        let stands = self.good_since().get_or_insert_with(Instant::now).elapsed() >= STANDS;
        stands && self.silent.swap(false, Ordering::Relaxed)
    }
}

impl Connection {
    /// A broker by its addresses, such as `localhost:9092,other:9092`. Connects to nothing yet.
    pub fn new(bootstrap: &str, stop: Stop) -> Self {
        Self {
            bootstrap: bootstrap.into(),
            settings: Arc::default(),
            stop,
            give_up_after: None,
            voice: Arc::default(),
        }
    }

    /// With settings of the operator for every client.
    #[must_use]
    pub fn with(self, settings: ClientSettings) -> Self {
        Self { settings: Arc::new(settings), ..self }
    }

    /// Gives up when no broker has answered for so long, instead of waiting for one.
    #[must_use]
    pub fn giving_up_after(self, silence: Duration) -> Self {
        Self { give_up_after: Some(silence), ..self }
    }

    /// Waits until a broker answers, and warns soon if none does.
    pub fn greet(&self) -> Result<(), PortError> {
        let doing = "looking for a broker";
        let client: BaseConsumer<Context> = self
            .settings()
            .create_with_context(self.context())
            .map_err(|error| failed(doing, &error))?;
        self.patiently(doing, || client.fetch_metadata(None, FIRST_ASK).map(drop))
    }

    /// What ends all waiting.
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    pub(super) fn settings(&self) -> ClientConfig {
        let mut settings = ClientConfig::new();
        settings
            .set("bootstrap.servers", &*self.bootstrap)
            .set("client.id", "airshed")
            .set("socket.timeout.ms", "10000")
            .set("socket.nagle.disable", "true")
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000")
            // A catalogue of rules is one record, and may be large.
            .set("message.max.bytes", LARGEST_MESSAGE)
            .set_log_level(RDKafkaLogLevel::Warning);
        self.settings.add_to(&mut settings);
        settings
    }

    pub(super) fn context(&self) -> Context {
        Context {
            connection: self.clone(),
            delivered: Mutex::default(),
            learned: Mutex::default(),
            ids_told: AtomicU64::new(0),
        }
    }

    /// The broker does not answer; said once until it answers again.
    pub(super) fn is_silent(&self) {
        if self.voice.is_silent() {
            tracing::warn!(
                brokers = &*self.bootstrap,
                "no broker answers: waiting for it, nothing is lost; check that it runs and that \
                 kafka.brokers (or AIRSHED_BROKERS) names it"
            );
        }
    }

    /// Says once what is waited for, until an answer shows that it has come.
    pub(super) fn passes(&self, doing: &str, error: &KafkaError) {
        match meaning_of(error) {
            Meaning::Awaiting(what) => {
                if self.voice.awaiting().replace(what) != Some(what) {
                    tracing::warn!(%error, doing, "waiting for {what}");
                }
            }
            Meaning::Passing | Meaning::Fenced | Meaning::Final(_) => self.is_silent(),
        }
    }

    /// The broker answers.
    pub(super) fn answers(&self) {
        if self.voice.awaiting().take().is_some() {
            tracing::info!(brokers = &*self.bootstrap, "the wait is over: going on");
        }
        if self.voice.answers() {
            tracing::info!(brokers = &*self.bootstrap, "the broker answers again: going on");
        }
    }

    /// Whether we have said that it is silent.
    pub(super) fn was_silent(&self) -> bool {
        self.voice.silent.load(Ordering::Relaxed)
    }

    /// A broker refuses us; said once for each reason. Nobody waits for a broker that has never let
    /// us in.
    fn is_refused(&self, why: &str) {
        if self.voice.is_refused(why) {
            tracing::warn!(brokers = &*self.bootstrap, "{}", refused(why));
        }
    }

    /// An error when the program ends, when a broker has been silent for too long, or when it does
    /// not let us in.
    pub(super) fn go_on(&self, doing: &str) -> Result<(), PortError> {
        if self.stop.is_set() {
            return Err(PortError::Failed(format!("stopped while {doing}")));
        }
        if let Some(why) = &*locked(&self.voice.refused)
            && !self.voice.answered.load(Ordering::Relaxed)
        {
            return Err(PortError::Failed(format!("{doing}: {}", refused(why))));
        }
        if let Some(limit) = self.give_up_after
            && self.voice.silence() >= limit
        {
            let (brokers, seconds) = (&self.bootstrap, limit.as_secs());
            return Err(PortError::Failed(format!(
                "{doing}: no broker answers at {brokers}; given up after {seconds} s \
                 (--give-up-after)"
            )));
        }
        Ok(())
    }

    /// Asks until the broker answers, however long that takes; any other failure ends it.
    pub(super) fn patiently<T>(
        &self,
        doing: &str,
        mut ask: impl FnMut() -> KafkaResult<T>,
    ) -> Result<T, PortError> {
        loop {
            match ask() {
                Ok(answer) => {
                    self.answers();
                    return Ok(answer);
                }
                Err(error) if is_passing(&error) => {
                    self.passes(doing, &error);
                    tracing::debug!(%error, doing, "asking again");
                    self.go_on(doing)?;
                    std::thread::sleep(PAUSE);
                }
                Err(error) => return Err(failed(doing, &error)),
            }
        }
    }
}

/// Serves a producer until everything it was given has arrived or been given up.
///
/// Neither the library's flush, which takes steps of 100 ms, nor its poll with a time, which
/// spins through the last part of a millisecond, will do.
pub(super) fn await_deliveries(
    producer: &BaseProducer<Context>,
    connection: &Connection,
    doing: &str,
) -> Result<(), PortError> {
    let mut slept = Duration::ZERO;
    let mut before = i32::MAX;
    loop {
        producer.poll(Duration::ZERO);
        let left = producer.in_flight_count();
        if left == 0 {
            return Ok(());
        }
        if left >= before {
            std::thread::sleep(STEP);
            slept += STEP;
            if slept >= SILENT_AFTER {
                connection.is_silent();
                slept = Duration::ZERO;
            }
            connection.go_on(doing)?;
        }
        before = left;
    }
}

/// Between two looks at a producer.
const STEP: Duration = Duration::from_micros(100);
/// After so long without a delivery the broker counts as silent.
const SILENT_AFTER: Duration = Duration::from_secs(3);

/// What the largest record may measure; topics that we make allow as much.
pub(super) const LARGEST_MESSAGE: &str = "16777216";

fn refused(why: &str) -> String {
    format!("the broker refuses us: {why}; check [kafka.client]")
}

/// An error that ends the program, with what to do about it.
pub(super) fn failed(doing: &str, error: &KafkaError) -> PortError {
    match meaning_of(error) {
        Meaning::Final(advice) => PortError::Failed(format!("{doing}: {error}: {advice}")),
        Meaning::Passing | Meaning::Awaiting(_) | Meaning::Fenced => {
            PortError::Failed(format!("{doing}: {error}"))
        }
    }
}

/// A header of a message, where it is a text.
pub(super) fn header<'a>(message: &'a BorrowedMessage<'_>, name: &str) -> Option<&'a str> {
    let header = message.headers()?.iter().find(|it| it.key == name)?;
    std::str::from_utf8(header.value?).ok()
}

/// Hears what the client library says aside.
pub(super) struct Context {
    connection: Connection,
    delivered: Mutex<Delivered>,
    learned: Mutex<Learned>,
    /// How often the library has told the id of a topic.
    ids_told: AtomicU64,
}

/// What became of the messages sent.
#[derive(Default)]
struct Delivered {
    first_offset: Option<i64>,
    failed: Option<KafkaError>,
}

impl Context {
    fn delivered(&self) -> MutexGuard<'_, Delivered> {
        locked(&self.delivered)
    }

    /// What is known of topics.
    pub(super) fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Grows whenever the id of a topic has been learned.
    pub(super) fn ids_told(&self) -> u64 {
        self.ids_told.load(Ordering::Acquire)
    }

    /// Forgets earlier deliveries.
    pub(super) fn clear(&self) {
        *self.delivered() = Delivered::default();
    }

    /// The first delivery that failed since the last call.
    pub(super) fn take_failed(&self) -> Option<KafkaError> {
        self.delivered().failed.take()
    }

    /// Where the first message since `clear` stands.
    pub(super) fn take_first_offset(&self) -> Option<i64> {
        self.delivered().first_offset.take()
    }
}

impl ClientContext for Context {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, words: &str) {
        if facility == "METADATA" && self.learned().take(words) {
            self.ids_told.fetch_add(1, Ordering::Release);
        }
        tracing::debug!(target: "librdkafka", facility, "{words}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::AllBrokersDown) => self.connection.is_silent(),
            Some(RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SSL) => {
                self.connection.is_refused(reason);
            }
            Some(_) | None => {}
        }
        tracing::debug!(target: "librdkafka", %error, "{reason}");
    }
}

impl ConsumerContext for Context {}

impl producer::ProducerContext for Context {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &producer::DeliveryResult<'_>, (): ()) {
        let mut noted = self.delivered();
        match result {
            Ok(message) => {
                noted.first_offset.get_or_insert(message.offset());
            }
            Err((error, message)) => {
                tracing::debug!(%error, topic = message.topic(), "not delivered");
                noted.failed.get_or_insert_with(|| error.clone());
            }
        }
    }
}
