//! How robust a grade is: how far it is from the next one, and which grades are possible with the
//! readings that are missing.
//!
//! A reading is missing where a station counts at an hour of the series up to now, since the log
//! began, and has no value (it was silent, it reported none, or its values were refused). Each
//! missing reading is assumed to have some value within bounds. So a city's hour lies between its
//! mean with all of them at the lowest and with all at the highest, and an hour without any value
//! has one. The outlook for such an hour no longer counts, and persistence, where it is used, goes
//! on from the assumed day. Flags of readings that did come stay as they were.

use crate::domain::air::judged::JudgedAir;
use crate::domain::air::series::Series;
use crate::domain::airshed::Airshed;
use crate::domain::explanation::margin::{Margin, Measured};
use crate::domain::explanation::missing_readings::{LOWEST_TENTHS, Plausible, SupposedHour};
use crate::domain::explanation::possible_grades::{OpenHours, PossibleGrades};
use crate::domain::warning::episode::{GradedSeries, Unknown};
use crate::domain::warning::judgement::{JudgedMember, Judgement};
use crate::domain::{Grade, JurisdictionIndex, Parameters, Standard, StationIndex, Tenths};

/// How robust the grade of a decision is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Robustness {
    /// How far the grade is from others.
    pub margin: Margin,
    /// What was supposed of missing readings.
    pub supposed: MissingReadings,
    /// The grades (highest of all chains that count) if the missing readings were anything that
    /// would have counted.
    pub possible: PossibleGrades,
    /// The same if each was between the lowest and the highest value of the city's other stations
    /// in its hour; anything where they read nothing either.
    pub like_the_others: PossibleGrades,
}

/// The readings that were missing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MissingReadings {
    /// Their stations, by rising code.
    pub stations: Vec<StationIndex>,
    /// In how many hours.
    pub hours: u32,
    /// How many readings.
    pub readings: u32,
    /// Hours with missing readings that stay as they were closed: their mean does not follow from
    /// what is remembered, because other rules closed them.
    pub kept_hours: u32,
    /// The lowest value that a reading may have.
    pub lowest_tenths: Tenths,
    /// The highest.
    pub highest_tenths: Tenths,
}

impl Airshed {
    /// How robust the grade of one member of a closing is; none if nothing was graded.
    pub(super) fn robustness(
        &self,
        judgement: &Judgement<'_>,
        member: &JudgedMember<'_>,
    ) -> Option<Robustness> {
        let (standard, city, hour) = (member.standard?, member.jurisdiction, judgement.hour);
        let (rules, back_h, parameters) =
            (judgement.rules, judgement.back_h(), &judgement.rules.parameters);
        let own = member.mean.pm25_ug_m3;
        let series = judgement.series(member);
        let (tables, longest_windows) = (self.air.tables(), rules.longest_clause_windows());
        let measured = Measured { series, standard, tables, parameters, longest_windows };
        let margin = measured.margin();
        let suppose = |plausible| {
            self.air.supposed(city, (hour.plus(-back_h), hour), own, plausible, parameters)
        };
        let [anything, like_the_others] =
            [Plausible::Anything, Plausible::LikeTheOthers].map(suppose);
        let possible = |hours: &[SupposedHour]| {
            if hours.is_empty() {
                return certain(margin.grade);
            }
            let air = self.air.judged.clone();
            Supposing { air, city, standard, series, own, parameters }.possible(hours)
        };
        let mut stations: Vec<StationIndex> =
            anything.hours.iter().flat_map(|it| it.missing.iter().copied()).collect();
        let count = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        let readings = count(stations.len());
        stations.sort_unstable();
        stations.dedup();
        Some(Robustness {
            margin,
            possible: possible(&anything.hours),
            like_the_others: possible(&like_the_others.hours),
            supposed: MissingReadings {
                stations,
                hours: count(anything.hours.len()),
                readings,
                kept_hours: anything.kept,
                lowest_tenths: LOWEST_TENTHS,
                highest_tenths: parameters.readings.ceiling_ug_m3.saturating_mul(10),
            },
        })
    }
}

fn certain(grade: Grade) -> PossibleGrades {
    PossibleGrades { grades: vec![grade], perhaps: Vec::new() }
}

/// The air, with values assumed for missing readings.
struct Supposing<'a> {
    air: JudgedAir,
    city: JurisdictionIndex,
    standard: &'a Standard,
    /// As it was.
    series: &'a Series,
    own: Option<u16>,
    parameters: &'a Parameters,
}

impl Supposing<'_> {
    fn possible(mut self, hours: &[SupposedHour]) -> PossibleGrades {
        let low: Vec<u16> = hours.iter().map(|it| it.low_ug_m3).collect();
        let high: Vec<u16> = hours.iter().map(|it| it.high_ug_m3).collect();
        let open = OpenHours { low: &low, high: &high, standard: self.standard };
        open.possible(|values| {
            let now = self.series.now;
            let mut own = self.own;
            for (it, value) in hours.iter().zip(values) {
                if it.hour == now {
                    own = Some(*value);
                } else {
                    let city = &mut self.air.cities[usize::from(self.city.0)];
                    city.closed.set(it.hour, Some(*value));
                }
            }
            let back_h = now.0 - self.series.first.0;
            let series = self.air.series(self.city, now, own, back_h, self.parameters);
            let (standard, parameters) = (self.standard, self.parameters);
            let unknown = Unknown::SatisfiesNothing;
            GradedSeries { series: &series, standard, parameters, unknown }.highest_grade()
        })
    }
}
