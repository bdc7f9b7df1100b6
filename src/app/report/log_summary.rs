//! The summary of a log: the index of every hour, the warnings, the order sets.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::{
    ActKind, AirEvent, CourseStep, Date, Division, Event, Fact, Grade, Hour, HourClosed,
    JurisdictionIndex, OrderAct, OrderSet, Outcome, Pollutant, Reading, Reason, ResponseEvent,
    RuleBook, Tenths, Timestamp, WarningAct, WarningCourse, WarningEvent,
};
use crate::engine::Entry;
use crate::engine::cooperation::{Scores, Scoring};
#[cfg(test)]
use crate::engine::{BookInForce, Record};

use super::answers::AnswerMark;

/// The summary of a log, folded record by record. Tables and pictures are made from it alone.
#[derive(Debug, Default)]
pub(in crate::app) struct LogSummary {
    book: Option<Arc<RuleBook>>,
    first: Option<Hour>,
    last: Option<Hour>,
    /// The 24 h index by jurisdiction, with one value for each hour from `first` on.
    index: BTreeMap<Division, Vec<Option<u16>>>,
    /// The index of each single hour, in the same way.
    hourly: BTreeMap<Division, Vec<Option<u16>>>,
    warnings: Vec<Warning>,
    sets: Vec<SetMark>,
    answers: Vec<AnswerMark>,
    readings: u64,
    taken: u64,
    missing: u64,
    repeated: u64,
    refused: BTreeMap<Reason, u64>,
    last_position: Option<u64>,
    /// How bodies answered, if the log began with a rule book that asks them.
    scoring: Option<Scoring>,
    is_cut: bool,
}

/// One warning from its issue to its lift.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::app) struct Warning {
    /// The jurisdiction.
    pub(in crate::app) division: Division,
    /// The number of the warning in its jurisdiction.
    pub(in crate::app) number: u32,
    /// The time of the decision.
    pub(in crate::app) announced_at: Timestamp,
    /// Its grades over time.
    pub(in crate::app) course: WarningCourse,
    /// Start minus decision, as recorded with the issue.
    pub(in crate::app) lead_time_h: i32,
    /// The standard by which it was issued.
    pub(in crate::app) standard: Arc<str>,
}

/// One order set: its time and the jurisdictions that it binds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::app) struct SetMark {
    pub(in crate::app) epoch: u64,
    pub(in crate::app) decided_at: Timestamp,
    pub(in crate::app) linked: bool,
    pub(in crate::app) orders: Vec<(Division, OrderAct, Grade)>,
}

/// A member of the airshed: a row of the picture and of the table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::app) struct MemberRow {
    pub(in crate::app) division: Division,
    pub(in crate::app) name: Arc<str>,
    pub(in crate::app) name_zh: Arc<str>,
    /// The Chinese name of the jurisdiction that it follows.
    pub(in crate::app) follows_zh: Option<Arc<str>>,
}

/// The short Chinese name: without 市 (city) or 新区 (new area).
pub(in crate::app) fn short_zh(name: &str) -> &str {
    let short = name.strip_suffix('市').or_else(|| name.strip_suffix("新区"));
    short.unwrap_or(name)
}

/// Sets one value of a series, and extends the series if necessary.
fn put(series: &mut Vec<Option<u16>>, at: usize, value: Option<u16>) {
    if series.len() <= at {
        series.resize(at + 1, None);
    }
    series[at] = value;
}

impl Warning {
    /// The highest grade of the warning.
    pub(in crate::app) fn highest(&self) -> Grade {
        self.course.steps().iter().map(|step| step.grade).max().unwrap_or_default()
    }

    /// Its grades in time: each is in force until the next one begins.
    pub(in crate::app) fn steps(&self) -> Vec<CourseStep> {
        let mut steps = self.course.steps().to_vec();
        steps.dedup_by_key(|it| it.grade);
        steps
    }

