//! Who asks.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, header};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::access::Asker;
use super::document::Answers;
use super::shared::Shared;
use super::view::View;
use crate::domain::cooperation::Body;
use crate::io::http::{Kind, Problem};
use crate::wire::identity::{Call, CallKind, Caller};

/// The body for which something is shown.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Viewer {
    /// What this body may see: a code such as 130100, a province such as 13, or region. Without
    /// it, what the caller's own body may see; for an operator, everything.
    #[serde(default, rename = "as")]
    #[param(rename = "as", pattern = "^(region|[0-9]{2}|[0-9]{6})$")]
    pub(super) viewer: Option<String>,
}

impl Viewer {
    /// The body, which must be one of the airshed, and which the caller may ask for.
    pub(super) fn body(&self, shared: &Shared, asker: &Asker) -> Result<Option<Body>, Problem> {
        viewer(self.viewer.as_deref(), shared, asker)
    }
}

/// The body with this code, or the caller's own.
pub(super) fn viewer(
    code: Option<&str>,
    shared: &Shared,
    asker: &Asker,
) -> Result<Option<Body>, Problem> {
    // Whoever may see nothing learns nothing of the bodies.
    if code.is_none() || asker.is_anonymous() {
        return asker.viewer(None);
    }
    let found = code.map(|it| find(it, &shared.view())).transpose()?;
    asker.viewer(found)
}

fn find(code: &str, view: &View) -> Result<Body, Problem> {
    let bodies = view.board.numbers().map(|it| &it.bodies);
    let found = bodies.and_then(|it| it.find(code));
    let wrong = || {
        let words = format!(
            "as={code}: the airshed has no such body; right is a member or district such as \
             130100, a province such as 13, or region"
        );
        Problem::new(Kind::NotFound, words)
    };
    found.ok_or_else(wrong)
}

/// What a credential is good for: `caller` is `known` with a body, a role and a name, `local` on a
/// server without tokens, or `anonymous`. `reads` is `everything`, `body` (what its own body sees),
/// `public` or `nothing`; `gives_commands` says whether it may give commands at all.
#[utoipa::path(
    get,
    path = "/v1/caller",
    tag = "operations",
    operation_id = "caller",
    responses((status = 200, description = "Who calls.", body = Object), Answers),
)]
pub(super) async fn caller(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
) -> Result<([(HeaderName, &'static str); 1], axum::Json<Value>), Problem> {
    asker.may(&Call::Probe)?;
    let kinds = [CallKind::ReadLog, CallKind::ReadBody, CallKind::ReadPublic];
    let names = ["everything", "body", "public"];
    let reads = kinds.into_iter().zip(names).find(|(kind, _)| asker.could(*kind));
    let (kind, own) = match asker.caller() {
        Caller::Anonymous => ("anonymous", None),
        Caller::Local => ("local", None),
        Caller::Known(own) => ("known", Some(own)),
    };
    let gives_commands = shared.pending.is_open() && asker.could(CallKind::GiveCommand);
    let answer = json!({
        "caller": kind,
        "jurisdiction": own.map(|it| it.body.code()),
        "role": own.map(|it| it.role.name()),
        "name": own.map(|it| &it.name),
        "reads": reads.map_or("nothing", |it| it.1),
        "gives_commands": gives_commands,
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(answer)))
}
