//! What is remembered of what bodies do.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, Rank};
use super::consultation::{Consultations, daily};
use super::enforcement::{Cases, Vehicle};
use super::event::Changing;
use super::gate::Commands;
use super::hole::Hole;
use super::ladder::Matters;
use super::whistle::Whistle;
use super::{Body, CommandGiven, CooperationEvent, CooperationRules, What};
use crate::domain::response::approval::lapse::ProposalLapsed;
use crate::domain::response::approval::proposals::Proposals;
use crate::domain::response::episode::Episodes;
use crate::domain::response::floor::ResponseFloors;
use crate::domain::response::orders::OrderBook;
use crate::domain::{
    AirEvent, Event, Fact, MINUTE_MS, OrderSet, ResponseEvent, Rules, Timestamp, WarningEvent,
};

/// The state of joint control: a fold of its events, of order sets and of movements of the clock.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Cooperation {
    pub(crate) commands: Commands,
    pub(crate) matters: Matters,
    pub(crate) calendar: Calendar,
    pub(crate) orders: OrderBook,
    pub(crate) proposals: Proposals,
    pub(crate) floors: ResponseFloors,
    pub(crate) consultations: Consultations,
    pub(crate) cases: Cases,
    pub(crate) whistles: BTreeMap<Arc<str>, Whistle>,
    pub(crate) vehicles: BTreeMap<Arc<str>, Vehicle>,
    pub(crate) episodes: Episodes,
    /// The last number of each letter of a body.
    pub(crate) numbers: BTreeMap<(Body, char), u32>,
    /// The epoch of the last order set.
    pub(crate) last_epoch: u64,
    /// What the last movement of the clock left to be moved.
    pub(crate) hole: Option<Hole>,
}

impl Cooperation {
    /// Whether nothing was ever recorded.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The id that the next thing of a body and letter gets.
    pub(crate) fn next_id(&self, body: &Body, letter: char) -> String {
        let last = self.numbers.get(&(body.clone(), letter)).copied().unwrap_or(0);
        format!("{body}-{letter}{}", last + 1)
    }

    /// Notes an id that was given.
    pub(crate) fn note_id(&mut self, body: &Body, letter: char) {
        *self.numbers.entry((body.clone(), letter)).or_default() += 1;
    }

    /// Takes any event in: what bodies are asked follows from orders and from the air.
    pub(crate) fn take(
        &mut self,
        event: &Event,
        position: u64,
        clock: Option<Timestamp>,
        rules: &Rules,
    ) {
        match event {
            Event::Cooperation(event) => self.evolve(event, rules),
            Event::Fact(Fact::CommandGiven(given)) if clock.is_some() => {
                self.given(position, given, rules);
            }
            Event::Fact(Fact::RuleBookAdopted(_)) => self.adopt(rules),
            Event::Air(AirEvent::HourClosed(closed)) => self.closed(closed, rules),
            Event::Warning(WarningEvent::WarningDecided(act)) => self.warned(act, rules),
            Event::Response(ResponseEvent::OrderSetIssued(set)) => self.ordered(set, rules),
            Event::Fact(_)
            | Event::Station(_)
            | Event::Air(_)
            | Event::Warning(_)
            | Event::Response(_) => {}
        }
    }

    fn evolve(&mut self, event: &CooperationEvent, rules: &Rules) {
        let Some(numbers) = &rules.cooperation else { return };
        let (at, by) = (event.at, event.by.as_ref());
        event.what.change(&mut Changing { state: self, numbers, rules, at, by });
    }

    /// Takes a command in that was given.
    fn given(&mut self, position: u64, given: &Arc<CommandGiven>, rules: &Rules) {
        if let Some(numbers) = &rules.cooperation {
            self.commands.remember(position, given, numbers, given.at);
        }
    }

    /// Other rules. Where they ask for nothing, all that was asked falls.
    fn adopt(&mut self, rules: &Rules) {
        if rules.cooperation.is_none() {
            let numbers = std::mem::take(&mut self.numbers);
            let (last_epoch, episodes) = (self.last_epoch, self.episodes.counted());
            let proposals = self.proposals.counted();
            *self = Self { proposals, episodes, numbers, last_epoch, ..Self::default() };
        }
    }

    /// The clock has moved. Days that have ended ask for their reports from here on.
    pub(crate) fn move_clock(&mut self, from: Timestamp, to: Timestamp, rules: &Rules) {
        let Some(numbers) = rules.cooperation.as_ref().filter(|_| from < to) else { return };
        if from.date() < to.date() {
            self.commands.forget(numbers, to);
            self.open_reports(from.date(), to.date(), rules, numbers);
        }
        self.look_for_daily(from, to, numbers);
        let is_hole = to.0 - from.0 > i64::from(numbers.hole_min) * MINUTE_MS;
        self.hole = is_hole.then_some(Hole { from, to });
        let is_due =
            self.proposals.first_pending().is_some() || self.moved(numbers, rules).is_some();
        if !is_due {
            self.hole = None;
        }
    }

    /// An order set was issued.
    fn ordered(&mut self, set: &OrderSet, rules: &Rules) {
        if let Some(numbers) = &rules.cooperation {
            self.last_epoch = set.epoch;
            // Sets of floors alone belong to no episode.
            if !set.orders.is_empty() {
                self.note_epoch(set.epoch);
            }
            self.take_orders(set, rules, numbers);
        }
    }

    /// What a set leads to in the decision that gives it.
    pub(crate) fn follows(&self, set: &OrderSet, rules: &Rules) -> Vec<What> {
        if rules.cooperation.is_none() {
            return Vec::new();
        }
        let mut follows = self.ended_by(set, rules);
        follows.extend(self.episodes.opened_by(set));
        follows
    }

    /// What has fallen due by the clock, one thing at a time: first what a hole moves, then the
    /// earliest.
    pub(crate) fn due(&self, now: Timestamp, rules: &Rules) -> Option<Vec<What>> {
        let numbers = rules.cooperation.as_ref()?;
        if let (Some(_), Some(pending)) = (self.hole, self.proposals.first_pending()) {
            return Some(vec![ProposalLapsed { proposal: pending.to_string() }.into()]);
        }
        if let Some(moved) = self.moved(numbers, rules) {
            return Some(vec![moved]);
        }
        let mut due =
            self.calendar.due(now).map(|(rank, id)| self.fallen_due(rank, id, now, numbers));
        due.find(|it| !it.is_empty())
    }

    fn fallen_due(
        &self,
        rank: Rank,
        id: &Arc<str>,
        now: Timestamp,
        numbers: &CooperationRules,
    ) -> Vec<What> {
        match rank {
            Rank::Proposal => self.proposals.silence_on(id).into_iter().collect(),
            Rank::Objection => self.silence_on(id, now),
            Rank::Consultation => {
                let quorum_percent = numbers.consultation.quorum_percent;
                self.consultations.due(id, quorum_percent).into_iter().collect()
            }
            Rank::Offer => self.matters.lapse(id).into_iter().collect(),
            Rank::Overdue | Rank::Reminder | Rank::Escalation => {
                self.matters.step(id, numbers).into_iter().collect()
            }
            Rank::Expiry => self.orders.expire(id).into_iter().collect(),
            Rank::Day => daily::missed(id).map(Into::into).into_iter().collect(),
            Rank::Episode => self.episodes.close(self).into_iter().collect(),
        }
    }
}
