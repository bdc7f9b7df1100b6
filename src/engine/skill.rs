//! How good the forecasts in a log were: one fold over its records, no second source.
//!
//! 1. **A unit** is (maker, jurisdiction, lead day, target day). A day is its hours 01:00 to
//!    24:00. The lead day is the target day minus the day of issue: 0 is the day of issue, 1 the
//!    next one. An issue at 24:00 still belongs to the day that ends there. For each hour of the
//!    target day the newest issue of that lead day with a value counts; of two at once the
//!    higher one. Only a range has a value: "missing" has none, silence is no issue at all, and a
//!    day without any range is no unit.
//! 2. **Too late** is what was issued at or after the end of its hour, or taken in after that
//!    hour was closed: it is no forecast. Such hours are counted for each maker and not used.
//! 3. **Pairs.** An hour is a pair if it was observed, is not excluded, and has a forecast. Of
//!    an hour that late values amend the newest value counts.
//!    Hours that were over at the newest issue (so of lead day 0 alone) are known to its maker:
//!    they are pairs too, with the observed value on both sides. So lead day 0 is the whole day as
//!    its maker saw it.
//! 4. **Verified** is a unit with at least `day_min_hours` pairs. Else it is counted, never
//!    dropped: `too_few_observed` where the day has not so many observed hours, else
//!    `too_few_said`.
//! 5. **Values.** Over the pairs the mean of what was observed, of the upper and of the lower
//!    bounds, each rounded half to even to whole µg/m³, and the 24 h index of each by the index
//!    standard of the day. What counts as the forecast is the upper bound, as in grading.
//! 6. **Events.** For each grade of the standard in force in that jurisdiction on that day: of
//!    each clause the stricter of its bounds (the air that some day of it must have), of the
//!    clauses of a grade the lowest. A day is an event where its index exceeds that bound. Both:
//!    hit; observed alone: miss; forecast alone: false alarm; neither: correct negative. The
//!    durations of the law need several days and are not asked of one. A bound that two grades
//!    share makes them alike. Other bounds can be asked for.
//! 7. **Bias** is the sum of forecast minus observed over the verified days, for the upper bound
//!    and for the middle of the range; the mean is that sum through the days.
//! 8. **Range**: the observed index lies from the index of the lower to that of the upper bound.
//!    **Level**: the observed and the forecast index lie in the same level (级别) of the index.
//!
//! Where `persistence:HOURS` is the outlook of last resort it is a maker like any other: at each
//! closed hour that was decided it says the trailing 24 h mean for so many hours. By the rules of
//! the log's last rule book; jurisdictions are known by their codes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Record;
use crate::domain::{
    AirEvent, Averaging, Clause, Date, Division, Event, Fact, Forecast, Grade, Hour, HourClosed,
    IndexStandard, Intervals, JurisdictionIndex, LastResort, OutlookHour, Pollutant, RuleBook,
    Rules, Timestamp, half_even,
};

/// Hours of a day.
const DAY_H: usize = 24;

/// What a log says of its forecasts, gathered record by record.
#[derive(Clone, Debug, Default)]
pub struct Skill {
    book: Option<Arc<RuleBook>>,
    /// Bounds of the index that the caller adds to those of the grades.
    above: BTreeSet<u16>,
    /// The first and the last day that is verified; none: all.
    period: Option<(Date, Date)>,
    /// The last closed hour.
    closed: Option<Hour>,
    makers: Vec<Arc<str>>,
    /// By maker: hours with a forecast that came too late.
    too_late: Vec<u64>,
    observed: BTreeMap<(Division, Date), [Option<u16>; DAY_H]>,
    excluded: Intervals<Division>,
    said: BTreeMap<Unit, SaidDay>,
}

/// What is verified as one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Unit {
    maker: usize,
    division: Division,
    lead_day: u16,
    date: Date,
}

/// What was said of a day by issues of one day.
#[derive(Clone, Debug, Default)]
struct SaidDay {
    newest: Timestamp,
    hours: [Option<Said>; DAY_H],
}

/// What the newest issue says of an hour; later and higher ones come last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Said {
    issued_at: Timestamp,
    /// Upper and lower bound; none: it says that there is no value.
    range: Option<(u16, u16)>,
}

/// The forecasts of one maker.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MakerSkill {
    /// The jurisdiction.
    pub maker: Arc<str>,
    /// Hours that it spoke of too late; they are not in any score.
    pub hours_too_late: u64,
    /// By jurisdiction and lead day.
    pub jurisdictions: BTreeMap<Division, BTreeMap<u16, Score>>,
    /// Over all jurisdictions, by lead day.
    pub total: BTreeMap<u16, Score>,
}

