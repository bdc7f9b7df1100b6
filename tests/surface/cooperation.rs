//! Commands about joint control: `matters`, `score`, `explain order` and the like.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use airshed::domain::cooperation::What;
use airshed::engine::{EventLog as _, Record};
use airshed::io::segments::SegmentLog;
use airshed::wire::record::RuleFiles;
use airshed::wire::rule_book;
use serde_json::json;

use super::commands::line;
use super::stage::log_of;
use super::{airshed, json, printed, told_off};

/// Writes the log of a scenario into a folder.
pub(super) fn write(folder: &Path, scenario: &str) {
    let parse = |files: &RuleFiles| {
        rule_book::parse(files.to_vec()).map(Arc::new).map_err(|error| error.to_string())
    };
    let records: Vec<Record> = log_of(scenario).iter().map(|it| it.record.clone()).collect();
    SegmentLog::open(folder, parse).unwrap().append(&records).unwrap();
}

/// A folder that lives as long as the test, and the path of the log of a scenario in it.
fn log(scenario: &str) -> (tempfile::TempDir, String) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("log");
    write(&folder, scenario);
    let path = folder.to_str().unwrap().to_owned();
    (place, path)
}

/// One thing of each kind.
pub(super) const OF_EACH: &str = r#"
    rules \n[[approval]]\njurisdictions = ["130600"]\nmode = "role"\nbody = "self"\nrole = "government"\nwithin_min = 180\non_silence = "approved"
    decide 09:30 130600 issue red 12-05T08:00 12-09T08:00 warning; 130200 issue orange 12-05T09:00 12-09T08:00 synchrony
    10:00
    forecaster region convene {"kind": "episode", "participants": ["13", "110000"], "jurisdictions": ["130100"], "opinions_by": "2025-12-04T14:00:00+08:00", "title": "t"}
    officer 120111 whistle {"place": "120111", "summons": ["131081"], "text": "t"}
    officer 120111 lead {"place": "131081", "source": "patrol", "sector": "industry", "text": "t", "evidence": []}
    12:00
"#;

const LATE: &str = r#"
    09:00
    officer 130500 object {"order": "1-130500", "measures": ["roads-cleaned-more"], "ground": "safety", "reason": "frost", "evidence": EV}
    09:10
    officer 130100 acknowledge {"order": "1-130100"}
    09:20
    forecaster region convene {"kind": "episode", "participants": ["13", "110000"], "jurisdictions": ["130100"], "opinions_by": "2025-12-04T14:00:00+08:00", "title": "t"}
    10:50
    officer 130500 acknowledge {"order": "1-130500"}
    11:35
"#;

