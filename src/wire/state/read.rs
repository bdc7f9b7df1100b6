//! Reading the canonical bytes, and what was put aside, back into a state.

use std::sync::Arc;

use thiserror::Error;

use crate::domain::{
    Airshed, Event, Exclusion, Fact, Forecast, Grade, Hour, JurisdictionIndex, LateValue,
    OpenWarning, OutlookBook, PastClosing, Pollutant, RuleBook, StationIndex, StreamClock,
    StreamState, Timestamp, WarningId, WarningState,
};
use crate::engine::{Memory, Position};
use crate::wire::avro::{Malformed, Take};
use crate::wire::record::parts::{take_hour, take_jurisdiction, take_stream, take_time};
use crate::wire::record::payload::{Payload as _, take_done, take_outlook_hour};

use super::{FORM, aside};

/// These bytes are no state that can be taken up.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum StateError {
    /// They are not what was written.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Another version has written them.
    #[error("a state of another form")]
    OtherForm,
    /// The rules in force were others.
    #[error("a state under other rules")]
    OtherRules,
}

/// The state that was written as `bytes` and `beside`, under this rule book.
pub fn read(
    bytes: &[u8],
    beside: &[u8],
    book: Option<&Arc<RuleBook>>,
) -> Result<Memory, StateError> {
    let mut take = Take::new(bytes);
    if take.string() != Ok(FORM) {
        return Err(StateError::OtherForm);
    }
    let mut memory = Memory {
        next: Position(take.unsigned()?),
        recorded_at: take_time(&mut take)?,
        last_fact: take.optional(Take::unsigned)?.map(Position),
        ..Memory::default()
    };
    if take.optional(Take::string)? != book.map(|it| &*it.digest) {
        return Err(StateError::OtherRules);
    }
    // What follows from the rules alone, and room for the rest.
    if let Some(book) = book {
        memory.airshed.evolve(&Event::Fact(Fact::RuleBookAdopted(Arc::clone(book))));
    }
    take_streams(&mut take, &mut memory.airshed)?;
    memory.airshed.epoch = take.unsigned()?;
    memory.airshed.first = take.optional(take_near_hour)?;
    memory.airshed.next = take.optional(take_near_hour)?;
    memory.airshed.newest = take.optional(take_near_hour)?;
    aside::read(&mut memory, beside)?;
    take_rest(&mut take, &mut memory.airshed)?;
    Ok(memory)
}

fn take_rest(take: &mut Take<'_>, airshed: &mut Airshed) -> Result<(), Malformed> {
    take_stations(take, airshed)?;
    take_jurisdictions(take, airshed)?;
    take_outlook_book(take, &mut airshed.outlooks)?;
    airshed.exclusions = take.array(Exclusion::take)?.into_iter().collect();
    take_amendable(take, airshed)?;
    if take.rest().is_empty() { Ok(()) } else { Err(take.wrong("more bytes than a state")) }
}

fn take_streams(take: &mut Take<'_>, airshed: &mut Airshed) -> Result<(), Malformed> {
    airshed.clock = take_clock(take)?;
    for _ in 0..take.items()? {
        let stream = take_stream(take)?;
        let state = StreamState { clock: take_clock(take)?, taken: take.optional(Take::unsigned)? };
        airshed.streams.insert(stream, state);
    }
    airshed.joined = take.array(take_stream)?;
    Ok(())
}

fn take_stations(take: &mut Take<'_>, airshed: &mut Airshed) -> Result<(), Malformed> {
    take.each(&mut airshed.stations, |take, it| {
        it.last_counted = take.optional(take_hour)?;
        it.silent = take.boolean()?;
        Ok(())
    })?;
    let Some(cells) = &mut airshed.cells else { return Ok(()) };
    while take.optional(|_| Ok(()))?.is_some() {
        let (hour, (pollutant, station, known)) = (take_hour(take)?, aside::take_cell(take)?);
        let cell = cells.held_cell(hour, pollutant, station);
        *cell.ok_or_else(|| take.wrong("no such hour or station before this"))? = known;
    }
    Ok(())
}

