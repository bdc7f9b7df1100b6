//! `measures.toml`: measures and floors.

use std::collections::BTreeSet;

use super::RuleBookError;
use super::jurisdictions::Jurisdictions;
use super::keys::{File, Keys};
use crate::domain::{Certainty, Date, Floor, Grade, JurisdictionIndex, Measure, MeasureCost};

pub(super) fn parse(
    file: File<'_>,
    jurisdictions: &Jurisdictions,
) -> Result<(Vec<Measure>, Vec<Floor>), RuleBookError> {
    let mut keys = Keys::parse(file)?;
    let mut measures = Vec::new();
    let mut ids = BTreeSet::new();
    for table in keys.tables("measures")? {
        let id = measure(table, jurisdictions, &mut measures)?;
        if !ids.insert(id.0) {
            return Err(id.1);
        }
    }
    let mut floors: Vec<Floor> = Vec::new();
    for table in keys.tables("floors")? {
        floor(table, jurisdictions, &mut floors)?;
    }
    keys.finish()?;
    Ok((measures, floors))
}

/// Gives back the id, and the words for the case that it is not the first one with it.
fn measure(
    mut keys: Keys<'_>,
    jurisdictions: &Jurisdictions,
    measures: &mut Vec<Measure>,
) -> Result<(std::sync::Arc<str>, RuleBookError), RuleBookError> {
    let value = keys.need("id")?;
    let id = value.shared()?;
    let sector = keys.need("sector")?.shared()?;
    let text = keys.need("text")?.shared()?;
    let text_zh = keys.take("text_zh").map(|it| it.shared()).transpose()?;
    let from_grade = keys.need("from_grade")?.grade()?;
    let to_grade = match keys.take("to_grade") {
        None => Grade::Red,
        Some(value) => match value.grade()? {
            grade if grade < from_grade => {
                return Err(value.refuse("is milder than `from_grade`", "it is the last grade"));
            }
            grade => grade,
        },
    };
    let cost = cost(&mut keys)?;
    let scope = scope(&mut keys, jurisdictions)?;
    keys.finish()?;
    measures.push(Measure {
        id: id.clone(),
        sector,
        text,
        text_zh,
        from_grade,
        to_grade,
        jurisdictions: scope.jurisdictions,
        from: scope.from,
        until: scope.until,
        reference: scope.reference,
        certainty: scope.certainty,
        cost,
    });
    Ok((id, value.refuse("is given twice", "each measure needs its own id")))
}

/// The most that a measure may cost in an hour, in its unit.
const COST_MAX: i64 = 1_000_000_000;

/// A cost has a number, a unit, a source and a certainty, or is not there at all.
fn cost(keys: &mut Keys<'_>) -> Result<Option<MeasureCost>, RuleBookError> {
    let Some(per_hour) = keys.take("cost_per_hour") else {
        for part in ["cost_unit", "cost_reference", "cost_certainty"] {
            if let Some(value) = keys.take(part) {
                let remedy = "give `cost_per_hour` too, or leave it out";
                return Err(value.refuse("stands without `cost_per_hour`", remedy));
            }
        }
        return Ok(None);
    };
    Ok(Some(MeasureCost {
        per_hour: per_hour.integer(1..=COST_MAX)?,
        unit: keys.need("cost_unit")?.shared()?,
        reference: keys.need("cost_reference")?.shared()?,
        certainty: keys.need("cost_certainty")?.certainty()?,
    }))
}

fn floor(
    mut keys: Keys<'_>,
    jurisdictions: &Jurisdictions,
    floors: &mut Vec<Floor>,
) -> Result<(), RuleBookError> {
    let emissions = keys.need("emissions")?.list()?;
    let mut percent = keys.need("percent")?.keys()?;
    let scope = scope(&mut keys, jurisdictions)?;
    let mut by_grade = Vec::new();
    for (key, grade) in [
        ("blue", Grade::Blue),
        ("yellow", Grade::Yellow),
        ("orange", Grade::Orange),
        ("red", Grade::Red),
    ] {
        if let Some(value) = percent.take(key) {
            by_grade.push((grade, value.integer(0..=100)?));
        }
    }
    percent.finish()?;
    for value in emissions {
        let emission = value.shared()?;
        for (grade, percent) in &by_grade {
            let new = Floor {
                emission: emission.clone(),
                grade: *grade,
                percent: *percent,
                jurisdictions: scope.jurisdictions.clone(),
                from: scope.from,
                until: scope.until,
                reference: scope.reference.clone(),
                certainty: scope.certainty,
            };
            if floors.iter().any(|it| at_once(it, &new)) {
                let problem = format!("{emission} in {grade} has two floors at once");
                return Err(value.refuse(&problem, "part their dates or jurisdictions"));
            }
            floors.push(new);
        }
    }
    keys.finish()
}

/// Whether two floors speak of the same emission, grade, place and day.
fn at_once(a: &Floor, b: &Floor) -> bool {
    let begins_in_time = |from: Option<Date>, until: Option<Date>| match (from, until) {
        (Some(from), Some(until)) => from <= until,
        _ => true,
    };
    let together = a.jurisdictions.is_empty()
        || b.jurisdictions.is_empty()
        || a.jurisdictions.iter().any(|it| b.jurisdictions.contains(it));
    (&a.emission, a.grade) == (&b.emission, b.grade)
        && together
        && begins_in_time(a.from, b.until)
        && begins_in_time(b.from, a.until)
}

/// What measures and floors have in common: where, when, and by which text.
struct Scope {
    jurisdictions: Vec<JurisdictionIndex>,
    from: Option<Date>,
    until: Option<Date>,
    reference: std::sync::Arc<str>,
    certainty: Certainty,
}

fn scope(keys: &mut Keys<'_>, jurisdictions: &Jurisdictions) -> Result<Scope, RuleBookError> {
    let from = keys.take("from").map(|it| it.date()).transpose()?;
    let until = match keys.take("until") {
        None => None,
        Some(value) => match value.date()? {
            until if from.is_some_and(|from| until < from) => {
                return Err(value.refuse("is before `from`", "it is the last day"));
            }
            until => Some(until),
        },
    };
    Ok(Scope {
        jurisdictions: jurisdictions.list_under(keys, "jurisdictions")?,
        from,
        until,
        reference: keys.need("reference")?.shared()?,
        certainty: keys.need("certainty")?.certainty()?,
    })
}
