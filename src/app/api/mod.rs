//! The HTTP API of `serve`: what the log shows, commands, readings, and a stream of events.
//!
//! Everything that is read comes from folds over the log (`view`), which a thread of its own keeps
//! up to date (`follow`). What is written goes to the engine's thread (`writes`), and is durable
//! before it is answered.

mod access;
mod airshed;
mod answer;
#[allow(unused_qualifications, reason = "The macro writes whole paths.")]
mod caller;
#[allow(unused_qualifications, reason = "The macro writes whole paths.")]
mod cap;
mod commands;
#[allow(unused_qualifications, reason = "The macro writes whole paths.")]
mod decisions;
mod document;
#[allow(unused_qualifications, reason = "The macro writes whole paths.")]
mod events;
mod explain;
mod follow;
mod frames;
mod health;
#[allow(unused_qualifications, reason = "The macro writes whole paths.")]
mod history;
mod jurisdictions;
#[allow(unused_qualifications, reason = "The macro writes whole paths.")]
mod matters;
#[allow(unused_qualifications, reason = "The macro writes whole paths.")]
mod proofs;
mod readings;
#[allow(unused_qualifications, reason = "The macro writes whole paths.")]
mod receipts;
#[allow(unused_qualifications, reason = "The macro writes whole paths.")]
mod records;
mod shared;
#[allow(unused_qualifications, reason = "The macro writes whole paths.")]
mod stations;
mod status;
#[allow(unused_qualifications, reason = "The macro writes whole paths.")]
mod things;
mod view;
mod writes;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::app::page::PageMap;
use crate::app::support::http::Http;
use crate::app::support::log_reader::LogLocation;
use crate::engine::Position;
use crate::io::http::{Limits, ServeError, Server, Tls, limited};
use crate::io::tail::{TailFollower, tail};
use crate::wire::cap::Profile;

pub(in crate::app) use access::Access;
pub(in crate::app) use document::text as document;
pub(in crate::app) use shared::Health;
pub(in crate::app) use writes::{Work, Write, Writes};

use access::identify;
use axum::middleware::from_fn_with_state;
use follow::Following;
use shared::Shared;
use writes::Pending;

/// Records that may wait for the thread that folds them; it reads what does not fit from the log.
const TAIL_RECORDS: usize = 1 << 16;

/// The API while it runs. When it is dropped, streams end, and then the server.
pub(in crate::app) struct Api {
    shared: Arc<Shared>,
    following: Option<Following>,
    server: Option<Server>,
}

impl Api {
    /// Starts the server. The engine shows the follower each record from `next` on, and does what
    /// comes by the queue of writes.
    pub(in crate::app) fn start(
        (address, tls): (SocketAddr, Option<Tls>),
        settings: (&Http, Profile, PageMap),
        (log, next): (LogLocation, Position),
        (health, access): (Health, Access),
    ) -> Result<(Self, TailFollower, Writes), ServeError> {
        let (follower, tail) = tail(next, TAIL_RECORDS);
        let (pending, writes) = writes::queue();
        let access = (health, access);
        let mut api = Self::serve((address, tls), settings, log.clone(), (pending, access))?;
        api.following = Some(Following::start(log, tail, Arc::clone(&api.shared)));
        Ok((api, follower, writes))
    }

    /// Starts the server for a log that has no engine: it is read once, and nothing can be written.
    pub(in crate::app) fn look(
        address: SocketAddr,
        settings: (&Http, Profile, PageMap),
        log: LogLocation,
        access: (Health, Access),
    ) -> Result<Self, ServeError> {
        let pending = (Pending::closed(), access);
        let mut api = Self::serve((address, None), settings, log.clone(), pending)?;
        api.following = Some(Following::read_once(log, Arc::clone(&api.shared)));
        Ok(api)
    }

    fn serve(
        (address, tls): (SocketAddr, Option<Tls>),
        (settings, profile, map): (&Http, Profile, PageMap),
        log: LogLocation,
        (pending, access): (Pending, (Health, Access)),
    ) -> Result<Self, ServeError> {
        let shared = Arc::new(Shared::new(log, pending, access, (settings.streams_max, profile)));
        let limits = Limits {
            body_bytes: settings.body_bytes_max,
            answer_within: Duration::from_secs(settings.answer_within_s.into()),
            requests_per_s: settings.requests_per_s,
        };
        let router = document::router().with_state(Arc::clone(&shared)).split_for_parts().0;
        let router = router.layer(from_fn_with_state(Arc::clone(&shared), identify));
        let router = router.merge(crate::app::page::router(map));
        let server = Server::start(address, limited(router, limits), tls)?;
        Ok(Self { shared, following: None, server: Some(server) })
    }

    /// Where it listens.
    pub(in crate::app) fn address(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(Server::address)
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.shared.end();
        drop(self.following.take());
        drop(self.server.take());
    }
}
