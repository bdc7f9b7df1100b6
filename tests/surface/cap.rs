//! Warnings as CAP messages: by the schema of CAP, by what it lets pass, and as a feed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::serving::{Serving, check_problem};
use crate::{airshed, printed, skip};

const GOLDEN: [&str; 2] = ["tests/golden/played-v1", "tests/golden/played-v2"];

/// The messages of a log as files, by identifier.
fn written(log: &str, to: &Path) -> BTreeMap<String, String> {
    printed(&["cap", log, "--to", to.to_str().unwrap()]);
    let files = fs::read_dir(to).unwrap().map(|it| it.unwrap().path());
    let messages = files.filter(|it| it.file_name().unwrap() != "feed.xml");
    let read = |it: PathBuf| {
        let name = it.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(it).unwrap())
    };
    messages.map(read).collect()
}

fn demo(folder: &Path) -> String {
    let log = folder.join("log").to_str().unwrap().to_owned();
    let (code, _, err) = airshed(&["demo", "--log", &log]);
    assert_eq!(code, 0, "{err}");
    log
}

/// The texts of a document by their paths, in order: `info/area/geocode/value`.
fn texts(xml: &str) -> Vec<(String, String)> {
    let (mut reader, mut path, mut found) = (Reader::from_str(xml), Vec::new(), Vec::new());
    let mut text = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                path.push(start.name().as_ref().to_owned());
                text.clear();
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(name) => {
                text.push_str(match name.as_ref() {
                    "lt" => "<",
                    "gt" => ">",
                    "amp" => "&",
                    "apos" => "'",
                    _ => "\"",
                });
            }
            Event::End(_) => {
                let name = path[1..].join("/");
                path.pop();
                found.push((name, std::mem::take(&mut text)));
            }
            Event::Eof => return found,
            Event::Decl(_) => {}
            other @ (Event::Empty(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::PI(_)
            | Event::DocType(_)) => panic!("{other:?}"),
        }
    }
}

/// What the schema lets pass and is wrong. `before` has the messages that were sent before.
fn faults(xml: &str, before: &BTreeSet<String>) -> Vec<&'static str> {
    let all = texts(xml);
    let each = |path: &str| -> Vec<&str> {
        all.iter().filter(|it| it.0 == path).map(|it| it.1.as_str()).collect()
    };
    let one = |path: &str| each(path).first().copied().unwrap_or_default();
    let infos: Vec<&str> = xml.split("<info>").skip(1).collect();
    let in_info = |info: &str, name: &str| info.contains(&format!("<{name}>"));
    let of_info = |name: &str| -> Vec<Vec<String>> {
        infos
            .iter()
            .map(|it| {
                let [begin, end] = ["", "/"].map(|it| format!("<{it}{name}>"));
                let parts = it.split(&begin).skip(1);
                parts.map(|it| it.split(&end).next().unwrap().to_owned()).collect()
            })
            .collect()
    };
    let same = |name: &str| of_info(name).windows(2).all(|it| it[0] == it[1]);
    let is_word = |it: &str| !it.is_empty() && !it.contains([' ', ',', '<', '&']);
    let references: Vec<&str> = one("references").split(' ').filter(|it| !it.is_empty()).collect();
    let kind = one("msgType");
    let closed = |it: &&str| {
        let points: Vec<&str> = it.split(' ').collect();
        points.len() >= 4 && points.first() == points.last()
    };
    let in_place = |it: &&str| {
        it.split(' ').all(|it| {
            let (lat, lon) = it.split_once(',').unwrap();
            let short = |it: &str| it.split_once('.').is_none_or(|it| it.1.len() <= 6);
            (35.0..44.0).contains(&lat.parse::<f64>().unwrap())
                && (112.0..121.0).contains(&lon.parse::<f64>().unwrap())
                && short(lat)
                && short(lon)
        })
    };
    let (headlines, descriptions) = (each("info/headline"), each("info/description"));
    let (effective, expires) = (each("info/effective"), each("info/expires"));
    let checks = [
        ("identifier", is_word(one("identifier")) && is_word(one("sender"))),
        ("info", infos.len() == 2 && each("info/language") == ["zh-CN", "en-US"]),
        ("category", same("category") && infos.iter().all(|it| in_info(it, "category"))),
        ("eventCode", same("eventCode") && infos.iter().all(|it| in_info(it, "eventCode"))),
        ("description", infos.iter().all(|it| in_info(it, "description"))),
        (
            "web",
            each("info/web").len() == 2
                && each("info/web").iter().all(|it| it.starts_with("https://")),
        ),
        ("expires", expires.len() == 2 && expires.iter().all(|it| *it > one("sent"))),
        ("effective", effective.iter().zip(&expires).all(|(from, to)| from <= to)),
        (
            "area",
            infos.iter().all(|it| {
                in_info(it, "area") && (in_info(it, "geocode") || in_info(it, "polygon"))
            }),
        ),
        (
            "references",
            (kind == "Alert") == references.is_empty()
                && references.iter().all(|it| before.contains(*it)),
        ),
        ("polygon", each("info/area/polygon").iter().all(closed)),
        ("latitude", each("info/area/polygon").iter().all(in_place)),
        (
            "headline",
            headlines.len() == 2
                && headlines
                    .iter()
                    .zip(&descriptions)
                    .all(|(a, b)| a != b && a.chars().count() < 140),
        ),
        (
            "sender name",
            ["senderName", "responseType", "contact"]
                .iter()
                .all(|name| infos.iter().all(|it| in_info(it, name))),
        ),
        ("instruction", kind == "Cancel" || infos.iter().all(|it| in_info(it, "instruction"))),
    ];
    checks.into_iter().filter(|it| !it.1).map(|it| it.0).collect()
}

