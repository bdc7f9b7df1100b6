//! The bodies of a simulated world. They read the log and answer: most of them in time, some late,
//! some never, some twice, and some with what nobody may give.

mod together;

use std::collections::BTreeMap;
use std::sync::Arc;

use airshed::domain::cooperation::{Actor, Body};
use airshed::domain::*;
use airshed::engine::Record;
use serde_json::{Value, json};

use super::dice::Dice;

/// Bodies above members, and some that are above none.
const OTHERS: [&str; 4] = ["13", "region", "110105", "130102"];

pub(crate) struct Bureaus {
    dice: Dice,
    book: Arc<RuleBook>,
    /// How many records they have read.
    pub(crate) read: usize,
    /// What they will do, and when.
    plans: BTreeMap<(Timestamp, u32), Plan>,
    /// Plans and commands so far.
    number: u32,
    members: BTreeMap<String, Member>,
    /// By response: the order of the last report.
    reported: BTreeMap<String, String>,
    day: Option<Date>,
    now: Timestamp,
    /// How much of the stream of commands was written in each round.
    pub(crate) written: Vec<usize>,
}

/// What a jurisdiction was ordered.
#[derive(Default)]
struct Member {
    responses: u32,
    running: bool,
    orders: Vec<Known>,
}

#[derive(Clone)]
struct Known {
    id: String,
    counts_from: Timestamp,
    lift: bool,
    measures: Vec<Arc<str>>,
}

enum Plan {
    Give(Deed),
    /// What was given before, once more.
    Again(CommandGiven),
}

/// A command before it is given.
#[derive(Clone)]
struct Deed {
    body: String,
    role: &'static str,
    command: &'static str,
    fields: Value,
}

impl Bureaus {
    pub(crate) fn new(dice: Dice, book: &Arc<RuleBook>) -> Self {
        let jurisdictions = book.rules.jurisdictions.iter();
        let members = jurisdictions.map(|it| (it.division.to_string(), Member::default()));
        Self {
            dice,
            book: Arc::clone(book),
            read: 0,
            plans: BTreeMap::new(),
            number: 0,
            members: members.collect(),
            reported: BTreeMap::new(),
            day: None,
            now: Timestamp::default(),
            written: Vec::new(),
        }
    }

