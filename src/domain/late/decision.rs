//! Late values: which closed hours they amend, and what that changes.
//!
//! The records of closed hours and of what was decided stand for ever. A late value that beats the
//! one that stands takes its place in the arithmetic, and the next decision is taken with it. The
//! order in which late values arrive makes no difference: of all that was said of a station and
//! hour the highest revision counts, and of equal ones the highest value.

use std::sync::Arc;

use crate::domain::airshed::{Airshed, LateValue};
use crate::domain::hour_decision::Closing;
use crate::domain::{
    ActKind, AirEvent, AmendmentEffect, Batch, Cause, Done, Event, Hour, HourAmended,
    JurisdictionIndex, OrderAmended, OrderConfirmed, Otherwise, Outcome, Parameters, Pollutant,
    ResponseEvent, StationIndex, WarningAct, WarningId,
};

/// One closed hour whose values are other ones now.
struct Amendment {
    jurisdiction: JurisdictionIndex,
    hour: Hour,
    old_ug_m3: Option<u16>,
    new_ug_m3: Option<u16>,
    stations: Vec<StationIndex>,
}

/// One jurisdiction's part of a decision, without the amendments and with them.
struct Changed {
    warning: WarningId,
    without: Option<Done>,
    with: Option<Done>,
}

impl Changed {
    fn is_of(&self, jurisdiction: JurisdictionIndex) -> bool {
        self.warning.jurisdiction == jurisdiction
    }
}

/// The events of a closing before which values came late.
pub(crate) fn closing(closing: &Closing<'_>) -> Vec<Event> {
    let amendments = closing.amendments();
    if amendments.is_empty() {
        return closing.events(closing.decided());
    }
    let without = closing.decided();
    let amended = closing.airshed.with(&amendments);
    let closing = Closing { judged: &amended, air: closing.airshed.air(closing.hour), ..*closing };
    let mut with = closing.decided();
    let changed = changed(&without.decision.acts, &mut with.decision.acts);
    let after = after(&closing, &amendments, &changed, &with.decision.acts);
    let mut events = recorded(&closing, &amendments, &changed);
    events.extend(closing.events(with));
    events.extend(after);
    events
}

/// Where the decision is another one because of the amendments. They are named as the cause of
/// what it orders.
fn changed(without: &[WarningAct], with: &mut [WarningAct]) -> Vec<Changed> {
    let of = |acts: &[WarningAct], warning: WarningId| {
        let own = |it: &&WarningAct| it.warning.jurisdiction == warning.jurisdiction;
        acts.iter().filter(own).find_map(WarningAct::ordered)
    };
    let warnings = without.iter().chain(&*with).map(|it| it.warning);
    let mut warnings: Vec<WarningId> = warnings.collect();
    warnings.sort_unstable_by_key(|it| (it.jurisdiction, it.number));
    warnings.dedup();
    let sides =
        |it: WarningId| Changed { warning: it, without: of(without, it), with: of(with, it) };
    let changed = warnings.into_iter().map(sides).filter(|it| it.without != it.with);
    let changed: Vec<Changed> = changed.collect();
    for act in with {
        let is_changed = changed.iter().any(|it| it.warning == act.warning);
        if is_changed && act.cause == Cause::Warning && act.ordered().is_some() {
            act.cause = Cause::Amendment;
        }
    }
    changed
}

