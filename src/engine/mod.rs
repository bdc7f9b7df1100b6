//! In what order: take, decide, append, publish.

mod as_of;
mod commands;
mod continued;
pub mod cooperation;
mod evidence;
mod feeding;
mod hindsight;
mod memory;
mod merge;
mod objects;
mod order_comparison;
mod outlooks;
mod ports;
pub mod projection;
mod record;
mod recorder;
mod redecide;
mod skill;

use std::sync::Arc;

pub use as_of::{AsOf, Head, MemberAsOf, OrderAsOf, WarningAsOf};
pub use commands::{Until, WithCommands};
pub use continued::{Continued, FileDifference};
pub use evidence::{Evidence, Role};
pub use feeding::{Fed, Feeding};
pub use hindsight::Hindsight;
pub use memory::{Memory, replay};
pub use merge::Lag;
pub use order_comparison::{Change, Compared, OrderHistory, Ordered, compare_orders};
pub use outlooks::{Outlooks, WithOutlooks};
pub use ports::{EventLog, Inbox, Needs, Occasion, Outbox, PortError, Records};
pub use record::{BookInForce, Entries, Entry, Follower, Position, Record, entries};
pub use redecide::{Check, Difference, OtherOutlook, OtherRules, Redecision};
pub use skill::{Contingency, MakerSkill, Score, Skill, Threshold};

use crate::domain::{Airshed, ClockRule, Command, RuleBook, Step, Stream, Timestamp};
use merge::{Merge, joins, parts};
use recorder::Recorder;

/// The loop between the world and the domain. It owns the only mutable state.
///
/// It only ever stops by a crash: what it remembers is ahead of the log until the log has it, so
/// once a door has failed every later call fails alike, and a new engine starts from the log.
#[derive(Debug)]
pub struct Engine<I, L, O> {
    /// The door that has failed.
    failed: Option<PortError>,
    limits: Limits,
    memory: Memory,
    merge: Merge,
    inbox: I,
    log: L,
    outbox: O,
    followers: Vec<Box<dyn Follower>>,
}

/// What bounds the memory of an engine, and the size of what it appends at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Values that wait for slower streams: each stream has an equal share, and one of which more
    /// waits is not taken from. What a single take brings comes on top.
    pub waiting_values: usize,
    /// Values in one append: when so many are recorded, they are appended as soon as the positions
    /// that they came from are whole. One position, one closed hour and one take that no stream
    /// holds back are never parted.
    pub append_values: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { waiting_values: 1_000_000, append_values: 1 << 17 }
    }
}

/// What one step did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Progress {
    /// Inputs that came in; some may wait for their turn.
    pub taken: usize,
    /// Records that were appended.
    pub records: usize,
}

impl<I: Inbox, L: EventLog, O: Outbox> Engine<I, L, O> {
    /// Opens it; see [`Engine::open_checked`].
    pub fn open(
        book: Arc<RuleBook>,
        now: Timestamp,
        inbox: I,
        log: L,
        outbox: O,
    ) -> Result<Self, PortError> {
        Self::open_checked(book, now, inbox, log, outbox, |_| Ok(()))
    }

    /// Remembers a log and goes on by the rules that it has.
    pub fn go_on(inbox: I, mut log: L, mut outbox: O) -> Result<Self, PortError> {
        let memory = take_up(&mut log, &mut outbox)?;
        Self::with(memory, inbox, log, outbox)
    }

    fn with(memory: Memory, mut inbox: I, log: L, outbox: O) -> Result<Self, PortError> {
        if let Some(book) = memory.airshed.book() {
            inbox.adopt(book);
        }
        inbox.resume(&taken(&memory.airshed))?;
        let merge = Merge::resume(&memory.airshed);
        let (failed, limits, followers) = (None, Limits::default(), Vec::new());
        Ok(Self { failed, limits, memory, merge, inbox, log, outbox, followers })
    }

