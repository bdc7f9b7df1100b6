//! Stand-in.

use serde_json::{Value, json};

use crate::domain::{Event, JurisdictionIndex, Rules};

pub(super) fn body(event: &Event, rules: &Rules) -> Value {
    let code = |it: JurisdictionIndex| {
        rules.jurisdictions.get(usize::from(it.0)).map(|it| it.division.to_string())
    };
    match event {
        Event::OrderSetIssued(set) => json!({
            "decided_at": set.decided_at.to_string(),
            "epoch": set.epoch,
            "effective_at": set.effective_at.map(|it| it.to_string()),
            "linked": set.linked,
            "orders": set.orders.iter().map(|it| json!({
                "order": format!("{}-{}", set.epoch, code(it.jurisdiction).unwrap_or_default()),
                "jurisdiction": code(it.jurisdiction),
                "act": it.act.name(),
                "effective_at": it.effective_at.map(|it| it.to_string()),
                "grade": it.grade.name(),
            })).collect::<Vec<_>>(),
        }),
        Event::HourClosed(closed) => json!({
            "hour": closed.hour.to_string(),
            "jurisdictions": closed.jurisdictions.iter().map(|it| json!({
                "jurisdiction": code(it.jurisdiction),
                "pm25_ug_m3": it.pm25_ug_m3,
            })).collect::<Vec<_>>(),
        }),
        Event::WarningDecided(act) => json!({
            "decided_at": act.decided_at.to_string(),
            "jurisdiction": code(act.warning.jurisdiction),
            "grade": act.grade.name(),
        }),
        other => json!({"type": other.record_type()}),
    }
}
