//! The credentials in force, shared between all requests.

use std::sync::{Arc, PoisonError, RwLock};

use subtle::ConstantTimeEq as _;

use super::{
    Credential, CredentialId, CredentialKind, Denied, Fingerprint, Identity, Secret, Tokens,
};
use crate::domain::Timestamp;

/// The credentials of the token file as it was last read. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct TokenStore(Arc<RwLock<Arc<Tokens>>>);

impl TokenStore {
    /// With these credentials.
    pub fn new(tokens: Tokens) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(tokens))))
    }

    /// Puts others in their place: from the next request on, they alone count.
    pub fn replace(&self, tokens: Tokens) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tokens);
    }

    /// The credentials in force.
    pub fn tokens(&self) -> Arc<Tokens> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whom a token identifies.
    pub fn identify(&self, presented: &str, now: Timestamp) -> Result<Identity, Denied> {
        let secret = Secret::parse(presented).ok_or(Denied::MalformedToken)?;
        let tokens = self.tokens();
        let found = find(&tokens, CredentialKind::Token, &secret.fingerprint());
        in_force(found.ok_or(Denied::UnknownToken)?, now)
    }

    /// Whom a client certificate identifies: by the hash of all its bytes, as DER. That it was
    /// issued by an authority that is trusted has been checked by TLS.
    pub fn identify_certificate(&self, der: &[u8], now: Timestamp) -> Result<Identity, Denied> {
        let shown = Fingerprint::of(der);
        let tokens = self.tokens();
        let found = find(&tokens, CredentialKind::Certificate, &shown);
        in_force(found.ok_or(Denied::UnknownCertificate { id: shown.id() })?, now)
    }

    /// Whether a caller that was identified earlier still is: for streams that stay open.
    pub fn still(&self, identity: &Identity, now: Timestamp) -> Result<(), Denied> {
        let tokens = self.tokens();
        let mut same = tokens.with_id(identity.kind, identity.id);
        let found = same.find(|it| it.identity() == *identity).ok_or(Denied::UnknownToken)?;
        in_force(found, now).map(drop)
    }
}

/// The id narrows the search; it is no secret. The whole hash is compared in constant time.
fn find<'a>(tokens: &'a Tokens, kind: CredentialKind, of: &Fingerprint) -> Option<&'a Credential> {
    let mut found = None;
    for it in tokens.with_id(kind, of.id()) {
        if bool::from(it.fingerprint.0.ct_eq(&of.0)) {
            found = Some(it);
        }
    }
    found
}

fn in_force(it: &Credential, now: Timestamp) -> Result<Identity, Denied> {
    let id: CredentialId = it.fingerprint.id();
    if let Some(at) = it.revoked {
        return Err(Denied::Revoked { id, at });
    }
    if now >= it.expires {
        return Err(Denied::Expired { id, at: it.expires });
    }
    Ok(it.identity())
}
