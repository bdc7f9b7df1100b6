//! The state of a log in canonical bytes: one state, one text of bytes, one digest, on every
//! machine.
//!
//! ```text
//! "airshed state 2"  head  rules  streams  hours  stations  jurisdictions  outlooks  exclusions
//! late values  unlike grades  past decisions
//! ```
//!
//! Numbers, texts and lists are written as Avro writes them. What follows from the rules is left
//! out, and so is how memory happens to be laid out: cells, hours and outlooks stand in the order
//! of their keys, and only those that a decision may still look at. Hours so far ahead of the one
//! that closes next that the ring has no place for them stand aside, and in no digest.

mod aside;
mod read;
mod write;

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::engine::Memory;
use crate::wire::avro::Take;

pub use read::{StateError, read};
pub use write::write;

/// A name for this form; another form, another name.
const FORM: &str = "airshed state 2";

/// SHA-256 over the canonical bytes, in hexadecimal.
pub fn digest(memory: &Memory) -> String {
    let mut bytes = Vec::new();
    write(memory, &mut bytes);
    digest_of(&bytes)
}

/// The digest of a state that has been written already.
pub fn digest_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let written = write!(text, "{byte:02x}");
        debug_assert!(written.is_ok(), "a String takes everything");
        text
    })
}

/// Whether these bytes are in the form that is written here.
pub fn is_of_this_form(bytes: &[u8]) -> bool {
    Take::new(bytes).string() == Ok(FORM)
}

/// What the canonical bytes leave out and [`read`] wants to have as well.
pub fn write_beside(memory: &Memory, out: &mut Vec<u8>) {
    aside::write(memory, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Fact;
    use crate::engine::Position;
    use crate::wire::record::samples::{one_of_each, parse};

    const EMPTY: &str = "4d04ee1156d9eb0b224635b3e0cb676cb0cd3be29695e873bea46d26f04b3ea4";
    const FULL: &str = "35357e42e834ee85ff7e19958c03aa8f1fa829ab6c564d2e73995109ad85cec8";

    #[test]
    fn what_is_written_is_read_back_as_it_was() {
        let mut memory = Memory::default();
        check(&memory);
        for (position, record) in (0..).map(Position).zip(one_of_each()) {
            memory.evolve(&crate::engine::Record { position, ..record }).unwrap();
            check(&memory);
        }
    }

    /// Found by the fuzzer.
    #[test]
    fn an_outlook_that_waits_for_its_time_is_read_back() {
        let mut memory = Memory::default();
        let forecasts = one_of_each()
            .into_iter()
            .filter(|it| matches!(it.event, crate::domain::Event::Fact(Fact::ForecastReceived(_))));
        for (position, record) in (0..).map(Position).zip(forecasts) {
            memory.evolve(&crate::engine::Record { position, ..record }).unwrap();
            assert!(!memory.airshed.outlooks.waiting.is_empty());
            check(&memory);
        }
        assert!(memory.next > Position(0));
    }

    fn check(memory: &Memory) {
        let (mut bytes, mut beside) = (Vec::new(), Vec::new());
        write(memory, &mut bytes);
        write_beside(memory, &mut beside);
        let book = memory.airshed.book();
        assert_eq!(read(&bytes, &beside, book), Ok(memory.clone()));
        let other = if book.is_some() { None } else { Some(parse(&[]).unwrap()) };
        assert_eq!(read(&bytes, &beside, other.as_ref()), Err(StateError::OtherRules));
        // Whatever the bytes are, they are read or refused.
        for at in (0..bytes.len()).filter(|at| at % 7 == 0 || bytes.len() - at < 99) {
            assert!(read(&bytes[..at], &beside, book).is_err(), "cut at {at}");
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << (at % 8);
            drop(read(&bytes, &beside, book));
        }
        for at in 0..beside.len() {
            assert!(read(&bytes, &beside[..at], book).is_err(), "cut at {at} beside");
            let mut beside = beside.clone();
            beside[at] ^= 1 << (at % 8);
            drop(read(&bytes, &beside, book));
        }
    }

    /// Old logs replay to the same digest for ever: a change here is a new form with a new name.
    #[test]
    fn the_digest_of_a_state_never_changes() {
        let mut memory = Memory::default();
        let mut digests = vec![digest(&memory)];
        for (position, record) in (0..).map(Position).zip(one_of_each()) {
            memory.evolve(&crate::engine::Record { position, ..record }).unwrap();
            digests.push(digest(&memory));
        }
        let ends = [&digests[0], &digests[digests.len() - 1]];
        assert_eq!(ends, [EMPTY, FULL]);
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), one_of_each().len() + 1, "every record makes another state");
    }
}
