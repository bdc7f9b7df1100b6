//! Compares an explanation with the proven records of its bundle.
//!
//! 1. It explains the very record that was asked for: of an order set each of its orders once, of
//!    an act on a warning that act.
//! 2. Each part that names a record in the bundle says nothing else than that record: the closed
//!    hour and its air, the act with its windows, the order with its measures, each hour of the
//!    series (of one that late values amended, the last amendment), each reading, each issue of a forecast.
//! 3. Standards and clauses are those of the rule book in the bundle, word by word, and windows that
//!    the act names have its numbers.
//!
//! All else (margins, episodes, reasons, hours foreseen) is commentary.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::domain::{Bound, Clause, Condition, Rules, Standard};
use crate::engine::Position;
use crate::wire::record::json;

use super::TrustError;
use super::bundle::ProvenRecord;

/// An explanation that contradicts no proven record.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The tree of `airshed explain`.
    pub tree: Value,
    /// Its parts that say what a proven record says.
    pub proven: u64,
    /// Its parts that name a record which is not in the bundle.
    pub unproven: u64,
}

/// The proven records, as JSON, by position.
struct Held<'a> {
    asked: u64,
    records: BTreeMap<u64, Arc<Value>>,
    /// Where the closed hours of the bundle stand.
    closings: BTreeMap<String, u64>,
    /// Where an hour of a jurisdiction was amended last.
    amended: BTreeMap<(String, String), u64>,
    rules: Option<&'a Rules>,
    proven: u64,
    unproven: u64,
}

type Checked = Result<(), TrustError>;

impl Explained {
    pub(super) fn check(
        tree: &Value,
        asked: Position,
        records: &[ProvenRecord],
    ) -> Result<Self, TrustError> {
        let of_asked = records.iter().find(|it| it.1.position == asked);
        let rules = of_asked.and_then(|it| it.2.as_ref()).map(|it| &it.rules);
        let readable = |(_, record, book): &ProvenRecord| {
            let rules = book.as_ref().map(|it| &it.rules);
            (record.position.0, Arc::new(json::record(record, rules)))
        };
        let records: BTreeMap<u64, Arc<Value>> = records.iter().map(readable).collect();
        let of_hours = |kind: &'static str| {
            let those = records.iter().filter(move |(_, it)| it["type"] == kind);
            those.filter_map(|(at, it)| Some((it["body"]["hour"].as_str()?.to_owned(), it, *at)))
        };
        let closings = of_hours("hour_closed").map(|(hour, _, at)| (hour, at)).collect();
        let amended = of_hours("hour_amended")
            .map(|(hour, it, at)| ((hour, it["body"]["jurisdiction"].to_string()), at))
            .collect();
        let mut held =
            Held { asked: asked.0, records, closings, amended, rules, proven: 0, unproven: 0 };
        held.subject(tree)?;
        for decision in list(&tree["decisions"]) {
            held.decision(decision)?;
        }
        let Held { proven, unproven, .. } = held;
        Ok(Self { tree: tree.clone(), proven, unproven })
    }
}

