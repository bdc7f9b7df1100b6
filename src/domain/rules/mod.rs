//! The rule book: law as data, read once and stored in the log.

pub(crate) mod lookup;
pub(crate) mod parameters;
pub(crate) mod renumbering;

use std::sync::Arc;

use crate::domain::{
    Date, Floor, InForce, IndexStandard, Jurisdiction, JurisdictionIndex, Measure, Parameters,
    Standard, Station,
};

/// The rules as adopted: what was written, its digest, and what it means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleBook {
    /// SHA-256 over names and texts, in hexadecimal.
    pub digest: Arc<str>,
    /// The files as they were, by name; all that is needed to decide again years later.
    pub files: Vec<(Arc<str>, Arc<str>)>,
    /// Their meaning.
    pub rules: Rules,
}

/// Everything that decisions depend on, except the facts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rules {
    /// Name of the airshed, such as `bth`.
    pub airshed: Arc<str>,
    /// Named choices.
    pub parameters: Parameters,
    /// The jurisdictions that orders bind, by rising code.
    pub jurisdictions: Vec<Jurisdiction>,
    /// The stations that measure, by rising code.
    pub stations: Vec<Station>,
    /// Grading standards.
    pub standards: Vec<Standard>,
    /// Where and when each is in force.
    pub in_force: Vec<InForce>,
    /// Index standards, oldest first.
    pub indexes: Vec<IndexStandard>,
    /// The catalogue of measures.
    pub measures: Vec<Measure>,
    /// The floors of emission cuts.
    pub floors: Vec<Floor>,
    /// How bodies answer; none: they are asked for nothing.
    pub cooperation: Option<super::cooperation::CooperationRules>,
}

impl Rules {
    /// The grading standard for a jurisdiction on a day: the latest one that has begun there.
    pub fn standard(&self, jurisdiction: JurisdictionIndex, date: Date) -> Option<&Standard> {
        if let Some(only) = self.parameters.only_standard {
            return self.standards.get(only);
        }
        let here = self.in_force.iter().filter(|it| it.jurisdiction == jurisdiction);
        let begun = here.filter(|it| it.from <= date && it.until.is_none_or(|last| date <= last));
        begun.max_by_key(|it| it.from).and_then(|it| self.standards.get(it.standard))
    }

    /// The index standard for a day.
    pub fn index(&self, date: Date) -> Option<&IndexStandard> {
        self.indexes.iter().filter(|it| it.from <= date).max_by_key(|it| it.from)
    }
}
