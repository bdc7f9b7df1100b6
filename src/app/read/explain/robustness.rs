//! The margin and the robustness of a grade, as JSON and as one sentence each.

use serde_json::{Value, json};

use crate::domain::{Away, Grade, Margin, PossibleGrades, Robustness, StationIndex};
use crate::wire::record::json::Names;

use super::find::DecisionHour;

/// Adds the robustness to the members of a decision.
pub(super) fn add(found: &DecisionHour, decision: &mut Value) {
    let Some(robustness) = &found.explanation.robustness else { return };
    let Robustness { margin, supposed, possible, like_the_others } = robustness;
    let names = Names(Some(&found.book.rules));
    let code = |it: &StationIndex| names.station(*it);
    let parts = &mut decision["margin"];
    parts["grade"] = margin.grade.name().into();
    for (name, away, unit) in sides(margin) {
        let (to_lower, next) = name;
        parts[format!("{to_lower}_{unit}")] = away.map(|it| it.by).into();
        parts[format!("{next}_by_{unit}")] = away.map(|it| it.grade.name()).into();
    }
    let current = found.explanation.episode.as_ref().map_or(Grade::None, |it| it.grade);
    parts["text"] = margin_text(margin, current).into();
    let stations: Vec<String> = supposed.stations.iter().map(code).collect();
    decision["possible_grades"] = names_of(&possible.grades);
    decision["grades_not_excluded"] = names_of(&possible.perhaps);
    decision["like_the_others"] = json!({
        "possible_grades": names_of(&like_the_others.grades),
        "grades_not_excluded": names_of(&like_the_others.perhaps),
    });
    decision["supposed"] = json!({
        "stations": stations.len(),
        "hours": supposed.hours,
        "readings": supposed.readings,
        "codes": stations,
        "lowest_ug_m3": super::tree::ug_m3(supposed.lowest_tenths),
        "highest_ug_m3": super::tree::ug_m3(supposed.highest_tenths),
        "hours_kept_as_closed": supposed.kept_hours,
    });
    decision["robustness"] = sentence(robustness, &stations).into();
}

type Side = ((&'static str, &'static str), Option<Away>, &'static str);

fn sides(margin: &Margin) -> [Side; 4] {
    let (next, lower) = (("to_next_grade", "next_grade"), ("to_lower_grade", "lower_grade"));
    [
        (next, margin.to_next_ug_m3, "ug_m3"),
        (lower, margin.to_lower_ug_m3, "ug_m3"),
        (next, margin.to_next_h, "h"),
        (lower, margin.to_lower_h, "h"),
    ]
}

fn names_of(grades: &[Grade]) -> Value {
    grades.iter().map(|it| it.name()).collect::<Vec<_>>().into()
}

/// `orange; red if every hour were 12 µg/m³ higher or 9 h more were as bad; ...`.
fn margin_text(margin: &Margin, current: Grade) -> String {
    let said = |ug_m3: Option<Away>, hours: Option<Away>, words: [&str; 2]| {
        let ug_m3 =
            ug_m3.map(|it| (it.grade, format!("every hour were {} µg/m³ {}", it.by, words[0])));
        let hours = hours.map(|it| (it.grade, format!("{} h {}", it.by, words[1])));
        match (ug_m3, hours) {
            (Some((grade, ug_m3)), Some((other, hours))) if grade == other => {
                format!("; {grade} if {ug_m3} or {hours}")
            }
            (ug_m3, hours) => {
                let each = [ug_m3, hours].into_iter().flatten();
                each.fold(String::new(), |said, (grade, words)| {
                    format!("{said}; {grade} if {words}")
                })
            }
        }
    };
    let next = said(margin.to_next_ug_m3, margin.to_next_h, ["higher", "more were as bad"]);
    let last = "at the end of the bad air were clean";
    let lower = said(margin.to_lower_ug_m3, margin.to_lower_h, ["lower", last]);
    let later = if current == margin.grade {
        String::new()
    } else {
        format!(" in a later episode, {current} in the current one")
    };
    format!("{}{later}{next}{lower}", margin.grade)
}

/// The most stations in a sentence.
const NAMED: usize = 3;

/// `1001A, 1002A, 1003A and 2 more silent stations`.
fn who(stations: &[String]) -> String {
    match stations {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] if stations.len() <= NAMED => {
            format!("{} and {last}", before.join(", "))
        }
        all => {
            let (named, more) = all.split_at(NAMED);
            let word = if more.len() == 1 { "station" } else { "stations" };
            format!("{} and {} more silent {word}", named.join(", "), more.len())
        }
    }
}

/// `red whatever 1001A, 1002A and 1003A read`.
fn sentence(robustness: &Robustness, stations: &[String]) -> String {
    let (supposed, possible) = (&robustness.supposed, &robustness.possible);
    let count = |it: u32, name: &str| format!("{it} {name}{}", if it == 1 { "" } else { "s" });
    let kept = match supposed.kept_hours {
        0 => String::new(),
        hours => format!("; {} as other rules closed them", count(hours, "hour")),
    };
    if stations.is_empty() {
        let kept = if kept.is_empty() { ", and no reading was missing" } else { &*kept };
        return format!("{}{kept}", robustness.margin.grade);
    }
    let who = who(stations);
    let readings = count(supposed.readings, "missing reading");
    let missing = format!("({readings} in {})", count(supposed.hours, "hour"));
    let grades = if let [only] = &possible.grades[..] {
        format!("{only} whatever {who} read {missing}")
    } else {
        format!("{}, by what {who} would have read {missing}", one_of(possible))
    };
    let narrower = if robustness.like_the_others == *possible {
        String::new()
    } else {
        let narrower = one_of(&robustness.like_the_others);
        format!("; {narrower} if they read like the city's other stations")
    };
    format!("{grades}{narrower}{kept}")
}

/// `yellow, orange or red`, and what may be possible too.
fn one_of(possible: &PossibleGrades) -> String {
    let names: Vec<&str> = possible.grades.iter().map(|it| it.name()).collect();
    let mut words = match &names[..] {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        other => other.concat(),
    };
    for it in &possible.perhaps {
        words += ", perhaps ";
        words += it.name();
    }
    words
}
