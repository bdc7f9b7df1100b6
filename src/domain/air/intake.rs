//! What becomes of each reading of a batch, in the order of the checks.

use std::borrow::Cow;

use crate::domain::feed::Feed;
use crate::domain::rules::lookup::Stations;
use crate::domain::{
    Batch, ClockRule, Event, Fact, Hour, MISSING, NegativeAs, Outcome, Parameters, Pollutant,
    Reading, Reason, Refusal, Rules, Tenths, Timestamp,
};

use super::cells::{Cells, EMPTY, Table};
use super::state::Air;

/// What a batch is decided with, in addition to the air.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) struct Arrived {
    /// Its hour is closed, and late values still amend it.
    pub(in crate::domain) amends: bool,
    /// It would move the clock of its stream too far.
    pub(in crate::domain) is_too_far: bool,
}

/// Decides about every reading of a batch; the batch is recorded with the outcomes, and what was
/// not taken is refused in words, row by row.
pub(in crate::domain) fn receive(
    (air, feed): (&Air, &Feed),
    rules: &Rules,
    mut batch: Batch,
    arrived: Arrived,
) -> Vec<Event> {
    let parameters = &rules.parameters;
    let refused_as = match parameters.closing.clock {
        ClockRule::Wall => {
            feed.clock.at.and_then(|now| air.untimely(feed, batch.hour, now, parameters))
        }
        ClockRule::Sources => arrived.is_too_far.then_some(Reason::FromTheFuture),
    };
    if let Some(reason) = refused_as {
        return batch
            .refused(rules, reason)
            .into_iter()
            .map(|it| Event::Fact(Fact::InputRefused(it)))
            .collect();
    }
    let checks = Checks::of(air, parameters, batch.hour);
    let mut stands = Standing::of(air, feed, batch.hour, arrived.amends);
    let mut seen = Seen::new(rules.stations.len(), batch.readings.len());
    let mut refused = false;
    for place in 0..batch.readings.len() {
        let reading = batch.readings[place];
        let before = &batch.readings[..place];
        if seen.again(&reading, before) {
            stands.apply(before, parameters);
        }
        let outcome = stands.decide(&checks, &reading);
        refused |= !matches!(outcome, Outcome::Taken | Outcome::ReportedMissing);
        batch.readings[place].outcome = outcome;
    }
    let refusals = if refused { refusals(&batch, rules) } else { Vec::new() };
    let mut events = Vec::with_capacity(1 + refusals.len());
    events.push(Event::Fact(Fact::ReadingsReceived(batch)));
    events.extend(refusals.into_iter().map(|it| Event::Fact(Fact::InputRefused(it))));
    events
}

impl Air {
    /// Why rows of an hour are refused whole at a moment of the wall clock.
    pub(in crate::domain) fn untimely(
        &self,
        feed: &Feed,
        hour: Hour,
        now: Timestamp,
        parameters: &Parameters,
    ) -> Option<Reason> {
        if hour.end() > now.plus_hours(parameters.closing.ahead_h) {
            return Some(Reason::FromTheFuture);
        }
        let is_past = self.may_begin(feed, ClockRule::Wall) && hour.is_long_before(now, parameters);
        is_past.then_some(Reason::FromThePast)
    }
}

impl Hour {
    /// Whether it is so long before a moment that no log begins with it.
    pub fn is_long_before(self, moment: Timestamp, parameters: &Parameters) -> bool {
        self.end().plus_hours(parameters.closing.max_jump_h) < moment
    }
}

/// The current values of the batch's hour before each of its readings.
struct Standing<'a> {
    cells: Option<&'a Cells>,
    table: Option<Cow<'a, Table>>,
    /// How many readings of the batch itself are in the table.
    taken: usize,
    late: bool,
    /// Late values take their place.
    amends: bool,
}

