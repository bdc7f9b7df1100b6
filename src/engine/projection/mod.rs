//! What is sent of a log, and the newest state of each jurisdiction.
//!
//! Everything here is typed, so that each way out (Kafka, HTTP) starts from the same values. The
//! layer `wire` turns them into JSON, once, when they are sent.

mod involved;
mod marks;
mod message;
mod overview;
mod sight;

pub use involved::Involved;
pub(crate) use involved::Since;
pub use marks::Marks;
pub(crate) use marks::{DivisionMarks, Mark};
pub use message::{Channel, Grounds, Message, messages};
pub use overview::{Overview, Standing};
pub use sight::Sight;
