//! Keys, `log verify`, `log prove` and `verify-bundle`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{airshed, json, printed, told_off};

/// A folder with a key and a signed log.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.printed(&["key", "new", "@bth.key", "--origin", "bth"]);
        place.printed(&["demo", "--json", "--log", "@log", "--key", "@bth.key"]);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What begins with @ lies in the folder.
    pub(crate) fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let path = |name: &str| self.path(name).to_str().unwrap().to_owned();
        let argument = |it: &&str| it.strip_prefix('@').map_or((*it).to_owned(), path);
        arguments.iter().map(argument).collect()
    }

    pub(crate) fn run<T>(&self, arguments: &[&str], run: impl Fn(&[&str]) -> T) -> T {
        let arguments = self.arguments(arguments);
        run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    pub(crate) fn printed(&self, arguments: &[&str]) -> String {
        self.run(arguments, printed)
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        self.run(arguments, json)
    }

    /// A run that must end with exit code 1, and what it says.
    pub(crate) fn fails(&self, arguments: &[&str]) -> (String, String) {
        let (code, out, err) = self.run(arguments, airshed);
        assert_eq!(code, 1, "{arguments:?}: {out}{err}");
        (out, err)
    }
}

/// Changes one byte of a file.
fn change(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_signed_log_is_verified_and_its_first_fault_is_named() {
    let place = Place::new();
    let words = place.printed(&["log", "verify", "@log", "--key", "@bth.key.pub"]);
    for part in [
        "The log is whole",
        "their signatures are valid",
        "only found by comparison with a checkpoint",
    ] {
        assert!(words.contains(part), "{words}\ndoes not say {part}");
    }
    let whole = place.json(&["log", "verify", "@log", "--json", "--key", "@bth.key.pub"]);
    assert_eq!((&whole["whole"], &whole["size"]), (&Value::from(true), &whole["records"]));
    assert_eq!(whole["signed"], whole["records"]);
    fs::copy(place.path("log/checkpoints"), place.path("kept")).unwrap();
    let words = place.printed(&["log", "verify", "@log", "--against", "@kept"]);
    assert!(words.contains("It continues every checkpoint"), "{words}");
    fs::rename(place.path("log/tree"), place.path("aside")).unwrap();
    fs::create_dir(place.path("log/tree")).unwrap();
    let (out, _) = place.fails(&["log", "verify", "@log", "--json"]);
    let fault: Value = serde_json::from_str(&out).unwrap();
    assert!(fault["file"].as_str().unwrap().ends_with("/tree") && fault["byte"].is_null());
    fs::remove_dir(place.path("log/tree")).unwrap();
    fs::rename(place.path("aside"), place.path("log/tree")).unwrap();
    change(&place.path("log/00000000000000000000.avro"), 300_000);
    let (out, err) = place.fails(&["log", "verify", "@log", "--json"]);
    let fault: Value = serde_json::from_str(&out).unwrap();
    let keys: Vec<&String> = fault.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["file", "byte", "position", "what"]);
    assert!(fault["position"].as_u64().unwrap() > 0, "{fault}");
    assert!(err.contains("the log is not whole"), "{err}");
}

#[test]
fn a_key_is_refused_that_others_can_read_and_a_signed_log_without_its_key() {
    let place = Place::new();
    let told = place.run(&["demo", "--log", "@log"], told_off);
    assert!(told.contains("name its key with --key"), "{told}");
    let told = place.run(&["key", "new", "@bth.key"], told_off);
    assert!(told.contains("is there already"), "{told}");
    let told = place.run(&["demo", "--log", "@other", "--key", "@bth.key.pub"], told_off);
    assert!(told.contains("chmod 600"), "{told}");
}

