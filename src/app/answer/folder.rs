//! Gives a command to a log in a folder.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};

use crate::domain::{ClockRule, Command, CommandGiven, Stream, Tick, Timestamp};
use crate::engine::{Engine, Entry, Position};
use crate::io::memory::{MemoryInbox, NoOutbox};
use crate::io::segments::{SegmentError, SegmentLog, SegmentReader};

use super::{Door, wall};
use crate::app::support::{Failure, log_folder, output, rules};

/// The stream of these commands in a log with the clock of its sources.
const STREAM: &str = "do";

/// A log in a folder, with its state.
pub(super) struct Folder {
    engine: Engine<MemoryInbox, SegmentLog, NoOutbox>,
    clock: ClockRule,
    now: Timestamp,
}

/// Opens the log.
pub(super) fn open(folder: &Path, key: Option<&Path>) -> Result<Folder, Failure> {
    // A folder without a log is not made into one.
    let found = SegmentReader::open(folder, Position::default(), rules::parse);
    if let Err(error @ SegmentError::NoLog { .. }) = found {
        return Err(Failure::Usage(error.to_string()));
    }
    let log = log_folder::write(folder, key).map_err(|failure| explained(failure, folder))?;
    if log.next() == Position::default() {
        return Err(Failure::Usage(format!("the log in {} is empty", folder.display())));
    }
    for found in log_folder::found(&log) {
        output::note(&found);
    }
    let engine = Engine::go_on(MemoryInbox::default(), log, NoOutbox).context("opening the log")?;
    let airshed = &engine.memory().airshed;
    let rules = airshed.rules().ok_or_else(|| anyhow!("the log has no rule book"))?;
    let clock = rules.parameters.closing.clock;
    let now = match clock {
        ClockRule::Wall => wall(),
        ClockRule::Sources => airshed.clock().unwrap_or_else(wall),
    };
    let max_jump_h = rules.parameters.closing.max_jump_h;
    if let Some(shown) = airshed.clock()
        && now > shown.plus_hours(max_jump_h)
    {
        return Err(anyhow!(
            "the clock of this log stands at {shown}, and goes on with the wall clock: that is a \
             jump of over {max_jump_h} h (max_jump_h). Let `airshed serve` take the log up first"
        )
        .into());
    }
    Ok(Folder { engine, clock, now })
}

/// A log that is being written takes commands another way.
fn explained(failure: Failure, folder: &Path) -> Failure {
    let Failure::Run(error) = &failure else { return failure };
    if !matches!(error.downcast_ref(), Some(SegmentError::Locked { .. })) {
        return failure;
    }
    Failure::Run(anyhow!(
        "{error}: give the command to `airshed serve` with --brokers HOST:PORT in place of --log \
         {}, or wait until that process has ended",
        folder.display()
    ))
}

impl Door for Folder {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn carry(&mut self, mut given: CommandGiven) -> Result<Vec<Arc<Entry>>, Failure> {
        let mut commands = Vec::new();
        let recorded_at = match self.clock {
            ClockRule::Wall => {
                commands.push(Command::Tick(Tick { at: self.now, source: None }));
                Some(self.now)
            }
            ClockRule::Sources => {
                let stream = Stream::file(STREAM);
                let streams = self.engine.memory().airshed.streams();
                let taken = streams.get(&stream).and_then(|it| it.taken).unwrap_or(0);
                given.source = Some(stream.at(taken + 1));
                None
            }
        };
        commands.push(Command::Give(Box::new(given)));
        let entries =
            self.engine.submit(commands, recorded_at).context("the command is not taken")?;
        self.engine.end();
        for left_out in log_folder::left_out(self.engine.log()) {
            output::note(&left_out);
        }
        Ok(entries)
    }
}
