//! The queue from requests to the engine's thread.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::domain::CommandGiven;
use crate::engine::{Entry, PortError};
use crate::io::http::{Kind, Problem};

/// Requests that may wait for the engine.
const WAITING_MAX: usize = 256;

/// What the engine is asked to take.
#[derive(Debug)]
pub(in crate::app) enum Work {
    /// A command of a body.
    Command(Box<CommandGiven>),
    /// A message with readings, as it could come from the topic.
    Readings(Vec<u8>),
}

/// Every record that was appended for it; all of them are durable.
pub(in crate::app) type Outcome = Result<Vec<Arc<Entry>>, PortError>;

/// A request that waits for the engine.
#[derive(Debug)]
pub(in crate::app) struct Write {
    pub(in crate::app) work: Work,
    pub(in crate::app) answer: oneshot::Sender<Outcome>,
}

/// The end of the requests; none where there is no engine.
#[derive(Clone, Debug)]
pub(in crate::app) struct Pending(Option<SyncSender<Write>>);

/// The end of the engine.
#[derive(Debug)]
pub(in crate::app) struct Writes(Receiver<Write>);

pub(super) fn queue() -> (Pending, Writes) {
    let (sender, receiver) = sync_channel(WAITING_MAX);
    (Pending(Some(sender)), Writes(receiver))
}

impl Pending {
    /// Nothing can be written.
    pub(super) fn closed() -> Self {
        Self(None)
    }

    /// Whether there is an engine.
    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Gives it to the engine, and waits until it is durable.
    pub(super) async fn carry(&self, work: Work) -> Result<Vec<Arc<Entry>>, Problem> {
        let Some(queue) = &self.0 else {
            let words = "`airshed look` only shows a log; `airshed serve` takes commands and \
                         readings, and `airshed do` gives a command to a log in a folder";
            return Err(Problem::new(Kind::Forbidden, words));
        };
        let (answer, outcome) = oneshot::channel();
        match queue.try_send(Write { work, answer }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                let words = format!("{WAITING_MAX} requests wait for the engine");
                return Err(Problem::new(Kind::Unavailable, words));
            }
            Err(TrySendError::Disconnected(_)) => return Err(ended()),
        }
        let outcome = outcome.await.map_err(|_| ended())?;
        outcome.map_err(|error| {
            tracing::error!("a request could not be recorded: {error}");
            Problem::new(Kind::Unavailable, "the log cannot take it now; nothing was recorded")
        })
    }
}

/// Whether it was recorded is not known: the same command again gives the first outcome.
fn ended() -> Problem {
    let words = "the program ends; give the same command again, it will not be taken twice";
    Problem::new(Kind::Unavailable, words)
}

impl Writes {
    /// The next request, if one comes within this time.
    pub(in crate::app) fn next(&self, wait: Duration) -> Option<Write> {
        self.0.recv_timeout(wait).ok()
    }
}
