//! What must be true of a world with crashes, told by the same world without any.

use airshed::domain::cooperation::What;
use airshed::domain::{AirEvent, Fact, ResponseEvent, WarningEvent};
use std::collections::BTreeMap;
use std::fmt::Debug;

use airshed::domain::*;
use airshed::engine::*;
use airshed::io::memory::MemoryLog;

use crate::answers;
use crate::world::first_difference;

use super::life::Life;
use super::outside::{Lane, Outside, Says};

/// What a run was made of; a test that met none of it would prove nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// What became of commands and deadlines: by type of record, and by reason of refusal.
    pub(crate) answers: BTreeMap<String, u32>,
    pub(crate) worlds: u32,
    pub(crate) crashes: u32,
    pub(crate) closed: u32,
    pub(crate) sets: u32,
    pub(crate) raises: u32,
    pub(crate) lifts: u32,
    pub(crate) other_acts: u32,
    pub(crate) refused: u32,
    pub(crate) recalled: u32,
    pub(crate) amended: u32,
    pub(crate) other_orders: u32,
}

/// What bodies do in the worlds, and why some of it is refused.
const ANSWERS: [&str; 53] = [
    "already_acknowledged",
    "already_objected",
    "already_verified",
    "bad_field",
    "bad_id",
    "case_moved",
    "closed",
    "consultation_concluded",
    "consultation_convened",
    "consultation_signed",
    "deadlines_moved",
    "duplicate",
    "evidence_missing",
    "execution_reported",
    "execution_verified",
    "from_the_future",
    "id_reused",
    "matter_accepted",
    "matter_declined",
    "matter_escalated",
    "matter_offered",
    "matter_overdue",
    "matter_reminded",
    "no_objection",
    "not_ordered",
    "not_yours",
    "objection_decided",
    "opinion_given",
    "opinions_closed",
    "order_acknowledged",
    "order_ended",
    "order_objected",
    "response_closed",
    "proposal_item_decided",
    "proposal_lapsed",
    "proposal_settled",
    "role_not_allowed",
    "superseded",
    "too_late",
    "too_old",
    "unknown_body",
    "unknown_object",
    "unknown_role",
    "vehicle_locked",
    "vehicle_moved",
    "warning_proposed",
    "whistle_answered",
    "whistle_blown",
    "whistle_met",
    "wrong_state",
    "wrong_status",
    "episode_opened",
    "episode_closed",
];

/// The first thing that is not as it must be.
pub(crate) fn check(calm: &Life, wild: &Life) -> Result<Tally, String> {
    let (calm, memory) = (calm.world.borrow(), &wild.memory);
    let wild = wild.world.borrow();
    if let Some(fault) = calm.faults.first().or(wild.faults.first()) {
        return Err(fault.clone());
    }
    let decided = |outside: &Outside| {
        let events = outside.log.iter().map(|it| it.event.clone());
        events.filter(|it| !it.is_fact()).map(without_position).collect::<Vec<_>>()
    };
    same("decisions", &decided(&calm), &decided(&wild))?;
    for outside in [&*calm, &*wild] {
        for (lane, due) in ordered(&calm.log) {
            let received = outside.lanes[&lane].iter().map(|it| it.says.clone());
            same(&format!("{lane:?}"), &due, &received.collect::<Vec<_>>())?;
        }
    }
    let (due, taken) = (places(&calm.log), places(&wild.log));
    for (stream, due) in &due {
        same(&format!("inputs of {stream}"), due, taken.get(stream).unwrap_or(&Vec::new()))?;
    }
    let replayed = replay(&MemoryLog { records: wild.log.clone() });
    if replayed.as_ref() != Ok(memory) {
        return Err("the log replays to another state than the one that was remembered".into());
    }
    if let Some(it) = first_difference(&wild.log) {
        return Err(format!("its own facts lead elsewhere: {it:?}"));
    }
    answers::check(&wild.log, &wild.feed.book.rules, memory.airshed.clock())?;
    Ok(tally(&wild))
}

/// Rows that come in other batches move the records behind them; [`answers`] looks at positions.
fn without_position(mut event: Event) -> Event {
    if let Event::Cooperation(it) = &mut event
        && let What::CommandRefused(refused) = &mut it.what
    {
        refused.first = None;
    }
    event
}

fn same<T: Debug + Eq>(of: &str, due: &[T], found: &[T]) -> Result<(), String> {
    let differs = due.iter().zip(found).position(|(due, found)| due != found);
    let at = differs.unwrap_or(due.len().min(found.len()));
    if due.len() == found.len() && differs.is_none() {
        return Ok(());
    }
    let (due, found) = (due.get(at), found.get(at));
    Err(format!("{of}: at {at}\n  without crashes {due:?}\n  with them {found:?}"))
}

