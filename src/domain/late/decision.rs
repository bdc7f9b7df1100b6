//! Late values: which closed hours they amend, and what that changes.
//!
//! The records of closed hours and of decisions never change. A late value that beats the current
//! one replaces it in the arithmetic, and the next decision uses it. The order in which late values
//! arrive makes no difference: of all values for a station and hour the one with the highest
//! revision counts, and of equal revisions the highest value.

use std::sync::Arc;

use super::state::LateValue;
use crate::domain::air::judged::JudgedAir;
use crate::domain::airshed::Airshed;
use crate::domain::hour_decision::HourDecision;
use crate::domain::warning::judgement::{Judged, Judgement};
use crate::domain::{
    ActKind, ActSummary, AirEvent, AmendmentEffect, Cause, Event, Hour, HourAmended,
    JurisdictionIndex, OrderAmended, OrderConfirmed, Otherwise, Parameters, Pollutant,
    ResponseEvent, StationIndex, WarningAct, WarningId,
};

/// One closed hour with changed values.
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
    without: Option<ActSummary>,
    with: Option<ActSummary>,
}

impl Changed {
    fn is_of(&self, jurisdiction: JurisdictionIndex) -> bool {
        self.warning.jurisdiction == jurisdiction
    }
}

/// The events of a decision before which values came late.
pub(in crate::domain) fn events(decision: &HourDecision<'_>) -> Vec<Event> {
    let amendments = decision.amendments();
    if amendments.is_empty() {
        return decision.events(decision.decided());
    }
    let without = decision.decided();
    let air = decision.airshed.air.judged.amended(&amendments);
    let judged = Judged { air: &air, ..decision.judgement.judged };
    let judgement = Judgement { judged, ..decision.judgement };
    let decision = HourDecision::new(decision.airshed, judgement);
    let mut with = decision.decided();
    let changed = changed(&without.decision.acts, &mut with.decision.acts);
    let acts = with.decision.acts.clone();
    let mut events = recorded(&decision, &amendments, &changed);
    events.extend(decision.events(with));
    let epoch = |event: &Event| {
        if let Event::Response(ResponseEvent::OrderSetIssued(set)) = event {
            Some(set.epoch)
        } else {
            None
        }
    };
    let set = events.iter().find_map(epoch);
    events.extend(after(&decision, &amendments, &changed, (&acts, set)));
    events
}

/// Where the decision is another one because of the amendments. They are named as the cause of
/// what it orders.
fn changed(without: &[WarningAct], with: &mut [WarningAct]) -> Vec<Changed> {
    let of = |acts: &[WarningAct], warning: WarningId| {
        let own = |it: &&WarningAct| it.warning.jurisdiction == warning.jurisdiction;
        acts.iter().filter(own).find_map(WarningAct::ordered)
    };
    let mut warnings: Vec<WarningId> = without.iter().chain(&*with).map(|it| it.warning).collect();
    warnings.sort_unstable_by_key(|it| (it.jurisdiction, it.number));
    warnings.dedup();
    let sides =
        |it: WarningId| Changed { warning: it, without: of(without, it), with: of(with, it) };
    let changed: Vec<Changed> =
        warnings.into_iter().map(sides).filter(|it| it.without != it.with).collect();
    for act in with {
        let is_changed = changed.iter().any(|it| it.warning == act.warning);
        if is_changed && act.cause == Cause::Warning && act.ordered().is_some() {
            act.cause = Cause::Amendment;
        }
    }
    changed
}

fn recorded(
    decision: &HourDecision<'_>,
    amendments: &[Amendment],
    changed: &[Changed],
) -> Vec<Event> {
    let Judgement { hour, clock, .. } = decision.judgement;
    let otherwise = decision.airshed.otherwise(amendments);
    let event = |it: &Amendment| {
        let of_city = |(of, _): &&(JurisdictionIndex, Otherwise)| *of == it.jurisdiction;
        let otherwise = otherwise.iter().find(of_city).map(|it| it.1);
        let is_changed = changed.iter().any(|by| by.is_of(it.jurisdiction));
        let effect = match otherwise {
            _ if is_changed => AmendmentEffect::OrderAmended,
            Some(Otherwise { would_be: Some(_), .. }) => AmendmentEffect::WouldHaveBeenOrdered,
            Some(Otherwise { would_be: None, .. }) => AmendmentEffect::WouldNotHaveBeenOrdered,
            None if decision.airshed.warning(it.jurisdiction).is_some() => {
                AmendmentEffect::OrderStands
            }
            None => AmendmentEffect::NoOrder,
        };
        Event::Air(AirEvent::HourAmended(HourAmended {
            jurisdiction: it.jurisdiction,
            hour: it.hour,
            decision_hour: hour,
            decided_at: clock,
            old_ug_m3: it.old_ug_m3,
            new_ug_m3: it.new_ug_m3,
            stations: it.stations.clone(),
            effect,
            otherwise,
        }))
    };
    amendments.iter().map(event).collect()
}

