//! `airshed play`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::{airshed, printed, told_off};

/// A folder with files of readings and a place for logs.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Days of January 2019 in Shijiazhuang, each with one value at all of its hours.
    fn days(&self, name: &str, days: &[(u32, u32)]) -> String {
        let mut text = "date,hour,type,1029A,1030A\n".to_owned();
        for (day, pm25) in days {
            for hour in 0..24 {
                let (one, two) = (pm25 + hour % 2, pm25 + 2 - hour % 2);
                writeln!(text, "201901{day:02},{hour},PM2.5,{one},{two}").unwrap();
                writeln!(text, "201901{day:02},{hour},PM10,{},{}", one + 50, two + 50).unwrap();
            }
        }
        self.write(name, &text)
    }
}

/// The records of one type, oldest first.
fn records(log: &str, record_type: &str) -> Vec<Value> {
    let told = printed(&["log", "cat", log, "--json", "--type", record_type]);
    told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Act, jurisdiction and grade of each order.
fn orders(log: &str) -> Vec<String> {
    let sets = records(log, "order_set_issued");
    let orders = sets.iter().flat_map(|set| set["body"]["orders"].as_array().unwrap());
    let text = |it: &Value, key: &str| it[key].as_str().unwrap().to_owned();
    let order = |it: &Value| ["act", "jurisdiction", "grade"].map(|key| text(it, key)).join(" ");
    orders.map(order).collect()
}

fn segment(log: &str) -> Vec<u8> {
    fs::read(Path::new(log).join("00000000000000000000.avro")).unwrap()
}

/// Three clean days, four bad ones, three clean ones.
const EPISODE: [(u32, u32); 10] =
    [(1, 20), (2, 20), (3, 20), (4, 260), (5, 260), (6, 260), (7, 260), (8, 20), (9, 20), (10, 20)];

#[test]
fn a_file_leads_to_decisions_a_table_and_a_log() {
    let place = Place::new();
    let (file, log) = (place.days("january.csv", &EPISODE), place.path("log"));
    let told = printed(&["play", &file, "--log", &log]);
    for part in
        ["石家庄 Shijiazhuang", " Jurisdiction ", "240 hours closed", "log cat ", "picture "]
    {
        assert!(told.contains(part), "{told}\ndoes not say {part}");
    }
    let ordered = orders(&log);
    assert!(ordered[0].starts_with("impose 130100 "), "{ordered:?}");
    assert!(ordered.contains(&"lift 130100 red".to_owned()), "{ordered:?}");

    let kept = segment(&log);
    let again = printed(&["play", &file, "--log", &log, "--quiet"]);
    assert!(again.contains("240 hours closed") && !again.contains("impose"), "{again}");
    assert_eq!(segment(&log), kept, "a second play adds nothing");
}

#[test]
fn a_log_that_holds_some_of_the_files_is_continued() {
    let place = Place::new();
    let files = [place.days("a.csv", &EPISODE[..5]), place.days("b.csv", &EPISODE[5..])];
    let (whole, parts) = (place.path("whole"), place.path("parts"));
    printed(&["play", &files[1], &files[0], "--log", &whole]);
    printed(&["play", &files[0], "--log", &parts]);
    assert_eq!(records(&parts, "hour_closed").len(), 120);
    printed(&["play", &files[0], &files[1], "--log", &parts]);
    assert_eq!(records(&parts, "hour_closed").len(), 240);
    assert_eq!(orders(&parts), orders(&whole));
}

#[test]
fn days_in_the_wrong_order_in_one_file_are_played_whole() {
    let place = Place::new();
    let days = [place.days("a", &EPISODE[..4]), place.days("b", &EPISODE[4..])];
    let [first, rest] = days.map(|it| fs::read_to_string(it).unwrap());
    let (file, log) = (place.write("mixed.csv", &(rest + &first)), place.path("log"));
    let told = printed(&["play", &file, "--log", &log, "--quiet"]);
    assert!(told.contains("960 readings taken, 0 refused; 240 hours closed"), "{told}");
    let received = records(&log, "readings_received");
    let of = |name: &str| received.iter().filter(|it| it["source"]["file"] == name).count();
    assert_eq!((of("mixed.csv"), of("mixed.csv#2")), (144, 96), "{}", received[0]);
}

#[test]
fn an_interval_that_is_excluded_changes_the_outcome() {
    let place = Place::new();
    let (file, log) = (place.days("january.csv", &EPISODE), place.path("log"));
    let excluded = place.write(
        "sand.csv",
        "jurisdiction,from,to,kind,evidence\n\
         130100,2019-01-04T00:00:00+08:00,2019-01-08T00:00:00+08:00,sand,bulletin 7\n",
    );
    printed(&["play", &file, "--log", &log, "--exclude", &excluded, "--quiet"]);
    assert_eq!(orders(&log), [""; 0]);
    assert_eq!(records(&log, "interval_excluded").len(), 1);
}

#[test]
fn a_file_of_forecasts_leads_to_a_warning_ahead() {
    let place = Place::new();
    let (file, log) = (place.days("january.csv", &EPISODE), place.path("log"));
    let mut said = "issued_at,source,jurisdiction,date,aqi_lower,aqi_upper,primary\n".to_owned();
    for day in 1..=9 {
        let index = if (4..=7).contains(&day) { 310 } else { 30 };
        writeln!(said, "2018-12-31T16:00:00+08:00,C,130100,2019-01-{day:02},20,{index},PM2.5")
            .unwrap();
    }
    said += "2019-01-01T16:00:00+08:00,C,130100,2019-01-03,400,450,O3\n\
             2019-01-01T16:00:00,C,130100,2019-01-03,400,450,PM2.5\n";
    let forecasts = place.write("said.csv", &said);
    let play = ["play", &file, "--log", &log, "--outlook", &forecasts, "--quiet"];
    printed(&play);
    let warnings = records(&log, "warning_issued");
    // Xinji follows Shijiazhuang.
    let [warning, _] = warnings.as_slice() else { panic!("{warnings:?}") };
    let body = &warning["body"];
    assert_eq!(body["jurisdiction"], "130100");
    assert!(body["decided_at"].as_str().unwrap() < "2019-01-04", "{body}");
    assert!(body["forecast_hours"].as_u64().unwrap() > 0, "{body}");
    let refused = records(&log, "input_refused");
    let [refused] = refused.as_slice() else { panic!("{refused:?}") };
    assert!(refused["body"]["excerpt"].as_str().unwrap().starts_with("issued_at has no time zone"));
    assert_eq!(records(&log, "forecast_received").len(), 2);
    let kept = segment(&log);
    printed(&play);
    assert_eq!(segment(&log), kept, "a second play adds nothing");
}

#[test]
fn a_bad_file_among_others_is_refused_and_counted() {
    let place = Place::new();
    let page = place.write("page.csv", "<!DOCTYPE html>\n<html><body>404</body></html>\n");
    let (file, log) = (place.days("january.csv", &EPISODE), place.path("log"));
    let told = printed(&["play", &page, &file, "--log", &log]);
    assert!(told.contains("1 refused (unreadable 1); 240 hours closed"), "{told}");
    let refused = records(&log, "input_refused");
    let excerpt = refused[0]["body"]["excerpt"].as_str().unwrap();
    assert!(excerpt.starts_with("page.csv: an HTML page, no table of readings"), "{excerpt}");
}

#[test]
fn files_with_nothing_readable_fail_and_begin_no_log() {
    let place = Place::new();
    let check = |name: &str, bytes: &[u8], expected: &str| {
        let path = place.path(name);
        fs::write(&path, bytes).unwrap();
        let log = place.path("log");
        let (code, out, err) = airshed(&["play", &path, "--log", &log]);
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        let expected = format!("{path}: {expected}");
        assert!(err.contains("no file has a row of readings"), "{err}");
        assert!(err.contains(&expected), "{err}\ndoes not say {expected}");
        assert!(!Path::new(&log).exists(), "{name} has begun a log");
    };
    check("a.csv", b"", "an empty file");
    check("b.csv", b"\n\r\n", "an empty file");
    check("c.csv", b"PK\x03\x04\x14\0\x08\0", "a zip archive");
    check("d.csv", b"\xff\xfed\0a\0t\0e\0,\0h\0\n\0", "UTF-16 text");
    check(
        "e.csv",
        b"\xc8\xd5\xc6\xda,\xd0\xa1\xca\xb1\n20190112,1\n",
        "text that is not UTF-8 but GBK",
    );
    check("f.csv", b"<!DOCTYPE html>\n<html>\n", "an HTML page");
    check(
        "g.csv",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
        "a pointer of Git LFS",
    );
    check("h.csv", b"{\"date\": 1}\n", "a JSON document");
    check("i.csv", b"%PDF-1.4\n", "a PDF document");
    check("j.csv", b"\0\x01\x02\x03", "binary data");
    check("k.csv", b"\x1f\x8b\x08\0\0", "cannot be unpacked any further");
    check("l.csv", b"\xfd7zXZ\0\0\x04", "cannot be unpacked any further");
    check("m.csv", b"date,hour,type,1001A\n", "a header without rows");
    check(
        "n.csv",
        b"date,hour,type,1001A\nx,1,PM2.5,3\ny,1,PM2.5,3\n",
        "no row has a time that can be read",
    );
    check("o.csv", b"date;hour;type;1001A\n", "a table without commas");
    check("p.csv", b"1,2,3\n4,5,6\n", "no header of a known format but \"1,2,3\"");
    // A log that is there stays as it is.
    let (file, log) = (place.days("january.csv", &EPISODE[..1]), place.path("other"));
    printed(&["play", &file, "--log", &log]);
    let kept = segment(&log);
    let (code, _, err) =
        airshed(&["play", &place.path("a.csv"), &place.path("f.csv"), "--log", &log]);
    assert!(
        code == 1 && err.contains("a.csv: an empty file") && err.contains("f.csv: an HTML"),
        "{err}"
    );
    assert_eq!(segment(&log), kept);
}

/// File, hour and number of readings of each batch, oldest first.
fn batches(log: &str) -> Vec<String> {
    let received = records(log, "readings_received");
    let batch = |it: &Value| {
        let (file, hour) = (it["source"]["file"].as_str().unwrap(), it["body"]["hour"].as_str());
        let readings = it["body"]["readings"].as_array().unwrap().len();
        format!("{file} {} {readings}", &hour.unwrap()[..13])
    };
    received.iter().map(batch).collect()
}

#[test]
fn a_file_that_was_replaced_under_its_name_is_read_anew() {
    let place = Place::new();
    let hour = |hour: u32, pm25: u32| {
        format!(
            "date,hour,type,1029A,1030A\n20190101,{hour},PM2.5,{pm25},{}\n20190101,{hour},PM10,80,90\n",
            pm25 + 1
        )
    };
    let log = place.path("log");
    let play = |text: &str| {
        let file = place.write("latest.csv", text);
        let (code, out, err) = airshed(&["play", &file, "--log", &log, "--quiet"]);
        assert_eq!(code, 0, "{err}");
        (out, err)
    };
    let (_, err) = play(&hour(14, 35));
    assert_eq!(err, "");
    let (_, err) = play(&hour(15, 45));
    for part in ["latest.csv differs", "at line 2", "as latest.csv@2"] {
        assert!(err.contains(part), "{err}\ndoes not say {part}");
    }
    let closed = || records(&log, "hour_closed").len();
    assert_eq!(closed(), 2);
    assert_eq!(batches(&log), ["latest.csv 2019-01-01T14 4", "latest.csv@2 2019-01-01T15 4"]);
    let kept = segment(&log);
    let (_, err) = play(&hour(15, 45));
    assert_eq!((err.as_str(), segment(&log) == kept), ("", true), "a second play adds nothing");
    let (_, err) = play(&hour(16, 55));
    assert!(err.contains("as latest.csv@3"), "{err}");
    assert_eq!(closed(), 3);
    // It grows, and then a row is put in before the last one.
    let grown = hour(16, 55) + "20190101,17,PM2.5,65,66\n20190101,17,PM10,80,90\n";
    let (_, err) = play(&grown);
    assert_eq!((err.as_str(), closed()), ("", 4));
    let inserted = grown.replace("20190101,17,PM10", "20190101,17,CO,0.8,0.9\n20190101,17,PM10");
    let (_, err) = play(&inserted);
    assert!(err.contains("at line 5") && err.contains("latest.csv@4"), "{err}");
    let kept = segment(&log);
    let (_, err) = play(&inserted);
    assert_eq!((err.as_str(), segment(&log) == kept), ("", true), "a second play adds nothing");
    let (_, err) = play(&hour(16, 55));
    assert!(err.contains("ends before line 4"), "{err}");
    assert_eq!(segment(&log), kept);
    assert!(printed(&["log", "verify", &log]).contains("whole"));
}

#[test]
fn a_line_that_was_not_whole_is_read_when_it_is() {
    let place = Place::new();
    let log = place.path("log");
    let whole = "date,hour,type,1029A,1030A\n20190101,1,PM2.5,35,36\n20190101,2,PM2.5,45,46\n";
    let played = |bytes: &str| {
        let file = place.write("growing.csv", bytes);
        let (code, _, err) = airshed(&["play", &file, "--log", &log, "--quiet"]);
        assert_eq!(code, 0, "{err}");
        err
    };
    assert_eq!(played(&whole[..whole.len() - 4]), "");
    let err = played(whole);
    assert!(err.contains("at line 3") && err.contains("growing.csv@2"), "{err}");
    assert_eq!(
        batches(&log),
        [
            "growing.csv 2019-01-01T01 2",
            "growing.csv 2019-01-01T02 0",
            "growing.csv@2 2019-01-01T02 2"
        ]
    );
}

#[test]
fn forecasts_and_exclusions_that_were_replaced_are_read_anew() {
    let place = Place::new();
    let (file, log) = (place.days("january.csv", &EPISODE), place.path("log"));
    let said = |day: u32| {
        format!(
            "issued_at,source,jurisdiction,date,pm25_lower,pm25_upper\n\
             2019-01-0{day}T16:00:00+08:00,C,130100,2019-01-0{},1,200\n",
            day + 1
        )
    };
    let sand = |day: u32| {
        format!(
            "jurisdiction,from,to,kind,evidence\n\
             130100,2019-01-0{day}T00:00:00+08:00,2019-01-0{day}T05:00:00+08:00,sand,bulletin\n"
        )
    };
    let parts = [place.days("a.csv", &EPISODE[..5]), file];
    let play = |file: &str, day: u32| {
        let (said, sand) =
            (place.write("said.csv", &said(day)), place.write("sand.csv", &sand(day)));
        let (code, _, err) = airshed(&[
            "play",
            file,
            "--log",
            &log,
            "--quiet",
            "--outlook",
            &said,
            "--exclude",
            &sand,
        ]);
        assert_eq!(code, 0, "{err}");
        err
    };
    assert_eq!(play(&parts[0], 2), "");
    assert_eq!(play(&parts[0], 2), "");
    let err = play(&parts[1], 6);
    assert!(err.contains("said.csv@2") && err.contains("sand.csv@2"), "{err}");
    assert_eq!(records(&log, "forecast_received").len(), 2);
    assert_eq!(records(&log, "interval_excluded").len(), 2);
    assert_eq!(play(&parts[1], 6), "");
    assert_eq!(records(&log, "forecast_received").len(), 2);
    assert_eq!(records(&log, "interval_excluded").len(), 2);
}

#[test]
fn rows_sorted_by_pollutant_come_in_time() {
    let place = Place::new();
    let text = fs::read_to_string(place.days("january.csv", &EPISODE[..2])).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    for end in ["\n", "\r", "\r\n"] {
        let of = |name: &str| {
            let rows = rows.lines().filter(|it| it.contains(name));
            rows.flat_map(|it| [it, end]).collect::<String>()
        };
        let sorted = format!("{header}{end}{}{}", of("PM10"), of("PM2.5"));
        let file = place.write("sorted.csv", &sorted);
        let log = place.path(&format!("log-{}", end.len() + usize::from(end == "\r") * 9));
        let told = printed(&["play", &file, "--log", &log, "--quiet"]);
        assert!(told.contains("192 readings taken, 0 refused; 48 hours closed"), "{told}");
    }
}

#[test]
fn wrong_usage_is_told_with_what_would_be_right() {
    let place = Place::new();
    let (file, log) = (place.days("january.csv", &EPISODE[..1]), place.path("log"));
    let page = place.write("page.csv", "<html>\n");
    let sand = place.write("sand.csv", "jurisdiction,from,to,kind,evidence\n130100,x\n");
    fs::create_dir(place.path("sub")).unwrap();
    let same_name = place.write("sub/january.csv", "x\n");
    let gone = place.path("gone.csv");
    let check = |arguments: &[&str], expected: &[&str]| {
        let told = told_off(&[&["play", "--log", &log], arguments].concat());
        for part in expected {
            assert!(told.contains(part), "{told}\ndoes not say {part}");
        }
    };
    check(&[&gone], &["gone.csv is no file"]);
    check(&[&file, "--standard", "BTH-1999"], &["no standard BTH-1999", "BTH-2018"]);
    check(&[&file, "--outlook", &gone], &["gone.csv is no file", "hindsight:HOURS"]);
    check(&[&file, "--outlook", &page], &[&*page, "no forecast file", "right would be a header"]);
    check(&[&file, "--exclude", &gone], &["gone.csv: No such file"]);
    check(&[&file, "--exclude", &sand], &[&*sand, "sand.csv:2: 2 fields; right would be juris"]);
    check(&[&file, &same_name], &["two files of one name"]);
    check(&[&file, "--exclude", &same_name], &["has that name; rename one"]);
    assert!(!Path::new(&log).exists());
}

#[test]
fn january_2019_is_told_as_it_is_measured() {
    let Some(file) = crate::skip::shared_data("cnemc_bth_ring_ep_20190109_0116.csv.gz") else {
        return;
    };
    let place = Place::new();
    let log = place.path("log");
    let file = file.to_str().unwrap();
    let (code, out, err) = airshed(&["play", file, "--log", &log, "--outlook", "hindsight:120"]);
    // Of the whole region's stations those of the 13 cities are in the list.
    let note = "note: 104 stations are not in the list of stations (1081A, ";
    assert!(code == 0 && err.lines().count() == 1 && err.starts_with(note), "{err}");
    for part in ["石家庄 Shijiazhuang", "order set 1: ", "region linked", " readings taken, "] {
        assert!(out.contains(part), "{out}\ndoes not say {part}");
    }
    assert!(!records(&log, "warning_issued").is_empty());
}
