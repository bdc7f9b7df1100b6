//! The bureaus of the demonstration: what they answer to the orders of the episode, and what they
//! do together. It follows from the order sets alone, and changes none of them.
//!
//! Nearly all acknowledge, report and close in time. The first jurisdiction at red stays silent
//! until the order is escalated; the last one of the first set objects. There is a consultation
//! that not all agree with, one of each day, a whistle, and a case with a joint inspection.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::domain::cooperation::Body;
use crate::domain::{
    Actor, Command, CommandGiven, Date, Grade, Hour, Order, OrderAct, OrderSet, Rules, Status,
    Stream, Timestamp,
};

/// The commands of all bureaus, by time.
pub(super) fn commands(seed: u64, sets: &[OrderSet], rules: &Rules) -> Vec<Command> {
    let mut office = Office { rules, given: Vec::new() };
    let Some(first) = sets.first() else { return Vec::new() };
    office.acknowledge(sets);
    for (code, orders) in chains(sets, rules) {
        office.report(&code, &orders);
    }
    office.consult(first);
    if let Some(last) = sets.last() {
        office.consult_daily(first.decided_at.date().plus(1), last.decided_at.date());
    }
    office.enforce(first.decided_at.date().plus(1));
    office.in_order(seed)
}

/// Their stream in the log.
pub(super) fn stream(seed: u64) -> Stream {
    Stream::file(&format!("bureaus-{seed}"))
}

/// What the bureaus say, before it has an order.
struct Office<'a> {
    rules: &'a Rules,
    given: Vec<(Timestamp, CommandGiven)>,
}

/// An order of one jurisdiction.
struct InChain<'a> {
    epoch: u64,
    decided_at: Timestamp,
    counts_from: Hour,
    order: &'a Order,
}

/// The orders of each jurisdiction, by code.
fn chains<'a>(sets: &'a [OrderSet], rules: &Rules) -> BTreeMap<String, Vec<InChain<'a>>> {
    let mut chains: BTreeMap<String, Vec<InChain<'a>>> = BTreeMap::new();
    for set in sets {
        for order in &set.orders {
            let chain = chains.entry(code_of(order, rules)).or_default();
            let before = chain.last().map(|it| it.counts_from);
            let counts_from = order.effective_at.or(before).unwrap_or(set.hour);
            let (epoch, decided_at) = (set.epoch, set.decided_at);
            chain.push(InChain { epoch, decided_at, counts_from, order });
        }
    }
    chains
}

fn code_of(order: &Order, rules: &Rules) -> String {
    let place = rules.jurisdictions.get(usize::from(order.jurisdiction.0));
    place.map_or_else(String::new, |it| it.division.to_string())
}

/// The body above a jurisdiction of the built-in rules.
fn above(code: &str) -> &'static str {
    if code.starts_with("13") { "13" } else { "region" }
}

fn evidence(reference: &str) -> Value {
    json!([{"kind": "onsite", "ref": reference}])
}

