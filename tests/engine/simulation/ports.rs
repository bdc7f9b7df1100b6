//! The three doors of a program that may be killed at each of them.

use airshed::domain::{ResponseEvent, WarningEvent};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::projection::Marks;
use airshed::engine::*;
use airshed::wire::state;

use super::outside::{Lane, Outside, Pace, Received, Says, State, States, Transaction, World};

/// An inbox over the feed; like a topic, it keeps what was read.
pub(crate) struct SimInbox(pub(crate) World);

impl Inbox for SimInbox {
    fn adopt(&mut self, _: &Arc<RuleBook>) {}

    fn resume(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError> {
        let mut outside = self.0.borrow_mut();
        outside.effect()?;
        let feed = Rc::clone(&outside.feed);
        let after = |stream: &Stream| {
            let taken = taken.iter().find(|it| it.0 == *stream);
            taken.map_or(0, |(_, position)| usize::try_from(*position).unwrap() + 1)
        };
        outside.next = feed.streams.iter().map(after).collect();
        outside.held.clear();
        Ok(())
    }

    fn poll(&mut self) -> Result<Vec<Command>, PortError> {
        let mut outside = self.0.borrow_mut();
        outside.effect()?;
        let feed = Rc::clone(&outside.feed);
        let mut commands = Vec::new();
        for (stream, count) in outside.turns() {
            let packs = outside.pace == Pace::Wild && outside.dice.chance(700);
            let from = outside.next[stream];
            let to = (from + count).min(outside.written[stream]);
            for message in &feed.messages[stream][from..to] {
                for command in message {
                    put(&mut commands, command, packs);
                }
            }
            outside.next[stream] = to;
        }
        outside.effect()?;
        outside.largest_take = outside.largest_take.max(commands.iter().map(values).sum());
        Ok(commands)
    }

    fn hold(&mut self, streams: &[Stream]) -> Result<(), PortError> {
        let mut outside = self.0.borrow_mut();
        let feed = Rc::clone(&outside.feed);
        let place = |it| feed.streams.iter().position(|stream| stream == it).unwrap();
        outside.held = streams.iter().map(place).collect();
        Ok(())
    }
}

impl Outside {
    /// Whose messages come next, and how many of them.
    fn turns(&mut self) -> Vec<(usize, usize)> {
        let left = |it: &usize| self.next[*it] < self.written[*it] && !self.held.contains(it);
        let left: Vec<usize> = (0..self.next.len()).filter(left).collect();
        match self.pace {
            Pace::Calm => left.into_iter().map(|stream| (stream, usize::MAX >> 1)).collect(),
            Pace::InTurn => {
                let first = left.first().map(|stream| (*stream, 1 + self.dice.below(9)));
                first.into_iter().collect()
            }
            Pace::Wild if left.is_empty() => Vec::new(),
            Pace::Wild => {
                let turns = 0..self.dice.below(4);
                // The later streams are the slow ones, mostly.
                let turn = |_| {
                    let stream = self.dice.below(left.len()).min(self.dice.below(left.len() + 1));
                    let most = self.dice.one_of(&[1, 6, 30, 150]);
                    (left[stream], 1 + self.dice.below(most))
                };
                turns.map(turn).collect()
            }
        }
    }
}

/// Rows, and what is in them, as limits count them.
fn values(command: &Command) -> usize {
    match command {
        Command::Observe(batch) => batch.rows.len() + batch.readings.len(),
        Command::ReceiveForecast(forecast) => {
            1 + forecast.outlooks.iter().map(|it| it.hours.len()).sum::<usize>()
        }
        _ => 1,
    }
}

/// Adds a command; rows of one hour may become one batch with those before them.
fn put(commands: &mut Vec<Command>, command: &Command, packs: bool) {
    if let (true, Command::Observe(batch), Some(Command::Observe(last))) =
        (packs, command, commands.last_mut())
        && (&last.stream, last.hour) == (&batch.stream, batch.hour)
    {
        last.rows.extend_from_slice(&batch.rows);
        last.readings.extend_from_slice(&batch.readings);
    } else {
        commands.push(command.clone());
    }
}

/// A log that may fail before a batch of records is written, before it is synced, and after.
pub(crate) struct SimLog(pub(crate) World);

impl SimLog {
    /// Opens the log. What an earlier program wrote and did not sync is synced first.
    pub(crate) fn open(world: &World) -> Self {
        world.borrow_mut().sync();
        Self(Rc::clone(world))
    }
}

impl EventLog for SimLog {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        let mut outside = self.0.borrow_mut();
        outside.effect()?;
        outside.unsynced.extend_from_slice(records);
        outside.effect()?;
        outside.sync();
        outside.effect()
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        self.0.borrow_mut().effect()?;
        let from = usize::try_from(from.0).unwrap_or(usize::MAX);
        let durable = self.0.borrow().log.len();
        let mut left = from..durable + self.0.borrow().unsynced.len();
        Ok(Box::new(std::iter::from_fn(move || {
            let at = left.next()?;
            let mut outside = self.0.borrow_mut();
            // Not at every record, or a long log could not be read to its end.
            let killed = if at % 64 == 0 { outside.effect() } else { Ok(()) };
            let unsynced = || outside.unsynced[at - durable].clone();
            Some(killed.map(|()| outside.log.get(at).cloned().unwrap_or_else(unsynced)))
        })))
    }

