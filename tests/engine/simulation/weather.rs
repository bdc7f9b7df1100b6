//! The air of a simulated world: one rule book with few stations, and episodes that trip it.

use std::sync::{Arc, OnceLock};

use airshed::domain::*;
use airshed::wire::rule_book;

use super::dice::Dice;

/// The cities that have stations; two of them have followers.
const CITIES: [&str; 6] = ["110000", "120000", "130100", "130200", "130400", "130600"];
/// And those that do not exist here.
const OTHERS: [&str; 7] = ["130300", "130500", "130700", "130800", "130900", "131000", "131100"];
const STATIONS_A_CITY: usize = 2;

/// Acts that wait for a government or for the body above, or for a conclusion.
const APPROVED_BY_ROLES: &str = r#"
[[approval]]
jurisdictions = ["120000", "130400"]
mode = "role"
role = "government"
within_min = 120
on_silence = "approved"
[[approval]]
jurisdictions = ["130100", "130200"]
acts = ["issue", "raise", "lower", "lift"]
mode = "role"
body = "above"
role = "command"
within_min = 90
on_silence = "rejected"
"#;
const APPROVED_BY_CONCLUSIONS: &str = r#"
[[approval]]
jurisdictions = ["110000"]
mode = "conclusion"
within_min = 180
on_silence = "approved"
[[approval]]
acts = ["issue"]
mode = "role"
role = "command"
within_min = 100
on_silence = "approved"
"#;
/// Before this comment of the file there is room for them.
const TABLES: &str =
    "# Other deadlines of some jurisdictions; the first table that names one counts:\n";

/// Parameters that a world may differ in: of the air, and of joint control.
const RUNS: [(&str, &[(&str, &str)]); 4] = [
    ("only_standard = \"BTH-2023\"\n[parameters]\noutlook_of_last_resort = \"none\"\n", &[]),
    (
        "only_standard = \"BTH-2023\"\n[parameters]\nsilent_after_h = 9\nsilence_review_h = 6\n",
        &[
            ("command_memory_d = 31", "command_memory_d = 1"),
            ("hole_min = 120", "hole_min = 50"),
            (TABLES, APPROVED_BY_ROLES),
        ],
    ),
    (
        "only_standard = \"BTH-2018\"\n[parameters]\n",
        &[
            ("objection_stops_clock = true", "objection_stops_clock = false"),
            ("lift_expires_h = 72", "lift_expires_h = 4"),
            ("offer_within_min = 120", "offer_within_min = 600"),
            (TABLES, APPROVED_BY_CONCLUSIONS),
        ],
    ),
    (
        "only_standard = \"BTH-2017\"\n[parameters]\ngrace_min = 150\nlower_hold_h = 4\n",
        &[
            ("summary_within_h = 48", "summary_within_h = 6"),
            ("hole_min = 120", "hole_min = 900"),
            (TABLES, APPROVED_BY_ROLES),
        ],
    ),
];

/// The built-in rule book with few stations, in one of its variants.
pub(crate) fn book(dice: &mut Dice, clock: &str) -> Arc<RuleBook> {
    static BOOKS: OnceLock<Vec<[Arc<RuleBook>; 2]>> = OnceLock::new();
    let books = BOOKS.get_or_init(|| {
        let both = |run: &(&str, _)| [parse(*run, "sources"), parse(*run, "wall")];
        RUNS.iter().map(both).collect()
    });
    let [sources, wall] = &books[dice.below(books.len())];
    Arc::clone(if clock == "wall" { wall } else { sources })
}

fn parse((run, others): (&str, &[(&str, &str)]), clock: &str) -> Arc<RuleBook> {
    let mut files = rule_book::built_in_with_answers();
    for (name, text) in &mut files {
        let few = if &**name == "stations.csv" { few_stations } else { without_others };
        *text = few(text).into();
        for (shipped, other) in others.iter().filter(|_| &**name == rule_book::COOPERATION_FILE) {
            assert!(text.contains(shipped), "{shipped}");
            *text = text.replace(shipped, other).into();
        }
    }
    files.push(("run.toml".into(), format!("{run}clock = \"{clock}\"\n").into()));
    Arc::new(rule_book::parse(files).unwrap())
}

