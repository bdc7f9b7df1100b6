//! On what a decision rests: the same arithmetic as the closing, laid open for people.

use std::sync::Arc;

use crate::domain::air::series::{AIRSHED_MEAN, Origin, PERSISTENCE, Series};
use crate::domain::airshed::Airshed;
use crate::domain::hour_decision::Closing;
use crate::domain::rules::lookup::index_of;
use crate::domain::warning::episode::{Chain, Reading, Unknown};
use crate::domain::{
    Bound, Clause, Condition, Flag, Grade, Hour, HourClosed, IndexStandard, InsufficientAs,
    JurisdictionIndex, LastResort, MISSING, Pollutant, Standard, StationIndex, Tenths, Window,
};

/// What was known of one jurisdiction at a closing, and what followed from it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Look {
    /// Whose air.
    pub jurisdiction: JurisdictionIndex,
    /// Its mean of the hour, whole µg/m³.
    pub pm25_ug_m3: Option<u16>,
    /// The index of that mean.
    pub index_1h: Option<u16>,
    /// Every station of the jurisdiction, by rising code.
    pub stations: Vec<StationLook>,
    /// The series, oldest hour first: what was known, and what was foreseen.
    pub hours: Vec<HourLook>,
    /// The index standard in force.
    pub index: Option<IndexStandard>,
    /// The grading standard in force; none where none is, or where the hour is stale.
    pub standard: Option<Standard>,
    /// Each of its clauses, in its order.
    pub clauses: Vec<ClauseLook>,
    /// The current episode.
    pub episode: Option<EpisodeLook>,
    /// Hours after the decision hour that are spoken for without a gap.
    pub reach_h: i32,
}

/// One station at an hour.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StationLook {
    /// Which one.
    pub station: StationIndex,
    /// The value that stands, in tenths of a µg/m³.
    pub tenths: Option<Tenths>,
    /// What is suspicious about it.
    pub flag: Option<Flag>,
    /// Why it is not in the mean; none where it is.
    pub left_out: Option<LeftOut>,
}

/// Why a station is not in its city's mean.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LeftOut {
    /// It is a background point.
    ControlPoint,
    /// It does not live at that hour, or its successor does.
    NotLive,
    /// It said that it has no value, or all that it said was refused.
    ReportedMissing,
    /// It said nothing that could be used.
    NotReported,
    /// Its value is suspicious, and such values are not used.
    Flagged,
}

impl LeftOut {
    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ControlPoint => "control_point",
            Self::NotLive => "not_live",
            Self::ReportedMissing => "reported_missing",
            Self::NotReported => "not_reported",
            Self::Flagged => "flagged",
        }
    }
}

/// One hour of the series.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HourLook {
    /// Which one.
    pub hour: Hour,
    /// Its value, whole µg/m³.
    pub ug_m3: Option<u16>,
    /// Who foresaw it; none where it was observed.
    pub maker: Option<Arc<str>>,
    /// It does not count.
    pub excluded: bool,
}

/// A clause against the series.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClauseLook {
    /// Its grade, name and wording.
    pub clause: Clause,
    /// Whether a chain satisfies it.
    pub holds: bool,
    /// The longest condition, and the one within it.
    pub conditions: Vec<ConditionLook>,
}

/// A condition against the chain that satisfies it, or that comes nearest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConditionLook {
    /// What is asked.
    pub condition: Condition,
    /// Whether this chain satisfies it.
    pub holds: bool,
    /// The windows of the chain, oldest first; none where one is not known.
    pub windows: Vec<(Hour, Option<Window>)>,
    /// The lowest mean whose index exceeds the bound, whole µg/m³, at the chain's last window.
    pub exceeds_from_ug_m3: Option<u16>,
    /// The lowest window's mean minus that: how far it could fall and still hold, or, below
    /// zero, how far it would have to rise. None where a window is not known.
    pub margin_ug_m3: Option<i32>,
}