    /// Remembers the log, sends what a crash left unsent, adopts the rules if they are others
    /// than those in the log, and goes on after the last input that the log holds. `check` looks
    /// at what is remembered before anything is appended, and can refuse to go on.
    pub fn open_checked(
        book: Arc<RuleBook>,
        now: Timestamp,
        inbox: I,
        mut log: L,
        mut outbox: O,
        check: impl FnOnce(&Memory) -> Result<(), PortError>,
    ) -> Result<Self, PortError> {
        let memory = take_up(&mut log, &mut outbox)?;
        check(&memory)?;
        let mut engine = Self::with(memory, inbox, log, outbox)?;
        engine.merge = Merge::default();
        engine.submit(vec![Command::Adopt(book)], Some(now))?;
        engine.merge = Merge::resume(&engine.memory.airshed);
        Ok(engine)
    }

    /// Shows a follower each record from here on.
    pub fn follow(&mut self, follower: impl Follower + 'static) {
        self.followers.push(Box::new(follower));
    }

    /// Sets other limits.
    pub fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Carries what the inbox has from there to the outbox. `now` is the time of recording; none
    /// takes the airshed's own clock, for feeds that are their own clock.
    pub fn step(&mut self, now: Option<Timestamp>) -> Result<Progress, PortError> {
        self.unless_failed(|engine| {
            let commands = engine.inbox.poll()?;
            let taken = commands.len();
            let records = engine.carry(commands, now, None)?.records;
            if let Some(held) = engine.merge.hold(engine.limits.waiting_values) {
                engine.inbox.hold(&held)?;
            }
            Ok(Progress { taken, records })
        })
    }

    /// Carries commands from outside the inbox, such as the ticks of the wall clock. Gives their
    /// outcome: every record that was appended, all of them durable and published.
    pub fn submit(
        &mut self,
        commands: Vec<Command>,
        now: Option<Timestamp>,
    ) -> Result<Vec<Arc<Entry>>, PortError> {
        self.unless_failed(|engine| {
            let appended = engine.carry(commands, now, Some(Vec::new()))?;
            Ok(appended.entries.unwrap_or_default())
        })
    }

    fn unless_failed<T>(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let done = act(self);
        self.failed = done.as_ref().err().cloned();
        done
    }

    /// Each command meets the state that the one before it left, and every hour that it makes due
    /// is closed and decided.
    fn carry(
        &mut self,
        commands: Vec<Command>,
        now: Option<Timestamp>,
        entries: Option<Vec<Arc<Entry>>>,
    ) -> Result<Appended, PortError> {
        let before = self.memory.airshed.book().cloned();
        let mut doors = Doors {
            log: &mut self.log,
            outbox: &mut self.outbox,
            followers: &mut self.followers,
            book: BookInForce::after(before.clone()),
            append_values: self.limits.append_values,
            appended: Appended { records: 0, entries },
        };
        let mut recorder = Recorder::new(&mut self.memory, now);
        let commands = timely(&recorder.memory.airshed, commands, now);
        for commands in parts(commands) {
            let rules = recorder.memory.airshed.rules();
            self.merge.put(commands, rules.map(|it| &it.parameters));
            while let Some(command) = self.merge.next() {
                let joins = joins(&command);
                doors.carry(&mut recorder, command, self.merge.is_whole())?;
                if joins {
                    self.merge.join(&recorder.memory.airshed);
                }
            }
        }
        doors.append(&mut recorder)?;
        let appended = doors.appended;
        let book = self.memory.airshed.book();
        if let Some(book) = book.filter(|it| before.is_none_or(|old| !Arc::ptr_eq(&old, it))) {
            self.inbox.adopt(book);
        }
        Ok(appended)
    }

    /// Ends a run: the state may be saved with the log, so that the next run need not
    /// fold it. A run that ends without this loses nothing but time.
    pub fn end(&mut self) {
        if self.failed.is_none() {
            self.log.save_snapshot(&self.memory, Occasion::End);
        }
    }

