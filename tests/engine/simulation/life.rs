//! A program that is killed and started again until its world has been told everything.

use std::rc::Rc;
use std::sync::Arc;

use airshed::domain::*;
use airshed::engine::*;

use super::dice::Dice;
use super::feed::Feed;
use super::outside::{Crashes, Outside, Pace, World, is_crash};
use super::ports::{SimInbox, SimLog, SimOutbox};

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

/// The same world without crashes.
pub(crate) fn calm(feed: &Rc<Feed>) -> Result<Life, String> {
    let pace = if feed.ticks.is_empty() { Pace::Calm } else { Pace::InTurn };
    live(&Outside::new(feed, Dice::new(0), pace, Crashes::Never), &Sound)
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
    let (inbox, log, outbox) = doors.open(world);
    let book = Arc::clone(&feed.book);
    let mut engine = Engine::open(book, Timestamp::default(), inbox, log, outbox)?;
    let limits = limits(world);
    engine.limit(limits);
    if feed.ticks.is_empty() {
        if doors.joins() {
            engine.submit(vec![Command::JoinStreams(feed.streams.clone())], None)?;
        }
        while !world.borrow().is_drained() {
            engine.step(None)?;
            check_waiting(&engine, &limits, world);
            world.borrow_mut().effect()?;
        }
        return Ok(engine.memory().clone());
    }
    for (at, written) in &feed.ticks {
        if engine.memory().airshed.clock() >= Some(*at) {
            continue;
        }
        world.borrow_mut().written.clone_from(written);
        while !world.borrow().is_drained() {
            engine.step(Some(*at))?;
        }
        let tick = Command::Tick(Tick { at: *at, source: None });
        engine.submit(vec![tick], Some(*at))?;
    }
    Ok(engine.memory().clone())
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
    let values_max = limits.waiting_values.max(streams) + streams * outside.largest_take;
    let waiting = engine.lag().map_or(0, |it| it.values);
    if waiting > values_max {
        outside.faults.push(format!("{waiting} values wait, at most {values_max} may"));
    }
}
