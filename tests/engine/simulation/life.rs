//! A program that is killed and started again until its world has been told everything.

use std::rc::Rc;
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::*;

use super::bureaus::Bureaus;
use super::dice::Dice;
use super::feed::{END_H, Feed};
use super::outside::{Crashes, Outside, Pace, World, is_crash};
use super::ports::{SimInbox, SimLog, SimOutbox};

/// Steps that no program needs: one that takes more would never end.
const STEPS_MAX: u32 = 100_000;

/// No take brings more commands.
const COMMANDS_A_TAKE: usize = 450;

/// What is left when everything is over.
pub(crate) struct Life {
    pub(crate) world: World,
    /// What the last program remembered.
    pub(crate) memory: Memory,
}

/// How a program gets its doors.
pub(crate) trait Doors {
    type In: Inbox;
    type Log: EventLog;
    type Out: Outbox;
    fn open(&self, world: &World) -> (Self::In, Self::Log, Self::Out);
    /// Whether the streams are joined, as they must be where they are the clock.
    fn joins(&self) -> bool {
        true
    }
    /// Whether commands are taken before the tick behind which they came.
    fn answers_first(&self) -> bool {
        false
    }
}

/// The doors as they should be.
pub(crate) struct Sound;

impl Doors for Sound {
    type In = SimInbox;
    type Log = SimLog;
    type Out = SimOutbox;
    fn open(&self, world: &World) -> (SimInbox, SimLog, SimOutbox) {
        (SimInbox(Rc::clone(world)), SimLog::open(world), SimOutbox::new(world))
    }
}

/// The same world without crashes, and with bodies that read the log and answer. What they say is
/// written to the stream of commands, so that it stands at the same place in every run of the feed.
pub(crate) fn rehearse(seed: u64, feed: Feed) -> Result<(Rc<Feed>, Life), String> {
    let pace = if feed.by_wall { Pace::InTurn } else { Pace::Calm };
    let (book, rounds, commands) = (Arc::clone(&feed.book), feed.rounds.clone(), feed.commands());
    let world = Outside::new(&Rc::new(feed), Dice::new(0), pace, Crashes::Never);
    let mut bureaus = Bureaus::new(Dice::new(seed).other(4), &book);
    let lived = rehearsed(&world, &rounds, &mut bureaus);
    let memory = lived.map_err(|it| format!("a program that was not killed ended: {it}"))?;
    for nth in 0..rounds.len() {
        let written = bureaus.written[nth];
        feed_of(&mut world.borrow_mut()).rounds[nth].1[commands] = written;
    }
    let feed = Rc::clone(&world.borrow().feed);
    Ok((feed, Life { world, memory }))
}

fn rehearsed(
    world: &World,
    rounds: &[(Timestamp, Vec<usize>)],
    bureaus: &mut Bureaus,
) -> Result<Memory, PortError> {
    let mut program = Program::open(world, &Sound)?;
    let (by_wall, commands) = (world.borrow().feed.by_wall, world.borrow().feed.commands());
    let last = rounds.len() - 1;
    for (nth, (at, written)) in rounds.iter().enumerate() {
        world.borrow_mut().written[..commands].clone_from_slice(&written[..commands]);
        program.drain(by_wall.then_some(*at))?;
        let mut said: Vec<Command> = Vec::new();
        if by_wall {
            program.tick(*at)?;
        } else {
            let grace_min = world.borrow().feed.book.rules.parameters.closing.grace_min;
            let from = if nth == last { *at } else { at.plus_minutes(grace_min) };
            write(world, [Command::Tick(Tick { at: from, source: None })]);
            program.drain(None)?;
        }
        let now = program.engine.memory().airshed.clock().unwrap_or(*at);
        if by_wall {
            let news = bureaus.read;
            said.extend(bureaus.act(&world.borrow().log[news..], now, now));
        } else if nth < last {
            let news = bureaus.read;
            let until = now.plus_hours(1);
            said.extend(bureaus.act(&world.borrow().log[news..], now, until));
        } else {
            let at = at.plus_hours(END_H[1] - END_H[0]);
            said.push(Command::Tick(Tick { at, source: None }));
        }
        write(world, said);
        bureaus.written.push(world.borrow().written[commands]);
        program.drain(by_wall.then_some(*at))?;
    }
    Ok(program.engine.memory().clone())
}

/// Adds messages to the stream of commands.
fn write(world: &World, said: impl IntoIterator<Item = Command>) {
    let mut outside = world.borrow_mut();
    let feed = feed_of(&mut outside);
    let commands = feed.commands();
    for command in said {
        feed.put(commands, vec![command]);
    }
    outside.written[commands] = outside.feed.messages[commands].len();
}