#[test]
fn an_order_set_is_proven_to_somebody_who_has_only_the_key() {
    let place = Place::new();
    let sets = place.printed(&["log", "cat", "@log", "--json", "--type", "order_set_issued"]);
    let set: Value = serde_json::from_str(sets.lines().next().unwrap()).unwrap();
    let position = set["position"].to_string();
    place.printed(&["log", "prove", "@log", &position, "-o", "@order.json"]);
    let check = ["verify-bundle", "@order.json", "--key", "@bth.key.pub"];
    let words = place.printed(&check);
    assert!(words.contains("asked") && words.contains("are in the log bth"), "{words}");
    let proven = place.json(&[&check[..], &["--json"]].concat());
    let count = |role: &str| {
        let records = proven["records"].as_array().unwrap();
        records.iter().filter(|it| it["role"] == role).count()
    };
    assert_eq!((count("asked"), count("rule_book")), (1, 1));
    assert!(count("warning") > 0 && count("hour") >= 24, "{words}");
    let asked = proven["records"].as_array().unwrap().iter().find(|it| it["role"] == "asked");
    assert_eq!(asked.unwrap()["record"], set);
    let text = fs::read_to_string(place.path("order.json")).unwrap();
    let changes = [
        ("\"grade\": \"orange\"", "\"grade\": \"yellow\"", "is not what its bytes say"),
        ("\"role\": \"hour\"", "\"role\": \"warning\"", "it is not the warning of this"),
        ("\"checkpoint\": \"bth", "\"checkpoint\": \"bht", "no signature of bht"),
        ("AAAA", "AAAB", "proves nothing"),
        ("\"format\": 2", "\"format\": 1", "a bundle of another version"),
    ];
    for (from, to, what) in changes {
        assert!(text.contains(from), "{from}");
        fs::write(place.path("order.json"), text.replacen(from, to, 1)).unwrap();
        let (_, told) = place.fails(&check);
        assert!(told.contains(what), "{told}");
    }
}

/// The first order set of the log: its position and number.
fn first_order_set(place: &Place) -> (String, String) {
    let sets = place.printed(&["log", "cat", "@log", "--json", "--type", "order_set_issued"]);
    let set: Value = serde_json::from_str(sets.lines().next().unwrap()).unwrap();
    (set["position"].to_string(), set["body"]["epoch"].to_string())
}

#[test]
fn an_explanation_goes_along_and_contradicts_no_proven_record() {
    let place = Place::new();
    let (position, epoch) = first_order_set(&place);
    place.printed(&["log", "prove", "@log", &position, "-o", "@order.json"]);
    let check = ["verify-bundle", "@order.json", "--key", "@bth.key.pub"];
    let proven = place.json(&[&check[..], &["--json"]].concat());
    let tree = place.json(&["explain", "@log", "order-set", &epoch, "--json"]);
    assert_eq!(proven["explanation"]["tree"], tree);
    let parts = |name: &str| proven["explanation"][name].as_u64().unwrap();
    // The records of the decision and its readings are here, older hours are not.
    assert!(
        parts("proven_parts") > 100 && parts("unproven_parts") > 0,
        "{}",
        parts("proven_parts")
    );
    let roles = proven["records"].as_array().unwrap().iter();
    assert!(roles.filter(|it| it["role"] == "readings").count() >= 24);
    let words = place.printed(&[&check[..], &["--explain"]].concat());
    for part in ["explanation is commentary", "contradicts no proven record", "BTH-2023"] {
        assert!(words.contains(part), "{words}\ndoes not say {part}");
    }

    let bundle: Value =
        serde_json::from_slice(&fs::read(place.path("order.json")).unwrap()).unwrap();
    let first = &bundle["explanation"]["decisions"][0];
    let closed = first["record"].clone();
    let series = first["series"].as_array().unwrap();
    let hour = series.iter().position(|it| it["record"] == closed).unwrap();
    let stations = first["stations"].as_array().unwrap();
    let station = stations.iter().position(|it| it["readings"][0].is_object()).unwrap();
    let lies = [
        ("/record", Value::from(0), "it is named as hour_closed and is"),
        ("/record", 1.into(), "hour_closed is named by 1, which is not in the bundle"),
        ("/warning/record", 1.into(), "is named by 1, which is not in the bundle"),
        (&format!("/series/{hour}/record"), 1.into(), "record is 1"),
        ("/air/pm25_ug_m3", 9.into(), "pm25_ug_m3 is 9, and not what its bytes say"),
        ("/warning/lead_time_h", 99.into(), "lead_time_h is 99"),
        ("/warning/act", "lifted".into(), "act is \"lifted\""),
        ("/warning/windows/0/mean_ug_m3", 1.into(), "windows is"),
        ("/order/grade", "red".into(), "grade is \"red\""),
        ("/order/measures", Value::Array(Vec::new()), "measures is []"),
        ("/order/order", "1-990000".into(), "it explains something else"),
        ("/jurisdiction", "110000".into(), "and not what its bytes say"),
        (&format!("/series/{hour}/ug_m3"), 9.into(), "ug_m3 is 9"),
        (&format!("/series/{hour}/hour"), "2019".into(), "hour is \"2019\""),
        (&format!("/stations/{station}/readings/0/value_ug_m3"), 9.into(), "no reading of"),
        ("/outlooks/0/maker", "CNEMC".into(), "maker is \"CNEMC\""),
        ("/standard/reference", "made up".into(), "reference is \"made up\""),
        ("/standard/id", "BTH-1999".into(), "no standard \"BTH-1999\""),
        ("/clauses/0/text", "> 300 for 24 h".into(), "text is \"> 300 for 24 h\""),
        ("/clauses/0/conditions/0/above", 150.into(), "above is 150"),
        ("/clauses/0/conditions/0/windows/0/index", 1.into(), "index is 1"),
    ];
    for (at, lie, what) in lies {
        let mut changed = bundle.clone();
        let part = changed["explanation"]["decisions"][0].pointer_mut(at);
        *part.unwrap_or_else(|| panic!("{at}")) = lie;
        fs::write(place.path("order.json"), changed.to_string()).unwrap();
        let (code, _, told) = place.run(&check, airshed);
        let found = told.contains("in the explanation") && told.contains(what);
        assert!(code == 1 && found, "{at}: {told}");
    }
    let mut fewer = bundle.clone();
    fewer["explanation"]["decisions"].as_array_mut().unwrap().pop();
    fs::write(place.path("order.json"), fewer.to_string()).unwrap();
    assert!(place.fails(&check).1.contains("it explains something else"));
    let mut without = bundle;
    without.as_object_mut().unwrap().remove("explanation");
    fs::write(place.path("order.json"), without.to_string()).unwrap();
    assert_eq!(place.json(&[&check[..], &["--json"]].concat())["explanation"], Value::Null);

    // One act on a warning is explained alone; a reading needs no explanation.
    let acts = place.printed(&["log", "cat", "@log", "--json", "--type", "warning_lifted"]);
    let act: Value = serde_json::from_str(acts.lines().next().unwrap()).unwrap();
    let prove = ["log", "prove", "@log", &act["position"].to_string(), "-o", "@order.json"];
    place.printed(&[&prove[..], &["--without-readings"]].concat());
    let proven = place.json(&[&check[..], &["--json"]].concat());
    let decisions = &proven["explanation"]["tree"]["decisions"];
    assert_eq!(decisions.as_array().unwrap().len(), 1);
    assert_eq!(decisions[0]["warning"]["record"], act["position"]);
    place.printed(&["log", "prove", "@log", "2", "-o", "@order.json"]);
    assert_eq!(place.json(&[&check[..], &["--json"]].concat())["explanation"], Value::Null);
}