/// How good some forecasts of one lead day were.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Score {
    /// Verified days.
    pub days: u64,
    /// Days of which too little was observed.
    pub too_few_observed: u64,
    /// Days of which too little was said.
    pub too_few_said: u64,
    /// Upper bound minus observed, summed over the days.
    pub bias_sum_ug_m3: i64,
    /// Middle of the range minus observed, summed over the days, in halves of a µg/m³.
    pub middle_bias_sum_halves: i64,
    /// Days with an index within the range.
    pub in_range: u64,
    /// Days with an index in the level that was forecast.
    pub in_level: u64,
    /// Hits and misses.
    pub events: BTreeMap<Threshold, Contingency>,
}

/// From where on a day is an event.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Threshold {
    /// The bound of a grade that concerns a single day.
    Grade(Grade),
    /// An index that was asked for.
    Above(u16),
}

/// Events that were forecast, and events that came.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Contingency {
    /// The lowest index of an event; several where the standards in force differ.
    pub index_from: BTreeSet<u16>,
    /// Forecast and observed.
    pub hits: u64,
    /// Observed alone.
    pub misses: u64,
    /// Forecast alone.
    pub false_alarms: u64,
    /// Neither.
    pub correct_negatives: u64,
}

impl Skill {
    /// Nothing is known yet. Events are those of the grades, and days above these indexes.
    pub fn new(above: impl IntoIterator<Item = u16>) -> Self {
        Self { above: above.into_iter().collect(), ..Self::default() }
    }

    /// Verifies the days from the first to the last alone.
    #[must_use]
    pub fn within(self, first: Date, last: Date) -> Self {
        Self { period: Some((first, last)), ..self }
    }

    /// Takes the next record of the log.
    pub fn note(&mut self, record: &Record) {
        if let Event::Fact(Fact::RuleBookAdopted(book)) = &record.event {
            self.book = Some(Arc::clone(book));
        } else if let Event::Fact(Fact::ForecastReceived(forecast)) = &record.event {
            self.note_forecast(forecast);
        } else if let Event::Air(AirEvent::HourClosed(closed)) = &record.event {
            for it in &closed.jurisdictions {
                self.observe(it.jurisdiction, closed.hour, it.pm25_ug_m3);
            }
            self.persist(closed);
            self.closed = Some(closed.hour);
        } else if let Event::Air(AirEvent::HourAmended(it)) = &record.event {
            self.observe(it.jurisdiction, it.hour, it.new_ug_m3);
        } else if let Event::Fact(Fact::IntervalExcluded(it)) = &record.event {
            let Some(division) = self.division(it.jurisdiction) else { return };
            self.excluded.push(division, it.first, it.last);
        }
    }

    /// What an hour's air was. Of an hour that is amended later the newest value counts.
    fn observe(&mut self, jurisdiction: JurisdictionIndex, hour: Hour, ug_m3: Option<u16>) {
        let Some(division) = self.division(jurisdiction) else { return };
        let day = self.observed.entry((division, hour.date())).or_default();
        day[place_in_day(hour)] = ug_m3;
    }

    fn note_forecast(&mut self, forecast: &Forecast) {
        let maker = self.maker(&forecast.maker);
        for outlook in &forecast.outlooks {
            let Some(division) = self.division(outlook.jurisdiction) else { continue };
            self.say(maker, division, forecast.issued_at, (outlook.first, &outlook.hours));
        }
    }

    /// What our own outlook of last resort says at a closed hour.
    fn persist(&mut self, closed: &HourClosed) {
        let resort =
            self.book.as_ref().map(|it| it.rules.parameters.outlooks.outlook_of_last_resort);
        let Some(LastResort::Persistence(for_h)) = resort.filter(|_| !closed.stale) else { return };
        let maker = self.maker(&format!("persistence:{for_h}").into());
        for it in &closed.jurisdictions {
            let (Some(mean), Some(division)) = (it.mean_24h_ug_m3, self.division(it.jurisdiction))
            else {
                continue;
            };
            let says = OutlookHour::Range { lower_ug_m3: mean, upper_ug_m3: mean };
            let hours = vec![says; usize::from(for_h)];
            self.say(maker, division, closed.hour.end(), (closed.hour.plus(1), &hours));
        }
    }

