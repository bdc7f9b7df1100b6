//! Why a caller is turned away, and how often that happened.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use thiserror::Error;

use super::{CallKind, CredentialId, TokenRole};
use crate::domain::Timestamp;
use crate::domain::cooperation::Body;

/// Why a caller is turned away. No text of it contains a token.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Denied {
    /// Nothing was shown.
    #[error("this needs a token; send the header `Authorization: Bearer TOKEN`")]
    NoToken,
    /// The header is of another form.
    #[error(
        "this is no token; right is the header `Authorization: Bearer TOKEN` with the whole text \
         that `airshed token new` printed"
    )]
    MalformedToken,
    /// There is no such token.
    #[error("this token is not known here; ask the operator for a new one")]
    UnknownToken,
    /// There is no such certificate.
    #[error(
        "this client certificate ({id}) is not known here; the operator can add it to the token file"
    )]
    UnknownCertificate {
        /// The beginning of its hash.
        id: CredentialId,
    },
    /// Its time is over.
    #[error("this credential ({id}) expired at {at}; ask the operator for a new one")]
    Expired {
        /// Which one.
        id: CredentialId,
        /// When it expired.
        at: Timestamp,
    },
    /// It was revoked.
    #[error("this credential ({id}) was revoked at {at}; ask the operator for a new one")]
    Revoked {
        /// Which one.
        id: CredentialId,
        /// When it was revoked.
        at: Timestamp,
    },
    /// The table of roles does not have it.
    #[error("the role {role} may not {}; use a token of a role that may", call.name())]
    RoleNotAllowed {
        /// The role of the caller.
        role: TokenRole,
        /// What it asked for.
        call: CallKind,
    },
    /// It is a matter of another body.
    #[error("this token is of {own}, and the request is for {asked:?}; use a token of that body")]
    OtherBody {
        /// The body of the caller.
        own: Body,
        /// The body that the request names.
        asked: String,
    },
    /// The command names another role.
    #[error(
        "this token is of the role {own}, and the command names {asked:?}; use a token of that role"
    )]
    OtherRole {
        /// The role of the caller.
        own: TokenRole,
        /// The role that the command names.
        asked: String,
    },
    /// Without tokens only programs on the same machine are answered.
    #[error(
        "without tokens, only requests for localhost are answered; use http://localhost, or name \
         http.tokens in the configuration"
    )]
    ForeignHost,
}

impl Denied {
    /// The names of all reasons, by which they are counted.
    pub const REASONS: [&str; 10] = [
        "no_token",
        "malformed_token",
        "unknown_token",
        "unknown_certificate",
        "expired",
        "revoked",
        "role_not_allowed",
        "other_body",
        "other_role",
        "foreign_host",
    ];

    /// The name of the reason.
    pub fn reason(&self) -> &'static str {
        Self::REASONS[self.number()]
    }

    /// Whether the caller is not known, which is status 401. Else it may not do this, which is 403.
    pub fn is_unauthenticated(&self) -> bool {
        match self {
            Self::NoToken
            | Self::MalformedToken
            | Self::UnknownToken
            | Self::UnknownCertificate { .. }
            | Self::Expired { .. }
            | Self::Revoked { .. } => true,
            Self::RoleNotAllowed { .. }
            | Self::OtherBody { .. }
            | Self::OtherRole { .. }
            | Self::ForeignHost => false,
        }
    }

    fn number(&self) -> usize {
        match self {
            Self::NoToken => 0,
            Self::MalformedToken => 1,
            Self::UnknownToken => 2,
            Self::UnknownCertificate { .. } => 3,
            Self::Expired { .. } => 4,
            Self::Revoked { .. } => 5,
            Self::RoleNotAllowed { .. } => 6,
            Self::OtherBody { .. } => 7,
            Self::OtherRole { .. } => 8,
            Self::ForeignHost => 9,
        }
    }
}

/// How often callers were turned away, by reason. Clones share the numbers.
#[derive(Clone, Debug, Default)]
pub struct Denials(Arc<[AtomicU64; Denied::REASONS.len()]>);

impl Denials {
    /// Counts one.
    pub fn count(&self, denied: &Denied) {
        self.0[denied.number()].fetch_add(1, Ordering::Relaxed);
    }

    /// Every reason with its number since the start.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let numbers = self.0.iter().map(|it| it.load(Ordering::Relaxed));
        Denied::REASONS.into_iter().zip(numbers)
    }
}
