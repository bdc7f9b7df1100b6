//! An HTTP server: limits, time limits, and one form of error. What it answers is in `app/api`.

mod limits;
mod look;
mod problem;
mod rate;
mod server;

pub use limits::{Limits, limited};
pub use look::{Found, look};
pub use problem::{Kind, Problem};
pub use rate::Rate;
pub use server::{ServeError, Server, Tls};
