//! A signed conclusion approves an item, or rejects it where it is about the proposal.

use super::item::{ItemOutcome, ProposalItemDecided};
use super::proposal::{ItemAct, Needs, ProposedItem};
use crate::domain::cooperation::{Conclusion, Cooperation, CooperationRules, DecidedHow, What};
use crate::domain::{Grade, Timestamp};

impl Cooperation {
    /// The items that conclusions decide by now.
    pub(super) fn concluded(&self, numbers: &CooperationRules, now: Timestamp) -> Vec<What> {
        let mut decided = Vec::new();
        let valid_from = now.plus_hours(-numbers.consultation.conclusion_valid_h);
        for (id, proposal) in self.proposals.pending() {
            for item in proposal.pending().filter(|it| it.needs == Needs::Conclusion) {
                let newest = self.consultations.newest_conclusion(&item.jurisdiction);
                let Some(newest) = newest.filter(|it| it.signed_at >= valid_from) else { continue };
                let covers = covers(newest.conclusion, item);
                if !covers && newest.about != Some(&**id) {
                    continue;
                }
                let outcome = if covers { ItemOutcome::Approved } else { ItemOutcome::Rejected };
                decided.push(
                    ProposalItemDecided {
                        proposal: id.to_string(),
                        jurisdiction: item.jurisdiction.clone(),
                        outcome,
                        how: DecidedHow::Conclusion,
                        conclusion: Some(newest.id.to_owned()),
                        reason: None,
                    }
                    .into(),
                );
            }
        }
        decided
    }
}

/// Whether a conclusion says what an item does, or more.
fn covers(concluded: &Conclusion, item: &ProposedItem) -> bool {
    match item.act {
        // The grade of a lift is the one lifted: after it there is none.
        ItemAct::Lift => concluded.grade == Grade::None,
        ItemAct::Lower => concluded.grade <= item.grade,
        ItemAct::Issue | ItemAct::Raise | ItemAct::Advance | ItemAct::Extend | ItemAct::Impose => {
            let overlaps = match (concluded.start, concluded.end) {
                (Some(start), Some(end)) => {
                    item.end.is_none_or(|it| start < it.end()) && item.start.end() < end
                }
                _ => false,
            };
            concluded.grade >= item.grade && overlaps
        }
    }
}
