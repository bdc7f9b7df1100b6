//! What a witness is shown, and when it co-signs.
//!
//! ```text
//! request = "old " size "\n" hash* "\n" note      hash: base64 and "\n"; as C2SP draws it
//! ```

use std::fmt;

use super::checkpoint::Checkpoint;
use super::note::Note;
use super::{Hash, TrustError, base64, proof};

/// That a checkpoint follows from an older one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// How many records the older one had.
    pub old: u64,
    /// The proof of consistency.
    pub proof: Vec<Hash>,
    /// The new one.
    pub note: Note,
}

impl Request {
    /// From its text.
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        let malformed = |what, at| TrustError::Malformed { what, at };
        let (head, note) = text.split_once("\n\n").ok_or(malformed("no empty line", 0))?;
        let mut lines = head.split('\n');
        let old = lines
            .next()
            .and_then(|it| it.strip_prefix("old "))
            .and_then(|it| it.parse().ok())
            .ok_or(malformed("no old size", 0))?;
        let hash = |line: &str| base64::bytes(line)?.try_into().ok();
        let proof = lines
            .map(hash)
            .collect::<Option<Vec<Hash>>>()
            .ok_or(malformed("a line that is no hash", 0))?;
        Ok(Self { old, proof, note: Note::parse(note)? })
    }
}

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "old {}", self.old)?;
        self.proof.iter().try_for_each(|it| writeln!(out, "{}", base64::text(it)))?;
        write!(out, "\n{}", self.note)
    }
}

/// Whether a witness that has last seen one checkpoint may co-sign another.
pub fn may_cosign(
    seen: Option<&Checkpoint>,
    new: &Checkpoint,
    request: Option<&Request>,
) -> Result<(), TrustError> {
    let Some(seen) = seen else { return Ok(()) };
    let refused = |words: String| Err(TrustError::Refused(words));
    if seen.origin != new.origin {
        let (seen, new) = (&seen.origin, &new.origin);
        return refused(format!("it is of {new}, the last one seen of {seen}"));
    }
    if new.size < seen.size {
        let (seen, new) = (seen.size, new.size);
        return refused(format!("it knows {new} records, the last one seen {seen}"));
    }
    if new.size == seen.size {
        if new.root == seen.root {
            return Ok(());
        }
        return refused(format!("another log of the same {} records was seen", seen.size));
    }
    let Some(request) = request else {
        return refused(format!("it needs a proof that it goes on from {} records", seen.size));
    };
    if request.old != seen.size {
        let (old, seen) = (request.old, seen.size);
        return refused(format!("its proof goes on from {old} records, {seen} were seen last"));
    }
    proof::check_consistency(seen, new, &request.proof).or_else(|_| {
        refused("it does not go on from the last one seen: the log was rewritten".into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::trust::key::SignerKey;
    use crate::wire::trust::proof::Stored;

    #[test]
    fn only_what_goes_on_from_the_last_one_seen_is_cosigned() {
        let (mut log, mut forked) = (Stored::default(), Stored::default());
        for number in 0..20_u8 {
            log.push(&[number]);
            forked.push(&[number / 9 * 7, number]);
        }
        let of = |log: &Stored, size| Checkpoint {
            origin: "bth".into(),
            size,
            root: log.root_at(size).unwrap(),
        };
        let key = SignerKey::new("bth", [7; 32], false).unwrap();
        let request = |log: &Stored, old, new| {
            let (proof, note) = (log.consistency(old, new).unwrap(), of(log, new).signed(&key));
            let request = Request { old, proof, note };
            assert_eq!(Request::parse(&request.to_string()), Ok(request.clone()));
            request
        };
        let check = |new: &Checkpoint, request: Option<Request>, what: &str| {
            let message = may_cosign(Some(&of(&log, 9)), new, request.as_ref())
                .err()
                .map(|it| it.to_string())
                .unwrap_or_default();
            assert!(message.contains(what) && message.is_empty() == what.is_empty(), "{message}");
        };
        assert_eq!(may_cosign(None, &of(&log, 9), None), Ok(()));
        check(&of(&log, 9), None, "");
        check(&of(&log, 20), Some(request(&log, 9, 20)), "");
        check(&of(&log, 20), None, "needs a proof that it goes on from 9 records");
        check(&of(&log, 20), Some(request(&log, 8, 20)), "goes on from 8 records, 9 were seen");
        check(&of(&log, 8), None, "it knows 8 records, the last one seen 9");
        check(&of(&forked, 9), None, "another log of the same 9 records");
        check(&of(&forked, 20), Some(request(&forked, 9, 20)), "the log was rewritten");
        let other = Checkpoint { origin: "prd".into(), ..of(&log, 9) };
        check(&other, None, "it is of prd, the last one seen of bth");
    }
}
