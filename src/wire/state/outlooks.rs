//! The newest outlook for each jurisdiction and hour, and those issued for later decisions.

use std::sync::Arc;

use crate::domain::{Forecast, Frame, OutlookBook};
use crate::wire::avro::{Malformed, Put, Take};
use crate::wire::record::parts::{put_hour, put_time, take_hour, take_jurisdiction, take_time};
use crate::wire::record::payload::{Payload as _, put_outlook_hour, take_outlook_hour};

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

pub(super) fn take(take: &mut Take<'_>, book: &mut OutlookBook) -> Result<(), Malformed> {
    while take.optional(|_| Ok(()))?.is_some() {
        let (jurisdiction, hour) = (take_jurisdiction(take)?, take_hour(take)?);
        let said = (take_outlook_hour(take)?, take_time(take)?);
        let place = usize::from(jurisdiction.0);
        if !book.put_back(place, hour, said, take.string()?) {
            return Err(take.wrong("an outlook that has no place before this"));
        }
    }
    book.waiting = take.array(|take| Ok(Arc::new(Forecast::take(take)?)))?;
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

pub(super) fn take_frames(take: &mut Take<'_>, book: &mut OutlookBook) -> Result<(), Malformed> {
    let makers = take.array(|take| Ok(take.string()?.into()))?;
    let frames = take.array(|take| {
        let (first, count) = (take_hour(take)?, take.int()?);
        Ok(Frame { first, count, last_harmful: take_hour(take)? })
    })?;
    if book.frame(makers, &frames) {
        return Ok(());
    }
    Err(take.wrong("more outlooks than are kept before this"))
}
