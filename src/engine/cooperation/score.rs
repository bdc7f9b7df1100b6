//! How well bodies answered in a period: one fold over a log, no second source.
//!
//! A thing belongs to the period in which its deadline lies, as that stood last, and to its owner
//! at that deadline; a duty belongs to its day. What is neither answered nor due yet is counted as
//! not due yet. What is left out of a score is counted with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::days::{Day, Days};
use super::ledger::{Asked, End, Ledger};
use crate::domain::cooperation::{Body, ObjectionOutcome, ObjectionState, What};
use crate::domain::{
    Airshed, CooperationEvent, Date, Event, Fact, Grade, HOUR_MS, Timestamp, half_even,
};
use crate::engine::Entry;

/// A share of things that were done as they should be.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ScoreKind {
    /// Orders acknowledged in time, of those due.
    AcknowledgedInTime,
    /// Days reported completely in time, of those with duties.
    ReportedInTime,
    /// Duties of which the last report is full and not refuted, of all.
    Executed,
    /// Duties that another body confirmed, of all.
    Verified,
    /// Objections upheld, also in part, of those decided.
    ObjectionsUpheld,
    /// Summons answered in time, of all.
    WhistleInTime,
    /// Matters of cases answered in time, of those due.
    CasesInTime,
    /// Days with a signed consultation, of those that required one.
    Consulted,
}

impl ScoreKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::AcknowledgedInTime,
        Self::ReportedInTime,
        Self::Executed,
        Self::Verified,
        Self::ObjectionsUpheld,
        Self::WhistleInTime,
        Self::CasesInTime,
        Self::Consulted,
    ];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AcknowledgedInTime => "acknowledged_in_time",
            Self::ReportedInTime => "reported_in_time",
            Self::Executed => "executed",
            Self::Verified => "verified",
            Self::ObjectionsUpheld => "objections_upheld",
            Self::WhistleInTime => "whistle_in_time",
            Self::CasesInTime => "cases_in_time",
            Self::Consulted => "consulted",
        }
    }

    /// What is left out of it.
    pub fn left_out(self) -> Option<&'static str> {
        match self {
            Self::AcknowledgedInTime => Some("ended before due"),
            Self::ReportedInTime => Some("days of excused duties alone"),
            Self::Executed | Self::Verified => Some("excused"),
            Self::ObjectionsUpheld => Some("fallen with their order"),
            Self::WhistleInTime | Self::CasesInTime | Self::Consulted => None,
        }
    }
}

/// A share, and what is not in it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Rate {
    /// As they should be.
    pub numerator: u64,
    /// All that count.
    pub denominator: u64,
    /// Left out.
    pub left_out: u64,
    /// Not answered, and not due yet.
    pub not_due_yet: u64,
}

impl Rate {
    /// Tenths of a per cent, rounded half to even; none over 0.
    pub fn tenths(&self) -> Option<i64> {
        let [part, whole] =
            [self.numerator, self.denominator].map(|it| i64::try_from(it).unwrap_or(i64::MAX));
        (whole > 0).then(|| half_even(part.saturating_mul(1000), whole))
    }

    fn count(&mut self, is_good: bool) {
        self.denominator += 1;
        self.numerator += u64::from(is_good);
    }

    fn add(&mut self, other: &Self) {
        self.numerator += other.numerator;
        self.denominator += other.denominator;
        self.left_out += other.left_out;
        self.not_due_yet += other.not_due_yet;
    }
}

/// The scores of one body, or of all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ScoreRow {
    rates: BTreeMap<ScoreKind, Rate>,
    /// Deadlines that passed without an answer.
    pub overdue: u64,
    /// Reminders.
    pub reminded: u64,
    /// Escalations to a body above.
    pub escalated: u64,
    /// Hours with a level in force.
    pub hours_under_order: u64,
}

impl ScoreRow {
    /// One of its shares.
    pub fn rate(&self, kind: ScoreKind) -> Rate {
        self.rates.get(&kind).copied().unwrap_or_default()
    }

    fn of(&mut self, kind: ScoreKind) -> &mut Rate {
        self.rates.entry(kind).or_default()
    }

    fn add(&mut self, other: &Self) {
        for (kind, rate) in &other.rates {
            self.of(*kind).add(rate);
        }
        self.overdue += other.overdue;
        self.reminded += other.reminded;
        self.escalated += other.escalated;
        self.hours_under_order += other.hours_under_order;
    }
}