/// The current episode.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EpisodeLook {
    /// Its grade.
    pub grade: Grade,
    /// When it begins, as an instant.
    pub begin: Hour,
    /// Its last bad hour.
    pub end: Hour,
    /// The clause that names the grade.
    pub clause: Arc<str>,
}

impl Airshed {
    /// Looks at one jurisdiction as the closing of an hour saw it. The state is the one that the
    /// closing met: that hour is the next to close.
    pub fn look(&self, closed: &HourClosed, jurisdiction: JurisdictionIndex) -> Option<Look> {
        let rules = self.rules()?;
        if !self.derived.members.contains(&jurisdiction) {
            return None;
        }
        let (hour, clock, stale) = (closed.hour, closed.closed_at, closed.stale);
        let air = self.air(hour);
        let closing = Closing { airshed: self, judged: self, rules, air, hour, clock, stale };
        let member = closing.member(jurisdiction);
        let pm25_ug_m3 = member.mean.pm25_ug_m3;
        let index = rules.index(hour.date()).or(rules.indexes.first()).cloned();
        let mut look = Look {
            jurisdiction,
            pm25_ug_m3,
            index_1h: pm25_ug_m3.map(|it| index_of(self.derived.table(hour), it)),
            stations: self.station_looks(
                jurisdiction,
                hour,
                &member.mean.left_out,
                &member.mean.flagged,
            ),
            hours: Vec::new(),
            index,
            standard: member.standard.cloned(),
            clauses: Vec::new(),
            episode: None,
            reach_h: 0,
        };
        let Some(standard) = member.standard else { return Some(look) };
        // Where the air is harmless the closing builds no series; people may still want to see it.
        let series = closing.series(&member);
        let reading = Reading {
            series,
            standard,
            parameters: &rules.parameters,
            unknown: Unknown::SatisfiesNothing,
        };
        look.hours = self.hour_looks(series);
        look.reach_h = series.reach_h;
        look.clauses = self.clause_looks(&reading);
        let episode = member.verdict.episode;
        look.episode = episode.and_then(|it| {
            let clause = standard.clauses.get(it.named.clause)?;
            let (grade, begin, end) = (it.grade, it.begin, it.end);
            Some(EpisodeLook { grade, begin, end, clause: Arc::clone(&clause.id) })
        });
        Some(look)
    }

    fn station_looks(
        &self,
        jurisdiction: JurisdictionIndex,
        hour: Hour,
        left_out: &[StationIndex],
        flagged: &[(StationIndex, Flag)],
    ) -> Vec<StationLook> {
        let (Some(rules), Some(cells)) = (self.rules(), &self.cells) else { return Vec::new() };
        let own = self.derived.stations.get(usize::from(jurisdiction.0));
        let counting = self.derived.counting(hour);
        let look = |station: &StationIndex| {
            let cell = cells.get(hour, Pollutant::Pm25, *station);
            let control =
                rules.stations.get(usize::from(station.0)).is_some_and(|it| it.control_point);
            let flag = flagged.iter().find(|it| it.0 == *station).map(|it| it.1);
            let why = if control {
                Some(LeftOut::ControlPoint)
            } else if !counting.have(*station) {
                Some(LeftOut::NotLive)
            } else if cell.tenths == MISSING {
                Some(if cell.reported { LeftOut::ReportedMissing } else { LeftOut::NotReported })
            } else {
                left_out.contains(station).then_some(LeftOut::Flagged)
            };
            let tenths = (cell.tenths != MISSING).then_some(cell.tenths);
            StationLook { station: *station, tenths, flag, left_out: why }
        };
        own.into_iter().flatten().map(look).collect()
    }