/// What each lane must receive, by the order sets and acts of a log.
fn ordered(log: &[Record]) -> BTreeMap<Lane, Vec<Says>> {
    let mut lanes: BTreeMap<Lane, Vec<Says>> = BTreeMap::new();
    for record in log {
        if let Event::Response(ResponseEvent::OrderSetIssued(set)) = &record.event {
            for order in &set.orders {
                let says = Says::Order { epoch: set.epoch, order: order.clone() };
                lanes.entry(("orders", order.jurisdiction)).or_default().push(says);
            }
        } else if let Event::Warning(WarningEvent::WarningDecided(act)) = &record.event {
            let lane = ("alerts", act.warning.jurisdiction);
            lanes.entry(lane).or_default().push(Says::Alert(act.clone()));
        }
    }
    lanes
}

/// The places of all inputs in the log, by stream: none lost, none twice, in order.
fn places(log: &[Record]) -> BTreeMap<Stream, Vec<u64>> {
    let mut places: BTreeMap<Stream, Vec<u64>> = BTreeMap::new();
    for record in log {
        let source = match &record.event {
            Event::Fact(Fact::ReadingsReceived(batch)) => {
                let rows = batch.rows.iter().map(|row| row.position);
                places.entry(batch.stream.clone()).or_default().extend(rows);
                continue;
            }
            Event::Fact(Fact::Ticked(tick)) => &tick.source,
            Event::Fact(Fact::ForecastReceived(forecast)) => &forecast.source,
            Event::Fact(Fact::IntervalExcluded(exclusion)) => &exclusion.source,
            Event::Fact(Fact::CommandGiven(given)) => &given.source,
            Event::Fact(Fact::InputRefused(refusal)) if is_whole_input(refusal.reason) => {
                &refusal.source
            }
            _ => continue,
        };
        if let Some(source) = source {
            places.entry(source.stream.clone()).or_default().push(source.position);
        }
    }
    places
}

/// Other refusals are of readings that are in the log with their batch.
fn is_whole_input(reason: Reason) -> bool {
    matches!(reason, Reason::Unreadable | Reason::UnknownStation | Reason::FromTheFuture)
}

fn tally(outside: &Outside) -> Tally {
    let (crashes, recalled) = (outside.crashed, outside.recalled);
    let mut tally = Tally { worlds: 1, crashes, recalled, ..Tally::default() };
    for record in &outside.log {
        match &record.event {
            Event::Air(AirEvent::HourClosed(_)) => tally.closed += 1,
            Event::Response(ResponseEvent::OrderSetIssued(_)) => tally.sets += 1,
            Event::Fact(Fact::InputRefused(_)) => tally.refused += 1,
            Event::Air(AirEvent::HourAmended(_)) => tally.amended += 1,
            Event::Response(ResponseEvent::OrderAmended(_)) => tally.other_orders += 1,
            Event::Warning(WarningEvent::WarningDecided(act)) => match act.kind {
                ActKind::Raise => tally.raises += 1,
                ActKind::Lift => tally.lifts += 1,
                _ => tally.other_acts += 1,
            },
            Event::Cooperation(it) => {
                let name = match &it.what {
                    What::CommandRefused(it) => it.reason.name(),
                    what => what.record_type().to_owned(),
                };
                *tally.answers.entry(name).or_default() += 1;
            }
            _ => {}
        }
    }
    tally
}

impl Tally {
    /// Worlds in which nothing happens would prove nothing.
    pub(crate) fn assert_eventful(&self, worlds: u64) {
        let enough = [
            u64::from(self.worlds) == worlds,
            u64::from(self.crashes) > worlds * 3,
            u64::from(self.closed) > worlds * 80,
            u64::from(self.sets) > worlds * 5,
            u64::from(self.raises) > worlds,
            u64::from(self.lifts) > worlds * 2,
            u64::from(self.other_acts) > worlds * 5,
            u64::from(self.refused) > worlds * 50,
            u64::from(self.recalled) > worlds * 2,
            u64::from(self.amended) > worlds * 5,
            u64::from(self.other_orders) > 0,
        ];
        assert!(enough.iter().all(|it| *it), "{self:?}");
        let few = ANSWERS.iter().filter(|it| self.answers.get(**it).is_none_or(|it| *it < 2));
        assert_eq!(few.copied().collect::<Vec<&str>>(), Vec::<&str>::new(), "{self:?}");
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        for (name, count) in other.answers {
            *self.answers.entry(name).or_default() += count;
        }
        self.worlds += other.worlds;
        self.crashes += other.crashes;
        self.closed += other.closed;
        self.sets += other.sets;
        self.raises += other.raises;
        self.lifts += other.lifts;
        self.other_acts += other.other_acts;
        self.refused += other.refused;
        self.recalled += other.recalled;
        self.amended += other.amended;
        self.other_orders += other.other_orders;
    }
}
