//! Finds the decisions to explain, and folds the log up to each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context as _;

use crate::domain::{
    AirEvent, Batch, Division, Event, Explanation, Fact, Forecast, Hour, HourClosed,
    JurisdictionIndex, Order, Outcome, Pollutant, ResponseEvent, RuleBook, Source, StationIndex,
    Tenths, Timestamp, WarningAct, WarningEvent,
};
use crate::engine::{Memory, Position, Record};
use crate::wire::record::json::Names;

use super::{Records, What};
use crate::app::support::Failure;

/// Decision hours, and the jurisdictions of interest in each.
pub(super) type Wanted = BTreeMap<Hour, BTreeSet<Division>>;

/// One decision hour of one jurisdiction.
#[derive(Debug)]
pub(super) struct DecisionHour {
    pub(super) division: Division,
    /// The jurisdiction that it follows, if any.
    pub(super) follows: Option<Division>,
    pub(super) closed: HourClosed,
    pub(super) position: Position,
    pub(super) explanation: Explanation,
    pub(super) act: Option<(Position, WarningAct)>,
    pub(super) order: Option<(Position, u64, Order)>,
    /// The readings of this hour before it closed, by station.
    pub(super) said: BTreeMap<StationIndex, Vec<Said>>,
    /// The positions of the closings of earlier hours.
    pub(super) closings: Arc<BTreeMap<Hour, Position>>,
    /// The positions of the amendments known at the decision, by hour and jurisdiction.
    pub(super) amended: Arc<BTreeMap<(Hour, JurisdictionIndex), Position>>,
    /// The newest issue of each maker.
    pub(super) issues: BTreeMap<Arc<str>, Issue>,
    /// Other records of this decision: amended hours, too few values, unlike grades.
    pub(super) amendments: Vec<Record>,
    /// Later amendments of this hour, each with the late values.
    pub(super) later: Vec<(Record, Vec<(StationIndex, Said)>)>,
    pub(super) book: Arc<RuleBook>,
}

/// One reading of a station.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) tenths: Tenths,
    pub(super) outcome: Outcome,
    pub(super) source: Source,
    pub(super) record: Position,
}

/// One issue of a forecast.
#[derive(Clone, Debug)]
pub(super) struct Issue {
    pub(super) issued_at: Timestamp,
    pub(super) source: Option<Source>,
    pub(super) record: Position,
}

/// The decision hours to explain, from the records of a log.
pub(super) fn wanted(records: impl Records, what: &What) -> Result<Wanted, Failure> {
    let mut wanted = Wanted::new();
    let mut book: Option<Arc<RuleBook>> = None;
    for record in records {
        let record = record.context("cannot go on")?;
        let rules = book.as_ref().map(|it| &it.rules);
        let names = Names(rules);
        let mut want = |hour, jurisdiction: JurisdictionIndex| {
            let own = rules.and_then(|it| it.jurisdictions.get(usize::from(jurisdiction.0)));
            wanted.entry(hour).or_default().extend(own.map(|it| it.division));
        };
        match (&record.event, what) {
            (Event::Fact(Fact::RuleBookAdopted(adopted)), _) => book = Some(Arc::clone(adopted)),
            (Event::Response(ResponseEvent::OrderSetIssued(set)), What::OrderSet { epoch })
                if set.epoch == *epoch =>
            {
                set.orders.iter().for_each(|it| want(set.hour, it.jurisdiction));
                break;
            }
            (Event::Warning(WarningEvent::WarningDecided(act)), What::Warning { id })
                if names.warning(act.warning) == *id =>
            {
                want(act.hour, act.warning.jurisdiction);
            }
            (Event::Air(AirEvent::HourClosed(closed)), What::Hour { jurisdiction, .. })
                if Some(closed.hour) == what.hour() =>
            {
                let all = rules.into_iter().flat_map(|it| &it.jurisdictions);
                let own = all.filter(|it| it.division.to_string() == *jurisdiction);
                wanted.entry(closed.hour).or_default().extend(own.map(|it| it.division));
                break;
            }
            (_, What::OrderSet { .. } | What::Warning { .. } | What::Hour { .. }) => {}
        }
    }
    wanted.retain(|_, divisions| !divisions.is_empty());
    Ok(wanted)
}

/// Folds the records of a log up to the last decision to explain.
pub(super) fn find(records: impl Records, wanted: &Wanted) -> Result<Vec<DecisionHour>, Failure> {
    let mut search = Search::new(wanted);
    for record in records {
        let record = record.context("cannot go on")?;
        if search.is_over() && record.event.is_fact() {
            break;
        }
        search.note(&record).map_err(anyhow::Error::new)?;
    }
    Ok(search.found)
}

