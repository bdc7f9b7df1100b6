//! The state of a log in canonical bytes: one state, one text of bytes, one digest, on every
//! machine.
//!
//! ```text
//! "airshed state 1"  head  rules  streams  hours  stations  jurisdictions  outlooks  exclusions
//! ```
//!
//! Numbers, texts and lists are written as Avro writes them. What follows from the rules is left
//! out, and so is how memory happens to be laid out: cells, hours and outlooks stand in the order
//! of their keys, and only those that a decision may still look at.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::domain::{Airshed, Hour, OutlookHour, Source, Stream, StreamClock, Timestamp};
use crate::engine::Memory;

use super::avro::Put;
use super::record::forecast::put_outlook_hour;

/// A name for this form; another form, another name.
const FORM: &str = "airshed state 1";

/// SHA-256 over the canonical bytes, in hexadecimal.
pub fn digest(memory: &Memory) -> String {
    let mut bytes = Vec::new();
    write(memory, &mut bytes);
    Sha256::digest(&bytes).iter().fold(String::new(), |mut text, byte| {
        let written = write!(text, "{byte:02x}");
        debug_assert!(written.is_ok(), "a String takes everything");
        text
    })
}

/// Adds the canonical bytes to the end of a buffer.
pub fn write(memory: &Memory, out: &mut Vec<u8>) {
    let mut put = Put(out);
    put.string(FORM);
    put.unsigned(memory.next.0);
    put_time(&mut put, memory.recorded_at);
    put.optional(memory.last_fact, |put, it| put.unsigned(it.0));
    let airshed = &memory.airshed;
    put.optional(airshed.book.as_ref(), |put, it| put.string(&it.digest));
    put_streams(&mut put, airshed);
    put.unsigned(airshed.epoch);
    for hour in [airshed.first, airshed.next, airshed.newest] {
        put.optional(hour, put_hour);
    }
    put_stations(&mut put, airshed);
    put_jurisdictions(&mut put, airshed);
    put_outlooks(&mut put, airshed);
    put.array(&airshed.exclusions, |put, it| {
        put.int(it.jurisdiction.0);
        put_hour(put, it.first);
        put_hour(put, it.last);
        put.place(it.kind as u8);
        put.string(&it.evidence);
        put_source(put, it.source.as_ref());
    });
}

fn put_streams(put: &mut Put<'_>, airshed: &Airshed) {
    put_clock(put, airshed.clock);
    put.count(airshed.streams.len());
    for (stream, state) in &airshed.streams {
        put_stream(put, stream);
        put_clock(put, state.clock);
        put.optional(state.taken, Put::unsigned);
    }
    put.array(&airshed.joined, put_stream);
}

/// What is remembered of stations, and what they said of hours that are not forgotten.
fn put_stations(put: &mut Put<'_>, airshed: &Airshed) {
    put.array(&airshed.stations, |put, it| {
        put.optional(it.last_counted, put_hour);
        put.boolean(it.silent);
        put.int(it.run_h);
        // The value of no run is what is left of an older one.
        put.int(if it.run_h > 0 { it.run_tenths } else { 0 });
    });
    let Some(cells) = &airshed.cells else { return };
    let first = airshed.remembered().next().or(airshed.next);
    for (hour, pollutant, station, cell) in cells.known(first.unwrap_or_default()) {
        put.place(1);
        put_hour(put, hour);
        put.place(pollutant as u8);
        put.int(station.0);
        put.int(cell.tenths);
        put.int(cell.revision);
        put.boolean(cell.reported);
    }
    put.place(0);
}

fn put_jurisdictions(put: &mut Put<'_>, airshed: &Airshed) {
    put.array(&airshed.cities, |put, city| {
        for hour in airshed.remembered() {
            put.optional(city.closed.get(hour), Put::int);
        }
        put.optional(city.warning.as_ref(), |put, it| {
            put.unsigned(it.id.number.into());
            put.place(it.grade as u8);
            put_hour(put, it.start);
            put.optional(it.end, put_hour);
            put.string(&it.standard);
        });
        put.unsigned(city.warnings.into());
        put.int(city.below_decisions);
        put.int(city.unknown_decisions);
    });
}

fn put_outlooks(put: &mut Put<'_>, airshed: &Airshed) {
    for (jurisdiction, hour, says, issued_at, maker) in airshed.outlooks.said() {
        put.place(1);
        put.int(jurisdiction.0);
        put_hour(put, hour);
        put_outlook_hour(put, says);
        put_time(put, issued_at);
        put.string(maker);
    }
    put.place(0);
    put.array(&airshed.outlooks.waiting, |put, it| {
        put_time(put, it.issued_at);
        put.string(&it.maker);
        put_source(put, it.source.as_ref());
        put.array(&it.outlooks, |put, it| {
            put.int(it.jurisdiction.0);
            put_hour(put, it.first);
            put.array(&it.hours, |put, it: &OutlookHour| put_outlook_hour(put, *it));
        });
    });
}

fn put_clock(put: &mut Put<'_>, clock: StreamClock) {
    put.optional(clock.at, put_time);
    put.boolean(clock.ticked);
}

fn put_source(put: &mut Put<'_>, source: Option<&Source>) {
    put.optional(source, |put, it| {
        put_stream(put, &it.stream);
        put.unsigned(it.position);
    });
}

fn put_stream(put: &mut Put<'_>, stream: &Stream) {
    put.string(&stream.name);
    put.optional(stream.partition, Put::int);
}

fn put_hour(put: &mut Put<'_>, hour: Hour) {
    put.int(hour.0);
}

fn put_time(put: &mut Put<'_>, time: Timestamp) {
    put.long(time.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Position;
    use crate::wire::record::samples::one_of_each;

    const EMPTY: &str = "e13ce69e55d612d5f329af7de56a84121c9943efe2cd96b3ee0c1c0fa565b8c1";
    const FULL: &str = "0359ef021dcbff7217c54acc99baf5dd600505788117eb319a6a0b2229686450";

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
