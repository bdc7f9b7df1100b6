//! Records as JSON: the names on which scripts and other programs rely.
//!
//! Jurisdictions are six-digit codes, stations their codes, times RFC 3339 in Beijing time.
//! The body of each kind is in its file in `payload`.

use serde_json::{Value, json};

use crate::domain::{CityHour, Event, FloorOrder, Order, Rules, Tenths};
use crate::engine::Record;

use super::payload;

pub(crate) use super::names::Names;
pub use super::names::source;

/// A record by the rules in force at it; none: as long as there are none.
pub fn record(record: &Record, rules: Option<&Rules>) -> Value {
    json!({
        "position": record.position.0,
        "type": record.event.record_type(),
        "happened_at": record.happened_at.to_string(),
        "recorded_at": record.recorded_at.to_string(),
        "source": payload::source(&record.event),
        "correlation": record.correlation.map(|it| it.0),
        "causation": record.causation.map(|it| it.0),
        "body": payload::json(&record.event, Names(rules)),
    })
}

/// What an event says, by these rules.
pub fn body(event: &Event, rules: &Rules) -> Value {
    payload::json(event, Names(Some(rules)))
}

/// One order of the set with this epoch, by these rules.
pub fn order(order: &Order, epoch: u64, rules: &Rules) -> Value {
    payload::order(order, epoch, Names(Some(rules)))
}

/// One order of the track of floors, of the set with this epoch, by these rules.
pub fn floor_order(order: &FloorOrder, epoch: u64, rules: &Rules) -> Value {
    payload::floor_order(order, epoch, Names(Some(rules)))
}

/// One jurisdiction of a closed hour, by these rules.
pub fn city_hour(city: &CityHour, rules: &Rules) -> Value {
    payload::city_hour(city, Names(Some(rules)))
}

/// A concentration: whole where it is whole, else with its one decimal; null where it is missing.
pub fn ug_m3(tenths: Tenths) -> Value {
    payload::ug_m3(tenths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::record::samples::{one_of_each, rules};

    #[test]
    fn each_record_has_the_names_that_scripts_rely_on() {
        let rules = rules();
        let lines = one_of_each().into_iter().map(|it| record(&it, Some(&rules)).to_string());
        let found = lines.collect::<Vec<_>>().join("\n") + "\n";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/records.jsonl");
        let expected = std::fs::read_to_string(path).unwrap_or_default();
        assert!(found == expected, "{path} should be:\n{found}");
    }

    #[test]
    fn without_rules_places_stand_for_names() {
        let records = one_of_each();
        assert_eq!(record(&records[7], None)["body"]["station"], "#9");
        assert_eq!(record(&records[11], None)["body"]["orders"][0]["order"], "42-#1");
    }
}
