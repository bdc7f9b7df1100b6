//! `airshed doctor`: what is right is called so, and each planted fault is found with what to do.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use assert_cmd::Command;
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::serving::Serving;
use crate::{printed, told_off};

const TLS_FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/io/identity/tls/files");

/// The exit code of `doctor` in a folder, and what it prints.
fn run(folder: &Path, more: &[&str]) -> (i32, String) {
    let mut command = Command::cargo_bin("airshed").unwrap();
    command.current_dir(folder).env_remove("AIRSHED_BROKERS");
    let command = command.args(["doctor", "--config", "serve.toml", "--give-up-after", "1"]);
    let output = command.args(more).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// The same as JSON, whatever the exit code.
fn checks(folder: &Path, more: &[&str]) -> (i32, Value) {
    let (code, text) = run(folder, &[more, &["--json"]].concat());
    (code, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

/// What is found of a check in a state.
fn said(found: &Value, check: &str, state: &str) -> Vec<String> {
    let all = found["checks"].as_array().unwrap().iter();
    let of_it = all.filter(|it| it["check"] == check && it["state"] == state);
    of_it.map(|it| format!("{} | {}", it["what"], it["remedy"])).collect()
}

/// A configuration without a broker, with more in `[http]`.
fn alone(http: &str) -> String {
    format!(
        "[http]\nlisten = \"127.0.0.1:0\"\n{http}\n[log]\nkeep = \"segments\"\nfolder = \"log\"\n"
    )
}

fn tls(certificate: &str, key: &str) -> String {
    alone(&format!("certificate = \"{TLS_FILES}/{certificate}\"\nkey = \"{TLS_FILES}/{key}\""))
}

fn in_folder(folder: &Path, arguments: &[&str]) {
    let mut command = Command::cargo_bin("airshed").unwrap();
    command.current_dir(folder).args(arguments).assert().success();
}

const NEW_KEY: [&str; 5] = ["key", "new", "bth.key", "--origin", "bth"];

fn new_token(folder: &Path) {
    let made = ["token", "new", "--role", "reader", "--name", "board", "--body", "130100"];
    in_folder(folder, &[&made[..], &["--expires", "2999-01-01"]].concat());
}

fn signed_log(folder: &Path) {
    in_folder(folder, &NEW_KEY);
    let rows = "date,hour,type,1001A\n20190112,16,PM2.5,135\n20190112,17,PM2.5,140\n";
    fs::write(folder.join("rows.csv"), rows).unwrap();
    in_folder(folder, &["play", "rows.csv", "--log", "log", "--key", "bth.key", "--quiet"]);
}

#[test]
fn without_a_broker_all_is_right() {
    let place = tempfile::tempdir().unwrap();
    signed_log(place.path());
    new_token(place.path());
    let http = format!(
        "certificate = \"{TLS_FILES}/server.pem\"\nkey = \"{TLS_FILES}/server.key\"\nclient_ca = \
         \"{TLS_FILES}/ca.pem\"\ntokens = \"tokens.toml\""
    );
    fs::write(place.path().join("serve.toml"), alone(&http)).unwrap();
    let (code, found) = checks(place.path(), &["--key", "bth.key"]);
    assert_eq!((code, &found["ok"], &found["warnings"]), (0, &true.into(), &0.into()), "{found}");
    for (check, part) in [
        ("config", "serve.toml"),
        ("rules", "built in: airshed bth"),
        ("clock", "+08:00; "),
        ("disk", "GiB free"),
        ("key", "bth.key signs as bth, and has signed the log in log up to "),
        ("tokens", "tokens.toml: 1 in force"),
        ("certificate", "server.pem: expires in "),
        ("certificate", "ca.pem: expires in "),
        ("port", "127.0.0.1:0: any port that is free"),
    ] {
        let said = said(&found, check, "ok");
        assert!(said.iter().any(|it| it.contains(part)), "{check}: {said:?} without {part:?}");
    }
    assert!(said(&found, "broker", "not checked")[0].contains("no section [kafka]"), "{found}");
    // It has made and changed nothing.
    let (_, text) = run(place.path(), &["--key", "bth.key"]);
    assert!(text.ends_with("checks: 0 wrong, 0 warnings\n"), "{text}");
    assert!(text.lines().all(|it| it.width() <= 80), "{text}");
}

#[test]
fn a_broker_that_is_not_reached_is_named_with_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    // Nothing listens there.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // This one takes connections, and never answers.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [address, mute.local_addr().unwrap()] {
        let config = format!("[kafka]\nbrokers = \"{address}\"\n");
        fs::write(place.path().join("serve.toml"), config).unwrap();
        let (code, found) = checks(place.path(), &[]);
        assert_eq!((code, &found["wrong"]), (1, &1.into()), "{found}");
        let broker = &said(&found, "broker", "wrong")[0];
        for part in [&address.to_string()[..], "given up after 1 s", "kafka.brokers"] {
            assert!(broker.contains(part), "{broker}");
        }
        for check in ["topics", "key"] {
            assert!(said(&found, check, "not checked")[0].contains("not reached"), "{found}");
        }
        let (_, text) = run(place.path(), &[]);
        assert!(text.starts_with("ok       config      serve.toml\n"), "{text}");
        assert!(text.lines().all(|it| it.width() <= 80), "{text}");
    }
}

/// A fault: its configuration and what else it needs, and how it is found.
struct Planted {
    config: String,
    arguments: &'static [&'static str],
    plant: fn(&Path),
    check: &'static str,
    state: &'static str,
    said: &'static [&'static str],
}