    /// What the engine remembers after the last step; more than the log may hold if that failed.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Inputs that wait until slower streams have caught up.
    pub fn waiting(&self) -> usize {
        self.merge.waiting()
    }

    /// The streams that others wait for, and how much waits; none where nothing does.
    pub fn lag(&self) -> Option<Lag> {
        self.merge.lag()
    }

    /// Where commands come from.
    pub fn inbox(&self) -> &I {
        &self.inbox
    }

    /// Where commands come from, to change it.
    pub fn inbox_mut(&mut self) -> &mut I {
        &mut self.inbox
    }

    /// Where orders go, to change it.
    pub fn outbox_mut(&mut self) -> &mut O {
        &mut self.outbox
    }

    /// Where events stay.
    pub fn log(&self) -> &L {
        &self.log
    }

    /// Gives the doors back.
    pub fn into_parts(self) -> (I, L, O) {
        (self.inbox, self.log, self.outbox)
    }
}

/// Before its first tick the wall clock is the time of recording: no log begins with rows that
/// are too old by it, or of an hour that has not come.
fn timely(airshed: &Airshed, commands: Vec<Command>, now: Option<Timestamp>) -> Vec<Command> {
    let by_wall = airshed.rules().filter(|it| it.parameters.closing.clock == ClockRule::Wall);
    let (Some(rules), Some(now), None) = (by_wall, now, airshed.clock()) else { return commands };
    let kept = |command: Command| match command {
        Command::Observe(batch) => {
            let Some(reason) = airshed.untimely(batch.hour, now) else {
                return vec![Command::Observe(batch)];
            };
            batch.refused(rules, reason).into_iter().map(Command::Refuse).collect()
        }
        other @ (Command::Adopt(_)
        | Command::JoinStreams(_)
        | Command::Tick(_)
        | Command::ReceiveForecast(_)
        | Command::Exclude(_)
        | Command::Give(_)
        | Command::Refuse(_)) => vec![other],
    };
    commands.into_iter().flat_map(kept).collect()
}

/// Remembers the log, and sends again what a crash may have left unsent. With a snapshot it reads
/// the marked records, those after the snapshot, and those that may be unsent or lacked; without
/// one the whole log, in one pass.
fn take_up(log: &mut impl EventLog, outbox: &mut impl Outbox) -> Result<Memory, PortError> {
    let unsent = outbox.unsent_from()?;
    let (mut memory, seen_from) = recalled(log, outbox, unsent);
    outbox.learn(&memory.marks);
    if memory.next > Position::default() && outbox.needs(&memory.marks) != Needs::Nothing {
        let mut book = BookInForce::default();
        for position in memory.marks.records().range(..seen_from) {
            let Some(record) = log.read(*position)?.next().transpose()? else { break };
            outbox.recall(&Arc::new(book.entry(record)))?;
        }
    }
    // No rule book was adopted between the two.
    let mut book = BookInForce::after(memory.airshed.book().cloned());
    for record in log.read(memory.next.min(seen_from))? {
        let entry = Arc::new(book.entry(record?));
        let record = &entry.record;
        if record.position >= memory.next {
            memory.evolve(record)?;
        }
        if record.position >= unsent {
            outbox.publish(&entry)?;
        } else if record.position >= seen_from {
            outbox.recall(&entry)?;
        }
    }
    if unsent == Position::NEVER {
        return Ok(memory);
    }
    if unsent > memory.next {
        return Err(PortError::Failed(format!(
            "orders up to record {} were sent, but the log ends before record {}: \
             this is not the log that they came from, or it has lost its end",
            unsent.0.saturating_sub(1),
            memory.next.0
        )));
    }
    outbox.flush()?;
    Ok(memory)
}

