//! Every mistake is refused with file, line, key and what would be right.

use proptest::prelude::*;

use super::*;
use crate::domain::{
    Averaging, Bound, ClockRule, Date, Division, Grade, JurisdictionIndex, LastResort, NegativeAs,
    Pollutant, StationIndex,
};
use crate::wire::stations::Stations;

/// The built-in book with the first `old` in a file replaced; an empty `old` replaces the whole
/// file (or adds it), and a `new` of `DELETE` takes the file away.
fn edited(file: &str, old: &str, new: &str) -> Files {
    let mut files = built_in();
    let place = files.iter().position(|(name, _)| &**name == file);
    match place {
        Some(place) if new == "DELETE" => {
            files.remove(place);
        }
        Some(place) if old.is_empty() => files[place].1 = new.into(),
        Some(place) => {
            assert!(files[place].1.contains(old), "{file} does not contain {old}");
            files[place].1 = files[place].1.replacen(old, new, 1).into();
        }
        None => files.push((file.into(), new.into())),
    }
    files
}

fn book(file: &str, old: &str, new: &str) -> RuleBook {
    parse(edited(file, old, new)).unwrap_or_else(|error| panic!("{error}"))
}

fn check_refused(file: &str, old: &str, new: &str, expected: &[&str]) {
    let message = match parse(edited(file, old, new)) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("taken: {file} with {new}"),
    };
    for part in expected {
        assert!(message.contains(part), "{message}\n does not say: {part}");
    }
}

fn jurisdiction(rules: &Rules, code: u32) -> JurisdictionIndex {
    let place = rules.jurisdictions.iter().position(|it| it.division == Division(code)).unwrap();
    JurisdictionIndex(u16::try_from(place).unwrap())
}

fn standard_on(rules: &Rules, code: u32, date: &str) -> Option<String> {
    let date = Date::parse(date).unwrap();
    rules.standard(jurisdiction(rules, code), date).map(|it| it.id.to_string())
}

#[test]
fn the_built_in_book_is_the_airshed_of_thirteen_and_three() {
    let book = parse(built_in()).unwrap();
    let rules = &book.rules;
    assert_eq!(
        (&*rules.airshed, rules.jurisdictions.len(), rules.stations.len()),
        ("bth", 16, 152)
    );
    assert_eq!(rules.jurisdictions.iter().filter(|it| it.follows.is_some()).count(), 3);
    assert!(rules.jurisdictions.is_sorted_by_key(|it| it.division));
    assert!(rules.stations.is_sorted_by_key(|it| it.code.clone()));
    assert_eq!(book.digest.len(), 64);
    let parameters = &rules.parameters;
    assert_eq!(parameters.outlooks.horizon_h, 120);
    assert_eq!(parameters.outlooks.outlook_of_last_resort, LastResort::Persistence(12));
    assert_eq!(parameters.closing.closes_on, [Pollutant::Pm25, Pollutant::Pm10]);
    assert_eq!(parameters.orders.acknowledge_within_h, [0, 24, 8, 4, 2]);
    assert_eq!(parameters.only_standard, None);
    for index in &rules.indexes {
        assert_eq!(index.scales.len(), 12, "{}", index.id);
    }
    for grade in [Grade::Blue, Grade::Yellow, Grade::Orange, Grade::Red] {
        let measures = rules.measures.iter();
        let here = measures.filter(|it| it.from_grade <= grade && grade <= it.to_grade);
        assert!(here.filter(|it| it.jurisdictions.is_empty()).count() > 0, "{grade}");
    }
}

