//! The orders of one decision.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Payload;
use super::order::{
    floor_order, order, parse_floor_order, parse_order, put_floor_order, put_order,
};
use crate::domain::{JurisdictionIndex, OrderAct, OrderSet};
use crate::wire::avro::{ByteReader, Malformed, Put};
use crate::wire::record::names::{Names, text};
use crate::wire::record::parts::{parse_hour, parse_time, put_hour, put_time};
use crate::wire::record::text::hour;

impl Payload for OrderSet {
    fn put(&self, put: &mut Put<'_>) {
        put.unsigned(self.epoch);
        put_hour(put, self.hour);
        put_time(put, self.decided_at);
        put.optional(self.effective_at, put_hour);
        put.boolean(self.linked);
        put.array(&self.orders, put_order);
        put.array(&self.floor_orders, put_floor_order);
        put.optional(self.proposal.as_ref(), |put, it| put.string(it));
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            epoch: reader.unsigned()?,
            hour: parse_hour(reader)?,
            decided_at: parse_time(reader)?,
            effective_at: reader.optional(parse_hour)?,
            linked: reader.boolean()?,
            orders: reader.array(parse_order)?,
            floor_orders: reader.since(4, |reader| reader.array(parse_floor_order))?,
            proposal: reader.since(4, |reader| reader.optional(parse_text))?,
        })
    }

    fn json(&self, names: Names<'_>) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        put("hour", self.hour.to_string().into());
        put("decided_at", self.decided_at.to_string().into());
        put("epoch", self.epoch.into());
        put("effective_at", text(self.effective_at));
        put("linked", self.linked.into());
        put("orders", self.all_orders(names));
        // Where bodies are asked for nothing there are no proposals.
        if !self.floor_orders.is_empty() || self.orders.iter().any(|it| it.response.is_some()) {
            put("proposal", text(self.proposal.as_ref()));
        }
        Value::Object(fields)
    }

    fn words(&self, names: Names<'_>) -> String {
        let mut acts: BTreeMap<OrderAct, Vec<String>> = BTreeMap::new();
        for order in &self.orders {
            let jurisdiction = names.jurisdiction(order.jurisdiction);
            acts.entry(order.act).or_default().push(format!("{jurisdiction} {}", order.grade));
        }
        for order in &self.floor_orders {
            let jurisdiction = names.jurisdiction(order.jurisdiction);
            acts.entry(order.act)
                .or_default()
                .push(format!("floor {jurisdiction} {}", order.grade));
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

impl OrderSet {
    /// By code, the order that answers the warning first.
    fn all_orders(&self, names: Names<'_>) -> Value {
        let orders = self.orders.iter().map(|it| (it.jurisdiction, order(it, self.epoch, names)));
        let floors = self
            .floor_orders
            .iter()
            .map(|it| (it.jurisdiction, floor_order(it, self.epoch, names)));
        let mut all: Vec<(JurisdictionIndex, Value)> = orders.chain(floors).collect();
        all.sort_by_key(|it| it.0);
        all.into_iter().map(|it| it.1).collect()
    }
}

fn parse_text(reader: &mut ByteReader<'_>) -> Result<std::sync::Arc<str>, Malformed> {
    Ok(reader.string()?.into())
}

#[cfg(test)]
mod samples {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::domain::{Cause, FloorOrder, Grade, MeasureCauses, Order};
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
                response: None,
                measure_causes: Vec::new(),
                conclusion: None,
            };
            Self {
                epoch: 42,
                hour: HOUR,
                decided_at: DECIDED_AT,
                effective_at: Some(HOUR.plus(26)),
                linked: true,
                orders: vec![order],
                floor_orders: Vec::new(),
                proposal: None,
            }
        }

        fn any() -> BoxedStrategy<Self> {
            let at = (any::<u64>(), hour(), time(), option::of(hour()), any::<bool>());
            let orders = (vec(any_order(), 0..4), vec(any_floor_order(), 0..3));
            (at, orders, option::of(text()))
                .prop_map(|((epoch, hour, decided_at, effective_at, linked), orders, proposal)| {
                    let (orders, floor_orders) = orders;
                    Self {
                        epoch,
                        hour,
                        decided_at,
                        effective_at,
                        linked,
                        orders,
                        floor_orders,
                        proposal,
                    }
                })
                .boxed()
        }
    }

    fn any_causes() -> impl Strategy<Value = Vec<Cause>> {
        vec(select(&Cause::ALL[..]), 0..3)
    }

    fn any_measure_causes() -> impl Strategy<Value = Vec<MeasureCauses>> {
        let one =
            (text(), any_causes()).prop_map(|(measure, causes)| MeasureCauses { measure, causes });
        vec(one, 0..3)
    }

    fn any_order() -> impl Strategy<Value = Order> {
        let act = (select(&OrderAct::ALL[..]), select(&Grade::ALL[..]));
        let when = (option::of(hour()), option::of(hour()), time());
        let floors = vec((text(), any::<u16>()), 0..3);
        let answers = (option::of(text()), any_measure_causes(), option::of(text()));
        let of = (jurisdiction(), warning(), act);
        (of, when, vec(text(), 0..4), floors, any_causes(), answers).prop_map(
            |((jurisdiction, warning, (act, grade)), when, measures, floors, causes, answers)| {
                Order {
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
                    response: answers.0,
                    measure_causes: answers.1,
                    conclusion: answers.2,
                }
            },
        )
    }

    fn any_floor_order() -> impl Strategy<Value = FloorOrder> {
        let act = (select(&OrderAct::ALL[..]), select(&Grade::ALL[..]));
        let when = (hour(), option::of(hour()), time());
        let floors = vec((text(), any::<u16>()), 0..3);
        let asks = (vec((text(), select(&Grade::ALL[..])), 0..3), vec(text(), 0..3));
        let listed = (vec(text(), 0..4), floors, any_causes(), any_measure_causes());
        (jurisdiction(), act, when, listed, asks, text()).prop_map(
            |(jurisdiction, (act, grade), when, listed, (sectors, extra), response)| FloorOrder {
                jurisdiction,
                act,
                effective_at: when.0,
                grade,
                measures: listed.0,
                floors: listed.1,
                causes: listed.2,
                expected_end: when.1,
                acknowledge_by: when.2,
                response,
                measure_causes: listed.3,
                sectors,
                extra,
            },
        )
    }

    /// Orders of both tracks stand in one list, by code, that of the warning first.
    #[test]
    fn where_bodies_answer_an_order_says_more() {
        let mut set = OrderSet::sample();
        set.proposal = Some("p12".into());
        let order = &mut set.orders[0];
        order.response = Some("130400-r1".into());
        order.measure_causes = vec![MeasureCauses {
            measure: "slag-trucks-stop".into(),
            causes: vec![Cause::Warning, Cause::Consultation],
        }];
        order.conclusion = Some("region-c1".into());
        let floor = FloorOrder {
            jurisdiction: JURISDICTION,
            act: OrderAct::Impose,
            effective_at: HOUR.plus(26),
            grade: Grade::Red,
            measures: vec!["slag-trucks-stop".into()],
            floors: vec![("SO2".into(), 30)],
            causes: vec![Cause::Guarantee, Cause::Prompt],
            expected_end: Some(HOUR.plus(50)),
            acknowledge_by: HOUR.end().plus_hours(2),
            response: "130400-r1".into(),
            measure_causes: Vec::new(),
            sectors: vec![("industry".into(), Grade::Red)],
            extra: vec!["odd-even".into()],
        };

        set.floor_orders = vec![floor];
        let found = set.json(Names(None));
        let causes = r#"[{"measure":"slag-trucks-stop","causes":["warning","consultation"]}]"#;
        for (pointer, expected) in [
            ("/proposal", r#""p12""#),
            ("/orders/0/order", r#""42-#1""#),
            ("/orders/0/track", r#""warning""#),
            ("/orders/0/response", r#""130400-r1""#),
            ("/orders/0/measure_causes", causes),
            ("/orders/0/conclusion", r#""region-c1""#),
            ("/orders/1/order", r#""42-#1-f""#),
            ("/orders/1/track", r#""floor""#),
            ("/orders/1/warning", "null"),
            ("/orders/1/causes", r#"["guarantee","prompt"]"#),
            ("/orders/1/sectors", r#"[{"sector":"industry","level":"red"}]"#),
            ("/orders/1/extra", r#"["odd-even"]"#),
        ] {
            assert_eq!(found.pointer(pointer).unwrap().to_string(), expected, "{pointer}");
        }
        let found = OrderSet::sample().json(Names(None));
        assert!(found.get("proposal").is_none() && found["orders"][0].get("track").is_none());
    }
}
