//! The warnings of every jurisdiction, and what decisions count.

use std::collections::BTreeMap;

use super::open::{OpenWarning, WarningState};
use crate::domain::rules::renumbering::Renumbering;
use crate::domain::{
    AirEvent, Hour, JurisdictionIndex, Rules, WarningAct, WarningEvent, WarningId,
};

/// What is remembered of warnings.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Warnings {
    /// One for each jurisdiction, in the order of the rules.
    pub(crate) cities: Vec<CityWarnings>,
    /// Pairs with like air and unlike grades, and when they were last recorded.
    pub(crate) unlike: BTreeMap<(JurisdictionIndex, JurisdictionIndex), Hour>,
}

/// What is remembered of the warnings of one jurisdiction.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct CityWarnings {
    /// Its warning, and what decisions count.
    pub(crate) state: WarningState,
    /// Warnings so far.
    pub(crate) issued: u32,
}

impl Warnings {
    /// The open warning of a jurisdiction.
    pub(crate) fn open(&self, jurisdiction: JurisdictionIndex) -> Option<&OpenWarning> {
        let city = self.cities.get(usize::from(jurisdiction.0));
        city.and_then(|city| city.state.open.as_ref())
    }

    /// The name of the next warning of a jurisdiction.
    pub(crate) fn next_id(&self, jurisdiction: JurisdictionIndex) -> WarningId {
        let number = self.cities[usize::from(jurisdiction.0)].issued + 1;
        WarningId { jurisdiction, number }
    }

    pub(in crate::domain) fn evolve(&mut self, event: &WarningEvent) {
        match event {
            WarningEvent::WarningDecided(act) => self.act(act),
            WarningEvent::ReviewDue(_) => {}
            WarningEvent::SameAirUnlikeGrade(it) => {
                let [a, b] = [0, 1].map(|side: usize| it.sides[side].jurisdiction);
                self.unlike.insert((a, b), it.hour);
            }
        }
    }

    /// Takes the counts of a decision in.
    pub(in crate::domain) fn count(&mut self, event: &AirEvent) {
        match event {
            AirEvent::HourClosed(closed) if !closed.stale => {
                for it in &closed.jurisdictions {
                    self.set_counts(it.jurisdiction, it.below_decisions, it.unknown_decisions);
                }
            }
            AirEvent::HourClosed(_) | AirEvent::HourAmended(_) | AirEvent::DataInsufficient(_) => {}
        }
    }

    /// Sets the counts of a jurisdiction.
    pub(in crate::domain) fn set_counts(
        &mut self,
        jurisdiction: JurisdictionIndex,
        below_decisions: u16,
        unknown_decisions: u16,
    ) {
        if let Some(city) = self.cities.get_mut(usize::from(jurisdiction.0)) {
            (city.state.below_decisions, city.state.unknown_decisions) =
                (below_decisions, unknown_decisions);
        }
    }

    /// What an act does to a warning.
    pub(in crate::domain) fn act(&mut self, act: &WarningAct) {
        let jurisdiction = act.warning.jurisdiction;
        let Some(city) = self.cities.get_mut(usize::from(jurisdiction.0)) else { return };
        city.state.act(act);
        city.issued = city.issued.max(act.warning.number);
        self.unlike.retain(|(a, b), _| *a != jurisdiction && *b != jurisdiction);
    }

    /// Moves to other rules: warnings go on under the new numbers, and those of a jurisdiction
    /// that is gone are forgotten.
    pub(in crate::domain) fn adopt(&mut self, rules: &Rules, renumbering: Option<&Renumbering>) {
        let mut cities = vec![CityWarnings::default(); rules.jurisdictions.len()];
        for (from, to) in renumbering.into_iter().flat_map(Renumbering::jurisdictions) {
            let city = &mut cities[usize::from(to.0)];
            city.clone_from(&self.cities[usize::from(from.0)]);
            if let Some(open) = &mut city.state.open {
                open.id.jurisdiction = to;
            }
        }
        self.cities = cities;
        self.unlike.clear();
    }
}
