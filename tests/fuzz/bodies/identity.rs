//! Token files, and what a caller over HTTP shows of itself.

use airshed::domain::Timestamp;
use airshed::wire::identity::{
    Caller, CredentialKind, Fingerprint, Gate, Identity, Secret, Shown, TokenRole, TokenStore,
    Tokens, file, redacted, validity,
};

/// The random part of a token, from its 18th character on: behind the longest readable part.
fn random(token: &str) -> &str {
    token.get(16..).unwrap_or_default()
}

/// A file that is read can be changed; a text is a token only in its one form, and is then hidden.
pub(crate) fn fuzz(data: &[u8]) {
    let now = Timestamp(0);
    fingerprints(data);
    if let Some(found) = validity(data) {
        let length = data.len();
        assert!(length > 30 && found.from <= Timestamp(i64::MAX), "{length}");
    }
    let Ok(text) = str::from_utf8(data) else {
        let shown = Shown { authorization: Some(data), ..Shown::default() };
        assert!(Gate::new(TokenStore::default(), true).who(&shown, now).is_err());
        return;
    };
    let hidden = redacted(text);
    assert!(hidden.len() <= text.len() + 4 * text.matches("airshed_").count());
    let empty = TokenStore::default();
    assert!(empty.identify(text, now).is_err() && empty.identify_certificate(data, now).is_err());
    if let Some(secret) = Secret::parse(text) {
        assert_eq!(secret.reveal(), text);
        assert!(!hidden.contains(random(text)) && !format!("{secret:?}").contains(random(text)));
    }
    if let Some(role) = TokenRole::find(text) {
        assert_eq!(role.name(), text);
    }
    let header = Shown { authorization: Some(data), certificate: None, host: Some(text) };
    assert_ne!(Gate::new(empty, true).who(&header, now), Ok(Caller::Local));
    let opened = Gate::open().who(&header, now);
    assert!(matches!(opened, Ok(Caller::Local) | Err(_)));
    let Ok(tokens) = file::parse("", text) else { return };
    changed(text, &tokens);
    let store = TokenStore::new(tokens.clone());
    for it in tokens.all() {
        let identity: Identity = it.identity();
        let is_valid = it.revoked.is_none() && it.expires > now;
        // Eight digits are not enough to name one of several.
        let twins = tokens.all().filter(|other| other.identity() == identity).count();
        assert!(twins > 1 || store.still(&identity, now).is_ok() == is_valid);
        assert!(tokens.named(&it.name).any(|other| other == it));
    }
}

fn fingerprints(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    if let Some(read) = Fingerprint::parse(text) {
        assert_eq!(Fingerprint::parse(&read.to_string()), Some(read));
        assert_eq!(read.to_string(), text.replace(':', "").to_lowercase());
    }
}

/// What is added is read again, all in its order; a revocation changes one credential.
fn changed(text: &str, tokens: &Tokens) {
    let all: Vec<_> = tokens.all().cloned().collect();
    let again = all.iter().fold(String::new(), |text, it| Tokens::added(&text, it));
    let again = file::parse("", &again).expect("it was written by us");
    assert!(again.all().eq(&all));
    for it in &all {
        assert!(CredentialKind::ALL.contains(&it.kind));
        let Some(new) = tokens.revoked(text, it.fingerprint.id(), Timestamp(0)) else { continue };
        let new = file::parse("", &new).expect("it was checked");
        assert_eq!(new.all().filter(|it| it.revoked == Some(Timestamp(0))).count(), {
            let id = it.fingerprint.id();
            let was = |it: &&_| is_revoked_at_zero(it, id);
            all.iter().filter(was).count()
        });
    }
}

fn is_revoked_at_zero(
    it: &airshed::wire::identity::Credential,
    id: airshed::wire::identity::CredentialId,
) -> bool {
    it.fingerprint.id() == id || it.revoked == Some(Timestamp(0))
}
