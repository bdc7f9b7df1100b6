//! The thread of a target.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender as Guard, channel};
use std::time::Duration;

use super::sender::Sender;
use super::store::{Store, StoreError};
use super::{Fed, Feed, Message, Observer, Stop, Target};
use crate::wire::hooks::{Answer, DeadLetters, Queue, message_id};

/// How long a thread waits before it looks whether something was asked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long the end of the program waits for a try.
const END_WAIT: Duration = Duration::from_secs(1);
/// After so long a log is read again that could not be read.
const READ_AGAIN: Duration = Duration::from_secs(10);
/// From so many records on that were not for the target, the position is stored.
const SKIPPED_MAX: u64 = 1_000;

/// The seconds since 1970.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// All threads. When this is dropped they end; a try that takes long is left alone, and is repeated
/// after the next start.
pub struct Workers {
    stop: Stop,
    ended: Receiver<()>,
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop.set();
        // Nothing is ever sent: the channel closes when all threads have ended.
        if let Err(RecvTimeoutError::Timeout) = self.ended.recv_timeout(END_WAIT) {
            tracing::info!("a webhook is left in the middle of a try; it is repeated later");
        }
    }
}

/// Starts a thread for each target. `log` is the first part of the ids of messages.
pub fn start(
    targets: Vec<(Target, Store, Queue, Box<dyn Feed>)>,
    log: &str,
    now: &Now,
    observer: &Arc<dyn Observer>,
    stop: Stop,
) -> Result<Workers, String> {
    let (guard, ended) = channel();
    for (target, store, queue, feed) in targets {
        let name = target.name.clone();
        let worker = Worker {
            sender: Sender::new(target.clone())?,
            target,
            store,
            queue,
            dead: DeadLetters::default(),
            stored: 0,
            has_complained: false,
            is_without_log: false,
            feed,
            log: log.to_owned(),
            now: Arc::clone(now),
            observer: Arc::clone(observer),
            stop: stop.clone(),
            _guard: guard.clone(),
        };
        let thread = std::thread::Builder::new().name(format!("hook {name}"));
        thread.spawn(|| worker.run()).map_err(|error| format!("no thread for {name}: {error}"))?;
    }
    Ok(Workers { stop, ended })
}

struct Worker {
    target: Target,
    sender: Sender,
    store: Store,
    queue: Queue,
    dead: DeadLetters,
    /// The position that the file has.
    stored: u64,
    /// The files cannot be written, and a line says so.
    has_complained: bool,
    /// The log cannot be read, and a line says so.
    is_without_log: bool,
    feed: Box<dyn Feed>,
    log: String,
    now: Now,
    observer: Arc<dyn Observer>,
    stop: Stop,
    _guard: Guard<()>,
}

impl Worker {
    fn run(mut self) {
        let Some(_held) = self.hold() else { return };
        while let Err(error) = self.load() {
            self.complain(&error);
            if self.stop.wait(LOOK_EVERY) {
                return;
            }
        }
        self.has_complained = false;
        while !self.stop.is_set() {
            self.retry_asked();
            let fed = self.feed.next(self.queue.next, LOOK_EVERY);
            self.is_without_log &= fed.is_err();
            match fed {
                Ok(Fed::Message(message)) => self.take(&message),
                Ok(Fed::Skipped(next)) => {
                    self.queue.go_on(next);
                    if self.queue.next - self.stored >= SKIPPED_MAX {
                        self.store_queue();
                    }
                }
                Ok(Fed::Nothing) if self.queue.next > self.stored => self.store_queue(),
                Ok(Fed::Nothing) => {}
                Err(words) => self.cannot_read(&words),
            }
            self.show();
        }
        if self.queue.next > self.stored {
            self.store_queue();
        }
    }

    /// Says once that the log cannot be read, and waits.
    fn cannot_read(&mut self, words: &str) {
        if !self.is_without_log {
            tracing::error!(hook = self.target.name, "the log cannot be read: {words}");
        }
        self.is_without_log = true;
        self.pause(READ_AGAIN.min(self.target.backoff.longest));
    }

    /// Waits until no other process sends to this target.
    fn hold(&mut self) -> Option<super::store::Held> {
        let mut has_said = false;
        loop {
            match self.store.hold() {
                Ok(Some(held)) => return Some(held),
                Ok(None) if !has_said => {
                    has_said = true;
                    tracing::warn!(
                        hook = self.target.name,
                        "another process sends to this target; waiting until it ends"
                    );
                }
                Ok(None) => {}
                Err(error) => self.complain(&error),
            }
            if self.stop.wait(LOOK_EVERY) {
                return None;
            }
        }
    }

