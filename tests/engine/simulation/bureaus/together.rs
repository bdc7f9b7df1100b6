//! What bodies of a simulated world do about the acts of others: they verify, consult and enforce.

use serde_json::{Value, json};

use super::Bureaus;

/// Bodies that take part in consultations beside the region.
const PARTICIPANTS: [&str; 4] = ["110000", "120000", "13", "37"];

impl Bureaus {
    pub(super) fn verify(&mut self, it: &Value, response: &str, date: &str) {
        self.reported.insert(response.to_owned(), it["order"].as_str().unwrap().to_owned());
        for measure in it["measures"].as_array().into_iter().flatten() {
            if self.dice.chance(300) {
                let result = self.dice.one_of(&["confirmed", "refuted"]);
                let source = self.dice.one_of(&["onsite", "power"]);
                let fields = json!({
                    "response": response, "date": date, "measure": measure["measure"],
                    "result": result, "source": source,
                    "evidence": [{"kind": source, "ref": "r1"}],
                });
                let inspector = self.dice.one_of(&["13", "110000", "130100"]);
                self.will((10, 900), inspector, "inspector", "verify", fields);
            }
        }
    }

    pub(super) fn convene(&mut self) {
        let jurisdictions: Vec<&String> = self.members.keys().take(2).collect();
        let fields = json!({
            "kind": "episode", "title": "what comes", "participants": PARTICIPANTS,
            "jurisdictions": jurisdictions, "opinions_by": self.now.plus_hours(5).to_string(),
        });
        self.will((5, 100), "region", "forecaster", "convene", fields);
    }

    pub(super) fn opine(&mut self, it: &Value, consultation: &str) {
        let date = self.now.date().plus(1);
        for participant in PARTICIPANTS.into_iter().chain(["region"]) {
            if self.dice.chance(800) {
                let says = it["jurisdictions"].as_array().unwrap().iter().map(|jurisdiction| {
                    let grade = self.dice.one_of(&["yellow", "orange", "orange", "red"]);
                    json!({"jurisdiction": jurisdiction, "date": date, "lower_ug_m3": 90,
                        "upper_ug_m3": 180, "grade": grade})
                });
                let says: Vec<Value> = says.collect();
                let fields = json!({"consultation": consultation, "says": says, "text": "calm"});
                self.will((1, 150), participant, "forecaster", "opine", fields);
            }
        }
    }

    pub(super) fn conclude(&mut self, consultation: &str) {
        let (jurisdiction, date) = (self.members.keys().next().unwrap(), self.now.date().plus(1));
        let at = self.now.date().plus(1).at_minute(8 * 60);
        let days = [json!({"date": date, "lower_ug_m3": 90, "upper_ug_m3": 180})];
        let days = if self.dice.chance(500) { &days[..] } else { &[] };
        let concludes = json!({
            "jurisdiction": jurisdiction, "days": days, "grade": self.dice.one_of(&["yellow", "red"]),
            "start": at.to_string(), "end": at.plus_hours(48).to_string(), "binding": false,
        });
        let reason = if self.dice.chance(700) { Some("the wind comes earlier") } else { None };
        let fields = json!({"consultation": consultation, "concludes": [concludes],
            "reason": reason, "text": "agreed"});
        self.will((1, 200), "region", "forecaster", "conclude", fields);
    }

    pub(super) fn next_move(&mut self, it: &Value, case: &str, owner: &str, to: &str) {
        if self.dice.chance(300) {
            return;
        }
        let evidence = [json!({"kind": "onsite", "ref": "r1"})];
        let by = self.now.date().plus(1);
        match to {
            "lead" => {
                let fields = json!({"case": case, "to": owner, "key": self.dice.chance(500)});
                self.will((10, 900), owner, "officer", "assign", fields);
            }
            "assigned" => {
                let fields = json!({"case": case, "kind": "joint", "parties": [owner, "region"],
                    "violation": self.dice.chance(700), "evidence": evidence});
                self.will((10, 900), owner, "inspector", "inspect", fields);
            }
            "inspected" if it["violation"] == true => {
                let fields = json!({"case": case, "penalties": ["fine"], "fine_yuan": 5_000,
                    "rectify_by": by});
                self.will((10, 900), owner, "command", "decide_case", fields);
            }
            "inspected" => {
                let fields = json!({"case": case, "reason": "nothing found"});
                self.will((10, 900), owner, "command", "drop_case", fields);
            }
            "decided" => {
                let fields = json!({"case": case, "text": "filters", "evidence": evidence});
                self.will((10, 900), owner, "officer", "rectify", fields);
            }
            "rectified" => {
                let fields = json!({"case": case, "passed": self.dice.chance(700),
                    "evidence": evidence, "rectify_by": by});
                self.will((10, 900), "region", "inspector", "accept_rectification", fields);
            }
            "accepted" => {
                let fields = json!({"case": case, "held": self.dice.chance(700),
                    "parties": [owner, "region"], "evidence": evidence});
                self.will((10, 900), "region", "inspector", "post_supervise", fields);
            }
            _ => {}
        }
    }
}
