//! Consultations, cases and whistles, as one body may see them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::IntoParams;

use super::access::Asker;
use super::caller::Viewer;
use super::decisions::{Page, default_limit};
use super::document::Answers;
use super::shared::Shared;
use super::view::{View, record_json};
use crate::domain::Event;
use crate::domain::cooperation::{Body, What};
use crate::engine::Entry;
use crate::engine::cooperation::Thing;
use crate::io::http::Problem;
use crate::wire::publication::seen;

/// The records of each consultation, case and whistle.
#[derive(Default)]
pub(super) struct Things {
    /// By kind and first record.
    all: BTreeMap<Begun, (String, Records)>,
    /// The first record of each, by id.
    begun: BTreeMap<String, Begun>,
}

/// The kind of a thing, and the position of its first record.
type Begun = (Thing, u64);
type Records = Vec<Arc<Entry>>;

impl Things {
    /// Takes the next record of the log.
    pub(super) fn take(&mut self, entry: &Arc<Entry>) {
        let Event::Cooperation(event) = &entry.record.event else { return };
        let begun = if let What::ConsultationConvened(it) = &event.what {
            Some((Thing::Consultation, &it.consultation))
        } else if let What::CaseMoved(it) = &event.what {
            Some((Thing::Case, &it.case))
        } else if let What::WhistleBlown(it) = &event.what {
            Some((Thing::Whistle, &it.whistle))
        } else {
            None
        };
        if let Some((thing, id)) = begun.filter(|it| !self.begun.contains_key(it.1)) {
            let key = (thing, entry.record.position.0);
            self.begun.insert(id.clone(), key);
            self.all.insert(key, (id.clone(), Records::new()));
        }
        for id in event.what.named() {
            // A matter such as `131000-e1/rectify` is one of the case.
            let thing = id.split_once('/').map_or(&*id, |it| it.0);
            let found = self.begun.get(thing).and_then(|it| self.all.get_mut(it));
            if let Some((_, records)) = found
                && records.last().is_none_or(|it| it.record.position < entry.record.position)
            {
                records.push(Arc::clone(entry));
            }
        }
    }

    fn of(&self, thing: Thing) -> impl Iterator<Item = (&str, &[Arc<Entry>])> {
        let all = self.all.range((thing, 0)..=(thing, u64::MAX));
        all.map(|(_, (id, records))| (&**id, &**records))
    }

    fn get(&self, thing: Thing, id: &str) -> Option<&[Arc<Entry>]> {
        let key = self.begun.get(id).filter(|it| it.0 == thing)?;
        self.all.get(key).map(|it| &*it.1)
    }
}

/// A part of a list, as one body may see it.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asks {
    /// Begin behind this number; 0: at the beginning.
    #[serde(default)]
    #[param(maximum = 9_007_199_254_740_991_i64, default = 0)]
    after: u64,
    /// At most so many, from 1 to 1000.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: usize,
    /// What this body may see: a code such as 130100, a province such as 13, or region. Without
    /// it, what the caller's own body may see; for an operator, everything.
    #[serde(default, rename = "as")]
    #[param(rename = "as")]
    viewer: Option<String>,
}

/// The consultations, the oldest first, each with how it stands and its newest record.
#[utoipa::path(
    get,
    path = "/v1/consultations",
    tag = "answers",
    operation_id = "consultations",
    params(Asks),
    responses((status = 200, description = "Consultations.", body = Object), Answers),
)]
pub(super) async fn consultations(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Query(asks): Query<Asks>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    list((&shared, &asker), &asked, Thing::Consultation, asks)
}

/// One consultation: how it stands, and its records. How it stands is null where a body sees only
/// a part.
#[utoipa::path(
    get,
    path = "/v1/consultations/{id}",
    tag = "answers",
    operation_id = "consultation",
    params(("id" = String, Path, description = "Such as region-c1."), Viewer),
    responses((status = 200, description = "The consultation.", body = Object), Answers),
)]
pub(super) async fn consultation(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Path(id): Path<String>,
    Query(viewer): Query<Viewer>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    one((&shared, &asker), &asked, (Thing::Consultation, &id), &viewer)
}

/// The cases, the oldest first, each with how it stands and its newest record.
#[utoipa::path(
    get,
    path = "/v1/cases",
    tag = "answers",
    operation_id = "cases",
    params(Asks),
    responses((status = 200, description = "Cases.", body = Object), Answers),
)]
pub(super) async fn cases(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Query(asks): Query<Asks>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    list((&shared, &asker), &asked, Thing::Case, asks)
}