/// The snapshot of a log, where it is of use, and from which record on the outbox must see all.
fn recalled(log: &mut impl EventLog, outbox: &impl Outbox, unsent: Position) -> (Memory, Position) {
    if let Some(memory) = log.load_snapshot().filter(|it| it.next > Position::default()) {
        // What was published after the snapshot belongs to the state that is published, too.
        let seen_from = match outbox.needs(&memory.marks) {
            Needs::Nothing => unsent,
            Needs::Marked => unsent.min(memory.next),
            Needs::From(position) => position.min(unsent).min(memory.next),
        };
        // Who reads records older than a snapshot's rules needs the rules before them as well.
        if memory.adopted_at.is_none_or(|at| at <= seen_from) {
            return (memory, seen_from);
        }
    }
    let memory = Memory::default();
    let needs = outbox.needs(&memory.marks);
    let seen_from = if needs == Needs::Nothing { unsent } else { Position::default() };
    (memory, seen_from)
}

/// The last position of each stream that is in the log, and the ids of the topics that have joined.
fn taken(airshed: &Airshed) -> Vec<(Stream, u64)> {
    let streams = airshed.streams().iter();
    let taken = streams.filter_map(|(stream, it)| Some((stream.clone(), it.taken?)));
    let ids = airshed.joined().iter().filter(|it| it.as_topic_id().is_some());
    taken.chain(ids.map(|it| (it.clone(), 0))).collect()
}

/// Where records go: into the log, then to their receivers, then to those who follow.
struct Doors<'a, L, O> {
    log: &'a mut L,
    outbox: &'a mut O,
    followers: &'a mut Vec<Box<dyn Follower>>,
    /// At the last record that was appended.
    book: BookInForce,
    append_values: usize,
    appended: Appended,
}

/// What has been appended.
struct Appended {
    /// How many records.
    records: usize,
    /// The records with their rule books, where the caller asks for them.
    entries: Option<Vec<Arc<Entry>>>,
}

impl<L: EventLog, O: Outbox> Doors<'_, L, O> {
    /// Records a command and all that follows from it, and appends wherever the log may end; it
    /// may end with the command if that is `whole`. After a crash there, what is still due is
    /// decided on the next start.
    fn carry(
        &mut self,
        recorder: &mut Recorder<'_>,
        command: Command,
        whole: bool,
    ) -> Result<(), PortError> {
        let values = command.values();
        let mut step = Step::new(&recorder.memory.airshed, command);
        while let Some(next) = step.next(&recorder.memory.airshed) {
            self.append_if_full(recorder)?;
            recorder.record(next.events)?;
            if next.of_command {
                recorder.values += values;
                recorder.whole = whole;
            } else if !next.may_end {
                recorder.whole = false;
            }
        }
        Ok(())
    }

    fn append_if_full(&mut self, recorder: &mut Recorder<'_>) -> Result<(), PortError> {
        let values = recorder.values + recorder.records.len() * RECORD_VALUES;
        let is_full = recorder.whole && values >= self.append_values;
        if is_full { self.append(recorder) } else { Ok(()) }
    }

    /// The log comes before the outbox, so that no order leaves unrecorded.
    fn append(&mut self, recorder: &mut Recorder<'_>) -> Result<(), PortError> {
        recorder.values = 0;
        let records = std::mem::take(&mut recorder.records);
        if records.is_empty() {
            return Ok(());
        }
        self.log.append(&records)?;
        self.appended.records += records.len();
        // An entry that no one else looks at is freed at once: the next one takes its place.
        let is_kept = self.appended.entries.is_some() || !self.followers.is_empty();
        let mut entries = Vec::new();
        for record in records {
            let entry = Arc::new(self.book.entry(record));
            self.outbox.publish(&entry)?;
            if is_kept {
                entries.push(entry);
            }
        }
        self.outbox.flush()?;
        // Both run after orders are sent, so they never delay them.
        for follower in self.followers.iter_mut() {
            for entry in &entries {
                follower.follow(entry);
            }
        }
        self.log.save_snapshot(recorder.memory, Occasion::Append);
        if let Some(appended) = &mut self.appended.entries {
            appended.extend(entries);
        }
        Ok(())
    }
}

/// A record weighs as much as so many values when an append is bounded.
const RECORD_VALUES: usize = 8;
