//! What a closed hour says of jurisdictions and stations.

use crate::domain::{CityHour, Flag, Grade, HourClosed, Silence, StationIndex};
use crate::wire::avro::{Malformed, Put, Take};

use super::fact::{put_hour, put_time, take_hour, take_jurisdiction, take_time};

pub(super) fn put_silence(put: &mut Put<'_>, it: &Silence) {
    put.int(it.station.0);
    put_hour(put, it.hour);
    put.optional(it.last_heard, put_hour);
}

pub(super) fn take_silence(take: &mut Take<'_>) -> Result<Silence, Malformed> {
    Ok(Silence {
        station: take_station(take)?,
        hour: take_hour(take)?,
        last_heard: take.optional(take_hour)?,
    })
}

pub(super) fn put_hour_closed(put: &mut Put<'_>, it: &HourClosed) {
    put_hour(put, it.hour);
    put_time(put, it.closed_at);
    put.boolean(it.stale);
    put.array(&it.jurisdictions, put_city_hour);
}

pub(super) fn take_hour_closed(take: &mut Take<'_>) -> Result<HourClosed, Malformed> {
    Ok(HourClosed {
        hour: take_hour(take)?,
        closed_at: take_time(take)?,
        stale: take.boolean()?,
        jurisdictions: take.array(take_city_hour)?,
    })
}

fn put_city_hour(put: &mut Put<'_>, it: &CityHour) {
    put.int(it.jurisdiction.0);
    put.optional(it.pm25_ug_m3, Put::int);
    put.int(it.stations_reporting);
    put.int(it.stations_expected);
    put.optional(it.mean_24h_ug_m3, Put::int);
    put.optional(it.index_24h, Put::int);
    put.int(it.valid_hours);
    put.int(it.excluded_hours);
    put.array(&it.flagged, |put, (station, flag)| {
        put.int(station.0);
        put.place(*flag as u8);
    });
    put.array(&it.left_out, |put, station| put.int(station.0));
    put.optional(it.grade, |put, grade| put.place(grade as u8));
    put.int(it.below_decisions);
    put.int(it.unknown_decisions);
}

fn take_city_hour(take: &mut Take<'_>) -> Result<CityHour, Malformed> {
    Ok(CityHour {
        jurisdiction: take_jurisdiction(take)?,
        pm25_ug_m3: take.optional(Take::int)?,
        stations_reporting: take.int()?,
        stations_expected: take.int()?,
        mean_24h_ug_m3: take.optional(Take::int)?,
        index_24h: take.optional(Take::int)?,
        valid_hours: take.int()?,
        excluded_hours: take.int()?,
        flagged: take.array(|take| Ok((take_station(take)?, take.one_of(&Flag::ALL)?)))?,
        left_out: take.array(take_station)?,
        grade: take.optional(|take| take.one_of(&Grade::ALL))?,
        below_decisions: take.int()?,
        unknown_decisions: take.int()?,
    })
}

pub(super) fn take_station(take: &mut Take<'_>) -> Result<StationIndex, Malformed> {
    take.int().map(StationIndex)
}
