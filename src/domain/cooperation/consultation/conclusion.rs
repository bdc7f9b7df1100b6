//! The convener concludes: not milder than most opinions, without saying why.

use serde::{Deserialize, Serialize};

use super::opinion::EXPECTED_MAX_UG_M3;
use super::{Consultation, Phase};
use crate::domain::cooperation::definition::{Definition, Meeting, Outcome};
use crate::domain::cooperation::shape::{GRADES, List, Shape, Thing, optional, required};
use crate::domain::cooperation::{Body, Change, Changing, Refused, Role, Why};
use crate::domain::{Date, Grade, Timestamp};

/// Concludes a consultation.
pub(crate) const CONCLUDE: Definition = Definition {
    name: "conclude",
    about: "Conclude a consultation that you convened",
    example: r#"region forecaster region-c1 --concludes='{"jurisdiction":"130100","grade":"none","binding":false}' --text "as most say""#,
    roles: &[Role::Forecaster, Role::Command],
    fields: &[
        required("consultation", Shape::Id(Thing::Consultation)),
        required(
            "concludes",
            Shape::List(&List {
                of: Shape::Fields(&[
                    required("jurisdiction", Shape::Member),
                    optional("days", DAYS),
                    required("grade", Shape::OneOf(&GRADES)),
                    optional("start", Shape::Time),
                    optional("end", Shape::Time),
                    required("binding", Shape::Flag),
                ]),
                may_be_empty: false,
                key: 1,
            }),
        ),
        optional("reason", Shape::Text),
        required("text", Shape::Text),
    ],
    may: |it| it.consultation().is_some_and(|of| of.convener == *it.body),
    decide: conclude,
};

const DAYS: Shape = Shape::List(&List {
    of: Shape::Fields(&[
        required("date", Shape::Date),
        required("lower_ug_m3", Shape::Whole(0, EXPECTED_MAX_UG_M3)),
        required("upper_ug_m3", Shape::Whole(0, EXPECTED_MAX_UG_M3)),
    ]),
    may_be_empty: true,
    key: 1,
});

/// What is concluded of one day.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DayConcluded {
    /// Which day.
    pub date: Date,
    /// Lower bound of PM2.5.
    pub lower_ug_m3: u16,
    /// Upper bound.
    pub upper_ug_m3: u16,
}

/// What is concluded of one jurisdiction.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Conclusion {
    /// Which jurisdiction.
    pub jurisdiction: Body,
    /// What is expected, day by day.
    #[serde(default, deserialize_with = "or_empty")]
    pub days: Vec<DayConcluded>,
    /// The grade that should be warned of.
    pub grade: Grade,
    /// From when; none without a grade.
    pub start: Option<Timestamp>,
    /// Until when; none without a grade.
    pub end: Option<Timestamp>,
    /// Whether the jurisdiction must follow.
    pub binding: bool,
}

/// A list that may be null.
fn or_empty<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<DayConcluded>, D::Error> {
    if from.is_human_readable() {
        return Ok(Option::deserialize(from)?.unwrap_or_default());
    }
    Vec::deserialize(from)
}

impl Conclusion {
    fn fits(&self, consultation: &Consultation) -> bool {
        let has_times = match (self.start, self.end) {
            (Some(start), Some(end)) => start < end && self.grade != Grade::None,
            (None, None) => self.grade == Grade::None,
            _ => false,
        };
        let days = self.days.iter().all(|it| it.lower_ug_m3 <= it.upper_ug_m3);
        has_times && days && consultation.jurisdictions.contains(&self.jurisdiction)
    }
}

/// An opinion that differs from the conclusion.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Dissent {
    /// Of which participant.
    pub participant: Body,
    /// About which jurisdiction.
    pub jurisdiction: Body,
    /// The grade that it said.
    pub said: Grade,
    /// The grade that is concluded.
    pub concluded: Grade,
}

#[derive(Deserialize)]
struct Conclude {
    concludes: Vec<Conclusion>,
    reason: Option<String>,
    text: String,
}

fn conclude(it: &Meeting<'_>) -> Outcome {
    let Conclude { mut concludes, reason, text } = it.read();
    let phases = [Phase::Deliberating, Phase::Concluded];
    let consultation = it.consultation_in(&phases, Why::WrongState)?;
    if !concludes.iter().all(|it| it.fits(consultation)) {
        return Err(Refused::with(Why::BadField, "concludes"));
    }
    concludes.sort_by(|a, b| a.jurisdiction.cmp(&b.jurisdiction));
    for conclusion in &mut concludes {
        conclusion.days.sort_by_key(|it| it.date);
    }
    let is_milder = |it: &&Conclusion| it.grade < consultation.majority(&it.jurisdiction);
    let milder = concludes.iter().filter(is_milder).map(|it| it.jurisdiction.clone());
    let overridden: Vec<Body> = milder.collect();
    let may_override = it.body.is_region() || it.numbers.bodies.is_province(it.body);
    if !overridden.is_empty() && (!may_override || reason.is_none()) {
        return Err(Why::BelowMajority.into());
    }
    let dissent = consultation.dissent(&concludes);
    let consultation = it.text("consultation").to_owned();
    let concluded =
        ConsultationConcluded { consultation, concludes, dissent, overridden, text, reason };
    Ok(vec![concluded.into()])
}

impl Consultation {
    fn dissent(&self, concludes: &[Conclusion]) -> Vec<Dissent> {
        let dissent = self.opinions.keys().flat_map(|participant| {
            concludes.iter().filter_map(move |it| {
                let said = self.said(participant, &it.jurisdiction)?;
                (said != it.grade).then(|| Dissent {
                    participant: participant.clone(),
                    jurisdiction: it.jurisdiction.clone(),
                    said,
                    concluded: it.grade,
                })
            })
        });
        dissent.collect()
    }
}

/// A consultation was concluded.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ConsultationConcluded {
    /// Which consultation.
    pub consultation: String,
    /// What is concluded of each jurisdiction.
    pub concludes: Vec<Conclusion>,
    /// The opinions that differ.
    pub dissent: Vec<Dissent>,
    /// Where it is milder than most opinions.
    pub overridden: Vec<Body>,
    /// In words.
    pub text: String,
    /// Why it is milder.
    pub reason: Option<String>,
}

impl Change for ConsultationConcluded {
    fn change(&self, it: &mut Changing<'_>) {
        let state = &mut *it.state;
        state.consultations.change(&self.consultation, &mut state.calendar, |it| {
            it.phase = Phase::Concluded;
            it.concluded = Some(self.clone());
        });
    }
}
