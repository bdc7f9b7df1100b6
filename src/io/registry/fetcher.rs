//! Asks for the schemas of ids in a thread of its own, again and again where the registry does not
//! answer. The thread ends when the last question is dropped; nothing waits for it.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::wire::message::{NoSchema, Unanswered, WriterSchemas};

use super::client::{RegistryClient, RegistryError};
use super::settings::RegistrySettings;

/// Pauses between two rounds of questions: from the first to the last, doubled each time.
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_LAST: Duration = Duration::from_secs(5);
/// A registry of several servers may not know a new id everywhere: so many answers are needed until
/// an id is absent.
const ABSENT_ANSWERS: u32 = 4;

type Answer = (u32, Result<String, NoSchema>);

/// The schemas of one registry.
pub struct Fetcher {
    questions: Sender<(u32, String)>,
    answers: Receiver<Answer>,
}

impl Fetcher {
    /// Starts the thread. Nothing is asked yet.
    pub fn start(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        let (questions, asked) = channel();
        let (answered, answers) = channel();
        let client = RegistryClient::new(settings)?;
        let mut worker = Worker {
            client,
            url: settings.url.clone(),
            answered,
            pending: BTreeMap::new(),
            is_silent: false,
        };
        std::thread::spawn(move || worker.run(&asked));
        Ok(Self { questions, answers })
    }
}

impl WriterSchemas for Fetcher {
    fn ask(&mut self, id: u32, place: &str) {
        // The thread ends only when this is dropped.
        drop(self.questions.send((id, place.to_owned())));
    }

    fn answers(&mut self) -> Vec<Answer> {
        self.answers.try_iter().collect()
    }
}

struct Worker {
    client: RegistryClient,
    url: String,
    answered: Sender<Answer>,
    /// What is asked for: where the message stands that waits, and how often it was absent.
    pending: BTreeMap<u32, (String, u32)>,
    /// Whether we have said that the registry does not answer.
    is_silent: bool,
}

impl Worker {
    fn run(&mut self, asked: &Receiver<(u32, String)>) {
        let mut pause = PAUSE_FIRST;
        loop {
            let question = if self.pending.is_empty() {
                pause = PAUSE_FIRST;
                asked.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                asked.recv_timeout(pause)
            };
            match question {
                Ok((id, place)) => {
                    self.pending.entry(id).or_insert((place, 0));
                    // Only what is new is asked for before the pause is over.
                    self.look_up(id);
                }
                Err(RecvTimeoutError::Timeout) => {
                    pause = (pause * 2).min(PAUSE_LAST);
                    let ids: Vec<u32> = self.pending.keys().copied().collect();
                    for id in ids {
                        self.look_up(id);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.report_end();
        }
    }

    fn look_up(&mut self, id: u32) {
        let Some((place, absent)) = self.pending.get_mut(&id) else { return };
        let answer = match self.client.schema(id) {
            Ok(schema) => Ok(schema),
            Err(Unanswered::Refused(NoSchema::Absent)) if *absent + 1 < ABSENT_ANSWERS => {
                *absent += 1;
                return;
            }
            Err(Unanswered::Refused(none)) => Err(none),
            Err(Unanswered::Later(why)) => {
                if !std::mem::replace(&mut self.is_silent, true) {
                    tracing::warn!(
                        registry = self.url,
                        "the schema registry does not answer ({why}): the message of {place} waits \
                         for the schema with id {id}, and so does what stands behind it; messages \
                         with other ids are read. Asking again"
                    );
                }
                return;
            }
        };
        self.pending.remove(&id);
        // Without a receiver the next look at the questions ends the thread.
        drop(self.answered.send((id, answer)));
    }

    fn report_end(&mut self) {
        if self.pending.is_empty() && std::mem::take(&mut self.is_silent) {
            tracing::info!(registry = self.url, "the schema registry answers again");
        }
    }
}