fn reference(xml: &str) -> String {
    let all = texts(xml);
    let one = |path: &str| all.iter().find(|it| it.0 == path).unwrap().1.clone();
    format!("{},{},{}", one("sender"), one("identifier"), one("sent"))
}

#[test]
fn every_message_passes_fifteen_checks_and_names_all_that_is_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let logs = GOLDEN.map(str::to_owned).into_iter().chain([demo(folder.path())]);
    for (at, log) in logs.enumerate() {
        let messages = written(&log, &folder.path().join(at.to_string()));
        let listed: Value = serde_json::from_str(&printed(&["cap", &log, "--json"])).unwrap();
        let mut before = BTreeSet::new();
        let (mut kinds, mut in_force) =
            (BTreeSet::new(), BTreeMap::<String, Vec<(String, String)>>::new());
        for it in listed["messages"].as_array().unwrap() {
            let xml = &messages[it["identifier"].as_str().unwrap()];
            assert_eq!(faults(xml, &before), Vec::<&str>::new(), "{log}: {xml}");
            kinds.insert(it["type"].as_str().unwrap().to_owned());
            let all = in_force.entry(it["warning"].as_str().unwrap().to_owned()).or_default();
            let sent = it["sent"].as_str().unwrap();
            let expected: Vec<&str> =
                all.iter().filter(|it| *it.1 > *sent).map(|it| it.0.as_str()).collect();
            let named: Vec<&str> = it["references"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it.as_str().unwrap())
                .collect();
            assert_eq!(named, expected, "{log}: {it}");
            all.push((reference(xml), it["expires"].as_str().unwrap().to_owned()));
            before.insert(reference(xml));
        }
        assert_eq!(kinds.len(), 3, "{log}: {kinds:?}");
        assert_eq!(messages.len(), listed["messages"].as_array().unwrap().len());
    }
}

/// Names such as PM2.5 and BTH-2023 and levels such as II are all that is in Latin letters.
#[test]
fn a_chinese_text_has_no_english_words() {
    let folder = tempfile::tempdir().unwrap();
    let messages = written(&demo(folder.path()), &folder.path().join("out"));
    let mut clauses = BTreeSet::new();
    for xml in messages.values() {
        let all = texts(xml);
        let first = |path: &str| all.iter().find(|it| it.0 == path).map(|it| it.1.as_str());
        for path in ["info/headline", "info/description", "info/instruction"] {
            let text = first(path).unwrap_or_default();
            let words = text.split(|it: char| !it.is_ascii_alphabetic());
            let words: Vec<&str> =
                words.filter(|it| !matches!(*it, "" | "PM" | "BTH" | "I" | "II" | "III")).collect();
            assert_eq!(words, [""; 0], "{path}: {text}");
        }
        let clause = first("info/description").unwrap().split("指数").nth(1);
        clauses.extend(clause.map(|it| it.split('）').next().unwrap().to_owned()));
    }
    assert!(clauses.contains("大于200持续72小时，且其中大于300持续24小时"), "{clauses:?}");
}

#[test]
fn a_damaged_message_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let messages = written(GOLDEN[1], folder.path());
    let before: BTreeSet<String> = messages.values().map(|it| reference(it)).collect();
    let update = messages.values().find(|it| it.contains(">Update<")).unwrap();
    assert_eq!(faults(update, &before), Vec::<&str>::new());
    let first_point = update.split("<polygon>").nth(1).unwrap().split(' ').next().unwrap();
    let (lat, lon) = first_point.split_once(',').unwrap();
    for (right, wrong, fault) in [
        ("<identifier>", "<identifier>a b", "identifier"),
        ("en-US", "fr-FR", "info"),
        ("<category>Env</category>", "", "category"),
        ("OET-004", "OET-005", "eventCode"),
        ("https://", "http://", "web"),
        ("<expires>2", "<expires>1", "expires"),
        ("<references>", "<references>x,", "references"),
        ("<polygon>", "<polygon>38,115 ", "polygon"),
        (first_point, &format!("{lon},{lat}"), "latitude"),
        ("<senderName>", "<sendername>", "sender name"),
    ] {
        let damaged = update.replacen(right, wrong, 1).replacen(
            "</senderName>",
            "</sendername>",
            usize::from(wrong.contains("sendername")),
        );
        assert!(
            faults(&damaged, &before).contains(&fault),
            "{right}: {:?}",
            faults(&damaged, &before)
        );
    }
}

