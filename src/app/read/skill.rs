//! `airshed skill`: verifies the forecasts in a log.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use crate::domain::{Division, Event, Fact, half_even};
use crate::engine::{Contingency, MakerSkill, Score, Skill, Threshold};

use crate::app::support::log_reader::Which;
use crate::app::support::{Failure, output};

/// The definitions of the numbers, for `--help`.
const MEANING: &str = "\
One unit is (maker, jurisdiction, lead day, target day). A day is its hours 01:00 to 24:00; lead
day 0 is the day of issue, 1 the next. For each hour the newest issue of that lead day counts.
Rounded means are compared, over the hours with both an observed and a forecast value. On lead
day 0, hours before the newest issue count as observed on both sides. A day with fewer than
day_min_hours such hours is counted as not verified. A forecast issued or received after its hour
is counted as too late and not used.

A day is an event of a grade if its index exceeds the bound of the grade: of each clause of the
standard in force the stricter bound, of the clauses of a grade the lowest. As in grading, the upper
bound of a range is the forecast. The four numbers of a grade are days: hits, misses, false alarms,
correct negatives.

Bias is forecast minus observed in µg/m³, for the upper bound and for the middle of the range.
Range: share of days with an index between those of the lower and the upper bound. Level:
share of days with an index in the level (级别) that was forecast.

Example: airshed skill may --above 100";

/// Arguments of `skill`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = MEANING)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
    /// Count days above this index as events too; may be given several times.
    #[arg(long, value_name = "INDEX", value_parser = clap::value_parser!(u16).range(0..500))]
    above: Vec<u16>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let mut records = args.log.read()?.followed("");
    let mut skill = Skill::new(args.above.iter().copied());
    let mut names = BTreeMap::new();
    for record in &mut records {
        let record = record.context("cannot go on")?;
        skill.note(&record);
        if let Event::Fact(Fact::RuleBookAdopted(book)) = &record.event {
            let named = book.rules.jurisdictions.iter();
            names.extend(named.map(|it| (it.division, Arc::clone(&it.name))));
        }
    }
    records.end();
    let makers = skill.makers();
    if args.json {
        let sources: Vec<_> = makers.iter().map(maker_json).collect();
        output::print_json(&json!({ "sources": sources }))
    } else {
        output::print(&text(&makers, &names))
    }
}

fn maker_json(maker: &MakerSkill) -> Value {
    let jurisdictions = maker.jurisdictions.iter().map(|(division, scores)| {
        json!({"jurisdiction": division.to_string(), "lead_days": lead_days(scores)})
    });
    json!({
        "maker": &*maker.maker,
        "hours_too_late": maker.hours_too_late,
        "jurisdictions": jurisdictions.collect::<Vec<_>>(),
        "total": {"lead_days": lead_days(&maker.total)},
    })
}

/// The scores of some forecasts, by lead day.
pub(super) fn lead_days(scores: &BTreeMap<u16, Score>) -> Value {
    scores.iter().map(|(lead_day, score)| score_json(*lead_day, score)).collect()
}

fn score_json(lead_day: u16, score: &Score) -> Value {
    let (mut grades, mut above) = (Vec::new(), Vec::new());
    for (threshold, counts) in &score.events {
        match threshold {
            Threshold::Grade(grade) => {
                grades.push(with(contingency_json(counts), "grade", &grade.name().into()));
            }
            Threshold::Above(index) => {
                above.push(with(contingency_json(counts), "above", &(*index).into()));
            }
        }
    }
    json!({
        "lead_day": lead_day,
        "days": score.days,
        "not_verified": score.not_verified(),
        "too_few_observed": score.too_few_observed,
        "too_few_said": score.too_few_said,
        "bias_ug_m3": mean(score.bias_sum_ug_m3, score.days),
        "bias_sum_ug_m3": score.bias_sum_ug_m3,
        "middle_bias_ug_m3": mean_of_halves(score),
        "middle_bias_sum_ug_m3": rounded(score.middle_bias_sum_halves * 10, 2, 10),
        "range_days": score.in_range,
        "range_accuracy": share((score.in_range, score.days)),
        "level_days": score.in_level,
        "level_accuracy": share((score.in_level, score.days)),
        "grades": grades,
        "above": above,
    })
}

