//! What outlives a crash: the log, what receivers have received, and where the crashes fall.

use airshed::domain::{ResponseEvent, WarningEvent};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::*;

use super::dice::Dice;
use super::feed::Feed;

/// Where orders and alerts arrive: one lane for each jurisdiction and kind.
pub(crate) type Lane = (&'static str, JurisdictionIndex);

/// A message as its receiver sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Received {
    pub(crate) position: Position,
    pub(crate) says: Says,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Says {
    Order { epoch: u64, order: Order },
    Alert(WarningAct),
}

/// What the topic of states says of one jurisdiction.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct State {
    order: Option<(u64, Order)>,
    act: Option<WarningAct>,
}

pub(crate) type States = BTreeMap<JurisdictionIndex, State>;

/// What is published together: all of it arrives or none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transaction {
    pub(crate) messages: Vec<(Lane, Received)>,
    pub(crate) states: Vec<(JurisdictionIndex, State)>,
}

/// A state as bytes, and the rules that it is under.
pub(crate) type Snapshot = (Vec<u8>, Vec<u8>, Option<Arc<RuleBook>>);

/// When the program is killed.
#[derive(Clone, Debug)]
pub(crate) enum Crashes {
    Never,
    /// At each effect so many times of a thousand, and so often at most.
    Often {
        of_thousand: usize,
        left: u32,
    },
    /// Once, at the effect with this number.
    At(u64),
}

/// How inputs are delivered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pace {
    /// All that there is, one stream after the other, message by message.
    Calm,
    /// Streams race, some are slow, and rows come in batches of any size.
    Wild,
    /// The streams take turns as they do with the wall as clock, a few messages at a time.
    InTurn,
}

/// The world around the program.
pub(crate) struct Outside {
    pub(crate) feed: Rc<Feed>,
    pub(crate) dice: Dice,
    pub(crate) pace: Pace,
    pub(crate) crashes: Crashes,
    /// Effects and crashes so far.
    pub(crate) effects: u64,
    pub(crate) crashed: u32,
    /// Durable records.
    pub(crate) log: Vec<Record>,
    /// Records that were written and not synced: every program sees them until the power is cut.
    pub(crate) unsynced: Vec<Record>,
    /// The bytes of the state that was kept beside it last, and how often one was taken up.
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) recalled: u32,
    pub(crate) lanes: BTreeMap<Lane, Vec<Received>>,
    /// All states that the topic of states has had of each jurisdiction; the last one counts.
    pub(crate) states: BTreeMap<JurisdictionIndex, Vec<State>>,
    /// What the log says they must be, and how many records have been looked at for it.
    due_states: (usize, States),
    /// How many programs have become the writer.
    pub(crate) generation: u64,
    /// What programs still hold that have stalled; it arrives when they wake, unless they are
    /// fenced before.
    pub(crate) stalled: Vec<Transaction>,
    /// By stream: the next message for the program that runs, and how many are written.
    pub(crate) next: Vec<usize>,
    pub(crate) written: Vec<usize>,
    /// Streams that deliver nothing for now.
    pub(crate) held: Vec<usize>,
    /// The most values that one take has brought.
    pub(crate) largest_take: usize,
    /// What should never happen.
    pub(crate) faults: Vec<String>,
}

/// A handle on it; each part of the program has one.
pub(crate) type World = Rc<RefCell<Outside>>;

const POWER_CUTS_OF_THOUSAND: usize = 400;
const CRASH: &str = "the simulated program was killed";

pub(crate) fn is_crash(error: &PortError) -> bool {
    *error == PortError::Failed(CRASH.to_owned())
}

impl Outside {
    pub(crate) fn new(feed: &Rc<Feed>, dice: Dice, pace: Pace, crashes: Crashes) -> World {
        let streams = feed.streams.len();
        let written = feed.messages.iter().map(Vec::len).collect();
        let orders = (0..feed.book.rules.jurisdictions.len()).flat_map(|it| {
            let jurisdiction = JurisdictionIndex(u16::try_from(it).unwrap());
            [("orders", jurisdiction), ("alerts", jurisdiction)]
        });
        Rc::new(RefCell::new(Self {
            feed: Rc::clone(feed),
            dice,
            pace,
            crashes,
            effects: 0,
            crashed: 0,
            log: Vec::new(),
            unsynced: Vec::new(),
            snapshot: None,
            recalled: 0,
            lanes: orders.map(|lane| (lane, Vec::new())).collect(),
            states: BTreeMap::new(),
            due_states: (0, States::new()),
            generation: 0,
            stalled: Vec::new(),
            next: vec![0; streams],
            written,
            held: Vec::new(),
            largest_take: 0,
            faults: Vec::new(),
        }))
    }

