//! Who publishes, where, and what the grades are in the words of CAP: data, not code.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::value::Datetime;

use super::areas::{self, Areas};
use crate::domain::{Certainty, Date, Grade};

/// The folder of a profile in the folder of a rule book. It is not a part of the rule book.
pub const FOLDER: &str = "cap";
/// The file of the profile in its folder.
pub const PROFILE_FILE: &str = "profile.toml";
/// The file of the areas in its folder.
pub const AREAS_FILE: &str = "areas.geojson";

/// A profile: see `deploy/bth/cap/profile.toml`.
#[derive(Clone, Debug)]
pub struct Profile {
    pub(super) settings: Settings,
    pub(super) areas: Areas,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    pub(super) sender: String,
    pub(super) web: String,
    pub(super) address: String,
    pub(super) contact: String,
    pub(super) geocode: String,
    pub(super) status_unsaid: UnsaidStatus,
    pub(super) instructed_sector: String,
    pub(super) not_instructed: Vec<String>,
    pub(super) sender_name: InBoth,
    pub(super) event: EventKind,
    pub(super) identifier: IdentifierParts,
    pub(super) times: Times,
    mappings: Vec<Mapping>,
    advice: Vec<Advice>,
}

/// A text in both languages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InBoth {
    pub(super) en: String,
    pub(super) zh: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) enum UnsaidStatus {
    Actual,
    Exercise,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventKind {
    pub(super) name: InBoth,
    pub(super) categories: Vec<Category>,
    pub(super) codes: Vec<EventCode>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) enum Category {
    Geo,
    Met,
    Safety,
    Security,
    Rescue,
    Fire,
    Health,
    Env,
    Transport,
    Infra,
    #[serde(rename = "CBRNE")]
    Cbrne,
    Other,
}

impl Category {
    /// Its name in CAP.
    pub(super) fn name(self) -> String {
        format!("{self:?}").replace("Cbrne", "CBRNE")
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventCode {
    pub(super) name: String,
    pub(super) value: String,
    reference: String,
    certainty: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentifierParts {
    pub(super) body: String,
    pub(super) unit: String,
    pub(super) rest: String,
    reference: String,
    certainty: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "Units are last.")]
pub(super) struct Times {
    pub(super) expires_after_end_h: i32,
    pub(super) expires_without_end_h: i32,
    pub(super) lift_shown_h: i32,
    pub(super) expected_from_h: i32,
    pub(super) future_from_h: i32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    from: Datetime,
    reference: String,
    certainty: String,
    severity: BTreeMap<Grade, Severity>,
    certainty_observed: BTreeMap<Grade, Likelihood>,
    certainty_forecast: BTreeMap<Grade, Likelihood>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) enum Severity {
    Extreme,
    Severe,
    Moderate,
    Minor,
    Unknown,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) enum Likelihood {
    Observed,
    Likely,
    Possible,
    Unlikely,
    Unknown,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advice {
    from: Datetime,
    grades: Vec<Grade>,
    en: String,
    zh: String,
    reference: String,
    certainty: String,
}

impl Profile {
    /// The profile that the program carries.
    pub fn built_in() -> Self {
        let text = include_str!("../../../deploy/bth/cap/profile.toml");
        let areas = include_str!("../../../deploy/bth/cap/areas.geojson");
        Self::parse(text, areas).expect("a test reads it")
    }

    /// Reads a profile and its areas. An error names the file and what is wrong.
    pub fn parse(text: &str, areas: &str) -> Result<Self, String> {
        let mistake = |words: String| format!("{PROFILE_FILE}: {}", words.trim_end());
        let settings: Settings = toml::from_str(text).map_err(|it| mistake(it.to_string()))?;
        settings.check().map_err(mistake)?;
        let areas = if areas.is_empty() { Ok(Areas::new()) } else { areas::parse(areas) };
        let areas = areas.map_err(|words| format!("{AREAS_FILE}: {words}"))?;
        Ok(Self { settings, areas })
    }

    /// The address at which messages are published; empty: unknown.
    pub fn address(&self) -> &str {
        self.settings.address.trim_end_matches('/')
    }

    /// Who sends.
    pub fn sender(&self) -> &str {
        &self.settings.sender
    }
}

impl Settings {
    fn check(&self) -> Result<(), String> {
        let is_word = |it: &str| !it.is_empty() && !it.contains([' ', ',', '<', '&', '\n', '\t']);
        let parts =
            [(&self.identifier.body, 3), (&self.identifier.unit, 3), (&self.identifier.rest, 2)];
        let are_digits =
            parts.iter().all(|(it, n)| it.len() == *n && it.bytes().all(|it| it.is_ascii_digit()));
        let times = self.times;
        let hours = [times.expires_after_end_h, times.expires_without_end_h, times.lift_shown_h];
        let is_address = |it: &str| it.starts_with("https://") && is_word(it);
        let names = [&self.contact, &self.geocode, &self.event.name.en, &self.event.name.zh];
        let checks = [
            (is_word(&self.sender), "sender: right is a name without blanks and commas"),
            (is_address(&self.web), "web: right is an address with https"),
            (
                self.address.is_empty() || is_address(&self.address),
                "address: right is an address with https, or nothing",
            ),
            (names.iter().all(|it| !it.trim().is_empty()), "contact, geocode and event need texts"),
            (!self.event.categories.is_empty(), "event.categories: at least one is needed"),
            (
                self.event.codes.iter().all(|it| is_word(&it.value) && !it.name.is_empty()),
                "event.codes: each needs a name and a value without blanks",
            ),
            (are_digits, "identifier: body and unit have three digits, rest has two"),
            (
                hours.iter().all(|it| (1..=720).contains(it)),
                "times: right are hours from 1 to 720 for what expires",
            ),
            (
                (0..=times.future_from_h).contains(&times.expected_from_h),
                "times: expected_from_h is 0 or more, and not above future_from_h",
            ),
            (
                self.mappings.iter().all(Mapping::is_whole),
                "mappings: each table needs all four grades",
            ),
            (self.mapping(Date(0)).is_some(), "mappings: at least one is needed"),
            (self.dates().all(|it| it.is_some()), "from: right is a day such as 2013-01-01"),
            (
                self.sources().all(|(reference, mark)| {
                    !reference.is_empty() && Certainty::ALL.iter().any(|it| it.name() == mark)
                }),
                "each table needs a reference and a certainty such as CONFIRMED",
            ),
        ];
        match checks.into_iter().find(|(right, _)| !right) {
            Some((_, words)) => Err(words.to_owned()),
            None => Ok(()),
        }
    }

    fn dates(&self) -> impl Iterator<Item = Option<Date>> {
        let mappings = self.mappings.iter().map(|it| &it.from);
        mappings.chain(self.advice.iter().map(|it| &it.from)).map(day)
    }

    /// Reference and mark of everything that has a source.
    fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        let codes = self.event.codes.iter().map(|it| (&it.reference, &it.certainty));
        let form = [(&self.identifier.reference, &self.identifier.certainty)];
        let mappings = self.mappings.iter().map(|it| (&it.reference, &it.certainty));
        let advice = self.advice.iter().map(|it| (&it.reference, &it.certainty));
        let all = codes.chain(form).chain(mappings).chain(advice);
        all.map(|(reference, mark)| (reference.as_str(), mark.as_str()))
    }

    /// The mapping on a day: the one that began last. Before the first one, that one.
    pub(super) fn mapping(&self, date: Date) -> Option<&Mapping> {
        let begun = self.mappings.iter().filter(|it| day(&it.from) <= Some(date));
        begun
            .max_by_key(|it| day(&it.from))
            .or_else(|| self.mappings.iter().min_by_key(|it| day(&it.from)))
    }

    /// The advice for a grade on a day.
    pub(super) fn advice(&self, grade: Grade, date: Date) -> Option<InBoth> {
        let here = self.advice.iter().filter(|it| it.grades.contains(&grade));
        let begun = here.filter(|it| day(&it.from) <= Some(date));
        let found = begun.max_by_key(|it| day(&it.from))?;
        Some(InBoth { en: found.en.clone(), zh: found.zh.clone() })
    }
}

impl Mapping {
    fn is_whole(&self) -> bool {
        Grade::ALL.into_iter().filter(|it| *it != Grade::None).all(|it| {
            self.severity.contains_key(&it)
                && self.certainty_observed.contains_key(&it)
                && self.certainty_forecast.contains_key(&it)
        })
    }

    pub(super) fn severity(&self, grade: Grade) -> Severity {
        self.severity.get(&grade).copied().unwrap_or(Severity::Unknown)
    }

    /// How certain a warning is that rests on an outlook, or on none.
    pub(super) fn certainty(&self, grade: Grade, is_forecast: bool) -> Likelihood {
        let by_grade =
            if is_forecast { &self.certainty_forecast } else { &self.certainty_observed };
        by_grade.get(&grade).copied().unwrap_or(Likelihood::Unknown)
    }
}

fn day(datetime: &Datetime) -> Option<Date> {
    Date::parse(&datetime.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../../deploy/bth/cap/profile.toml");

    #[test]
    fn the_built_in_profile_has_the_areas_of_the_cities() {
        assert_eq!(Profile::built_in().areas.len(), 13);
        assert_eq!(Profile::built_in().areas["131000"].len(), 2, "Langfang lies in two parts");
    }

    #[test]
    fn the_mapping_of_a_day_is_the_last_that_has_begun() {
        let later = TEXT.replace("[[advice]]\nfrom = 2013-01-01\ngrades = [\"blue\"", "[[mappings]]
            from = 2030-01-01
            reference = \"x\"
            certainty = \"CONFIRMED\"
            severity = { blue = \"Minor\", yellow = \"Minor\", orange = \"Minor\", red = \"Minor\" }
            certainty_observed = { blue = \"Likely\", yellow = \"Likely\", orange = \"Likely\", red = \"Likely\" }
            certainty_forecast = { blue = \"Likely\", yellow = \"Likely\", orange = \"Likely\", red = \"Likely\" }
            [[advice]]\nfrom = 2013-01-01\ngrades = [\"blue\"");
        let settings = Profile::parse(&later, "").unwrap().settings;
        let severity = |year| {
            let date = Date::new(year, 1, 1).unwrap();
            format!("{:?}", settings.mapping(date).unwrap().severity(Grade::Red))
        };
        assert_eq!([2000, 2026, 2030].map(severity), ["Extreme", "Extreme", "Minor"]);
    }

    #[test]
    fn a_wrong_value_is_refused_by_its_name() {
        for (right, wrong, said) in [
            ("sender = \"airshed.example\"", "sender = \"a, b\"", "sender"),
            ("web = \"https:", "web = \"http:", "web"),
            ("body = \"000\"", "body = \"00\"", "identifier"),
            ("red = \"Extreme\"", "red = \"Worst\"", "line "),
            (", red = \"Extreme\"", "", "all four grades"),
            ("lift_shown_h = 24", "lift_shown_h = 0", "times"),
            ("expected_from_h = 1", "expected_from_h = 9", "expected_from_h"),
            ("certainty = \"SINGLE-SOURCE\"", "certainty = \"SURE\"", "CONFIRMED"),
            ("from = 2013-01-01", "from = 08:00:00", "from"),
            ("contact = ", "kontact = ", "kontact"),
        ] {
            let text = TEXT.replace(right, wrong);
            assert_ne!(text, TEXT, "{right}");
            let words = Profile::parse(&text, "").unwrap_err();
            assert!(words.starts_with("profile.toml: ") && words.contains(said), "{words}");
        }
        assert!(Profile::parse(TEXT, "{}").unwrap_err().starts_with("areas.geojson: "));
    }
}
