//! What is known of the air: values of stations, closed hours, outlooks and exclusions.

use crate::domain::{Air, Cell, CityAir, Exclusion, Hour, Pollutant, StationIndex};
use crate::wire::avro::{ByteReader, Malformed, Put};
use crate::wire::record::parts::{parse_hour, parse_station, put_hour};
use crate::wire::record::payload::Payload as _;

use super::outlooks;

/// The hours between which the air is known.
pub(super) fn put_hours(put: &mut Put<'_>, air: &Air) {
    for hour in [air.judged.first, air.next, air.newest] {
        put.optional(hour, put_hour);
    }
}

pub(super) fn parse_hours(reader: &mut ByteReader<'_>, air: &mut Air) -> Result<(), Malformed> {
    air.judged.first = reader.optional(parse_near_hour)?;
    air.next = reader.optional(parse_near_hour)?;
    air.newest = reader.optional(parse_near_hour)?;
    Ok(())
}

/// What is remembered of stations, and what they reported of hours that are not forgotten.
pub(super) fn put_stations(put: &mut Put<'_>, air: &Air) {
    put.array(&air.stations, |put, it| {
        put.optional(it.last_counted, put_hour);
        put.boolean(it.silent);
    });
    let Some(cells) = &air.cells else { return };
    for (hour, pollutant, station, cell) in cells.known(first_remembered(air)) {
        put_cell_at(put, hour, &(pollutant, station, cell));
    }
    put.place(0);
}

pub(super) fn parse_stations(reader: &mut ByteReader<'_>, air: &mut Air) -> Result<(), Malformed> {
    reader.each(&mut air.stations, |reader, it| {
        it.last_counted = reader.optional(parse_hour)?;
        it.silent = reader.boolean()?;
        Ok(())
    })?;
    parse_cells_at(reader, air)
}

/// The closed hours of one jurisdiction; the caller puts what is known of its warning after them.
pub(super) fn put_closed(put: &mut Put<'_>, air: &Air, city: &CityAir) {
    for hour in air.remembered() {
        put.optional(city.closed.get(hour), Put::int);
    }
}

pub(super) fn parse_closed(
    reader: &mut ByteReader<'_>,
    remembered: &[Hour],
    city: &mut CityAir,
) -> Result<(), Malformed> {
    for hour in remembered {
        city.closed.set(*hour, reader.optional(ByteReader::int)?);
    }
    Ok(())
}

/// Outlooks and excluded intervals.
pub(super) fn put_rest(put: &mut Put<'_>, air: &Air) {
    outlooks::put(put, &air.judged.outlooks);
    put.array(air.judged.exclusions.all(), |put, it| it.put(put));
}

pub(super) fn parse_rest(reader: &mut ByteReader<'_>, air: &mut Air) -> Result<(), Malformed> {
    outlooks::parse(reader, &mut air.judged.outlooks)?;
    air.judged.exclusions = reader.array(Exclusion::parse)?.into_iter().collect();
    Ok(())
}

/// What the digest leaves out: values so old that only a late reading meets them, and hours that
/// wait for a place.
pub(super) fn put_undigested(put: &mut Put<'_>, air: &Air) {
    put.array(&air.judged.cities, |put, city| {
        put.optional(city.last_harmful, put_hour);
        for hour in forgotten(air) {
            put.optional(city.closed.get(hour), Put::int);
        }
    });
    let Some(cells) = &air.cells else { return };
    put.array(cells.held(), |put, it| put.optional(*it, put_hour));
    let first = first_remembered(air);
    for (hour, pollutant, station, cell) in cells.known(Hour(i32::MIN)) {
        if hour >= first {
            break;
        }
        put_cell_at(put, hour, &(pollutant, station, cell));
    }
    put.place(0);
    put.array(&cells.parked().collect::<Vec<_>>(), |put, (hour, known)| {
        put_hour(put, *hour);
        put.array(known, put_cell);
    });
}

pub(super) fn parse_undigested(
    reader: &mut ByteReader<'_>,
    air: &mut Air,
) -> Result<(), Malformed> {
    let forgotten: Vec<Hour> = forgotten(air).collect();
    reader.each(&mut air.judged.cities, |reader, city| {
        city.last_harmful = reader.optional(parse_hour)?;
        parse_closed(reader, &forgotten, city)
    })?;
    let Some(cells) = &mut air.cells else { return Ok(()) };
    if !cells.hold(reader.array(|reader| reader.optional(parse_hour))?) {
        return Err(reader.wrong("hours that are not those of the ring before this"));
    }
    parse_cells_at(reader, air)?;
    let Some(cells) = &mut air.cells else { return Ok(()) };
    for parked in reader.array(|reader| Ok((parse_hour(reader)?, reader.array(parse_cell)?)))? {
        if !cells.park(parked) {
            return Err(reader.wrong("no such station before this"));
        }
    }
    Ok(())
}

/// The first hour on which decisions look back.
fn first_remembered(air: &Air) -> Hour {
    air.remembered().next().or(air.next).unwrap_or_default()
}

/// Closed hours that stand in the rings, and on which no decision looks back any more.
fn forgotten(air: &Air) -> impl Iterator<Item = Hour> + use<> {
    let ring_h = air.tables().history_h.next_power_of_two();
    let ring_h = i32::try_from(ring_h).unwrap_or(i32::MAX);
    let next = air.next.unwrap_or_default();
    let first = air.judged.first.unwrap_or_default().0.max(next.0.saturating_sub(ring_h));
    (first..first_remembered(air).0).map(Hour)
}

fn put_cell_at(put: &mut Put<'_>, hour: Hour, cell: &(Pollutant, StationIndex, Cell)) {
    put.place(1);
    put_hour(put, hour);
    put_cell(put, cell);
}

fn parse_cells_at(reader: &mut ByteReader<'_>, air: &mut Air) -> Result<(), Malformed> {
    let Some(cells) = &mut air.cells else { return Ok(()) };
    while reader.optional(|_| Ok(()))?.is_some() {
        let (hour, (pollutant, station, known)) = (parse_hour(reader)?, parse_cell(reader)?);
        let cell = cells.held_cell(hour, pollutant, station);
        *cell.ok_or_else(|| reader.wrong("no such hour or station before this"))? = known;
    }
    Ok(())
}

fn put_cell(put: &mut Put<'_>, (pollutant, station, cell): &(Pollutant, StationIndex, Cell)) {
    put.place(*pollutant as u8);
    put.int(station.0);
    put.int(cell.tenths);
    put.int(cell.revision);
    put.boolean(cell.reported);
}

fn parse_cell(reader: &mut ByteReader<'_>) -> Result<(Pollutant, StationIndex, Cell), Malformed> {
    let (pollutant, station) = (reader.one_of(&Pollutant::ALL)?, parse_station(reader)?);
    let cell = Cell { tenths: reader.int()?, revision: reader.int()?, reported: reader.boolean()? };
    Ok((pollutant, station, cell))
}

/// An hour that is not so far away that those around it are none.
fn parse_near_hour(reader: &mut ByteReader<'_>) -> Result<Hour, Malformed> {
    let hour = parse_hour(reader)?;
    if hour.0.unsigned_abs() > 1 << 30 {
        return Err(reader.wrong("no hour of this world before this"));
    }
    Ok(hour)
}
