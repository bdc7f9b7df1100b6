//! Programs with one fault planted each. A simulation that lets one of them pass proves nothing.

use airshed::domain::ResponseEvent;
use airshed::domain::cooperation::{What, WhistleMet};
use std::rc::Rc;
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::projection::Marks;
use airshed::engine::*;

use super::life::Doors;
use super::outside::World;
use super::ports::{SimInbox, SimLog, SimOutbox};

/// The faults, by what the program does wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    PublishesBeforeItAppends,
    DoesNotResend,
    /// Resends for the receiver that is furthest, not for the one that is least far.
    ResendsTooLittle,
    /// Goes on where the dead program had read, as with offsets that commit themselves.
    DoesNotResume,
    ResumesAtTheStart,
    DropsTicks,
    ReusesEpochs,
    TearsAppends,
    DoesNotMerge,
    /// Takes a batch for appended although the log has failed.
    LosesAppends,
    /// Takes for durable what an earlier program has written and not synced.
    BelievesUnsynced,
    /// Goes on reading streams of which too much waits.
    DoesNotHold,
    /// Goes on although an older program may still publish what it holds.
    DoesNotFenceItsOutbox,
    /// Takes the newest states from their topic, not from the log.
    BelievesTheStates,
    /// Its snapshot has no deadlines.
    LosesDeadlines,
    /// Its snapshot does not know the last step of a ladder.
    StepsTwice,
    /// Takes answers that came behind a tick before it, when their deadline has not passed.
    AnswersFirst,
    /// Counts an answer after its deadline as in time.
    CountsLateAnswers,
    /// Its snapshot has forgotten the ids of commands.
    ForgetsIds,
    /// Appends that a proposal is settled before the acts and orders that follow from it.
    SettlesInParts,
}

impl Fault {
    pub(crate) const ALL: [Self; 20] = [
        Self::PublishesBeforeItAppends,
        Self::DoesNotResend,
        Self::ResendsTooLittle,
        Self::DoesNotResume,
        Self::ResumesAtTheStart,
        Self::DropsTicks,
        Self::ReusesEpochs,
        Self::TearsAppends,
        Self::DoesNotMerge,
        Self::LosesAppends,
        Self::BelievesUnsynced,
        Self::DoesNotHold,
        Self::DoesNotFenceItsOutbox,
        Self::BelievesTheStates,
        Self::LosesDeadlines,
        Self::StepsTwice,
        Self::AnswersFirst,
        Self::CountsLateAnswers,
        Self::ForgetsIds,
        Self::SettlesInParts,
    ];

    /// Whether its snapshots are wrong; the others have none.
    fn is_of_snapshots(self) -> bool {
        matches!(self, Self::LosesDeadlines | Self::StepsTwice | Self::ForgetsIds)
    }

    /// What it remembers in the place of a record.
    fn remembers(self, record: &mut Record, last_step: Option<Position>) {
        match &mut record.event {
            Event::Response(ResponseEvent::OrderSetIssued(set)) if self == Self::LosesDeadlines => {
                for order in &mut set.orders {
                    order.acknowledge_by = order.acknowledge_by.plus_hours(100_000);
                }
            }
            Event::Cooperation(it)
                if self == Self::StepsTwice && Some(record.position) == last_step =>
            {
                it.what = WhistleMet { whistle: String::new(), in_time: true }.into();
            }
            Event::Fact(Fact::CommandGiven(given)) if self == Self::ForgetsIds => {
                let id = format!("forgotten-{}", record.position.0);
                *given = Arc::new(CommandGiven { id, ..(**given).clone() });
            }
            _ => {}
        }
    }
}

fn is_late_answer(record: &Record) -> bool {
    let Event::Cooperation(it) = &record.event else { return false };
    matches!(&it.what, What::OrderAcknowledged(it) if !it.in_time)
}

fn is_settlement(record: &Record) -> bool {
    let Event::Cooperation(it) = &record.event else { return false };
    matches!(it.what, What::ProposalSettled(_))
}

/// Whether a step of a ladder was taken.
fn is_step(record: &Record) -> bool {
    let Event::Cooperation(it) = &record.event else { return false };
    matches!(it.what, What::MatterOverdue(_) | What::MatterReminded(_) | What::MatterEscalated(_))
}

impl Doors for Fault {
    type In = FaultyInbox;
    type Log = FaultyLog;
    type Out = FaultyOutbox;

    fn open(&self, world: &World) -> (FaultyInbox, FaultyLog, FaultyOutbox) {
        let log = match self {
            Self::BelievesUnsynced => SimLog(Rc::clone(world)),
            _ => SimLog::open(world),
        };
        let outbox = match self {
            Self::DoesNotFenceItsOutbox => SimOutbox::unfenced(world),
            Self::BelievesTheStates => SimOutbox::believing(world),
            _ => SimOutbox::new(world),
        };
        // The same writer as the outbox.
        let first = SimOutbox::unfenced(world);
        (
            FaultyInbox { fault: *self, inbox: SimInbox(Rc::clone(world)) },
            FaultyLog { fault: *self, log, first, world: Rc::clone(world) },
            FaultyOutbox { fault: *self, outbox },
        )
    }

    fn joins(&self) -> bool {
        *self != Self::DoesNotMerge
    }

