//! Warnings, order sets and orders.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::access::Asker;
use super::document::Answers;
use super::shared::Shared;
use super::view::{View, record_json, warning_id};
use crate::domain::Division;
use crate::engine::Entry;
use crate::io::http::{Kind, Problem};
use crate::wire::identity::Call;
use crate::wire::publication;

/// A part of a list.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Begin behind this number; 0: at the beginning.
    #[serde(default)]
    #[param(maximum = 9_007_199_254_740_991_i64, default = 0)]
    pub(super) after: u64,
    /// At most so many, from 1 to 1000.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub(super) limit: usize,
}

pub(super) const LIMIT_MAX: usize = 1_000;

pub(super) fn default_limit() -> usize {
    100
}

impl Page {
    pub(super) fn check(self) -> Result<Self, Problem> {
        if !(1..=LIMIT_MAX).contains(&self.limit) {
            let words = format!("limit={}: right is 1 to {LIMIT_MAX}", self.limit);
            return Err(Problem::new(Kind::BadRequest, words));
        }
        if self.after >= 1 << 53 {
            let words = format!("after={}: right is 0 to {}", self.after, (1_u64 << 53) - 1);
            return Err(Problem::new(Kind::BadRequest, words));
        }
        Ok(self)
    }
}

/// The order sets, by rising number. `next` is what to give as `after` for those that follow; it is
/// null at the end.
#[utoipa::path(
    get,
    path = "/v1/order-sets",
    tag = "decisions",
    operation_id = "order_sets",
    params(Page),
    responses((status = 200, description = "Order sets.", body = Object), Answers),
)]
pub(super) async fn order_sets(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Query(page): Query<Page>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.is_member()?;
    let Page { after, limit } = page.check()?;
    let make = |view: &mut View| {
        let mut rest = view.sets().range(after + 1..);
        let sets: Vec<(&u64, &Arc<Entry>)> = rest.by_ref().take(limit).collect();
        let next = sets.last().map(|it| *it.0).filter(|_| rest.next().is_some());
        let sets: Vec<Value> = sets.into_iter().map(|it| record_json(it.1)).collect();
        Ok(json!({"order_sets": sets, "next": next}))
    };
    shared.answer(&asked, &format!("order-sets/{after}/{limit}"), make)
}

/// One order set, as its record.
#[utoipa::path(
    get,
    path = "/v1/order-sets/{epoch}",
    tag = "decisions",
    operation_id = "order_set",
    params(("epoch" = u64, Path, description = "The number of the set.",
        maximum = 9_007_199_254_740_991_i64)),
    responses((status = 200, description = "The record.", body = Object), Answers),
)]
pub(super) async fn order_set(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Path(epoch): Path<u64>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.is_member()?;
    let make = |view: &mut View| {
        let set = view.sets().get(&epoch).map(|it| record_json(it));
        set.ok_or_else(|| Problem::missing(format!("order set {epoch}")))
    };
    shared.answer(&asked, &format!("order-sets/{epoch}"), make)
}

/// One order of an order set: `order` as its record has it, and `message` as its topic does, with a
/// signature if the log has a key (`airshed verify-order` checks it).
#[utoipa::path(
    get,
    path = "/v1/orders/{order}",
    tag = "decisions",
    operation_id = "order",
    params(("order" = String, Path, description =
        "Number of the set and jurisdiction, such as 1-130400; of the track of floors with -f.")),
    responses((status = 200, description = "The order.", body = Object), Answers),
)]
pub(super) async fn order(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Path(order): Path<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.is_member()?;
    let make = |view: &mut View| {
        let found = view.order(&order).ok_or_else(|| Problem::missing(format!("order {order}")))?;
        let message = publication::signed(found, shared.access.key.as_ref());
        let record = &found.entry.record;
        let set = record_json(&found.entry);
        let lists = ["orders", "floor_orders"].map(|it| set["body"][it].as_array());
        let own = lists.into_iter().flatten().flatten().find(|it| it["order"] == *order);
        Ok(json!({"order": own, "record": record.position.0, "message": message}))
    };
    shared.answer(&asked, &format!("orders/{order}"), make)
}

/// The warnings, by jurisdiction and number: the last act on each.
#[utoipa::path(
    get,
    path = "/v1/warnings",
    tag = "decisions",
    operation_id = "warnings",
    params(Page),
    responses((status = 200, description = "Warnings.", body = Object), Answers),
)]
pub(super) async fn warnings(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Query(page): Query<Page>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadPublic)?;
    let Page { after, limit } = page.check()?;
    let skipped = usize::try_from(after).unwrap_or(usize::MAX);
    let make = |view: &mut View| {
        let all = view.warnings();
        let shown = all.iter().skip(skipped).take(limit).map(|(id, acts)| {
            json!({
                "warning": warning_id(*id),
                "acts": acts.len(),
                "last": acts.last().map(|it| record_json(it)),
            })
        });
        let shown: Vec<Value> = shown.collect();
        let end = skipped.saturating_add(shown.len());
        Ok(json!({"warnings": shown, "next": (end < all.len()).then_some(end)}))
    };
    shared.answer(&asked, &format!("warnings/{after}/{limit}"), make)
}

/// One warning: every act on it, from its issue on.
#[utoipa::path(
    get,
    path = "/v1/warnings/{warning}",
    tag = "decisions",
    operation_id = "warning",
    params(("warning" = String, Path, description =
        "Jurisdiction and number of the warning, such as 130100-1.")),
    responses((status = 200, description = "The acts.", body = Object), Answers),
)]
pub(super) async fn warning(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Path(warning): Path<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadPublic)?;
    let make = |view: &mut View| {
        let key = warning.split_once('-').and_then(|(division, number)| {
            Some((Division(division.parse().ok()?), number.parse().ok()?))
        });
        let key = key.filter(|it| warning_id(*it) == warning);
        let found = key.and_then(|it| view.warnings().get(&it));
        let acts = found.map(|it| it.iter().map(|it| record_json(it)).collect::<Vec<_>>());
        let acts = acts.ok_or_else(|| Problem::missing(format!("warning {warning}")))?;
        Ok(json!({"warning": warning, "acts": acts}))
    };
    shared.answer(&asked, &format!("warnings/{warning}"), make)
}
