//! Approving and rejecting, by the role of the body that an item names.

use serde::Deserialize;

use super::item::{ItemOutcome, ProposalItemDecided};
use super::proposal::ProposedItem;
use super::proposals::Proposal;
use crate::domain::cooperation::definition::{Definition, Meeting, Outcome};
use crate::domain::cooperation::{
    Body, DecidedHow, List, Role, Shape, Thing, Why, optional, required,
};

const JURISDICTIONS: Shape = Shape::List(&List { of: Shape::Member, may_be_empty: true, key: 0 });

/// Approves items of a proposal.
pub(crate) const APPROVE: Definition = Definition {
    name: "approve",
    about: "Approve what is proposed for jurisdictions that you decide for",
    example: "130400 government p1 --jurisdictions 130400",
    roles: &[Role::Command, Role::Government],
    fields: &[
        required("proposal", Shape::Id(Thing::Proposal)),
        optional("jurisdictions", JURISDICTIONS),
    ],
    may,
    decide: |it| decide(it, ItemOutcome::Approved),
};

/// Rejects items of a proposal.
pub(crate) const REJECT: Definition = Definition {
    name: "reject",
    about: "Reject what is proposed for jurisdictions that you decide for",
    example: r#"130500 government p1 --reason "the plants stand still""#,
    roles: &[Role::Command, Role::Government],
    fields: &[
        required("proposal", Shape::Id(Thing::Proposal)),
        optional("jurisdictions", JURISDICTIONS),
        required("reason", Shape::Text),
    ],
    may,
    decide: |it| decide(it, ItemOutcome::Rejected),
};

#[derive(Deserialize)]
struct Decide {
    proposal: String,
    jurisdictions: Option<Vec<Body>>,
    reason: Option<String>,
}

impl Decide {
    /// The jurisdictions that are named; none: all of which the body decides.
    fn named(&self) -> &[Body] {
        self.jurisdictions.as_deref().unwrap_or_default()
    }
}

/// The items that the body decides in its role.
fn own<'a>(it: &Meeting<'a>, proposal: &'a Proposal) -> impl Iterator<Item = &'a ProposedItem> {
    let (body, role) = (it.body, it.role.name());
    proposal
        .items
        .iter()
        .filter(move |it| it.body.as_ref() == Some(body) && it.role.as_deref() == Some(role))
}

fn may(it: &Meeting<'_>) -> bool {
    let command: Decide = it.read();
    let Some(proposal) = it.state.proposals.get(&command.proposal) else { return false };
    let is_own = |jurisdiction: &Body| own(it, proposal).any(|it| it.is_of(jurisdiction));
    match command.named() {
        [] => own(it, proposal).next().is_some(),
        named => named.iter().all(is_own),
    }
}

fn decide(it: &Meeting<'_>, outcome: ItemOutcome) -> Outcome {
    let command: Decide = it.read();
    let Some(proposal) = it.state.proposals.get(&command.proposal) else {
        return Err(Why::UnknownObject.into());
    };
    if proposal.is_over {
        return Err(Why::AlreadySettled.into());
    }
    let is_pending = |it: &Body| !proposal.decided.contains_key(it);
    let mut jurisdictions = match command.named() {
        [] => own(it, proposal).map(|it| it.jurisdiction.clone()).filter(is_pending).collect(),
        named => named.to_vec(),
    };
    if jurisdictions.is_empty() || !jurisdictions.iter().all(is_pending) {
        return Err(Why::AlreadyDecided.into());
    }
    jurisdictions.sort_unstable();
    let decided = jurisdictions.into_iter().map(|jurisdiction| {
        ProposalItemDecided {
            proposal: command.proposal.clone(),
            jurisdiction,
            outcome,
            how: DecidedHow::Command,
            conclusion: None,
            reason: command.reason.clone(),
        }
        .into()
    });
    Ok(decided.collect())
}
