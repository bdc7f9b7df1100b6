//! Writing the canonical bytes.

use crate::domain::{
    Airshed, Forecast, Hour, OpenWarning, OutlookBook, OutlookHour, Pollutant, Source, Stream,
    StreamClock, Timestamp,
};
use crate::engine::Memory;
use crate::wire::avro::Put;
use crate::wire::record::payload::{put_done, put_outlook_hour};

use super::FORM;

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
    put_outlook_book(&mut put, &airshed.outlooks);
    put.array(airshed.exclusions.all(), |put, it| {
        put.int(it.jurisdiction.0);
        put_hour(put, it.first);
        put_hour(put, it.last);
        put.place(it.kind as u8);
        put.string(&it.evidence);
        put_source(put, it.source.as_ref());
    });
    put_amendable(&mut put, airshed);
}

/// What late values may still change, and what was told of unlike grades.
fn put_amendable(put: &mut Put<'_>, airshed: &Airshed) {
    put.count(airshed.late.len());
    for it in &airshed.late {
        put.int(it.jurisdiction.0);
        put_hour(put, it.hour);
        // The station, as logs before this distinction have it; with PM10 alone, its complement.
        let station = i32::from(it.station.0);
        put.int(if it.pollutant == Pollutant::Pm10 { !station } else { station });
    }
    put.count(airshed.unlike.len());
    for ((a, b), hour) in &airshed.unlike {
        put.int(a.0);
        put.int(b.0);
        put_hour(put, *hour);
    }
    put.count(airshed.past.closings.len());
    for it in &airshed.past.closings {
        put_hour(put, it.hour);
        put_time(put, it.closed_at);
        put.boolean(it.stale);
        put.boolean(it.amended);
        put.array(&it.done, |put, (place, done)| {
            put.int(place.0);
            put_done(put, *done);
        });
        put.array(&it.cities, |put, (place, city)| {
            put.int(place.0);
            put.optional(city.open.as_ref(), put_warning);
            put.int(city.below_decisions);
            put.int(city.unknown_decisions);
        });
    }
    put_outlook_book(put, &airshed.past.outlooks);
    put.count(airshed.past.forecasts.len());
    for (next, forecast) in &airshed.past.forecasts {
        put_hour(put, *next);
        put_forecast(put, forecast);
    }
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
        put.optional(city.state.open.as_ref(), put_warning);
        put.unsigned(city.warnings.into());
        put.int(city.state.below_decisions);
        put.int(city.state.unknown_decisions);
        put.boolean(city.insufficient);
    });
}

fn put_warning(put: &mut Put<'_>, it: &OpenWarning) {
    put.unsigned(it.id.number.into());
    put.place(it.grade as u8);
    put_hour(put, it.start);
    put.optional(it.end, put_hour);
    put.string(&it.standard);
}

fn put_outlook_book(put: &mut Put<'_>, book: &OutlookBook) {
    for (jurisdiction, hour, says, issued_at, maker) in book.said() {
        put.place(1);
        put.int(jurisdiction.0);
        put_hour(put, hour);
        put_outlook_hour(put, says);
        put_time(put, issued_at);
        put.string(maker);
    }
    put.place(0);
    put.array(&book.waiting, |put, it| put_forecast(put, it));
}

fn put_forecast(put: &mut Put<'_>, it: &Forecast) {
    put_time(put, it.issued_at);
    put.string(&it.maker);
    put_source(put, it.source.as_ref());
    put.array(&it.outlooks, |put, it| {
        put.int(it.jurisdiction.0);
        put_hour(put, it.first);
        put.array(&it.hours, |put, it: &OutlookHour| put_outlook_hour(put, *it));
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
