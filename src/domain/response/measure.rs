//! Emission-reduction measures (应急减排措施) and floors, as data.

use std::sync::Arc;

use crate::domain::{Certainty, Date, Grade, JurisdictionIndex};

/// One measure of the catalogue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Measure {
    /// Its name in orders, such as `slag-trucks-stop`.
    pub id: Arc<str>,
    /// Industry, traffic, dust, public ...
    pub sector: Arc<str>,
    /// What is to be done, in English.
    pub text: Arc<str>,
    /// The same in Chinese. Rule books of earlier versions have none.
    pub text_zh: Option<Arc<str>>,
    /// From this grade on; a stricter grade includes it.
    pub from_grade: Grade,
    /// Up to this grade; red where nothing ends it.
    pub to_grade: Grade,
    /// Where; empty: everywhere.
    pub jurisdictions: Vec<JurisdictionIndex>,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub until: Option<Date>,
    /// Number and clause of the document.
    pub reference: Arc<str>,
    /// How sure we are of it.
    pub certainty: Certainty,
    /// What it costs, where that is known.
    pub cost: Option<MeasureCost>,
}

/// What a measure costs a jurisdiction in each hour in which it is in force there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MeasureCost {
    /// How many units.
    pub per_hour: u32,
    /// Such as `10000 CNY`; only costs in the same unit are added up.
    pub unit: Arc<str>,
    /// Where the number comes from.
    pub reference: Arc<str>,
    /// How sure we are of it.
    pub certainty: Certainty,
}

/// The least share by which the whole society's emissions of one kind must fall.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Floor {
    /// `SO2`, `NOx`, `PM`, `VOCs`.
    pub emission: Arc<str>,
    /// In which grade.
    pub grade: Grade,
    /// Per cent.
    pub percent: u16,
    /// Where; empty: everywhere.
    pub jurisdictions: Vec<JurisdictionIndex>,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub until: Option<Date>,
    /// Number and clause of the document.
    pub reference: Arc<str>,
    /// How sure we are of it.
    pub certainty: Certainty,
}

impl Measure {
    /// Whether it is due in a grade.
    pub fn is_for(&self, grade: Grade) -> bool {
        self.from_grade <= grade && grade <= self.to_grade
    }

    /// Whether it is due in a jurisdiction.
    pub fn is_in(&self, jurisdiction: JurisdictionIndex) -> bool {
        is_in(&self.jurisdictions, jurisdiction)
    }

    /// Whether it is due on a day.
    pub fn is_on(&self, date: Date) -> bool {
        is_on(self.from, self.until, date)
    }
}

impl Floor {
    /// Whether it is due in a jurisdiction.
    pub fn is_in(&self, jurisdiction: JurisdictionIndex) -> bool {
        is_in(&self.jurisdictions, jurisdiction)
    }

    /// Whether it is due on a day.
    pub fn is_on(&self, date: Date) -> bool {
        is_on(self.from, self.until, date)
    }
}

fn is_in(named: &[JurisdictionIndex], jurisdiction: JurisdictionIndex) -> bool {
    named.is_empty() || named.contains(&jurisdiction)
}

fn is_on(from: Option<Date>, until: Option<Date>, date: Date) -> bool {
    from.is_none_or(|from| from <= date) && until.is_none_or(|until| date <= until)
}
