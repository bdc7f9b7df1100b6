//! What identifies a caller: a token or a certificate, known by its hash alone.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::TokenRole;
use crate::domain::Timestamp;
use crate::domain::cooperation::Body;
use crate::wire::hash::Hash;

/// A SHA-256 of a token, or of a whole certificate as DER.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fingerprint(pub Hash);

impl Fingerprint {
    /// Of the text of a token, or the bytes of a certificate.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits. They may have colons between bytes, as `openssl` prints them.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text.bytes().filter(|it| *it != b':').collect();
        let mut hash = Hash::default();
        if digits.len() != 2 * hash.len() {
            return None;
        }
        for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
            let digit = |it: u8| char::from(it).to_digit(16).and_then(|it| u8::try_from(it).ok());
            *byte = 16 * digit(pair[0])? + digit(pair[1])?;
        }
        Some(Self(hash))
    }

    /// Its beginning, which names the credential.
    pub fn id(&self) -> CredentialId {
        let [a, b, c, d, ..] = self.0;
        CredentialId([a, b, c, d])
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|it| write!(f, "{it:02x}"))
    }
}

/// The name of a credential: the first eight digits of its hash. It is no secret.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub struct CredentialId(pub(super) [u8; 4]);

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|it| write!(f, "{it:02x}"))
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The two kinds of credential.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum CredentialKind {
    /// A token in the header `Authorization`.
    Token,
    /// A client certificate of TLS.
    Certificate,
}

impl CredentialKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Token, Self::Certificate];

    /// The fixed name, which is also that of its tables in the token file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Certificate => "certificate",
        }
    }
}

/// A token or certificate, and what it stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Credential {
    /// Token or certificate.
    pub kind: CredentialKind,
    /// The hash.
    pub fingerprint: Fingerprint,
    /// For which body.
    pub body: Body,
    /// In which role.
    pub role: TokenRole,
    /// For whom, or for which program.
    pub name: Arc<str>,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is refused.
    pub expires: Timestamp,
    /// When it was revoked; it is refused however early this is.
    pub revoked: Option<Timestamp>,
}

impl Credential {
    /// Whom it identifies.
    pub fn identity(&self) -> Identity {
        Identity {
            body: self.body.clone(),
            role: self.role,
            name: Arc::clone(&self.name),
            kind: self.kind,
            id: self.fingerprint.id(),
        }
    }
}

/// A caller who has shown a valid credential.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The body that it acts for.
    pub body: Body,
    /// The role in which it acts.
    pub role: TokenRole,
    /// The name in the token file.
    pub name: Arc<str>,
    /// What was shown.
    pub kind: CredentialKind,
    /// The credential that was shown.
    pub id: CredentialId,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { body, role, name, kind, id } = self;
        write!(f, "{role} of {body}, {name:?}, {} {id}", kind.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_it_is_written_and_as_openssl_prints_it() {
        let made = Fingerprint::of(b"abc");
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(made.to_string(), text);
        assert_eq!(made.id().to_string(), "ba7816bf");
        let pairs: Vec<&str> = (0..32).map(|at| &text[2 * at..2 * at + 2]).collect();
        for right in [text.to_owned(), text.to_uppercase(), pairs.join(":").to_uppercase()] {
            assert_eq!(Fingerprint::parse(&right), Some(made), "{right}");
        }
        for wrong in ["", "ba", &text[1..], &text.replace('b', "g"), &format!("{text}00")] {
            assert_eq!(Fingerprint::parse(wrong), None, "{wrong}");
        }
    }
}
