//! The calls to a registry. Each takes a bounded time and a bounded answer.

use std::io::Read as _;

use chrono::DateTime;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE};
use serde_json::{Value, json};
use thiserror::Error;

use crate::wire::message::{Unanswered, read_id_answer, read_plain_answer, read_schema_answer};

use crate::io::{client_builder, with_cause};

use super::settings::{Access, Compatibility, RegistrySettings};

/// A larger answer is not read to its end.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
const MEDIA_TYPE: &str = "application/vnd.schemaregistry.v1+json";
const NOT_FOUND: u16 = 404;

/// A registry does not do what it is asked for.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[error("{0}")]
pub struct RegistryError(String);

/// One registry.
pub struct RegistryClient {
    client: Client,
    base: String,
    access: Access,
}

impl RegistryClient {
    /// Connects to nothing yet.
    pub fn new(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        let client = client_builder()
            .timeout(settings.timeout)
            .build()
            .map_err(|error| RegistryError(with_cause(&error)))?;
        let base = settings.url.trim_end_matches('/').to_owned();
        Ok(Self { client, base, access: settings.access.clone() })
    }

    /// Asks for the compatibility of all subjects, to see that a registry answers. Returns its time of
    /// day, in seconds since 1970, if it says it.
    pub fn look(&self) -> Result<Option<i64>, RegistryError> {
        let asked = self.access(self.client.get(format!("{}/config", self.base)));
        let answer = asked.send().map_err(|error| RegistryError(with_cause(&error)))?;
        let date = answer.headers().get(DATE).and_then(|it| it.to_str().ok());
        let date = date.and_then(|it| DateTime::parse_from_rfc2822(it).ok());
        let (status, body) = read(answer)?;
        read_plain_answer(status, &body).map_err(RegistryError)?;
        if serde_json::from_slice::<Value>(&body).is_ok_and(|it| it.is_object()) {
            return Ok(date.map(|it| it.timestamp()));
        }
        Err(RegistryError("no answer of a schema registry: check registry.url".to_owned()))
    }

    /// The schema of an id.
    pub fn schema(&self, id: u32) -> Result<String, Unanswered> {
        let asked = self.client.get(format!("{}/schemas/ids/{id}", self.base));
        let (status, body) = self.send(asked).map_err(|it| Unanswered::Later(it.0))?;
        read_schema_answer(status, &body)
    }

    /// The id of a schema of a subject. It is registered if the registry does not have it yet, in
    /// these very bytes: some registries give the same schema in other bytes another id.
    pub fn id_of(
        &self,
        subject: &str,
        schema: &str,
        compatibility: Option<Compatibility>,
    ) -> Result<u32, RegistryError> {
        let (status, body) = self.post(&format!("/subjects/{subject}"), schema)?;
        let failed = |words| RegistryError(format!("the subject {subject}: {words}"));
        if let Some(id) = read_id_answer(status, &body).map_err(failed)? {
            return Ok(id);
        }
        let set = compatibility.map(|it| self.demand(subject, it)).transpose()?.unwrap_or(true);
        let (status, body) = self.post(&format!("/subjects/{subject}/versions"), schema)?;
        let id = read_id_answer(status, &body).map_err(failed)?;
        let id = id.ok_or_else(|| failed("it was not registered".to_owned()))?;
        if let Some(compatibility) = compatibility.filter(|_| !set) {
            self.demand(subject, compatibility)?;
        }
        Ok(id)
    }

    /// Sets what is demanded of later versions. False where the registry wants a first version
    /// before.
    fn demand(&self, subject: &str, it: Compatibility) -> Result<bool, RegistryError> {
        let body = json!({ "compatibility": it.name() }).to_string();
        let asked = self.client.put(format!("{}/config/{subject}", self.base));
        let (status, body) = self.send(asked.header(CONTENT_TYPE, MEDIA_TYPE).body(body))?;
        if status == NOT_FOUND {
            return Ok(false);
        }
        let failed = |words| RegistryError(format!("the compatibility of {subject}: {words}"));
        read_plain_answer(status, &body).map(|()| true).map_err(failed)
    }

    fn post(&self, path: &str, schema: &str) -> Result<(u16, Vec<u8>), RegistryError> {
        let body = json!({ "schema": schema }).to_string();
        let asked = self.client.post(format!("{}{path}", self.base));
        self.send(asked.header(CONTENT_TYPE, MEDIA_TYPE).body(body))
    }

    fn send(&self, asked: RequestBuilder) -> Result<(u16, Vec<u8>), RegistryError> {
        let answer = self.access(asked).send();
        read(answer.map_err(|error| RegistryError(with_cause(&error)))?)
    }

    /// Adds what the registry is shown.
    fn access(&self, asked: RequestBuilder) -> RequestBuilder {
        let asked = match &self.access {
            Access::Open => asked,
            Access::Password(user, password) => asked.basic_auth(user, Some(password)),
            Access::Token(token) => asked.bearer_auth(token),
        };
        asked.header(ACCEPT, MEDIA_TYPE)
    }
}

/// The status and the body of an answer.
fn read(answer: Response) -> Result<(u16, Vec<u8>), RegistryError> {
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    let read = answer.take(ANSWER_BYTES_MAX + 1).read_to_end(&mut body);
    read.map_err(|error| RegistryError(format!("its answer broke off: {error}")))?;
    if body.len() as u64 > ANSWER_BYTES_MAX {
        return Err(RegistryError(format!("its answer has more than {ANSWER_BYTES_MAX} bytes")));
    }
    Ok((status, body))
}
