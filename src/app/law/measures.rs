//! `airshed standard measures`: the measures of each grade, in English and Chinese.

use serde_json::{Value, json};

use crate::domain::{Date, Floor, Grade, JurisdictionIndex, Measure, Rules};

use crate::app::support::{Failure, output};

/// Arguments of `standard measures`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    /// Only the measures of this jurisdiction: its code, or its English or Chinese name.
    #[arg(long, value_name = "JURISDICTION")]
    jurisdiction: Option<String>,
    /// Only the measures of this grade: blue, yellow, orange or red.
    #[arg(long, value_name = "GRADE")]
    grade: Option<String>,
    /// Only the measures in force on this day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    on: Option<String>,
}

/// The filters, parsed.
#[derive(Clone, Copy)]
struct Wanted {
    jurisdiction: Option<JurisdictionIndex>,
    grade: Option<Grade>,
    date: Option<Date>,
}

pub(in crate::app) fn run(args: &Args, rules: &Rules, as_json: bool) -> Result<(), Failure> {
    let wanted = Wanted {
        jurisdiction: args.jurisdiction.as_deref().map(|it| named(rules, it)).transpose()?,
        grade: args.grade.as_deref().map(grade).transpose()?,
        date: args.on.as_deref().map(date).transpose()?,
    };
    let measures: Vec<_> = rules.measures.iter().filter(|it| wanted.measure(it)).collect();
    let floors: Vec<_> = rules.floors.iter().filter(|it| wanted.floor(it)).collect();
    if as_json {
        return output::print_json(&json!({
            "measures": measures.iter().map(|it| measure_json(rules, it)).collect::<Vec<_>>(),
            "floors": floors.iter().map(|it| floor_json(rules, it)).collect::<Vec<_>>(),
        }));
    }
    if measures.is_empty() && floors.is_empty() {
        return output::print("The rule book has no measure for this jurisdiction, grade and day.");
    }
    let mut text = String::new();
    for measure in measures {
        text.push_str(&measure_text(rules, measure));
        text.push('\n');
    }
    if !floors.is_empty() {
        text.push_str("Least cut of all emissions\n");
    }
    for floor in floors {
        text.push_str(&floor_text(rules, floor));
    }
    output::print(&text)
}

impl Wanted {
    fn measure(self, it: &Measure) -> bool {
        self.grade.is_none_or(|grade| it.is_for(grade))
            && self.jurisdiction.is_none_or(|jurisdiction| it.is_in(jurisdiction))
            && self.date.is_none_or(|date| it.is_on(date))
    }

    fn floor(self, it: &Floor) -> bool {
        self.grade.is_none_or(|grade| it.grade == grade)
            && self.jurisdiction.is_none_or(|jurisdiction| it.is_in(jurisdiction))
            && self.date.is_none_or(|date| it.is_on(date))
    }
}

fn named(rules: &Rules, text: &str) -> Result<JurisdictionIndex, Failure> {
    let places = (0..).map(JurisdictionIndex).zip(&rules.jurisdictions);
    let mut found = places.filter(|(_, it)| {
        let names = [&*it.name_zh, crate::app::report::log_summary::short_zh(&it.name_zh)];
        it.division.to_string() == text
            || it.name.eq_ignore_ascii_case(text)
            || names.contains(&text)
    });
    found.next().map(|(place, _)| place).ok_or_else(|| {
        let known: Vec<_> =
            rules.jurisdictions.iter().map(|it| format!("{} {}", it.division, it.name)).collect();
        Failure::Usage(format!("no jurisdiction \"{text}\"; known are {}", known.join(", ")))
    })
}

fn grade(text: &str) -> Result<Grade, Failure> {
    let grades = [Grade::Blue, Grade::Yellow, Grade::Orange, Grade::Red];
    grades.into_iter().find(|it| it.name() == text.to_ascii_lowercase()).ok_or_else(|| {
        Failure::Usage(format!("no grade \"{text}\"; there are blue, yellow, orange and red"))
    })
}

fn date(text: &str) -> Result<Date, Failure> {
    Date::parse(text)
        .ok_or_else(|| Failure::Usage(format!("\"{text}\" is not a date such as 2019-01-12")))
}

fn grades(measure: &Measure) -> String {
    let (from, to) = (measure.from_grade.name(), measure.to_grade.name());
    match measure.to_grade {
        to if to == measure.from_grade => from.to_owned(),
        Grade::Red => format!("from {from} on"),
        Grade::None | Grade::Blue | Grade::Yellow | Grade::Orange => format!("{from} to {to}"),
    }
}

fn measure_text(rules: &Rules, it: &Measure) -> String {
    let head = format!("{}  {}, {} [{}]", it.id, it.sector, grades(it), it.certainty.name());
    let zh = it.text_zh.as_ref().map_or(String::new(), |zh| format!("  {zh}\n"));
    let place = place(rules, &it.jurisdictions);
    let (days, by) = (days(it.from, it.until), &it.reference);
    format!("{head}\n  {}\n{zh}  {place}{days}\n  by {by}\n", it.text)
}

fn floor_text(rules: &Rules, it: &Floor) -> String {
    let head =
        format!("{} {} % in {} [{}]", it.emission, it.percent, it.grade, it.certainty.name());
    let place = place(rules, &it.jurisdictions);
    format!("  {head}\n    {place}{}\n    by {}\n", days(it.from, it.until), it.reference)
}

/// The names, wrapped for a terminal of 80 columns.
fn place(rules: &Rules, jurisdictions: &[JurisdictionIndex]) -> String {
    if jurisdictions.is_empty() {
        return "everywhere".to_owned();
    }
    let name = |index: &JurisdictionIndex| {
        let named = &rules.jurisdictions[usize::from(index.0)];
        format!("{} {}", crate::app::report::log_summary::short_zh(&named.name_zh), named.name)
    };
    let lines =
        jurisdictions.chunks(4).map(|some| some.iter().map(name).collect::<Vec<_>>().join(", "));
    lines.collect::<Vec<_>>().join(",\n    ")
}

fn days(from: Option<Date>, until: Option<Date>) -> String {
    let from = from.map_or(String::new(), |it| format!(", from {it}"));
    let until = until.map_or(String::new(), |it| format!(", until {it}"));
    format!("{from}{until}")
}

fn codes(rules: &Rules, jurisdictions: &[JurisdictionIndex]) -> Value {
    let code = |it: &JurisdictionIndex| rules.jurisdictions[usize::from(it.0)].division.to_string();
    jurisdictions.iter().map(code).collect()
}

fn day(date: Option<Date>) -> Value {
    date.map_or(Value::Null, |it| it.to_string().into())
}

fn measure_json(rules: &Rules, it: &Measure) -> Value {
    json!({
        "measure": &*it.id,
        "sector": &*it.sector,
        "text": &*it.text,
        "text_zh": it.text_zh.as_deref(),
        "from_grade": it.from_grade.name(),
        "to_grade": it.to_grade.name(),
        "jurisdictions": codes(rules, &it.jurisdictions),
        "from": day(it.from),
        "until": day(it.until),
        "reference": &*it.reference,
        "certainty": it.certainty.name(),
    })
}

fn floor_json(rules: &Rules, it: &Floor) -> Value {
    json!({
        "emission": &*it.emission,
        "grade": it.grade.name(),
        "percent": it.percent,
        "jurisdictions": codes(rules, &it.jurisdictions),
        "from": day(it.from),
        "until": day(it.until),
        "reference": &*it.reference,
        "certainty": it.certainty.name(),
    })
}
