//! Consultation (会商): bodies say what they expect of the air, one concludes and signs.

mod conclusion;
mod convening;
pub(crate) mod daily;
mod opinion;
mod prompt;
mod signature;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, Rank};
use super::definition::Meeting;
use super::refused::{Refused, Why};
use super::{Body, What};
use crate::domain::Timestamp;

pub use conclusion::{Conclusion, ConsultationConcluded, DayConcluded, Dissent};
pub use convening::{ConsultationConvened, ConsultationKind};
pub use daily::ConsultationMissed;
pub use opinion::{OpinionGiven, OpinionsClosed, Say};
pub use signature::{ConsultationLapsed, ConsultationSigned};

pub(crate) use conclusion::CONCLUDE;
pub(crate) use convening::CONVENE;
pub(crate) use opinion::OPINE;
pub(crate) use signature::SIGN;

/// Where a consultation stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Phase {
    Open,
    Deliberating,
    /// Too few spoke.
    Failed,
    Concluded,
    Signed,
    Lapsed,
}

impl Phase {
    /// The fixed name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Deliberating => "deliberating",
            Self::Failed => "failed",
            Self::Concluded => "concluded",
            Self::Signed => "signed",
            Self::Lapsed => "lapsed",
        }
    }
}

/// A consultation.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Consultation {
    pub(crate) kind: ConsultationKind,
    pub(crate) convener: Body,
    pub(crate) participants: Vec<Body>,
    pub(crate) jurisdictions: Vec<Body>,
    pub(crate) about: Option<String>,
    pub(crate) opinions_by: Timestamp,
    pub(crate) sign_by: Timestamp,
    pub(crate) phase: Phase,
    /// The last opinion of each participant that spoke.
    pub(crate) opinions: BTreeMap<Body, Vec<Say>>,
    pub(crate) concluded: Option<ConsultationConcluded>,
    pub(crate) signed_at: Option<Timestamp>,
}

impl Consultation {
    pub(crate) fn silent(&self) -> Vec<Body> {
        let silent = self.participants.iter().filter(|it| !self.opinions.contains_key(*it));
        silent.cloned().collect()
    }

    /// The next deadline, and what is due then.
    fn deadline(&self) -> Option<(&'static str, Timestamp)> {
        match self.phase {
            Phase::Open => Some(("opinions", self.opinions_by)),
            Phase::Deliberating | Phase::Concluded => Some(("sign", self.sign_by)),
            Phase::Failed | Phase::Signed | Phase::Lapsed => None,
        }
    }
}

/// What was signed about one jurisdiction.
pub(crate) struct SignedConclusion<'a> {
    pub(crate) id: &'a str,
    pub(crate) about: Option<&'a str>,
    pub(crate) signed_at: Timestamp,
    pub(crate) conclusion: &'a Conclusion,
}

/// All consultations, by id.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Consultations {
    all: BTreeMap<Arc<str>, Consultation>,
    /// The clock at the last decision with a grade that makes a daily consultation due.
    grave_at: Option<Timestamp>,
    /// The consultation that last signed a conclusion about each jurisdiction.
    newest_signed: BTreeMap<Body, Arc<str>>,
    /// When one was last signed that counts as that of a day.
    daily_signed_at: Option<Timestamp>,
}

impl Consultations {
    pub(crate) fn get(&self, id: &str) -> Option<&Consultation> {
        self.all.get(id)
    }

    /// The newest signed conclusion about a jurisdiction.
    pub(crate) fn newest_conclusion(&self, jurisdiction: &Body) -> Option<SignedConclusion<'_>> {
        let (id, it) = self.all.get_key_value(self.newest_signed.get(jurisdiction)?)?;
        let concludes = &it.concluded.as_ref()?.concludes;
        Some(SignedConclusion {
            id,
            about: it.about.as_deref(),
            signed_at: it.signed_at?,
            conclusion: concludes.iter().find(|it| it.jurisdiction == *jurisdiction)?,
        })
    }

    /// Deadlines that a hole may move.
    pub(crate) fn deadlines(&self) -> impl Iterator<Item = (String, Timestamp)> {
        self.all.iter().filter_map(|(id, it)| {
            let (what, at) = it.deadline()?;
            Some((format!("{id}/{what}"), at))
        })
    }

    /// Moves a deadline; false where it is not one of a consultation.
    pub(crate) fn move_deadline(
        &mut self,
        id: &str,
        to: Timestamp,
        calendar: &mut Calendar,
    ) -> bool {
        let Some((id, what)) = id.rsplit_once('/') else { return false };
        if !self.all.contains_key(id) {
            return false;
        }
        self.change(id, calendar, |it| match what {
            "opinions" => it.opinions_by = to,
            _ => it.sign_by = to,
        });
        true
    }

    /// Changes a consultation; its deadline moves in the calendar.
    fn change(&mut self, id: &str, calendar: &mut Calendar, how: impl FnOnce(&mut Consultation)) {
        let Some((id, _)) = self.all.get_key_value(id) else { return };
        let id = Arc::clone(id);
        let Some(it) = self.all.get_mut(&id) else { return };
        if let Some((_, at)) = it.deadline() {
            calendar.remove(at, Rank::Consultation, &id);
        }
        how(it);
        if let Some((_, at)) = it.deadline() {
            calendar.add(at, Rank::Consultation, &id);
        }
    }

    /// What the end of a deadline leads to.
    pub(crate) fn due(&self, id: &str, quorum_percent: i64) -> Option<What> {
        let it = self.get(id)?;
        Some(match it.phase {
            Phase::Open => it.opinions_close(id, quorum_percent).into(),
            Phase::Deliberating | Phase::Concluded => {
                ConsultationLapsed { consultation: id.to_owned() }.into()
            }
            Phase::Failed | Phase::Signed | Phase::Lapsed => return None,
        })
    }

    /// The consultations signed between two instants.
    pub(crate) fn signed_between(&self, from: Timestamp, to: Timestamp) -> Vec<String> {
        let signed =
            self.all.iter().filter(|(_, it)| it.signed_at.is_some_and(|at| from <= at && at <= to));
        signed.map(|(id, _)| id.to_string()).collect()
    }
}

impl<'a> Meeting<'a> {
    /// The consultation that the command names.
    fn consultation(&self) -> Option<&'a Consultation> {
        self.state.consultations.get(self.text("consultation"))
    }

    /// The consultation, if it is in one of these phases.
    fn consultation_in(&self, phases: &[Phase], why: Why) -> Result<&'a Consultation, Refused> {
        let Some(it) = self.consultation() else { return Err(Why::UnknownObject.into()) };
        if phases.contains(&it.phase) { Ok(it) } else { Err(why.into()) }
    }
}