#[test]
fn the_standard_in_force_is_a_function_of_jurisdiction_and_date() {
    let rules = parse(built_in()).unwrap().rules;
    let (beijing, tianjin, tangshan, chengde) = (110_000, 120_000, 130_200, 130_800);
    for (code, date, expected) in [
        (beijing, "2013-10-21", None),
        (beijing, "2013-10-22", Some("BJ-2013")),
        (beijing, "2015-03-29", Some("BJ-2013")),
        (beijing, "2015-03-30", Some("BJ-2015")),
        (beijing, "2016-02-03", Some("BJ-2015")),
        (beijing, "2016-02-04", Some("BTH-2016P")),
        (beijing, "2016-03-31", Some("BTH-2016P")),
        (beijing, "2016-04-01", Some("BJ-2015")),
        (beijing, "2016-12-14", Some("BJ-2015")),
        (beijing, "2016-12-15", Some("BTH-2016")),
        (tianjin, "2015-12-23", None),
        (tianjin, "2016-02-04", Some("BTH-2016P")),
        (tangshan, "2016-04-01", None),
        (tangshan, "2016-10-30", None),
        (tangshan, "2016-10-31", Some("BTH-2016")),
        (chengde, "2016-03-01", None),
        (chengde, "2017-10-15", Some("BTH-2016")),
        (chengde, "2017-10-16", Some("BTH-2017")),
        (tianjin, "2018-12-27", Some("BTH-2017")),
        (tianjin, "2018-12-28", Some("BTH-2018")),
        (beijing, "2023-10-24", Some("BTH-2018")),
        (beijing, "2023-10-25", Some("BTH-2023")),
        (tangshan, "2024-03-06", Some("BTH-2018")),
        (tangshan, "2024-03-07", Some("BTH-2023")),
        (tangshan, "2026-11-01", Some("BTH-2023")),
    ] {
        assert_eq!(standard_on(&rules, code, date).as_deref(), expected, "{code} on {date}");
    }
}

#[test]
fn clauses_are_read_as_written() {
    let rules = parse(built_in()).unwrap().rules;
    let standard = |id: &str| rules.standards.iter().find(|it| &*it.id == id).unwrap();
    let red = &standard("BJ-2015").clauses[3];
    assert_eq!((red.main.bound, red.main.windows), (Bound::Above(200), 4), "more than 72 h");
    let red = &standard("BTH-2018").clauses[2..];
    let within = red[0].within.unwrap();
    assert_eq!((within.bound, within.windows), (Bound::Above(300), 2));
    assert_eq!((red[1].main.bound, red[1].main.windows), (Bound::AtLeast(500), 1));
    assert_eq!(standard("BTH-2018").known_grade(Grade::Blue), Grade::Yellow);
}

#[test]
fn stations_are_known_by_code_and_alias_but_not_by_a_name_of_many() {
    let rules = parse(built_in()).unwrap().rules;
    let stations = Stations::new(&rules);
    let code = |name: &str| {
        stations.get(name).map(|StationIndex(it)| &*rules.stations[usize::from(it)].code)
    };
    for (name, expected) in [
        ("1001A", Some("1001A")),
        ("东四", Some("1003A")),
        ("dongsi", Some("1003A")),
        ("dongsi_aq", Some("1003A")),
        ("Aotizhongxin", Some("1011A")),
        ("pingchang_aq", Some("1010A")),
        ("Changping", Some("1010A")),
        ("3188A", Some("3188A")),
        ("监测站", None),
        ("开发区", None),
        ("市环保局", None),
        ("门头沟", None),
        ("", None),
    ] {
        assert_eq!(code(name), expected, "{name}");
    }
}

#[test]
fn a_replaced_station_counts_until_its_successor_begins() {
    let rules = parse(built_in()).unwrap().rules;
    let station = |code: &str| rules.stations.iter().find(|it| &*it.code == code).unwrap();
    for (code, stop, replaced) in [
        ("1013A", Some("2015-07-02"), Some("2015-07-02")),
        ("1014A", Some("2016-11-22"), Some("2016-11-22")),
        ("1016A", Some("2016-06-01"), Some("2016-06-01")),
        ("1025A", Some("2017-04-26"), Some("2017-04-26")),
        ("1028A", Some("2015-07-03"), None),
        ("1045A", None, Some("2017-10-12")),
        ("1076A", Some("2018-11-24"), Some("2018-11-24")),
        ("1001A", None, None),
    ] {
        let expected = (stop.and_then(Date::parse), replaced.and_then(Date::parse));
        assert_eq!((station(code).stop, station(code).replaced_on), expected, "{code}");
    }
    let control: Vec<_> =
        rules.stations.iter().filter(|it| it.control_point).map(|it| &*it.code).collect();
    assert_eq!(control, ["1002A", "1027A", "1035A", "1061A", "1066A"]);
}

