//! Turns air-quality readings into warning grades and one synchronized order set.
//!
//! Five folders, one rule: an import may only point to the left.
//!
//! | `domain` | `engine` | `wire` | `io` | `app` |
//! |---|---|---|---|---|
//! | what is true | in what order | in which bytes | with whom | from where |

pub mod app;
pub mod domain;
pub mod engine;
pub mod io;
pub mod wire;

#[cfg(test)]
#[path = "../tests/support/skip.rs"]
mod skip;
