//! Who calls, and whether the caller may.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum_server::tls::TlsInfo;

use super::shared::Shared;
use crate::domain::Timestamp;
use crate::domain::cooperation::Body;
use crate::io::http::{Kind, Problem};
use crate::wire::identity::{Call, CallKind, Caller, Denied, Gate, Scope, Shown, scope};
use crate::wire::trust::key::SignerKey;

/// The rules of access, the time of day by which credentials expire, and the key that signs orders.
pub(in crate::app) struct Access {
    pub(in crate::app) gate: Gate,
    pub(in crate::app) key: Option<SignerKey>,
    pub(in crate::app) now: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

/// Who calls. Each handler asks it for leave.
#[derive(Clone)]
pub(super) struct Asker {
    shared: Arc<Shared>,
    caller: Caller,
    from: String,
}

impl Asker {
    /// Whether the caller may do this.
    pub(super) fn may(&self, call: &Call<'_>) -> Result<(), Problem> {
        let may = self.gate().may(&self.caller, call);
        may.map_err(|denied| self.turned_away(&denied, Some(call)))
    }

    /// Whether the caller may do something of this kind, before a body is read.
    pub(super) fn may_ever(&self, kind: CallKind) -> Result<(), Problem> {
        let may = self.gate().may_ever(&self.caller, kind);
        may.map_err(|denied| self.turned_away(&denied, None))
    }

    /// Whether the caller could do something of this kind. Nothing is recorded if not.
    pub(super) fn could(&self, kind: CallKind) -> bool {
        self.gate().may_ever(&self.caller, kind).is_ok()
    }

    /// Who calls.
    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Whether the caller has shown nothing.
    pub(super) fn is_anonymous(&self) -> bool {
        self.caller == Caller::Anonymous
    }

    /// Whether the caller is one of the bodies, or sees everything.
    pub(super) fn is_member(&self) -> Result<(), Problem> {
        self.viewer(None).map(drop)
    }

    /// The body for which something is shown: the one that was asked for, if the caller may see
    /// what it sees. Without one, it is the caller's own body, and none for those who see everything.
    pub(super) fn viewer(&self, asked: Option<Body>) -> Result<Option<Body>, Problem> {
        if let Some(body) = asked {
            self.may(&Call::ReadBody(&body))?;
            return Ok(Some(body));
        }
        match &self.caller {
            Caller::Known(own) if scope(own.role, CallKind::ReadBody) == Scope::OwnBody => {
                self.may(&Call::ReadBody(&own.body))?;
                Ok(Some(own.body.clone()))
            }
            Caller::Known(_) | Caller::Local | Caller::Anonymous => {
                self.may(&Call::ReadLog)?;
                Ok(None)
            }
        }
    }

    /// Whether the credential of the caller still holds: for streams that stay open.
    pub(super) fn still(&self) -> Result<(), Problem> {
        let still = self.gate().still(&self.caller, (self.shared.access.now)());
        still.map_err(|denied| self.turned_away(&denied, None))
    }

    fn gate(&self) -> &Gate {
        &self.shared.access.gate
    }

    fn turned_away(&self, denied: &Denied, call: Option<&Call<'_>>) -> Problem {
        self.gate().record(denied, Some(&self.caller), call, &self.from);
        problem(denied)
    }
}

impl FromRequestParts<Arc<Shared>> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Shared>) -> Result<Self, Problem> {
        let asker = parts.extensions.get::<Self>().cloned();
        asker.ok_or_else(|| Problem::new(Kind::Internal, "the caller was not looked at"))
    }
}

/// Finds out who calls, before anything else is done. A credential that is wrong is refused, also
/// where none is needed.
pub(super) async fn identify(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Access { gate, now, .. } = &shared.access;
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let from = from.map_or_else(String::new, |it| it.0.to_string());
    match gate.who(&shown(&request), now()) {
        Ok(caller) => {
            let asker = Asker { shared: Arc::clone(&shared), caller, from };
            request.extensions_mut().insert(asker);
            next.run(request).await
        }
        Err(denied) => {
            gate.record(&denied, None, None, &from);
            problem(&denied).into_response()
        }
    }
}

/// What a request shows of its caller.
fn shown(request: &Request) -> Shown<'_> {
    let header = |name| request.headers().get(name);
    let host = header(header::HOST).map(|it| it.to_str().unwrap_or("?"));
    let tls = request.extensions().get::<Arc<TlsInfo>>();
    Shown {
        authorization: header(header::AUTHORIZATION).map(HeaderValue::as_bytes),
        certificate: tls.and_then(|it| it.peer_certificates.first()).map(Vec::as_slice),
        host: host.or_else(|| request.uri().authority().map(Authority::as_str)),
    }
}

fn problem(denied: &Denied) -> Problem {
    let kind = if denied.is_unauthenticated() { Kind::Unauthorized } else { Kind::Forbidden };
    Problem::new(kind, denied.to_string()).because(denied.reason())
}