    /// Reads the files: another process may have written them until now.
    fn load(&mut self) -> Result<(), StoreError> {
        if let Some(queue) = self.store.queue()? {
            self.queue = queue;
        }
        self.stored = self.queue.next;
        self.dead = self.store.dead()?;
        self.show();
        Ok(())
    }

    /// Tries the message that comes next. If it fails, waits.
    fn take(&mut self, message: &Message) {
        // What lies between was not for the target.
        if message.position > self.queue.next {
            self.queue.go_on(message.position);
        }
        match self.send(message) {
            Answer::Taken => {
                if let Some(it) = &self.queue.failing {
                    let name = &*self.target.name;
                    tracing::info!(hook = name, tries = it.tries + 1, "the receiver answers again");
                }
                self.queue.go_on(message.position + 1);
                self.store_queue();
            }
            Answer::Failed { reason, wait } => {
                let wait = self.queue.failed(reason.clone(), &self.target.backoff, wait);
                let tries = self.queue.failing.as_ref().map_or(0, |it| it.tries);
                let (hook, position) = (&*self.target.name, message.position);
                if tries == 1 {
                    tracing::warn!(
                        hook,
                        position,
                        "a webhook failed, and is tried again: {reason}"
                    );
                }
                let Some(wait) = wait else {
                    self.bury(message.position);
                    return;
                };
                self.store_queue();
                self.pause(wait);
            }
        }
    }

    fn send(&self, message: &Message) -> Answer {
        let id = message_id(&self.log, message.position);
        let answer = self.sender.send(message, &id, (self.now)());
        match answer {
            Answer::Taken => self.observer.delivered(&self.target.name),
            Answer::Failed { .. } => self.observer.failed(&self.target.name),
        }
        answer
    }

    /// Makes a dead letter of the message that comes next, then goes on. If that cannot be stored,
    /// the message is tried once more.
    fn bury(&mut self, position: u64) {
        let Some(failing) = self.queue.failing.clone() else { return };
        let hook = &*self.target.name;
        if self.dead.is_full() {
            tracing::error!(hook, "no room for a further dead letter; see `airshed hooks retry`");
            self.pause(self.target.backoff.longest);
            return;
        }
        let (tries, reason) = (failing.tries, &failing.reason);
        tracing::error!(hook, position, tries, "a webhook is dead, see `airshed hooks`: {reason}");
        self.dead.add(failing);
        if let Err(error) = self.store.set_dead(&self.dead) {
            self.dead.remove(position);
            self.complain(&error);
            self.pause(self.target.backoff.longest);
            return;
        }
        self.queue.go_on(position + 1);
        self.store_queue();
    }

    /// Tries each dead letter once for which that was asked.
    fn retry_asked(&mut self) {
        for position in self.store.asked() {
            if self.stop.is_set() {
                return;
            }
            if self.dead.get(position).is_some() {
                let answer = match self.feed.at(position) {
                    Ok(Some(message)) => self.send(&message),
                    // The target is not sent it any more.
                    Ok(None) => Answer::Taken,
                    Err(reason) => Answer::Failed { reason, wait: None },
                };
                match answer {
                    Answer::Taken => {
                        self.dead.remove(position);
                    }
                    Answer::Failed { reason, .. } => self.dead.failed_again(position, reason),
                }
                if let Err(error) = self.store.set_dead(&self.dead) {
                    self.complain(&error);
                }
            }
            if let Err(error) = self.store.done(position) {
                self.complain(&error);
                return;
            }
        }
    }

    /// Waits, and does meanwhile what is asked for.
    fn pause(&mut self, wait: Duration) {
        let mut left = wait;
        while !left.is_zero() {
            let slice = left.min(LOOK_EVERY);
            left -= slice;
            if self.stop.wait(slice) {
                return;
            }
            self.show();
            self.retry_asked();
        }
    }

    fn show(&self) {
        let name = &self.target.name;
        let tries = self.queue.failing.as_ref().map_or(0, |it| it.tries);
        self.observer.failing(name, tries);
        self.observer.dead(name, self.dead.count());
        self.observer.behind(name, self.feed.end().saturating_sub(self.queue.next));
    }

    fn store_queue(&mut self) {
        match self.store.set_queue(&self.queue) {
            Ok(()) => {
                self.stored = self.queue.next;
                self.has_complained = false;
            }
            Err(error) => self.complain(&error),
        }
    }

    /// Says once that the files cannot be used. Sending goes on: after a restart, what was sent
    /// since then comes again, with the same ids.
    fn complain(&mut self, error: &StoreError) {
        if !self.has_complained {
            tracing::error!(hook = self.target.name, "{error}");
        }
        self.has_complained = true;
    }
}
