//! The text of a token. It is shown once, to whoever makes it, and stored nowhere.

use std::fmt;

use ::base64::Engine as _;
use ::base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Fingerprint;
use crate::domain::cooperation::Body;

/// How each token begins, so that it is recognized wherever it turns up.
const PREFIX: &str = "airshed_";
/// Characters of 32 random bytes.
const RANDOM_LENGTH: usize = 43;
/// Longer texts are no tokens.
const LENGTH_MAX: usize = PREFIX.len() + 6 + 1 + RANDOM_LENGTH;

/// A token: `airshed_130100_` and 32 random bytes. Its `Debug` hides the random part.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(String);

impl Secret {
    /// A new token of a body, from random bytes.
    pub fn new(body: &Body, random: [u8; 32]) -> Self {
        Self(format!("{PREFIX}{body}_{}", URL_SAFE_NO_PAD.encode(random)))
    }

    /// A token as a caller sends it; none where it has another form.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LENGTH_MAX {
            return None;
        }
        let (body, random) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let is_body = (2..=6).contains(&body.len()) && body.bytes().all(is_of_body);
        let is_whole = random.len() == RANDOM_LENGTH && random.bytes().all(is_random);
        (is_body && is_whole).then(|| Self(text.to_owned()))
    }

    /// The text, for the one who asked for the token.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it. The hash needs no salt and no slowness: 256 random bits are not guessed.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.0.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redacted(&self.0))
    }
}

fn is_of_body(it: u8) -> bool {
    it.is_ascii_digit() || it.is_ascii_lowercase()
}

fn is_random(it: u8) -> bool {
    it.is_ascii_alphanumeric() || it == b'-' || it == b'_'
}

/// A text without the random parts of the tokens in it, complete or not.
pub fn redacted(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        let (before, token) = rest.split_at(at + PREFIX.len());
        shown.push_str(before);
        let body = token.bytes().take_while(|it| is_of_body(*it)).count().min(6);
        shown.push_str(&token[..body]);
        rest = &token[body..];
        let random = rest.bytes().take_while(|it| is_random(*it)).count();
        if random > 0 {
            shown.push_str("_…");
            rest = &rest[random..];
        }
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_readable_and_hidden() {
        let secret = Secret::new(&Body::new("130100"), [0xfb; 32]);
        let text = secret.reveal();
        assert_eq!(text.len(), LENGTH_MAX);
        assert!(text.starts_with("airshed_130100_-_v7"), "{text}");
        assert_eq!(format!("{secret:?}"), "airshed_130100_…");
        assert_eq!(Secret::parse(text), Some(secret.clone()));
        let region = Secret::new(&Body::new("region"), [0; 32]);
        assert_eq!(Secret::parse(region.reveal()), Some(region));
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let right = Secret::new(&Body::new("13"), [7; 32]).reveal().to_owned();
        let check = |text: &str| assert_eq!(Secret::parse(text), None, "{text}");
        check("");
        check("airshed_");
        check("airshed_13_");
        check(&right[1..]);
        check(&right[..right.len() - 1]);
        check(&format!("{right}A"));
        check(&format!(" {right}"));
        check(&right.replace("_13_", "_1 3_"));
        check(&right.replace("_13_", "_1301011_"));
        check(&right.replace("airshed", "AIRSHED"));
        check(&"airshed_13_".repeat(100_000));
        check("airshed_13_七七七七七七七七七七七七七七a");
    }

    #[test]
    fn a_token_in_a_text_is_redacted() {
        let secret = Secret::new(&Body::new("130100"), [9; 32]);
        let check = |text: &str, shown: &str| assert_eq!(redacted(text), shown);
        check("no token", "no token");
        check("airshed_", "airshed_");
        check("the airshed_log and airshed_", "the airshed_log and airshed_");
        check(&format!("a {} b {0}.", secret.reveal()), "a airshed_130100_… b airshed_130100_….");
        check(&secret.reveal()[..20], "airshed_130100_…");
    }
}