impl<'a> Standing<'a> {
    fn of(air: &'a Air, feed: &Feed, hour: Hour, amends: bool) -> Self {
        let cells = air.cells.as_ref();
        let table = cells.and_then(|cells| cells.table(hour)).map(Cow::Borrowed);
        let may_begin = feed.clock.at.is_none() || air.next.is_none();
        let late = air.next.is_some_and(|next| hour < next) && !may_begin;
        Self { cells, table, taken: 0, late, amends: late && amends }
    }

    /// Applies the readings of the batch before this one. Only a batch that names a station and
    /// pollutant twice needs this; it is decided like one batch for each of its readings.
    #[cold]
    fn apply(&mut self, before: &[Reading], parameters: &Parameters) {
        let Some(cells) = self.cells else { return };
        let mut table = self.table.take().map_or_else(Table::default, Cow::into_owned);
        for reading in &before[self.taken..] {
            let stations = cells.stations();
            if let Some(cell) = table.cell(stations, reading.pollutant, reading.station) {
                if self.amends {
                    cell.amend(reading, parameters);
                } else if !self.late {
                    cell.apply(reading, parameters);
                }
            }
        }
        (self.table, self.taken) = (Some(Cow::Owned(table)), before.len());
    }

    #[inline]
    fn decide(&self, checks: &Checks<'_>, it: &Reading) -> Outcome {
        if it.tenths == MISSING {
            return Outcome::ReportedMissing;
        }
        if let Some(refused) = checks.refuse(it) {
            return refused;
        }
        if self.cells.is_none() {
            return Outcome::NotLive;
        }
        let table = self.table.as_deref();
        let cell = table.map_or(EMPTY, |table| table.get(it.pollutant, it.station));
        let value = checks.parameters.counted_value(it);
        if cell.tenths == value {
            Outcome::Duplicate
        } else if self.late {
            Outcome::Late
        } else if cell.tenths == MISSING {
            Outcome::Taken
        } else if (it.revision, value) > (cell.revision, cell.tenths) {
            Outcome::Replaces
        } else {
            Outcome::Conflicting
        }
    }
}

/// The checks that do not depend on the current value.
struct Checks<'a> {
    parameters: &'a Parameters,
    living: Stations<'a>,
    above_tenths: Tenths,
    ceiling_tenths: Tenths,
}

impl<'a> Checks<'a> {
    fn of(air: &'a Air, parameters: &'a Parameters, hour: Hour) -> Self {
        let above_tenths = match parameters.readings.negative_as {
            NegativeAs::Refuse => 0,
            NegativeAs::HalfDetectionLimit(_) => Tenths::MIN,
        };
        let living = air.tables().living(hour);
        Self {
            parameters,
            living,
            above_tenths,
            ceiling_tenths: parameters.readings.ceiling_ug_m3 * 10,
        }
    }

    #[inline]
    fn refuse(&self, it: &Reading) -> Option<Outcome> {
        if !self.living.have(it.station) {
            return Some(Outcome::NotLive);
        }
        if it.pollutant == Pollutant::Pm25 {
            if it.tenths <= self.above_tenths {
                return Some(Outcome::NotPositive);
            }
            if it.tenths > self.ceiling_tenths {
                return Some(Outcome::AboveCeiling);
            }
        }
        None
    }
}

impl Outcome {
    #[inline]
    fn reason(self) -> Option<Reason> {
        match self {
            Self::Taken | Self::ReportedMissing => None,
            Self::NotPositive => Some(Reason::NotPositive),
            Self::AboveCeiling => Some(Reason::AboveCeiling),
            Self::NotLive => Some(Reason::NotLive),
            Self::Duplicate => Some(Reason::Duplicate),
            Self::Conflicting | Self::Replaces => Some(Reason::Conflicting),
            Self::Late => Some(Reason::Late),
        }
    }
}

