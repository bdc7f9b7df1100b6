//! With whom: one folder a technology, each hiding it behind the engine's ports.

pub mod disk;
pub mod files;
pub mod hooks;
pub mod http;
pub mod identity;
pub mod kafka;
pub mod memory;
pub mod otlp;
pub mod registry;
pub mod segments;
pub mod tail;

use std::error::Error;

use reqwest::blocking::{Client, ClientBuilder};
use reqwest::redirect;

/// An HTTP client that follows no redirect: what is for one address must not go to another one.
fn client_builder() -> ClientBuilder {
    // Another part of the program may have installed the same one.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder().redirect(redirect::Policy::none())
}

/// An error with its innermost cause, which says most.
fn with_cause(error: &dyn Error) -> String {
    let mut innermost = None;
    let mut cause = error.source();
    while let Some(it) = cause {
        (innermost, cause) = (Some(it.to_string()), it.source());
    }
    match innermost {
        Some(innermost) => format!("{error}: {innermost}"),
        None => error.to_string(),
    }
}