    fn hour_looks(&self, series: &Series) -> Vec<HourLook> {
        let hours = (series.first.0..).map(Hour).zip(&series.hours);
        let look = |(hour, it): (Hour, &crate::domain::air::series::SeriesHour)| {
            let maker = match it.origin {
                Origin::Outlook(PERSISTENCE) => Some(self.last_resort()),
                Origin::Outlook(AIRSHED_MEAN) => Some(InsufficientAs::AirshedMean.name().into()),
                Origin::Outlook(maker) => {
                    Some(self.outlooks.maker(maker).map_or_else(|| "unknown".into(), Arc::clone))
                }
                Origin::Observed | Origin::Missing | Origin::Unspoken => None,
            };
            let ug_m3 = it.has_value().then_some(it.ug_m3);
            HourLook { hour, ug_m3, maker, excluded: it.excluded }
        };
        hours.map(look).collect()
    }

    fn last_resort(&self) -> Arc<str> {
        match self.rules().map(|it| it.parameters.outlooks.outlook_of_last_resort) {
            Some(LastResort::Persistence(for_h)) => format!("persistence:{for_h}").into(),
            Some(LastResort::None) | None => "persistence".into(),
        }
    }

    fn clause_looks(&self, reading: &Reading<'_>) -> Vec<ClauseLook> {
        let (now, last) = (reading.series.now, reading.series.last());
        let mut chains = reading.chains(now, last);
        chains.retain(|it| it.end >= now);
        let clauses = reading.standard.clauses.iter().enumerate();
        let look = |(place, clause): (usize, &Clause)| {
            let satisfied = chains.iter().filter(|it: &&Chain| it.clause == place);
            let satisfied = satisfied.map(|it| it.last_window).min();
            let main = match satisfied {
                Some(end) => self.condition_look(reading.series, clause.main, end),
                None => self.nearest(reading.series, clause.main, now..=last),
            };
            let end = main.windows.last().map_or(now, |it| it.0);
            let mut conditions = vec![main];
            if let Some(within) = clause.within {
                let earlier_h = i32::from(clause.main.windows) - i32::from(within.windows);
                let from = end.plus(-24 * earlier_h.max(0));
                conditions.push(self.nearest(reading.series, within, from..=end));
            }
            ClauseLook { clause: clause.clone(), holds: satisfied.is_some(), conditions }
        };
        clauses.map(look).collect()
    }

    /// The chain whose lowest window is highest; the first of several.
    fn nearest(
        &self,
        series: &Series,
        condition: Condition,
        ends: std::ops::RangeInclusive<Hour>,
    ) -> ConditionLook {
        let looks = (ends.start().0..=ends.end().0)
            .map(|end| self.condition_look(series, condition, Hour(end)));
        let better = |best: ConditionLook, it: ConditionLook| {
            if it.margin_ug_m3 > best.margin_ug_m3 { it } else { best }
        };
        let first = self.condition_look(series, condition, *ends.start());
        looks.fold(first, better)
    }

    fn condition_look(&self, series: &Series, condition: Condition, end: Hour) -> ConditionLook {
        let first = end.0 - 24 * (i32::from(condition.windows) - 1);
        let ends = (first..=end.0).step_by(24).map(Hour);
        let windows: Vec<_> = ends.map(|end| (end, series.window(end))).collect();
        let lowest = windows.iter().map(|(_, it)| it.map(|it| it.mean_ug_m3)).min().flatten();
        let exceeds_from_ug_m3 = self.exceeds_from(condition.bound, end);
        let margin = lowest.zip(exceeds_from_ug_m3);
        ConditionLook {
            condition,
            holds: windows
                .iter()
                .all(|(_, it)| it.is_some_and(|it| condition.bound.exceeded_by(it.index))),
            windows,
            exceeds_from_ug_m3,
            margin_ug_m3: margin.map(|(lowest, from)| i32::from(lowest) - i32::from(from)),
        }
    }

    fn exceeds_from(&self, bound: Bound, hour: Hour) -> Option<u16> {
        let table = self.derived.table(hour);
        let place = table.partition_point(|index| !bound.exceeded_by(*index));
        u16::try_from(place).ok().filter(|_| place < table.len())
    }
}
