//! The table of roles and calls: what a caller may do.

use std::fmt;

use super::TokenRole;
use crate::domain::Actor;
use crate::domain::cooperation::Body;

macro_rules! kinds {
    ($($(#[$words:meta])* $kind:ident $name:literal,)*) => {
        /// What a request asks for, without its arguments.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum CallKind {
            $($(#[$words])* $kind,)*
        }

        impl CallKind {
            /// All of them.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$kind),*];

            /// In words, such as `read the log`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// Whether the server is there and ready, and the description of its interface.
    Probe "probe the server",
    /// What everyone may know: status, grades, warnings and forecasts of jurisdictions.
    ReadPublic "read what is public",
    /// Signed checkpoints and proofs. They have hashes and no content.
    ReadProofs "read checkpoints and proofs",
    /// What one body sees: its orders, matters, consultations, cases, and events about them.
    ReadBody "read what a body sees",
    /// The records of the log, of all bodies, and evidence with records in it.
    ReadLog "read the log",
    /// Metrics of the program.
    ReadMetrics "read metrics",
    /// A batch of readings.
    PostReadings "post readings",
    /// A command of a body.
    GiveCommand "give a command of a body",
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Call<'a> {
    /// See [`CallKind::Probe`].
    Probe,
    /// See [`CallKind::ReadPublic`].
    ReadPublic,
    /// See [`CallKind::ReadProofs`].
    ReadProofs,
    /// See [`CallKind::ReadBody`].
    ReadBody(&'a Body),
    /// See [`CallKind::ReadLog`].
    ReadLog,
    /// See [`CallKind::ReadMetrics`].
    ReadMetrics,
    /// See [`CallKind::PostReadings`].
    PostReadings,
    /// See [`CallKind::GiveCommand`].
    GiveCommand {
        /// The body and role that the command names.
        actor: &'a Actor,
        /// The name of the command.
        command: &'a str,
    },
}

impl Call<'_> {
    /// The kind.
    pub fn kind(&self) -> CallKind {
        match self {
            Self::Probe => CallKind::Probe,
            Self::ReadPublic => CallKind::ReadPublic,
            Self::ReadProofs => CallKind::ReadProofs,
            Self::ReadBody(_) => CallKind::ReadBody,
            Self::ReadLog => CallKind::ReadLog,
            Self::ReadMetrics => CallKind::ReadMetrics,
            Self::PostReadings => CallKind::PostReadings,
            Self::GiveCommand { .. } => CallKind::GiveCommand,
        }
    }
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadBody(body) => write!(f, "read what {:?} sees", body.code()),
            Self::GiveCommand { actor, command } => {
                let (body, role) = (actor.body.code(), &actor.role);
                write!(f, "give the command {command:?} as {role:?} of {body:?}")
            }
            Self::Probe
            | Self::ReadPublic
            | Self::ReadProofs
            | Self::ReadLog
            | Self::ReadMetrics
            | Self::PostReadings => f.write_str(self.kind().name()),
        }
    }
}

/// For which bodies a role may make a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// For none.
    Never,
    /// For the body of the token. A command must also name the role of the token.
    OwnBody,
    /// For every body.
    Any,
}

/// The table: what a role may do. Which commands the role of an official may give is a question to
/// the rules of cooperation, which record a refusal.
pub fn scope(role: TokenRole, call: CallKind) -> Scope {
    use Scope::{Any, Never, OwnBody};
    let [official, reader, operator] = match call {
        CallKind::Probe | CallKind::ReadPublic | CallKind::ReadProofs => [Any, Any, Any],
        CallKind::ReadBody => [OwnBody, OwnBody, Any],
        CallKind::ReadLog | CallKind::ReadMetrics | CallKind::PostReadings => [Never, Never, Any],
        CallKind::GiveCommand => [OwnBody, Never, Never],
    };
    match role {
        TokenRole::Official(_) => official,
        TokenRole::Reader => reader,
        TokenRole::Operator => operator,
    }
}

/// What may be done without a token, where the settings allow it (`anonymous_read`). Probes are
/// always allowed: a supervisor has no token.
pub(super) fn is_anonymous(call: CallKind, anonymous_read: bool) -> bool {
    match call {
        CallKind::Probe => true,
        CallKind::ReadPublic | CallKind::ReadProofs => anonymous_read,
        CallKind::ReadBody
        | CallKind::ReadLog
        | CallKind::ReadMetrics
        | CallKind::PostReadings
        | CallKind::GiveCommand => false,
    }
}