    fn load_snapshot(&mut self) -> Option<Memory> {
        let mut outside = self.0.borrow_mut();
        let (bytes, beside, book) = outside.snapshot.as_ref()?;
        let memory = state::read(bytes, beside, book.as_ref()).unwrap();
        outside.recalled += 1;
        Some(memory)
    }

    fn save_snapshot(&mut self, memory: &Memory, _: Occasion) {
        let mut outside = self.0.borrow_mut();
        if outside.pace != Pace::Calm && memory.next.0.is_multiple_of(5) {
            let (mut bytes, mut beside) = (Vec::new(), Vec::new());
            state::write(memory, &mut bytes);
            state::write_undigested(memory, &mut beside);
            outside.snapshot = Some((bytes, beside, memory.airshed.book().cloned()));
        }
    }
}

/// Topics of orders, alerts and states: what was sent becomes visible when its transaction is
/// committed. What happens to an open one when the program is killed is the dice's choice.
pub(crate) struct SimOutbox {
    world: World,
    generation: u64,
    /// The last position sent to each lane; it is on its way or has arrived.
    sent: BTreeMap<Lane, Option<Position>>,
    open: Transaction,
    /// Whether the commit of what is open has been asked for.
    committing: bool,
    states: States,
    /// What the topic of states has.
    published: States,
    /// Whether the states are made from the log at the start.
    rebuilds: bool,
}

impl SimOutbox {
    /// As the writer: what older programs have not committed never arrives.
    pub(crate) fn new(world: &World) -> Self {
        let mut outside = world.borrow_mut();
        outside.generation += 1;
        outside.stalled.clear();
        drop(outside);
        Self::unfenced(world)
    }

    /// Beside whatever older programs still send.
    pub(crate) fn unfenced(world: &World) -> Self {
        let outside = world.borrow();
        let last = |received: &Vec<Received>| received.last().map(|it| it.position);
        let sent = outside.lanes.iter().map(|(lane, it)| (*lane, last(it))).collect();
        let newest = outside.states.iter().filter_map(|(it, all)| Some((*it, all.last()?.clone())));
        Self {
            world: Rc::clone(world),
            generation: outside.generation,
            sent,
            open: Transaction::default(),
            committing: false,
            states: States::new(),
            published: newest.collect(),
            rebuilds: true,
        }
    }

    /// One that takes the states from their topic.
    pub(crate) fn believing(world: &World) -> Self {
        let mut outbox = Self::new(world);
        outbox.states = outbox.published.clone();
        outbox.rebuilds = false;
        outbox
    }

    /// For each lane the position after the last one sent.
    pub(crate) fn ends(&self) -> impl Iterator<Item = Position> {
        self.sent.values().map(|last| last.map_or(Position(0), |it| Position(it.0 + 1)))
    }

