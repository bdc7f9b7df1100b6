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

/// Where a jurisdiction stands between two decisions, besides its air.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct WarningState {
    /// The warning in force or announced.
    pub(crate) open: Option<OpenWarning>,
    /// Decisions running in which the episode was milder than the warning.
    pub(crate) below_decisions: u16,
    /// Decisions running in which an unknown window or hour alone kept a lift from being decided.
    pub(crate) unknown_decisions: u16,
}