    /// What they say up to a moment, after they have read what is new in the log now. What is said by now
    /// was given when it was planned, what is said later is given later.
    pub(crate) fn act<'a>(
        &mut self,
        news: impl IntoIterator<Item = &'a Record>,
        now: Timestamp,
        until: Timestamp,
    ) -> Vec<Command> {
        self.now = now;
        for record in news {
            self.hear(record);
            self.read += 1;
        }
        if self.day.replace(now.date()).is_some_and(|it| it < now.date()) {
            self.report_the_day(now.date().plus(-1));
        }
        self.act_by_themselves();
        let later = self.plans.split_off(&(until, u32::MAX));
        let due = std::mem::replace(&mut self.plans, later);
        let mut said = Vec::new();
        for ((at, _), plan) in due {
            match plan {
                Plan::Again(given) => said.push(Command::Give(Box::new(given))),
                Plan::Give(deed) => {
                    let at = if until == now { at } else { at.max(now) };
                    said.push(self.give(deed, at));
                }
            }
            if self.dice.chance(15) {
                let (source, excerpt) = (None, "{".to_owned());
                let reason = Reason::Unreadable;
                said.push(Command::Refuse(Refusal {
                    reason,
                    source,
                    hour: None,
                    excerpt,
                    count: 1,
                }));
            }
        }
        said
    }

    fn plan(&mut self, after_min: (i32, i32), plan: Plan) {
        let at = self.now.plus_minutes(self.dice.between(after_min.0, after_min.1));
        self.number += 1;
        self.plans.insert((at, self.number), plan);
    }

    fn will(
        &mut self,
        after_min: (i32, i32),
        body: &str,
        role: &'static str,
        command: &'static str,
        fields: Value,
    ) {
        let body = body.to_owned();
        self.plan(after_min, Plan::Give(Deed { body, role, command, fields }));
    }

    /// Most commands are as they were meant.
    fn give(&mut self, mut deed: Deed, mut given_at: Timestamp) -> Command {
        self.number += 1;
        let mut id = format!("c{}", self.number);
        let mut status = Status::Actual;
        match self.dice.below(60) {
            0 => "c 1".clone_into(&mut id),
            1 => id = format!("c{}", self.dice.below(40)),
            2 => given_at = given_at.plus_minutes(self.dice.between(4, 9)),
            3 => given_at = given_at.plus_minutes(-self.dice.between(20, 200)),
            4 => given_at = given_at.plus_hours(-24 * 40),
            5 => given_at = given_at.plus_hours(24 * 40),
            6 => status = Status::Exercise,
            7 => self.dice.one_of(&["999999", "130200", "region"]).clone_into(&mut deed.body),
            8 => deed.role = self.dice.one_of(&["mayor", "hotline", "forecaster"]),
            9 => {
                let fields = deed.fields.as_object_mut().unwrap();
                let nth = self.dice.below(fields.len());
                let name = fields.keys().nth(nth).unwrap().clone();
                let wrong = [json!(null), json!(7), json!("x".repeat(2_001)), json!("9-130100")];
                fields.insert(name, wrong[self.dice.below(wrong.len())].clone());
            }
            _ => {}
        }
        let given = CommandGiven {
            at: Timestamp::default(),
            id,
            actor: Actor {
                body: Body::new(&deed.body),
                role: deed.role.to_owned(),
                name: "duty officer".to_owned(),
            },
            given_at,
            status,
            command: deed.command.into(),
            fields: Arc::new(deed.fields),
            source: None,
        };
        match self.dice.below(20) {
            0 => self.plan((1, 2_000), Plan::Again(given.clone())),
            1 => {
                let name = "another officer".to_owned();
                let actor = Actor { name, ..given.actor.clone() };
                self.plan((1, 900), Plan::Again(CommandGiven { actor, ..given.clone() }));
            }
            _ => {}
        }
        Command::Give(Box::new(given))
    }

    fn hear(&mut self, record: &Record) {
        match &record.event {
            Event::Response(ResponseEvent::OrderSetIssued(set)) => self.ordered(set),
            Event::Cooperation(it) => {
                let body = serde_json::to_value(&it.what).unwrap();
                let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
                self.read_record(it.what.record_type(), &body, &text);
            }
            _ => {}
        }
    }

    fn ordered(&mut self, set: &OrderSet) {
        for order in &set.orders {
            let place = usize::from(order.jurisdiction.0);
            let code = self.book.rules.jurisdictions[place].division.to_string();
            let id = format!("{}-{code}", set.epoch);
            let lift = order.act == OrderAct::Lift;
            let counts_from = order.effective_at.map_or(set.decided_at, Hour::end);
            let measures = order.measures.clone();
            let member = self.members.get_mut(&code).unwrap();
            member.responses += u32::from(!member.running);
            member.running = !lift;
            let response = format!("{code}-r{}", member.responses);
            member.orders.push(Known { id: id.clone(), counts_from, lift, measures });
            let acknowledge = json!({"order": id});
            match self.dice.below(20) {
                0..9 => self.will((1, 50), &code, "officer", "acknowledge", acknowledge),
                9..13 => self.will((90, 400), &code, "command", "acknowledge", acknowledge),
                13..17 => {
                    let mut measures = order.measures.clone();
                    measures.truncate(1 + self.dice.below(2));
                    if lift {
                        measures.push("health-tip".into());
                    }
                    let fields = json!({
                        "order": id, "measures": measures, "ground": "safety", "reason": "frost",
                        "evidence": [{"kind": "photo", "ref": "r1"}],
                    });
                    self.will((1, 100), &code, "officer", "object", fields);
                    self.will((60, 300), &code, "officer", "acknowledge", acknowledge);
                }
                _ => {}
            }
            if self.dice.chance(100) {
                let other = self.dice.one_of(&OTHERS).to_owned();
                self.will((1, 300), &other, "officer", "acknowledge", json!({"order": id}));
            }
            if lift && self.dice.chance(700) {
                let fields = json!({"response": response, "summary": "all measures were taken"});
                self.will((1, 1_200), &code, "command", "close_response", fields);
            }
        }
    }

    /// Who has orders reports the day that has ended.
    fn report_the_day(&mut self, day: Date) {
        let (begin, end) = (day.at_minute(0), day.plus(1).at_minute(0));
        let mut reports = Vec::new();
        for (code, member) in &self.members {
            let counting = member.orders.iter().filter(|it| it.counts_from < end);
            let Some(last) = counting.clone().next_back() else { continue };
            if last.lift && last.counts_from <= begin {
                continue;
            }
            let measures = counting.rev().find(|it| !it.lift).map(|it| it.measures.clone());
            let matter = format!("{code}-r{}/report:{day}", member.responses);
            reports.push((code.clone(), last.id.clone(), measures.unwrap_or_default(), matter));
        }
        for (code, order, measures, matter) in reports {
            if self.dice.chance(150) {
                let to = self.dice.one_of(&["13", "130100", "110000"]);
                let fields = json!({"matter": matter, "to": to, "reason": "its place"});
                self.will((20, 400), &code, "officer", "hand_over", fields);
            }
            if self.dice.chance(750) {
                let cut = if self.dice.chance(700) { measures.len() } else { measures.len() / 2 };
                let (first, rest) = measures.split_at(cut);
                for some in [first, rest].into_iter().filter(|it| !it.is_empty()) {
                    let report = self.report(&order, day, some);
                    self.will((10, 700), &code, "officer", "report", report);
                }
            }
        }
    }

    fn report(&mut self, order: &str, day: Date, measures: &[Arc<str>]) -> Value {
        let measures = measures.iter().map(|measure| {
            let (done, percent) = match self.dice.below(30) {
                0 => ("part", None),
                1..8 => ("part", Some(60)),
                _ => ("full", None),
            };
            let evidence = [json!({"kind": "ledger", "ref": "r1"})];
            let evidence = if self.dice.chance(980) { &evidence[..] } else { &[] };
            json!({"measure": measure, "done": done, "percent": percent, "evidence": evidence})
        });
        json!({"order": order, "date": day, "measures": measures.collect::<Vec<_>>()})
    }

    /// Some things have no cause in the log.
    fn act_by_themselves(&mut self) {
        let codes: Vec<String> = self.members.keys().cloned().collect();
        let one = |dice: &mut Dice| codes[dice.below(codes.len())].clone();
        let (body, other) = (one(&mut self.dice), one(&mut self.dice));
        if self.dice.chance(50) {
            let fields = json!({"place": body, "summons": [other, "110105"], "text": "smoke"});
            self.will((1, 50), &body, "officer", "whistle", fields);
        }
        if self.dice.chance(50) {
            let fields = json!({"place": body, "source": "brick kiln", "sector": "industry",
                "text": "smoke at night", "evidence": []});
            self.will((1, 50), &other, "inspector", "lead", fields);
        }
        if self.dice.chance(40) {
            let vehicle = self.dice.one_of(&["V1", "V2"]);
            let fields = json!({"vehicle": vehicle, "evidence": [{"kind": "onsite", "ref": "r"}]});
            self.will((1, 50), &body, "inspector", "lock_vehicle", fields);
            let fields = json!({"vehicle": vehicle, "passed": self.dice.chance(500)});
            self.will((30, 900), &other, "inspector", "retest_vehicle", fields);
            let fields = json!({"vehicle": vehicle, "operation": "transfer"});
            self.will((30, 900), &other, "officer", "clear_vehicle", fields);
        }
    }

    fn read_record(&mut self, kind: &str, it: &Value, text: &dyn Fn(&str) -> String) {
        match kind {
            "matter_overdue" if self.dice.chance(400) => {
                self.answer((1, 90), &text("matter"), &text("owner"));
            }
            "matter_escalated" if self.dice.chance(500) => {
                if self.dice.chance(300) {
                    let fields = json!({"matter": text("matter")});
                    self.will((1, 40), &text("to"), "officer", "accept", fields);
                } else {
                    self.answer((1, 200), &text("matter"), &text("to"));
                }
            }
            "matter_offered" => {
                let fields = json!({"matter": text("matter")});
                match self.dice.below(3) {
                    0 => self.will((1, 150), &text("to"), "officer", "accept", fields),
                    1 => {
                        let fields = json!({"matter": text("matter"), "reason": "not ours"});
                        self.will((1, 150), &text("to"), "officer", "decline", fields);
                    }
                    _ => {}
                }
            }
            "warning_proposed" => self.approve(it, &text("proposal")),
            "order_objected" if self.dice.chance(150) => {
                let order = text("order");
                let body = order.split_once('-').unwrap().1;
                let fields = json!({"order": order, "measures": it["measures"],
                    "ground": "livelihood", "reason": "again",
                    "evidence": [{"kind": "photo", "ref": "r1"}]});
                self.will((1, 40), body, "officer", "object", fields);
            }
            "order_objected" if self.dice.chance(700) => {
                let outcome = self.dice.one_of(&["upheld", "overruled"]);
                let fields = json!({"order": text("order"), "outcome": outcome, "reason": "known"});
                self.will((5, 120), &text("reviewer"), "command", "decide_objection", fields);
            }
            "execution_reported" => self.verify(it, &text("response"), &text("date")),
            "execution_verified" if text("result") == "confirmed" && self.dice.chance(200) => {
                let (response, date, measure) = (text("response"), text("date"), text("measure"));
                let fields = json!({"response": response, "date": date, "measure": measure,
                    "result": "refuted", "source": "onsite",
                    "evidence": [{"kind": "onsite", "ref": "r2"}]});
                self.will((1, 600), "region", "inspector", "verify", fields);
            }
            "execution_verified" if text("result") == "refuted" && self.dice.chance(700) => {
                let (response, measure) = (text("response"), text("measure"));
                let order = self.reported[&response].clone();
                let day = Date::parse(&text("date")).unwrap();
                let report = self.report(&order, day, &[measure.as_str().into()]);
                let code = response.split('-').next().unwrap();
                self.will((30, 1_000), code, "officer", "report", report);
            }
            "episode_opened" => self.convene(),
            "consultation_convened" => self.opine(it, &text("consultation")),
            "opinions_closed" if it["quorate"] == true => self.conclude(&text("consultation")),
            "consultation_concluded" if self.dice.chance(800) => {
                let fields = json!({"consultation": text("consultation")});
                self.will((1, 200), "region", "command", "sign", fields);
            }
            "whistle_blown" => {
                for summoned in it["summons"].as_array().into_iter().flatten() {
                    if self.dice.chance(600) {
                        let summoned = summoned.as_str().unwrap();
                        let fields =
                            json!({"whistle": text("whistle"), "for": summoned, "text": "here"});
                        self.will((1, 200), summoned, "officer", "report_in", fields);
                    }
                }
            }
            "case_moved" => self.next_move(it, &text("case"), &text("owner"), &text("to")),
            _ => {}
        }
    }

    /// Most items are decided by those who decide them; of some nobody says anything.
    fn approve(&mut self, it: &Value, proposal: &str) {
        for item in it["items"].as_array().into_iter().flatten() {
            let body = item["body"].as_str().unwrap_or("13").to_owned();
            let role = match item["role"].as_str() {
                Some("government") => "government",
                None if self.dice.chance(900) => continue,
                Some(_) | None => "command",
            };
            let jurisdictions = [item["jurisdiction"].clone()];
            let jurisdictions = if self.dice.chance(600) { &jurisdictions[..] } else { &[] };
            let fields = json!({"proposal": proposal, "jurisdictions": jurisdictions});
            match self.dice.below(10) {
                0..6 => self.will((1, 80), &body, role, "approve", fields),
                6..8 => {
                    let mut fields = fields;
                    fields["reason"] = json!("the wind turns");
                    self.will((1, 80), &body, role, "reject", fields);
                }
                _ => {}
            }
        }
    }

    /// Gives the answer for which a matter asks.
    fn answer(&mut self, after_min: (i32, i32), matter: &str, body: &str) {
        let Some((id, what)) = matter.split_once('/') else { return };
        match what.split_once(':').unwrap_or((what, "")) {
            ("acknowledge", _) => {
                self.will(after_min, body, "officer", "acknowledge", json!({"order": id}));
            }
            ("summary", _) => {
                let fields = json!({"response": id, "summary": "late"});
                self.will(after_min, body, "command", "close_response", fields);
            }
            ("report_in", summoned) => {
                let fields = json!({"whistle": id, "for": summoned, "text": "late"});
                self.will(after_min, body, "officer", "report_in", fields);
            }
            ("assign", _) => {
                let to = id.split('-').next().unwrap();
                let fields = json!({"case": id, "to": to, "key": true});
                self.will(after_min, body, "officer", "assign", fields);
            }
            _ => {}
        }
    }
}