fn recorded(closing: &Closing<'_>, amendments: &[Amendment], changed: &[Changed]) -> Vec<Event> {
    let otherwise = closing.airshed.otherwise(amendments);
    let event = |it: &Amendment| {
        let of_city = |(whose, _): &&(JurisdictionIndex, Otherwise)| *whose == it.jurisdiction;
        let otherwise = otherwise.iter().find(of_city).map(|it| it.1);
        let is_changed = changed.iter().any(|by| by.is_of(it.jurisdiction));
        let effect = match otherwise {
            _ if is_changed => AmendmentEffect::OrderAmended,
            Some(Otherwise { would_be: Some(_), .. }) => AmendmentEffect::WouldHaveBeenOrdered,
            Some(Otherwise { would_be: None, .. }) => AmendmentEffect::WouldNotHaveBeenOrdered,
            None if closing.airshed.warning(it.jurisdiction).is_some() => {
                AmendmentEffect::OrderStands
            }
            None => AmendmentEffect::NoOrder,
        };
        Event::Air(AirEvent::HourAmended(HourAmended {
            jurisdiction: it.jurisdiction,
            hour: it.hour,
            decision_hour: closing.hour,
            decided_at: closing.clock,
            old_ug_m3: it.old_ug_m3,
            new_ug_m3: it.new_ug_m3,
            stations: it.stations.clone(),
            effect,
            otherwise,
        }))
    };
    amendments.iter().map(event).collect()
}

/// For each order that the amendments touch, whether it stands.
fn after(
    closing: &Closing<'_>,
    amendments: &[Amendment],
    changed: &[Changed],
    acts: &[WarningAct],
) -> Vec<Event> {
    let (decision_hour, decided_at) = (closing.hour, closing.clock);
    let moved = amendments.iter().filter(|it| it.old_ug_m3 != it.new_ug_m3);
    let hours: Vec<_> = moved.map(|it| (it.jurisdiction, it.hour)).collect();
    let amended = changed.iter().map(|it| {
        Event::Response(ResponseEvent::OrderAmended(OrderAmended {
            warning: it.warning,
            epoch: it.with.map(|_| closing.airshed.epoch + 1),
            decision_hour,
            decided_at,
            hours: hours.clone(),
            without: it.without,
            with: it.with,
        }))
    });
    let mut events: Vec<Event> = amended.collect();
    for of_city in amendments.chunk_by(|a, b| a.jurisdiction == b.jurisdiction) {
        let jurisdiction = of_city[0].jurisdiction;
        let is_changed = changed.iter().any(|it| it.is_of(jurisdiction));
        let lifts = acts
            .iter()
            .any(|it| it.warning.jurisdiction == jurisdiction && it.kind == ActKind::Lift);
        let open = closing.airshed.warning(jurisdiction).filter(|_| !is_changed && !lifts);
        if let Some(open) = open {
            events.push(Event::Response(ResponseEvent::OrderConfirmedByAmendment(
                OrderConfirmed {
                    warning: open.id,
                    grade: open.grade,
                    decision_hour,
                    decided_at,
                    hours: of_city.iter().map(|it| it.hour).collect(),
                },
            )));
        }
    }
    events
}

