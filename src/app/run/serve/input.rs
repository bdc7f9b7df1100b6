//! Where readings and commands come from, besides HTTP.

use std::sync::Arc;

use crate::domain::{Command, RuleBook, Stream};
use crate::engine::{Inbox, PortError};
use crate::io::kafka::KafkaInbox;
use crate::io::memory::MemoryInbox;

/// An inbox with streams that may come and go, and with commands that may be taken apart.
pub(super) trait Input: Inbox {
    /// The streams that it reads.
    fn streams(&self) -> Vec<Stream>;
    /// Whether there are other streams than before.
    fn has_grown(&mut self) -> Result<bool, PortError>;
    /// From here on, commands do not come with the readings.
    fn set_commands_apart(&mut self);
    /// Whether commands wait that are taken apart.
    fn has_commands(&self) -> bool;
    /// Takes them.
    fn take_commands(&mut self) -> Result<Vec<Command>, PortError>;
}

impl Input for KafkaInbox {
    fn streams(&self) -> Vec<Stream> {
        Self::streams(self)
    }

    fn has_grown(&mut self) -> Result<bool, PortError> {
        Self::has_grown(self)
    }

    fn set_commands_apart(&mut self) {
        Self::set_commands_apart(self);
    }

    fn has_commands(&self) -> bool {
        Self::has_commands(self)
    }

    fn take_commands(&mut self) -> Result<Vec<Command>, PortError> {
        Self::take_commands(self)
    }
}

/// Nothing comes but over HTTP.
impl Input for MemoryInbox {
    fn streams(&self) -> Vec<Stream> {
        Vec::new()
    }

    fn has_grown(&mut self) -> Result<bool, PortError> {
        Ok(false)
    }

    fn set_commands_apart(&mut self) {}

    fn has_commands(&self) -> bool {
        false
    }

    fn take_commands(&mut self) -> Result<Vec<Command>, PortError> {
        Ok(Vec::new())
    }
}

impl Inbox for Box<dyn Input> {
    fn resume(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError> {
        (**self).resume(taken)
    }

    fn adopt(&mut self, book: &Arc<RuleBook>) {
        (**self).adopt(book);
    }

    fn poll(&mut self) -> Result<Vec<Command>, PortError> {
        (**self).poll()
    }

    fn hold(&mut self, streams: &[Stream]) -> Result<(), PortError> {
        (**self).hold(streams)
    }
}
