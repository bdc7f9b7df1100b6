//! How many places a kind of record touches: what somebody who adds one like it has to edit.

use std::fs;
use std::path::Path;

use crate::{Source, sources};

/// More places than this make a new kind expensive.
const PLACES_MAX: usize = 12;

/// A kind of record, by each name that it has in the sources.
struct Kind {
    /// Its variant as folds write it, and as the table of payloads does.
    variant: [&'static str; 2],
    /// Its payload, and the file that reads and writes it.
    payload: [&'static str; 2],
    /// Its name in the schema and in every format.
    name: &'static str,
}

/// A small kind: two records share its payload, and few folds look at it.
const STATION_SILENT: Kind = Kind {
    variant: ["StationEvent::Silent", "StationEvent Silent"],
    payload: ["StationSilence", "station_silence"],
    name: "station_silent",
};

impl Kind {
    /// Whether the production code of a file names it, or is its own file.
    fn is_named_in(&self, source: &Source) -> bool {
        let [payload, file] = self.payload;
        let is_named = |line: &str| {
            let mut words = line.split(|it: char| !it.is_alphanumeric() && it != '_');
            self.variant.iter().any(|it| line.contains(it))
                || words.any(|it| it == payload || it == file)
        };
        source.path.ends_with(&format!("/{file}.rs"))
            || source.code().iter().any(|(_, line)| is_named(line))
    }

    /// The files that name it: sources, schema, and the records of the golden log.
    fn places(&self) -> Vec<String> {
        let named = sources("src").into_iter().filter(|it| self.is_named_in(it));
        let mut places: Vec<String> = named.map(|it| format!("src/{}", it.path)).collect();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for path in
            ["schemas/record.avsc", "tests/golden/records.jsonl", "tests/golden/records.txt"]
        {
            if fs::read_to_string(root.join(path)).unwrap().contains(self.name) {
                places.push(path.to_owned());
            }
        }
        places
    }
}

#[test]
fn a_small_kind_of_record_touches_few_places() {
    let places = STATION_SILENT.places();
    let known = [
        "src/domain/air/station_event.rs",
        "src/domain/hour_decision.rs",
        "src/wire/record/payload/mod.rs",
        "src/wire/record/payload/station_silence.rs",
        "schemas/record.avsc",
        "tests/golden/records.jsonl",
    ];
    for place in known {
        assert!(places.iter().any(|it| it == place), "{place} is not counted: {places:#?}");
    }
    assert!(places.len() <= PLACES_MAX, "{} places: {places:#?}", places.len());
}
