//! What all requests share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use tokio::sync::{Semaphore, watch};

use super::access::Access;
use super::answer::At;
use super::frames::Frames;
use super::view::View;
use super::writes::Pending;
use crate::app::support::log_reader::LogLocation;
use crate::io::http::{Kind, Problem};
use crate::wire::cap::{Messages, Profile};
use crate::wire::trust::proof::Stored;

/// What the rest of the program says of itself.
pub(in crate::app) struct Health {
    /// The page of metrics.
    pub(in crate::app) metrics: Box<dyn Fn() -> String + Send + Sync>,
    /// Whether the engine has not failed.
    pub(in crate::app) live: Box<dyn Fn() -> bool + Send + Sync>,
    /// Why the engine cannot serve, if it cannot.
    pub(in crate::app) ready: Box<dyn Fn() -> Result<(), String> + Send + Sync>,
}

/// What all requests share.
pub(super) struct Shared {
    view: Mutex<View>,
    /// The state of following, for streams and `/ready`.
    state: watch::Sender<State>,
    /// Answers at one position of the log, by request.
    answers: Mutex<(u64, BTreeMap<String, Bytes>)>,
    /// What streams send.
    pub(super) frames: Frames,
    log: LogLocation,
    pub(super) pending: Pending,
    pub(super) health: Health,
    /// The hashes of the log, as far as a proof has needed them.
    pub(super) tree: Arc<Mutex<Stored>>,
    /// Requests that read much of the log at once.
    readers: Arc<Semaphore>,
    pub(super) access: Access,
    /// Whether checkpoints are made, or were.
    pub(super) has_checkpoints: bool,
    streams: AtomicUsize,
    streams_max: usize,
}

/// How far the log has been followed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct State {
    /// The position after the last record that the view has taken.
    pub(super) next: u64,
    /// The view has caught up with the engine.
    pub(super) is_caught_up: bool,
    /// The log could not be read, for this reason.
    pub(super) failed: Option<String>,
    /// The program ends.
    pub(super) has_ended: bool,
}

/// So many requests may read much of the log at once; others wait.
const READERS_MAX: usize = 2;
/// From so many stored answers on, all are dropped.
const ANSWERS_MAX: usize = 1_000;

impl Shared {
    pub(super) fn new(
        log: LogLocation,
        pending: Pending,
        (health, access): (Health, Access),
        (streams_max, profile): (usize, Profile),
    ) -> Self {
        let has_checkpoints = if pending.is_open() {
            access.key.is_some()
        } else {
            log.notes().is_ok_and(|it| !it.notes.is_empty())
        };
        Self {
            view: Mutex::new(View::by(Messages::new(Arc::new(profile)))),
            state: watch::Sender::default(),
            answers: Mutex::default(),
            frames: Frames::default(),
            log,
            pending,
            health,
            tree: Arc::default(),
            readers: Arc::new(Semaphore::new(READERS_MAX)),
            access,
            has_checkpoints,
            streams: AtomicUsize::new(0),
            streams_max,
        }
    }

    pub(super) fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the view has the whole log.
    pub(super) fn ready(&self) -> Result<(), Problem> {
        let state = self.state.borrow();
        if let Some(words) = &state.failed {
            return Err(Problem::new(Kind::Unavailable, words.clone()));
        }
        if state.is_caught_up {
            return Ok(());
        }
        let words = format!("the log is being read: {} records so far", state.next);
        Err(Problem::new(Kind::Unavailable, words))
    }

    pub(super) fn state(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut State)) {
        self.state.send_modify(change);
    }

    /// Ends all streams.
    pub(super) fn end(&self) {
        self.change(|it| it.has_ended = true);
    }

    /// The answer to a request at the newest position, with that as its `ETag`.
    pub(super) fn answer(
        &self,
        asked: &HeaderMap,
        request: &str,
        make: impl FnOnce(&mut View) -> Result<serde_json::Value, Problem>,
    ) -> Result<Response, Problem> {
        let (position, json) = self.json(request, make)?;
        Ok(At { position, json }.answer(asked))
    }

    /// The JSON of an answer, from memory if it was made before.
    fn json(
        &self,
        request: &str,
        make: impl FnOnce(&mut View) -> Result<serde_json::Value, Problem>,
    ) -> Result<(u64, Bytes), Problem> {
        self.ready()?;
        let next = self.state.borrow().next;
        if let Some(answer) = self.stored(next, request) {
            return Ok((next, answer));
        }
        let mut view = self.view();
        let next = view.next();
        let value = make(&mut view)?;
        drop(view);
        let bytes = Bytes::from(serde_json::to_vec(&value).unwrap_or_default());
        self.store(next, request, &bytes);
        Ok((next, bytes))
    }

    /// The answer to a request from as much of the log as the view has taken. The log is read in a
    /// thread for that; few requests may do so at once.
    pub(super) async fn answer_from_log(
        &self,
        asked: &HeaderMap,
        request: &str,
        read: impl FnOnce(&LogLocation, u64) -> anyhow::Result<Option<serde_json::Value>>
        + Send
        + 'static,
    ) -> Result<Option<Response>, Problem> {
        self.ready()?;
        let position = self.state.borrow().next;
        if let Some(json) = self.stored(position, request) {
            return Ok(Some(At { position, json }.answer(asked)));
        }
        let found = self.read_much(move |log| read(log, position)).await?;
        Ok(found.map(|value| {
            let json = Bytes::from(serde_json::to_vec(&value).unwrap_or_default());
            self.store(position, request, &json);
            At { position, json }.answer(asked)
        }))
    }

    /// Reads much of the log in a thread for that, when not too many do.
    pub(super) async fn read_much<T: Send + 'static>(
        &self,
        read: impl FnOnce(&LogLocation) -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let permit = Arc::clone(&self.readers).acquire_owned().await;
        self.read_log(move |log| {
            // It is given back when the reading ends, also where the client has gone.
            let found = read(log);
            drop(permit);
            found
        })
        .await
    }

    /// Reads the log in a thread for that.
    pub(super) async fn read_log<T: Send + 'static>(
        &self,
        read: impl FnOnce(&LogLocation) -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let log = self.log.clone();
        match tokio::task::spawn_blocking(move || read(&log)).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => {
                tracing::error!("the log cannot be read: {error:#}");
                Err(Problem::new(Kind::Unavailable, "the log cannot be read now"))
            }
            Err(_) => Err(Problem::new(Kind::Internal, "the log of the program has the cause")),
        }
    }

    fn store(&self, next: u64, request: &str, bytes: &Bytes) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.0 < next || answers.1.len() >= ANSWERS_MAX {
            *answers = (next, BTreeMap::new());
        }
        if answers.0 == next {
            answers.1.insert(request.to_owned(), bytes.clone());
        }
    }

    fn stored(&self, next: u64, request: &str) -> Option<Bytes> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        (answers.0 == next).then(|| answers.1.get(request).cloned()).flatten()
    }
}

/// A stream of events that is open.
pub(super) struct OpenStream(Arc<Shared>);

impl OpenStream {
    /// Counts one more, if so many may be open.
    pub(super) fn open(shared: &Arc<Shared>) -> Result<Self, Problem> {
        let open = shared.streams.fetch_add(1, Ordering::Relaxed);
        let stream = Self(Arc::clone(shared));
        if open < shared.streams_max {
            return Ok(stream);
        }
        let words = format!("{open} streams are open, as many as there may be (http.streams_max)");
        Err(Problem::new(Kind::Unavailable, words))
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}
