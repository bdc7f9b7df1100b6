//! Makes a log verifiable without trust in its operator: hashes over records,
//! checkpoints that are signed, and proofs that need neither the log nor a network.

pub mod audit;
pub mod base64;
pub mod bundle;
pub mod canonical;
pub mod checkpoint;
pub mod checkpoint_audit;
pub mod explanation;
pub mod key;
pub mod message;
pub mod note;
pub mod proof;
pub mod signing;
pub mod snapshot_audit;
pub mod tree_audit;
pub mod verify;
pub mod witness;

pub use super::hash::Hash;
pub use super::tree;

/// These bytes are not what they should be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TrustError {
    /// They do not follow their format.
    #[error("{what} at byte {at}")]
    Malformed {
        /// What was found, or was not.
        what: &'static str,
        /// Where, counted from the start of what was to be read.
        at: usize,
    },
    /// There is no signature by any of the known keys.
    #[error("no signature of {name}")]
    Unsigned {
        /// Whose signature was looked for.
        name: String,
    },
    /// A signature that does not fit.
    #[error("the signature of {name} does not fit what it stands under")]
    Forged {
        /// Whose signature it claims to be.
        name: String,
    },
    /// A proof that does not prove what it should.
    #[error("the proof does not lead to the root of the checkpoint")]
    Unproven,
    /// What should be shown is not what the proven bytes say.
    #[error("record {position}: {what}")]
    Contradicted {
        /// Which record.
        position: u64,
        /// How.
        what: String,
    },
    /// A witness does not co-sign.
    #[error("not co-signed: {0}")]
    Refused(String),
    /// A key that is not one.
    #[error("not a key: {0}")]
    Key(&'static str),
}
