//! What comes over HTTP: commands and readings, each answered when it is durable.

use std::sync::Arc;
use std::time::Duration;

use crate::app::api::{Api, Health, Work, Writes};
use crate::app::page::PageMap;
use crate::app::run::metrics::Metrics;
use crate::app::support::config::Config;
use crate::app::support::log_reader::LogLocation;
use crate::domain::{ClockRule, Command, RuleBook, Stream, Tick, Timestamp};
use crate::engine::PortError;
use crate::io::identity::Changes;
use crate::wire::message::{Codes, Schemas, StreamReader};
use crate::wire::trust::key::SignerKey;

use super::ServingEngine;
use super::access::{self, Opened};

/// The stream of readings and commands that come over HTTP.
const STREAM: &str = "http";

/// The API and the queue of what it asks for; nothing without an HTTP server.
pub(super) struct Requests {
    running: Option<Running>,
    schemas: Schemas,
    /// The codes of the rule book in force when readings last came.
    codes: Option<(Arc<RuleBook>, Arc<Codes>)>,
}

/// The server with what it needs while it runs. The fields are dropped in this order.
struct Running {
    #[expect(dead_code, reason = "It answers until it is dropped.")]
    api: Api,
    writes: Writes,
    _watching: Vec<Changes>,
}

/// A request, as the API gives it.
pub(super) use crate::app::api::Write as Request;

impl Requests {
    /// Starts the server, if the configuration has one.
    pub(super) fn start(
        config: &Config,
        book: &Arc<RuleBook>,
        location: LogLocation,
        metrics: &Arc<Metrics>,
        engine: &mut ServingEngine,
        key: Option<SignerKey>,
    ) -> Result<Self, PortError> {
        let schemas = Schemas::default();
        let Some(posture) = config.http.posture().map_err(PortError::Failed)? else {
            return Ok(Self { running: None, schemas, codes: None });
        };
        let Opened { access, tls, watching } =
            access::open(&posture, book, key).map_err(PortError::Failed)?;
        metrics.count_denials(access.gate.denials());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let next = engine.memory().next;
        let [of_page, of_life, of_state] = [metrics, metrics, metrics].map(Arc::clone);
        let health = Health {
            metrics: Box::new(move || of_page.render()),
            live: Box::new(move || of_life.live()),
            ready: Box::new(move || of_state.ready()),
        };
        let profile = config.cap.profile(&config.rules.folder);
        let profile = profile.map_err(|error| PortError::Failed(error.to_string()))?;
        let map = PageMap::of(&config.http.map);
        let map = map.map_err(|words| PortError::Failed(format!("http.map: {words}")))?;
        let log = (location, next);
        let settings = (&config.http, profile, map);
        let (api, follower, writes) =
            Api::start((posture.listen, tls), settings, log, (health, access))
                .map_err(|error| PortError::Failed(format!("http.listen: {error}")))?;
        engine.follow(follower);
        if let Some(address) = api.address() {
            let airshed = &*book.rules.airshed;
            tracing::info!(airshed, "answering at {scheme}://{address}");
        }
        let running = Some(Running { api, writes, _watching: watching });
        Ok(Self { running, schemas, codes: None })
    }

    /// The next request, if one comes within this time.
    pub(super) fn next(&self, wait: Duration) -> Option<Request> {
        if let Some(running) = &self.running {
            return running.writes.next(wait);
        }
        // Only a loop that has nothing else to wait for waits here.
        std::thread::sleep(wait);
        None
    }

    /// Ends streams, then the server.
    pub(super) fn end(&mut self) {
        self.running = None;
    }

    /// Does what a request asks for. Its answer leaves when everything is durable.
    pub(super) fn take(
        &mut self,
        request: Request,
        engine: &mut ServingEngine,
        now: Option<Timestamp>,
    ) -> Result<(), PortError> {
        let Request { work, answer } = request;
        let stream = Stream::file(STREAM);
        let airshed = &engine.memory().airshed;
        let taken = airshed.streams().get(&stream).and_then(|it| it.taken).unwrap_or(0);
        let source = stream.at(taken + 1);
        let by_wall =
            airshed.rules().is_some_and(|it| it.parameters.closing.clock == ClockRule::Wall);
        let mut commands = Vec::new();
        match work {
            Work::Command(mut given) => {
                // By the wall clock, every deadline up to now passes before the command.
                if let Some(at) = now.filter(|_| by_wall) {
                    commands.push(Command::Tick(Tick { at, source: None }));
                } else {
                    given.source = Some(source);
                }
                commands.push(Command::Give(given));
            }
            Work::Readings(message) => {
                let codes = airshed.book().map(|it| self.codes_of(it)).unwrap_or_default();
                let mut reader = StreamReader::new(stream, codes);
                let mut give = |it| commands.push(it);
                let read = reader.read(source.position, &message, &self.schemas, &mut give);
                read.map_err(|error| PortError::Failed(error.to_string()))?;
                reader.flush(&mut give);
            }
        }
        let outcome = engine.submit(commands, now);
        let failed = outcome.as_ref().err().cloned();
        // A client that has gone away needs no answer.
        drop(answer.send(outcome));
        failed.map_or(Ok(()), Err)
    }

    /// The codes of a rule book, made once for each.
    fn codes_of(&mut self, book: &Arc<RuleBook>) -> Arc<Codes> {
        let known = self.codes.take().filter(|it| Arc::ptr_eq(&it.0, book));
        let new = || (Arc::clone(book), Arc::new(Codes::new(&book.rules)));
        Arc::clone(&self.codes.insert(known.unwrap_or_else(new)).1)
    }
}
