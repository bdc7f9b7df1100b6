//! What all clients of one broker share: settings, patience, and one voice about its silence.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
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

pub(in crate::io::kafka) use super::errors::is_passing;
use super::errors::{Meaning, meaning_of};
use super::refusal::{Refusal, parted};
use super::settings::ClientSettings;
use super::topic_ids::Learned;
use super::voice::{Listener, Voice, locked};

/// How long one question to the broker may take before we say that it is silent.
pub(in crate::io::kafka) const ASK: Duration = Duration::from_secs(5);
/// How long the first question may take: the operator should soon see that no broker answers.
const FIRST_ASK: Duration = Duration::from_millis(1_500);
/// How long a silence may last for what is not needed.
const FINISH_WITHIN: Duration = Duration::from_secs(2);
/// Between two questions to a silent broker.
pub(in crate::io::kafka) const PAUSE: Duration = Duration::from_millis(250);

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
    listener: Arc<Listener>,
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
            listener: Arc::default(),
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

    /// For what is done when the program ends as well, and is given up when no broker answers.
    pub(in crate::io::kafka) fn finishing(&self) -> Self {
        let (stop, give_up_after) = (Stop::default(), Some(FINISH_WITHIN));
        Self { stop, give_up_after, ..self.clone() }
    }

    /// Waits until a broker answers, and warns soon if none does.
    pub fn greet(&self) -> Result<(), PortError> {
        let doing = "looking for a broker";
        let client = self.open_listener().map_err(|error| failed(doing, &error))?;
        self.listener.set(Arc::clone(&client));
        let greeted = self.patiently(doing, || client.fetch_metadata(None, FIRST_ASK).map(drop));
        self.listener.end();
        greeted
    }

    /// A client that hears why brokers do not answer. Others do not hear it while they wait for
    /// one.
    fn open_listener(&self) -> KafkaResult<Arc<BaseConsumer<Context>>> {
        // Without a listener of its own: it would never end.
        let own = Self { listener: Arc::default(), ..self.clone() };
        // At this level it also says why a broker hung up.
        let mut settings = self.settings();
        settings.set_log_level(RDKafkaLogLevel::Info);
        settings.create_with_context(own.context()).map(Arc::new)
    }

    /// Waits a little, and hears meanwhile why no broker answers.
    pub(in crate::io::kafka) fn listen(&self) {
        match self.listener.get_or_set(|| self.open_listener()) {
            Some(client) => hear(&client, PAUSE),
            None => std::thread::sleep(PAUSE),
        }
    }

    /// What ends all waiting.
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    pub(in crate::io::kafka) fn settings(&self) -> ClientConfig {
        let mut settings = self.settings.config();
        settings.set("bootstrap.servers", &*self.bootstrap);
        settings
    }

    pub(in crate::io::kafka) fn context(&self) -> Context {
        Context {
            connection: self.clone(),
            delivered: Mutex::default(),
            learned: Mutex::default(),
            ids_told: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            is_past: AtomicBool::new(false),
        }
    }

    /// The broker does not answer; said once until it answers again.
    pub(in crate::io::kafka) fn is_silent(&self) {
        if self.voice.is_silent() && !self.voice.is_refused() {
            let heard = self.voice.heard();
            tracing::warn!(
                brokers = &*self.bootstrap,
                "no broker answers: waiting for it, nothing is lost; check that it runs and that \
                 kafka.brokers (or AIRSHED_BROKERS) names it{heard}"
            );
        }
    }

    /// Says once what is waited for, until an answer shows that it has come.
    pub(in crate::io::kafka) fn passes(&self, doing: &str, error: &KafkaError) {
        match meaning_of(error) {
            Meaning::Awaiting(what) => {
                if locked(&self.voice.awaiting).replace(what) != Some(what) {
                    tracing::warn!(%error, doing, "waiting for {what}");
                }
            }
            Meaning::Passing | Meaning::Fenced | Meaning::Final(_) => self.is_silent(),
        }
    }

    /// The broker answers.
    pub(in crate::io::kafka) fn answers(&self) {
        if locked(&self.voice.awaiting).take().is_some() {
            tracing::info!(brokers = &*self.bootstrap, "the wait is over: going on");
        }
        if self.voice.answers() {
            self.listener.end();
            tracing::info!(brokers = &*self.bootstrap, "the broker answers again: going on");
        }
    }

    /// Whether we have said that it is silent.
    pub(in crate::io::kafka) fn was_silent(&self) -> bool {
        self.voice.is_silent_still()
    }

    /// What the client library says about a broker.
    fn hears(&self, error: &KafkaError, reason: &str) {
        let code = error.rdkafka_error_code();
        if code == Some(RDKafkaErrorCode::AllBrokersDown) {
            self.is_silent();
        } else if let Some(refusal) = Refusal::new(code, reason) {
            self.is_refused(refusal);
        } else if is_passing(error) {
            self.voice.hears(parted(reason).1);
        }
    }

    /// A broker refuses us; said once for each reason. A start that meets it ends by it.
    fn is_refused(&self, refusal: Refusal) {
        let words = refusal.to_string();
        if self.voice.refuses(refusal) {
            let brokers = &*self.bootstrap;
            tracing::warn!(brokers, "{words}; waiting until it lets us in, nothing is lost");
        }
    }

    /// An error when the program ends, when a broker has been silent for too long, or when none has
    /// ever let us in and one refuses to.
    pub(in crate::io::kafka) fn go_on(&self, doing: &str) -> Result<(), PortError> {
        if self.stop.is_set() {
            return Err(PortError::Failed(format!("stopped while {doing}")));
        }
        if let Some(refusal) = self.voice.keeps_out() {
            return Err(PortError::Failed(format!("{doing}: {refusal}")));
        }
        if let Some(limit) = self.give_up_after
            && self.voice.silence() >= limit
        {
            let (brokers, seconds, heard) = (&self.bootstrap, limit.as_secs(), self.voice.heard());
            return Err(PortError::Failed(format!(
                "{doing}: no broker answers at {brokers}; given up after {seconds} s \
                 (--give-up-after){heard}"
            )));
        }
        Ok(())
    }

    /// Asks until the broker answers, however long that takes; any other failure ends it.
    pub(in crate::io::kafka) fn patiently<T>(
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
                    self.listen();
                    self.passes(doing, &error);
                    tracing::debug!(%error, doing, "asking again");
                    self.go_on(doing)?;
                }
                Err(error) => return Err(failed(doing, &error)),
            }
        }
    }
}

