//! Which bodies have a part in something of which records give only the id: a proposal, a
//! consultation, a case, a whistle, a matter that was handed over.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::cooperation::{Bodies, Body, What};
use crate::domain::{CooperationEvent, Event, Rules};
use crate::engine::Record;

/// What stands behind the id of a matter in that of its offer.
const OFFER: &str = "/offer";

/// The bodies that have a part in each thing: a fold over a log.
///
/// Each is stored with the position of the record from which on it has a part. So what a record is
/// sent to follows from the records before it, also where the fold has taken later ones.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Involved {
    /// By the id of a thing.
    pub(crate) parts: BTreeMap<Arc<str>, Vec<Since>>,
    /// The owners of cases, and of matters that another body accepted, one after another.
    pub(crate) owners: BTreeMap<Arc<str>, Vec<Since>>,
}

/// A body, and the record from which on it has a part.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Since {
    pub(crate) body: Body,
    pub(crate) position: u64,
}

impl Involved {
    /// Takes the next record of a log. One that was taken before changes nothing.
    pub fn note(&mut self, record: &Record, rules: &Rules) {
        let Event::Cooperation(event) = &record.event else { return };
        let Some(numbers) = &rules.cooperation else { return };
        self.decided(event, record.position.0, &numbers.bodies);
    }

    fn decided(&mut self, event: &CooperationEvent, position: u64, bodies: &Bodies) {
        let actor = event.by.as_ref().and_then(|it| bodies.find(it.body.code()));
        if let What::WarningProposed(it) = &event.what {
            let items = it.items.iter();
            let bodies = items.flat_map(|it| [&it.jurisdiction].into_iter().chain(&it.body));
            self.add(&it.proposal, position, bodies.cloned());
        } else if let What::ConsultationConvened(it) = &event.what {
            self.add(&it.consultation, position, it.participants.iter().cloned());
            self.add(&it.consultation, position, [it.convener.clone()]);
        } else if let What::CaseMoved(it) = &event.what {
            let lead = actor.filter(|_| it.from.is_none());
            self.add(&it.case, position, lead);
            self.add(&it.case, position, it.parties.iter().flatten().cloned());
            self.own(&it.case, position, &it.owner);
        } else if let What::WhistleBlown(it) = &event.what {
            let bodies: Vec<Body> = actor.into_iter().chain(it.summons.clone()).collect();
            if let Some(case) = &it.case {
                self.add(case, position, bodies.clone());
            }
            self.add(&it.whistle, position, bodies);
        } else if let What::MatterOffered(it) = &event.what {
            self.add(&format!("{}{OFFER}", it.matter), position, [it.to.clone()]);
        } else if let What::MatterEscalated(it) = &event.what {
            self.add(&it.matter, position, [it.to.clone()]);
            let case = it.matter.split_once('/').map(|it| it.0);
            if let Some(case) = case.filter(|it| self.owners.contains_key(*it)) {
                self.add(case, position, [it.to.clone()]);
            }
        } else if let What::MatterAccepted(it) = &event.what {
            self.own(&it.matter, position, &it.owner);
        }
    }

    fn add(&mut self, id: &str, position: u64, bodies: impl IntoIterator<Item = Body>) {
        let id: Arc<str> = id.into();
        for body in bodies {
            let parts = self.parts.entry(Arc::clone(&id)).or_default();
            if parts.iter().all(|it| it.body != body) {
                parts.push(Since { body, position });
            }
        }
    }

    fn own(&mut self, id: &str, position: u64, body: &Body) {
        let owners = self.owners.entry(id.into()).or_default();
        let is_new = owners.last().is_none_or(|it| it.position < position && it.body != *body);
        if is_new {
            owners.push(Since { body: body.clone(), position });
        }
    }

    /// The bodies that have a part in a thing at a record.
    pub(super) fn of(&self, id: &str, position: u64) -> impl Iterator<Item = Body> {
        let parts = self.parts.get(id).into_iter().flatten();
        parts.filter(move |it| it.position <= position).map(|it| it.body.clone())
    }

    /// The owner of a case, or the body that accepted a matter.
    pub(super) fn owner(&self, id: &str, position: u64) -> Option<Body> {
        let owners = self.owners.get(id)?;
        owners.iter().rfind(|it| it.position <= position).map(|it| it.body.clone())
    }

    /// The bodies that a matter concerns: the owner, and who else answers or gets an answer.
    pub(super) fn concerned(&self, matter: &str, position: u64, bodies: &Bodies) -> Vec<Body> {
        let whole = matter.strip_suffix(OFFER).unwrap_or(matter);
        let (object, what) = whole.split_once('/').unwrap_or((whole, ""));
        let subject = of_object(object);
        let above = |it: Option<&Body>| it.and_then(|it| bodies.above(it));
        let of_case = self.owner(object, position);
        let mut concerned: Vec<Body> = match what {
            "assign" => subject.into_iter().collect(),
            "accept" => above(of_case.as_ref()).into_iter().collect(),
            "review" => {
                let reviewer = above(subject.as_ref());
                subject.into_iter().chain(reviewer).collect()
            }
            "opinions" | "sign" => self.of(object, position).collect(),
            // An item of a proposal is a matter of all that have one; so is the proposal.
            _ if is_proposal(object) => self.of(object, position).collect(),
            other => {
                let summoned = other.strip_prefix("report_in:").map(Body::new);
                let accepted = self.owner(whole, position);
                accepted.or(of_case).or(summoned).or(subject).into_iter().collect()
            }
        };
        concerned.extend(self.of(matter, position));
        concerned
    }
}

/// Whether it is the id of a proposal, such as `p12`.
fn is_proposal(id: &str) -> bool {
    id.strip_prefix('p').is_some_and(|it| it.bytes().all(|it| it.is_ascii_digit()))
}

/// The body in an id: `3-130400` and `3-130400-f` are orders of 130400, `130100-r1` is a response
/// of 130100, `131000-e4` a case of that member.
pub(super) fn of_object(id: &str) -> Option<Body> {
    let (first, rest) = id.split_once('-')?;
    let is_own = rest.starts_with(|it: char| it.is_ascii_lowercase());
    let body = if is_own { first } else { rest.strip_suffix("-f").unwrap_or(rest) };
    Some(Body::new(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_body() {
        for (id, body) in [
            ("3-130400", "130400"),
            ("12-110000-f", "110000"),
            ("130100-r1", "130100"),
            ("region-c3", "region"),
            ("131000-e4", "131000"),
        ] {
            assert_eq!(of_object(id), Some(Body::new(body)), "{id}");
        }
        assert_eq!(of_object("p12"), None);
    }
}
