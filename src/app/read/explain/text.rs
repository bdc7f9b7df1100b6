//! The tree as text: one statement on each line, indented below what it explains.

use serde_json::Value;

/// The whole tree.
pub(super) fn text(tree: &Value) -> String {
    let mut lines = Lines(String::new());
    lines.add(0, &capital(&word(&tree["of"])));
    for decision in list(&tree["decisions"]) {
        lines.decision(decision);
    }
    lines.0
}

struct Lines(String);

impl Lines {
    fn add(&mut self, depth: usize, words: &str) {
        self.0.push_str(&"  ".repeat(depth));
        self.0.push_str(words.trim_end());
        self.0.push('\n');
    }

    fn decision(&mut self, it: &Value) {
        let name = [word(&it["name"]), word(&it["name_zh"])].join(" ");
        let (name, hour) = (name.trim_end(), word(&it["hour"]));
        let head = format!("{} {name}, decision of {hour}", word(&it["jurisdiction"]));
        self.add(
            1,
            &format!("{head} (record {}, closed at {})", it["record"], word(&it["closed_at"])),
        );
        if it["stale"] == true {
            self.add(2, "closed too late for a decision");
        }
        self.order(it);
        self.act(&it["warning"]);
        for reason in list(&it["conditions"]) {
            self.add(3, &format!("{} {}", mark(&reason["holds"]), word(&reason["text"])));
        }
        self.standard(it);
        for (name, said) in [("margin", &it["margin"]["text"]), ("missing", &it["robustness"])] {
            if !said.is_null() {
                self.add(2, &format!("{name}: {}", word(said)));
            }
        }
        for (name, key) in [("also", "amendments"), ("later", "later")] {
            for record in list(&it[key]) {
                let (kind, words) = (word(&record["type"]), word(&record["text"]));
                self.add(2, &format!("{name}: {kind} {words} (record {})", record["record"]));
                for it in list(&record["readings"]) {
                    let (station, value, source) =
                        (word(&it["station"]), &it["value_ug_m3"], &it["source"]);
                    self.add(3, &format!("{station} {value} µg/m³{}", place(source)));
                }
            }
        }
        self.air(it);
    }

    fn order(&mut self, decision: &Value) {
        let it = &decision["order"];
        if it.is_null() {
            return;
        }
        let from = if it["effective_at"].is_null() {
            String::new()
        } else {
            format!(" from {}", word(&it["effective_at"]))
        };
        let words = format!(
            "order {}: {} {}{from}",
            word(&it["order"]),
            word(&it["act"]),
            word(&it["grade"])
        );
        self.add(2, &format!("{words}, by {} (record {})", words_of(&it["causes"]), it["record"]));
        for it in list(&decision["measures"]) {
            let (id, text, zh) = (word(&it["measure"]), word(&it["text"]), word(&it["text_zh"]));
            let certainty = word(&it["certainty"]);
            self.add(3, format!("measure {id}: {text} {zh}").trim_end());
            self.add(4, &format!("by {} [{certainty}]", word(&it["reference"])));
        }
    }

    fn act(&mut self, it: &Value) {
        if it.is_null() {
            self.add(2, "no act on a warning");
            return;
        }
        let clause = if it["clause"].is_null() {
            "no clause".to_owned()
        } else {
            format!("clause {}", word(&it["clause"]))
        };
        self.add(
            2,
            &format!(
                "warning {} {}: {} from {}, by {} {clause}; {} h observed, {} h forecast (record {})",
                word(&it["warning"]), word(&it["act"]), word(&it["grade"]), word(&it["start"]),
                word(&it["standard"]), it["observed_hours"], it["forecast_hours"], it["record"],
            ),
        );
    }

    fn standard(&mut self, it: &Value) {
        let standard = &it["standard"];
        if standard.is_null() {
            self.add(2, "no standard is in force");
            return;
        }
        self.add(
            2,
            &format!(
                "standard {}: {}; {} [{}]",
                word(&standard["id"]),
                word(&standard["title"]),
                word(&standard["reference"]),
                word(&standard["certainty"]),
            ),
        );
        for clause in list(&it["clauses"]) {
            self.clause(clause);
        }
        let episode = &it["episode"];
        if !episode.is_null() {
            self.add(
                3,
                &format!(
                    "episode {} from {} to {}, by {}",
                    word(&episode["grade"]),
                    word(&episode["begin"]),
                    word(&episode["end"]),
                    word(&episode["clause"])
                ),
            );
        }
        let (up, down) = (&it["margin"]["up"], &it["margin"]["down"]);
        if up["rise_ug_m3"] == 0 {
            let (grade, clause) = (word(&up["grade"]), word(&up["clause"]));
            let words = "the windows are above the bound, but their last bad hour is over";
            self.add(3, &format!("not {grade} ({clause}): {words}"));
        } else if !up.is_null() {
            let (grade, clause) = (word(&up["grade"]), word(&up["clause"]));
            let rise = &up["rise_ug_m3"];
            let words = format!("if every window of its chain were {rise} µg/m³ higher");
            self.add(3, &format!("{grade} ({clause}) {words}"));
        }
        if !down.is_null() {
            self.add(
                3,
                &format!(
                    "no longer {} if its lowest window were {} µg/m³ lower",
                    word(&down["clause"]),
                    down["fall_ug_m3"]
                ),
            );
        }
    }

