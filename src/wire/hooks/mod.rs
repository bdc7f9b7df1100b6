//! Webhooks by Standard Webhooks: how a message is signed, what an answer means, when the next try
//! is due, and how far a target has come. Sends nothing.

mod answer;
mod backoff;
mod dead;
mod queue;
mod secret;

pub use answer::{Answer, judge};
pub use backoff::Backoff;
pub use dead::{DeadLetter, DeadLetters};
pub use queue::{Failing, Queue};
pub use secret::{Secret, Secrets};

use thiserror::Error;

/// What is wrong with a secret or a stored state.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum HookError {
    /// A secret has another form. It is not shown.
    #[error(
        "line {0} is no secret; right is whsec_ and the base64 of 24 to 64 random bytes, such as \
         printed by: echo whsec_$(openssl rand -base64 32)"
    )]
    Secret(usize),
    /// There is no secret.
    #[error("there is no secret in it; right is a line such as whsec_...")]
    NoSecret,
    /// A stored state cannot be read.
    #[error("it is damaged: {0}")]
    State(String),
}

/// The id of a message: the same each time that it is sent.
pub fn message_id(log: &str, position: u64) -> String {
    format!("{log}-{position}")
}