impl Closing<'_> {
    /// The closed hours that late values amend, by jurisdiction and hour.
    fn amendments(&self) -> Vec<Amendment> {
        let (airshed, parameters) = (self.airshed, &self.rules.parameters);
        let late: Vec<_> = airshed.late.iter().filter(|it| airshed.past.holds(it.hour)).collect();
        let of_hour =
            |a: &&LateValue, b: &&LateValue| (a.jurisdiction, a.hour) == (b.jurisdiction, b.hour);
        let mut amendments: Vec<Amendment> = Vec::new();
        for of_hour in late.chunk_by(of_hour) {
            let mut stations: Vec<StationIndex> = of_hour.iter().map(|it| it.station).collect();
            stations.dedup();
            let LateValue { jurisdiction, hour, .. } = *of_hour[0];
            let amendment = self.amendment(jurisdiction, hour, stations, parameters);
            // Coarse particles alone amend an hour where a flag changes its mean.
            let has_pm25 = of_hour.iter().any(|it| it.pollutant == Pollutant::Pm25);
            if has_pm25 || amendment.old_ug_m3 != amendment.new_ug_m3 {
                amendments.push(amendment);
            }
        }
        if !parameters.readings.use_flagged {
            self.add_suspicious(&mut amendments, parameters);
        }
        amendments
    }

    fn amendment(
        &self,
        jurisdiction: JurisdictionIndex,
        hour: Hour,
        stations: Vec<StationIndex>,
        parameters: &Parameters,
    ) -> Amendment {
        let airshed = self.airshed;
        let old_ug_m3 = airshed.cities[usize::from(jurisdiction.0)].closed.get(hour);
        let air = airshed.air(hour);
        let new_ug_m3 = airshed.city_mean(jurisdiction, &air, parameters).pm25_ug_m3;
        Amendment { jurisdiction, hour, old_ug_m3, new_ug_m3, stations }
    }

    /// Where suspicious values are not used, a late value can make those of later hours
    /// suspicious, or clear them.
    fn add_suspicious(&self, amendments: &mut Vec<Amendment>, parameters: &Parameters) {
        let hours = |it: &Amendment| {
            let last = it.hour.0 + parameters.readings.stuck_after_h.max(1);
            let city = it.jurisdiction;
            (it.hour.0 + 1..=last.min(self.hour.0 - 1)).map(move |hour| (city, Hour(hour)))
        };
        let mut touched: Vec<_> = amendments.iter().flat_map(hours).collect();
        touched.retain(|it| !amendments.iter().any(|by| (by.jurisdiction, by.hour) == *it));
        touched.sort_unstable();
        touched.dedup();
        let more =
            touched.into_iter().map(|(city, it)| self.amendment(city, it, Vec::new(), parameters));
        amendments.extend(more.filter(|it| it.old_ug_m3 != it.new_ug_m3));
        amendments.sort_by_key(|it| (it.jurisdiction, it.hour));
    }
}

impl Airshed {
    /// Whether a value for a closed hour may still amend it.
    pub(crate) fn is_amendable(&self, hour: Hour) -> bool {
        self.past.holds(hour)
    }

    /// Values for a closed hour take their place beside those that came in time.
    pub(crate) fn receive_late(&mut self, batch: &Batch, parameters: &Parameters) {
        if !self.is_amendable(batch.hour) {
            return;
        }
        let Some(cells) = &mut self.cells else { return };
        let stations = cells.stations();
        let Some(table) = cells.reopen(batch.hour) else { return };
        let counting = self.derived.counting(batch.hour);
        let Some(book) = &self.book else { return };
        for reading in &batch.readings {
            let cell = table.cell(stations, reading.pollutant, reading.station);
            let Some(cell) = cell else { continue };
            let before = cell.tenths;
            cell.amend(reading, parameters);
            // Coarse particles count where they can make fine ones suspicious.
            let matters = reading.pollutant == Pollutant::Pm25
                || (reading.pollutant == Pollutant::Pm10 && !parameters.readings.use_flagged);
            if reading.outcome == Outcome::Late && matters && cell.tenths != before {
                let station = book.rules.stations.get(usize::from(reading.station.0));
                let counts = station.filter(|_| counting.have(reading.station));
                let late = counts.map(|it| LateValue {
                    jurisdiction: it.jurisdiction,
                    hour: batch.hour,
                    station: reading.station,
                    pollutant: reading.pollutant,
                });
                self.late.extend(late);
            }
        }
    }

    pub(crate) fn amend(&mut self, amended: &HourAmended) {
        let place = usize::from(amended.jurisdiction.0);
        let harmless_ug_m3 = self.derived.harmless_ug_m3.get(place).copied().unwrap_or(0);
        if let Some(city) = self.cities.get_mut(place) {
            city.know(amended.hour, amended.new_ug_m3, harmless_ug_m3);
        }
        if amended.old_ug_m3 != amended.new_ug_m3 {
            self.past.amend(amended.hour);
        }
    }

    /// The same airshed, had the late values come in time.
    fn with(&self, amendments: &[Amendment]) -> Self {
        Self { epoch: self.epoch, outlooks: self.outlooks.clone(), ..self.judging(amendments) }
    }