/// One case: how it stands, and its records. How it stands is null where a body sees only a part.
#[utoipa::path(
    get,
    path = "/v1/cases/{id}",
    tag = "answers",
    operation_id = "case",
    params(("id" = String, Path, description = "Such as 131000-e1."), Viewer),
    responses((status = 200, description = "The case.", body = Object), Answers),
)]
pub(super) async fn case(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Path(id): Path<String>,
    Query(viewer): Query<Viewer>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    one((&shared, &asker), &asked, (Thing::Case, &id), &viewer)
}

/// The whistles, the oldest first, each with how it stands and its newest record.
#[utoipa::path(
    get,
    path = "/v1/whistles",
    tag = "answers",
    operation_id = "whistles",
    params(Asks),
    responses((status = 200, description = "Whistles.", body = Object), Answers),
)]
pub(super) async fn whistles(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Query(asks): Query<Asks>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    list((&shared, &asker), &asked, Thing::Whistle, asks)
}

/// One whistle: how it stands, and its records.
#[utoipa::path(
    get,
    path = "/v1/whistles/{id}",
    tag = "answers",
    operation_id = "whistle",
    params(("id" = String, Path, description = "Such as 120111-w1."), Viewer),
    responses((status = 200, description = "The whistle.", body = Object), Answers),
)]
pub(super) async fn whistle(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Path(id): Path<String>,
    Query(viewer): Query<Viewer>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    one((&shared, &asker), &asked, (Thing::Whistle, &id), &viewer)
}

fn list(
    (shared, asker): (&Shared, &Asker),
    asked: &HeaderMap,
    thing: Thing,
    Asks { after, limit, viewer }: Asks,
) -> Result<Response, Problem> {
    let Page { after, limit } = Page { after, limit }.check()?;
    let body = Viewer { viewer }.body(shared, asker)?;
    let skipped = usize::try_from(after).unwrap_or(usize::MAX);
    let name = thing.name();
    let of_body = body.as_ref().map_or("", Body::code).to_owned();
    let make = |view: &mut View| {
        let all = view.things.of(thing);
        let mut seen = all.filter_map(|it| Some((it, shown(view, thing, it, body.as_ref())?)));
        let rest = seen.by_ref().skip(skipped);
        let some: Vec<Value> = rest
            .take(limit)
            .map(|((id, _), (now, records))| {
                json!({name: id, "now": now, "records": records.len(), "last": records.last()})
            })
            .collect();
        let end = skipped.saturating_add(some.len());
        let next = seen.next().map(|_| end);
        Ok(json!({format!("{name}s"): some, "next": next}))
    };
    shared.answer(asked, &format!("{name}s/{after}/{limit}/{of_body}"), make)
}

fn one(
    (shared, asker): (&Shared, &Asker),
    asked: &HeaderMap,
    (thing, id): (Thing, &str),
    viewer: &Viewer,
) -> Result<Response, Problem> {
    let name = thing.name();
    let body = viewer.body(shared, asker)?;
    let of_body = body.as_ref().map_or("", Body::code).to_owned();
    let make = |view: &mut View| {
        let records = view.things.get(thing, id);
        let found = records.and_then(|it| shown(view, thing, (id, it), body.as_ref()));
        let (now, records) = found.ok_or_else(|| Problem::missing(format!("{name} {id}")))?;
        Ok(json!({name: id, "now": now, "records": records}))
    };
    shared.answer(asked, &format!("{name}s/{id}/{of_body}"), make)
}

/// How it stands and its records, as a body may see them; none where it sees nothing.
fn shown(
    view: &View,
    thing: Thing,
    (id, records): (&str, &[Arc<Entry>]),
    body: Option<&Body>,
) -> Option<(Value, Vec<Value>)> {
    let involved = view.board.involved();
    let Some(body) = body else {
        return Some((now(view, thing, id), records.iter().map(|it| record_json(it)).collect()));
    };
    let part = |it: &Arc<Entry>| {
        let sight = involved.sight(&it.record, it.rules()?, body)?;
        Some(seen(&it.record, it.rules()?, &sight))
    };
    let parts: Vec<Value> = records.iter().filter_map(part).collect();
    let sees_all = involved.sees_thing(id, records.iter(), body);
    let now = if sees_all { now(view, thing, id) } else { Value::Null };
    (!parts.is_empty()).then_some((now, parts))
}

fn now(view: &View, thing: Thing, id: &str) -> Value {
    let standing = view.board.standing(thing, id).unwrap_or_default().into_iter();
    let fields = standing.map(|(name, text)| (name.to_owned(), Value::from(text)));
    Value::Object(fields.collect::<Map<_, _>>())
}