    /// What one issue says of consecutive hours.
    fn say(
        &mut self,
        maker: usize,
        division: Division,
        issued_at: Timestamp,
        (first, mut hours): (Hour, &[OutlookHour]),
    ) {
        let issued_on = issued_at.hour_at_or_after().date();
        let mut hour = first;
        while !hours.is_empty() {
            let date = hour.date();
            let (today, rest) = hours.split_at(hours.len().min(DAY_H - place_in_day(hour)));
            let each = today.iter().zip((hour.0..).map(Hour)).filter_map(|(says, hour)| {
                let range = match *says {
                    OutlookHour::Silent => return None,
                    OutlookHour::Missing => None,
                    OutlookHour::Range { lower_ug_m3, upper_ug_m3 } => {
                        Some((upper_ug_m3, lower_ug_m3))
                    }
                };
                Some((hour, Said { issued_at, range }))
            });
            let in_time = |hour: &Hour| {
                issued_at < hour.end() && self.closed.is_none_or(|closed| closed < *hour)
            };
            let (said, late): (Vec<_>, Vec<_>) = each.partition(|(hour, _)| in_time(hour));
            self.too_late[maker] += late.iter().filter(|(_, it)| it.range.is_some()).count() as u64;
            if let Ok(lead_day) = u16::try_from(date.0 - issued_on.0)
                && !said.is_empty()
            {
                let unit = Unit { maker, division, lead_day, date };
                let day = self.said.entry(unit).or_default();
                day.newest = day.newest.max(issued_at);
                for (hour, it) in said {
                    let slot = &mut day.hours[place_in_day(hour)];
                    *slot = (*slot).max(Some(it));
                }
            }
            hour = hour.plus(i32::try_from(today.len()).unwrap_or(i32::MAX));
            hours = rest;
        }
    }

    /// What all makers were worth, by name.
    pub fn makers(&self) -> Vec<MakerSkill> {
        let by_maker = |(maker, name): (usize, &Arc<str>)| MakerSkill {
            maker: Arc::clone(name),
            hours_too_late: self.too_late[maker],
            jurisdictions: BTreeMap::new(),
            total: BTreeMap::new(),
        };
        let mut makers: Vec<_> = self.makers.iter().enumerate().map(by_maker).collect();
        let Some(book) = &self.book else { return makers };
        let is_within =
            |it: &Unit| self.period.is_none_or(|(first, last)| (first..=last).contains(&it.date));
        let units = self.said.iter().filter(|(unit, it)| it.has_range() && is_within(unit));
        for (unit, said) in units {
            let maker = &mut makers[unit.maker];
            let of_jurisdiction = maker.jurisdictions.entry(unit.division).or_default();
            let scores = [
                of_jurisdiction.entry(unit.lead_day).or_default(),
                maker.total.entry(unit.lead_day).or_default(),
            ];
            let verified = self.verified(*unit, said, &book.rules);
            for score in scores {
                score.add(&verified);
            }
        }
        makers.sort_by(|a, b| a.maker.cmp(&b.maker));
        makers
    }

    fn verified(&self, unit: Unit, said: &SaidDay, rules: &Rules) -> Verified {
        let day_min_hours = rules.parameters.means.day_min_hours;
        let observed = self.observed.get(&(unit.division, unit.date)).copied().unwrap_or_default();
        let (mut valid, mut pairs) = (0_usize, Vec::with_capacity(DAY_H));
        for (at, observed) in observed.iter().enumerate() {
            let hour = hour_of_day(unit.date, at);
            let excluded = self.excluded.any(&unit.division, hour, hour);
            let Some(observed) = observed.filter(|_| !excluded) else {
                continue;
            };
            valid += 1;
            let was_over = hour.end() <= said.newest;
            match said.hours[at].and_then(|it| it.range) {
                Some((upper, lower)) => pairs.push([observed, upper, lower]),
                None if was_over => pairs.push([observed; 3]),
                None => {}
            }
        }
        if valid < day_min_hours {
            return Verified::TooFewObserved;
        }
        if pairs.len() < day_min_hours || pairs.is_empty() {
            return Verified::TooFewSaid;
        }
        let mean = |of: usize| {
            let sum: i64 = pairs.iter().map(|it| i64::from(it[of])).sum();
            half_even(sum, i64::try_from(pairs.len()).unwrap_or(i64::MAX))
        };
        let [observed, upper, lower] = [0, 1, 2].map(mean);
        let standard = rules.index(unit.date).or(rules.indexes.first());
        let [index, index_upper, index_lower] =
            [observed, upper, lower].map(|it| standard.map_or(0, |to| index_24h(to, it)));
        let level = |index: u16| standard.map_or(0, |it| it.level(index));
        let events = self
            .thresholds(unit, rules)
            .into_iter()
            .map(|(threshold, from)| (threshold, from, index_upper >= from, index >= from));
        Verified::Day {
            bias_ug_m3: upper - observed,
            middle_bias_halves: upper + lower - 2 * observed,
            in_range: (index_lower..=index_upper).contains(&index),
            in_level: level(index) == level(index_upper),
            events: events.collect(),
        }
    }

