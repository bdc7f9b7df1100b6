//! A warning that is announced or in force.

use std::sync::Arc;

use crate::domain::{Grade, Hour, WarningId};

/// The part of it that decisions need.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OpenWarning {
    /// Its name.
    pub id: WarningId,
    /// Its grade.
    pub grade: Grade,
    /// The hour from which it is in force.
    pub start: Hour,
    /// Expected end; none: until further notice.
    pub end: Option<Hour>,
    /// The standard by which it was last decided.
    pub standard: Arc<str>,
}

/// The warning of a jurisdiction and its counts, between two decisions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct WarningState {
    /// The warning in force or announced.
    pub(crate) open: Option<OpenWarning>,
    /// Decisions running in which the episode was milder than the warning.
    pub(crate) below_decisions: u16,
    /// Decisions running in which an unknown window or hour alone kept a lift from being decided.
    pub(crate) unknown_decisions: u16,
}
