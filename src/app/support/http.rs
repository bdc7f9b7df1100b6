//! The section `[http]`: the HTTP server, if there is one, and who may call it.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::wire::identity::{HttpExposure, Posture, posture};

/// An address, limits, and files. See deploy/config.toml.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::app) struct Http {
    pub(in crate::app) listen: String,
    pub(in crate::app) certificate: PathBuf,
    pub(in crate::app) key: PathBuf,
    pub(in crate::app) client_ca: PathBuf,
    pub(in crate::app) tokens: PathBuf,
    pub(in crate::app) anonymous_read: bool,
    pub(in crate::app) map: PathBuf,
    pub(in crate::app) body_bytes_max: usize,
    pub(in crate::app) answer_within_s: u32,
    pub(in crate::app) requests_per_s: u32,
    pub(in crate::app) streams_max: usize,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: String::new(),
            certificate: PathBuf::new(),
            key: PathBuf::new(),
            client_ca: PathBuf::new(),
            tokens: PathBuf::new(),
            anonymous_read: false,
            map: PathBuf::new(),
            body_bytes_max: 1 << 20,
            answer_within_s: 10,
            requests_per_s: 100,
            streams_max: 1_000,
        }
    }
}

impl Http {
    /// Where the server listens and whom it lets in; none: there is no server.
    pub(in crate::app) fn posture(&self) -> Result<Option<Posture>, String> {
        if self.listen.is_empty() {
            return Ok(None);
        }
        let listen: SocketAddr = self.listen.parse().map_err(|_| {
            format!(
                "http.listen: {:?} is no address with a port; right is such as 127.0.0.1:8480",
                self.listen
            )
        })?;
        let exposure = HttpExposure {
            listen,
            certificate: &self.certificate,
            key: &self.key,
            client_ca: &self.client_ca,
            tokens: &self.tokens,
            anonymous_read: self.anonymous_read,
        };
        posture(&exposure).map(Some).map_err(|error| error.to_string())
    }

    /// The first value that is wrong, in words.
    pub(in crate::app) fn first_wrong_value(&self) -> Option<String> {
        let checks = [
            (
                (1_024..=1 << 26).contains(&self.body_bytes_max),
                "http.body_bytes_max: right is a whole number from 1024 to 67108864",
            ),
            (
                (1..=600).contains(&self.answer_within_s),
                "http.answer_within_s: right is a whole number of seconds from 1 to 600",
            ),
            (
                (1..=1_000_000).contains(&self.requests_per_s),
                "http.requests_per_s: right is a whole number from 1 to 1000000",
            ),
            (
                (1..=100_000).contains(&self.streams_max),
                "http.streams_max: right is a whole number from 1 to 100000",
            ),
        ];
        let wrong = checks.into_iter().find(|(right, _)| !right).map(|it| it.1.to_owned());
        wrong.or_else(|| self.posture().err())
    }
}
