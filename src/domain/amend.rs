//! Late values: which closed hours they amend, and what that changes.
//!
//! The records of closed hours and of what was decided stand for ever. A late value that beats the
//! one that stands takes its place in the arithmetic, and the next decision is taken with it. The
//! order in which late values arrive makes no difference: of all that was said of a station and
//! hour the highest revision counts, and of equal ones the highest value.

use super::airshed::Airshed;
use super::close::{Closing, Decided};
use super::{
    ActKind, AmendmentEffect, Batch, Cause, Done, Event, Hour, HourAmended, JurisdictionIndex,
    OrderAmended, OrderConfirmed, Otherwise, Outcome, Parameters, Pollutant, StationIndex,
    WarningAct,
};

/// One closed hour whose values are other ones now.
struct Amendment {
    jurisdiction: JurisdictionIndex,
    hour: Hour,
    old_ug_m3: Option<u16>,
    new_ug_m3: Option<u16>,
    stations: Vec<StationIndex>,
}

/// The events of a closing before which values came late.
pub(super) fn closing(closing: &Closing<'_>) -> Vec<Event> {
    let amendments = closing.amendments();
    if amendments.is_empty() {
        return closing.events(closing.decided());
    }
    let without = closing.decided();
    let amended = closing.airshed.with(&amendments);
    let closing = Closing { judged: &amended, air: closing.airshed.air(closing.hour), ..*closing };
    let mut with = closing.decided();
    let changed = changed(&without, &mut with);
    let after = after(&closing, &amendments, &changed);
    let mut events = recorded(&closing, &amendments, &changed);
    events.extend(closing.events(with));
    events.extend(after);
    events
}

/// The orders that this decision gives only because of the amendments, each beside what would have
/// been done without them. The amendments are named as their cause.
fn changed(without: &Decided<'_>, with: &mut Decided<'_>) -> Vec<(WarningAct, Option<Done>)> {
    let mut changed = Vec::new();
    for act in &mut with.decision.acts {
        let jurisdiction = act.warning.jurisdiction;
        let before = without.decision.acts.iter().find_map(|it| done_by(it, jurisdiction));
        if ordered(act).is_some() && ordered(act) != before {
            if act.cause == Cause::Warning {
                act.cause = Cause::Amendment;
            }
            changed.push((act.clone(), before));
        }
    }
    changed
}

/// An act that changes somebody's obligation, in short.
fn ordered(act: &WarningAct) -> Option<Done> {
    let WarningAct { kind, grade, start, end, .. } = *act;
    (kind != ActKind::Shorten).then_some(Done { kind, grade, start, end })
}

fn recorded(
    closing: &Closing<'_>,
    amendments: &[Amendment],
    changed: &[(WarningAct, Option<Done>)],
) -> Vec<Event> {
    let otherwise = closing.airshed.otherwise(amendments);
    let event = |it: &Amendment| {
        let of_city = |(whose, _): &&(JurisdictionIndex, Otherwise)| *whose == it.jurisdiction;
        let otherwise = otherwise.iter().find(of_city).map(|it| it.1);
        let is_changed = changed.iter().any(|(act, _)| act.warning.jurisdiction == it.jurisdiction);
        let effect = match otherwise {
            _ if is_changed => AmendmentEffect::OrderAmended,
            Some(Otherwise { would_be: Some(_), .. }) => AmendmentEffect::WouldHaveBeenOrdered,
            Some(Otherwise { would_be: None, .. }) => AmendmentEffect::WouldNotHaveBeenOrdered,
            None if closing.airshed.warning(it.jurisdiction).is_some() => {
                AmendmentEffect::OrderStands
            }
            None => AmendmentEffect::NoOrder,
        };
        Event::HourAmended(HourAmended {
            jurisdiction: it.jurisdiction,
            hour: it.hour,
            decision_hour: closing.hour,
            decided_at: closing.clock,
            old_ug_m3: it.old_ug_m3,
            new_ug_m3: it.new_ug_m3,
            stations: it.stations.clone(),
            effect,
            otherwise,
        })
    };
    amendments.iter().map(event).collect()
}

/// For each order that the amendments touch, whether it stands.
fn after(
    closing: &Closing<'_>,
    amendments: &[Amendment],
    changed: &[(WarningAct, Option<Done>)],
) -> Vec<Event> {
    let (decision_hour, decided_at) = (closing.hour, closing.clock);
    let amended = changed.iter().filter_map(|(act, without)| {
        Some(Event::OrderAmended(OrderAmended {
            warning: act.warning,
            epoch: closing.airshed.epoch + 1,
            decision_hour,
            decided_at,
            hours: amendments.iter().map(|it| (it.jurisdiction, it.hour)).collect(),
            without: *without,
            with: ordered(act)?,
        }))
    });
    let mut events: Vec<Event> = amended.collect();
    for of_city in amendments.chunk_by(|a, b| a.jurisdiction == b.jurisdiction) {
        let jurisdiction = of_city[0].jurisdiction;
        let is_changed = changed.iter().any(|(act, _)| act.warning.jurisdiction == jurisdiction);
        if let Some(open) = closing.airshed.warning(jurisdiction).filter(|_| !is_changed) {
            events.push(Event::OrderConfirmedByAmendment(OrderConfirmed {
                warning: open.id,
                grade: open.grade,
                decision_hour,
                decided_at,
                hours: of_city.iter().map(|it| it.hour).collect(),
            }));
        }
    }
    events
}