struct Search<'a> {
    wanted: &'a Wanted,
    memory: Memory,
    said: BTreeMap<(Hour, StationIndex), Vec<Said>>,
    closings: Arc<BTreeMap<Hour, Position>>,
    amended: Arc<BTreeMap<(Hour, JurisdictionIndex), Position>>,
    issues: BTreeMap<Arc<str>, Issue>,
    found: Vec<DecisionHour>,
    /// Amendments that belong to the next decision.
    amendments: Vec<Record>,
    last_closed: Option<Hour>,
}

impl<'a> Search<'a> {
    fn new(wanted: &'a Wanted) -> Self {
        Self {
            wanted,
            memory: Memory::default(),
            said: BTreeMap::new(),
            closings: Arc::default(),
            amended: Arc::default(),
            issues: BTreeMap::new(),
            found: Vec::new(),
            amendments: Vec::new(),
            last_closed: None,
        }
    }

    /// Late values can amend an hour until the horizon.
    fn is_over(&self) -> bool {
        let horizon_h =
            self.memory.airshed.rules().map_or(0, |it| it.parameters.acts.amend_horizon_h);
        let last = self.wanted.keys().last().map(|it| it.plus(horizon_h));
        self.last_closed >= last
    }

    fn note(&mut self, record: &Record) -> Result<(), crate::engine::PortError> {
        match &record.event {
            Event::Fact(Fact::ReadingsReceived(batch)) if self.wanted.contains_key(&batch.hour) => {
                self.note_batch(batch, record.position);
            }
            Event::Fact(Fact::ForecastReceived(forecast)) => {
                self.note_forecast(forecast, record.position);
            }
            Event::Air(AirEvent::HourClosed(closed)) => self.note_closing(closed, record.position),
            Event::Air(AirEvent::HourAmended(it)) => {
                let hour = (it.hour, it.jurisdiction);
                Arc::make_mut(&mut self.amended).insert(hour, record.position);
                self.note_beside(record);
            }
            Event::Warning(WarningEvent::WarningDecided(act)) => {
                self.note_act(act, record.position);
            }
            Event::Response(ResponseEvent::OrderSetIssued(set)) => {
                for order in &set.orders {
                    let own = self.division(order.jurisdiction);
                    if let Some(found) = self.latest(set.hour, own) {
                        found.order = Some((record.position, set.epoch, order.clone()));
                    }
                }
            }
            Event::Fact(
                Fact::ReadingsReceived(_)
                | Fact::RuleBookAdopted(_)
                | Fact::StreamsJoined(_)
                | Fact::Ticked(_)
                | Fact::IntervalExcluded(_)
                | Fact::InputRefused(_)
                | Fact::CommandGiven(_),
            )
            | Event::Station(_)
            | Event::Cooperation(_)
            | Event::Warning(WarningEvent::ReviewDue(_)) => {}
            Event::Response(
                ResponseEvent::OrderConfirmedByAmendment(_) | ResponseEvent::OrderAmended(_),
            )
            | Event::Air(AirEvent::DataInsufficient(_))
            | Event::Warning(WarningEvent::SameAirUnlikeGrade(_)) => self.note_beside(record),
        }
        self.memory.evolve(record)
    }

    fn note_batch(&mut self, batch: &Batch, record: Position) {
        let mut first = 0;
        for row in &batch.rows {
            let readings = &batch.readings[first..first + row.readings as usize];
            first += row.readings as usize;
            for it in readings.iter().filter(|it| it.pollutant == Pollutant::Pm25) {
                let source = batch.stream.at(row.position);
                let said = Said { tenths: it.tenths, outcome: it.outcome, source, record };
                self.said.entry((batch.hour, it.station)).or_default().push(said);
            }
        }
    }

    fn note_forecast(&mut self, forecast: &Forecast, record: Position) {
        let (issued_at, source) = (forecast.issued_at, forecast.source.clone());
        let issue = Issue { issued_at, source, record };
        self.issues.insert(Arc::clone(&forecast.maker), issue);
    }

