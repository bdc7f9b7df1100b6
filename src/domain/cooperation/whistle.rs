//! A whistle (吹哨报到): one place calls, and the bodies that it summons report in.

use serde::{Deserialize, Serialize};

use super::definition::{Definition, Meeting, Outcome};
use super::event::{Change, Changing};
use super::ladder::{MatterState, Opening};
use super::refused::{Refused, Why};
use super::rules::Class;
use super::shape::{List, Shape, Thing, optional, required};
use super::{Body, BodyKind, Role};
use crate::domain::{Grade, Timestamp};

const ROLES: &[Role] = &[Role::Officer, Role::Inspector, Role::Command];
/// The most bodies that one whistle summons.
const SUMMONS_MAX: usize = 5;

/// Blows a whistle.
pub(crate) const WHISTLE: Definition = Definition {
    name: "whistle",
    about: "Summon other bodies to a place of yours",
    example: r#"120111 officer 120111 --summons 131081 --text "smoke across the border""#,
    roles: ROLES,
    fields: &[
        required("place", Shape::Body),
        required("summons", Shape::List(&List { of: Shape::Body, may_be_empty: false, key: 0 })),
        required("text", Shape::Text),
        optional("case", Shape::Id(Thing::Case)),
    ],
    may: |it| {
        let kind = it.numbers.bodies.kind(it.body);
        matches!(kind, Some(BodyKind::District | BodyKind::Member))
    },
    decide: whistle,
};

/// Reports in.
pub(crate) const REPORT_IN: Definition = Definition {
    name: "report_in",
    about: "Report in at a place to which you are summoned",
    example: r#"131081 officer 120111-w1 --for 131081 --text "the team is there""#,
    roles: ROLES,
    fields: &[
        required("whistle", Shape::Id(Thing::Whistle)),
        required("for", Shape::Body),
        required("text", Shape::Text),
    ],
    may: |it| {
        let summoned = it.text("for");
        it.body.code() == summoned || it.is_owner_or_step(&matter_of(it.text("whistle"), summoned))
    },
    decide: report_in,
};

/// The matter that asks a body to report in.
fn matter_of(whistle: &str, body: &str) -> String {
    format!("{whistle}/report_in:{body}")
}

/// A whistle, and the bodies that have not reported in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Whistle {
    pub(crate) summons: Vec<Body>,
    pub(crate) missing: Vec<Body>,
    pub(crate) in_time: bool,
}

#[derive(Deserialize)]
struct Blow {
    place: Body,
    summons: Vec<Body>,
    text: String,
    case: Option<String>,
}

fn whistle(it: &Meeting<'_>) -> Outcome {
    let Blow { place, mut summons, text, case } = it.read();
    if !it.numbers.bodies.is_or_is_over(it.body, &place) {
        return Err(Refused::with(Why::BadField, "place"));
    }
    if summons.len() > SUMMONS_MAX || summons.contains(it.body) {
        return Err(Refused::with(Why::BadField, "summons"));
    }
    summons.sort_unstable();
    let within = it.numbers.enforcement.whistle_within_min;
    let within_min = it.state.while_warned(&place, it.now, within, it.numbers);
    let due_at = it.now.plus_minutes(within_min);
    let whistle = it.state.next_id(it.body, 'w');
    Ok(vec![WhistleBlown { whistle, place, summons, text, due_at, case }.into()])
}

fn report_in(it: &Meeting<'_>) -> Outcome {
    let (id, body) = (it.text("whistle"), Body::new(it.text("for")));
    let Some(whistle) = it.state.whistles.get(id) else { return Err(Why::UnknownObject.into()) };
    if !whistle.summons.contains(&body) {
        return Err(Refused::with(Why::BadField, "for"));
    }
    if !whistle.missing.contains(&body) {
        return Err(Why::AlreadyAnswered.into());
    }
    let matter = it.state.matters.get(&matter_of(id, body.code()));
    let in_time = matter.is_none_or(|by| by.is_in_time(it.now));
    let is_last = whistle.missing.len() == 1;
    let answered = WhistleAnswered { whistle: id.to_owned(), body, in_time };
    let met = WhistleMet { whistle: id.to_owned(), in_time: whistle.in_time && in_time };
    let met = is_last.then(|| met.into());
    Ok([answered.into()].into_iter().chain(met).collect())
}

/// Bodies were summoned.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct WhistleBlown {
    /// Which whistle.
    pub whistle: String,
    /// Where.
    pub place: Body,
    /// The bodies that must come.
    pub summons: Vec<Body>,
    /// Why.
    pub text: String,
    /// Until when.
    pub due_at: Timestamp,
    /// The case that it is about.
    pub case: Option<String>,
}

/// A summoned body reported in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct WhistleAnswered {
    /// Which whistle.
    pub whistle: String,
    /// Which body.
    #[serde(rename = "for")]
    pub body: Body,
    /// Whether it was before the deadline.
    pub in_time: bool,
}

/// All summoned bodies have reported in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct WhistleMet {
    /// Which whistle.
    pub whistle: String,
    /// Whether all were in time.
    pub in_time: bool,
}

impl Change for WhistleBlown {
    fn change(&self, it: &mut Changing<'_>) {
        let Changing { state, at, .. } = it;
        for body in &self.summons {
            let opening = Opening {
                id: matter_of(&self.whistle, body.code()),
                owner: body.clone(),
                class: Class::Grade(Grade::Orange),
                opened_at: *at,
                due_at: self.due_at,
            };
            state.matters.open(opening, &mut state.calendar);
        }
        let (summons, missing) = (self.summons.clone(), self.summons.clone());
        let whistle = Whistle { summons, missing, in_time: true };
        state.whistles.insert(self.whistle.as_str().into(), whistle);
        if let Some((body, _)) = self.whistle.rsplit_once("-w") {
            state.note_id(&Body::new(body), 'w');
        }
    }
}

impl Change for WhistleAnswered {
    fn change(&self, it: &mut Changing<'_>) {
        let Changing { state, .. } = it;
        let matter = matter_of(&self.whistle, self.body.code());
        state.matters.finish(&matter, MatterState::Answered, &mut state.calendar);
        if let Some(whistle) = state.whistles.get_mut(&*self.whistle) {
            whistle.missing.retain(|it| *it != self.body);
            whistle.in_time &= self.in_time;
        }
    }
}

impl Change for WhistleMet {
    fn change(&self, _: &mut Changing<'_>) {}
}
