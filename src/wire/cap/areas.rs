//! Areas of jurisdictions, from `GeoJSON`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

/// Polygons as CAP writes them, `lat,lon lat,lon ...`, by the code of their jurisdiction.
pub(super) type Areas = BTreeMap<String, Vec<String>>;

#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    properties: Properties,
    geometry: Geometry,
}

#[derive(Deserialize)]
struct Properties {
    code: String,
}

/// `GeoJSON` has longitude before latitude. CAP has no holes: only outer rings are used.
#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Polygon(Vec<Ring>),
    MultiPolygon(Vec<Vec<Ring>>),
}

type Ring = Vec<Vec<f64>>;

/// Reads the areas. An error is in words.
pub(super) fn parse(text: &str) -> Result<Areas, String> {
    let read: Collection = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut areas = Areas::new();
    for Feature { properties, geometry } in read.features {
        let code = properties.code;
        let parts = match geometry {
            Geometry::Polygon(rings) => vec![rings],
            Geometry::MultiPolygon(parts) => parts,
        };
        let outer = parts.iter().filter_map(|rings| rings.first());
        let polygons: Result<Vec<String>, String> = outer.map(|it| polygon(it)).collect();
        let polygons = polygons.map_err(|words| format!("the area of {code}: {words}"))?;
        if areas.insert(code.clone(), polygons).is_some() {
            return Err(format!("the area of {code} is given twice"));
        }
    }
    Ok(areas)
}

fn polygon(ring: &[Vec<f64>]) -> Result<String, String> {
    if ring.len() < 4 || ring.first() != ring.last() {
        return Err("a ring needs four points or more, the last of them as the first".to_owned());
    }
    let mut text = String::new();
    for point in ring {
        let &[lon, lat, ..] = &point[..] else {
            return Err("a point needs a longitude and a latitude".to_owned());
        };
        if !(-180.0..=180.0).contains(&lon) || !(-90.0..=90.0).contains(&lat) {
            return Err(format!("[{lon}, {lat}] is no point of the earth"));
        }
        let gap = if text.is_empty() { "" } else { " " };
        let written = write!(text, "{gap}{},{}", degrees(lat), degrees(lon));
        written.map_err(|error| error.to_string())?;
    }
    Ok(text)
}

/// At most six decimals.
fn degrees(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(kind: &str, coordinates: &str) -> Result<Areas, String> {
        parse(&format!(
            r#"{{"features": [{{"properties": {{"code": "1"}},
                "geometry": {{"type": "{kind}", "coordinates": {coordinates}}}}}]}}"#
        ))
    }

    #[test]
    fn latitude_comes_first_and_holes_are_left_out() {
        let hole = "[[116.1, 39.1], [116.2, 39.1], [116.2, 39.2], [116.1, 39.1]]";
        let ring = "[[116, 39], [117.0000001, 39], [117, 40.1234567], [116, 39]]";
        let areas = one("Polygon", &format!("[{ring}, {hole}]")).unwrap();
        assert_eq!(areas["1"], ["39,116 39,117 40.123457,117 39,116"]);
        let areas = one("MultiPolygon", &format!("[[{ring}], [{hole}]]")).unwrap();
        assert_eq!(areas["1"].len(), 2);
    }

    #[test]
    fn what_is_no_area_is_refused_by_its_code() {
        for (coordinates, said) in [
            ("[[[116, 39], [117, 39], [116, 39]]]", "the area of 1: a ring needs four"),
            ("[[[116, 39], [117, 39], [117, 40], [116, 40]]]", "the last of them as the first"),
            ("[[[116], [117, 39], [117, 40], [116]]]", "a latitude"),
            ("[[[39, 116], [39, 117], [40, 117], [39, 116]]]", "[39, 116]"),
        ] {
            let words = one("Polygon", coordinates).unwrap_err();
            assert!(words.contains(said), "{words}");
        }
        assert!(one("Point", "[1, 2]").unwrap_err().contains("Point"));
    }
}
