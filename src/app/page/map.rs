//! The map of the page: the built-in one, another file of its form, or none.

use std::path::Path;

use axum::body::Bytes;
use serde::Deserialize;

/// What a setting names when there is to be no map.
const NONE: &str = "none";
const EMPTY: &str = r#"{"view": [0, 0, 0, 0], "projection": null, "shapes": [], "markers": []}"#;
/// Most bytes of a file.
const BYTES_MAX: usize = 4 << 20;

/// The file that the page asks for.
#[derive(Clone, Debug)]
pub(in crate::app) struct PageMap(Bytes);

/// The parts that the page needs.
#[derive(Deserialize)]
struct Parts {
    #[serde(rename = "view")]
    _view: [f64; 4],
    #[serde(rename = "projection")]
    _projection: Projection,
    shapes: Vec<Shape>,
    #[serde(rename = "markers")]
    _markers: Vec<Marker>,
}

#[derive(Deserialize)]
struct Projection {
    #[serde(rename = "lon")]
    _lon: f64,
    #[serde(rename = "lat")]
    _lat: f64,
    #[serde(rename = "x_per_degree")]
    _x_per_degree: f64,
    #[serde(rename = "y_per_degree")]
    _y_per_degree: f64,
}

#[derive(Deserialize)]
struct Marker {
    jurisdiction: String,
    #[serde(rename = "x")]
    _x: f64,
    #[serde(rename = "y")]
    _y: f64,
}

#[derive(Deserialize)]
struct Shape {
    #[serde(flatten)]
    label: Marker,
    path: String,
}

impl PageMap {
    /// That of Beijing, Tianjin and Hebei.
    pub(in crate::app) fn built_in() -> Self {
        Self(Bytes::from_static(include_bytes!("files/map.json")))
    }

    /// What a setting names: a file, `none`, or nothing for the built-in one.
    pub(in crate::app) fn of(setting: &Path) -> Result<Self, String> {
        if setting.as_os_str().is_empty() {
            return Ok(Self::built_in());
        }
        if setting == Path::new(NONE) {
            return Ok(Self(Bytes::from_static(EMPTY.as_bytes())));
        }
        let wrong = |words: String| {
            format!(
                "{}: {words}; right is a map in the form of src/app/page/files/map.json, or \
                 \"{NONE}\"",
                setting.display()
            )
        };
        let text = std::fs::read(setting).map_err(|error| wrong(error.to_string()))?;
        check(&text).map_err(wrong)?;
        Ok(Self(text.into()))
    }

    pub(super) fn bytes(self) -> Bytes {
        self.0
    }
}

fn check(text: &[u8]) -> Result<(), String> {
    if text.len() > BYTES_MAX {
        return Err(format!("{} bytes are more than {BYTES_MAX}", text.len()));
    }
    let parts: Parts = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let is_path =
        |it: &str| it.bytes().all(|it| b"MmLlHhVvZzCcSsQqTtAa0123456789.,-+eE \n".contains(&it));
    match parts.shapes.iter().find(|it| !is_path(&it.path)) {
        Some(it) => Err(format!("the path of {} is no path of SVG", it.label.jurisdiction)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_names_a_file_or_none_or_the_built_in_map() {
        let text = |it: PageMap| String::from_utf8(it.bytes().to_vec()).unwrap();
        let built_in = text(PageMap::of(Path::new("")).unwrap());
        assert!(built_in.contains("130100"));
        assert_eq!(text(PageMap::of(Path::new("none")).unwrap()), EMPTY);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("map.json");
        std::fs::write(&file, &built_in).unwrap();
        assert_eq!(text(PageMap::of(&file).unwrap()), built_in);
        let refused = |from: &str, to: &str, said: &str| {
            std::fs::write(&file, built_in.replacen(from, to, 1)).unwrap();
            let words = PageMap::of(&file).unwrap_err();
            assert!(words.contains(said) && words.contains("map.json"), "{words}");
        };
        refused("\"view\"", "\"veiw\"", "`view`");
        refused("\"projection\"", "\"by\"", "`projection`");
        refused("\"path\":\"M", "\"path\":\"url(#x)M", "no path of SVG");
        refused("{", "", "line 1");
        assert!(PageMap::of(Path::new("no/such.json")).unwrap_err().contains("no/such.json"));
    }
}
