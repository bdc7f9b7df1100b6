//! Who sees what of joint control: the bodies to which a record is sent, and what a body may see
//! of it.
//!
//! | of | all of it | a part | nothing |
//! |---|---|---|---|
//! | a command, a refusal | the actor's body | - | all others |
//! | order, matter, objection, report | its owner, bodies over it | other members | all others |
//! | proposal | bodies with an item, and those that decide one | - | all others |
//! | consultation | participants | members: what is signed | all others |
//! | case | owner, bodies over it, who gave the lead, parties, whistler and summoned | members | all others |
//! | whistle | whistler, summoned, bodies over these | - | all others |
//! | vehicle | the body that locked it, the actor's | members | all others |
//! | an actor's name | own body, bodies over it | - | all others |
//!
//! The body of the actor sees all of what it did. A record is sent to the bodies that it names:
//! the actor's, the owner, steps, the reviewer, participants, parties, summoned bodies and the
//! body that it is about. A body that is over one of them, and is not named, may look it up.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::cooperation::{Bodies, Body, What};
use crate::domain::{CooperationEvent, Event, Fact, Rules};
use crate::engine::{Entry, Record};

use super::involved::{Involved, of_object};

/// What a body sees of a record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sight {
    /// The fields that it sees beside the time; none: all of them.
    pub fields: Option<&'static [&'static str]>,
    /// With the name of the actor, not only body and role.
    pub names_actor: bool,
    /// Of moved deadlines, the matters of which the body may know; none: all that there are.
    pub matters: Option<Vec<String>>,
}

/// What members see of a case; the id names the member of its place.
const OF_CASE: &[&str] = &["case", "from", "to", "sector", "penalties", "fine_yuan", "rectify_by"];

/// Which bodies a record is about.
#[derive(Default)]
struct About {
    /// These and the bodies over them see all of it.
    owners: BTreeSet<Body>,
    /// These see all of it too.
    others: BTreeSet<Body>,
    /// These see what members see; they are named.
    subjects: BTreeSet<Body>,
    /// Members see these fields of it; none: nothing.
    for_members: &'static [&'static str],
    /// All bodies see all of it.
    for_all: bool,
}

impl About {
    fn owner(body: impl IntoIterator<Item = Body>) -> Self {
        Self { owners: body.into_iter().collect(), ..Self::default() }
    }

    fn for_all() -> Self {
        Self { for_all: true, ..Self::default() }
    }

    fn others(mut self, others: impl IntoIterator<Item = Body>) -> Self {
        self.others.extend(others);
        self
    }

    fn for_members(self, fields: &'static [&'static str]) -> Self {
        Self { for_members: fields, ..self }
    }
}

impl Involved {
    /// What a body sees of a record that has been noted; none where it sees nothing, or the record
    /// is not one of joint control.
    pub fn sight(&self, record: &Record, rules: &Rules, body: &Body) -> Option<Sight> {
        let bodies = &rules.cooperation.as_ref()?.bodies;
        let about = self.about(record, bodies)?;
        self.sight_of(record, bodies, &about, body)
    }

    /// The bodies to which a record that has been noted is sent, by code, each with what it sees.
    pub fn receivers(&self, record: &Record, rules: &Rules) -> Vec<(Body, Sight)> {
        let Some(bodies) = rules.cooperation.as_ref().map(|it| &it.bodies) else {
            return Vec::new();
        };
        let Some(about) = self.about(record, bodies) else { return Vec::new() };
        let actor = actor(&record.event).and_then(|it| bodies.find(it.code()));
        let named: BTreeSet<&Body> =
            about.owners.iter().chain(&about.others).chain(&about.subjects).chain(&actor).collect();
        let known = named.into_iter().filter(|it| bodies.kind(it).is_some());
        let sights =
            known.filter_map(|it| Some((it.clone(), self.sight_of(record, bodies, &about, it)?)));
        sights.collect()
    }