fn contingency_json(counts: &Contingency) -> Value {
    json!({
        "index_from": counts.index_from,
        "hits": counts.hits,
        "misses": counts.misses,
        "false_alarms": counts.false_alarms,
        "correct_negatives": counts.correct_negatives,
        "probability_of_detection": share(counts.probability_of_detection()),
        "false_alarm_ratio": share(counts.false_alarm_ratio()),
        "threat_score": share(counts.threat_score()),
    })
}

fn with(mut value: Value, name: &str, it: &Value) -> Value {
    value[name] = it.clone();
    value
}

/// A share in thousandths; none if there are no days.
fn share((part, whole): (u64, u64)) -> Option<f64> {
    let (part, whole) = (i64::try_from(part).ok()?, i64::try_from(whole).ok()?);
    (whole > 0).then(|| rounded(part * 1000, whole, 1000))
}

/// A mean in tenths; none if there are no days.
fn mean(sum: i64, count: u64) -> Option<f64> {
    let count = i64::try_from(count).ok().filter(|it| *it > 0)?;
    Some(rounded(sum * 10, count, 10))
}

fn mean_of_halves(score: &Score) -> Option<f64> {
    mean(score.middle_bias_sum_halves, score.days * 2)
}

/// Rounded half to even, only for printing.
fn rounded(numerator: i64, denominator: i64, unit: i32) -> f64 {
    let whole = i32::try_from(half_even(numerator, denominator)).unwrap_or(i32::MAX);
    f64::from(whole) / f64::from(unit)
}

fn text(makers: &[MakerSkill], names: &BTreeMap<Division, Arc<str>>) -> String {
    if makers.is_empty() {
        return "This log has no forecasts.".to_owned();
    }
    let name = |division: &Division| {
        names.get(division).map_or_else(|| division.to_string(), ToString::to_string)
    };
    let mut parts = Vec::new();
    for maker in makers {
        let mut thresholds: Vec<Threshold> =
            maker.total.values().flat_map(|it| it.events.keys().copied()).collect();
        thresholds.sort_unstable();
        thresholds.dedup();
        let mut table = table(&thresholds);
        for (division, scores) in &maker.jurisdictions {
            add(&mut table, &name(division), scores, &thresholds);
        }
        if maker.jurisdictions.len() > 1 {
            add(&mut table, "All", &maker.total, &thresholds);
        }
        let late = match maker.hours_too_late {
            0 => String::new(),
            hours => format!("\n{hours} hours were forecast too late and are not used."),
        };
        parts.push(format!("{}\n{table}{late}", maker.maker));
    }
    parts.push(
        "For each bound, the days: hits, misses, false alarms, correct negatives. See --help."
            .into(),
    );
    parts.join("\n\n")
}

fn table(thresholds: &[Threshold]) -> Table {
    let heads =
        ["Jurisdiction", "Lead day", "Days", "Not verified", "Bias", "Middle", "Range", "Level"];
    let mut heads: Vec<String> = heads.map(str::to_owned).to_vec();
    heads.extend(thresholds.iter().map(|it| match it {
        Threshold::Grade(grade) => grade.to_string(),
        Threshold::Above(index) => format!("> {index}"),
    }));
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).force_no_tty().set_header(heads);
    let mut table = output::fitted(table);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn add(table: &mut Table, name: &str, scores: &BTreeMap<u16, Score>, thresholds: &[Threshold]) {
    for (lead_day, score) in scores {
        let number = |it: Option<f64>| it.map_or_else(|| "-".to_owned(), |it| format!("{it:+.1}"));
        let per_cent = |part| {
            let share = share((part, score.days));
            share.map_or_else(|| "-".to_owned(), |it| format!("{:.1} %", it * 100.0))
        };
        let mut row = vec![
            name.to_owned(),
            lead_day.to_string(),
            score.days.to_string(),
            score.not_verified().to_string(),
            number(mean(score.bias_sum_ug_m3, score.days)),
            number(mean_of_halves(score)),
            per_cent(score.in_range),
            per_cent(score.in_level),
        ];
        row.extend(thresholds.iter().map(|threshold| {
            let Some(it) = score.events.get(threshold) else { return "-".to_owned() };
            format!("{} {} {} {}", it.hits, it.misses, it.false_alarms, it.correct_negatives)
        }));
        table.add_row(row);
    }
}
