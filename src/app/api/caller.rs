//! Who asks.

use serde::Deserialize;
use utoipa::IntoParams;

use super::view::View;
use crate::domain::cooperation::Body;
use crate::io::http::{Kind, Problem};

/// The body for which something is shown.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Viewer {
    /// What this body may see: a code such as 130100, a province such as 13, or region. Without
    /// it, everything.
    #[serde(default, rename = "as")]
    #[param(rename = "as")]
    pub(super) viewer: Option<String>,
}

impl Viewer {
    /// The body, which must be one of the airshed.
    pub(super) fn body(&self, view: &View) -> Result<Option<Body>, Problem> {
        find(self.viewer.as_deref(), view)
    }
}

/// The body with this code.
pub(super) fn find(code: Option<&str>, view: &View) -> Result<Option<Body>, Problem> {
    let Some(code) = code else { return Ok(None) };
    let bodies = view.board.numbers().map(|it| &it.bodies);
    let found = bodies.and_then(|it| it.find(code));
    let wrong = || {
        let words = format!(
            "as={code}: the airshed has no such body; right is a member or district such as \
             130100, a province such as 13, or region"
        );
        Problem::new(Kind::BadRequest, words)
    };
    found.map(Some).ok_or_else(wrong)
}