/// The scores of a period.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scores {
    /// By body: every member, and each other body of which something is known.
    pub bodies: BTreeMap<Body, ScoreRow>,
    /// Of all bodies.
    pub all: ScoreRow,
    /// Whether the log ever asked bodies for answers.
    pub asked: bool,
}

/// Gathers scores: a fold over a log.
#[derive(Clone, Debug)]
pub struct Scoring {
    first: Date,
    last: Date,
    airshed: Airshed,
    ledger: Ledger,
    days: Days,
    asked: bool,
    rows: BTreeMap<Body, ScoreRow>,
}

impl Scoring {
    /// Of the days from the first to the last, both included.
    pub fn new(first: Date, last: Date) -> Self {
        Self {
            first,
            last,
            airshed: Airshed::default(),
            ledger: Ledger::default(),
            days: Days::default(),
            asked: false,
            rows: BTreeMap::new(),
        }
    }

    /// Of all days.
    pub fn of_all_days() -> Self {
        Self::new(Date(i32::MIN), Date(i32::MAX))
    }

    /// Takes the next record of the log.
    pub fn note(&mut self, entry: &Entry) {
        let event = &entry.record.event;
        let before = self.airshed.clock();
        self.days.before(event, &self.airshed);
        if let Event::Cooperation(event) = event {
            self.note_objection(event);
        }
        if let Event::Fact(Fact::RuleBookAdopted(book)) = event
            && book.rules.cooperation.is_none()
        {
            self.note_hours(self.airshed.clock().unwrap_or_default());
        }
        self.airshed.evolve(event, entry.record.position.0);
        self.asked |= self.airshed.rules().is_some_and(|it| it.cooperation.is_some());
        self.ledger.note(event, before, &self.airshed);
        self.days.after(event, before, &self.airshed);
        if let Event::Cooperation(event) = event {
            self.note_step(event);
        }
        self.note_daily(before);
    }

    /// The clock of the log.
    pub fn clock(&self) -> Option<Timestamp> {
        self.airshed.clock()
    }

    /// The scores at the end of the log.
    pub fn finish(mut self) -> Scores {
        let clock = self.airshed.clock().unwrap_or_default();
        let asked: Vec<Asked> = self.ledger.all(clock).collect();
        for it in &asked {
            self.count_matter(it);
        }
        for it in self.days.finish(&self.airshed) {
            self.count_day(&it);
        }
        self.note_hours(clock);
        let numbers = self.airshed.rules().and_then(|it| it.cooperation.as_ref());
        let members: Vec<Body> =
            numbers.into_iter().flat_map(|it| it.bodies.members().cloned()).collect();
        for member in members {
            self.rows.entry(member).or_default();
        }
        let mut all = ScoreRow::default();
        self.rows.values().for_each(|it| all.add(it));
        Scores { bodies: self.rows, all, asked: self.asked }
    }

    fn row(&mut self, body: &Body) -> &mut ScoreRow {
        self.rows.entry(body.clone()).or_default()
    }

    fn contains(&self, at: Timestamp) -> bool {
        self.contains_day(at.date())
    }

    fn contains_day(&self, day: Date) -> bool {
        (self.first..=self.last).contains(&day)
    }

    fn count_matter(&mut self, it: &Asked) {
        let Some(kind) = kind_of(&it.matter) else { return };
        if !self.contains(it.due_at) {
            return;
        }
        let rate = self.row(&it.owner).of(kind);
        match (it.in_time(), it.end) {
            (Some(in_time), _) => rate.count(in_time),
            (None, End::Fallen { .. }) => rate.left_out += 1,
            (None, End::Open { .. } | End::Answered { .. }) => rate.not_due_yet += 1,
        }
    }

    fn count_day(&mut self, day: &Day) {
        if self.contains(day.report_by) {
            let rate = self.row(&day.owner).of(ScoreKind::ReportedInTime);
            match (day.duties.is_empty(), day.is_due) {
                (true, _) => rate.left_out += 1,
                (false, _) if day.is_reported_in_time => rate.count(true),
                (false, true) => rate.count(false),
                (false, false) => rate.not_due_yet += 1,
            }
        }
        if !self.contains_day(day.date) {
            return;
        }
        let row = self.row(&day.jurisdiction);
        for kind in [ScoreKind::Executed, ScoreKind::Verified] {
            let rate = row.of(kind);
            rate.left_out += day.excused;
            for done in &day.duties {
                match done {
                    None if !day.is_due => rate.not_due_yet += 1,
                    None => rate.count(false),
                    Some(it) if kind == ScoreKind::Executed => rate.count(it.is_executed),
                    Some(it) => rate.count(it.is_confirmed),
                }
            }
        }
    }