#[test]
fn the_index_of_carbon_monoxide_is_in_tenths_of_a_milligram() {
    let rules = parse(built_in()).unwrap().rules;
    for index in &rules.indexes {
        let mut scales = index.scales.iter();
        let scale = scales
            .find(|it| (it.pollutant, it.averaging) == (Pollutant::Co, Averaging::Hour24))
            .unwrap();
        assert_eq!((scale.step_tenths, scale.points[1]), (1000, (20, 50)));
    }
}

#[test]
fn the_digest_tells_every_change_and_no_order() {
    let digest = |files: Files| parse(files).unwrap().digest;
    let plain = digest(built_in());
    let mut turned = built_in();
    turned.reverse();
    assert_eq!(digest(turned), plain);
    assert_ne!(digest(edited("airshed.toml", "name = \"bth\"", "name = \"bth2\"")), plain);
    assert_ne!(digest(edited("run.toml", "", "")), plain);
}

#[test]
fn a_run_overrides_parameters_and_the_standard() {
    let run = "only_standard = \"BTH-2023\"\n[parameters]\nclock = \"sources\"\ngrace_min = 90\n\
               negative_as = \"half_detection_limit\"\nhalf_detection_limit_ug_m3 = 1.5\n";
    let rules = book("run.toml", "", run).rules;
    assert_eq!(rules.parameters.closing.clock, ClockRule::Sources);
    assert_eq!(rules.parameters.closing.grace_min, 90);
    assert_eq!(rules.parameters.readings.negative_as, NegativeAs::HalfDetectionLimit(15));
    assert_eq!(rules.parameters.acts.notice_h, 24);
    assert_eq!(standard_on(&rules, 130_800, "2013-01-01").as_deref(), Some("BTH-2023"));
}

#[test]
fn a_new_rule_is_an_edit_of_a_data_file() {
    let standard = r#"
        id = "BTH-2030"
        title = "A stricter grading"
        reference = "none yet"
        certainty = "INTERPRETATION"
        duration_as = "rolling"
        window_phase = "calendar_day"
        [[clauses]]
        grade = "red"
        id = "red-1"
        text = "> 100 for 72 h and > 150 for 48 h within it"
        main = { above = 100, hours = 72 }
        within = { above = 150, hours = 48 }
        [[in_force]]
        jurisdictions = ["130100"]
        from = 2030-01-01
        reference = "none yet"
        certainty = "INTERPRETATION"
    "#;
    let rules = book("standards/BTH-2030.toml", "", standard).rules;
    assert_eq!(standard_on(&rules, 130_100, "2029-12-31").as_deref(), Some("BTH-2023"));
    assert_eq!(standard_on(&rules, 130_100, "2030-01-01").as_deref(), Some("BTH-2030"));
    assert_eq!(standard_on(&rules, 130_200, "2030-01-01").as_deref(), Some("BTH-2023"));

    let clause = "[[clauses]]\ngrade = \"blue\"\nid = \"blue-1\"\ntext = \"> 120\"\n\
                  main = { above = 120, hours = 24 }\n\n[[in_force]]";
    let rules = book("standards/BTH-2023.toml", "[[in_force]]", clause).rules;
    let edited = rules.standards.iter().find(|it| &*it.id == "BTH-2023").unwrap();
    assert_eq!(edited.lowest_bound(), Some(Bound::Above(120)));
    assert_eq!(edited.clauses.last().unwrap().grade, Grade::Blue);
}

