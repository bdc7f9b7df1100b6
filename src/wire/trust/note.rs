//! Signed notes, as C2SP draws them: a text, an empty line, and a line for each signature.
//!
//! ```text
//! note      = text "\n" signature+          text: lines, none of them empty
//! signature = "— " name " " base64(key id, 4 bytes; signature) "\n"
//! ```

use std::fmt;

use super::{TrustError, base64};

/// A text and its signatures.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Note {
    /// With its last line end.
    pub text: String,
    /// In their order.
    pub signatures: Vec<Signature>,
}

/// One line under a note.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signature {
    /// The name of the key.
    pub name: String,
    /// Tells keys of one name apart.
    pub key_id: [u8; 4],
    /// What the key has made of the text.
    pub bytes: Vec<u8>,
}

const DASH: &str = "— ";
const KEY_ID_BYTES: usize = 4;

impl Note {
    /// The note at the front of a text, and how many bytes it takes: others may follow.
    pub fn take(input: &str) -> Result<(Self, usize), TrustError> {
        let malformed = |what, at| Err(TrustError::Malformed { what, at });
        let mut at = 0;
        let next = |at: &mut usize| {
            let (line, _) = input[*at..].split_once('\n')?;
            *at += line.len() + 1;
            Some(line)
        };
        loop {
            match next(&mut at) {
                None => return malformed("a note without an end", at),
                Some("") => break,
                Some(_) => {}
            }
        }
        let text = input[..at - 1].to_owned();
        if text.is_empty() || text.chars().any(|it| it.is_control() && it != '\n') {
            return malformed("a note without a text", 0);
        }
        let mut signatures = Vec::new();
        while input[at..].starts_with(DASH) {
            let start = at;
            let signature = next(&mut at).and_then(Signature::parse);
            match signature {
                Some(signature) => signatures.push(signature),
                None => return malformed("no signature", start),
            }
        }
        if signatures.is_empty() {
            return malformed("a note without a signature", at);
        }
        Ok((Self { text, signatures }, at))
    }

    /// A note that is the whole of a text.
    pub fn parse(input: &str) -> Result<Self, TrustError> {
        let (note, length) = Self::take(input)?;
        if length == input.len() {
            return Ok(note);
        }
        Err(TrustError::Malformed { what: "more than one note", at: length })
    }

    /// Whether another note has the same text; others may have signed it since.
    pub fn says_the_same_as(&self, other: Option<&Self>) -> bool {
        other.is_some_and(|it| it.text == self.text)
    }

    /// All notes of a text, each with the place of its first byte.
    pub fn all(input: &str) -> impl Iterator<Item = (usize, Result<Self, TrustError>)> {
        let mut at = 0;
        std::iter::from_fn(move || {
            if at == input.len() {
                return None;
            }
            let start = at;
            let found = Self::take(&input[start..]);
            at = found.as_ref().map_or(input.len(), |(_, length)| start + length);
            Some((start, found.map(|(note, _)| note)))
        })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.text)?;
        self.signatures.iter().try_for_each(|it| writeln!(out, "{it}"))
    }
}

impl Signature {
    fn parse(line: &str) -> Option<Self> {
        let (name, signed) = line.strip_prefix(DASH)?.split_once(' ')?;
        let signed = base64::bytes(signed)?;
        let (key_id, bytes) = signed.split_first_chunk::<KEY_ID_BYTES>()?;
        let named = is_name(name) && !bytes.is_empty();
        named.then(|| Self { name: name.into(), key_id: *key_id, bytes: bytes.into() })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signed = [&self.key_id[..], &self.bytes].concat();
        write!(out, "{DASH}{} {}", self.name, base64::text(&signed))
    }
}

/// Whether a key can have this name.
pub fn is_name(name: &str) -> bool {
    let bad = |it: char| it.is_whitespace() || it.is_control() || it == '+';
    !name.is_empty() && !name.contains(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "bth\n7\nroot\n\n— bth AAAAAAE=\n— w AAAAAAI=\nbth\n8\n\n— bth AAAAAAM=\n";

    #[test]
    fn notes_follow_one_another_and_come_back() {
        let all: Vec<_> = Note::all(TWO).map(|(at, it)| (at, it.unwrap())).collect();
        assert_eq!(all.iter().map(|it| it.0).collect::<Vec<_>>(), [0, 44]);
        assert_eq!(all[0].1.signatures[1].bytes, [2]);
        assert_eq!(all.iter().map(|it| it.1.to_string()).collect::<String>(), TWO);
    }

    #[test]
    fn what_is_no_note_is_refused_and_nothing_panics() {
        fn check(input: &str, what: &str) {
            let message = Note::parse(input).unwrap_err().to_string();
            assert!(message.contains(what), "{input:?}: {message}");
        }
        check("", "without an end");
        check("text\n", "without an end");
        check("\n— bth AAAAAAE=\n", "without a text");
        check("text\n\n", "without a signature");
        check("text\n\n— bth AAAAAAE=", "no signature");
        check("text\n\n— b+h AAAAAAE=\n", "no signature");
        check("text\n\n— bth AAAAAAF=\n", "no signature");
        check("text\n\n— bth AAAAAA==\n", "no signature");
        check(TWO, "more than one note at byte 44");
        for end in 0..TWO.len() {
            let Some(cut) = TWO.get(..end) else { continue };
            let whole = Note::all(cut).filter(|it| it.1.is_ok()).count();
            assert!(whole <= 2, "{cut:?}");
        }
    }
}
