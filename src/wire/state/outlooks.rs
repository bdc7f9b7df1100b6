//! The newest outlook for each jurisdiction and hour, and those issued for later decisions.

use std::sync::Arc;

use crate::domain::{Forecast, Frame, OutlookBook};
use crate::wire::avro::{ByteReader, Malformed, Put};
use crate::wire::record::parts::{parse_hour, parse_jurisdiction, parse_time, put_hour, put_time};
use crate::wire::record::payload::{Payload as _, parse_outlook_hour, put_outlook_hour};

pub(super) fn put(put: &mut Put<'_>, book: &OutlookBook) {
    for (jurisdiction, hour, says, issued_at, maker) in book.said() {
        put.place(1);
        put.int(jurisdiction.0);
        put_hour(put, hour);
        put_outlook_hour(put, says);
        put_time(put, issued_at);
        put.string(maker);
    }
    put.place(0);
    put.array(&book.waiting, |put, it| it.put(put));
}

pub(super) fn parse(reader: &mut ByteReader<'_>, book: &mut OutlookBook) -> Result<(), Malformed> {
    while reader.optional(|_| Ok(()))?.is_some() {
        let (jurisdiction, hour) = (parse_jurisdiction(reader)?, parse_hour(reader)?);
        let said = (parse_outlook_hour(reader)?, parse_time(reader)?);
        let place = usize::from(jurisdiction.0);
        if !book.put_back(place, hour, said, reader.string()?) {
            return Err(reader.wrong("an outlook that has no place before this"));
        }
    }
    book.waiting = reader.array(|reader| Ok(Arc::new(Forecast::parse(reader)?)))?;
    Ok(())
}

/// What the digest leaves out: makers by their numbers, and where hours lie.
pub(super) fn put_frames(put: &mut Put<'_>, book: &OutlookBook) {
    put.array(book.makers(), |put, it| put.string(it));
    put.array(&book.frames().collect::<Vec<_>>(), |put, it| {
        put.int(it.first.0);
        put.count(it.count);
        put.int(it.last_harmful.0);
    });
}

pub(super) fn parse_frames(
    reader: &mut ByteReader<'_>,
    book: &mut OutlookBook,
) -> Result<(), Malformed> {
    let makers = reader.array(|reader| Ok(reader.string()?.into()))?;
    let frames = reader.array(|reader| {
        let (first, count) = (parse_hour(reader)?, reader.int()?);
        Ok(Frame { first, count, last_harmful: parse_hour(reader)? })
    })?;
    if book.frame(makers, &frames) {
        return Ok(());
    }
    Err(reader.wrong("more outlooks than are kept before this"))
}