/// Lets a client that reads nothing hear what there is to hear, for so long.
#[expect(clippy::disallowed_methods, reason = "How long we listen decides nothing.")]
fn hear(client: &BaseConsumer<Context>, pause: Duration) {
    let begin = Instant::now();
    while let Some(left) = pause.checked_sub(begin.elapsed()) {
        drop(client.poll(left));
    }
}

/// Serves a producer until everything it was given has arrived or been given up.
///
/// Neither the library's flush, which takes steps of 100 ms, nor its poll with a time, which
/// spins through the last part of a millisecond, will do.
pub(in crate::io::kafka) fn await_deliveries(
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

/// An error that ends the program, with what to do about it.
pub(in crate::io::kafka) fn failed(doing: &str, error: &KafkaError) -> PortError {
    match meaning_of(error) {
        Meaning::Final(advice) => PortError::Failed(format!("{doing}: {error}: {advice}")),
        Meaning::Passing | Meaning::Awaiting(_) | Meaning::Fenced => {
            PortError::Failed(format!("{doing}: {error}"))
        }
    }
}

/// A header of a message, where it is a text.
pub(in crate::io::kafka) fn header<'a>(
    message: &'a BorrowedMessage<'_>,
    name: &str,
) -> Option<&'a str> {
    let header = message.headers()?.iter().find(|it| it.key == name)?;
    std::str::from_utf8(header.value?).ok()
}

/// Receives the log lines and events of the client library.
pub(in crate::io::kafka) struct Context {
    connection: Connection,
    delivered: Mutex<Deliveries>,
    learned: Mutex<Learned>,
    /// How many ids of topics the library has reported.
    ids_told: AtomicU64,
    /// How often it has said anything.
    heard: AtomicU64,
    /// What it says now is over: nothing listened when it happened.
    is_past: AtomicBool,
}

/// What became of the messages sent.
#[derive(Default)]
struct Deliveries {
    first: Option<Delivered>,
    failed: Option<KafkaError>,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::io::kafka) struct Delivered {
    pub(in crate::io::kafka) offset: i64,
    pub(in crate::io::kafka) timestamp_ms: Option<i64>,
}

impl Context {
    fn delivered(&self) -> MutexGuard<'_, Deliveries> {
        locked(&self.delivered)
    }

    /// What is known of topics.
    pub(in crate::io::kafka) fn learned(&self) -> MutexGuard<'_, Learned> {
        locked(&self.learned)
    }

    /// Grows whenever the id of a topic has been learned.
    pub(in crate::io::kafka) fn ids_told(&self) -> u64 {
        self.ids_told.load(Ordering::Acquire)
    }

    /// Lets a client that nothing listened to for a while say what there was. Nothing follows from
    /// it: what lasts is noticed when the client is used. `poll` is one look at it.
    pub(in crate::io::kafka) fn forget(&self, poll: impl Fn()) {
        self.is_past.store(true, Ordering::Relaxed);
        let mut before = None;
        while before != Some(self.heard.load(Ordering::Relaxed)) {
            before = Some(self.heard.load(Ordering::Relaxed));
            poll();
        }
        self.is_past.store(false, Ordering::Relaxed);
    }

    /// What is said about brokers is counted. Whether it is about now.
    fn hears(&self) -> bool {
        self.heard.fetch_add(1, Ordering::Relaxed);
        !self.is_past.load(Ordering::Relaxed)
    }

    /// Forgets earlier deliveries.
    pub(in crate::io::kafka) fn clear(&self) {
        *self.delivered() = Deliveries::default();
    }

    /// The first delivery that failed since the last call.
    pub(in crate::io::kafka) fn take_failed(&self) -> Option<KafkaError> {
        self.delivered().failed.take()
    }

    /// Where the first message since `clear` stands.
    pub(in crate::io::kafka) fn take_first(&self) -> Option<Delivered> {
        self.delivered().first.take()
    }
}

impl ClientContext for Context {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, words: &str) {
        if facility == "METADATA" && self.learned().take(words) {
            self.ids_told.fetch_add(1, Ordering::Release);
        }
        if self.hears() && facility == "FAIL" {
            let words = words.split_once("]: ").map_or(words, |(_, words)| words);
            self.connection.voice.hears(parted(words).1);
        }
        tracing::debug!(target: "librdkafka", facility, "{words}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if self.hears() {
            self.connection.hears(&error, reason);
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
                let (offset, timestamp_ms) = (message.offset(), message.timestamp().to_millis());
                noted.first.get_or_insert(Delivered { offset, timestamp_ms });
            }
            Err((error, message)) => {
                tracing::debug!(%error, topic = message.topic(), "not delivered");
                noted.failed.get_or_insert_with(|| error.clone());
            }
        }
    }
}
