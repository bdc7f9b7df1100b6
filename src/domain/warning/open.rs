//! A warning that is announced or in force.

use std::sync::Arc;

use crate::domain::{Grade, Hour, WarningId};

/// What the state keeps of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OpenWarning {
    /// Its name.
    pub id: WarningId,
    /// Its grade.
    pub grade: Grade,
    /// Since when, or from when.
    pub start: Hour,
    /// Expected end; none: until further notice.
    pub end: Option<Hour>,
    /// The standard by which it was last decided.
    pub standard: Arc<str>,
}