    fn send(&mut self, lane: Lane, it: Received) -> Result<(), PortError> {
        let last = self.sent.get_mut(&lane).unwrap();
        if last.is_some_and(|last| it.position <= last) {
            return Ok(());
        }
        self.world.borrow_mut().effect()?;
        *last = Some(it.position);
        self.open.messages.push((lane, it));
        Ok(())
    }
}

impl Outbox for SimOutbox {
    fn unsent_from(&mut self) -> Result<Position, PortError> {
        self.world.borrow_mut().effect()?;
        Ok(self.ends().min().unwrap())
    }

    fn needs(&self, _: &Marks) -> Needs {
        if self.rebuilds { Needs::Marked } else { Needs::Nothing }
    }

    fn recall(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        State::note(&mut self.states, &entry.record);
        Ok(())
    }

    fn publish(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        let record = &entry.record;
        let position = record.position;
        // One that believes its topic has seen what led to it.
        if self.rebuilds || self.ends().max().is_none_or(|it| position >= it) {
            State::note(&mut self.states, record);
        }
        match &record.event {
            Event::Response(ResponseEvent::OrderSetIssued(set)) => {
                for order in &set.orders {
                    let says = Says::Order { epoch: set.epoch, order: order.clone() };
                    self.send(("orders", order.jurisdiction), Received { position, says })?;
                }
            }
            Event::Warning(WarningEvent::WarningDecided(act)) => {
                let says = Says::Alert(act.clone());
                let lane = ("alerts", act.warning.jurisdiction);
                self.send(lane, Received { position, says })?;
            }
            Event::Fact(_)
            | Event::Station(_)
            | Event::Air(_)
            | Event::Cooperation(_)
            | Event::Warning(WarningEvent::ReviewDue(_) | WarningEvent::SameAirUnlikeGrade(_))
            | Event::Response(
                ResponseEvent::OrderConfirmedByAmendment(_) | ResponseEvent::OrderAmended(_),
            ) => {}
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), PortError> {
        for (jurisdiction, state) in &self.states {
            if self.published.get(jurisdiction) != Some(state) {
                self.published.insert(*jurisdiction, state.clone());
                self.open.states.push((*jurisdiction, state.clone()));
            }
        }
        for _ in &self.open.messages {
            self.world.borrow_mut().effect()?;
        }
        self.committing = true;
        let mut outside = self.world.borrow_mut();
        outside.effect()?;
        let is_empty = self.open.messages.is_empty() && self.open.states.is_empty();
        if !is_empty && outside.generation != self.generation {
            return Err(PortError::Fenced("a newer program is the writer".into()));
        }
        outside.deliver(std::mem::take(&mut self.open));
        self.committing = false;
        outside.check_states();
        Ok(())
    }
}

impl Drop for SimOutbox {
    fn drop(&mut self) {
        let mut outside = self.world.borrow_mut();
        outside.spoil_a_state();
        let open = std::mem::take(&mut self.open);
        if open.messages.is_empty() {
            return;
        }
        match outside.dice.below(6) {
            0 if self.committing => outside.deliver(open),
            0 | 1 => {}
            2 | 3 => outside.stalled.push(open),
            // As with a program of an older version, which had no transactions: in each lane some
            // of it arrives, up to some place.
            _ => {
                let mut lost: Vec<Lane> = Vec::new();
                for (lane, it) in open.messages {
                    if !lost.contains(&lane) && outside.dice.chance(500) {
                        outside.arrive(lane, it);
                    } else {
                        lost.push(lane);
                    }
                }
            }
        }
    }
}

impl Outside {
    /// As an older version did that was not fenced: now and then it published an older state over
    /// the newest one.
    fn spoil_a_state(&mut self) {
        let old: Vec<_> = self.states.iter().filter(|it| it.1.len() > 1).map(|it| *it.0).collect();
        if old.is_empty() || !self.dice.chance(700) {
            return;
        }
        let jurisdiction = old[self.dice.below(old.len())];
        let states = self.states.get_mut(&jurisdiction).unwrap();
        let older = states[self.dice.below(states.len() - 1)].clone();
        states.push(older);
    }
}