impl Held<'_> {
    /// Whether it explains what was asked for.
    fn subject(&self, tree: &Value) -> Checked {
        let own = self.records.get(&self.asked).map_or(&Value::Null, |it| &**it);
        let kind = own["type"].as_str().unwrap_or_default();
        let of = |part: &str| -> Vec<&Value> {
            let parts = list(&tree["decisions"]).iter().map(|it| &it[part]);
            parts.filter(|it| it["record"] == self.asked).collect()
        };
        let decisions = list(&tree["decisions"]).len();
        let fits = if kind == "order_set_issued" {
            let names = |orders: Vec<&Value>| -> BTreeSet<String> {
                orders.into_iter().map(|it| it["order"].to_string()).collect()
            };
            let (shown, own) =
                (of("order"), list(&own["body"]["orders"]).iter().collect::<Vec<_>>());
            shown.len() == decisions && shown.len() == own.len() && names(shown) == names(own)
        } else {
            let is_act = kind.starts_with("warning_") && kind != "warning_proposed";
            is_act && decisions == 1 && of("warning").len() == 1
        };
        if fits { Ok(()) } else { Err(contradicted(self.asked, "it explains something else")) }
    }

    fn decision(&mut self, it: &Value) -> Checked {
        // A jurisdiction that follows another has the air of that one.
        let of = if it["follows"].is_null() { &it["jurisdiction"] } else { &it["follows"] };
        let (position, closed) = self.needed(it, "hour_closed")?;
        same(position, it, &closed["body"], &["hour", "closed_at", "stale"])?;
        let air = ["pm25_ug_m3", "mean_24h_ug_m3", "index_24h", "valid_hours", "excluded_hours"];
        same(position, &it["air"], city(&closed, of), &air)?;
        self.warning(&it["warning"])?;
        self.order(&it["order"], &it["jurisdiction"])?;
        for measure in list(&it["measures"]) {
            self.measure(measure)?;
        }
        for hour in list(&it["series"]) {
            self.hour(hour, of)?;
        }
        for station in list(&it["stations"]) {
            for reading in list(&station["readings"]) {
                self.reading(&station["station"], reading)?;
            }
        }
        for outlook in list(&it["outlooks"]) {
            let issue = &outlook["newest_issue"];
            if let Some((position, own)) = self.named(issue, "forecast_received")? {
                same(position, issue, &own["body"], &["issued_at"])?;
                same(position, outlook, &own["body"], &["maker"])?;
                same(position, issue, &own, &["source"])?;
            }
        }
        self.law(it)
    }

    /// An hour of the series, as it was closed or as late values amended it.
    fn hour(&mut self, it: &Value, of: &Value) -> Checked {
        let hour = it["hour"].as_str().unwrap_or_default();
        let newest = self.amended.get(&(hour.to_owned(), of.to_string()));
        if let Some(own) = newest.or(self.closings.get(hour)) {
            equal(*own, "record", &it["record"], &(*own).into())?;
        }
        let Some((position, own)) = self.named(it, "hour_")? else { return Ok(()) };
        same(position, it, &own["body"], &["hour"])?;
        let shown = if it["from"] == "forecast" { &Value::Null } else { &it["ug_m3"] };
        let body = &own["body"];
        let amended = own["type"] == "hour_amended";
        let value = if amended { &body["new_ug_m3"] } else { &city(&own, of)["pm25_ug_m3"] };
        equal(position, "ug_m3", shown, value)
    }

    fn warning(&mut self, it: &Value) -> Checked {
        let (position, own) = self.needed(it, "warning_")?;
        let act = own["type"].as_str().unwrap_or_default().trim_start_matches("warning_");
        equal(position, "act", &it["act"], &act.into())?;
        let keys = keys(it).filter(|key| !["act", "record"].contains(key));
        same(position, it, &own["body"], &keys.collect::<Vec<_>>())
    }

    fn order(&mut self, it: &Value, jurisdiction: &Value) -> Checked {
        // An order can follow later records than an act that is explained alone.
        let Some((position, own)) = self.named(it, "order_set_issued")? else { return Ok(()) };
        let orders = list(&own["body"]["orders"]);
        let order = orders.iter().find(|own| own["order"] == it["order"]).unwrap_or(&Value::Null);
        equal(position, "jurisdiction", jurisdiction, &order["jurisdiction"])?;
        let keys = keys(it).filter(|key| *key != "record");
        same(position, it, order, &keys.collect::<Vec<_>>())
    }

    fn reading(&mut self, station: &Value, it: &Value) -> Checked {
        let Some((position, own)) = self.named(it, "readings_received")? else { return Ok(()) };
        let said = list(&own["body"]["readings"]).iter().any(|own| {
            (&own["station"], &own["pollutant"]) == (station, &"PM2.5".into())
                && ["value_ug_m3", "outcome"].iter().all(|key| own[key] == it[key])
        });
        let what = || format!("no reading of {station} like {it}");
        if said { Ok(()) } else { Err(contradicted(position, &what())) }
    }

    /// The text of a measure is that of the rule book.
    fn measure(&self, it: &Value) -> Checked {
        let measures = self.rules.into_iter().flat_map(|it| &it.measures);
        let own = measures.into_iter().find(|own| it["measure"] == *own.id);
        let Some(own) = own else {
            return Err(contradicted(self.asked, &format!("no measure {}", it["measure"])));
        };
        let zh = own.text_zh.as_deref().map_or(Value::Null, Into::into);
        equal(self.asked, "text", &it["text"], &(*own.text).into())?;
        equal(self.asked, "text_zh", &it["text_zh"], &zh)?;
        equal(self.asked, "reference", &it["reference"], &(*own.reference).into())?;
        equal(self.asked, "certainty", &it["certainty"], &own.certainty.name().into())
    }

    /// Standard, clauses and windows.
    fn law(&self, it: &Value) -> Checked {
        let shown = &it["standard"];
        if shown.is_null() && list(&it["clauses"]).is_empty() {
            return Ok(());
        }
        let Some(rules) = self.rules else {
            return Err(contradicted(
                self.asked,
                "the explanation states law, but the bundle has no rule book",
            ));
        };
        let standard = rules.standards.iter().find(|own| shown["id"] == *own.id);
        let Some(standard) = standard else {
            return Err(contradicted(self.asked, &format!("no standard {}", shown["id"])));
        };
        let words = [("title", &standard.title), ("reference", &standard.reference)];
        for (key, own) in words {
            equal(self.asked, key, &shown[key], &(**own).into())?;
        }
        equal(self.asked, "certainty", &shown["certainty"], &standard.certainty.name().into())?;
        for clause in list(&it["clauses"]) {
            self.clause(standard, clause, &it["warning"]["windows"])?;
        }
        Ok(())
    }

    fn clause(&self, standard: &Standard, it: &Value, windows: &Value) -> Checked {
        let own = standard.clauses.iter().find(|own| it["clause"] == *own.id);
        let Some(own) = own else {
            return Err(contradicted(self.asked, &format!("no clause {}", it["clause"])));
        };
        equal(self.asked, "grade", &it["grade"], &own.grade.name().into())?;
        equal(self.asked, "text", &it["text"], &(*own.text).into())?;
        let shown = list(&it["conditions"]);
        if shown.len() != conditions(own).count() {
            return Err(contradicted(self.asked, &format!("{} has other conditions", own.id)));
        }
        for (shown, own) in shown.iter().zip(conditions(own)) {
            let (word, bound) = match own.bound {
                Bound::Above(bound) => ("above", bound),
                Bound::AtLeast(bound) => ("at_least", bound),
            };
            equal(self.asked, word, &shown[word], &bound.into())?;
            let hours = u32::from(own.windows) * 24;
            equal(self.asked, "hours", &shown["hours"], &hours.into())?;
            for window in list(&shown["windows"]) {
                let known = list(windows).iter().find(|it| it["end"] == window["end"]);
                let keys = ["mean_ug_m3", "index", "valid_hours"];
                known.map_or(Ok(()), |known| same(self.asked, window, known, &keys))?;
            }
        }
        Ok(())
    }

    /// The same of a part that must rest on a record of the bundle.
    fn needed(&mut self, part: &Value, kind: &str) -> Result<(u64, Arc<Value>), TrustError> {
        let named = self.named(part, kind)?;
        let what = || format!("{kind} is named by {}, which is not in the bundle", part["record"]);
        named.ok_or_else(|| contradicted(self.asked, &what()))
    }

    /// The proven record that a part names, if it is in the bundle; it must be of this kind.
    fn named(&mut self, part: &Value, kind: &str) -> Result<Option<(u64, Arc<Value>)>, TrustError> {
        let Some(position) = part["record"].as_u64() else { return Ok(None) };
        let Some(record) = self.records.get(&position) else {
            self.unproven += 1;
            return Ok(None);
        };
        if !record["type"].as_str().is_some_and(|it| it.starts_with(kind)) {
            let what = format!("it is named as {kind} and is {}", record["type"]);
            return Err(contradicted(position, &what));
        }
        self.proven += 1;
        Ok(Some((position, Arc::clone(record))))
    }
}

fn same(position: u64, shown: &Value, own: &Value, keys: &[&str]) -> Checked {
    keys.iter().try_for_each(|key| equal(position, key, &shown[key], &own[key]))
}

fn equal(position: u64, key: &str, shown: &Value, own: &Value) -> Checked {
    if shown == own {
        return Ok(());
    }
    let what = format!("{key} is {shown}, and not what its bytes say: {own}");
    Err(contradicted(position, &what))
}

fn contradicted(position: u64, what: &str) -> TrustError {
    TrustError::Contradicted { position, what: format!("in the explanation {what}") }
}

/// The jurisdiction's part of a closed hour.
fn city<'a>(closed: &'a Value, jurisdiction: &Value) -> &'a Value {
    let mut cities = list(&closed["body"]["jurisdictions"]).iter();
    cities.find(|it| it["jurisdiction"] == *jurisdiction).unwrap_or(&Value::Null)
}

fn conditions(clause: &Clause) -> impl Iterator<Item = Condition> {
    [Some(clause.main), clause.within].into_iter().flatten()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn keys(value: &Value) -> impl Iterator<Item = &str> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.as_str())
}
