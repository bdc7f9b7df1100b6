//! What is wrong with a rule book: where it stands, and what would be right.

use thiserror::Error;

/// A rule book that is refused; the first mistake found.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{file}{}: {key}: {problem}; {remedy}", line.map(|it| format!(":{it}")).unwrap_or_default())]
pub struct RuleBookError {
    /// Which file.
    pub file: String,
    /// Which line, where it is known; the first is 1.
    pub line: Option<usize>,
    /// Which key, with the tables around it, or which column.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub remedy: String,
}
