//! A batch of readings as columns: what repeats from row to row is written once, so that a wide
//! row costs little more than its values. `schemas/record.avsc` says what each column means.

use crate::domain::{Batch, Hour, MISSING, Outcome, Pollutant, Reading, Row, StationIndex, Tenths};
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::parts::{parse_stream, put_stream};

/// The same step several times.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Steps {
    step: i32,
    times: u32,
}

/// How station and pollutant go on within a row. Steps of 0 at the end are left out.
#[derive(Debug, Default)]
struct Shape {
    readings: u32,
    stations: Vec<Steps>,
    pollutants: Vec<Steps>,
}

/// Rows of one shape, an equal step apart.
#[derive(Clone, Copy, Debug)]
struct Rows {
    times: u32,
    apart: Apart,
}

/// From one row to the next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Apart {
    shape: usize,
    position: i64,
    station: i32,
    pollutant: i32,
}

/// What became of some readings in a row.
#[derive(Clone, Copy, Debug)]
struct Exception {
    skip: u32,
    times: u32,
    outcome: Outcome,
    revision: u16,
}

/// Among how many of the latest shapes a row looks for its own.
const SHAPES_SOUGHT: usize = 8;
/// Tenths in a whole µg/m³.
const WHOLE: Tenths = 10;

pub(in crate::wire::record) fn put_batch(put: &mut Put<'_>, batch: &Batch) {
    put_stream(put, &batch.stream);
    put.int(batch.hour.0);
    let (shapes, rows) = plan(batch);
    put.array(&shapes, |put, shape| {
        put.unsigned(shape.readings.into());
        put.array(&shape.stations, |put, it| put_steps(put, *it));
        put.array(&shape.pollutants, |put, it| put_steps(put, *it));
    });
    put.array(&rows, |put, rows| {
        put.unsigned(rows.times.into());
        put.count(rows.apart.shape);
        put.long(rows.apart.position);
        put.int(rows.apart.station);
        put.int(rows.apart.pollutant);
    });
    put_values(put, &batch.readings);
    put.array(&exceptions(&batch.readings), |put, it| {
        put.unsigned(it.skip.into());
        put.unsigned(it.times.into());
        put.place(it.outcome as u8);
        put.int(it.revision);
    });
}

pub(in crate::wire::record) fn parse_batch(
    reader: &mut ByteReader<'_>,
) -> Result<Batch, Malformed> {
    let stream = parse_stream(reader)?;
    let hour = Hour(reader.int()?);
    let shapes = reader.array(parse_shape)?;
    let runs = reader.array(parse_rows)?;
    let rows = expand(reader, &shapes, &runs)?;
    let mut readings = parse_values(reader, &shapes, &runs)?;
    let exceptions = reader.array(parse_exception)?;
    except(reader, &exceptions, &mut readings)?;
    Ok(Batch { stream, hour, rows, readings })
}

/// Finds what repeats.
fn plan(batch: &Batch) -> (Vec<Shape>, Vec<Rows>) {
    let mut shapes: Vec<Shape> = Vec::new();
    let mut runs: Vec<Rows> = Vec::new();
    let mut own = Shape::default();
    let (mut position, mut station, mut pollutant) = (0, 0, 0);
    let mut rest = &*batch.readings;
    for row in &batch.rows {
        let (readings, after) = rest.split_at(rest.len().min(row.readings as usize));
        rest = after;
        own.describe(row.readings, readings);
        let shape = own.place_among(&mut shapes);
        let first = readings.first();
        let station_now = first.map_or(station, |it| i32::from(it.station.0));
        let pollutant_now = first.map_or(pollutant, |it| i32::from(it.pollutant as u8));
        let apart = Apart {
            shape,
            position: row.position.wrapping_sub(position).cast_signed(),
            station: station_now - station,
            pollutant: pollutant_now - pollutant,
        };
        (position, station, pollutant) = (row.position, station_now, pollutant_now);
        match runs.last_mut() {
            Some(run) if run.apart == apart && row.readings > 0 && run.times < u32::MAX => {
                run.times += 1;
            }
            _ => runs.push(Rows { times: 1, apart }),
        }
    }
    debug_assert!(rest.is_empty(), "every reading belongs to a row");
    (shapes, runs)
}

impl Shape {
    fn describe(&mut self, count: u32, readings: &[Reading]) {
        self.readings = count;
        describe_steps(&mut self.stations, readings, |it| it.station.0.into());
        describe_steps(&mut self.pollutants, readings, |it| (it.pollutant as u8).into());
    }