/// For each order that the amendments touch, whether it is unchanged.
fn after(
    decision: &HourDecision<'_>,
    amendments: &[Amendment],
    changed: &[Changed],
    (acts, set): (&[WarningAct], Option<u64>),
) -> Vec<Event> {
    let Judgement { hour: decision_hour, clock: decided_at, .. } = decision.judgement;
    let moved = amendments.iter().filter(|it| it.old_ug_m3 != it.new_ug_m3);
    let hours: Vec<_> = moved.map(|it| (it.jurisdiction, it.hour)).collect();
    let amended = changed.iter().map(|it| {
        Event::Response(ResponseEvent::OrderAmended(OrderAmended {
            warning: it.warning,
            // What waits for approval has no epoch yet.
            epoch: set.filter(|_| it.with.is_some()),
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
        let open = decision.airshed.warning(jurisdiction).filter(|_| !is_changed && !lifts);
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

impl HourDecision<'_> {
    /// The closed hours that late values amend, by jurisdiction and hour.
    fn amendments(&self) -> Vec<Amendment> {
        let (late, parameters) = (&self.airshed.late, &self.judgement.rules.parameters);
        let late: Vec<_> = late.waiting.iter().filter(|it| late.amends(it.hour)).collect();
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
        let air = &self.airshed.air;
        let old_ug_m3 = air.judged.closed(jurisdiction, hour);
        let new_ug_m3 = air.city_mean(jurisdiction, &air.hour_air(hour), parameters).pm25_ug_m3;
        Amendment { jurisdiction, hour, old_ug_m3, new_ug_m3, stations }
    }

    /// Where suspicious values are not used, a late value can make those of later hours
    /// suspicious, or clear them.
    fn add_suspicious(&self, amendments: &mut Vec<Amendment>, parameters: &Parameters) {
        let hours = |it: &Amendment| {
            let last = it.hour.0 + parameters.readings.stuck_after_h.max(1);
            let city = it.jurisdiction;
            (it.hour.0 + 1..=last.min(self.judgement.hour.0 - 1))
                .map(move |hour| (city, Hour(hour)))
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

impl JudgedAir {
    /// The same air, had the late values come in time.
    fn amended(&self, amendments: &[Amendment]) -> Self {
        let mut air = self.clone();
        air.amend(amendments);
        air
    }

    fn amend(&mut self, amendments: &[Amendment]) {
        for it in amendments {
            self.set_closed(it.jurisdiction, it.hour, it.new_ug_m3);
        }
    }
}

impl Airshed {
    /// For each jurisdiction the first past decision that would have been another one, had all that
    /// is known now of closed hours been known in time.
    fn otherwise(&self, amendments: &[Amendment]) -> Vec<(JurisdictionIndex, Otherwise)> {
        let moved = amendments.iter().filter(|it| it.old_ug_m3 != it.new_ug_m3);
        let Some(from) = moved.map(|it| it.hour).min() else { return Vec::new() };
        // What was amended before has its part in what would have been.
        let begins = self.late.history.closings.iter().find(|it| it.amended || it.hour >= from);
        let Some(begin) = begins.map(|it| it.hour) else { return Vec::new() };
        let decided = self.late.history.closings.iter().filter(|it| it.hour >= begin && !it.stale);
        let mut first: Vec<(JurisdictionIndex, Otherwise)> = Vec::new();
        for (past, (decision_hour, would_be)) in decided.zip(self.again(amendments, begin)) {
            if decision_hour < from {
                continue;
            }
            let done = |acts: &[(JurisdictionIndex, ActSummary)], of: JurisdictionIndex| {
                acts.iter().find(|it| it.0 == of).map(|it| it.1)
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
    ) -> Vec<(Hour, Vec<(JurisdictionIndex, ActSummary)>)> {
        let Some(rules) = self.rules() else { return Vec::new() };
        let history = &self.late.history;
        let judged = &self.air.judged;
        let mut air = JudgedAir {
            tables: Arc::clone(&judged.tables),
            first: judged.first,
            cities: judged.cities.clone(),
            outlooks: history.outlooks.clone(),
            exclusions: judged.exclusions.clone(),
        };
        air.amend(amendments);
        let mut warnings = self.warnings.clone();
        let mut forecasts = history.forecasts.iter().peekable();
        let mut again = Vec::new();
        for past in history.closings.iter().filter(|it| it.hour >= from) {
            while let Some((_, forecast)) = forecasts.next_if(|it| it.0 <= past.hour) {
                air.outlooks.push(Arc::clone(forecast));
            }
            air.settle(past.hour);
            if past.hour == from {
                past.restore(&mut warnings);
            }
            if past.stale {
                continue;
            }
            let judged = Judged { air: &air, warnings: &warnings, holds: None };
            let (hour, clock) = (past.hour, past.closed_at);
            let judgement = Judgement { rules, judged, hour, clock, stale: false };
            let (acts, counts) = judgement.repeated();
            for (jurisdiction, below_decisions, unknown_decisions) in counts {
                warnings.set_counts(jurisdiction, below_decisions, unknown_decisions);
            }
            for act in &acts {
                warnings.act(act);
            }
            let done = acts.iter().filter_map(|it| Some((it.warning.jurisdiction, it.ordered()?)));
            again.push((past.hour, done.collect()));
        }
        again
    }
}