/// A fault of the configuration alone.
fn planted(config: &str, check: &'static str, said: &'static [&'static str]) -> Planted {
    let config = config.to_owned();
    Planted { config, arguments: &[], plant: |_| (), check, state: "wrong", said }
}

impl Planted {
    fn by(self, plant: fn(&Path)) -> Self {
        Self { plant, ..self }
    }

    fn with(self, arguments: &'static [&'static str]) -> Self {
        Self { arguments, ..self }
    }

    fn warned(self) -> Self {
        Self { state: "warning", ..self }
    }

    fn check(self) {
        let Self { config, arguments, plant, check, state, said: parts } = self;
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("serve.toml"), &config).unwrap();
        plant(place.path());
        let (code, found) = checks(place.path(), arguments);
        let expected = i32::from(state == "wrong");
        let others = found["checks"].as_array().unwrap().iter();
        let others = others.filter(|it| it["check"] != check && it["state"] == "wrong");
        assert_eq!((code, others.count()), (expected, 0), "{config}: {found}");
        let said = said(&found, check, state).concat();
        for part in parts {
            assert!(said.contains(part), "{config}: {said:?} without {part:?} in {found}");
        }
    }
}

#[test]
fn rules_and_disks_that_are_wrong_are_found() {
    let rules = |folder: &str| format!("{}[rules]\nfolder = \"{folder}\"\n", alone(""));
    planted(&rules("no/such"), "rules", &["no/such", "deploy/bth"]).check();
    let cap = alone("") + "[cap]\nfolder = \"no/such\"\n";
    planted(&cap, "rules", &["no/such", "cap.folder"]).check();
    planted(&alone(""), "disk", &["log is not a folder", "log.folder"])
        .by(|it| fs::write(it.join("log"), "").unwrap())
        .check();
    let of_system = alone("").replace("\"log\"", "\"/proc/airshed\"");
    // It has no room for files, and only root may write there at all.
    planted(&of_system, "disk", &["/proc"]).check();
    let target = "[hooks.targets.board]\nurl = \"http://127.0.0.1:9\"\nsecret_file = \"none\"\n";
    planted(&(alone("") + target), "webhooks", &["hooks.targets.board.secret_file"]).check();
    planted(&alone(""), "clock", &["log was changed", "by NTP"])
        .warned()
        .by(|it| {
            fs::create_dir(it.join("log")).unwrap();
            let file = fs::File::create(it.join("log/lock")).unwrap();
            let in_an_hour = SystemTime::UNIX_EPOCH + Duration::from_secs(32_503_680_000);
            file.set_modified(in_an_hour).unwrap();
        })
        .check();
}

#[test]
fn keys_that_do_not_fit_are_found() {
    let config = alone("");
    let key: &[&str] = &["--key", "bth.key"];
    planted(&config, "key", &["bth.key", "airshed key new bth.key"]).with(key).check();
    planted(&config, "key", &["is signed", "--key FILE"]).by(signed_log).check();
    planted(&config, "key", &["has not signed the log in log", "--key FILE"])
        .with(&["--key", "other.key"])
        .by(|it| {
            signed_log(it);
            in_folder(it, &["key", "new", "other.key", "--origin", "bth"]);
        })
        .check();
    planted(&config, "key", &["mode 0644", "chmod 600"])
        .with(key)
        .by(|it| {
            in_folder(it, &NEW_KEY);
            let open = fs::Permissions::from_mode(0o644);
            fs::set_permissions(it.join("bth.key"), open).unwrap();
        })
        .check();
    planted(&config, "key", &["key of a witness", "--witness"])
        .with(key)
        .by(|it| in_folder(it, &[&NEW_KEY[..], &["--witness"]].concat()))
        .check();
    // Also where the log is in a topic and the broker is not reached.
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("serve.toml"), "[kafka]\nbrokers = \"127.0.0.1:1\"\n").unwrap();
    let (_, found) = checks(place.path(), key);
    assert!(said(&found, "key", "wrong")[0].contains("airshed key new"), "{found}");
}

