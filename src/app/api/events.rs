//! A stream of events, from any position of the log. The log is the buffer: a stream is a position,
//! so that nothing is missed and nothing comes twice, also after a restart.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;

use super::access::Asker;
use super::caller::viewer;
use super::document::Answers;
use super::records;
use super::shared::{OpenStream, Shared, State as LogState};
use crate::domain::cooperation::Body;
use crate::engine::Entry;
use crate::io::http::{Kind, Problem};
use crate::wire::publication::EventView;

/// Records that are read at a time.
const AT_ONCE: usize = 64;
/// Events that wait for the client.
const WAITING_MAX: usize = 16;
/// A comment after so long without an event, so that both ends know that the other is there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How often a stream looks whether its caller may still read.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How soon a client should connect again.
const RETRY: Duration = Duration::from_millis(500);

/// Which events.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Begin behind the record at this position; without it, with the next record. The header
    /// Last-Event-ID comes before it.
    #[param(maximum = 9_007_199_254_740_991_i64)]
    after: Option<u64>,
    /// Begin with the first record of the log.
    #[serde(default)]
    from_start: bool,
    /// Only what this body may see: a code such as 130100, a province such as 13, or region.
    #[serde(rename = "as")]
    #[param(rename = "as", pattern = "^(region|[0-9]{2}|[0-9]{6})$")]
    viewer: Option<String>,
    /// Only these types of records, separated by commas.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    types: Option<String>,
}

/// Server-sent events: each record of the log as one event. The id of an event is the position of
/// its record, its name the type, its data the record in JSON. A client that connects again with
/// Last-Event-ID misses nothing and gets nothing twice.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "log",
    operation_id = "events",
    params(Wanted),
    responses(
        (status = 200, description = "Events, without an end.", body = String,
            content_type = "text/event-stream"),
        Answers,
    ),
)]
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    shared.ready()?;
    let viewer = viewer(wanted.viewer.as_deref(), &shared, &asker)?;
    let open = OpenStream::open(&shared)?;
    let last = headers.get("last-event-id").map(last_event_id).transpose()?;
    let next = shared.view().next();
    let begin = match last.or(wanted.after) {
        Some(after) => after.saturating_add(1),
        None if wanted.from_start => 0,
        None => next,
    };
    if begin > next {
        let words = format!("the log has {next} records, and none at {}", begin - 1);
        return Err(Problem::new(Kind::BadRequest, words));
    }
    let types = wanted.types.map(|it| it.split(',').map(|it| it.trim().to_owned()).collect());
    let state = shared.state();
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let stream = Stream { shared, asker, state, sender, next: begin, viewer, types, _open: open };
    tokio::spawn(stream.run());
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let mut response =
        Sse::new(ReceiverStream::new(receiver)).keep_alive(keep_alive).into_response();
    let no_buffer = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response.headers_mut().insert(no_buffer.0, no_buffer.1);
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    Ok(response)
}

fn last_event_id(value: &HeaderValue) -> Result<u64, Problem> {
    let number = value.to_str().ok().and_then(|it| it.trim().parse().ok());
    number.filter(|it| *it < 1 << 53).ok_or_else(|| {
        let words = "Last-Event-ID: right is the position of a record, such as 17";
        Problem::new(Kind::BadRequest, words)
    })
}

/// One client.
struct Stream {
    shared: Arc<Shared>,
    asker: Asker,
    state: watch::Receiver<LogState>,
    sender: mpsc::Sender<Result<Event, Infallible>>,
    next: u64,
    viewer: Option<Body>,
    types: Option<Vec<String>>,
    _open: OpenStream,
}

impl Stream {
    async fn run(mut self) {
        // The head of the answer leaves with the first comment.
        if self.send(Event::default().comment("events of the log").retry(RETRY)).await.is_err() {
            return;
        }
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            let state = self.state.borrow_and_update().clone();
            if state.has_ended {
                return;
            }
            if let Err(problem) = self.asker.still() {
                self.fail(&problem).await;
                return;
            }
            if self.next < state.next {
                if self.send_next().await.is_err() {
                    return;
                }
                continue;
            }
            tokio::select! {
                changed = self.state.changed() => if changed.is_err() { return },
                _ = looks.tick() => {}
                () = self.sender.closed() => return,
            }
        }
    }

    async fn send_next(&mut self) -> Result<(), ()> {
        let found = match records::from(&self.shared, self.next, AT_ONCE).await {
            Ok(found) if !found.is_empty() => found,
            failed => {
                let lost = || Problem::new(Kind::Unavailable, "the log cannot be read now");
                self.fail(&failed.err().unwrap_or_else(lost)).await;
                return Err(());
            }
        };
        for entry in found {
            let position = entry.record.position.0;
            if let Some(shown) = self.shown(&entry) {
                let kind = entry.record.event.record_type();
                let event = Event::default().id(position.to_string()).event(kind);
                self.send(event.data(shown)).await?;
            }
            self.next = position + 1;
        }
        Ok(())
    }

    /// The record in JSON as the client may see it; none where it sees nothing, or did not ask for
    /// it.
    fn shown(&self, entry: &Entry) -> Option<Arc<str>> {
        let kind = entry.record.event.record_type();
        if self.types.as_ref().is_some_and(|it| it.iter().all(|it| it != kind)) {
            return None;
        }
        let seen = match &self.viewer {
            None => EventView::Whole,
            viewer => self.shared.view().seen_by(entry, viewer.as_ref()),
        };
        match seen {
            EventView::Whole => Some(self.shared.frames.json(entry)),
            EventView::Part(value) => Some(value.to_string().into()),
            EventView::Nothing => None,
        }
    }

    /// The last event of a stream that cannot go on.
    async fn fail(&self, problem: &Problem) {
        let data = serde_json::to_string(problem).unwrap_or_default();
        // A client that has gone away needs no reason.
        self.send(Event::default().event("error").data(data)).await.ok();
    }

    async fn send(&self, event: Event) -> Result<(), ()> {
        self.sender.send(Ok(event)).await.map_err(|_| ())
    }
}
