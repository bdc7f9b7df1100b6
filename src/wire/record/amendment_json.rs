//! The JSON of what is recorded when the air turns out other than it was thought.

use serde_json::{Value, json};

use crate::domain::{
    Done, HourAmended, Insufficiency, OrderAmended, OrderConfirmed, Otherwise, Unlike, UnlikeSide,
};

use super::json::{Names, list, text};

impl Names<'_> {
    pub(super) fn hour_amended(self, it: &HourAmended) -> Value {
        json!({
            "jurisdiction": self.jurisdiction(it.jurisdiction),
            "hour": it.hour.to_string(),
            "decision_hour": it.decision_hour.to_string(),
            "decided_at": it.decided_at.to_string(),
            "old_ug_m3": it.old_ug_m3,
            "new_ug_m3": it.new_ug_m3,
            "stations": list(&it.stations, |it| self.station(*it).into()),
            "effect": it.effect.name(),
            "otherwise": it.otherwise.as_ref().map(otherwise),
        })
    }

    pub(super) fn confirmed(self, it: &OrderConfirmed) -> Value {
        json!({
            "warning": self.warning(it.warning),
            "jurisdiction": self.jurisdiction(it.warning.jurisdiction),
            "grade": it.grade.name(),
            "decision_hour": it.decision_hour.to_string(),
            "decided_at": it.decided_at.to_string(),
            "hours": list(&it.hours, |it| it.to_string().into()),
        })
    }

    pub(super) fn order_amended(self, it: &OrderAmended) -> Value {
        let jurisdiction = self.jurisdiction(it.warning.jurisdiction);
        json!({
            "warning": self.warning(it.warning),
            "order": it.epoch.map(|epoch| format!("{epoch}-{jurisdiction}")),
            "jurisdiction": jurisdiction,
            "epoch": it.epoch,
            "decision_hour": it.decision_hour.to_string(),
            "decided_at": it.decided_at.to_string(),
            "hours": list(&it.hours, |(whose, hour)| {
                json!({"jurisdiction": self.jurisdiction(*whose), "hour": hour.to_string()})
            }),
            "without": it.without.as_ref().map(done),
            "with": it.with.as_ref().map(done),
        })
    }

    pub(super) fn insufficient(self, it: &Insufficiency) -> Value {
        json!({
            "jurisdiction": self.jurisdiction(it.jurisdiction),
            "hour": it.hour.to_string(),
            "decided_at": it.decided_at.to_string(),
            "valid_hours": it.valid_hours,
            "excluded_hours": it.excluded_hours,
            "needed_hours": it.needed_hours,
            "fallback": it.fallback.name(),
        })
    }

    pub(super) fn unlike(self, it: &Unlike) -> Value {
        json!({
            "hour": it.hour.to_string(),
            "decided_at": it.decided_at.to_string(),
            "standard": &*it.standard,
            "differ_by_ug_m3": it.differ_by_ug_m3,
            "windows": it.windows,
            "jurisdictions": list(&it.sides, |it| self.side(it)),
        })
    }

    fn side(self, it: &UnlikeSide) -> Value {
        json!({
            "jurisdiction": self.jurisdiction(it.jurisdiction),
            "grade": it.grade.name(),
            "start": text(it.start),
            "episode_grade": it.episode_grade.name(),
            "clause": it.clause.as_deref(),
            "mean_24h_ug_m3": it.mean_24h_ug_m3,
        })
    }
}

fn otherwise(it: &Otherwise) -> Value {
    json!({
        "decision_hour": it.decision_hour.to_string(),
        "was": it.was.as_ref().map(done),
        "would_be": it.would_be.as_ref().map(done),
    })
}

fn done(it: &Done) -> Value {
    json!({
        "act": it.kind.record_type(),
        "grade": it.grade.name(),
        "start": it.start.to_string(),
        "end": text(it.end),
    })
}
