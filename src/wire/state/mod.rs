//! The state of a log in canonical bytes: one state, one text of bytes, one digest, on every
//! machine.
//!
//! ```text
//! "airshed state 2"  head  rules  streams  hours  stations  jurisdictions  outlooks  exclusions
//! late values  unlike grades  past decisions  joint control
//! ```
//!
//! Joint control is left out as long as nothing of it was ever recorded.
//!
//! Numbers, texts and lists are written as Avro writes them. What follows from the rules is left
//! out, and so is how memory happens to be laid out: cells, hours and outlooks stand in the order
//! of their keys, and only those that a decision may still look at. What is left out so and a
//! program still remembers is not in the digest: [`write_undigested`] writes it, and a state that is
//! read from both is the very state that was written.
//!
//! Each part of the state has a file here that writes and reads it. This one puts them in order.

mod air;
mod cooperation;
mod feed;
mod late;
mod marks;
mod orders;
mod outlooks;
mod warnings;

use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::domain::{Airshed, Event, Fact, Hour, JurisdictionIndex, RuleBook};
use crate::engine::{Memory, Position};
use crate::wire::avro::{ByteReader, Malformed, Put};
use crate::wire::record::parts::{parse_time, put_time};

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
    ByteReader::new(bytes).string() == Ok(FORM)
}

/// These bytes are no state that can be used.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum StateError {
    /// They are not what was written.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Another version has written them.
    #[error("a state of another form")]
    OtherForm,
    /// The rules in force were others.
    #[error("a state under other rules")]
    OtherRules,
}

/// Adds the canonical bytes to the end of a buffer.
pub fn write(memory: &Memory, out: &mut Vec<u8>) {
    let mut put = Put(out);
    put.string(FORM);
    put.unsigned(memory.next.0);
    put_time(&mut put, memory.recorded_at);
    put.optional(memory.last_fact, |put, it| put.unsigned(it.0));
    let Airshed { book, feed, air, warnings, late, orders, cooperation } = &memory.airshed;
    put.optional(book.as_ref(), |put, it| put.string(&it.digest));
    feed::put(&mut put, feed);
    orders::put(&mut put, orders);
    air::put_hours(&mut put, air);
    air::put_stations(&mut put, air);
    let cities: Vec<_> = air.judged.cities.iter().zip(&warnings.cities).collect();
    put.array(&cities, |put, (city, warned)| {
        air::put_closed(put, air, city);
        warnings::put_city(put, warned);
        put.boolean(city.insufficient);
    });
    air::put_rest(&mut put, air);
    late::put_waiting(&mut put, late);
    warnings::put_unlike(&mut put, warnings);
    late::put_history(&mut put, &late.history);
    cooperation::put(&mut put, cooperation);
}

/// What the canonical bytes leave out and [`read`] wants to have as well.
pub fn write_undigested(memory: &Memory, out: &mut Vec<u8>) {
    let mut put = Put(out);
    put.optional(memory.adopted_at, |put, it| put.unsigned(it.0));
    put.unsigned(memory.readings);
    marks::put(&mut put, &memory.marks);
    let airshed = &memory.airshed;
    air::put_undigested(&mut put, &airshed.air);
    outlooks::put_frames(&mut put, &airshed.air.judged.outlooks);
    outlooks::put_frames(&mut put, &airshed.late.history.outlooks);
    marks::put_joint(&mut put, &memory.marks);
}

/// The state that was written as `bytes` and `undigested`, under this rule book.
pub fn read(
    bytes: &[u8],
    undigested: &[u8],
    book: Option<&Arc<RuleBook>>,
) -> Result<Memory, StateError> {
    let mut reader = ByteReader::new(bytes);
    if reader.string() != Ok(FORM) {
        return Err(StateError::OtherForm);
    }
    let mut memory = Memory {
        next: Position(reader.unsigned()?),
        recorded_at: parse_time(&mut reader)?,
        last_fact: reader.optional(ByteReader::unsigned)?.map(Position),
        ..Memory::default()
    };
    if reader.optional(ByteReader::string)? != book.map(|it| &*it.digest) {
        return Err(StateError::OtherRules);
    }
    // What follows from the rules alone, and room for the rest.
    if let Some(book) = book {
        memory.airshed.evolve(&Event::Fact(Fact::RuleBookAdopted(Arc::clone(book))), 0);
    }
    feed::parse(&mut reader, &mut memory.airshed.feed)?;
    orders::parse(&mut reader, &mut memory.airshed.orders)?;
    air::parse_hours(&mut reader, &mut memory.airshed.air)?;
    read_undigested(&mut memory, undigested)?;
    parse_rest(&mut reader, &mut memory.airshed)?;
    Ok(memory)
}

