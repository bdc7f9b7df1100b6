//! Keys of Ed25519 in the text of signed notes, and what they sign.
//!
//! ```text
//! verifier key = name "+" key id, 8 hexadecimal digits "+" base64(kind, 32 bytes)
//! signer key   = "PRIVATE+KEY+" the same, with the 32 secret bytes
//! key id       = the first 4 bytes of SHA-256(name "\n" kind, 32 public bytes)
//! kind         = 1: signs notes; 4: co-signs checkpoints, with the time
//! ```

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature as Signed, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::note::{self, Note, Signature};
use super::{TrustError, base64};

const PRIVATE: &str = "PRIVATE+KEY+";
const SIGNS: u8 = 1;
const COSIGNS: u8 = 4;
const TIME_BYTES: usize = 8;

/// Signs notes and co-signs checkpoints. It must stay secret: `Debug` does not show it.
#[derive(Clone)]
pub struct SignerKey {
    name: String,
    kind: u8,
    key: SigningKey,
}

/// Tells whether a signature is that of its signer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifierKey {
    name: String,
    kind: u8,
    key: VerifyingKey,
}

impl SignerKey {
    /// A key of these secret bytes; for a witness it says that it co-signs.
    pub fn new(name: &str, secret: [u8; 32], witness: bool) -> Result<Self, TrustError> {
        if !note::is_name(name) {
            return Err(TrustError::Key("its name may have no spaces and no plus"));
        }
        let kind = if witness { COSIGNS } else { SIGNS };
        Ok(Self { name: name.into(), kind, key: SigningKey::from_bytes(&secret) })
    }

    /// Its name, and the origin of the checkpoints that it signs.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it was made to co-sign.
    pub fn is_of_witness(&self) -> bool {
        self.kind == COSIGNS
    }

    /// The key that others need.
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey { name: self.name.clone(), kind: self.kind, key: self.key.verifying_key() }
    }

    /// Its text, to be kept secret.
    pub fn secret_text(&self) -> String {
        let id = hex(self.verifier().id(self.kind));
        let bytes = [&[self.kind], &self.key.to_bytes()[..]].concat();
        format!("{PRIVATE}{}+{id}+{}", self.name, base64::text(&bytes))
    }

    /// Signs the text of a note.
    pub fn sign(&self, text: &str) -> Signature {
        let bytes = self.key.sign(text.as_bytes()).to_bytes().to_vec();
        Signature { name: self.name.clone(), key_id: self.verifier().id(SIGNS), bytes }
    }

    /// Says that this checkpoint followed from all those seen before, at this Unix time.
    pub fn cosign(&self, text: &str, unix_s: u64) -> Signature {
        let signed = self.key.sign(cosigned(text, unix_s).as_bytes());
        let bytes = [&unix_s.to_be_bytes()[..], &signed.to_bytes()].concat();
        Signature { name: self.name.clone(), key_id: self.verifier().id(COSIGNS), bytes }
    }
}

impl VerifierKey {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is that of a witness.
    pub fn is_of_witness(&self) -> bool {
        self.kind == COSIGNS
    }

    /// Whether a note has a signature of this key, and it fits.
    pub fn verify(&self, note: &Note) -> Result<(), TrustError> {
        let signature = self.find(note, SIGNS)?;
        self.fits(&note.text, &signature.bytes)
    }

    /// Whether this key has co-signed a checkpoint; and when, as Unix time.
    pub fn verify_cosignature(&self, note: &Note) -> Result<u64, TrustError> {
        let signature = self.find(note, COSIGNS)?;
        let Some((time, bytes)) = signature.bytes.split_first_chunk::<TIME_BYTES>() else {
            return Err(TrustError::Forged { name: self.name.clone() });
        };
        let unix_s = u64::from_be_bytes(*time);
        self.fits(&cosigned(&note.text, unix_s), bytes)?;
        Ok(unix_s)
    }

    /// Whether a signature claims to be of this key.
    pub fn has_made(&self, signature: &Signature) -> bool {
        signature.name == self.name && signature.key_id == self.id(SIGNS)
    }

    /// Whether a signature of this key fits a text.
    pub fn verify_signature(&self, text: &str, signature: &Signature) -> Result<(), TrustError> {
        self.fits(text, &signature.bytes)
    }

