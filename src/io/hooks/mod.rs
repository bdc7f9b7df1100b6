//! Webhooks: one thread for each target reads what it is sent, sends it, and stores how far it has
//! come. A target that fails holds up itself only.

mod sender;
mod stop;
mod store;
mod target;
mod worker;

pub use sender::check_url;
pub use stop::Stop;
pub use store::{Store, StoreError};
pub use target::{Target, read_secrets};
pub use worker::{Now, Workers, start};

use std::time::Duration;

/// A message of the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// The position of its record.
    pub position: u64,
    /// The JSON that is sent.
    pub body: Vec<u8>,
}

/// What a feed has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fed {
    /// The next message of the target.
    Message(Message),
    /// The records before this position are not for the target.
    Skipped(u64),
    /// Nothing has come in time.
    Nothing,
}

/// What one target is sent: the log from any position on.
pub trait Feed: Send {
    /// The first message from a position on; waits so long if the log ends there.
    fn next(&mut self, position: u64, wait: Duration) -> Result<Fed, String>;
    /// The message at a position, if the target is sent that record.
    fn at(&mut self, position: u64) -> Result<Option<Message>, String>;
    /// The position after the last record of the log.
    fn end(&self) -> u64;
}

/// Learns what becomes of messages.
pub trait Observer: Send + Sync {
    /// One has been taken by its receiver.
    fn delivered(&self, target: &str);
    /// A try has failed.
    fn failed(&self, target: &str);
    /// The message that comes next has failed so often; 0: it has not.
    fn failing(&self, target: &str, tries: u32);
    /// So many are dead.
    fn dead(&self, target: &str, count: usize);
    /// So many records of the log have not been looked at yet.
    fn behind(&self, target: &str, records: u64);
}
