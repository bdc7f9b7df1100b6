//! The clocks and the position of every stream.

use crate::domain::{Feed, StreamClock, StreamState};
use crate::wire::avro::{ByteReader, Malformed, Put};
use crate::wire::record::parts::{parse_stream, parse_time, put_stream, put_time};

pub(super) fn put(put: &mut Put<'_>, feed: &Feed) {
    put_clock(put, feed.clock);
    put.count(feed.streams.len());
    for (stream, state) in &feed.streams {
        put_stream(put, stream);
        put_clock(put, state.clock);
        put.optional(state.taken, Put::unsigned);
    }
    put.array(&feed.joined, put_stream);
}

pub(super) fn parse(reader: &mut ByteReader<'_>, feed: &mut Feed) -> Result<(), Malformed> {
    feed.clock = parse_clock(reader)?;
    for _ in 0..reader.items()? {
        let stream = parse_stream(reader)?;
        let state = StreamState {
            clock: parse_clock(reader)?,
            taken: reader.optional(ByteReader::unsigned)?,
        };
        feed.streams.insert(stream, state);
    }
    feed.joined = reader.array(parse_stream)?;
    Ok(())
}

fn put_clock(put: &mut Put<'_>, clock: StreamClock) {
    put.optional(clock.at, put_time);
    put.boolean(clock.ticked);
}

fn parse_clock(reader: &mut ByteReader<'_>) -> Result<StreamClock, Malformed> {
    Ok(StreamClock { at: reader.optional(parse_time)?, ticked: reader.boolean()? })
}
