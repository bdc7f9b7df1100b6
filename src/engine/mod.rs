//! In what order: take, decide, append, publish.

mod ports;
mod record;

pub use ports::{EventLog, Inbox, Outbox, PortError, Records};
pub use record::{Position, Record};