    fn find<'a>(&self, note: &'a Note, kind: u8) -> Result<&'a Signature, TrustError> {
        let id = self.id(kind);
        let found = note.signatures.iter().find(|it| it.name == self.name && it.key_id == id);
        found.ok_or_else(|| TrustError::Unsigned { name: self.name.clone() })
    }

    fn fits(&self, text: &str, bytes: &[u8]) -> Result<(), TrustError> {
        let signed = Signed::from_slice(bytes);
        let fits = signed.and_then(|it| self.key.verify_strict(text.as_bytes(), &it));
        fits.map_err(|_| TrustError::Forged { name: self.name.clone() })
    }

    fn id(&self, kind: u8) -> [u8; 4] {
        let hash: [u8; 32] = Sha256::new_with_prefix(&self.name)
            .chain_update([b'\n', kind])
            .chain_update(self.key.as_bytes())
            .finalize()
            .into();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

/// What a co-signature stands for.
fn cosigned(text: &str, unix_s: u64) -> String {
    format!("cosignature/v1\ntime {unix_s}\n{text}")
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

/// Name, key id, kind and bytes of a key's text.
fn parts(text: &str) -> Option<(&str, &str, u8, [u8; 32])> {
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    let bytes = base64::bytes(key)?;
    let (kind, key) = bytes.split_first()?;
    Some((name, id, *kind, key.try_into().ok()?))
}

impl FromStr for SignerKey {
    type Err = TrustError;

    fn from_str(text: &str) -> Result<Self, TrustError> {
        let found = text.trim_end().strip_prefix(PRIVATE).and_then(parts);
        let Some((name, id, kind, secret)) = found else {
            return Err(TrustError::Key("a signer key begins with PRIVATE+KEY"));
        };
        let key = Self::new(name, secret, kind == COSIGNS)?;
        if !matches!(kind, SIGNS | COSIGNS) || hex(key.verifier().id(kind)) != id {
            return Err(TrustError::Key("its id does not fit its bytes"));
        }
        Ok(key)
    }
}

impl FromStr for VerifierKey {
    type Err = TrustError;

    fn from_str(text: &str) -> Result<Self, TrustError> {
        if text.starts_with(PRIVATE) {
            return Err(TrustError::Key(
                "this is the secret half, the file with .pub is the other",
            ));
        }
        let Some((name, id, kind, public)) = parts(text.trim_end()) else {
            return Err(TrustError::Key("a verifier key is name+id+bytes"));
        };
        let key = VerifyingKey::from_bytes(&public)
            .map_err(|_| TrustError::Key("its bytes are no point of the curve"))?;
        let key = Self { name: name.into(), kind, key };
        if !matches!(kind, SIGNS | COSIGNS) || !note::is_name(name) || hex(key.id(kind)) != id {
            return Err(TrustError::Key("its id does not fit its bytes"));
        }
        Ok(key)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.kind], &self.key.as_bytes()[..]].concat();
        write!(out, "{}+{}+{}", self.name, hex(self.id(self.kind)), base64::text(&bytes))
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SignerKey({})", self.verifier())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_from_their_texts_and_no_changed_text_is_a_key() {
        let key = SignerKey::new("bth", [7; 32], false).unwrap();
        let (secret, public) = (key.secret_text(), key.verifier().to_string());
        assert_eq!(secret.parse::<SignerKey>().unwrap().verifier(), key.verifier());
        assert_eq!(public.parse::<VerifierKey>().unwrap(), key.verifier());
        assert!(secret.parse::<VerifierKey>().is_err() && public.parse::<SignerKey>().is_err());
        assert!(!format!("{key:?}").contains(secret.split('+').next_back().unwrap()));
        for at in 0..public.len() {
            let mut changed = public.clone().into_bytes();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            assert!(changed.parse::<VerifierKey>().is_err(), "{changed}");
        }
        assert!(SignerKey::new("b h", [7; 32], false).is_err());
    }

    #[test]
    fn a_signature_fits_its_text_and_no_other() {
        let key = SignerKey::new("bth", [7; 32], false).unwrap();
        let other = SignerKey::new("bth", [8; 32], false).unwrap().verifier();
        let text = "bth\n7\n".to_owned();
        let mut note = Note { signatures: vec![key.sign(&text), key.cosign(&text, 99)], text };
        assert_eq!(key.verifier().verify(&note), Ok(()));
        assert_eq!(key.verifier().verify_cosignature(&note), Ok(99));
        assert!(matches!(other.verify(&note), Err(TrustError::Unsigned { .. })));
        note.text = "bth\n8\n".into();
        assert!(matches!(key.verifier().verify(&note), Err(TrustError::Forged { .. })));
        assert!(key.verifier().verify_cosignature(&note).is_err());
    }

    /// Made by the Go module that the format comes from.
    #[test]
    fn the_key_and_note_of_the_reference_are_understood() {
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let key: VerifierKey = key.parse().unwrap();
        let text = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n\n\
                    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ\
                    SNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let note = Note::parse(text).unwrap();
        assert_eq!(key.verify(&note), Ok(()));
        assert_eq!(note.to_string(), text);
    }
}