    fn answers_first(&self) -> bool {
        *self == Self::AnswersFirst
    }
}

pub(crate) struct FaultyInbox {
    fault: Fault,
    inbox: SimInbox,
}

impl Inbox for FaultyInbox {
    fn adopt(&mut self, book: &Arc<RuleBook>) {
        self.inbox.adopt(book);
    }

    fn resume(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError> {
        match self.fault {
            Fault::DoesNotResume => Ok(()),
            Fault::ResumesAtTheStart => self.inbox.resume(&[]),
            _ => self.inbox.resume(taken),
        }
    }

    fn poll(&mut self) -> Result<Vec<Command>, PortError> {
        let mut commands = self.inbox.poll()?;
        if self.fault == Fault::DropsTicks {
            let mut outside = self.inbox.0.borrow_mut();
            commands.retain(|it| !matches!(it, Command::Tick(_)) || !outside.dice.chance(20));
        }
        Ok(commands)
    }

    fn hold(&mut self, streams: &[Stream]) -> Result<(), PortError> {
        if self.fault == Fault::DoesNotHold { Ok(()) } else { self.inbox.hold(streams) }
    }
}

pub(crate) struct FaultyLog {
    fault: Fault,
    log: SimLog,
    first: SimOutbox,
    world: World,
}

impl EventLog for FaultyLog {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        if self.fault == Fault::PublishesBeforeItAppends {
            let mut book = BookInForce::default();
            for record in records {
                self.first.publish(&Arc::new(book.entry(record.clone())))?;
            }
            self.first.flush()?;
        }
        let set = records
            .iter()
            .rposition(|it| matches!(it.event, Event::Response(ResponseEvent::OrderSetIssued(_))));
        if self.fault == Fault::CountsLateAnswers && records.iter().any(is_late_answer) {
            let mut records = records.to_vec();
            for record in &mut records {
                if let Event::Cooperation(it) = &mut record.event
                    && let What::OrderAcknowledged(answer) = &mut it.what
                {
                    answer.in_time = true;
                }
            }
            return self.log.append(&records);
        }
        let settled = records.iter().position(is_settlement);
        if let (Fault::SettlesInParts, Some(settled)) = (self.fault, settled)
            && self.world.borrow_mut().dice.chance(300)
        {
            self.log.append(&records[..=settled])?;
            return self.world.borrow_mut().kill();
        }
        let before = self.world.borrow().log.len();
        match (self.fault, set) {
            (Fault::TearsAppends, Some(set)) if self.world.borrow_mut().dice.chance(300) => {
                self.log.append(&records[..set])?;
                self.world.borrow_mut().kill()
            }
            (Fault::BelievesUnsynced, Some(_)) if self.world.borrow_mut().dice.chance(300) => {
                // What shows it: a kill between the write and the sync.
                let mut outside = self.world.borrow_mut();
                outside.unsynced.extend_from_slice(records);
                outside.kill()
            }
            (Fault::LosesAppends, Some(_)) if self.world.borrow_mut().dice.chance(300) => {
                self.log.append(records)?;
                self.world.borrow_mut().log.truncate(before);
                Ok(())
            }
            _ => self.log.append(records),
        }
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        let records = self.log.read(from)?;
        if self.fault != Fault::ReusesEpochs {
            return Ok(records);
        }
        Ok(Box::new(records.map(|record| {
            let mut record = record?;
            if let Event::Response(ResponseEvent::OrderSetIssued(set)) = &mut record.event {
                set.epoch = set.epoch.saturating_sub(1);
            }
            Ok(record)
        })))
    }

    fn load_snapshot(&mut self) -> Option<Memory> {
        let memory = self.log.load_snapshot()?;
        let outside = self.world.borrow();
        let records = &outside.log[..usize::try_from(memory.next.0).unwrap()];
        let last_step = records.iter().rev().find(|it| is_step(it)).map(|it| it.position);
        let mut other = Memory::default();
        for record in records {
            let mut record = record.clone();
            self.fault.remembers(&mut record, last_step);
            other.evolve(&record).unwrap();
        }
        Some(other)
    }

    fn save_snapshot(&mut self, memory: &Memory, occasion: Occasion) {
        if self.fault.is_of_snapshots() {
            self.log.save_snapshot(memory, occasion);
        }
    }
}

pub(crate) struct FaultyOutbox {
    fault: Fault,
    outbox: SimOutbox,
}

impl Outbox for FaultyOutbox {
    fn unsent_from(&mut self) -> Result<Position, PortError> {
        match self.fault {
            Fault::DoesNotResend => Ok(Position::NEVER),
            Fault::ResendsTooLittle => Ok(self.outbox.ends().max().unwrap()),
            _ => self.outbox.unsent_from(),
        }
    }

    fn needs(&self, marks: &Marks) -> Needs {
        self.outbox.needs(marks)
    }

    fn recall(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        self.outbox.recall(entry)
    }

    fn publish(&mut self, entry: &Arc<Entry>) -> Result<(), PortError> {
        if self.fault == Fault::PublishesBeforeItAppends {
            return Ok(());
        }
        self.outbox.publish(entry)
    }

    fn flush(&mut self) -> Result<(), PortError> {
        self.outbox.flush()
    }
}