fn parse_rest(reader: &mut ByteReader<'_>, airshed: &mut Airshed) -> Result<(), Malformed> {
    let Airshed { book: _, feed: _, air, warnings, late, orders: _, cooperation } = airshed;
    air::parse_stations(reader, air)?;
    let remembered: Vec<Hour> = air.remembered().collect();
    let jurisdictions = (0_u16..).map(JurisdictionIndex);
    let mut cities: Vec<_> =
        air.judged.cities.iter_mut().zip(&mut warnings.cities).zip(jurisdictions).collect();
    reader.each(&mut cities, |reader, ((city, warned), jurisdiction)| {
        air::parse_closed(reader, &remembered, city)?;
        warnings::parse_city(reader, *jurisdiction, warned)?;
        city.insufficient = reader.boolean()?;
        Ok(())
    })?;
    air::parse_rest(reader, air)?;
    late::parse_waiting(reader, late)?;
    warnings::parse_unlike(reader, warnings)?;
    late::parse_history(reader, &mut late.history)?;
    cooperation::parse(reader, cooperation)?;
    finish(reader)
}

fn read_undigested(memory: &mut Memory, bytes: &[u8]) -> Result<(), Malformed> {
    let mut reader = ByteReader::new(bytes);
    memory.adopted_at = reader.optional(ByteReader::unsigned)?.map(Position);
    memory.readings = reader.unsigned()?;
    memory.marks = marks::parse(&mut reader)?;
    let Airshed { air, late, .. } = &mut memory.airshed;
    air::parse_undigested(&mut reader, air)?;
    outlooks::parse_frames(&mut reader, &mut air.judged.outlooks)?;
    outlooks::parse_frames(&mut reader, &mut late.history.outlooks)?;
    marks::parse_joint(&mut reader, &mut memory.marks)?;
    finish(&reader)
}

fn finish(reader: &ByteReader<'_>) -> Result<(), Malformed> {
    if reader.rest().is_empty() { Ok(()) } else { Err(reader.wrong("more bytes than a state")) }
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
            .filter(|it| matches!(it.event, Event::Fact(Fact::ForecastReceived(_))));
        for (position, record) in (0..).map(Position).zip(forecasts) {
            memory.evolve(&crate::engine::Record { position, ..record }).unwrap();
            assert!(!memory.airshed.air.judged.outlooks.waiting.is_empty());
            check(&memory);
        }
        assert!(memory.next > Position(0));
    }

    fn check(memory: &Memory) {
        let (mut bytes, mut undigested) = (Vec::new(), Vec::new());
        write(memory, &mut bytes);
        write_undigested(memory, &mut undigested);
        let book = memory.airshed.book();
        assert_eq!(read(&bytes, &undigested, book), Ok(memory.clone()));
        let other = if book.is_some() { None } else { Some(parse(&[]).unwrap()) };
        assert_eq!(read(&bytes, &undigested, other.as_ref()), Err(StateError::OtherRules));
        // Whatever the bytes are, they are read or refused.
        for at in (0..bytes.len()).filter(|at| at % 7 == 0 || bytes.len() - at < 99) {
            assert!(read(&bytes[..at], &undigested, book).is_err(), "cut at {at}");
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << (at % 8);
            drop(read(&bytes, &undigested, book));
        }
        for at in 0..undigested.len() {
            assert!(read(&bytes, &undigested[..at], book).is_err(), "undigested, cut at {at}");
            let mut undigested = undigested.clone();
            undigested[at] ^= 1 << (at % 8);
            drop(read(&bytes, &undigested, book));
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
        // The kinds that there were before joint control.
        let ends = [&digests[0], &digests[18]];
        assert_eq!(ends, [EMPTY, FULL]);
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), one_of_each().len() + 1, "every record makes another state");
    }
}