#[test]
fn a_wrong_set_of_files_is_refused() {
    check_refused("airshed.toml", "", "DELETE", &["airshed.toml: the file: is missing"]);
    check_refused("stations.csv", "", "DELETE", &["stations.csv: the file: is missing"]);
    check_refused("measures.toml", "", "DELETE", &["measures.toml: the file: is missing"]);
    check_refused("standrads/X.toml", "", "", &["standrads/X.toml", "standards/*.toml"]);
    let mut twice = built_in();
    twice.push(twice[0].clone());
    assert!(parse(twice).unwrap_err().to_string().contains("is given twice"));
    let mut without_index = built_in();
    without_index.retain(|(name, _)| !name.starts_with("index/"));
    assert!(parse(without_index).unwrap_err().to_string().contains("index/*.toml"));
}

#[test]
fn wrong_parameters_are_refused() {
    let check = |old: &str, new: &str, expected: &[&str]| {
        check_refused("airshed.toml", old, new, expected);
    };
    check(
        "grace_min = 60",
        "grace_min = 60\nblue_min = 3",
        &[
            "airshed.toml:22: parameters.blue_min: unknown key; known here: clock, closes_on, grace_min",
        ],
    );
    check("grace_min = 60", "", &["airshed.toml:12: parameters.grace_min: is missing"]);
    check("grace_min = 60", "grace_min = -1", &["airshed.toml:21", "-1 is wrong", "0 to 1440"]);
    check("grace_min = 60", "grace_min = \"60\"", &["\"60\" is wrong", "0 to 1440"]);
    check("grace_min = 60", "grace_min = 30", &["publish_delay_min", "is not below grace_min"]);
    check("grace_min = 60", "grace_min = = 60", &["airshed.toml:21: the file:", "TOML"]);
    check("grace_min = 60", "grace_min = 1\ngrace_min = 2", &["airshed.toml:22"]);
    check(
        "clock = \"wall\"",
        "clock = \"moon\"",
        &["parameters.clock: \"moon\"", "\"wall\", \"sources\""],
    );
    check("[\"PM2.5\", \"PM10\"]", "[\"PM10\"]", &["closes_on", "PM2.5 is not among them"]);
    check("[\"PM2.5\", \"PM10\"]", "[\"PM2.5\", \"Pb\"]", &["closes_on[1]", "\"Pb\"", "\"CO\""]);
    check("as = \"refuse\"", "as = \"zero\"", &["negative_as", "\"half_detection_limit\""]);
    check("limit_ug_m3 = 1", "limit_ug_m3 = 1.25", &["1.25 is wrong", "one decimal"]);
    check("limit_ug_m3 = 1", "limit_ug_m3 = 0", &["0 is wrong", "0.1 to 100"]);
    check("use_flagged = true", "use_flagged = 1", &["use_flagged: 1", "true or false"]);
    check(
        "horizon_h = 120",
        "horizon_h = 119",
        &["airshed.toml:66: parameters.horizon_h: 119 is below the longest clause plus notice_h; \
         right is 120 or more"],
    );
    check("persistence:12", "persistence:0", &["outlook_of_last_resort", "persistence:12"]);
    check("persistence:12", "none:12", &["outlook_of_last_resort", "\"none\""]);
    check("lift_h = 36", "lift_h = 121", &["lift_h: is above horizon_h"]);
    check("lift_from_h = 24", "lift_from_h = 37", &["lift_from_h: is above lift_h"]);
    check("linked_sync_h = 36", "linked_sync_h = 6", &["linked_sync_h: is below sync_h"]);
    check("linkage_grade = \"orange\"", "linkage_grade = \"none\"", &["linkage_grade", "\"red\""]);
    check("act_hours = []", "act_hours = [24]", &["act_hours[0]: 24", "0 to 23"]);
    check("blue = 24, ", "", &["parameters.acknowledge_within_h.blue: is missing"]);
    check("blue = 24, ", "blue = 24, green = 1, ", &["acknowledge_within_h.green: unknown key"]);
}

