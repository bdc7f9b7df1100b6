//! The one way to play inputs: through the engine, into a log in memory.

use std::sync::Arc;

use airshed::domain::{Command, RuleBook, Timestamp};
use airshed::engine::{Engine, Hindsight, Outlooks, Record, WithOutlooks};
use airshed::io::memory::{MemoryInbox, MemoryLog, NoOutbox};

/// Inputs, and how they are played.
pub(crate) struct Play {
    book: Arc<RuleBook>,
    commands: Vec<Command>,
    hindsight_h: i32,
    at_once: usize,
    is_ended: bool,
    now: Option<Timestamp>,
}

impl Play {
    /// All at once and to their end, without an outlook of their own.
    pub(crate) fn new(book: &Arc<RuleBook>, commands: Vec<Command>) -> Self {
        let (book, at_once) = (Arc::clone(book), 0);
        Self { book, commands, hindsight_h: 0, at_once, is_ended: true, now: None }
    }

    /// With an outlook that knows so many hours ahead; 0: none.
    pub(crate) fn hindsight(self, hindsight_h: i32) -> Self {
        Self { hindsight_h, ..self }
    }

    /// With so many inputs in a step; 0: all.
    pub(crate) fn at_once(self, at_once: usize) -> Self {
        Self { at_once, ..self }
    }

    /// What only the end of the inputs would close stays open.
    pub(crate) fn goes_on(self) -> Self {
        Self { is_ended: false, ..self }
    }

    /// By a wall clock.
    pub(crate) fn now(self, now: Timestamp) -> Self {
        Self { now: Some(now), ..self }
    }

    /// All that is recorded.
    pub(crate) fn records(self) -> Vec<Record> {
        let mut inbox = MemoryInbox::default();
        inbox.at_once = self.at_once;
        self.commands.into_iter().for_each(|it| inbox.put(it));
        let outlooks = match self.hindsight_h {
            0 => Outlooks::None,
            ahead_h => {
                let hindsight = Hindsight::look(&self.book, ahead_h, &mut inbox.clone());
                Outlooks::Hindsight(hindsight.unwrap())
            }
        };
        let inbox = WithOutlooks::new(inbox, outlooks, Vec::new());
        let (log, begin) = (MemoryLog::default(), Timestamp(0));
        let mut engine = Engine::open(self.book, begin, inbox, log, NoOutbox).unwrap();
        while engine.step(self.now).unwrap().taken > 0 {}
        if self.is_ended {
            let end = engine.memory().airshed.end_of_feed();
            engine.submit(end, self.now).unwrap();
        }
        engine.into_parts().1.records
    }
}
