//! A record of joint control as one body sees it.

use serde_json::{Map, Value};

use crate::domain::cooperation::What;
use crate::domain::{Event, Rules};
use crate::engine::Record;
use crate::engine::projection::Sight;
use crate::wire::record::json;

/// A record as a body sees it: with all its fields, or with those that members see.
pub fn seen(record: &Record, rules: &Rules, sight: &Sight) -> Value {
    let mut seen = json::record(record, Some(rules));
    let Some(body) = seen.get_mut("body").and_then(Value::as_object_mut) else { return seen };
    if !sight.whole {
        let shown = fields_for_members(&record.event);
        body.retain(|name, _| shown.contains(&name.as_str()));
    }
    if !sight.names_actor {
        ["by", "actor"].into_iter().for_each(|it| leave_name_out(body, it));
    }
    if let Some(matters) = &sight.matters {
        body.insert("matters".to_owned(), matters.as_slice().into());
    }
    seen
}

/// What members see of records that are not about them.
fn fields_for_members(event: &Event) -> &'static [&'static str] {
    let Event::Cooperation(event) = event else { return &[] };
    match event.what {
        What::OrderAcknowledged(_) | What::ExecutionReported(_) => {
            &["at", "by", "order", "in_time"]
        }
        What::OrderEnded(_) => &["at", "by", "order", "open"],
        What::ConsultationSigned(_) => &["at", "by", "consultation", "concludes"],
        What::CaseMoved(_) => {
            &["at", "case", "from", "to", "sector", "penalties", "fine_yuan", "rectify_by"]
        }
        What::VehicleMoved(_) => &["at", "by", "record", "vehicle", "locked"],
        _ => &[],
    }
}

fn leave_name_out(body: &mut Map<String, Value>, field: &str) {
    if let Some(actor) = body.get_mut(field).and_then(Value::as_object_mut) {
        actor.remove("name");
    }
}