/// The first stations of each city that live for ever.
fn few_stations(text: &str) -> String {
    let mut kept: Vec<&str> = text.lines().take(1).collect();
    for city in CITIES {
        let here = |line: &&str| line.contains(&format!(",{city},0,,,,"));
        kept.extend(text.lines().filter(here).take(STATIONS_A_CITY));
    }
    kept.join("\n") + "\n"
}

/// The text without the cities that have no stations here.
fn without_others(text: &str) -> String {
    let mut blocks: Vec<&str> = text.split("[[jurisdictions]]").collect();
    blocks.retain(|block| !OTHERS.iter().any(|it| block.contains(&format!("code = \"{it}\""))));
    let mut text = blocks.join("[[jurisdictions]]");
    for city in OTHERS {
        for named in [format!("\"{city}\", "), format!("\"{city}\",\n"), format!(", \"{city}\"")] {
            text = text.replace(&named, "");
        }
    }
    text
}

/// What the air is like, hour by hour.
pub(crate) struct Weather {
    /// By jurisdiction, then by hour: whole µg/m³.
    cities: Vec<Vec<i32>>,
    pub(crate) hours: usize,
}

impl Weather {
    /// One or two episodes that most cities share, each at its own time and height.
    pub(crate) fn new(dice: &mut Dice, rules: &Rules) -> Self {
        let hours = 90 + dice.below(50);
        let mut cities = vec![vec![0; hours]; rules.jurisdictions.len()];
        for city in &mut cities {
            let calm = dice.between(15, 60);
            city.fill_with(|| calm + dice.between(0, 20));
        }
        let mut start = dice.between(5, 40);
        while start < i32::try_from(hours).unwrap() - 30 {
            let (length, height) = (dice.between(24, 70), dice.one_of(&[130, 170, 240, 330, 520]));
            for city in &mut cities {
                if dice.chance(800) {
                    let from = start + dice.between(-3, 9);
                    let to = from + length + dice.between(-12, 12);
                    let height = height * dice.between(80, 120) / 100;
                    for at in from.max(0)..to {
                        if let Some(hour) = city.get_mut(usize::try_from(at).unwrap()) {
                            *hour = height * dice.between(92, 108) / 100;
                        }
                    }
                }
            }
            start += length + dice.between(10, 70);
        }
        Self { cities, hours }
    }

    /// What a city breathes at an hour; calm after the last one.
    pub(crate) fn ug_m3(&self, city: JurisdictionIndex, hour: usize) -> i32 {
        self.cities[usize::from(city.0)].get(hour).copied().unwrap_or(25)
    }

    /// A forecast of all cities, more or less right.
    pub(crate) fn forecast(&self, dice: &mut Dice, issued: usize, zero: Hour) -> Vec<Outlook> {
        let length = dice.one_of(&[12, 24, 48, 72, 120]);
        let error = dice.one_of(&[100, 100, 90, 115, 140, 60]);
        let first = zero.plus(i32::try_from(issued).unwrap() + 1);
        let cities = (0_u16..).zip(&self.cities).map(|(city, _)| {
            let jurisdiction = JurisdictionIndex(city);
            let says = (issued + 1..=issued + length).map(|hour| match dice.below(200) {
                0 => OutlookHour::Missing,
                1 => OutlookHour::Silent,
                _ => {
                    let ug_m3 = self.ug_m3(jurisdiction, hour) * error / 100;
                    let upper_ug_m3 = u16::try_from(ug_m3).unwrap();
                    OutlookHour::Range { lower_ug_m3: upper_ug_m3 / 2, upper_ug_m3 }
                }
            });
            Outlook { jurisdiction, first, hours: says.collect() }
        });
        cities.filter(|it| it.jurisdiction.0 % 5 != 4).collect()
    }
}
