//! `index/*.toml`: break points.

use super::RuleBookError;
use super::keys::{File, Keys};
use crate::domain::{Averaging, IndexStandard, Pollutant, Scale};

/// A µg/m³ in tenths of it.
const MICROGRAM_TENTHS: i32 = 10;
/// A mg/m³ in tenths of a µg/m³.
const MILLIGRAM_TENTHS: i32 = 10_000;

pub(super) fn parse(file: File<'_>) -> Result<IndexStandard, RuleBookError> {
    let mut keys = Keys::parse(file)?;
    let id = keys.need("id")?.shared()?;
    let reference = keys.need("reference")?.shared()?;
    let certainty = keys.need("certainty")?.certainty()?;
    let from = keys.need("from")?.date()?;
    let index = growing(&mut keys, "index", 500)?;
    let levels = levels(&mut keys, &index)?;
    let mut scales: Vec<Scale> = Vec::new();
    for mut table in keys.tables("scales")? {
        let read = scale(&mut table, &index)?;
        if scales.iter().any(|it| (it.pollutant, it.averaging) == (read.pollutant, read.averaging))
        {
            let problem =
                format!("{} {} is given twice", read.pollutant.name(), read.averaging.name());
            return Err(table.refuse(&problem, "each scale must be given once"));
        }
        table.finish()?;
        scales.push(read);
    }
    for needed in [Averaging::Hour1, Averaging::Hour24] {
        if !scales.iter().any(|it| (it.pollutant, it.averaging) == (Pollutant::Pm25, needed)) {
            let problem = format!("no scale for PM2.5 {}", needed.name());
            return Err(keys.refuse(&problem, "grades need it"));
        }
    }
    keys.finish()?;
    Ok(IndexStandard { id, reference, certainty, from, levels, scales })
}

fn scale(keys: &mut Keys<'_>, index: &[i32]) -> Result<Scale, RuleBookError> {
    let pollutant = keys.need("pollutant")?.one_of(&Pollutant::ALL.map(|it| (it.name(), it)))?;
    let averaging = keys.need("averaging")?.one_of(&Averaging::ALL.map(|it| (it.name(), it)))?;
    let unit: i32 =
        keys.need("unit")?.one_of(&[("ug/m3", MICROGRAM_TENTHS), ("mg/m3", MILLIGRAM_TENTHS)])?;
    let decimals: u32 = keys.need("decimals")?.integer(0..=1)?;
    let steps = 10_i32.pow(decimals);
    let points = growing(keys, "points", 100_000)?;
    if points.len() > index.len() {
        return Err(keys.refuse("`points` is longer than `index`", "each needs its index"));
    }
    let indexes = index.iter().map(|it| u16::try_from(*it).unwrap_or(u16::MAX));
    Ok(Scale {
        pollutant,
        averaging,
        step_tenths: unit / steps,
        points: points.iter().map(|it| it * steps).zip(indexes).collect(),
    })
}

/// Without the key, as in the oldest rule books, each break point ends a level.
fn levels(keys: &mut Keys<'_>, index: &[i32]) -> Result<Vec<u16>, RuleBookError> {
    let inner = index.get(1..index.len() - 1).unwrap_or_default();
    let Some(value) = keys.take("levels") else {
        return Ok(inner.iter().filter_map(|it| u16::try_from(*it).ok()).collect());
    };
    let items = value.list()?;
    let levels: Vec<u16> = items.iter().map(|it| it.integer(1..=500)).collect::<Result<_, _>>()?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 && levels[at] <= levels[at - 1] {
            return Err(item.refuse("does not grow", "each must be above the last"));
        }
        if !inner.contains(&levels[at].into()) {
            return Err(item.refuse("is no break point", "levels end at points of `index`"));
        }
    }
    Ok(levels)
}

/// Whole numbers from 0 on, each above the one before.
fn growing(keys: &mut Keys<'_>, key: &'static str, most: i64) -> Result<Vec<i32>, RuleBookError> {
    let value = keys.need(key)?;
    let whole = value.clone();
    let items = value.list()?;
    let numbers: Vec<i32> =
        items.iter().map(|it| it.integer(0..=most)).collect::<Result<_, _>>()?;
    if numbers.len() < 2 || numbers[0] != 0 {
        return Err(whole.refuse("does not begin with 0 or ends there", "right is 0, 50, 100, ..."));
    }
    match numbers.windows(2).position(|pair| pair[1] <= pair[0]) {
        Some(place) => Err(items[place + 1].refuse("does not grow", "each must be above the last")),
        None => Ok(numbers),
    }
}
