//! The orders of one decision.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::domain::{Cause, Grade, Order, OrderAct, OrderSet};
use crate::wire::avro::{Malformed, Put, Take};

use super::Payload;
use crate::wire::record::names::{Names, list, text, texts};
use crate::wire::record::parts::{
    put_hour, put_time, put_warning, take_hour, take_jurisdiction, take_time, take_warning,
};
use crate::wire::record::text::hour;

impl Payload for OrderSet {
    fn put(&self, put: &mut Put<'_>) {
        put.unsigned(self.epoch);
        put_hour(put, self.hour);
        put_time(put, self.decided_at);
        put.optional(self.effective_at, put_hour);
        put.boolean(self.linked);
        put.array(&self.orders, put_order);
    }

    fn take(take: &mut Take<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            epoch: take.unsigned()?,
            hour: take_hour(take)?,
            decided_at: take_time(take)?,
            effective_at: take.optional(take_hour)?,
            linked: take.boolean()?,
            orders: take.array(take_order)?,
        })
    }

    fn json(&self, names: Names<'_>) -> Value {
        json!({
            "hour": self.hour.to_string(),
            "decided_at": self.decided_at.to_string(),
            "epoch": self.epoch,
            "effective_at": text(self.effective_at),
            "linked": self.linked,
            "orders": list(&self.orders, |it| order(it, self.epoch, names)),
        })
    }

    fn words(&self, names: Names<'_>) -> String {
        let mut acts: BTreeMap<OrderAct, Vec<String>> = BTreeMap::new();
        for order in &self.orders {
            let jurisdiction = names.jurisdiction(order.jurisdiction);
            acts.entry(order.act).or_default().push(format!("{jurisdiction} {}", order.grade));
        }
        let acts = acts
            .iter()
            .map(|(act, orders)| format!("{} {}", act.name(), orders.join(", ")))
            .collect::<Vec<_>>()
            .join("; ");
        let from = self.effective_at.map_or(String::new(), |it| format!(" from {}", hour(it)));
        let linked = if self.linked { ", linked" } else { "" };
        format!("{}{from}{linked}: {acts}", self.epoch)
    }
}

fn put_order(put: &mut Put<'_>, it: &Order) {
    put.int(it.jurisdiction.0);
    put_warning(put, it.warning);
    put.place(it.act as u8);
    put.optional(it.effective_at, put_hour);
    put.place(it.grade as u8);
    put.array(&it.measures, |put, measure| put.string(measure));
    put.array(&it.floors, |put, (emission, percent)| {
        put.string(emission);
        put.int(*percent);
    });
    put.array(&it.causes, |put, cause| put.place(*cause as u8));
    put.optional(it.expected_end, put_hour);
    put_time(put, it.acknowledge_by);
}

fn take_order(take: &mut Take<'_>) -> Result<Order, Malformed> {
    Ok(Order {
        jurisdiction: take_jurisdiction(take)?,
        warning: take_warning(take)?,
        act: take.one_of(&OrderAct::ALL)?,
        effective_at: take.optional(take_hour)?,
        grade: take.one_of(&Grade::ALL)?,
        measures: take.array(|take| Ok(take.string()?.into()))?,
        floors: take.array(|take| Ok((take.string()?.into(), take.int()?)))?,
        causes: take.array(|take| take.one_of(&Cause::ALL))?,
        expected_end: take.optional(take_hour)?,
        acknowledge_by: take_time(take)?,
    })
}

pub(in crate::wire::record) fn order(it: &Order, epoch: u64, names: Names<'_>) -> Value {
    let jurisdiction = names.jurisdiction(it.jurisdiction);
    let floors = list(
        &it.floors,
        |(emission, percent)| json!({"emission": &**emission, "percent": percent}),
    );
    json!({
        "order": format!("{epoch}-{jurisdiction}"),
        "jurisdiction": jurisdiction,
        "warning": names.warning(it.warning),
        "act": it.act.name(),
        "effective_at": text(it.effective_at),
        "grade": it.grade.name(),
        "level": it.grade.level(),
        "measures": texts(&it.measures),
        "floors": floors,
        "causes": list(&it.causes, |it| it.name().into()),
        "expected_end": text(it.expected_end),
        "acknowledge_by": it.acknowledge_by.to_string(),
    })
}

#[cfg(test)]
mod samples {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::wire::record::samples::{
        DECIDED_AT, HOUR, JURISDICTION, Sample, WARNING, hour, jurisdiction, text, time, warning,
    };

    impl Sample for OrderSet {
        fn sample() -> Self {
            let order = Order {
                jurisdiction: JURISDICTION,
                warning: WARNING,
                act: OrderAct::Impose,
                effective_at: Some(HOUR.plus(26)),
                grade: Grade::Orange,
                measures: vec!["slag-trucks-stop".into(), "sweep-roads".into()],
                floors: vec![("SO2".into(), 20), ("PM".into(), 20)],
                causes: vec![Cause::Warning, Cause::Linkage],
                expected_end: None,
                acknowledge_by: HOUR.end().plus_hours(2),
            };
            Self {
                epoch: 42,
                hour: HOUR,
                decided_at: DECIDED_AT,
                effective_at: Some(HOUR.plus(26)),
                linked: true,
                orders: vec![order],
            }
        }

        fn any() -> BoxedStrategy<Self> {
            let at = (any::<u64>(), hour(), time(), option::of(hour()), any::<bool>());
            (at, vec(any_order(), 0..4))
                .prop_map(|((epoch, hour, decided_at, effective_at, linked), orders)| Self {
                    epoch,
                    hour,
                    decided_at,
                    effective_at,
                    linked,
                    orders,
                })
                .boxed()
        }
    }

    fn any_order() -> impl Strategy<Value = Order> {
        let act = (select(&OrderAct::ALL[..]), select(&Grade::ALL[..]));
        let when = (option::of(hour()), option::of(hour()), time());
        let floors = vec((text(), any::<u16>()), 0..3);
        let causes = vec(select(&Cause::ALL[..]), 0..3);
        ((jurisdiction(), warning(), act), when, vec(text(), 0..4), floors, causes).prop_map(
            |((jurisdiction, warning, (act, grade)), when, measures, floors, causes)| Order {
                jurisdiction,
                warning,
                act,
                effective_at: when.0,
                grade,
                measures,
                floors,
                causes,
                expected_end: when.1,
                acknowledge_by: when.2,
            },
        )
    }
}