    fn note_closing(&mut self, closed: &HourClosed, position: Position) {
        let wanted: &'a Wanted = self.wanted;
        for division in wanted.get(&closed.hour).into_iter().flatten() {
            let found = self.explained(closed, *division, position);
            self.found.extend(found);
        }
        self.amendments.clear();
        Arc::make_mut(&mut self.closings).insert(closed.hour, position);
        // Late readings of an hour to explain are collected.
        self.said.retain(|(hour, _), _| *hour > closed.hour || wanted.contains_key(hour));
        self.last_closed = Some(closed.hour);
    }

    fn explained(
        &self,
        closed: &HourClosed,
        division: Division,
        position: Position,
    ) -> Option<DecisionHour> {
        let book = Arc::clone(self.memory.airshed.book()?);
        let own = place(&book, division)?;
        let explanation = self.memory.airshed.explanation(closed, own)?;
        let measured = explanation.measured;
        let said = explanation.stations.iter().filter_map(|it| {
            Some((it.station, self.said.get(&(closed.hour, it.station))?.clone()))
        });
        let leader = &book.rules.jurisdictions[usize::from(measured.0)];
        let follows = (measured != own).then_some(leader.division);
        Some(DecisionHour {
            division,
            follows,
            closed: closed.clone(),
            position,
            said: said.collect(),
            explanation,
            act: None,
            order: None,
            closings: Arc::clone(&self.closings),
            amended: Arc::clone(&self.amended),
            issues: self.issues.clone(),
            amendments: self
                .amendments
                .iter()
                .filter(|it| concerns(it, measured))
                .cloned()
                .collect(),
            later: Vec::new(),
            book,
        })
    }

    fn note_beside(&mut self, record: &Record) {
        if let Event::Air(AirEvent::HourAmended(amended)) = &record.event {
            for found in &mut self.found {
                if found.closed.hour == amended.hour
                    && found.explanation.measured == amended.jurisdiction
                {
                    let said = amended.stations.iter().flat_map(|it| {
                        let said = self.said.get(&(amended.hour, *it)).into_iter().flatten();
                        let late = said.filter(|it| it.outcome == Outcome::Late);
                        late.map(|said| (*it, said.clone()))
                    });
                    found.later.push((record.clone(), said.collect()));
                }
            }
            self.amendments.push(record.clone());
        } else {
            let last_closed = self.last_closed;
            let decided = self.found.iter_mut().filter(|it| Some(it.closed.hour) == last_closed);
            for found in decided.filter(|it| concerns(record, it.explanation.measured)) {
                found.amendments.push(record.clone());
            }
        }
    }

    fn note_act(&mut self, act: &WarningAct, position: Position) {
        let own = self.division(act.warning.jurisdiction);
        if let Some(found) = self.latest(act.hour, own) {
            found.act = Some((position, act.clone()));
        }
    }

    fn latest(&mut self, hour: Hour, division: Option<Division>) -> Option<&mut DecisionHour> {
        let mut found = self.found.iter_mut().rev();
        found.find(|it| it.closed.hour == hour && Some(it.division) == division)
    }

    fn division(&self, jurisdiction: JurisdictionIndex) -> Option<Division> {
        let rules = self.memory.airshed.rules()?;
        rules.jurisdictions.get(usize::from(jurisdiction.0)).map(|it| it.division)
    }
}

/// Whether a record about amended air is about a jurisdiction.
fn concerns(record: &Record, jurisdiction: JurisdictionIndex) -> bool {
    match &record.event {
        Event::Air(AirEvent::HourAmended(it)) => it.jurisdiction == jurisdiction,
        Event::Response(ResponseEvent::OrderConfirmedByAmendment(it)) => {
            it.warning.jurisdiction == jurisdiction
        }
        Event::Response(ResponseEvent::OrderAmended(it)) => it.warning.jurisdiction == jurisdiction,
        Event::Air(AirEvent::DataInsufficient(it)) => it.jurisdiction == jurisdiction,
        Event::Warning(WarningEvent::SameAirUnlikeGrade(it)) => {
            it.sides.iter().any(|it| it.jurisdiction == jurisdiction)
        }
        Event::Fact(_)
        | Event::Station(_)
        | Event::Cooperation(_)
        | Event::Air(AirEvent::HourClosed(_))
        | Event::Warning(WarningEvent::WarningDecided(_) | WarningEvent::ReviewDue(_))
        | Event::Response(ResponseEvent::OrderSetIssued(_)) => false,
    }
}

fn place(book: &RuleBook, division: Division) -> Option<JurisdictionIndex> {
    let place = book.rules.jurisdictions.iter().position(|it| it.division == division)?;
    u16::try_from(place).ok().map(JurisdictionIndex)
}