    /// Each kind of event, and the lowest index that is one.
    fn thresholds(&self, unit: Unit, rules: &Rules) -> Vec<(Threshold, u16)> {
        let mut all = BTreeMap::new();
        for clause in clauses(unit, rules) {
            let from = stricter_bound(clause);
            let lowest = all.entry(Threshold::Grade(clause.grade)).or_insert(from);
            *lowest = from.min(*lowest);
        }
        all.extend(self.above.iter().map(|it| (Threshold::Above(*it), it.saturating_add(1))));
        all.into_iter().collect()
    }

    fn division(&self, jurisdiction: JurisdictionIndex) -> Option<Division> {
        let known = &self.book.as_ref()?.rules.jurisdictions;
        known.get(usize::from(jurisdiction.0)).map(|it| it.division)
    }

    fn maker(&mut self, name: &Arc<str>) -> usize {
        let known = self.makers.iter().position(|it| it == name);
        known.unwrap_or_else(|| {
            self.makers.push(Arc::clone(name));
            self.too_late.push(0);
            self.makers.len() - 1
        })
    }
}

impl SaidDay {
    fn has_range(&self) -> bool {
        self.hours.iter().flatten().any(|it| it.range.is_some())
    }
}

/// What became of a unit.
enum Verified {
    TooFewObserved,
    TooFewSaid,
    Day {
        bias_ug_m3: i64,
        middle_bias_halves: i64,
        in_range: bool,
        in_level: bool,
        /// Whether the event was forecast, and whether it was observed.
        events: Vec<(Threshold, u16, bool, bool)>,
    },
}

impl Score {
    /// Days that could not be verified.
    pub fn not_verified(&self) -> u64 {
        self.too_few_observed + self.too_few_said
    }

    fn add(&mut self, verified: &Verified) {
        match verified {
            Verified::TooFewObserved => self.too_few_observed += 1,
            Verified::TooFewSaid => self.too_few_said += 1,
            Verified::Day { bias_ug_m3, middle_bias_halves, in_range, in_level, events } => {
                self.days += 1;
                self.bias_sum_ug_m3 += bias_ug_m3;
                self.middle_bias_sum_halves += middle_bias_halves;
                self.in_range += u64::from(*in_range);
                self.in_level += u64::from(*in_level);
                for (threshold, from, forecast, observed) in events {
                    let counts = self.events.entry(*threshold).or_default();
                    counts.index_from.insert(*from);
                    *match (forecast, observed) {
                        (true, true) => &mut counts.hits,
                        (false, true) => &mut counts.misses,
                        (true, false) => &mut counts.false_alarms,
                        (false, false) => &mut counts.correct_negatives,
                    } += 1;
                }
            }
        }
    }
}

impl Contingency {
    /// Of the observed events those that were forecast: part and whole.
    pub fn probability_of_detection(&self) -> (u64, u64) {
        (self.hits, self.hits + self.misses)
    }

    /// Of the forecast events those that did not come.
    pub fn false_alarm_ratio(&self) -> (u64, u64) {
        (self.false_alarms, self.hits + self.false_alarms)
    }

    /// Of all events, forecast or observed, those that were both.
    pub fn threat_score(&self) -> (u64, u64) {
        (self.hits, self.hits + self.misses + self.false_alarms)
    }
}

/// Those of the standard in force for the jurisdiction on the day.
fn clauses(unit: Unit, rules: &Rules) -> &[Clause] {
    let place = rules
        .jurisdictions
        .iter()
        .position(|it| it.division == unit.division)
        .and_then(|it| u16::try_from(it).ok())
        .map(JurisdictionIndex);
    let standard = place.and_then(|it| rules.standard(it, unit.date));
    standard.map_or(&[], |it| &it.clauses)
}

/// The lowest index above the stricter bound of a clause.
fn stricter_bound(clause: &Clause) -> u16 {
    let within = clause.within.map_or(0, |it| it.bound.lowest());
    clause.main.bound.lowest().max(within)
}

/// The 24 h index of whole µg/m³.
fn index_24h(standard: &IndexStandard, ug_m3: i64) -> u16 {
    let scale = standard.scale(Pollutant::Pm25, Averaging::Hour24);
    scale.map_or(0, |it| it.index(i32::try_from(ug_m3 * 10).unwrap_or(i32::MAX)))
}

/// 0 for the hour 01:00, 23 for 24:00.
fn place_in_day(hour: Hour) -> usize {
    (hour.of_day() as usize + DAY_H - 1) % DAY_H
}

fn hour_of_day(date: Date, place: usize) -> Hour {
    let hour = u32::try_from(place + 1).unwrap_or(0);
    Hour::of_beijing(date, hour).unwrap_or_default()
}
