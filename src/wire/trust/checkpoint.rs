//! Checkpoints, as C2SP draws them: which log, how long, and the root of its tree; signed.
//!
//! ```text
//! origin "\n" size "\n" base64(root) "\n"          and lines of others, which are kept
//! ```

use super::key::{SignerKey, VerifierKey};
use super::note::Note;
use super::{Hash, TrustError, base64};

/// What a log was at some time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many records it had.
    pub size: u64,
    /// The root of their tree.
    pub root: Hash,
}

/// No log is longer: beyond, the arithmetic of proofs could overflow.
const SIZE_MAX: u64 = 1 << 48;

impl Checkpoint {
    /// As a note with one signature.
    pub fn signed(&self, key: &SignerKey) -> Note {
        let text = format!("{}\n{}\n{}\n", self.origin, self.size, base64::text(&self.root));
        Note { signatures: vec![key.sign(&text)], text }
    }

    /// From the text of a note.
    pub fn of(note: &Note) -> Result<Self, TrustError> {
        let mut lines = note.text.split('\n');
        let mut line = || lines.next().unwrap_or_default();
        let (origin, size, root) = (line(), line(), line());
        let malformed = |what, at| TrustError::Malformed { what, at };
        let at = origin.len() + 1;
        let count = size
            .parse()
            .ok()
            .filter(|it: &u64| it.to_string() == size)
            .filter(|it| *it <= SIZE_MAX)
            .ok_or_else(|| malformed("no size of a log", at))?;
        let hash = base64::bytes(root)
            .and_then(|it| it.try_into().ok())
            .ok_or_else(|| malformed("no root of a log", at + size.len() + 1))?;
        Ok(Self { origin: origin.into(), size: count, root: hash })
    }

    /// Whether its log has signed the note that it is from, with one of these keys.
    pub(crate) fn check_signed(&self, note: &Note, keys: &[VerifierKey]) -> Result<(), TrustError> {
        let mut result = Err(TrustError::Unsigned { name: self.origin.clone() });
        for key in keys.iter().filter(|it| it.name() == self.origin) {
            result = key.verify(note);
            if result.is_ok() {
                break;
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_comes_back_from_its_note() {
        let key = SignerKey::new("bth", [7; 32], false).unwrap();
        let checkpoint = Checkpoint { origin: "bth".into(), size: 12, root: [3; 32] };
        let note = checkpoint.signed(&key);
        let root = "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=";
        assert!(note.to_string().starts_with(&format!("bth\n12\n{root}\n\n— bth ")));
        assert_eq!(Checkpoint::of(&note), Ok(checkpoint));
        assert_eq!(key.verifier().verify(&note), Ok(()));
        let changed = |from: &str, to: &str| {
            Checkpoint::of(&Note { text: note.text.replace(from, to), signatures: Vec::new() })
        };
        for (from, to) in [("12", "012"), ("12", "+12"), ("12", "281474976710657"), ("M=", "N=")] {
            assert!(changed(from, to).is_err(), "{to}");
        }
    }
}