impl Closing<'_> {
    /// The closed hours that late values amend, by jurisdiction and hour.
    fn amendments(&self) -> Vec<Amendment> {
        let (airshed, parameters) = (self.airshed, &self.rules.parameters);
        let late = airshed.late.iter().filter(|it| airshed.past.holds(it.1));
        let mut amendments: Vec<Amendment> = Vec::new();
        for &(jurisdiction, hour, station) in late {
            match amendments.last_mut() {
                Some(last) if (last.jurisdiction, last.hour) == (jurisdiction, hour) => {
                    last.stations.push(station);
                }
                Some(_) | None => {
                    let stations = vec![station];
                    amendments.push(self.amendment(jurisdiction, hour, stations, parameters));
                }
            }
        }
        if !parameters.use_flagged {
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
            let last = it.hour.0 + parameters.stuck_after_h.max(1);
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
    pub(super) fn is_amendable(&self, hour: Hour) -> bool {
        self.past.holds(hour)
    }

    /// Values for a closed hour take their place beside those that came in time.
    pub(super) fn receive_late(&mut self, batch: &Batch, parameters: &Parameters) {
        if !self.is_amendable(batch.hour) {
            return;
        }
        let Some(mut table) = self.cells.as_mut().and_then(|it| it.reopen(batch.hour)) else {
            return;
        };
        let counting = self.derived.counting(batch.hour);
        let Some(book) = &self.book else { return };
        for reading in &batch.readings {
            let Some(cell) = table.cell(reading.pollutant, reading.station) else { continue };
            let before = cell.tenths;
            cell.amend(reading, parameters);
            let is_fine = reading.pollutant == Pollutant::Pm25;
            if reading.outcome == Outcome::Late && is_fine && cell.tenths != before {
                let station = book.rules.stations.get(usize::from(reading.station.0));
                let counts = station.filter(|_| counting.have(reading.station));
                let late = counts.map(|it| (it.jurisdiction, batch.hour, reading.station));
                self.late.extend(late);
            }
        }
    }

    pub(super) fn amend(&mut self, amended: &HourAmended) {
        let place = usize::from(amended.jurisdiction.0);
        let harmless_ug_m3 = self.derived.harmless_ug_m3.get(place).copied().unwrap_or(0);
        if let Some(city) = self.cities.get_mut(place) {
            city.know(amended.hour, amended.new_ug_m3, harmless_ug_m3);
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
            derived: std::sync::Arc::clone(&self.derived),
            first: self.first,
            next: self.next,
            cities,
            exclusions: self.exclusions.clone(),
            ..Self::default()
        }
    }

    /// For each jurisdiction the first past decision that the amendments would have changed.
    fn otherwise(&self, amendments: &[Amendment]) -> Vec<(JurisdictionIndex, Otherwise)> {
        let moved = amendments.iter().filter(|it| it.old_ug_m3 != it.new_ug_m3);
        let Some(from) = moved.map(|it| it.hour).min() else { return Vec::new() };
        let (was, would_be) = (self.again(&[], from), self.again(amendments, from));
        let mut first: Vec<(JurisdictionIndex, Otherwise)> = Vec::new();
        for ((decision_hour, was), (_, would_be)) in was.iter().zip(&would_be) {
            let whose = was.iter().chain(would_be).map(|act| act.warning.jurisdiction);
            for jurisdiction in whose {
                let of_city =
                    |acts: &[WarningAct]| acts.iter().find_map(|it| done_by(it, jurisdiction));
                let (was, would_be) = (of_city(was), of_city(would_be));
                if was != would_be && first.iter().all(|it| it.0 != jurisdiction) {
                    let decision_hour = *decision_hour;
                    first.push((jurisdiction, Otherwise { decision_hour, was, would_be }));
                }
            }
        }
        first
    }

    /// The decisions of the past from an hour on, taken again, with and without amendments.
    fn again(&self, amendments: &[Amendment], from: Hour) -> Vec<(Hour, Vec<WarningAct>)> {
        let Some(rules) = self.rules() else { return Vec::new() };
        let mut then = self.judging(amendments);
        then.outlooks = self.past.outlooks.clone();
        let mut forecasts = self.past.forecasts.iter().peekable();
        let mut again = Vec::new();
        for past in self.past.closings.iter().filter(|it| it.hour >= from) {
            while let Some((_, forecast)) = forecasts.next_if(|it| it.0 <= past.hour) {
                then.outlooks.take(std::sync::Arc::clone(forecast));
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
                (city.below_decisions, city.unknown_decisions) =
                    (below_decisions, unknown_decisions);
            }
            for act in &acts {
                then.act(act);
            }
            again.push((past.hour, acts));
        }
        again
    }
}

fn done_by(act: &WarningAct, jurisdiction: JurisdictionIndex) -> Option<Done> {
    ordered(act).filter(|_| act.warning.jurisdiction == jurisdiction)
}
