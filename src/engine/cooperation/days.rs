//! The days of responses: their duties, and what was reported of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::cooperation::{Body, Done as HowMuch, VerifiedAs, What};
use crate::domain::{Airshed, Date, Event, Fact, Timestamp};

/// A response and a day.
type Key = (Arc<str>, Date);

/// What was done of a duty that was reported.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Done {
    /// Whether the last report is full and not refuted.
    pub(super) is_executed: bool,
    /// Whether another body confirmed it.
    pub(super) is_confirmed: bool,
}

/// One day of one response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Day {
    pub(super) jurisdiction: Body,
    /// The body that must report it.
    pub(super) owner: Body,
    pub(super) date: Date,
    /// Until when it is reported.
    pub(super) report_by: Timestamp,
    /// Whether that has passed.
    pub(super) is_due: bool,
    /// Each duty, with what was reported of it.
    pub(super) duties: Vec<Option<Done>>,
    /// Duties that are excused.
    pub(super) excused: u64,
    /// Whether each duty was reported before `report_by`.
    pub(super) is_reported_in_time: bool,
}

/// The duties of a day, by the orders and excuses at its report's deadline.
#[derive(Clone, Debug)]
struct Duties {
    due: Vec<Arc<str>>,
    excused: u64,
}

/// The reports of one duty.
#[derive(Clone, Copy, Debug)]
struct Reports {
    first_at: Timestamp,
    done: Done,
}

/// All days of a log: a fold over its records and states.
#[derive(Clone, Debug, Default)]
pub(super) struct Days {
    /// Days that have ended, and whose duties may still change.
    open: BTreeSet<Key>,
    fixed: BTreeMap<Key, Duties>,
    reports: BTreeMap<(Key, Arc<str>), Reports>,
    /// Days of which the state knows nothing more.
    over: Vec<Day>,
}

impl Days {
    /// Takes the next record in, in the state before it.
    pub(super) fn before(&mut self, event: &Event, airshed: &Airshed) {
        if let Event::Fact(Fact::RuleBookAdopted(book)) = event {
            self.fix(airshed);
            if book.rules.cooperation.is_none() {
                let over: Vec<Day> = self.days(airshed).filter(|it| it.is_due).collect();
                self.over.extend(over);
                self.open.clear();
                self.fixed.clear();
            }
        } else if let Event::Cooperation(event) = event
            && matches!(event.what, What::ObjectionDecided(_))
        {
            self.fix(airshed);
        }
    }

    /// Takes the record in, in the state after it.
    pub(super) fn after(&mut self, event: &Event, before: Option<Timestamp>, airshed: &Airshed) {
        if let (Some(before), Some(now)) = (before, airshed.clock())
            && before.date() < now.date()
        {
            let ended = before.date().0..now.date().0;
            for (id, _) in airshed.cooperation.orders.open_responses() {
                self.open.extend(ended.clone().map(|it| (Arc::clone(id), Date(it))));
            }
        }
        let Event::Cooperation(event) = event else { return };
        if let What::ExecutionReported(it) = &event.what {
            let key: Key = (it.response.as_str().into(), it.date);
            for measure in &it.measures {
                let is_executed = measure.done == HowMuch::Full;
                let done = Done { is_executed, is_confirmed: false };
                let of_duty = (key.clone(), measure.measure.as_str().into());
                let reports =
                    self.reports.entry(of_duty).or_insert(Reports { first_at: event.at, done });
                reports.done = done;
            }
            // A day that was reported counts, whether or not it has ended.
            if !self.fixed.contains_key(&key) {
                self.open.insert(key);
            }
        } else if let What::ExecutionVerified(it) = &event.what {
            let key: Key = (it.response.as_str().into(), it.date);
            if let Some(reports) = self.reports.get_mut(&(key, it.measure.as_str().into())) {
                match it.result {
                    VerifiedAs::Confirmed => reports.done.is_confirmed = true,
                    VerifiedAs::Refuted => {
                        reports.done = Done { is_executed: false, is_confirmed: false };
                    }
                }
            }
        } else if let What::ResponseClosed(it) = &event.what {
            // Its last days end after it.
            let day = airshed.clock().unwrap_or_default().date();
            self.open.insert((it.response.as_str().into(), day));
        }
    }

    /// Fixes the duties of the days of which the deadline has passed.
    fn fix(&mut self, airshed: &Airshed) {
        let now = airshed.clock().unwrap_or_default();
        let is_due = |it: &Key| report_by(it, airshed).is_some_and(|at| at <= now);
        let due: Vec<Key> = self.open.iter().filter(|it| is_due(it)).cloned().collect();
        for key in due {
            self.open.remove(&key);
            if let Some(duties) = duties(&key, airshed) {
                self.fixed.entry(key).or_insert(duties);
            }
        }
    }

    /// All days with duties.
    pub(super) fn finish(&mut self, airshed: &Airshed) -> Vec<Day> {
        self.fix(airshed);
        self.over.iter().cloned().chain(self.days(airshed)).collect()
    }

    fn days<'a>(&'a self, airshed: &'a Airshed) -> impl Iterator<Item = Day> + 'a {
        let open = self.open.iter().filter_map(|it| Some((it, duties(it, airshed)?)));
        let all = self.fixed.iter().map(|(key, it)| (key, it.clone())).chain(open);
        all.filter_map(|(key, duties)| self.day(key, &duties, airshed))
    }

    fn day(&self, key: &Key, duties: &Duties, airshed: &Airshed) -> Option<Day> {
        if duties.due.is_empty() && duties.excused == 0 {
            return None;
        }
        let now = airshed.clock()?;
        let (state, (id, date)) = (&airshed.cooperation, key);
        let jurisdiction = state.orders.response(id)?.jurisdiction.clone();
        let report_by = report_by(key, airshed)?;
        let matter = state.matters.get(&format!("{id}/report:{date}"));
        let reports: Vec<Option<&Reports>> =
            duties.due.iter().map(|it| self.reports.get(&(key.clone(), Arc::clone(it)))).collect();
        Some(Day {
            owner: matter.map_or_else(|| jurisdiction.clone(), |it| it.owner.clone()),
            jurisdiction,
            date: *date,
            report_by,
            is_due: report_by <= now,
            excused: duties.excused,
            is_reported_in_time: *date < now.date()
                && reports.iter().all(|it| it.is_some_and(|it| it.first_at < report_by)),
            duties: reports.into_iter().map(|it| it.map(|it| it.done)).collect(),
        })
    }
}

/// Until when a day is reported.
fn report_by((id, date): &Key, airshed: &Airshed) -> Option<Timestamp> {
    let numbers = airshed.rules()?.cooperation.as_ref()?;
    Some(airshed.cooperation.report_deadline(id, *date, numbers))
}

/// The duties of a day by the orders and excuses so far.
fn duties((id, date): &Key, airshed: &Airshed) -> Option<Duties> {
    let orders = &airshed.cooperation.orders;
    let duties = orders.duties(orders.response(id)?, *date, airshed.rules()?);
    let excused = u64::try_from(duties.excused.len()).unwrap_or(u64::MAX);
    Some(Duties { due: duties.due.into_keys().collect(), excused })
}