    fn place_among(&mut self, shapes: &mut Vec<Self>) -> usize {
        let sought = shapes.iter().enumerate().rev().take(SHAPES_SOUGHT);
        let mut alike = sought.filter(|(_, it)| {
            it.readings == self.readings
                && it.stations == self.stations
                && it.pollutants == self.pollutants
        });
        if let Some((place, _)) = alike.next() {
            return place;
        }
        shapes.push(std::mem::take(self));
        shapes.len() - 1
    }
}

fn describe_steps(all: &mut Vec<Steps>, readings: &[Reading], of: impl Fn(&Reading) -> i32) {
    all.clear();
    for pair in readings.windows(2) {
        let step = of(&pair[1]) - of(&pair[0]);
        match all.last_mut() {
            Some(last) if last.step == step => last.times += 1,
            _ => all.push(Steps { step, times: 1 }),
        }
    }
    all.pop_if(|last| last.step == 0);
}

fn put_steps(put: &mut Put<'_>, steps: Steps) {
    put.int(steps.step);
    put.unsigned(steps.times.into());
}

fn put_values(put: &mut Put<'_>, readings: &[Reading]) {
    let whole = readings.iter().all(|it| it.tenths % WHOLE == 0 || it.tenths == MISSING);
    let unit = if whole { WHOLE } else { 1 };
    put.int(unit);
    put.0.reserve(2 * readings.len());
    put.array(readings, |put, it| match it.tenths {
        MISSING => put.long(0),
        tenths @ 0.. => put.long(i64::from(tenths / unit) + 1),
        tenths => put.int(tenths / unit),
    });
}

fn exceptions(readings: &[Reading]) -> Vec<Exception> {
    let mut all: Vec<Exception> = Vec::new();
    let mut skip = 0;
    for it in readings {
        let (outcome, revision) = (it.outcome, it.revision);
        if outcome == usual(it.tenths == MISSING) && revision == 0 {
            skip += 1;
            continue;
        }
        match all.last_mut() {
            Some(last) if skip == 0 && last.outcome == outcome && last.revision == revision => {
                last.times += 1;
            }
            _ => all.push(Exception { skip, times: 1, outcome, revision }),
        }
        skip = 0;
    }
    all
}

fn usual(missing: bool) -> Outcome {
    if missing { Outcome::ReportedMissing } else { Outcome::Taken }
}

fn parse_steps(reader: &mut ByteReader<'_>) -> Result<Steps, Malformed> {
    Ok(Steps { step: reader.int()?, times: parse_times(reader)? })
}

fn parse_shape(reader: &mut ByteReader<'_>) -> Result<Shape, Malformed> {
    let readings = reader.int()?;
    Ok(Shape {
        readings,
        stations: reader.array(parse_steps)?,
        pollutants: reader.array(parse_steps)?,
    })
}

fn parse_rows(reader: &mut ByteReader<'_>) -> Result<Rows, Malformed> {
    let times = parse_times(reader)?;
    let apart = Apart {
        shape: reader.int()?,
        position: reader.long()?,
        station: reader.int()?,
        pollutant: reader.int()?,
    };
    Ok(Rows { times, apart })
}

fn parse_times(reader: &mut ByteReader<'_>) -> Result<u32, Malformed> {
    match reader.int()? {
        0 => Err(reader.wrong("something that happens no times before this")),
        times => Ok(times),
    }
}

fn parse_exception(reader: &mut ByteReader<'_>) -> Result<Exception, Malformed> {
    Ok(Exception {
        skip: reader.int()?,
        times: parse_times(reader)?,
        outcome: reader.one_of(&Outcome::ALL)?,
        revision: reader.int()?,
    })
}

/// The rows, after a proof that they have no more readings than there are bytes.
fn expand(reader: &ByteReader<'_>, shapes: &[Shape], runs: &[Rows]) -> Result<Vec<Row>, Malformed> {
    let (mut readings, mut count) = (0_usize, 0_usize);
    for run in runs {
        let Some(shape) = shapes.get(run.apart.shape) else {
            return Err(reader.wrong("no such shape before this"));
        };
        if shape.readings == 0 && run.times > 1 {
            return Err(reader.wrong("repeated rows without readings before this"));
        }
        let own = (run.times as usize).saturating_mul(shape.readings as usize);
        readings = readings.saturating_add(own);
        count = count.saturating_add(run.times as usize);
    }
    if readings > reader.rest().len() {
        return Err(reader.wrong("more readings than bytes"));
    }
    let mut rows = Vec::with_capacity(count);
    let mut position = 0_u64;
    for run in runs {
        let readings = shapes[run.apart.shape].readings;
        for _ in 0..run.times {
            position = position.wrapping_add(run.apart.position.cast_unsigned());
            rows.push(Row { position, readings });
        }
    }
    Ok(rows)
}

