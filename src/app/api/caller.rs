//! Who asks.

use serde::Deserialize;
use utoipa::IntoParams;

use super::access::Asker;
use super::shared::Shared;
use super::view::View;
use crate::domain::cooperation::Body;
use crate::io::http::{Kind, Problem};

/// The body for which something is shown.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Viewer {
    /// What this body may see: a code such as 130100, a province such as 13, or region. Without
    /// it, what the caller's own body may see; for an operator, everything.
    #[serde(default, rename = "as")]
    #[param(rename = "as")]
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
        Problem::new(Kind::BadRequest, words)
    };
    found.ok_or_else(wrong)
}
