//! Whom the HTTP server lets in, and its TLS: both from files.

use std::path::Path;

use crate::app::api::Access;
use crate::app::page::PageMap;
use crate::app::run::console::{Clock as _, SystemClock};
use crate::app::support::http::Http;
use crate::domain::RuleBook;
use crate::domain::cooperation::Body;
use crate::io::http::Tls;
use crate::io::identity::{self, Changes};
use crate::wire::identity::{Gate, Identity, Posture, Tokens};
use crate::wire::trust::key::SignerKey;

/// What a server needs of its files, which are read again when they change.
pub(super) struct Opened {
    pub(super) access: Access,
    pub(super) tls: Option<Tls>,
    /// The threads that look for changes.
    pub(super) watching: Vec<Changes>,
}

/// Reads the files that a posture names. `key` signs orders.
pub(super) fn open(
    posture: &Posture,
    book: &RuleBook,
    key: Option<SignerKey>,
) -> Result<Opened, String> {
    let mut watching = Vec::new();
    let gate = match &posture.tokens {
        None => Gate::open(),
        Some(path) => {
            let watched = identity::watch(path).map_err(|error| wrong_tokens(&error))?;
            let (store, changes) = watched;
            check_bodies(&store.tokens(), book)?;
            watching.push(changes);
            Gate::new(store, posture.anonymous_read)
        }
    };
    let tls = match &posture.tls {
        None => None,
        Some(files) => {
            let config = identity::server_config(files).map_err(|error| error.to_string())?;
            let tls = Tls::new(config);
            let of_thread = tls.clone();
            let changes = identity::watch_tls(files, move |new| of_thread.replace(new));
            watching.push(changes.map_err(|error| error.to_string())?);
            Some(tls)
        }
    };
    let clock = SystemClock::start();
    let access = Access { gate, key, now: Box::new(move || clock.wall()) };
    Ok(Opened { access, tls, watching })
}

/// Checks the files without a server.
pub(super) fn check(http: &Http, book: &RuleBook) -> Result<(), String> {
    PageMap::of(&http.map).map_err(|words| format!("http.map: {words}"))?;
    let Some(posture) = http.posture()? else { return Ok(()) };
    if let Some(path) = &posture.tokens {
        tokens(path, Some(book))?;
    }
    let config = posture.tls.as_ref().map(identity::server_config).transpose();
    config.map(drop).map_err(|error| error.to_string())
}

/// Reads a token file. With a rule book, it must have all their bodies.
pub(in crate::app) fn tokens(path: &Path, book: Option<&RuleBook>) -> Result<Tokens, String> {
    let tokens = identity::read(path).map_err(|error| wrong_tokens(&error))?;
    book.map_or(Ok(()), |book| check_bodies(&tokens, book))?;
    Ok(tokens)
}

fn wrong_tokens(error: &identity::FileError) -> String {
    format!("http.tokens: {error}; `airshed token new` makes the file")
}

/// A credential of a body that the airshed does not have is a mistake: it opens nothing.
fn check_bodies(tokens: &Tokens, book: &RuleBook) -> Result<(), String> {
    let Some(cooperation) = &book.rules.cooperation else { return Ok(()) };
    let is_known = |it: &Body| cooperation.bodies.find(it.code()).is_some();
    let unknown: Vec<Identity> = tokens.of_unknown_bodies(is_known).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let unknown: Vec<String> = unknown.iter().map(ToString::to_string).collect();
    Err(format!(
        "http.tokens: the airshed does not have the body of {}; right are the members and districts \
         of the rule book, its provinces, and region",
        unknown.join(", ")
    ))
}
