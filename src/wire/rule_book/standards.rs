//! `standards/*.toml`: clauses, and where and when they are in force.

use std::collections::BTreeSet;

use super::RuleBookError;
use super::jurisdictions::Jurisdictions;
use super::keys::{File, Keys, Value};
use crate::domain::{Bound, Clause, Condition, DurationAs, InForce, Standard, WindowPhase};

/// Hours of the one window that the law grades by.
const WINDOW_H: i64 = 24;
/// Where the index ends, and so the only bound that can be reached but not passed.
const INDEX_END: i64 = 500;

/// A standard, and each place where it is in force with the words that say so.
pub(super) type Read<'a> = (Standard, Vec<(InForce, Value<'a>)>);

pub(super) fn parse<'a>(
    file: File<'a>,
    jurisdictions: &Jurisdictions,
) -> Result<Read<'a>, RuleBookError> {
    let mut keys = Keys::parse(file)?;
    let id = keys.need("id")?.shared()?;
    let title = keys.need("title")?.shared()?;
    let reference = keys.need("reference")?.shared()?;
    let certainty = keys.need("certainty")?.certainty()?;
    let duration_as =
        keys.need("duration_as")?.one_of(&DurationAs::ALL.map(|it| (it.name(), it)))?;
    let window_phase =
        keys.need("window_phase")?.one_of(&WindowPhase::ALL.map(|it| (it.name(), it)))?;
    let clauses: Vec<_> =
        keys.tables("clauses")?.into_iter().map(clause).collect::<Result<_, _>>()?;
    if clauses.is_empty() {
        return Err(keys.refuse("no [[clauses]]", "at least one must be given"));
    }
    let mut ids = BTreeSet::new();
    if let Some(twice) = clauses.iter().find(|it| !ids.insert(&it.id)) {
        let problem = format!("two clauses have the id \"{}\"", twice.id);
        return Err(keys.refuse(&problem, "each must be unique within the standard"));
    }
    let mut places = Vec::new();
    for table in keys.tables("in_force")? {
        places.extend(in_force(table, jurisdictions)?);
    }
    keys.finish()?;
    Ok((Standard { id, title, reference, certainty, duration_as, window_phase, clauses }, places))
}

fn clause(mut keys: Keys<'_>) -> Result<Clause, RuleBookError> {
    let grade = keys.need("grade")?.grade()?;
    let id = keys.need("id")?.shared()?;
    let text = keys.need("text")?.shared()?;
    let main = condition(keys.need("main")?)?;
    let within = match keys.take("within") {
        None => None,
        Some(value) => {
            let place = value.clone();
            let within = condition(value)?;
            if within.windows > main.windows {
                return Err(place.refuse("is longer than `main`", "its hours must lie within them"));
            }
            Some(within)
        }
    };
    keys.finish()?;
    Ok(Clause { grade, id, text, main, within })
}

fn condition(value: Value<'_>) -> Result<Condition, RuleBookError> {
    let mut keys = value.keys()?;
    let bound = match (keys.take("above"), keys.take("at_least")) {
        (Some(above), None) => Bound::Above(above.integer(0..=INDEX_END - 1)?),
        (None, Some(least)) => Bound::AtLeast(least.integer(INDEX_END..=INDEX_END)?),
        _ => return Err(keys.refuse("has no bound or two", "give `above` or `at_least`")),
    };
    let hours = keys.need("hours")?;
    let windows: u16 =
        hours.integer(WINDOW_H..=240).map(|it: i64| it / WINDOW_H).and_then(|it| {
            let whole = hours.integer::<i64>(it * WINDOW_H..=it * WINDOW_H);
            whole.map_err(|_| hours.refuse("not whole windows", "right are multiples of 24"))?;
            Ok(u16::try_from(it).unwrap_or(u16::MAX))
        })?;
    keys.finish()?;
    Ok(Condition { bound, windows })
}

fn in_force<'a>(
    mut keys: Keys<'a>,
    jurisdictions: &Jurisdictions,
) -> Result<Vec<(InForce, Value<'a>)>, RuleBookError> {
    let places = keys.need("jurisdictions")?.list()?;
    if places.is_empty() {
        return Err(keys.refuse("`jurisdictions` is empty", "name at least one"));
    }
    let from = keys.need("from")?.date()?;
    let until = keys.take("until").map(|it| it.date().map(|date| (date, it))).transpose()?;
    if let Some((_, value)) = until.as_ref().filter(|(until, _)| *until < from) {
        return Err(value.refuse("is before `from`", "it is the last day"));
    }
    let until = until.map(|(date, _)| date);
    let reference = keys.need("reference")?.shared()?;
    let certainty = keys.need("certainty")?.certainty()?;
    keys.finish()?;
    let each = places.into_iter().map(|value| {
        let jurisdiction = jurisdictions.find(&value)?;
        if jurisdictions.list[usize::from(jurisdiction.0)].follows.is_some() {
            return Err(value.refuse("follows another and has no grade", "leave it out"));
        }
        let reference = reference.clone();
        // The place of the standard is set when all are read.
        let entry = InForce { standard: 0, jurisdiction, from, until, reference, certainty };
        Ok((entry, value))
    });
    each.collect()
}
