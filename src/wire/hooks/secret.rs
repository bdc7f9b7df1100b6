//! Secrets, and signatures by them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::HookError;

/// What stands before the base64 of a secret.
const PREFIX: &str = "whsec_";
/// Bytes of a secret.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A key that the sender and the receiver share. It is never printed.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}

impl Secret {
    fn of(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        BYTES.contains(&bytes.len()).then_some(Self(bytes))
    }

    /// `v1,` and the base64 of the HMAC-SHA256 over `id.timestamp.body`.
    fn sign(&self, id: &str, timestamp_s: i64, body: &[u8]) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(format!("{id}.{timestamp_s}.").as_bytes());
        mac.update(body);
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }
}

/// The secrets of a target: while one is replaced, messages are signed by the old and the new one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Secrets(Vec<Secret>);

impl Secrets {
    /// Reads secrets: one on each line that is not empty.
    pub fn parse(text: &str) -> Result<Self, HookError> {
        let lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, it)| !it.is_empty());
        let read = |(line, text): (usize, &str)| Secret::of(text).ok_or(HookError::Secret(line));
        let secrets: Vec<Secret> = lines.map(read).collect::<Result<_, _>>()?;
        if secrets.is_empty() { Err(HookError::NoSecret) } else { Ok(Self(secrets)) }
    }

    /// The header `webhook-signature`: a signature by each secret.
    pub fn sign(&self, id: &str, timestamp_s: i64, body: &[u8]) -> String {
        let signed = self.0.iter().filter_map(|it| it.sign(id, timestamp_s, body));
        signed.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        let secrets = Secrets::parse(SECRET).unwrap();
        assert_eq!(secrets.sign(ID, 1_614_265_330, BODY), SIGNED);
        for (id, time, body) in
            [("other", 1_614_265_330, BODY), (ID, 1_614_265_331, BODY), (ID, 1_614_265_330, b"{}")]
        {
            assert_ne!(secrets.sign(id, time, body), SIGNED);
        }
    }

    #[test]
    fn two_secrets_sign_while_one_is_replaced() {
        let other = format!("whsec_{}", STANDARD.encode([7; 32]));
        let secrets = Secrets::parse(&format!("{other}\n\n  {SECRET}\n")).unwrap();
        let signed = secrets.sign(ID, 1_614_265_330, BODY);
        let (first, second) = signed.split_once(' ').unwrap();
        assert_eq!(second, SIGNED);
        assert_eq!(first, Secrets::parse(&other).unwrap().sign(ID, 1_614_265_330, BODY));
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_shown() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        for text in ["", "\n \n"] {
            assert_eq!(Secrets::parse(text), Err(HookError::NoSecret));
        }
        for text in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_!!", &short, &long] {
            let error = Secrets::parse(&format!("{SECRET}\n{text}")).unwrap_err();
            assert_eq!(error, HookError::Secret(2), "{text}");
            assert!(!error.to_string().contains("MfKQ"), "{error}");
        }
        assert!(!format!("{:?}", Secrets::parse(SECRET)).contains("MfKQ"));
    }
}