    /// Whether a body sees a matter, by all records that have been noted: one that it must answer,
    /// has a part in, or that a body under it has.
    pub fn sees_matter(&self, matter: &str, bodies: &Bodies, body: &Body) -> bool {
        self.is_concerned(matter, u64::MAX, bodies, body)
    }

    /// Whether a body sees all of a thing of which these are the records, such as a case: all of the
    /// newest record that names its id.
    pub fn sees_thing<'a>(
        &self,
        id: &str,
        records: impl DoubleEndedIterator<Item = &'a Arc<Entry>>,
        body: &Body,
    ) -> bool {
        let names = |it: &&Arc<Entry>| {
            let Event::Cooperation(event) = &it.record.event else { return false };
            event.what.named().iter().any(|it| it == id)
        };
        let newest = records.rev().find(names);
        let sight = newest.and_then(|it| self.sight(&it.record, it.rules()?, body));
        sight.is_some_and(|it| it.fields.is_none())
    }

    fn is_concerned(&self, matter: &str, position: u64, bodies: &Bodies, body: &Body) -> bool {
        let concerned = self.concerned(matter, position, bodies);
        concerned.iter().any(|it| bodies.is_or_is_over(body, it))
    }

    fn sight_of(
        &self,
        record: &Record,
        bodies: &Bodies,
        about: &About,
        body: &Body,
    ) -> Option<Sight> {
        let actor = actor(&record.event).and_then(|it| bodies.find(it.code()));
        let names_actor = actor.as_ref().is_none_or(|it| bodies.is_or_is_over(body, it));
        let is_over = |it: &Body| bodies.is_or_is_over(body, it);
        let whole = about.for_all
            || actor.as_ref() == Some(body)
            || about.others.contains(body)
            || about.owners.iter().any(is_over);
        let fields = if whole { None } else { Some(about.for_members) };
        if fields.is_some_and(|it| it.is_empty() || !bodies.is_member(body)) {
            return None;
        }
        let matters = self.matters_seen(record, bodies, body);
        if matters.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        Some(Sight { fields, names_actor, matters })
    }

    /// Of moved deadlines those that concern a body or bodies under it.
    fn matters_seen(&self, record: &Record, bodies: &Bodies, body: &Body) -> Option<Vec<String>> {
        let Event::Cooperation(event) = &record.event else { return None };
        let What::DeadlinesMoved(moved) = &event.what else { return None };
        let position = record.position.0;
        let is_seen = |matter: &&String| self.is_concerned(matter, position, bodies, body);
        Some(moved.matters.iter().filter(is_seen).cloned().collect())
    }

    fn about(&self, record: &Record, bodies: &Bodies) -> Option<About> {
        let position = record.position.0;
        match &record.event {
            Event::Fact(Fact::CommandGiven(_)) => Some(About::default()),
            Event::Cooperation(event) => Some(self.about_decision(event, position, bodies)),
            Event::Fact(_)
            | Event::Station(_)
            | Event::Air(_)
            | Event::Warning(_)
            | Event::Response(_) => None,
        }
    }

    fn about_decision(&self, event: &CooperationEvent, position: u64, bodies: &Bodies) -> About {
        let parts = |id: &str| self.of(id, position).collect::<Vec<_>>();
        // Of an order, response, case or vehicle the body in its id.
        let subject = |id: &str| About::owner(of_object(id));
        // The bodies to which it was escalated hear what becomes of it.
        let steps = |object: &str, matter: &str| parts(&format!("{object}/{matter}"));
        match &event.what {
            What::CommandRefused(_) => About::default(),
            What::MatterOverdue(it) => About::owner([it.owner.clone()]),
            What::MatterReminded(it) => About::owner([it.owner.clone()]).others(it.next.clone()),
            What::MatterEscalated(it) => About::owner([it.owner.clone()]).others(parts(&it.matter)),
            What::MatterOffered(it) => About::owner([it.owner.clone()]).others([it.to.clone()]),
            What::MatterAccepted(it) => About::owner([it.from.clone(), it.owner.clone()]),
            What::MatterDeclined(it) => About::owner([it.owner.clone()]).others([it.to.clone()]),
            What::DeadlinesMoved(it) => {
                About::owner(it.matters.iter().flat_map(|it| self.concerned(it, position, bodies)))
            }
            What::OrderAcknowledged(it) => subject(&it.order)
                .others(steps(&it.order, "acknowledge"))
                .for_members(&["by", "order", "in_time"]),
            What::OrderEnded(it) => subject(&it.order)
                .others(steps(&it.order, "acknowledge"))
                .for_members(&["by", "order", "open"]),
            What::OrderObjected(it) => subject(&it.order).others([it.reviewer.clone()]),
            What::ObjectionDecided(it) => subject(&it.order).others(reviewer(&it.order, bodies)),
            What::ExecutionReported(it) => {
                let matter = format!("report:{}", it.date);
                let owner = self.owner(&format!("{}/{matter}", it.response), position);
                let mut about = subject(&it.order).others(steps(&it.response, &matter));
                about.owners.extend(owner);
                about.for_members(&["by", "order", "in_time"])
            }
            What::ExecutionVerified(it) => subject(&it.response),
            What::ResponseClosed(it) => {
                subject(&it.response).others(steps(&it.response, "summary"))
            }
            What::WarningProposed(it) => About::default().others(parts(&it.proposal)),
            What::ProposalItemDecided(it) => About::default().others(parts(&it.proposal)),
            What::ProposalSettled(it) => About::default().others(parts(&it.proposal)),
            What::ProposalLapsed(it) => About::default().others(parts(&it.proposal)),
            What::ConsultationConvened(it) => About::default().others(parts(&it.consultation)),
            What::OpinionGiven(it) => About::default().others(parts(&it.consultation)),
            What::OpinionsClosed(it) => About::default().others(parts(&it.consultation)),
            What::ConsultationConcluded(it) => About::default().others(parts(&it.consultation)),
            What::ConsultationLapsed(it) => About::default().others(parts(&it.consultation)),
            What::ConsultationSigned(it) => {
                let mut about = About::default().others(parts(&it.consultation)).for_members(&[
                    "by",
                    "consultation",
                    "concludes",
                ]);
                about.subjects = it.concludes.iter().map(|it| it.jurisdiction.clone()).collect();
                about
            }
            What::ConsultationMissed(_) => About::owner([Body::new(Body::REGION)]),
            What::CaseMoved(it) => {
                About::owner([it.owner.clone()]).others(parts(&it.case)).for_members(OF_CASE)
            }
            What::WhistleBlown(it) => About::owner(parts(&it.whistle)),
            What::WhistleAnswered(it) => About::owner(parts(&it.whistle))
                .others(steps(&it.whistle, &format!("report_in:{}", it.body))),
            What::WhistleMet(it) => About::owner(parts(&it.whistle)),
            What::VehicleMoved(it) => About::default()
                .others(it.record.as_deref().and_then(of_object))
                .for_members(&["by", "record", "vehicle", "locked"]),
            What::EpisodeOpened(_) | What::EpisodeClosed(_) => About::for_all(),
        }
    }
}

/// The body that decides an objection to an order.
fn reviewer(order: &str, bodies: &Bodies) -> Option<Body> {
    bodies.above(&of_object(order)?)
}

/// The body of the actor, by the code in the command.
fn actor(event: &Event) -> Option<&Body> {
    match event {
        Event::Fact(Fact::CommandGiven(it)) => Some(&it.actor.body),
        Event::Cooperation(it) => it.by.as_ref().map(|it| &it.body),
        Event::Fact(_)
        | Event::Station(_)
        | Event::Air(_)
        | Event::Warning(_)
        | Event::Response(_) => None,
    }
}