#[test]
fn tokens_and_certificates_that_do_not_fit_are_found() {
    let tokens = alone("tokens = \"tokens.toml\"");
    planted(&tokens, "tokens", &["tokens.toml", "airshed token new"]).check();
    planted(&tokens, "tokens", &["mode 0666", "chmod 600"])
        .by(|it| {
            new_token(it);
            let open = fs::Permissions::from_mode(0o666);
            fs::set_permissions(it.join("tokens.toml"), open).unwrap();
        })
        .check();
    planted(&tokens, "tokens", &["does not have the body", "999999"])
        .by(|it| {
            new_token(it);
            let text = fs::read_to_string(it.join("tokens.toml")).unwrap();
            fs::write(it.join("tokens.toml"), text.replace("130100", "999999")).unwrap();
        })
        .check();
    planted(&tokens, "tokens", &["none is in force", "airshed token new"])
        .warned()
        .by(|it| {
            new_token(it);
            in_folder(it, &["token", "revoke", "board"]);
        })
        .check();
    planted(&tls("expired.pem", "server.key"), "certificate", &["expired at 2021-01-01"]).check();
    planted(&tls("server.pem", "client.key"), "certificate", &["http.key", "right is"]).check();
    planted(&tls("none.pem", "server.key"), "certificate", &["http.certificate", "none.pem"])
        .check();
    planted(&tls("server.key", "server.key"), "certificate", &["has no certificate"]).check();
}

#[test]
fn ports_and_registries_that_are_not_as_they_should_be_are_found() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let at = |address: &str| alone("").replace("127.0.0.1:0", address);
    planted(&at(&taken), "port", &["another program has this port", "ss -ltnp"]).check();
    let tokens = "certificate = \"c\"\nkey = \"k\"\ntokens = \"t\"";
    let place = tempfile::tempdir().unwrap();
    let foreign = alone(tokens).replace("127.0.0.1:0", "192.0.2.1:80");
    fs::write(place.path().join("serve.toml"), foreign).unwrap();
    let (_, found) = checks(place.path(), &[]);
    assert!(said(&found, "port", "wrong")[0].contains("an address of this machine"), "{found}");
    let registry = alone("") + &format!("[registry]\nurl = \"http://{taken}\"\ntimeout_s = 1\n");
    planted(&registry, "registry", &["timed out", "registry.url"]).check();
}

/// While `serve` runs, nothing is called wrong because of it.
#[test]
fn an_airshed_that_answers_at_the_port_is_recognized() {
    let place = tempfile::tempdir().unwrap();
    let serving = Serving::start(place.path(), "");
    let address = serving.url("").replace("http://", "");
    let log = place.path().join("log").display().to_string();
    let config = alone("").replace("127.0.0.1:0", &address).replace("\"log\"", &format!("{log:?}"));
    let beside = tempfile::tempdir().unwrap();
    fs::write(beside.path().join("serve.toml"), config).unwrap();
    let (code, found) = checks(beside.path(), &[]);
    assert_eq!((code, &found["warnings"]), (0, &0.into()), "{found}");
    assert!(said(&found, "port", "ok")[0].contains("an airshed answers, ready"), "{found}");
    // It is no schema registry.
    let registry = format!("{}[registry]\nurl = \"http://{address}\"\n", alone(""));
    fs::write(beside.path().join("serve.toml"), registry).unwrap();
    let (code, found) = checks(beside.path(), &[]);
    assert!(code == 1 && said(&found, "registry", "wrong")[0].contains("status 404"), "{found}");
}

#[test]
fn a_configuration_that_cannot_be_read_is_wrong_usage() {
    assert!(told_off(&["doctor", "--config", "no/such.toml"]).contains("no/such.toml"));
    assert!(told_off(&["doctor", "--give-up-after", "0"]).contains("1..=600"));
    assert!(told_off(&["doctor", "--kafka-set", "acks=0"]).contains("not to be set"));
    assert!(printed(&["doctor", "--help"]).contains("Exit code 0"));
}