    /// A place between two effects: the program may be killed here.
    pub(crate) fn effect(&mut self) -> Result<(), PortError> {
        self.effects += 1;
        if !self.stalled.is_empty() && self.dice.chance(30) {
            let woken = self.stalled.remove(0);
            self.deliver(woken);
        }
        let killed = match &mut self.crashes {
            Crashes::Never => false,
            Crashes::At(at) => *at == self.effects,
            Crashes::Often { of_thousand, left } => {
                let killed = *left > 0 && self.dice.chance(*of_thousand);
                *left -= u32::from(killed);
                killed
            }
        };
        if killed { self.kill() } else { Ok(()) }
    }

    /// Kills the program, and now and then the power goes with it.
    pub(crate) fn kill(&mut self) -> Result<(), PortError> {
        self.crashed += 1;
        if self.dice.chance(POWER_CUTS_OF_THOUSAND) {
            self.unsynced.clear();
        }
        Err(PortError::Failed(CRASH.to_owned()))
    }

    /// What was written reaches the disk.
    pub(crate) fn sync(&mut self) {
        self.log.append(&mut self.unsynced);
    }

    /// A message arrives. Its receiver refuses what is old, and we look whether it may know it.
    pub(crate) fn arrive(&mut self, lane: Lane, it: Received) {
        let place = usize::try_from(it.position.0).unwrap();
        let durable = self.log.get(place).map(|record| &record.event);
        let said = match (&it.says, durable) {
            (
                Says::Order { epoch, order },
                Some(Event::Response(ResponseEvent::OrderSetIssued(set))),
            ) => set.epoch == *epoch && set.orders.contains(order),
            (Says::Alert(act), Some(Event::Warning(WarningEvent::WarningDecided(durable)))) => {
                act == durable
            }
            _ => false,
        };
        if !said {
            self.faults.push(format!("{lane:?} received what is not durable: {it:?}"));
        }
        let received = self.lanes.get_mut(&lane).unwrap();
        if let (Says::Order { epoch, .. }, Some(Says::Order { epoch: last, .. })) =
            (&it.says, received.last().map(|last| &last.says))
            && epoch <= last
        {
            self.faults.push(format!("{lane:?} received epoch {epoch} after {last}"));
        }
        received.push(it);
    }

    /// A transaction arrives.
    pub(crate) fn deliver(&mut self, transaction: Transaction) {
        for (lane, it) in transaction.messages {
            self.arrive(lane, it);
        }
        for (jurisdiction, state) in transaction.states {
            self.states.entry(jurisdiction).or_default().push(state);
        }
    }

    /// Looks whether the topic of states says what the log says.
    pub(crate) fn check_states(&mut self) {
        if self.due_states.0 > self.log.len() {
            self.due_states = (0, States::new());
        }
        let (seen, due) = &mut self.due_states;
        for record in &self.log[*seen..] {
            State::note(due, record);
        }
        *seen = self.log.len();
        let newest = self.states.iter().filter_map(|(it, all)| Some((*it, all.last()?)));
        let newest: BTreeMap<_, _> = newest.collect();
        let due: BTreeMap<_, _> = due.iter().map(|(it, state)| (*it, state)).collect();
        // Once wrong, it is wrong after every record, and the words are long.
        if self.faults.is_empty() && newest != due {
            let words = format!("after {seen} records the states are {newest:?}, not {due:?}");
            self.faults.push(words);
        }
    }

    /// Whether the program has been given everything that is written. A stream that is held when
    /// no other has more waits for one that has ended: nothing of it could pass.
    pub(crate) fn is_drained(&self) -> bool {
        let is_given = |stream: usize| self.next[stream] >= self.written[stream];
        (0..self.next.len()).all(|it| is_given(it) || self.held.contains(&it))
    }
}

impl State {
    /// What a record changes.
    pub(crate) fn note(states: &mut States, record: &Record) {
        match &record.event {
            Event::Response(ResponseEvent::OrderSetIssued(set)) => {
                for order in &set.orders {
                    let state = states.entry(order.jurisdiction).or_default();
                    state.order = Some((set.epoch, order.clone()));
                }
            }
            Event::Warning(WarningEvent::WarningDecided(act)) => {
                states.entry(act.warning.jurisdiction).or_default().act = Some(act.clone());
            }
            _ => {}
        }
    }
}