#[test]
fn wrong_jurisdictions_are_refused() {
    let check = |old: &str, new: &str, expected: &[&str]| {
        check_refused("airshed.toml", old, new, expected);
    };
    check("code = \"120000\"", "code = \"110000\"", &["jurisdictions[1].code: is given twice"]);
    check("code = \"120000\"", "code = \"12000\"", &["six digits"]);
    check("code = \"120000\"", "code = 120000", &["jurisdictions[1].code: 120000 is wrong"]);
    check("name = \"Tianjin\"", "name = \"\"", &["jurisdictions[1].name: \"\" is wrong"]);
    check("name = \"Tianjin\"", "nam = \"Tianjin\"", &["jurisdictions[1].name: is missing"]);
    check("follows = \"130100\"", "follows = \"130199\"", &["130199", "airshed.toml knows 110000"]);
    check("follows = \"130100\"", "follows = \"130682\"", &["follows one that follows"]);
    check("follows = \"130100\"", "follows = \"130181\"", &["follows one that follows"]);
    check(
        "follows = \"130100\"",
        "",
        &["stations.csv", "130181 has no station and follows no other jurisdiction"],
    );
    check("certainty = \"INTERPRETATION\"", "certainty = \"sure\"", &["\"CONFIRMED\""]);
    check(
        "name_zh = \"天津市\"",
        "name_zh = \"天津市\"\nfollows = \"110000\"",
        &["stations.csv: jurisdiction: 120000 follows another and has stations"],
    );
}

#[test]
fn wrong_stations_are_refused() {
    let check = |old: &str, new: &str, expected: &[&str]| {
        check_refused("stations.csv", old, new, expected);
    };
    check("code,name", "code,nam", &["stations.csv:1: the line: is not the header"]);
    check("1002A,定陵,", "1002A,", &["stations.csv:3: the line: has 9 fields"]);
    check("1002A,定陵", "1002A,\"定陵\"", &["stations.csv:3: the line: has quotes"]);
    check(
        "1002A,定陵",
        "1001A,定陵",
        &["stations.csv:3: code: \"1001A\" is given twice", "line 2"],
    );
    check("定陵;", "东四;", &["aliases: \"东四\" is given twice"]);
    check("定陵;", "1080A;", &["\"1080A\" is given twice"]);
    check("1002A,定陵,", "1002A,,", &["stations.csv:3: name"]);
    check("110000,1", "110001,1", &["stations.csv:3: jurisdiction", "airshed.toml knows"]);
    check("110000,1", "110000,yes", &["stations.csv:3: control_point", "0 or 1"]);
    check("2015-07-02,2858A", "2015-07-32,2858A", &["stations.csv:14: stop", "2015-07-02"]);
    check("2015-07-02,2858A", "2015-07-02,9999A", &["stations.csv:14: replaced_by", "no station"]);
    check("2015-07-02,2858A", "2015-07-02,1001A", &["replaced_by", "must have a `start`"]);
    check("0,2015-07-02,,,", "0,2015-07-02,2015-07-02,,", &["stop", "after `start`"]);
    check("116.3621", "east", &["stations.csv:2: lon: \"east\"", "degrees"]);
}