impl Office<'_> {
    fn give(&mut self, at: Timestamp, who: (&str, &str), command: &str, fields: Value) {
        let (role, body) = who;
        let title = if role == "officer" { "duty officer" } else { role };
        let actor = Actor { body: Body::new(body), role: role.into(), name: title.into() };
        let given = CommandGiven {
            at,
            id: format!("demo-{}", self.given.len() + 1),
            actor,
            given_at: at,
            status: Status::Actual,
            command: command.into(),
            fields: Arc::new(fields),
            source: None,
        };
        self.given.push((at, given));
    }

    fn acknowledge(&mut self, sets: &[OrderSet]) {
        for set in sets {
            let is_first = set.epoch == 1;
            let reds = || set.orders.iter().filter(|it| it.grade == Grade::Red);
            let late = reds().next().filter(|_| is_first).map(|it| it.jurisdiction);
            let objects = reds().nth(1).filter(|_| is_first).map(|it| it.jurisdiction);
            for (nth, order) in (0..).zip(&set.orders) {
                let code = code_of(order, self.rules);
                let fields = json!({"order": format!("{}-{code}", set.epoch)});
                let (mut who, mut at) =
                    (("officer", &*code), set.decided_at.plus_minutes(10 + nth * 3));
                if late == Some(order.jurisdiction) {
                    // Its ladder has come to the body above.
                    who = ("command", above(&code));
                    at = order.acknowledge_by.plus_minutes(75);
                } else if objects == Some(order.jurisdiction) {
                    self.object(set, order, &code);
                    at = set.decided_at.plus_minutes(80);
                }
                self.give(at, who, "acknowledge", fields);
            }
        }
    }

    fn object(&mut self, set: &OrderSet, order: &Order, code: &str) {
        let id = format!("{}-{code}", set.epoch);
        let Some(measure) = order.measures.last() else { return };
        let fields = json!({
            "order": id, "measures": [measure], "ground": "safety", "reason": "frost in the night",
            "evidence": evidence("road report 4"),
        });
        self.give(set.decided_at.plus_minutes(40), ("officer", code), "object", fields);
        let fields = json!({"order": id, "outcome": "overruled", "reason": "salt is at hand"});
        let who = ("command", above(code));
        self.give(set.decided_at.plus_minutes(65), who, "decide_objection", fields);
    }

    /// Reports each day of its responses, has a measure verified, and sums up.
    fn report(&mut self, code: &str, orders: &[InChain<'_>]) {
        let mut number = 0;
        let mut begun: Option<Date> = None;
        for (at, it) in orders.iter().enumerate() {
            if it.order.act == OrderAct::Impose {
                number += 1;
                begun = Some(it.counts_from.end().date());
            }
            let (OrderAct::Lift, Some(first)) = (it.order.act, begun) else { continue };
            let response = format!("{code}-r{number}");
            let mut day = first;
            while day.at_minute(0) <= it.counts_from.end() {
                self.report_day(code, &response, &orders[..=at], day);
                day = day.plus(1);
            }
            let fields = json!({"response": response, "summary": "all measures carried out"});
            let closes_at = it.counts_from.end().plus_hours(40);
            self.give(closes_at, ("command", code), "close_response", fields);
            begun = None;
        }
    }

    fn report_day(&mut self, code: &str, response: &str, orders: &[InChain<'_>], day: Date) {
        let reported_at = day.plus(1).at_minute(7 * 60);
        let counts = |it: &&InChain<'_>| {
            it.counts_from.end() < day.plus(1).at_minute(0) && it.decided_at < reported_at
        };
        let Some(named) = orders.iter().rfind(counts) else { return };
        let mut measures: BTreeSet<&str> = BTreeSet::new();
        for hour in 0..24 {
            let instant = day.at_minute(hour * 60);
            let is_in_force = |it: &&InChain<'_>| it.counts_from.end() <= instant && counts(it);
            let in_force = orders.iter().rfind(is_in_force);
            let own = in_force.into_iter().flat_map(|it| &it.order.measures);
            measures.extend(own.map(|it| &**it));
        }
        let Some(verified) = measures.first().copied() else { return };
        let done = |it: &&str| json!({"measure": it, "done": "full", "evidence": evidence(&format!("{day} {it}"))});
        let (order, date) = (format!("{}-{code}", named.epoch), day.to_string());
        let measures: Vec<Value> = measures.iter().map(done).collect();
        let fields = json!({"order": order, "date": date, "measures": measures});
        self.give(reported_at, ("officer", code), "report", fields);
        let fields = json!({
            "response": response, "date": date, "measure": verified, "result": "confirmed",
            "source": "onsite", "evidence": evidence("visit"),
        });
        let who = ("inspector", above(code));
        self.give(day.plus(1).at_minute(15 * 60 + 10), who, "verify", fields);
    }

    /// A consultation on the first set: the conclusion is not what all have said.
    fn consult(&mut self, first: &OrderSet) {
        let Some(order) = first.orders.first() else { return };
        let code = code_of(order, self.rules);
        let at = |minutes| first.decided_at.plus_minutes(minutes);
        let says = [("13", "red"), ("110000", "orange"), ("120000", "orange"), ("37", "yellow")];
        self.convene(at(90), "episode", &says, &code);
        for (nth, (body, grade)) in (0..).zip(says) {
            self.opine(at(130 + 10 * nth), body, 1, (&code, grade));
        }
        self.opine(at(180), "region", 1, (&code, "orange"));
        self.conclude(at(200), 1, &code);
    }

    fn consult_daily(&mut self, first: Date, last: Date) {
        let says = [("13", "orange"), ("110000", "orange")];
        let mut day = first;
        for number in 2.. {
            if day > last {
                return;
            }
            let at = |minutes| day.at_minute(10 * 60 + minutes);
            self.convene(at(2), "routine", &says, "110000");
            for (body, grade) in says.into_iter().chain([("region", "orange")]) {
                self.opine(at(40), body, number, ("110000", grade));
            }
            self.conclude(at(50), number, "110000");
            day = day.plus(1);
        }
    }

    fn convene(&mut self, at: Timestamp, kind: &str, says: &[(&str, &str)], code: &str) {
        let participants: Vec<&str> = says.iter().map(|it| it.0).collect();
        let fields = json!({
            "kind": kind, "participants": participants, "jurisdictions": [code],
            "opinions_by": at.plus_hours(3), "title": "the air of the next days",
        });
        self.give(at, ("forecaster", "region"), "convene", fields);
    }

    fn opine(&mut self, at: Timestamp, body: &str, number: u32, (code, grade): (&str, &str)) {
        let (lower, upper) = match grade {
            "red" => (150, 260),
            "orange" => (115, 210),
            _ => (75, 140),
        };
        let say = json!({
            "jurisdiction": code, "date": at.date().plus(1), "lower_ug_m3": lower,
            "upper_ug_m3": upper, "grade": grade,
        });
        let fields =
            json!({"consultation": format!("region-c{number}"), "says": [say], "text": "models"});
        self.give(at, ("forecaster", body), "opine", fields);
    }

    /// Concluded without days, so that it is no forecast.
    fn conclude(&mut self, at: Timestamp, number: u32, code: &str) {
        let id = format!("region-c{number}");
        let start = at.hour_at_or_after().plus(1);
        let concludes = json!({
            "jurisdiction": code, "days": [], "grade": "orange", "start": start.end(),
            "end": start.plus(48).end(), "binding": false,
        });
        let fields = json!({"consultation": id, "concludes": [concludes], "text": "as most say"});
        self.give(at, ("forecaster", "region"), "conclude", fields);
        let fields = json!({"consultation": id});
        self.give(at.plus_minutes(20), ("command", "region"), "sign", fields);
    }

    /// A whistle across a border, and the case that it leads to.
    fn enforce(&mut self, day: Date) {
        let at = |days, hour, minute| day.plus(days).at_minute(hour * 60 + minute);
        let case = "131000-e1";
        let parties = ["120111", "131081"];
        for (at, who, command, fields) in [
            (
                at(0, 10, 5),
                ("officer", "120111"),
                "whistle",
                json!({"place": "120111", "summons": ["131081"], "text": "smoke across the border"}),
            ),
            (
                at(0, 10, 45),
                ("officer", "131081"),
                "report_in",
                json!({"whistle": "120111-w1", "for": "131081", "text": "the team is there"}),
            ),
            (
                at(0, 11, 0),
                ("officer", "131000"),
                "lead",
                json!({"place": "131081", "source": "brick kiln", "sector": "industry",
                    "text": "smoke at night", "evidence": []}),
            ),
            (
                at(0, 11, 40),
                ("officer", "131000"),
                "assign",
                json!({"case": case, "to": "131081", "key": true}),
            ),
            (
                at(0, 14, 10),
                ("inspector", "131081"),
                "inspect",
                json!({"case": case, "kind": "joint", "parties": parties, "violation": true,
                    "evidence": evidence("record 12")}),
            ),
            (
                at(1, 9, 10),
                ("command", "131081"),
                "decide_case",
                json!({"case": case, "penalties": ["fine", "stop"], "fine_yuan": 100_000,
                    "rectify_by": day.plus(15)}),
            ),
            (
                at(3, 9, 10),
                ("officer", "131081"),
                "rectify",
                json!({"case": case, "text": "a filter is built in", "evidence": evidence("f1")}),
            ),
            (
                at(4, 10, 10),
                ("inspector", "131000"),
                "accept_rectification",
                json!({"case": case, "passed": true, "evidence": evidence("record 15")}),
            ),
            (
                at(6, 10, 10),
                ("inspector", "131081"),
                "post_supervise",
                json!({"case": case, "held": true, "parties": parties,
                    "evidence": evidence("record 19")}),
            ),
        ] {
            self.give(at, who, command, fields);
        }
    }

    /// By time, as one file.
    fn in_order(mut self, seed: u64) -> Vec<Command> {
        self.given.sort_by_key(|it| it.0);
        let stream = stream(seed);
        let line = |((_, given), position): ((Timestamp, CommandGiven), u64)| {
            Command::Give(Box::new(CommandGiven { source: Some(stream.at(position)), ..given }))
        };
        self.given.into_iter().zip(1..).map(line).collect()
    }
}
