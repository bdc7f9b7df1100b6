//! Signatures of messages: of orders, alerts, and records for one body, as they are sent.
//!
//! ```text
//! message      = the JSON of the message with one member more, "signature"
//! signature    = {"key": NAME "+" KEY-ID, "ed25519": base64(64 bytes)}
//! signed bytes = "airshed message v1\n" NAME "\n" position "\n" epoch "\n" hash "\n"
//! NAME         = the name of the key, which is the origin of the log
//! epoch        = that of an order; "-" where the message has none
//! hash         = base64(SHA-256(canonical form of the message without "signature"))
//! ```
//!
//! The name of a key has no blanks, so no checkpoint has the same bytes as a message.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::canonical::canonical;
use super::key::{SignerKey, VerifierKey};
use super::note::Signature;
use super::{TrustError, base64};

/// The member of a message that has its signature.
pub const SIGNATURE: &str = "signature";

/// What a signature of a message stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedMessage {
    /// The origin of the log.
    pub origin: String,
    /// The record that the message follows from.
    pub position: u64,
    /// Of an order: the number of its set.
    pub epoch: Option<u64>,
}

/// Adds the signature to a message. A message without a position is left as it is.
pub fn sign(message: &mut Value, key: &SignerKey) {
    let Some(text) = signed_text(message, key.name()) else { return };
    let signature = key.sign(&text);
    let shown = json!({
        "key": key_name(&signature),
        "ed25519": base64::text(&signature.bytes),
    });
    if let Some(members) = message.as_object_mut() {
        members.insert(SIGNATURE.to_owned(), shown);
    }
}

/// Checks the signature of a message by one of these keys.
pub fn verify(message: &Value, keys: &[VerifierKey]) -> Result<SignedMessage, TrustError> {
    let malformed = |what| TrustError::Malformed { what, at: 0 };
    let shown = message.get(SIGNATURE).ok_or_else(|| malformed("a message without a signature"))?;
    let text = |name: &str| shown.get(name).and_then(Value::as_str);
    let no_key = || malformed("a signature without the name of its key");
    let (origin, id) = text("key").and_then(|it| it.rsplit_once('+')).ok_or_else(no_key)?;
    let no_bytes = || malformed("a signature without bytes");
    let bytes = text("ed25519").and_then(base64::bytes).ok_or_else(no_bytes)?;
    let key_id = u32::from_str_radix(id, 16).map_err(|_| no_key())?.to_be_bytes();
    let signature = Signature { name: origin.to_owned(), key_id, bytes };
    let is_same = |it: &&Signature| key_name(it) == text("key").unwrap_or_default();
    let signature = Some(&signature).filter(is_same).ok_or_else(no_key)?;
    let signed =
        signed_text(message, origin).ok_or_else(|| malformed("a message without a position"))?;
    let unknown = TrustError::Unsigned { name: origin.to_owned() };
    let key = keys.iter().find(|it| it.has_made(signature)).ok_or(unknown)?;
    key.verify_signature(&signed, signature)?;
    let (position, epoch) = (number(message, "position"), number(message, "epoch"));
    Ok(SignedMessage { origin: origin.to_owned(), position: position.unwrap_or_default(), epoch })
}

/// `bth+c74f20a3`
fn key_name(signature: &Signature) -> String {
    format!("{}+{:08x}", signature.name, u32::from_be_bytes(signature.key_id))
}

fn number(message: &Value, name: &str) -> Option<u64> {
    message.get(name).and_then(Value::as_u64)
}

fn signed_text(message: &Value, origin: &str) -> Option<String> {
    let mut content = message.as_object()?.clone();
    content.remove(SIGNATURE);
    let position = number(message, "position")?;
    let epoch = number(message, "epoch").map_or_else(|| "-".to_owned(), |it| it.to_string());
    let hash = Sha256::digest(canonical(&Value::Object(content)));
    let hash = base64::text(&hash);
    Some(format!("airshed message v1\n{origin}\n{position}\n{epoch}\n{hash}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> SignerKey {
        SignerKey::new("example.org/bth", [number; 32], false).unwrap()
    }

    fn signed() -> Value {
        let mut message =
            json!({"order": "7-130100", "position": 103, "epoch": 7, "names": ["石家庄"]});
        sign(&mut message, &key(1));
        message
    }

    #[test]
    fn a_signed_message_says_its_log_position_and_epoch() {
        let message = signed();
        let keys = [key(2).verifier(), key(1).verifier()];
        let expected =
            SignedMessage { origin: "example.org/bth".into(), position: 103, epoch: Some(7) };
        assert_eq!(verify(&message, &keys), Ok(expected));
        // The same again has the same signature, also where its members come in another order.
        assert_eq!(signed(), message);
        let text = canonical(&message);
        assert_eq!(verify(&serde_json::from_str(&text).unwrap(), &keys).unwrap().position, 103);
    }

    #[test]
    fn every_change_is_found() {
        let message = signed();
        let keys = [key(1).verifier()];
        let check = |path: &str, new: Value| {
            let mut changed = message.clone();
            *changed.pointer_mut(path).unwrap() = new;
            assert!(verify(&changed, &keys).is_err(), "{path}");
        };
        check("/order", json!("7-130200"));
        check("/position", json!(104));
        check("/position", json!(null));
        check("/epoch", json!(8));
        check("/epoch", json!(null));
        check("/names/0", json!("石家庄 "));
        check("/signature/key", json!("example.org/bth+00000000"));
        check("/signature/key", json!("other"));
        check("/signature", json!({}));
        check("/signature", json!(null));
        for bytes in ["", "AAAA", &base64::text(&[0; 64])] {
            check("/signature/ed25519", json!(bytes));
        }
        let mut more = message.clone();
        more["more"] = json!(1);
        assert!(matches!(verify(&more, &keys), Err(TrustError::Forged { .. })));
        assert!(matches!(verify(&message, &[key(2).verifier()]), Err(TrustError::Unsigned { .. })));
        assert!(matches!(verify(&json!([]), &keys), Err(TrustError::Malformed { .. })));
    }
}