/// The feed of a world that has not been shared.
fn feed_of(outside: &mut Outside) -> &mut Feed {
    Rc::get_mut(&mut outside.feed).expect("no other world has it yet")
}

/// Runs programs one after the other until one of them reaches the end.
pub(crate) fn live(world: &World, doors: &impl Doors) -> Result<Life, String> {
    loop {
        let crashed = world.borrow().crashed;
        match run(world, doors) {
            Ok(memory) => return Ok(Life { world: Rc::clone(world), memory }),
            Err(error) if is_crash(&error) && world.borrow().crashed > crashed => {}
            Err(error) => return Err(format!("a program that was not killed ended: {error}")),
        }
    }
}

fn run(world: &World, doors: &impl Doors) -> Result<Memory, PortError> {
    let feed = Rc::clone(&world.borrow().feed);
    let mut program = Program::open(world, doors)?;
    if !feed.by_wall {
        while program.step(None)? {
            check_waiting(&program.engine, &program.limits, world);
            world.borrow_mut().effect()?;
        }
        return Ok(program.engine.memory().clone());
    }
    let commands = feed.commands();
    let mut answered = 0;
    for (at, written) in &feed.rounds {
        let clock = program.engine.memory().airshed.clock();
        if clock < Some(*at) {
            world.borrow_mut().written.clone_from(written);
            if !doors.answers_first() {
                world.borrow_mut().written[commands] = answered;
            }
            program.drain(Some(*at))?;
            program.tick(*at)?;
        }
        if clock <= Some(*at) {
            world.borrow_mut().written.clone_from(written);
            program.drain(Some(*at))?;
        }
        answered = written[commands];
    }
    Ok(program.engine.memory().clone())
}

/// A program that runs.
struct Program<'a, I, L, O> {
    world: &'a World,
    engine: Engine<I, L, O>,
    limits: Limits,
    steps: u32,
}

impl<'a, I: Inbox, L: EventLog, O: Outbox> Program<'a, I, L, O> {
    fn open<D>(world: &'a World, doors: &D) -> Result<Self, PortError>
    where
        D: Doors<In = I, Log = L, Out = O>,
    {
        let feed = Rc::clone(&world.borrow().feed);
        let (inbox, log, outbox) = doors.open(world);
        let book = Arc::clone(&feed.book);
        let mut engine = Engine::open(book, Timestamp::default(), inbox, log, outbox)?;
        let limits = limits(world);
        engine.limit(limits);
        if !feed.by_wall && doors.joins() {
            engine.submit(vec![Command::JoinStreams(feed.streams.clone())], None)?;
        }
        Ok(Self { world, engine, limits, steps: 0 })
    }

    /// Takes a step unless everything that is written has been taken.
    fn step(&mut self, now: Option<Timestamp>) -> Result<bool, PortError> {
        if self.world.borrow().is_drained() {
            return Ok(false);
        }
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Err(PortError::Failed(format!("it has not ended after {STEPS_MAX} steps")));
        }
        self.engine.step(now)?;
        Ok(true)
    }

    fn drain(&mut self, now: Option<Timestamp>) -> Result<(), PortError> {
        while self.step(now)? {}
        Ok(())
    }

    /// The wall clock moves.
    fn tick(&mut self, at: Timestamp) -> Result<(), PortError> {
        let tick = Command::Tick(Tick { at, source: None });
        self.engine.submit(vec![tick], Some(at)).map(|_| ())
    }
}

/// From hardly anything at once to all of it, where the world is wild. Most appends are whole
/// steps: in small pieces the crashes of a world are over before there is anything to order.
fn limits(world: &World) -> Limits {
    let outside = world.borrow();
    if outside.pace != Pace::Wild {
        return Limits::default();
    }
    if matches!(outside.crashes, Crashes::At(_)) {
        return Limits { waiting_values: 40, append_values: 1_000 };
    }
    let mut dice = outside.dice.other(3);
    let waiting_values = dice.one_of(&[1, 40, 400, 1_000_000]);
    let append_values = dice.one_of(&[100, 1_000_000, 1_000_000, 1_000_000]);
    Limits { waiting_values, append_values }
}

/// However the streams race, no more may wait than the limit allows.
fn check_waiting<I: Inbox, L: EventLog, O: Outbox>(
    engine: &Engine<I, L, O>,
    limits: &Limits,
    world: &World,
) {
    let mut outside = world.borrow_mut();
    let streams = outside.feed.streams.len();
    // Each stream but that of commands may bring a whole take more; a command is one value.
    let values_max =
        limits.waiting_values.max(streams) + (streams - 1) * outside.largest_take + COMMANDS_A_TAKE;
    let waiting = engine.lag().map_or(0, |it| it.values);
    if waiting > values_max {
        outside.faults.push(format!("{waiting} values wait, at most {values_max} may"));
    }
}