    /// When it was lifted; none while it is open.
    pub(in crate::app) fn lifted(&self) -> Option<Hour> {
        self.course.lifted_at()
    }
}

impl LogSummary {
    /// Everything that a log says, from its first record on.
    #[cfg(test)]
    pub(in crate::app) fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let (mut summary, mut book) = (Self::default(), BookInForce::default());
        for record in records {
            summary.note(&book.entry(record.clone()));
        }
        summary
    }

    /// Gives every hour of a jurisdiction the same index.
    #[cfg(test)]
    pub(in crate::app) fn fill_hourly(&mut self, division: Division, index: u16) {
        let hours = self.index(division).len();
        self.hourly.insert(division, vec![Some(index); hours]);
    }

    /// Adds an order set.
    #[cfg(test)]
    pub(in crate::app) fn push_set(&mut self, set: SetMark) {
        self.sets.push(set);
    }

    /// Takes one more record of the log.
    pub(in crate::app) fn note(&mut self, entry: &Entry) {
        let record = &entry.record;
        if self.book.is_none() && entry.rules().is_some_and(|it| it.cooperation.is_some()) {
            self.scoring = Some(Scoring::of_all_days());
        }
        self.book.clone_from(&entry.book);
        if let Some(scoring) = &mut self.scoring {
            scoring.note(entry);
        }
        self.last_position = Some(record.position.0);
        match &record.event {
            Event::Air(AirEvent::HourClosed(closed)) => self.note_hour(closed),
            Event::Warning(WarningEvent::WarningDecided(act)) => self.note_act(act),
            Event::Response(ResponseEvent::OrderSetIssued(set)) => self.note_set(set),
            Event::Fact(Fact::InputRefused(refusal)) => {
                *self.refused.entry(refusal.reason).or_default() += refusal.count;
            }
            Event::Fact(Fact::ReadingsReceived(batch)) => {
                self.readings += u64::try_from(batch.readings.len()).unwrap_or(u64::MAX);
                self.note_outcomes(&batch.readings);
            }
            Event::Fact(
                Fact::RuleBookAdopted(_)
                | Fact::StreamsJoined(_)
                | Fact::Ticked(_)
                | Fact::ForecastReceived(_)
                | Fact::IntervalExcluded(_)
                | Fact::CommandGiven(_),
            )
            | Event::Station(_)
            | Event::Air(AirEvent::HourAmended(_) | AirEvent::DataInsufficient(_))
            | Event::Warning(WarningEvent::ReviewDue(_) | WarningEvent::SameAirUnlikeGrade(_))
            | Event::Response(
                ResponseEvent::OrderConfirmedByAmendment(_) | ResponseEvent::OrderAmended(_),
            ) => {}
            Event::Cooperation(event) => self.answers.extend(AnswerMark::of(event)),
        }
    }

    /// How bodies answered; none if the log began with rules that ask them for nothing.
    pub(in crate::app) fn scores(&self) -> Option<Scores> {
        self.scoring.clone().map(Scoring::finish)
    }

    fn note_outcomes(&mut self, readings: &[Reading]) {
        for reading in readings {
            match reading.outcome {
                Outcome::Taken | Outcome::Replaces => self.taken += 1,
                Outcome::ReportedMissing => self.missing += 1,
                Outcome::Duplicate => self.repeated += 1,
                // These are counted as refused.
                Outcome::NotPositive
                | Outcome::AboveCeiling
                | Outcome::NotLive
                | Outcome::Conflicting
                | Outcome::Late => {}
            }
        }
    }

    fn note_hour(&mut self, closed: &HourClosed) {
        let first = *self.first.get_or_insert(closed.hour);
        self.last = self.last.max(Some(closed.hour));
        let at = usize::try_from(closed.hour.0 - first.0).unwrap_or(0);
        for city in &closed.jurisdictions {
            let division = self.division(city.jurisdiction);
            put(self.index.entry(division).or_default(), at, city.index_24h);
            let hourly = city.pm25_ug_m3.and_then(|it| self.hourly_index(closed.hour, it));
            put(self.hourly.entry(division).or_default(), at, hourly);
        }
    }

    fn hourly_index(&self, hour: Hour, pm25_ug_m3: u16) -> Option<u16> {
        let standard = self.book.as_ref()?.rules.index(hour.date())?;
        let value = (Pollutant::Pm25, Tenths::from(pm25_ug_m3) * 10);
        standard.hourly_aqi([value]).map(|it| it.index)
    }

    /// The part between two hours. Without one of them, from the beginning or to the end.
    pub(in crate::app) fn between(mut self, from: Option<Hour>, to: Option<Hour>) -> Self {
        let Some((first, last)) = self.span() else { return self };
        let (begin, end) = (from.unwrap_or(first).max(first), to.unwrap_or(last).min(last));
        let before = usize::try_from(begin.0 - first.0).unwrap_or(0);
        let hours = usize::try_from(end.0 - begin.0 + 1).unwrap_or(0);
        for series in self.index.values_mut().chain(self.hourly.values_mut()) {
            *series = series.iter().skip(before).take(hours).copied().collect();
        }
        let is_seen = |it: &Warning| {
            it.announced_at <= end.end() && it.lifted().is_none_or(|lifted| begin.plus(-1) < lifted)
        };
        self.warnings.retain(is_seen);
        let moments = begin.plus(-1).end()..=end.end();
        self.sets.retain(|it| moments.contains(&it.decided_at));
        self.answers.retain(|it| moments.contains(&it.at));
        (self.first, self.last) = (Some(begin), Some(end));
        self.is_cut |= to.is_some();
        self
    }

    /// Whether the end was cut off.
    pub(in crate::app) fn is_cut(&self) -> bool {
        self.is_cut
    }

    fn note_act(&mut self, act: &WarningAct) {
        let division = self.division(act.warning.jurisdiction);
        if act.kind == ActKind::Issue {
            self.warnings.push(Warning {
                division,
                number: act.warning.number,
                announced_at: act.decided_at,
                course: WarningCourse::default(),
                lead_time_h: act.lead_time_h,
                standard: Arc::clone(&act.standard),
            });
        }
        let Some(change) = act.change(self.book.as_ref().map(|it| &it.rules)) else { return };
        let open = self
            .warnings
            .iter_mut()
            .rev()
            .find(|it| it.division == division && it.number == act.warning.number);
        if let Some(warning) = open {
            warning.course.apply(change, self.last_position.unwrap_or_default());
        }
    }

    fn note_set(&mut self, set: &OrderSet) {
        let orders = set
            .orders
            .iter()
            .map(|order| (self.division(order.jurisdiction), order.act, order.grade));
        self.sets.push(SetMark {
            epoch: set.epoch,
            decided_at: set.decided_at,
            linked: set.linked,
            orders: orders.collect(),
        });
    }

    /// The code of a jurisdiction in the rule book in force. Without a rule book, its index.
    fn division(&self, index: JurisdictionIndex) -> Division {
        let book = self.book.as_ref();
        let named = book.and_then(|it| it.rules.jurisdictions.get(usize::from(index.0)));
        named.map_or(Division(u32::from(index.0)), |it| it.division)
    }

    /// Name of the airshed.
    pub(in crate::app) fn airshed(&self) -> &str {
        self.book.as_ref().map_or("", |book| &book.rules.airshed)
    }

    /// The members in the newest rule book, by rising code.
    pub(in crate::app) fn members(&self) -> Vec<MemberRow> {
        let Some(book) = &self.book else { return Vec::new() };
        let all = &book.rules.jurisdictions;
        let leader = |index: JurisdictionIndex| all.get(usize::from(index.0));
        let member = all.iter().map(|it| MemberRow {
            division: it.division,
            name: Arc::clone(&it.name),
            name_zh: short_zh(&it.name_zh).into(),
            follows_zh: it.follows.and_then(leader).map(|it| short_zh(&it.name_zh).into()),
        });
        member.collect()
    }

    /// First and last closed hour.
    pub(in crate::app) fn span(&self) -> Option<(Hour, Hour)> {
        self.first.zip(self.last)
    }

    /// The 24 h index of one jurisdiction, one value an hour from the first closed hour on.
    pub(in crate::app) fn index(&self, division: Division) -> &[Option<u16>] {
        self.index.get(&division).map_or(&[], Vec::as_slice)
    }

    /// The index of each hour alone, in the same way.
    pub(in crate::app) fn hourly(&self, division: Division) -> &[Option<u16>] {
        self.hourly.get(&division).map_or(&[], Vec::as_slice)
    }

    /// All warnings, in the order in which they were issued.
    pub(in crate::app) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// All order sets, oldest first.
    pub(in crate::app) fn sets(&self) -> &[SetMark] {
        &self.sets
    }

    /// Acknowledgements and escalations, oldest first.
    pub(in crate::app) fn answers(&self) -> &[AnswerMark] {
        &self.answers
    }

    /// Values that came with readable rows.
    pub(in crate::app) fn readings(&self) -> u64 {
        self.readings
    }

    /// Values that were taken.
    pub(in crate::app) fn taken(&self) -> u64 {
        self.taken
    }

    /// Values that their station reports as missing.
    pub(in crate::app) fn missing(&self) -> u64 {
        self.missing
    }

    /// Values that had been taken before.
    pub(in crate::app) fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Values that were not taken, by reason.
    pub(in crate::app) fn refused(&self) -> &BTreeMap<Reason, u64> {
        &self.refused
    }

    /// Records of the log.
    pub(in crate::app) fn records(&self) -> u64 {
        self.last_position.map_or(0, |position| position + 1)
    }

    /// Names of the standards in force anywhere in the airshed during the log, oldest first.
    pub(in crate::app) fn standards(&self) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        let divisions = self.members().len();
        for place in (0..u16::try_from(divisions).unwrap_or(0)).map(JurisdictionIndex) {
            for (standard, _) in self.standards_of(place) {
                if !names.contains(&standard) {
                    names.push(standard);
                }
            }
        }
        names
    }

    /// The bounds of the clauses in force for a jurisdiction during the log, rising.
    pub(in crate::app) fn bounds(&self, division: Division) -> Vec<u16> {
        let members = self.members();
        let place = members.iter().position(|it| it.division == division);
        let Some(place) = place.and_then(|it| u16::try_from(it).ok()) else { return Vec::new() };
        let standards = self.standards_of(JurisdictionIndex(place));
        let mut bounds: Vec<u16> = standards.into_iter().flat_map(|(_, bounds)| bounds).collect();
        bounds.sort_unstable();
        bounds.dedup();
        bounds
    }

    /// The standards of one jurisdiction during the log, each with the bounds of its clauses.
    fn standards_of(&self, place: JurisdictionIndex) -> Vec<(Arc<str>, Vec<u16>)> {
        let (Some(book), Some((first, last))) = (&self.book, self.span()) else {
            return Vec::new();
        };
        let mut found: Vec<(Arc<str>, Vec<u16>)> = Vec::new();
        for date in (first.date().0..=last.date().0).map(Date) {
            let Some(standard) = book.rules.standard(place, date) else { continue };
            if found.iter().any(|(id, _)| *id == standard.id) {
                continue;
            }
            let conditions = standard.clauses.iter().flat_map(|it| [Some(it.main), it.within]);
            // "Above 200" and "at least 500" are drawn at 200 and 500.
            let bounds = conditions.flatten().map(|it| match it.bound {
                crate::domain::Bound::Above(bound) | crate::domain::Bound::AtLeast(bound) => bound,
            });
            found.push((Arc::clone(&standard.id), bounds.collect()));
        }
        found
    }
}
