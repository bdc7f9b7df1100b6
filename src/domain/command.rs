//! The inputs of the domain: one kind for each fact that can come from outside.

use std::sync::Arc;

use super::{Batch, CommandGiven, Exclusion, Forecast, Refusal, RuleBook, Stream, Tick};

/// One input.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Command {
    /// Go by these rules from now on.
    Adopt(Arc<RuleBook>),
    /// These streams belong to the feed.
    JoinStreams(Vec<Stream>),
    /// A clock has moved.
    Tick(Tick),
    /// Stations have reported.
    Observe(Batch),
    /// A forecast was issued.
    ReceiveForecast(Forecast),
    /// An interval does not count.
    Exclude(Exclusion),
    /// Something came that could not be read as any of these.
    Refuse(Refusal),
    /// A body gives a command.
    Give(Box<CommandGiven>),
}
