//! Whose acts are passed over: a jurisdiction with an item that waits, and for some decisions an act
//! that was rejected.

use serde::{Deserialize, Serialize};

use super::proposal::ItemAct;
use super::proposals::Proposals;
use crate::domain::cooperation::Body;
use crate::domain::{ActKind, Grade};

/// An act that was rejected.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Rejected {
    pub(super) act: ItemAct,
    pub(super) grade: Grade,
    /// For how many decisions more it is passed over.
    pub(super) decisions: i32,
}

/// Which acts of one jurisdiction are passed over.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hold<'a> {
    pub(crate) is_held: bool,
    rejected: &'a [Rejected],
}

impl Hold<'_> {
    /// Whether anything is passed over.
    pub(crate) fn is_any(self) -> bool {
        self.is_held || !self.rejected.is_empty()
    }

    /// Whether an act was rejected of late.
    pub(crate) fn is_rejected(self, kind: ActKind, grade: Grade) -> bool {
        self.rejected.iter().any(|it| it.act.kind() == Some(kind) && it.grade == grade)
    }
}

impl Proposals {
    /// Whether any jurisdiction has a hold.
    pub(crate) fn holds_any(&self) -> bool {
        self.first_pending().is_some() || !self.rejected.is_empty()
    }

    /// Which acts of a jurisdiction are passed over.
    pub(crate) fn hold(&self, jurisdiction: &Body) -> Hold<'_> {
        let rejected = self.rejected.get(jurisdiction).map_or(&[][..], Vec::as_slice);
        Hold { is_held: self.is_held(jurisdiction), rejected }
    }

    pub(super) fn reject(&mut self, jurisdiction: &Body, act: ItemAct, grade: Grade, hold_h: i32) {
        if hold_h > 0 {
            let rejected = Rejected { act, grade, decisions: hold_h };
            self.rejected.entry(jurisdiction.clone()).or_default().push(rejected);
        }
    }

    /// A decision was taken.
    pub(crate) fn count_decision(&mut self) {
        for rejected in self.rejected.values_mut() {
            for it in rejected.iter_mut() {
                it.decisions -= 1;
            }
            rejected.retain(|it| it.decisions > 0);
        }
        self.rejected.retain(|_, it| !it.is_empty());
    }
}
