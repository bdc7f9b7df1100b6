//! The clocks and the position of every stream.

use crate::domain::{Feed, StreamClock, StreamState};
use crate::wire::avro::{Malformed, Put, Take};
use crate::wire::record::parts::{put_stream, put_time, take_stream, take_time};

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

pub(super) fn take(take: &mut Take<'_>, feed: &mut Feed) -> Result<(), Malformed> {
    feed.clock = take_clock(take)?;
    for _ in 0..take.items()? {
        let stream = take_stream(take)?;
        let state = StreamState { clock: take_clock(take)?, taken: take.optional(Take::unsigned)? };
        feed.streams.insert(stream, state);
    }
    feed.joined = take.array(take_stream)?;
    Ok(())
}

fn put_clock(put: &mut Put<'_>, clock: StreamClock) {
    put.optional(clock.at, put_time);
    put.boolean(clock.ticked);
}

fn take_clock(take: &mut Take<'_>) -> Result<StreamClock, Malformed> {
    Ok(StreamClock { at: take.optional(take_time)?, ticked: take.boolean()? })
}