#[test]
fn wrong_standards_are_refused() {
    let file = "standards/BTH-2018.toml";
    let check = |old: &str, new: &str, expected: &[&str]| check_refused(file, old, new, expected);
    check("id = \"BTH-2018\"", "id = \"BTH-2017\"", &[file, "another file has the id"]);
    check("\"chain\"", "\"chains\"", &["duration_as: \"chains\"", "\"chain\", \"rolling\""]);
    check("\"any\"", "\"day\"", &["window_phase: \"day\"", "\"any\", \"calendar_day\""]);
    check("grade = \"yellow\"", "grade = \"none\"", &["clauses[0].grade", "\"blue\", \"yellow\""]);
    check("grade = \"yellow\"", "grade = \"yellow\"\ncolour = 1", &["clauses[0].colour: unknown"]);
    check("hours = 48", "hours = 47", &[":14: clauses[0].main.hours: not whole windows"]);
    check("hours = 48", "hours = 0", &["24 to 240"]);
    check("hours = 96", "hours = 24", &["clauses[2].within: is longer than `main`"]);
    check("hours = 96", "hours = 120", &["horizon_h", "right is 144 or more"]);
    check("above = 200", "above = 500", &["500 is wrong", "0 to 499"]);
    check("at_least = 500", "at_least = 300", &["300 is wrong", "500 to 500"]);
    check("above = 200, ", "", &["has no bound or two"]);
    check("above = 200, ", "above = 200, at_least = 500, ", &["has no bound or two"]);
    check("id = \"red-2\"", "id = \"red-1\"", &["two clauses have the id \"red-1\""]);
    check("[\"120000\"]", "[\"120001\"]", &["in_force[0].jurisdictions[0]", "120001"]);
    check("[\"120000\"]", "[\"130181\"]", &["follows another and has no grade"]);
    check("[\"120000\"]", "[]", &["`jurisdictions` is empty"]);
    check(
        "[\"120000\"]",
        "[\"120000\", \"110000\"]",
        &["jurisdictions[0]: BTH-2018 is still in force there on 2018-12-28"],
    );
    check("from = 2018-12-28", "from = \"2018-12-28\"", &["without quotes"]);
    check("from = 2018-12-28", "from = 2018-12-28T00:00:00", &["without quotes"]);
    check("from = 2018-12-28", "from = 2018-12-28\nuntil = 2018-12-27", &["is before `from`"]);
    check(
        "from = 2018-12-28",
        "from = 2018-12-28\nuntil = 2024-01-01",
        &["standards/BTH-2023.toml", "BTH-2018 is still in force there on 2023-11-01", "`until`"],
    );
    check(
        "",
        "id = \"X\"\ntitle = \"X\"\nreference = \"X\"\ncertainty = \"CONFIRMED\"\n\
               duration_as = \"chain\"\nwindow_phase = \"any\"\n",
        &["no [[clauses]]"],
    );
}

#[test]
fn wrong_indexes_are_refused() {
    let file = "index/HJ-633-2026.toml";
    let check = |old: &str, new: &str, expected: &[&str]| check_refused(file, old, new, expected);
    check("35, 60, 115", "60, 35, 115", &["scales[0].points[2]: does not grow"]);
    check("35, 60, 115", "35, 35, 115", &["scales[0].points[2]: does not grow"]);
    check("points = [0, 35", "points = [1, 35", &["scales[0].points: does not begin with 0"]);
    check("350, 500]", "350, 500, 600]", &["`points` is longer than `index`"]);
    check("300, 400, 500]", "300, 300, 500]", &["index[6]: does not grow"]);
    check("\"24h\"", "\"24 h\"", &["scales[0].averaging", "\"1h\", \"8h\", \"24h\""]);
    check("\"24h\"", "\"8h\"", &["no scale for PM2.5 24h"]);
    check("\"24h\"", "\"1h\"", &["PM2.5 1h is given twice"]);
    check("\"ug/m3\"", "\"ppb\"", &["\"ppb\" is wrong", "\"mg/m3\""]);
    check("200, 300]", "300, 200]", &["levels[4]: does not grow"]);
    check("[50, 100", "[50, 99", &["levels[1]: is no break point", "points of `index`"]);
    check("[50, 100", "[0, 100", &["levels[0]: 0 is wrong", "from 1 to 500"]);
    check("from = 2026-03-01", "from = 2012-02-29", &["has id or `from` of HJ 633-2012"]);
}

#[test]
fn wrong_measures_are_refused() {
    let check = |old: &str, new: &str, expected: &[&str]| {
        check_refused("measures.toml", old, new, expected);
    };
    check("id = \"health-tip\"", "id = \"odd-even\"", &["measures.toml", "is given twice"]);
    check("to_grade = \"yellow\"", "to_grade = \"blue\"", &["is milder than `from_grade`"]);
    check("until = 2016-12-14", "from = 2016-12-15\nuntil = 2016-12-14", &["is before `from`"]);
    check("orange = 20", "orange = 101", &["floors[0].percent.orange: 101", "0 to 100"]);
    check("orange = 20", "green = 20", &["floors[0].percent.green: unknown key"]);
    check("until = 2023-10-24", "until = 2023-10-25", &["VOCs in yellow has two floors at once"]);
    check("jurisdictions = [\"110000\"]", "jurisdictions = [\"1\"]", &["six digits"]);
    check("certainty = \"CONFIRMED\"", "", &["floors[0].certainty: is missing"]);
}