    /// A step of a ladder counts where the deadline was that it follows.
    fn note_step(&mut self, event: &CooperationEvent) {
        let due_at = |matter: &str| self.ledger.due_at(matter).unwrap_or(event.at);
        let step: (&Body, Timestamp, fn(&mut ScoreRow) -> &mut u64);
        if let What::MatterOverdue(it) = &event.what {
            step = (&it.owner, it.due_at, |row| &mut row.overdue);
        } else if let What::MatterReminded(it) = &event.what {
            step = (&it.owner, due_at(&it.matter), |row| &mut row.reminded);
        } else if let What::MatterEscalated(it) = &event.what {
            step = (&it.owner, due_at(&it.matter), |row| &mut row.escalated);
        } else {
            return;
        }
        let (owner, due_at, count) = step;
        if self.contains(due_at) {
            *count(self.row(owner)) += 1;
        }
    }

    /// An objection counts for the jurisdiction that made it. The state is the one before.
    fn note_objection(&mut self, event: &CooperationEvent) {
        let (order, is_upheld) = if let What::ObjectionDecided(it) = &event.what {
            (&it.order, Some(it.outcome == ObjectionOutcome::Upheld))
        } else if let What::OrderEnded(it) = &event.what
            && it.objection == ObjectionState::Pending
        {
            (&it.order, None)
        } else {
            return;
        };
        let Some(order) = self.airshed.cooperation.orders.get(order) else { return };
        let Some(review_by) = order.objection.as_ref().map(|it| it.review_by) else { return };
        let jurisdiction = order.jurisdiction.clone();
        if !self.contains(review_by) {
            return;
        }
        let rate = self.row(&jurisdiction).of(ScoreKind::ObjectionsUpheld);
        match is_upheld {
            Some(is_upheld) => rate.count(is_upheld),
            None => rate.left_out += 1,
        }
    }

    /// The clock has moved: perhaps over the instant by which there was a consultation.
    fn note_daily(&mut self, before: Option<Timestamp>) {
        let (Some(before), Some(now)) = (before, self.airshed.clock()) else { return };
        let numbers = self.airshed.rules().and_then(|it| it.cooperation.as_ref());
        let Some(numbers) = numbers.filter(|_| before < now) else { return };
        let daily = self.airshed.cooperation.daily(before, now, numbers);
        let Some(daily) = daily.filter(|it| it.is_required && self.contains_day(it.date)) else {
            return;
        };
        let region = Body::new(Body::REGION);
        self.row(&region).of(ScoreKind::Consulted).count(daily.is_signed);
    }

    /// The hours of the period up to an instant in which a level is in force.
    fn note_hours(&mut self, until: Timestamp) {
        let orders = &self.airshed.cooperation.orders;
        let bodies: BTreeSet<Body> = orders.iter().map(|(_, it)| it.jurisdiction.clone()).collect();
        let first = orders.iter().map(|(_, it)| it.counts_from).min().unwrap_or(until);
        let begin = first.date().max(self.first).at_minute(0);
        let end = until.min(self.last.plus(1).at_minute(0));
        let mut hours: Vec<(Body, u64)> = Vec::new();
        for body in bodies {
            let mut at = begin;
            let mut under = 0;
            while at.0 + HOUR_MS <= end.0 {
                under += u64::from(orders.level_of(&body, at) > Grade::None);
                at = at.plus_hours(1);
            }
            hours.push((body, under));
        }
        for (body, under) in hours {
            self.row(&body).hours_under_order += under;
        }
    }
}

/// The score to which a matter belongs.
fn kind_of(matter: &Arc<str>) -> Option<ScoreKind> {
    let kind = matter.split_once('/')?.1;
    let of_case = ["assign", "inspect", "decide", "rectify", "accept", "supervise"];
    match kind {
        "acknowledge" => Some(ScoreKind::AcknowledgedInTime),
        kind if kind.starts_with("report_in:") => Some(ScoreKind::WhistleInTime),
        kind if of_case.contains(&kind) => Some(ScoreKind::CasesInTime),
        _ => None,
    }
}