#[test]
fn an_explanation_tells_no_other_law() {
    let place = Place::new();
    let (position, _) = first_order_set(&place);
    place.printed(&["log", "prove", "@log", &position, "-o", "@order.json"]);
    let whole: Value =
        serde_json::from_slice(&fs::read(place.path("order.json")).unwrap()).unwrap();
    let forged = |change: &dyn Fn(&mut Value), words: &str| {
        let mut forged = whole.clone();
        change(&mut forged);
        fs::write(place.path("forged.json"), forged.to_string()).unwrap();
        let (_, told) = place.fails(&["verify-bundle", "@forged.json", "--key", "@bth.key.pub"]);
        assert!(told.contains(words), "{told}");
    };
    let conditions = "/explanation/decisions/0/clauses/0/conditions";
    forged(&|it| *it.pointer_mut(conditions).unwrap() = serde_json::json!([]), "other conditions");
    let more = |it: &mut Value| {
        let all = it.pointer_mut(conditions).unwrap().as_array_mut().unwrap();
        all.push(all[0].clone());
    };
    forged(&more, "other conditions");
    let without_rules = |it: &mut Value| {
        it["records"].as_array_mut().unwrap().retain(|it| it["role"] != "rule_book");
    };
    forged(&without_rules, "proves nothing");
    let twice = |it: &mut Value| {
        let all = it["records"].as_array_mut().unwrap();
        all.push(all.last().unwrap().clone());
    };
    forged(&twice, "a record twice");
}

#[test]
fn bundles_of_every_version_verify() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/bundle-v1");
    let path = |name: &str| golden.join(name).to_str().unwrap().to_owned();
    let proven =
        json(&["verify-bundle", &path("hour.json"), "--key", &path("bth.key.pub"), "--json"]);
    assert_eq!((&proven["size"], &proven["explanation"]), (&Value::from(1039), &Value::Null));
    assert_eq!(proven["records"].as_array().unwrap().len(), 2);
}

/// Two stations of Shijiazhuang, an hour a row: a clean day, then a bad one.
fn readings(hours: i32) -> String {
    let mut text = "date,hour,type,1029A,1030A\n".to_owned();
    for hour in 1..=hours {
        let (day, of_day) = (10 + hour / 24, hour % 24);
        let value = if hour <= 24 { 30 } else { 260 };
        writeln!(text, "201901{day:02},{of_day},PM2.5,{value},{value}").unwrap();
    }
    text
}

