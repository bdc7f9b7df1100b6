//! A consultation is convened.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Consultation, Phase};
use crate::domain::Timestamp;
use crate::domain::cooperation::definition::{Definition, Meeting, Outcome};
use crate::domain::cooperation::shape::{List, Shape, Thing, optional, required};
use crate::domain::cooperation::{Body, BodyKind, Change, Changing, Rank, Refused, Role, Why};

/// Convenes a consultation.
pub(crate) const CONVENE: Definition = Definition {
    name: "convene",
    about: "Ask bodies what they expect of the air",
    example: r#"region forecaster episode --participants 110000 --participants 13 --jurisdictions 130100 --opinions-by 2025-12-04T14:00:00+08:00 --title "haze from the south""#,
    roles: &[Role::Forecaster, Role::Command],
    fields: &[
        required(
            "kind",
            Shape::OneOf(&["routine", "episode", "guarantee", "difficult", "meeting"]),
        ),
        required(
            "participants",
            Shape::List(&List { of: Shape::BodyOrGuest, may_be_empty: false, key: 0 }),
        ),
        required(
            "jurisdictions",
            Shape::List(&List { of: Shape::Member, may_be_empty: false, key: 0 }),
        ),
        required("opinions_by", Shape::Time),
        optional("about", Shape::Id(Thing::Any)),
        required("title", Shape::Text),
    ],
    may: |it| {
        let kind = it.numbers.bodies.kind(it.body);
        matches!(kind, Some(BodyKind::Region | BodyKind::Province | BodyKind::Member))
    },
    decide: convene,
};

/// The earliest that opinions may be asked for.
const SOONEST_MIN: i32 = 30;
/// The latest.
const LATEST_H: i32 = 48;

/// What a consultation is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsultationKind {
    /// Of each day.
    Routine,
    /// Of an episode.
    Episode,
    /// Of a major event.
    Guarantee,
    /// Of a difficult forecast (疑难会商).
    Difficult,
    /// The regular meeting of enforcement (定期会商).
    Meeting,
}

#[derive(Deserialize)]
struct Convene {
    kind: ConsultationKind,
    participants: Vec<Body>,
    jurisdictions: Vec<Body>,
    opinions_by: Timestamp,
    about: Option<String>,
    title: String,
}

fn convene(it: &Meeting<'_>) -> Outcome {
    let Convene { kind, mut participants, mut jurisdictions, opinions_by, about, title } =
        it.read();
    let earliest = it.now.plus_minutes(SOONEST_MIN);
    if opinions_by < earliest || it.now.plus_hours(LATEST_H) < opinions_by {
        return Err(Refused::with(Why::BadField, "opinions_by"));
    }
    if !participants.contains(it.body) {
        participants.push(it.body.clone());
    }
    if participants.len() < 2 {
        return Err(Refused::with(Why::BadField, "participants"));
    }
    participants.sort_unstable();
    jurisdictions.sort_unstable();
    let convened = ConsultationConvened {
        consultation: it.state.next_id(it.body, 'c'),
        kind,
        title,
        convener: it.body.clone(),
        participants,
        jurisdictions,
        opinions_by,
        sign_by: opinions_by.plus_minutes(it.numbers.consultation.sign_within_min),
        about,
    };
    Ok(vec![convened.into()])
}

/// A consultation was convened.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ConsultationConvened {
    /// Its id.
    pub consultation: String,
    /// What it is for.
    pub kind: ConsultationKind,
    /// What it is called.
    pub title: String,
    /// The body that concludes and signs.
    pub convener: Body,
    /// The bodies that are asked.
    pub participants: Vec<Body>,
    /// The members about which they are asked.
    pub jurisdictions: Vec<Body>,
    /// Until when they speak.
    pub opinions_by: Timestamp,
    /// Until when the conclusion is signed.
    pub sign_by: Timestamp,
    /// The thing that it is about.
    pub about: Option<String>,
}

impl Change for ConsultationConvened {
    fn change(&self, it: &mut Changing<'_>) {
        let consultation = Consultation {
            kind: self.kind,
            convener: self.convener.clone(),
            participants: self.participants.clone(),
            jurisdictions: self.jurisdictions.clone(),
            about: self.about.clone(),
            opinions_by: self.opinions_by,
            sign_by: self.sign_by,
            phase: Phase::Open,
            opinions: BTreeMap::new(),
            concluded: None,
            signed_at: None,
        };
        let id = self.consultation.as_str().into();
        it.state.calendar.add(self.opinions_by, Rank::Consultation, &id);
        it.state.consultations.all.insert(id, consultation);
        it.state.note_id(&self.convener, 'c');
    }
}
