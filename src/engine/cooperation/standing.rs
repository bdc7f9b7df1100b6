//! How one thing stands at the end of a log, in a few named texts.

use super::story::Thing;
use crate::domain::cooperation::{Body, Matter, MatterState, Step};
use crate::domain::{Airshed, Timestamp};

/// Names, each with a text.
pub(super) type Standing = Vec<(&'static str, String)>;

/// How a thing stands; none if there is no such thing.
pub(super) fn standing(airshed: &Airshed, thing: Thing, id: &str) -> Option<Standing> {
    match thing {
        Thing::Order => order(airshed, id),
        Thing::Response => response(airshed, id),
        Thing::Matter => airshed.cooperation.matters.get(id).map(matter),
        Thing::Proposal => proposal(airshed, id),
        Thing::Consultation => consultation(airshed, id),
        Thing::Case => case(airshed, id),
        Thing::Whistle => whistle(airshed, id),
    }
}

fn order(airshed: &Airshed, id: &str) -> Option<Standing> {
    let order = airshed.cooperation.orders.get(id)?;
    let matter = airshed.cooperation.matters.get(&format!("{id}/acknowledge"));
    let acknowledge_by = matter.map_or(order.acknowledge_by, |it| it.due_at);
    let state = match (order.ended, order.acknowledged) {
        (Some(how), _) => how.name(),
        (None, true) => "acknowledged",
        (None, false) => "open",
    };
    let mut standing = vec![
        ("state", state.to_owned()),
        ("demands", format!("{} {}", order.act.name(), order.grade)),
        ("jurisdiction", order.jurisdiction.to_string()),
        ("response", order.response.to_string()),
        ("counts_from", order.counts_from.to_string()),
        ("acknowledge_by", acknowledge_by.to_string()),
    ];
    if !order.measures.is_empty() {
        standing.push(("measures", order.measures.join(" ")));
    }
    Some(standing)
}

fn response(airshed: &Airshed, id: &str) -> Option<Standing> {
    let (state, now) = (&airshed.cooperation, airshed.clock().unwrap_or_default());
    let response = state.orders.response(id)?;
    let level = state.orders.level_of(&response.jurisdiction, now);
    let is_over = !state.orders.is_in_force(response, now);
    let name = match (response.closed, is_over) {
        (true, _) => "closed",
        (false, true) => "ended",
        (false, false) => "running",
    };
    let prefix = format!("{id}/");
    let open: Vec<&str> = state.matters.open_with(&prefix).map(|it| &**it).collect();
    Some(vec![
        ("state", name.to_owned()),
        ("jurisdiction", response.jurisdiction.to_string()),
        ("level_now", level.name().to_owned()),
        ("orders", response.orders.join(" ")),
        ("open_matters", some_or_none(&open.join(" "))),
    ])
}

fn matter(it: &Matter) -> Standing {
    let state = match it.state {
        MatterState::Open if it.left_ms.is_some() => "open, its clock is stopped",
        MatterState::Open => "open",
        MatterState::Answered => "answered",
        MatterState::Fallen => "fallen",
    };
    let step = match it.step {
        Step::None => "none".to_owned(),
        Step::Overdue => "overdue".to_owned(),
        Step::Reminded => "reminded".to_owned(),
        Step::Escalated(_) => format!("escalated to {}", codes(&it.escalated_to)),
    };
    let mut standing = vec![
        ("state", state.to_owned()),
        ("owner", it.owner.to_string()),
        ("class", it.class.name().to_owned()),
        ("due_at", it.due_at.to_string()),
        ("step", step),
    ];
    let time = |name, at: Option<Timestamp>| at.map(|at| (name, at.to_string()));
    standing.extend(time("next_step_at", it.next_at));
    if let Some((to, until)) = &it.offer {
        standing.extend([("offered_to", to.to_string()), ("offer_until", until.to_string())]);
    }
    standing
}

fn proposal(airshed: &Airshed, id: &str) -> Option<Standing> {
    let it = airshed.cooperation.proposals.get(id)?;
    let pending: Vec<Body> = it.pending().map(|it| it.jurisdiction.clone()).collect();
    let all: Vec<Body> = it.items.iter().map(|it| it.jurisdiction.clone()).collect();
    let state = if it.is_over { "settled or lapsed" } else { "pending" };
    Some(vec![
        ("state", state.to_owned()),
        ("hour", it.hour.to_string()),
        ("items", codes(&all)),
        ("pending", some_or_none(&codes(&pending))),
    ])
}

fn consultation(airshed: &Airshed, id: &str) -> Option<Standing> {
    let it = airshed.cooperation.consultations.get(id)?;
    let spoken: Vec<Body> = it.opinions.keys().cloned().collect();
    let mut standing = vec![
        ("state", it.phase.name().to_owned()),
        ("convener", it.convener.to_string()),
        ("participants", codes(&it.participants)),
        ("jurisdictions", codes(&it.jurisdictions)),
        ("spoken", some_or_none(&codes(&spoken))),
        ("silent", some_or_none(&codes(&it.silent()))),
        ("opinions_by", it.opinions_by.to_string()),
        ("sign_by", it.sign_by.to_string()),
    ];
    standing.extend(it.about.clone().map(|it| ("about", it)));
    Some(standing)
}

fn case(airshed: &Airshed, id: &str) -> Option<Standing> {
    let it = airshed.cooperation.cases.get(id)?;
    let yes_or_no = |it| if it { "yes" } else { "no" }.to_owned();
    Some(vec![
        ("state", it.state.name().to_owned()),
        ("place", it.place.to_string()),
        ("member", it.member.to_string()),
        ("owner", it.owner.to_string()),
        ("key", yes_or_no(it.key)),
        ("reopened", it.reopened.to_string()),
        ("exposed", yes_or_no(it.exposed)),
    ])
}

fn whistle(airshed: &Airshed, id: &str) -> Option<Standing> {
    let it = airshed.cooperation.whistles.get(id)?;
    let is_met = it.missing.is_empty();
    Some(vec![
        ("state", if is_met { "met" } else { "open" }.to_owned()),
        ("summons", codes(&it.summons)),
        ("missing", some_or_none(&codes(&it.missing))),
    ])
}

fn codes(bodies: &[Body]) -> String {
    bodies.iter().map(Body::code).collect::<Vec<_>>().join(" ")
}

fn some_or_none(text: &str) -> String {
    if text.is_empty() { "none".to_owned() } else { text.to_owned() }
}