    fn clause(&mut self, it: &Value) {
        self.add(
            3,
            &format!(
                "{} {} {}: {}",
                mark(&it["holds"]),
                word(&it["grade"]),
                word(&it["clause"]),
                word(&it["text"])
            ),
        );
        for condition in list(&it["conditions"]) {
            let bound = match condition["above"].as_u64() {
                Some(above) => format!("> {above}"),
                None => format!(">= {}", condition["at_least"]),
            };
            self.add(
                4,
                &format!(
                    "{} {bound} for {} h, from {} µg/m³",
                    mark(&condition["holds"]),
                    condition["hours"],
                    condition["exceeds_from_ug_m3"]
                ),
            );
            for window in list(&condition["windows"]) {
                let end = word(&window["end"]);
                let words = if window["index"].is_null() {
                    format!("24 h to {end}: not known")
                } else {
                    format!(
                        "24 h to {end}: mean {} µg/m³, index {}, {} valid hours",
                        window["mean_ug_m3"], window["index"], window["valid_hours"]
                    )
                };
                self.add(5, &words);
            }
        }
    }

    fn air(&mut self, it: &Value) {
        let air = &it["air"];
        let known =
            |value: &Value| if value.is_null() { "missing".to_owned() } else { value.to_string() };
        self.add(
            2,
            &format!(
                "air: hour {} µg/m³ (index {}), 24 h {} µg/m³ (index {}, {} valid hours), by {}",
                known(&air["pm25_ug_m3"]),
                known(&air["index_1h"]),
                known(&air["mean_24h_ug_m3"]),
                known(&air["index_24h"]),
                air["valid_hours"],
                word(&air["index_standard"]["id"]),
            ),
        );
        for station in list(&it["stations"]) {
            self.station(station);
        }
        for outlook in list(&it["outlooks"]) {
            let issue = &outlook["newest_issue"];
            let newest = if issue.is_null() {
                String::new()
            } else {
                format!(
                    ", newest issue of {} (record {}{})",
                    word(&issue["issued_at"]),
                    issue["record"],
                    place(&issue["source"])
                )
            };
            self.add(
                3,
                &format!("forecast by {}: {} h{newest}", word(&outlook["maker"]), outlook["hours"]),
            );
        }
    }

    fn station(&mut self, it: &Value) {
        let value = if it["value_ug_m3"].is_null() {
            String::new()
        } else {
            format!(" {} µg/m³", it["value_ug_m3"])
        };
        let why = if it["used"] == true {
            String::new()
        } else {
            format!(", left out: {}", word(&it["left_out"]))
        };
        let flag = if it["flag"].is_null() {
            String::new()
        } else {
            format!(", flagged {}", word(&it["flag"]))
        };
        self.add(3, &format!("{} {}{value}{flag}{why}", word(&it["station"]), word(&it["name"])));
        for reading in list(&it["readings"]) {
            let value = if reading["value_ug_m3"].is_null() {
                "missing".to_owned()
            } else {
                reading["value_ug_m3"].to_string()
            };
            self.add(
                4,
                &format!(
                    "{value} {}, record {}{}",
                    word(&reading["outcome"]),
                    reading["record"],
                    place(&reading["source"])
                ),
            );
        }
    }
}

fn place(source: &Value) -> String {
    if let Some(file) = source["file"].as_str() {
        return format!(", {file}:{}", source["line"]);
    }
    match source["topic"].as_str() {
        Some(topic) => format!(", {topic}/{}:{}", source["partition"], source["offset"]),
        None => String::new(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn words_of(value: &Value) -> String {
    list(value).iter().map(word).collect::<Vec<_>>().join(", ")
}

fn mark(holds: &Value) -> &'static str {
    if holds == true { "yes:" } else { "no: " }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |it| it.to_uppercase().chain(letters).collect())
}
