//! Who calls over HTTP, and what each caller may do. Opens nothing.
//!
//! - [`posture()`] says from the settings whether the server may start, and with what.
//! - A [`Gate`] answers both questions for each request: [`Gate::who`], then [`Gate::may`].
//! - [`TokenStore`] has the tokens and certificates of the token file ([`mod@file`]). It can be replaced
//!   while requests come in, so that a revoked token is refused without a restart.
//! - [`scope`] is the table of roles and calls.

mod call;
mod certificate;
mod credential;
mod denied;
pub mod file;
mod gate;
mod posture;
mod role;
mod secret;
mod store;
#[cfg(test)]
mod tests;

pub use call::{Call, CallKind, Scope, scope};
pub use certificate::{Validity, validity};
pub use credential::{Credential, CredentialId, CredentialKind, Fingerprint, Identity};
pub use denied::{Denials, Denied};
pub use file::{TokenFileError, Tokens};
pub use gate::{Caller, Gate, Shown};
pub use posture::{HttpExposure, Posture, PostureError, TlsFiles, posture};
pub use role::TokenRole;
pub use secret::{Secret, redacted};
pub use store::TokenStore;
