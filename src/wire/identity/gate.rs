//! Decides for each request who calls, and whether the caller may.

use super::call::is_anonymous;
use super::{Call, CallKind, Denials, Denied, Identity, Scope, TokenStore, redacted, scope};
use crate::domain::Timestamp;

/// What a request shows of its caller.
#[derive(Clone, Copy, Default)]
pub struct Shown<'a> {
    /// The header `Authorization`, as it came.
    pub authorization: Option<&'a [u8]>,
    /// The client certificate of the connection, as DER.
    pub certificate: Option<&'a [u8]>,
    /// The header `Host`, or the authority of HTTP/2.
    pub host: Option<&'a str>,
}

/// Who calls.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Caller {
    /// Someone who has shown nothing.
    Anonymous,
    /// A program on the same machine, of a server without tokens: it may do all.
    Local,
    /// The owner of a valid credential.
    Known(Identity),
}

impl std::fmt::Display for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::Local => f.write_str("local"),
            Self::Known(identity) => identity.fmt(f),
        }
    }
}

/// Decides who may do what. Clones share the credentials and the numbers of denials.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// None: a server on a loopback address, without tokens.
    tokens: Option<TokenStore>,
    anonymous_read: bool,
    denials: Denials,
}

impl Gate {
    /// A gate that lets in the owners of these credentials. With `anonymous_read` everyone may read
    /// what is public.
    pub fn new(tokens: TokenStore, anonymous_read: bool) -> Self {
        Self { tokens: Some(tokens), anonymous_read, denials: Denials::default() }
    }

    /// A gate of a server on a loopback address without tokens. Every program on the same machine
    /// may do all, as with `airshed do --log`.
    pub fn open() -> Self {
        Self::default()
    }

    /// How often callers were turned away.
    pub fn denials(&self) -> &Denials {
        &self.denials
    }

    /// Who calls. A credential that is wrong is refused, even where none is needed.
    pub fn who(&self, shown: &Shown<'_>, now: Timestamp) -> Result<Caller, Denied> {
        let Some(tokens) = &self.tokens else {
            let is_local = shown.host.is_none_or(is_loopback);
            return if is_local { Ok(Caller::Local) } else { Err(Denied::ForeignHost) };
        };
        if let Some(header) = shown.authorization {
            let token = bearer(header).ok_or(Denied::MalformedToken)?;
            return tokens.identify(token, now).map(Caller::Known);
        }
        let Some(certificate) = shown.certificate else { return Ok(Caller::Anonymous) };
        tokens.identify_certificate(certificate, now).map(Caller::Known)
    }

    /// Whether a caller may do something of this kind, before its arguments are read.
    pub fn may_ever(&self, caller: &Caller, kind: CallKind) -> Result<(), Denied> {
        match caller {
            Caller::Anonymous if !is_anonymous(kind, self.anonymous_read) => Err(Denied::NoToken),
            Caller::Known(own) if scope(own.role, kind) == Scope::Never => {
                Err(Denied::RoleNotAllowed { role: own.role, call: kind })
            }
            Caller::Anonymous | Caller::Known(_) | Caller::Local => Ok(()),
        }
    }

    /// Whether a caller may do this.
    pub fn may(&self, caller: &Caller, call: &Call<'_>) -> Result<(), Denied> {
        self.may_ever(caller, call.kind())?;
        match caller {
            Caller::Known(own) if scope(own.role, call.kind()) == Scope::OwnBody => {
                names_itself(own, call)
            }
            Caller::Known(_) | Caller::Local | Caller::Anonymous => Ok(()),
        }
    }

    /// Whether a caller of a stream that stays open would still be let in.
    pub fn still(&self, caller: &Caller, now: Timestamp) -> Result<(), Denied> {
        match (caller, &self.tokens) {
            (Caller::Known(identity), Some(tokens)) => tokens.still(identity, now),
            (Caller::Known(_) | Caller::Anonymous | Caller::Local, _) => Ok(()),
        }
    }

    /// Records a denial: one number more of its reason, and one line of the program's own log.
    ///
    /// `from` is the address of the caller. `caller` is none where the credential was refused, and
    /// `call` where it had not been read.
    pub fn record(
        &self,
        denied: &Denied,
        caller: Option<&Caller>,
        call: Option<&Call<'_>>,
        from: &str,
    ) {
        self.denials.count(denied);
        let caller = caller.map_or_else(|| "unknown".to_owned(), ToString::to_string);
        let call = call.map_or_else(|| "unread".to_owned(), |it| redacted(&it.to_string()));
        let (reason, words) = (denied.reason(), redacted(&denied.to_string()));
        tracing::warn!(target: "airshed::denied", reason, caller, call, from, "{words}");
    }
}

/// Whether the body and role that the call names are those of the caller.
fn names_itself(own: &Identity, call: &Call<'_>) -> Result<(), Denied> {
    let (body, role) = match call {
        Call::ReadBody(body) => (*body, None),
        Call::GiveCommand { actor, .. } => (&actor.body, Some(actor.role.as_str())),
        Call::Probe
        | Call::ReadPublic
        | Call::ReadProofs
        | Call::ReadLog
        | Call::ReadMetrics
        | Call::PostReadings => return Ok(()),
    };
    if *body != own.body {
        let asked = body.code().to_owned();
        return Err(Denied::OtherBody { own: own.body.clone(), asked });
    }
    match role.filter(|it| *it != own.role.name()) {
        Some(asked) => Err(Denied::OtherRole { own: own.role, asked: asked.to_owned() }),
        None => Ok(()),
    }
}

/// The token of `Authorization: Bearer TOKEN`. The name of the scheme has no case (RFC 9110).
fn bearer(header: &[u8]) -> Option<&str> {
    let (scheme, token) = str::from_utf8(header).ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
}

/// Whether a `Host` names the machine itself. A page of a foreign site that had its name resolved
/// to this machine would send its own name.
fn is_loopback(host: &str) -> bool {
    let without_port = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => host,
    };
    let name = without_port.trim_start_matches('[').trim_end_matches(']');
    let address = name.parse::<std::net::IpAddr>();
    name.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|it| it.to_canonical().is_loopback())
}
