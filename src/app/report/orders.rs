//! The orders of an order set as text: jurisdictions, clauses and measures.

use std::sync::Arc;

use crate::domain::{FloorOrder, JurisdictionIndex, Measure, Order, OrderSet, Rules};
use crate::engine::projection::Grounds;

/// One line for each order, then one for each measure with its texts.
pub(in crate::app) fn in_words(set: &OrderSet, rules: &Rules, grounds: &Grounds) -> Vec<String> {
    let mut lines: Vec<String> = set.orders.iter().map(|it| order(it, rules, grounds)).collect();
    lines.extend(set.floor_orders.iter().map(|it| floor_order(it, rules)));
    let orders = set.orders.iter().map(|it| (it.jurisdiction, &it.measures));
    let floors = set.floor_orders.iter().map(|it| (it.jurisdiction, &it.measures));
    let mut listed: Vec<(JurisdictionIndex, &Vec<Arc<str>>)> = orders.chain(floors).collect();
    // Both orders of a jurisdiction list the same where they count from the same hour.
    listed.sort_by_key(|it| it.0);
    listed.dedup();
    let with_measures = listed.iter().filter(|it| !it.1.is_empty()).count();
    for measure in &rules.measures {
        let bound: Vec<String> = listed
            .iter()
            .filter(|it| it.1.contains(&measure.id))
            .map(|it| code(it.0, rules))
            .collect();
        if bound.is_empty() {
            continue;
        }
        let whom = if bound.len() == with_measures { "all".into() } else { bound.join(", ") };
        lines.push(format!("{}: {} ({whom})", measure.id, texts(measure)));
    }
    lines
}

fn order(order: &Order, rules: &Rules, grounds: &Grounds) -> String {
    let named = rules.jurisdictions.get(usize::from(order.jurisdiction.0));
    let name = named.map_or(String::new(), |it| format!(" {} {}", it.name_zh, it.name));
    let from = order.effective_at.map_or(String::new(), |it| format!(" from {it}"));
    let (act, grade) = (order.act.name(), order.grade.name());
    let (standard, clause) = grounds.of(order.warning);
    let law: Vec<&str> = [standard, clause].into_iter().flatten().collect();
    let by = if law.is_empty() { String::new() } else { format!(", by {}", law.join(" ")) };
    format!("{}{name}: {act} {grade}{from}{by}", code(order.jurisdiction, rules))
}

fn floor_order(order: &FloorOrder, rules: &Rules) -> String {
    let named = rules.jurisdictions.get(usize::from(order.jurisdiction.0));
    let name = named.map_or(String::new(), |it| format!(" {} {}", it.name_zh, it.name));
    let (act, grade, from) = (order.act.name(), order.grade.name(), order.effective_at);
    let causes: Vec<&str> = order.causes.iter().map(|it| it.name()).collect();
    let (code, causes) = (code(order.jurisdiction, rules), causes.join(", "));
    format!("{code}{name}: {act} floor {grade} from {from}, by {causes}")
}

fn code(jurisdiction: JurisdictionIndex, rules: &Rules) -> String {
    let named = rules.jurisdictions.get(usize::from(jurisdiction.0));
    named.map_or_else(|| format!("#{}", jurisdiction.0), |it| it.division.to_string())
}

/// The English text, and the Chinese one if the rule book has it.
fn texts(measure: &Measure) -> String {
    let zh: Option<&Arc<str>> = measure.text_zh.as_ref();
    zh.map_or_else(|| measure.text.to_string(), |zh| format!("{} {zh}", measure.text))
}
