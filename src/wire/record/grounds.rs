//! By which standard and clause a warning was last decided: an order rests on that, and its own
//! record does not repeat it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::{Event, Fact, WarningEvent, WarningId};
use crate::engine::Record;

/// The standard and the clause of the last act on each warning.
#[derive(Clone, Debug, Default)]
pub struct Grounds(BTreeMap<WarningId, (Arc<str>, Option<Arc<str>>)>);

impl Grounds {
    /// Takes in the next record of a log.
    pub fn note(&mut self, record: &Record) {
        if let Event::Warning(WarningEvent::WarningDecided(act)) = &record.event {
            self.0.insert(act.warning, (Arc::clone(&act.standard), act.clause.clone()));
        } else if let Event::Fact(Fact::RuleBookAdopted(_)) = &record.event {
            self.0.clear(); // The numbers of the jurisdictions can be others from here on.
        }
    }

    /// Standard and clause of a warning, as far as they are known.
    pub fn of(&self, warning: WarningId) -> (Option<&str>, Option<&str>) {
        let known = self.0.get(&warning);
        let standard = known.map(|(standard, _)| &**standard);
        (standard, known.and_then(|(_, clause)| clause.as_deref()))
    }
}