impl Parameters {
    /// The value that counts for one that was reported.
    pub(crate) fn counted_value(&self, it: &Reading) -> Tenths {
        match self.readings.negative_as {
            NegativeAs::HalfDetectionLimit(half)
                if it.pollutant == Pollutant::Pm25 && it.tenths <= 0 && it.tenths != MISSING =>
            {
                half
            }
            NegativeAs::HalfDetectionLimit(_) | NegativeAs::Refuse => it.tenths,
        }
    }
}

/// Which stations and pollutants a batch has named: one bit each. A small batch is looked
/// through instead, so that a message with one reading needs no memory of its own.
struct Seen {
    bits: Vec<u64>,
    stations: usize,
}

impl Seen {
    const LOOKED_THROUGH: usize = 16;

    fn new(stations: usize, readings: usize) -> Self {
        let bits =
            if readings > Self::LOOKED_THROUGH { stations * Pollutant::ALL.len() } else { 0 };
        Self { bits: vec![0; bits.div_ceil(64)], stations }
    }

    /// Marks a station and pollutant, and says whether the batch has named them before.
    #[inline]
    fn again(&mut self, it: &Reading, before: &[Reading]) -> bool {
        if self.bits.is_empty() {
            let same =
                |other: &Reading| (other.station, other.pollutant) == (it.station, it.pollutant);
            return before.iter().any(same);
        }
        let bit = it.pollutant as usize * self.stations + usize::from(it.station.0);
        let Some(word) = self.bits.get_mut(bit / 64) else { return false };
        let mask = 1 << (bit % 64);
        let again = *word & mask != 0;
        *word |= mask;
        again
    }
}

/// The batch's refusals, one for each row and reason.
fn refusals(batch: &Batch, rules: &Rules) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let mut first = 0;
    for row in &batch.rows {
        let readings = &batch.readings[first..first + row.readings as usize];
        first += row.readings as usize;
        // By reason: how many, and the first of them. A station that is gone may be refused every
        // hour, so the readings are looked through once.
        let mut named: [(u64, Option<&Reading>); Reason::ALL.len()] = Default::default();
        for it in readings {
            if let Some(reason) = it.outcome.reason() {
                let (count, example) = &mut named[reason as usize];
                *count += 1;
                example.get_or_insert(it);
            }
        }
        for (reason, (count, example)) in Reason::ALL.into_iter().zip(named) {
            if let Some(example) = example {
                refusals.push(Refusal {
                    reason,
                    source: Some(batch.stream.at(row.position)),
                    hour: Some(batch.hour),
                    excerpt: excerpt(example, count, rules),
                    count,
                });
            }
        }
    }
    refusals
}

impl Batch {
    /// Refuses all of it for one reason, row by row.
    pub fn refused(&self, rules: &Rules, reason: Reason) -> Vec<Refusal> {
        let mut first = 0;
        let refusal = |row: &crate::domain::Row| {
            let readings = &self.readings[first..first + row.readings as usize];
            first += row.readings as usize;
            let example = readings.first().map(|it| excerpt(it, readings.len() as u64, rules));
            Refusal {
                reason,
                source: Some(self.stream.at(row.position)),
                hour: Some(self.hour),
                excerpt: example.unwrap_or_else(|| format!("a row of {}", self.hour)),
                count: u64::from(row.readings),
            }
        };
        self.rows.iter().map(refusal).collect()
    }
}

fn excerpt(it: &Reading, count: u64, rules: &Rules) -> String {
    let code = rules.stations.get(usize::from(it.station.0)).map_or("?", |station| &*station.code);
    let value = if it.tenths == MISSING { "missing".to_owned() } else { tell(it.tenths) };
    let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
    format!("{code} {}={value}{more}", it.pollutant.name())
}

/// Tenths as people write them: `85`, `-0.5`.
fn tell(tenths: Tenths) -> String {
    let (sign, whole, tenth) =
        (if tenths < 0 { "-" } else { "" }, tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    if tenth == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{tenth}") }
}