fn take_jurisdictions(take: &mut Take<'_>, airshed: &mut Airshed) -> Result<(), Malformed> {
    let remembered: Vec<Hour> = airshed.remembered().collect();
    let mut places = (0_u16..).map(JurisdictionIndex);
    take.each(&mut airshed.cities, |take, city| {
        for hour in &remembered {
            city.closed.set(*hour, take.optional(Take::int)?);
        }
        let jurisdiction = places.next().unwrap_or(JurisdictionIndex(u16::MAX));
        city.state.open = take.optional(|take| take_warning(take, jurisdiction))?;
        city.warnings = take.int()?;
        city.state.below_decisions = take.int()?;
        city.state.unknown_decisions = take.int()?;
        city.insufficient = take.boolean()?;
        Ok(())
    })
}

fn take_outlook_book(take: &mut Take<'_>, book: &mut OutlookBook) -> Result<(), Malformed> {
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

/// What late values may still change, and what was told of unlike grades.
fn take_amendable(take: &mut Take<'_>, airshed: &mut Airshed) -> Result<(), Malformed> {
    for _ in 0..take.items()? {
        let (jurisdiction, hour) = (take_jurisdiction(take)?, take_hour(take)?);
        let station: i32 = take.int()?;
        let (station, pollutant) =
            if station < 0 { (!station, Pollutant::Pm10) } else { (station, Pollutant::Pm25) };
        let station = u16::try_from(station).map_err(|_| take.wrong("no station before this"))?;
        let station = StationIndex(station);
        airshed.late.insert(LateValue { jurisdiction, hour, station, pollutant });
    }
    for _ in 0..take.items()? {
        let pair = (take_jurisdiction(take)?, take_jurisdiction(take)?);
        airshed.unlike.insert(pair, take_hour(take)?);
    }
    for _ in 0..take.items()? {
        let closing = PastClosing {
            hour: take_hour(take)?,
            closed_at: take_time(take)?,
            stale: take.boolean()?,
            amended: take.boolean()?,
            done: take.array(|take| Ok((take_jurisdiction(take)?, take_done(take)?)))?,
            cities: take_cities_before(take)?,
        };
        airshed.past.closings.push_back(closing);
    }
    take_outlook_book(take, &mut airshed.past.outlooks)?;
    for _ in 0..take.items()? {
        let next = take_hour(take)?;
        airshed.past.forecasts.push_back((next, Arc::new(Forecast::take(take)?)));
    }
    Ok(())
}

fn take_cities_before(
    take: &mut Take<'_>,
) -> Result<Vec<(JurisdictionIndex, WarningState)>, Malformed> {
    take.array(|take| {
        let jurisdiction = take_jurisdiction(take)?;
        let before = WarningState {
            open: take.optional(|take| take_warning(take, jurisdiction))?,
            below_decisions: take.int()?,
            unknown_decisions: take.int()?,
        };
        Ok((jurisdiction, before))
    })
}

fn take_warning(
    take: &mut Take<'_>,
    jurisdiction: JurisdictionIndex,
) -> Result<OpenWarning, Malformed> {
    Ok(OpenWarning {
        id: WarningId { jurisdiction, number: take.int()? },
        grade: take.one_of(&Grade::ALL)?,
        start: take_hour(take)?,
        end: take.optional(take_hour)?,
        standard: take.string()?.into(),
    })
}

fn take_clock(take: &mut Take<'_>) -> Result<StreamClock, Malformed> {
    let at: Option<Timestamp> = take.optional(take_time)?;
    Ok(StreamClock { at, ticked: take.boolean()? })
}

/// An hour that is not so far away that those around it are none.
fn take_near_hour(take: &mut Take<'_>) -> Result<Hour, Malformed> {
    let hour = take_hour(take)?;
    if hour.0.unsigned_abs() > 1 << 30 {
        return Err(take.wrong("no hour of this world before this"));
    }
    Ok(hour)
}