#[test]
fn a_cost_is_whole_or_not_there() {
    let with = |lines: &str| format!("id = \"health-tip\"\n{lines}");
    let check = |lines: &str, expected: &[&str]| {
        check_refused("measures.toml", "id = \"health-tip\"", &with(lines), expected);
    };
    let rest = "cost_unit = \"10000 CNY\"\ncost_reference = \"a study\"\n\
                cost_certainty = \"SINGLE-SOURCE\"";
    check("cost_per_hour = 5", &["measures[0].cost_unit: is missing"]);
    check("cost_unit = \"CNY\"", &["measures[0].cost_unit: stands without `cost_per_hour`"]);
    check("cost_certainty = \"CONFIRMED\"", &["cost_certainty: stands without"]);
    check(&format!("cost_per_hour = 0\n{rest}"), &["cost_per_hour: 0 is wrong", "from 1 to 1000"]);
    check(&format!("cost_per_hour = 1.5\n{rest}"), &["cost_per_hour: 1.5 is wrong"]);
    check(&format!("cost_per_day = 5\n{rest}"), &["stands without `cost_per_hour`"]);
    check(
        &format!("cost_per_hour = 5\ncost_currency = 1\n{rest}"),
        &["measures.toml", "cost_currency: unknown key", "cost_per_hour, cost_unit"],
    );
    check(
        &format!("cost_per_hour = 5\n{}", rest.replace("SINGLE-SOURCE", "SURE")),
        &["cost_certainty: \"SURE\" is wrong", "\"CONFIRMED\""],
    );
    let book =
        book("measures.toml", "id = \"health-tip\"", &with(&format!("cost_per_hour = 5\n{rest}")));
    let cost = book.rules.measures[0].cost.as_ref().unwrap();
    assert_eq!((cost.per_hour, &*cost.unit, &*cost.reference), (5, "10000 CNY", "a study"));
    assert_eq!(cost.certainty, crate::domain::Certainty::SingleSource);
    let shipped = parse(built_in()).unwrap();
    assert!(shipped.rules.measures.iter().all(|it| it.cost.is_none()), "no cost is known");
}

#[test]
fn a_wrong_run_is_refused() {
    let check = |text: &str, expected: &[&str]| check_refused("run.toml", "", text, expected);
    check("only_standard = \"BTH-1999\"", &["run.toml:1: only_standard", "\"BTH-2018\""]);
    check("standard = \"BTH-2018\"", &["run.toml:1: standard: unknown key", "only_standard"]);
    check("\n[parameters]\nhorizon_h = 72", &["run.toml:3: parameters.horizon_h: 72 is below"]);
    check("[parameters]\nhorizon = 72", &["run.toml:2: parameters.horizon: unknown key"]);
}

proptest! {
    /// Whatever a slip of the hand does to a file, the book is taken or refused, never a panic.
    #[test]
    fn no_slip_of_the_hand_breaks_the_reader(
        file in 0_usize..12,
        at: prop::sample::Index,
        cut in 0_usize..40,
        put in prop::sample::select(vec!["", "0", "-", "\"", "[", "]", "{", ",", ";", "\n", "9", "é"]),
    ) {
        let mut files = built_in();
        let mut letters: Vec<_> = files[file].1.chars().collect();
        let start = at.index(letters.len());
        let end = (start + cut).min(letters.len());
        letters.splice(start..end, put.chars());
        files[file].1 = letters.into_iter().collect::<String>().into();
        if let Err(error) = parse(files) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