#[test]
fn every_message_fits_the_schema_of_cap() {
    let Some(schema) = skip::shared_data("cap/CAP-v1.2.xsd") else { return };
    let Some(xmllint) = skip::program("xmllint", "libxml2-utils") else { return };
    let folder = tempfile::tempdir().unwrap();
    let check = |files: &[PathBuf]| {
        let mut run = Command::new(&xmllint);
        let run = run.args(["--noout", "--nonet", "--schema"]).arg(&schema).args(files).output();
        let run = run.unwrap();
        (run.status.success(), String::from_utf8_lossy(&run.stderr).into_owned())
    };
    let logs = GOLDEN.map(str::to_owned).into_iter().chain([demo(folder.path())]);
    for (at, log) in logs.enumerate() {
        let to = folder.path().join(at.to_string());
        let names = written(&log, &to).into_keys();
        let files: Vec<PathBuf> = names.map(|it| to.join(format!("{it}.xml"))).collect();
        assert!(files.len() > 20, "{log}");
        let (fits, words) = check(&files);
        assert!(fits, "{words}");
        let text = fs::read_to_string(&files[0]).unwrap();
        for (right, wrong) in
            [("+08:00</sent>", "Z</sent>"), (">Alert<", ">Alarm<"), ("<scope>Public</scope>", "")]
        {
            let damaged = folder.path().join("damaged.xml");
            fs::write(&damaged, text.replacen(right, wrong, 1)).unwrap();
            assert!(!check(&[damaged]).0, "{wrong}");
        }
    }
}

#[test]
fn a_foreign_reader_reads_the_feed() {
    let Some(python) = skip::outside("python", "tests/outside/install") else { return };
    let folder = tempfile::tempdir().unwrap();
    let messages = written(GOLDEN[1], folder.path());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/outside/feed.py");
    let run = Command::new(python.join("bin/python"))
        .arg(script)
        .arg(folder.path().join("feed.xml"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let read: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(read["bozo"], false, "{read}");
    let links: BTreeSet<&str> =
        read["entries"].as_array().unwrap().iter().map(|it| it["link"].as_str().unwrap()).collect();
    let expected: Vec<String> = messages.keys().map(|it| format!("{it}.xml")).collect();
    assert_eq!(links, expected.iter().map(String::as_str).collect());
}

#[test]
fn serve_gives_the_messages_and_the_feed_of_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let log = demo(folder.path());
    let messages = written(&log, &folder.path().join("out"));
    let serving = Serving::start(folder.path(), "");
    for (identifier, xml) in messages.iter().take(3) {
        let answer = serving.get(&format!("/v1/cap/{identifier}"));
        assert_eq!(answer.headers()["content-type"], "application/cap+xml");
        assert_eq!(&answer.text().unwrap(), xml);
    }
    let feed = serving.get("/v1/cap/feed");
    assert_eq!(feed.headers()["content-type"], "application/atom+xml");
    let tag = feed.headers()["etag"].clone();
    let text = feed.text().unwrap();
    assert!(text.contains("href=\"/v1/cap/feed\"") && text.contains("href=\"/v1/cap/1"), "{text}");
    let again = serving.client.get(serving.url("/v1/cap/feed")).header("If-None-Match", tag);
    assert_eq!(again.send().unwrap().status(), 304);
    check_problem(serving.get("/v1/cap/1"), 404, "CAP message 1");
}

#[test]
fn a_hostile_name_stays_a_text_and_a_drill_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("profile");
    fs::create_dir(&profile).unwrap();
    let text = fs::read_to_string("deploy/bth/cap/profile.toml").unwrap();
    let name = "</event><script>alert(1)</script> & \\\"x\\\"";
    let text = text.replace("Heavy air pollution", name);
    fs::write(profile.join("profile.toml"), text).unwrap();
    let to = folder.path().join("out");
    let (to, profile) = (to.to_str().unwrap(), profile.to_str().unwrap());
    printed(&["cap", GOLDEN[0], "--to", to, "--profile", profile]);
    let feed = fs::read_to_string(Path::new(to).join("feed.xml")).unwrap();
    assert!(!feed.contains("<script>"), "{feed}");
    let first =
        fs::read_dir(to).unwrap().map(|it| it.unwrap().path()).find(|it| !it.ends_with("feed.xml"));
    let message = fs::read_to_string(first.unwrap()).unwrap();
    let events: Vec<String> =
        texts(&message).into_iter().filter(|it| it.0 == "info/event").map(|it| it.1).collect();
    assert_eq!(events[1], name.replace('\\', ""));
    assert!(message.contains("<status>Exercise</status>") && message.contains("EXERCISE: "));
    assert!(!message.contains("<polygon>"), "a profile may be without areas");
}