/// Every line fits a terminal of 80 columns.
#[track_caller]
fn is_narrow(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn the_order_board_is_text_for_80_columns() {
    let (_place, log) = log(LATE);
    let expected = "\
As of 2025-12-04 11:35

Order set 1 of 2025-12-04 08:30, from 2025-12-05 08:00
  1-130100    Shijiazhuang      impose orange  12-04 09:10 by 130100, in time
  1-130181    Xinji             impose orange  due 12-04 12:30
  1-130400    Handan            impose red     due 12-04 10:30
  1-130500    Xingtai           impose red     12-04 10:50 by 130500, in time

Due          Left         Owner   Step       Open matter
12-04 10:30  -1 h 5 min   130400  to 13      1-130400/acknowledge
    next: escalated to region at 12-04 12:00
12-04 12:30  55 min       130181  -          1-130181/acknowledge

Due          Left         Silence    Of
12-04 14:00  2 h 25 min   closed     region-c1/opinions
    waits for 110000 13 region
";
    let text = printed(&["matters", &log]);
    assert_eq!(text, expected);
    is_narrow(&text);
}

#[test]
fn long_matters_objections_and_offers_have_their_own_lines() {
    let (_place, log) = log(r#"
        officer 130100 acknowledge {"order": "1-130100"}
        set 2 09:00 130500 raise red 12-05T08:00
        09:05
        officer 130500 object {"order": "2-130500", "measures": ["health-tip"], "ground": "safety", "reason": "r", "evidence": EV}
        09:50
    "#);
    let text = printed(&["matters", &log]);
    for part in [
        "  1-130500    Xingtai           impose red     superseded, never acknowledged\n",
        "12-04 11:00  stopped      130500  -          2-130500/acknowledge\n",
        "    13 decides the objection by 12-04 10:05; then 1 h 55 min are left\n",
        "12-04 10:05  15 min       overruled  2-130500/review\n    waits for 13\n",
    ] {
        assert!(text.contains(part), "{text}\ndoes not have {part}");
    }
    is_narrow(&text);
}

#[test]
fn a_body_sees_its_own_matters_and_a_part_of_the_others() {
    let (_place, log) = log(LATE);
    let of = |body: &str| json(&["matters", &log, "--as", body, "--json"]);
    let own = of("130400");
    let matters = |of: &serde_json::Value| {
        let all = of["matters"].as_array().unwrap().iter();
        all.map(|it| it["matter"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(matters(&own), ["1-130400/acknowledge"]);
    let own_matter = &own["matters"][0];
    assert_eq!(own_matter["left_min"], -65);
    assert_eq!(own_matter["step"], "escalated");
    assert_eq!(own_matter["escalated_to"], json!(["13"]));
    assert_eq!(own_matter["next"]["to"], "region");
    let other = &own["order_sets"][0]["orders"][0];
    assert_eq!(other["order"], "1-130100");
    assert_eq!(other["acknowledge_by"], json!(null));
    assert_eq!(other["acknowledged"]["in_time"], true);
    let by = json!({"jurisdiction": "130100", "role": "officer"});
    assert_eq!(other["acknowledged"]["by"], by, "the name is not for others");
    // The body above sees all of it.
    let above = of("13");
    assert_eq!(matters(&above), ["1-130400/acknowledge", "1-130181/acknowledge"]);
    assert_eq!(above["order_sets"][0]["orders"][0]["acknowledged"]["by"]["name"], "duty officer");
    assert_eq!(above["silence_decides"][0]["matter"], "region-c1/opinions");
    assert_eq!(own["silence_decides"], json!([]));
    // A guest sees nothing of it.
    assert_eq!(of("37")["order_sets"], json!([]));
    let wrong = told_off(&["matters", &log, "--as", "139900"]);
    assert!(wrong.contains("--as 139900: no such body"), "{wrong}");
}

/// S03: 130100 in time, 130181 never, 130400 late, 130500 raised before it was due.
const S03: &str = include_str!("../engine/cooperation/s03.txt");

#[test]
fn scores_have_numerator_denominator_and_what_is_left_out() {
    let (_place, log) = log(S03);
    let day = ["--from", "2025-12-04", "--to", "2025-12-04"];
    let found = json(&[&["score", &log, "--json"], &day[..]].concat());
    let expected = json!({
        "numerator": 2, "denominator": 4, "percent": 50, "left_out": 1, "not_due_yet": 0,
    });
    assert_eq!(found["all"]["acknowledged_in_time"], expected);
    assert_eq!(found["left_out"]["acknowledged_in_time"], "ended before due");
    assert_eq!(found["all"]["cases_in_time"]["percent"], json!(null));
    assert_eq!(found["bodies"].as_array().unwrap().len(), 16);
    let text = printed(&[&["score", &log, "--as", "130100"], &day[..]].concat());
    for part in
        ["130100 Shijiazhuang *      1/1 100 %", "2/4 50 % (1)", "1 left out, ended before due"]
    {
        assert!(text.contains(part), "{text}\ndoes not have {part}");
    }
    is_narrow(&text);
    let wrong = told_off(&["score", &log, "--from", "2025-12-05", "--to", "2025-12-04"]);
    assert!(wrong.contains("--to 2025-12-04 is before --from 2025-12-05"), "{wrong}");
    let guest = told_off(&[&["score", &log, "--as", "37"], &day[..]].concat());
    assert!(guest.contains("--as 37: a guest sees no scores"), "{guest}");
    told_off(&["score", &log, "--from", "yesterday", "--to", "2025-12-04"]);
}

#[test]
fn what_became_of_a_thing_is_explained_with_positions() {
    let (_place, log) = log(LATE);
    let order = json(&["explain", &log, "order", "1-130500", "--json"]);
    assert_eq!(order["now"]["state"], "acknowledged");
    assert_eq!(order["now"]["acknowledge_by"], "2025-12-04T11:30:00+08:00");
    let records = order["records"].as_array().unwrap();
    let types: Vec<&str> = records.iter().map(|it| it["type"].as_str().unwrap()).collect();
    let expected = [
        "warning_issued",
        "order_set_issued",
        "order_objected",
        "objection_decided",
        "order_acknowledged",
    ];
    assert_eq!(types, expected);
    // The positions are those of the log.
    for it in records {
        let at = it["record"].to_string();
        let line = printed(&["log", "cat", &log, "--from", &at, "--to", &at]);
        assert!(line.contains(it["type"].as_str().unwrap()), "{line}");
    }
    let last = &records[4]["command"];
    assert_eq!(
        (&last["command"], &last["actor"]["jurisdiction"]),
        (&json!("acknowledge"), &json!("130500"))
    );
    let at = last["record"].to_string();
    let given = printed(&["log", "cat", &log, "--json", "--from", &at, "--to", &at]);
    assert!(given.contains("\"command_given\""), "{given}");
    assert_eq!(records[3]["because_of"]["type"], "ticked");

    let matter = printed(&["explain", &log, "matter", "1-130400/acknowledge"]);
    for part in [
        "Matter 1-130400/acknowledge\n",
        "  step            escalated to 13\n",
        "  matter_reminded  1-130400/acknowledge of 130400, next is 13\n",
        "  matter_escalated  1-130400/acknowledge of 130400 to 13, step 1\n",
        "    due 2025-12-04 10:30\n",
    ] {
        assert!(matter.contains(part), "{matter}\ndoes not have {part}");
    }
    let response = printed(&["explain", &log, "response", "130500-r1"]);
    assert!(response.contains("  orders          1-130500\n"), "{response}");
    let consultation = printed(&["explain", &log, "consultation", "region-c1"]);
    assert!(consultation.contains("by command c3 in record "), "{consultation}");
    let (code, _, words) = airshed(&["explain", &log, "case", "131000-e1"]);
    assert_eq!(code, 1);
    assert!(words.contains("has no case 131000-e1"), "{words}");
}

#[test]
fn each_type_of_record_can_be_asked_for() {
    let (_place, log) = log(LATE);
    let cat = |kind: &str| printed(&["log", "cat", &log, "--type", kind]);
    let overdue = cat("matter_overdue");
    assert!(
        overdue.ends_with("1-130400/acknowledge of 130400, was due 2025-12-04 10:30\n"),
        "{overdue}"
    );
    let unknown = told_off(&["log", "cat", &log, "--type", "matter"]);
    for kind in What::NAMES {
        assert!(unknown.contains(kind), "{unknown} does not name {kind}");
        cat(kind);
    }
}

/// A demo with commands: an acknowledgement of orange, a consultation and a lead.
fn demo_with_commands(place: &Path) -> String {
    let opinions_by = "2025-12-04T14:00:00+08:00";
    let convene = json!({
        "kind": "episode", "participants": ["13", "110000"], "jurisdictions": ["130100"],
        "opinions_by": opinions_by, "title": "t",
    });
    let lead = json!({
        "place": "131081", "source": "patrol", "sector": "industry", "text": "t", "evidence": [],
    });
    let given = [
        line("a1", "officer 130100", "09:10", "acknowledge", &json!({"order": "1-130100"})),
        line("c1", "forecaster region", "10:00", "convene", &convene),
        line("e1", "officer 120111", "15:00", "lead", &lead),
    ];
    let file = place.join("commands.jsonl");
    fs::write(&file, given.concat()).unwrap();
    let log = place.join("demo").to_str().unwrap().to_owned();
    let demo = ["demo", "--log", &log, "--commands", file.to_str().unwrap()];
    let text = printed(&demo);
    for part in
        ["Acknowledged in time", "Overdue", "Verified", "Shijiazhuang                     1 of 4"]
    {
        assert!(text.contains(part), "{text}\ndoes not have {part}");
    }
    let summary = json(&[&demo[..], &["--json"]].concat());
    let all = summary["jurisdictions"].as_array().unwrap();
    let of = |code: &str| all.iter().find(|it| it["jurisdiction"] == code).unwrap().clone();
    let shijiazhuang = of("130100");
    assert_eq!(shijiazhuang["acknowledged_in_time"], json!({"numerator": 1, "denominator": 4}));
    assert_eq!(shijiazhuang["verified"]["numerator"], 0);
    assert!(of("130400")["overdue"].as_u64().unwrap() > 4);
    // The skill of the forecasts is that of the days of the period.
    let day = ["--from", "2025-12-05", "--to", "2025-12-05", "--json"];
    let scores = json(&[&["score", &log], &day[..]].concat());
    let makers = scores["all"]["skill"].as_array().unwrap();
    assert_eq!(makers[0]["maker"], "demo");
    let lead_days = makers[0]["lead_days"].as_array().unwrap().iter();
    assert!(lead_days.clone().all(|it| it["days"].as_u64().unwrap() <= 13), "{makers:?}");
    assert!(lead_days.map(|it| it["days"].as_u64().unwrap()).sum::<u64>() > 0, "{makers:?}");
    log
}

/// D04: the closing table has the answers, and what-if takes commands along.
#[test]
fn what_if_takes_commands_along_and_counts_those_without_their_object() {
    let place = tempfile::tempdir().unwrap();
    let log = demo_with_commands(place.path());
    let counts =
        |more: &[&str]| json(&[&["what-if", &log, "--json"], more].concat())["commands"].clone();
    assert_eq!(counts(&[]), json!({"recorded": 3, "without_object": 0}));
    // By that standard 130100 has another grade in set 1.
    let other = ["--standard", "BTH-2016"];
    assert_eq!(counts(&other), json!({"recorded": 3, "without_object": 1}));
    let text = printed(&[&["what-if", &log], &other[..]].concat());
    assert!(text.contains("3 commands of bodies, 1 without_object (left out)"), "{text}");
    assert!(printed(&["replay", &log, "--check"]).contains("every decision is what"));
}

#[test]
fn a_proposal_is_on_the_board_for_those_that_have_an_item() {
    let (_place, log) = log(OF_EACH);
    let of = |body: &str| json(&["matters", &log, "--as", body, "--json"]);
    let own = of("130600");
    assert_eq!(own["proposals"][0]["proposal"], "p1");
    let item = &own["proposals"][0]["items"][1];
    assert_eq!((&item["jurisdiction"], &item["needs"]), (&json!("130600"), &json!("role")));
    assert_eq!(item["on_silence"], "approved");
    assert_eq!(own["silence_decides"][0]["matter"], "p1/130600");
    assert_eq!(of("130200")["proposals"][0]["items"].as_array().unwrap().len(), 2);
    assert_eq!(of("130100")["proposals"], json!([]));
    let text = printed(&["matters", &log]);
    for part in [
        "\nProposal p1: waits for approval\n",
        "  130600      Baoding           issue red      waits for 130600\n",
        "12-04 12:30  30 min       approved   p1/130600\n    waits for 130600\n",
    ] {
        assert!(text.contains(part), "{text}\ndoes not have {part}");
    }
    is_narrow(&text);
    let story = json(&["explain", &log, "proposal", "p1", "--json"]);
    assert_eq!(story["now"]["pending"], "130600");
    assert_eq!(story["records"][0]["type"], "warning_proposed");
}
