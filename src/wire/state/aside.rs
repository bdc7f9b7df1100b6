//! What the canonical bytes leave out and a program still remembers: values so old that only a
//! late reading meets them, hours that wait for a place, and what a fold has counted.
//!
//! A state that is taken up again from both is the very state that was kept, so nobody has to
//! prove that the rest makes no difference.

use crate::domain::{Airshed, Cell, Frame, Hour, OutlookBook, Pollutant, StationIndex};
use crate::engine::{Memory, Position};
use crate::wire::avro::{Malformed, Put, Take};
use crate::wire::record::parts::take_hour;

/// Adds what the canonical bytes leave out to the end of a buffer.
pub(super) fn write(memory: &Memory, out: &mut Vec<u8>) {
    let airshed = &memory.airshed;
    let mut put = Put(out);
    put.optional(memory.adopted_at, |put, it| put.unsigned(it.0));
    put.unsigned(memory.readings);
    put.array(&airshed.cities, |put, city| {
        put_optional_hour(put, city.last_harmful);
        for hour in before(airshed) {
            put.optional(city.closed.get(hour), Put::int);
        }
    });
    put_cells(&mut put, airshed);
    put_frames(&mut put, &airshed.outlooks);
    put_frames(&mut put, &airshed.past.outlooks);
}

fn put_frames(put: &mut Put<'_>, book: &OutlookBook) {
    put.array(book.makers(), |put, it| put.string(it));
    put.array(&book.frames().collect::<Vec<_>>(), |put, it| {
        put.int(it.first.0);
        put.count(it.count);
        put.int(it.last_harmful.0);
    });
}

fn put_cells(put: &mut Put<'_>, airshed: &Airshed) {
    let Some(cells) = &airshed.cells else { return };
    put.array(cells.held(), |put, it| put_optional_hour(put, *it));
    let first = airshed.remembered().next().or(airshed.next).unwrap_or_default();
    for (hour, pollutant, station, cell) in cells.known(Hour(i32::MIN)) {
        if hour >= first {
            break;
        }
        put.place(1);
        put.int(hour.0);
        put_cell(put, &(pollutant, station, cell));
    }
    put.place(0);
    put.array(&cells.parked().collect::<Vec<_>>(), |put, (hour, known)| {
        put.int(hour.0);
        put.array(known, put_cell);
    });
}

fn put_cell(put: &mut Put<'_>, (pollutant, station, cell): &(Pollutant, StationIndex, Cell)) {
    put.place(*pollutant as u8);
    put.int(station.0);
    put.int(cell.tenths);
    put.int(cell.revision);
    put.boolean(cell.reported);
}

fn put_optional_hour(put: &mut Put<'_>, hour: Option<Hour>) {
    put.optional(hour, |put, it| put.int(it.0));
}

/// Closed hours that stand in the rings, and on which no decision looks back any more.
fn before(airshed: &Airshed) -> impl Iterator<Item = Hour> + use<> {
    let ring_h = airshed.derived.history_h.next_power_of_two();
    let ring_h = i32::try_from(ring_h).unwrap_or(i32::MAX);
    let remembered = airshed.remembered().next().or(airshed.next);
    let next = airshed.next.unwrap_or_default();
    let first = airshed.first.unwrap_or_default().0.max(next.0.saturating_sub(ring_h));
    (first..remembered.unwrap_or_default().0).map(Hour)
}

/// A cell as it is kept.
pub(super) fn take_cell(take: &mut Take<'_>) -> Result<(Pollutant, StationIndex, Cell), Malformed> {
    let pollutant = take.one_of(&Pollutant::ALL)?;
    let station = StationIndex(take.int()?);
    let cell = Cell { tenths: take.int()?, revision: take.int()?, reported: take.boolean()? };
    Ok((pollutant, station, cell))
}

/// What was put aside, before anything else of the airshed than its rules and hours is known.
pub(super) fn read(memory: &mut Memory, bytes: &[u8]) -> Result<(), Malformed> {
    let mut take = Take::new(bytes);
    memory.adopted_at = take.optional(Take::unsigned)?.map(Position);
    memory.readings = take.unsigned()?;
    let airshed = &mut memory.airshed;
    let before = before(airshed);
    let before: Vec<Hour> = before.collect();
    take.each(&mut airshed.cities, |take, city| {
        city.last_harmful = take.optional(take_hour)?;
        for hour in &before {
            city.closed.set(*hour, take.optional(Take::int)?);
        }
        Ok(())
    })?;
    take_cells(&mut take, airshed)?;
    take_frames(&mut take, &mut airshed.outlooks)?;
    take_frames(&mut take, &mut airshed.past.outlooks)?;
    if take.rest().is_empty() { Ok(()) } else { Err(take.wrong("more bytes than a state")) }
}

fn take_frames(take: &mut Take<'_>, book: &mut OutlookBook) -> Result<(), Malformed> {
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

fn take_cells(take: &mut Take<'_>, airshed: &mut Airshed) -> Result<(), Malformed> {
    let Some(cells) = &mut airshed.cells else { return Ok(()) };
    if !cells.hold(take.array(|take| take.optional(take_hour))?) {
        return Err(take.wrong("hours that are not those of the ring before this"));
    }
    while take.optional(|_| Ok(()))?.is_some() {
        let (hour, (pollutant, station, known)) = (take_hour(take)?, take_cell(take)?);
        let cell = cells.held_cell(hour, pollutant, station);
        *cell.ok_or_else(|| take.wrong("no such hour or station before this"))? = known;
    }
    for parked in take.array(|take| Ok((take_hour(take)?, take.array(take_cell)?)))? {
        if !cells.park(parked) {
            return Err(take.wrong("no such station before this"));
        }
    }
    Ok(())
}