    /// What decisions are taken from, but for outlooks.
    fn judging(&self, amendments: &[Amendment]) -> Self {
        let mut cities = self.cities.clone();
        for it in amendments {
            let place = usize::from(it.jurisdiction.0);
            cities[place].know(it.hour, it.new_ug_m3, self.derived.harmless_ug_m3[place]);
        }
        Self {
            book: self.book.clone(),
            derived: Arc::clone(&self.derived),
            first: self.first,
            next: self.next,
            cities,
            exclusions: self.exclusions.clone(),
            ..Self::default()
        }
    }

    /// For each jurisdiction the first past decision that would have been another one, had all that
    /// is known now of closed hours been known in time.
    fn otherwise(&self, amendments: &[Amendment]) -> Vec<(JurisdictionIndex, Otherwise)> {
        let moved = amendments.iter().filter(|it| it.old_ug_m3 != it.new_ug_m3);
        let Some(from) = moved.map(|it| it.hour).min() else { return Vec::new() };
        // What was amended before has its part in what would have been.
        let begins = self.past.closings.iter().find(|it| it.amended || it.hour >= from);
        let Some(begin) = begins.map(|it| it.hour) else { return Vec::new() };
        let decided = self.past.closings.iter().filter(|it| it.hour >= begin && !it.stale);
        let mut first: Vec<(JurisdictionIndex, Otherwise)> = Vec::new();
        for (past, (decision_hour, would_be)) in decided.zip(self.again(amendments, begin)) {
            if decision_hour < from {
                continue;
            }
            let done = |acts: &[(JurisdictionIndex, Done)], whose: JurisdictionIndex| {
                acts.iter().find(|it| it.0 == whose).map(|it| it.1)
            };
            for (jurisdiction, _) in past.done.iter().chain(&would_be) {
                let (was, would_be) =
                    (done(&past.done, *jurisdiction), done(&would_be, *jurisdiction));
                if was != would_be && first.iter().all(|it| it.0 != *jurisdiction) {
                    first.push((*jurisdiction, Otherwise { decision_hour, was, would_be }));
                }
            }
        }
        first
    }

    /// The decisions of the past from an hour on, taken again from what is known now.
    fn again(
        &self,
        amendments: &[Amendment],
        from: Hour,
    ) -> Vec<(Hour, Vec<(JurisdictionIndex, Done)>)> {
        let Some(rules) = self.rules() else { return Vec::new() };
        let mut then = self.judging(amendments);
        then.outlooks = self.past.outlooks.clone();
        let mut forecasts = self.past.forecasts.iter().peekable();
        let mut again = Vec::new();
        for past in self.past.closings.iter().filter(|it| it.hour >= from) {
            while let Some((_, forecast)) = forecasts.next_if(|it| it.0 <= past.hour) {
                then.outlooks.take(Arc::clone(forecast));
            }
            then.outlooks.settle(past.hour, &then.derived.harmless_ug_m3);
            if past.hour == from {
                past.restore(&mut then.cities);
            }
            if past.stale {
                continue;
            }
            let closing = Closing {
                airshed: &then,
                judged: &then,
                rules,
                air: then.air(past.hour),
                hour: past.hour,
                clock: past.closed_at,
                stale: false,
            };
            let (acts, counts) = closing.decided_again();
            for (jurisdiction, below_decisions, unknown_decisions) in counts {
                let city = &mut then.cities[usize::from(jurisdiction.0)];
                (city.state.below_decisions, city.state.unknown_decisions) =
                    (below_decisions, unknown_decisions);
            }
            for act in &acts {
                then.act(act);
            }
            let done = acts.iter().filter_map(|it| Some((it.warning.jurisdiction, it.ordered()?)));
            again.push((past.hour, done.collect()));
        }
        again
    }
}