#[test]
fn an_order_is_proven_by_each_rule_book_that_its_hours_were_closed_by() {
    let place = Place::new();
    let play = |hours: i32, outlook: &str| {
        fs::write(place.path("readings.csv"), readings(hours)).unwrap();
        let rules = ["--standard", "BTH-2023", "--outlook", outlook, "--key", "@bth.key", "-q"];
        let files = ["play", "@readings.csv", "--log", "@changed"];
        place.printed(&[&files[..], &rules].concat());
    };
    play(35, "none");
    // Another outlook of last resort is another rule book.
    play(70, "persistence:24");
    let lines = |kind: &str| {
        let told = place.printed(&["log", "cat", "@changed", "--json", "--type", kind]);
        let lines = told.lines().map(|it| serde_json::from_str(it).unwrap());
        lines.collect::<Vec<Value>>()
    };
    assert_eq!(lines("rule_book_adopted").len(), 2);
    let set = &lines("order_set_issued")[0];
    let position = set["position"].to_string();
    place.printed(&["log", "prove", "@changed", &position, "-o", "@order.json"]);
    let check = ["verify-bundle", "@order.json", "--key", "@bth.key.pub", "--json"];
    let proven = place.json(&check);
    let roles = proven["records"].as_array().unwrap().iter().map(|it| it["role"].clone());
    assert_eq!(roles.filter(|it| it == "rule_book").count(), 2);
    assert!(proven["explanation"]["proven_parts"].as_u64().unwrap() > 24);
}

#[test]
fn an_hour_that_late_values_amended_is_proven_by_its_amendment() {
    let place = Place::new();
    let mut text = "date,hour,type,1029A,1030A\n".to_owned();
    for (day, pm25) in [(1, 30), (2, 30), (3, 260), (4, 260), (5, 260)] {
        for hour in 0..24 {
            let second = if (day, hour) == (2, 20) { String::new() } else { pm25.to_string() };
            writeln!(text, "201901{day:02},{hour},PM2.5,{pm25},{second}").unwrap();
            writeln!(text, "201901{day:02},{hour},PM10,500,500").unwrap();
            if (day, hour) == (3, 3) {
                writeln!(text, "20190102,20,PM2.5,,400").unwrap();
            }
        }
    }
    fs::write(place.path("late.csv"), text).unwrap();
    let play = ["play", "@late.csv", "--log", "@late", "--key", "@bth.key", "--quiet"];
    place.printed(&[&play[..], &["--outlook", "persistence:48"]].concat());
    let records = |kind: &str| -> Vec<Value> {
        let told = place.printed(&["log", "cat", "@late", "--json", "--type", kind]);
        told.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
    };
    let amended = records("hour_amended")[0].clone();
    assert_eq!(
        (&amended["body"]["old_ug_m3"], &amended["body"]["new_ug_m3"]),
        (&30.into(), &215.into())
    );
    let position = records("order_set_issued")[0]["position"].to_string();
    place.printed(&["log", "prove", "@late", &position, "-o", "@order.json"]);
    let check = ["verify-bundle", "@order.json", "--key", "@bth.key.pub", "--json"];
    let proven = place.json(&check);
    let series = proven["explanation"]["tree"]["decisions"][0]["series"].as_array().unwrap();
    let place_of = series.iter().position(|it| it["hour"] == amended["body"]["hour"]).unwrap();
    assert_eq!(series[place_of]["ug_m3"], 215);
    assert_eq!(series[place_of]["record"], amended["position"]);
    let roles = proven["records"].as_array().unwrap();
    assert!(roles.iter().any(|it| it["record"]["position"] == amended["position"]));
    // The value that stood before is not what counts.
    let closed =
        records("hour_closed").into_iter().find(|it| it["body"]["hour"] == amended["body"]["hour"]);
    let text = fs::read_to_string(place.path("order.json")).unwrap();
    let bundle: Value = serde_json::from_str(&text).unwrap();
    for (key, lie, what) in [
        ("ug_m3", Value::from(30), "ug_m3 is 30"),
        ("record", closed.unwrap()["position"].clone(), "record is"),
    ] {
        let mut changed = bundle.clone();
        changed["explanation"]["decisions"][0]["series"][place_of][key] = lie;
        fs::write(place.path("order.json"), changed.to_string()).unwrap();
        let (_, told) = place.fails(&check);
        assert!(told.contains(what), "{told}");
    }
}
