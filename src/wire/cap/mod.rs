//! Warnings as messages of the Common Alerting Protocol (CAP 1.2), and an Atom feed of them.
//!
//! Everything follows from the log and a [`Profile`], so a message is the same on every machine. An
//! issue is an alert, each further act an update, and a lift a cancellation, which name all messages
//! on the warning that have not expired.

mod alert;
mod areas;
mod element;
mod feed;
mod message;
mod profile;
mod received;
mod words;
mod xml;

pub use alert::alert;
pub use feed::{Links, feed};
pub use message::{Message, MessageKind, Messages};
pub use profile::{AREAS_FILE, FOLDER, PROFILE_FILE, Profile};
pub use received::{Difference, Received};
