//! What participants expect.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Consultation, Phase};
use crate::domain::cooperation::definition::{Definition, Meeting, Outcome};
use crate::domain::cooperation::shape::{GRADES, List, Shape, Thing, required};
use crate::domain::cooperation::{Body, Change, Changing, Refused, Role, Why};
use crate::domain::{Date, Grade};

/// The most µg/m³ that may be expected.
pub(super) const EXPECTED_MAX_UG_M3: i64 = 9_999;

/// Gives an opinion.
pub(crate) const OPINE: Definition = Definition {
    name: "opine",
    about: "Say what you expect of the air",
    example: r#"13 forecaster region-c1 --says='{"jurisdiction":"130100","date":"2025-12-05", "lower_ug_m3":150,"upper_ug_m3":260,"grade":"red"}' --text "no wind until the 9th""#,
    roles: &[Role::Forecaster, Role::Command],
    fields: &[
        required("consultation", Shape::Id(Thing::Consultation)),
        required(
            "says",
            Shape::List(&List {
                of: Shape::Fields(&[
                    required("jurisdiction", Shape::Member),
                    required("date", Shape::Date),
                    required("lower_ug_m3", Shape::Whole(0, EXPECTED_MAX_UG_M3)),
                    required("upper_ug_m3", Shape::Whole(0, EXPECTED_MAX_UG_M3)),
                    required("grade", Shape::OneOf(&GRADES)),
                ]),
                may_be_empty: false,
                key: 2,
            }),
        ),
        required("text", Shape::Text),
    ],
    may: |it| it.consultation().is_some_and(|of| of.participants.contains(it.body)),
    decide: opine,
};

/// What is expected of one jurisdiction and day.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Say {
    /// Which jurisdiction.
    pub jurisdiction: Body,
    /// Which day.
    pub date: Date,
    /// Lower bound of PM2.5.
    pub lower_ug_m3: u16,
    /// Upper bound.
    pub upper_ug_m3: u16,
    /// The grade that should be warned of.
    pub grade: Grade,
}

#[derive(Deserialize)]
struct Opine {
    says: Vec<Say>,
    text: String,
}

fn opine(it: &Meeting<'_>) -> Outcome {
    let Opine { mut says, text } = it.read();
    let consultation = it.consultation_in(&[Phase::Open], Why::TooLate)?;
    let asked: BTreeSet<&Body> = consultation.jurisdictions.iter().collect();
    let fits =
        says.iter().all(|it| asked.contains(&it.jurisdiction) && it.lower_ug_m3 <= it.upper_ug_m3);
    if !fits {
        return Err(Refused::with(Why::BadField, "says"));
    }
    says.sort_by(|a, b| (&a.jurisdiction, a.date).cmp(&(&b.jurisdiction, b.date)));
    let id = it.text("consultation");
    let replaces = consultation.opinions.contains_key(it.body);
    let given = OpinionGiven {
        consultation: id.to_owned(),
        participant: it.body.clone(),
        says: says.clone(),
        text,
        replaces,
    };
    let mut with = consultation.clone();
    with.opinions.insert(it.body.clone(), says);
    let closed = with
        .silent()
        .is_empty()
        .then(|| with.opinions_close(id, it.numbers.consultation.quorum_percent).into());
    Ok([given.into()].into_iter().chain(closed).collect())
}

impl Consultation {
    pub(super) fn opinions_close(&self, id: &str, quorum_percent: i64) -> OpinionsClosed {
        let spoken: Vec<Body> = self.opinions.keys().cloned().collect();
        let of = |it: usize| i64::try_from(it).unwrap_or(i64::MAX);
        let quorate = 100 * of(spoken.len()) > quorum_percent * of(self.participants.len());
        OpinionsClosed { consultation: id.to_owned(), spoken, silent: self.silent(), quorate }
    }

    /// The highest grade that a participant gave a jurisdiction; none if it did not speak of it.
    pub(super) fn said(&self, participant: &Body, jurisdiction: &Body) -> Option<Grade> {
        let says = self.opinions.get(participant)?.iter();
        says.filter(|it| it.jurisdiction == *jurisdiction).map(|it| it.grade).max()
    }

    /// The highest grade that more than half of those who spoke of a jurisdiction say, or above.
    pub(super) fn majority(&self, jurisdiction: &Body) -> Grade {
        let said: Vec<Grade> =
            self.opinions.keys().filter_map(|it| self.said(it, jurisdiction)).collect();
        let is_majority =
            |grade: &Grade| 2 * said.iter().filter(|it| **it >= *grade).count() > said.len();
        Grade::ALL.into_iter().rev().find(is_majority).unwrap_or(Grade::None)
    }
}

/// A participant spoke.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct OpinionGiven {
    /// In which consultation.
    pub consultation: String,
    /// Who.
    pub participant: Body,
    /// What it expects.
    pub says: Vec<Say>,
    /// In words.
    pub text: String,
    /// Whether it spoke before; the last opinion counts.
    pub replaces: bool,
}

/// No more opinions are taken.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct OpinionsClosed {
    /// In which consultation.
    pub consultation: String,
    /// Who spoke.
    pub spoken: Vec<Body>,
    /// Who did not.
    pub silent: Vec<Body>,
    /// Whether enough spoke; else the consultation has failed.
    pub quorate: bool,
}

impl Change for OpinionGiven {
    fn change(&self, it: &mut Changing<'_>) {
        let state = &mut *it.state;
        state.consultations.change(&self.consultation, &mut state.calendar, |it| {
            it.opinions.insert(self.participant.clone(), self.says.clone());
        });
    }
}

impl Change for OpinionsClosed {
    fn change(&self, it: &mut Changing<'_>) {
        let state = &mut *it.state;
        state.consultations.change(&self.consultation, &mut state.calendar, |it| {
            it.phase = if self.quorate { Phase::Deliberating } else { Phase::Failed };
        });
    }
}