fn parse_values(
    reader: &mut ByteReader<'_>,
    shapes: &[Shape],
    runs: &[Rows],
) -> Result<Vec<Reading>, Malformed> {
    let each = runs.iter().map(|it| it.times as usize * shapes[it.apart.shape].readings as usize);
    let mut readings = Vec::with_capacity(each.sum());
    let unit = reader.int()?;
    let left = reader.items()?;
    let mut values = Values { reader, unit, left, ended: left == 0 };
    let (mut station, mut pollutant) = (0_i32, 0_i32);
    for run in runs {
        let shape = &shapes[run.apart.shape];
        for _ in 0..run.times {
            station = station.wrapping_add(run.apart.station);
            pollutant = pollutant.wrapping_add(run.apart.pollutant);
            values.row(shape, station, pollutant, &mut readings)?;
        }
    }
    values.end()?;
    Ok(readings)
}

/// The column of values, while its places are being found.
struct Values<'a, 'b> {
    reader: &'a mut ByteReader<'b>,
    unit: i64,
    /// Values left in this block of the array.
    left: usize,
    /// The array has said that it ends.
    ended: bool,
}

impl Values<'_, '_> {
    /// One row. Its first reading stands where the row begins; from there on the steps of stations
    /// and of pollutants run side by side.
    fn row(
        &mut self,
        shape: &Shape,
        mut station: i32,
        mut pollutant: i32,
        out: &mut Vec<Reading>,
    ) -> Result<(), Malformed> {
        let mut left = shape.readings;
        let (here, rest) = (Steps { step: 0, times: 1 }, Steps { step: 0, times: u32::MAX });
        let (mut stations, mut pollutants) = (shape.stations.iter(), shape.pollutants.iter());
        let (mut by_station, mut by_pollutant) = (here, here);
        while left > 0 {
            let times = by_station.times.min(by_pollutant.times).min(left);
            for _ in 0..times {
                station = station.wrapping_add(by_station.step);
                pollutant = pollutant.wrapping_add(by_pollutant.step);
                out.push(self.reading(station, pollutant)?);
            }
            left -= times;
            by_station.times -= times;
            if by_station.times == 0 {
                by_station = *stations.next().unwrap_or(&rest);
            }
            by_pollutant.times -= times;
            if by_pollutant.times == 0 {
                by_pollutant = *pollutants.next().unwrap_or(&rest);
            }
        }
        Ok(())
    }

    #[inline]
    fn reading(&mut self, station: i32, pollutant: i32) -> Result<Reading, Malformed> {
        let Ok(station) = u16::try_from(station) else {
            return Err(self.reader.wrong("a station out of range near this"));
        };
        let numbered = u8::try_from(pollutant).ok().and_then(Pollutant::numbered);
        let Some(pollutant) = numbered else {
            return Err(self.reader.wrong("no such pollutant near this"));
        };
        let (tenths, missing) = self.value()?;
        let station = StationIndex(station);
        Ok(Reading { tenths, station, revision: 0, pollutant, outcome: usual(missing) })
    }

    #[inline]
    fn value(&mut self) -> Result<(Tenths, bool), Malformed> {
        if self.left == 0 {
            self.next_block()?;
        }
        self.left -= 1;
        let units = match self.reader.long()? {
            0 => return Ok((MISSING, true)),
            value @ 1.. => value - 1,
            value => value,
        };
        let tenths = units.checked_mul(self.unit).and_then(|it| Tenths::try_from(it).ok());
        match tenths {
            None | Some(MISSING) => Err(self.reader.wrong("a value out of range before this")),
            Some(tenths) => Ok((tenths, false)),
        }
    }

    #[cold]
    fn next_block(&mut self) -> Result<(), Malformed> {
        if !self.ended {
            self.left = self.reader.items()?;
        }
        if self.left == 0 {
            return Err(self.reader.wrong("fewer values than readings"));
        }
        Ok(())
    }

    fn end(self) -> Result<(), Malformed> {
        if self.ended || (self.left == 0 && self.reader.items()? == 0) {
            return Ok(());
        }
        Err(self.reader.wrong("more values than readings"))
    }
}

fn except(
    reader: &ByteReader<'_>,
    exceptions: &[Exception],
    readings: &mut [Reading],
) -> Result<(), Malformed> {
    let mut rest = readings;
    for it in exceptions {
        let after = rest.get_mut(it.skip as usize..).unwrap_or_default();
        let Some((own, next)) = after.split_at_mut_checked(it.times as usize) else {
            return Err(reader.wrong("an exception without a reading before this"));
        };
        for reading in own {
            (reading.outcome, reading.revision) = (it.outcome, it.revision);
        }
        rest = next;
    }
    Ok(())
}
