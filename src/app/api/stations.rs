//! The stations and their values, hour by hour.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::access::Asker;
use super::document::Answers;
use super::shared::Shared;
use super::view::View;
use crate::app::support::moment;
use crate::domain::{AirEvent, Event, Fact, Hour, Outcome, Pollutant, Station, Tenths};
use crate::engine::Entry;
use crate::io::http::{Kind, Problem};
use crate::wire::identity::Call;
use crate::wire::record::json::ug_m3;

/// Hours of which the values are remembered: a month.
const HOURS_MAX: usize = 31 * 24;

/// The PM2.5 of each station in the last hours, by its code.
#[derive(Default)]
pub(super) struct StationValues {
    hours: BTreeMap<Hour, BTreeMap<Arc<str>, Tenths>>,
    newest_closed: Option<Hour>,
}

impl StationValues {
    pub(super) fn take(&mut self, entry: &Entry) {
        if let Event::Air(AirEvent::HourClosed(closed)) = &entry.record.event {
            self.newest_closed = self.newest_closed.max(Some(closed.hour));
            while self.hours.len() > HOURS_MAX {
                self.hours.pop_first();
            }
        }
        let Event::Fact(Fact::ReadingsReceived(batch)) = &entry.record.event else { return };
        let Some(rules) = entry.rules() else { return };
        let values = self.hours.entry(batch.hour).or_default();
        for it in batch.readings.iter().filter(|it| it.pollutant == Pollutant::Pm25) {
            let is_value = matches!(it.outcome, Outcome::Taken | Outcome::Replaces | Outcome::Late);
            let station = rules.stations.get(usize::from(it.station.0));
            if let Some(station) = station.filter(|_| is_value) {
                values.insert(Arc::clone(&station.code), it.tenths);
            }
        }
    }
}

/// Of which hour.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OfHour {
    /// The hour, by its end, such as 2025-12-04T09:00:00+08:00. Without it, the newest closed hour.
    #[param(format = DateTime)]
    hour: Option<String>,
}

/// The stations that are live in the newest closed hour, or in another one: the PM2.5 of that hour,
/// null if there is no value, and whether the station is silent now. Values older than a month are
/// null.
#[utoipa::path(
    get,
    path = "/v1/stations",
    tag = "state",
    operation_id = "stations",
    params(OfHour),
    responses((status = 200, description = "The stations.", body = Object), Answers),
)]
pub(super) async fn stations(
    State(shared): State<Arc<Shared>>,
    asker: Asker,
    Query(OfHour { hour }): Query<OfHour>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    asker.may(&Call::ReadPublic)?;
    let hour = hour.as_deref().map(whole_hour).transpose();
    let hour = hour.map_err(|words| Problem::new(Kind::NotFound, words))?;
    let request = hour.map_or_else(|| "stations".to_owned(), |it| format!("stations/{it}"));
    shared.answer(&asked, &request, |view| Ok(stations_json(view, hour)))
}

fn whole_hour(text: &str) -> Result<Hour, String> {
    let time = moment::parse(text)?;
    let hour = time.hour_at_or_before();
    if hour.end() == time { Ok(hour) } else { Err(format!("hour={text}: right is a whole hour")) }
}

fn stations_json(view: &View, hour: Option<Hour>) -> Value {
    let known = view.stations();
    let Some((hour, rules)) = hour.or(known.newest_closed).zip(view.rules()) else {
        return json!({"records": view.next(), "hour": null, "stations": []});
    };
    let values = known.hours.get(&hour);
    let silent: Vec<usize> =
        view.board.airshed().silent_stations().map(|it| usize::from(it.0)).collect();
    let station = |(place, it): (usize, &Station)| {
        let jurisdiction = rules.jurisdictions.get(usize::from(it.jurisdiction.0));
        json!({
            "station": it.code,
            "name": it.name,
            "jurisdiction": jurisdiction.map(|it| it.division.to_string()),
            "pm25_ug_m3": values.and_then(|values| values.get(&it.code)).map(|it| ug_m3(*it)),
            "silent": silent.contains(&place),
        })
    };
    let live = rules.stations.iter().enumerate().filter(|it| it.1.is_live(hour));
    json!({
        "records": view.next(),
        "hour": hour.to_string(),
        "stations": live.map(station).collect::<Vec<_>>(),
    })
}
