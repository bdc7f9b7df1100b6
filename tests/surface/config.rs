//! `airshed config`: is it right, and where does each value come from.

use assert_cmd::Command;

use crate::{json, printed, told_off};

const DEPLOYED: &str = "deploy/config.toml";

#[test]
fn the_deployed_configuration_is_right() {
    let words = printed(&["config", "check", DEPLOYED]);
    assert_eq!(words, "deploy/config.toml: configuration and rule book are right\n");
    assert_eq!(printed(&["config", "check"]), "no file: configuration and rule book are right\n");
}

#[test]
fn what_is_wrong_is_named_with_its_line_and_the_nearest_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("my.toml");
    let path = file.to_str().unwrap();
    let check = |text: &str, said: &[&str]| {
        std::fs::write(&file, text).unwrap();
        for command in ["check", "show"] {
            let words = told_off(&["config", command, path]);
            for part in said.iter().chain(&["my.toml"]) {
                assert!(words.contains(part), "{text:?}: {words:?} without {part:?}");
            }
        }
    };
    check("[kafka]\nborkers = \"a:1\"\n", &["line 2", "did you mean `brokers`?"]);
    check("[rulez]\n", &["line 1", "did you mean `rules`?"]);
    check("[rules]\ntick_s = 0\n", &["rules.tick_s", "from 1 to 600"]);
    std::fs::write(&file, "[rules]\nfolder = \"no/such\"\n").unwrap();
    assert!(told_off(&["config", "check", path]).contains("no/such"));
}

#[test]
fn each_value_is_shown_with_its_origin_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("my.toml");
    std::fs::write(
        &file,
        "[kafka]\npartitions = 8\n[kafka.client]\n\"sasl.password\" = \"s3cret\"\n",
    )
    .unwrap();
    let mut command = Command::cargo_bin("airshed").unwrap();
    let path = file.to_str().unwrap();
    let flags = ["--clock", "sources", "--kafka-set", "ssl.key.password=s3cret", "--json"];
    let command = command.args(["config", "show", path]).args(flags);
    let output = command.env("AIRSHED_BROKERS", "one:1").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !text.contains("s3cret"), "{text}");
    let shown: serde_json::Value = serde_json::from_str(&text).unwrap();
    let find = |key: &str| {
        let values = shown["values"].as_array().unwrap();
        let it = values.iter().find(|it| it["key"] == key).unwrap_or_else(|| panic!("no {key}"));
        [&it["value"], &it["from"], &it["line"], &it["name"]].map(ToString::to_string).join(" ")
    };
    assert_eq!(find("kafka.partitions"), "8 \"file\" 2 null");
    assert_eq!(find("kafka.brokers"), "\"one:1\" \"environment\" null \"AIRSHED_BROKERS\"");
    assert_eq!(find("rules.clock"), "\"sources\" \"flag\" null \"--clock\"");
    assert_eq!(find("rules.tick_s"), "60 \"default\" null null");
    assert_eq!(find("kafka.client.\"sasl.password\""), "\"***\" \"file\" 4 null");
    assert_eq!(find("kafka.client.\"ssl.key.password\""), "\"***\" \"flag\" null \"--kafka-set\"");
    assert!(json(&["config", "show", "--json"])["file"].is_null());
}

/// What is shown is a configuration itself, and the same one.
#[test]
fn what_is_shown_can_be_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("again.toml");
    let shown = printed(&["config", "show", DEPLOYED]);
    assert!(shown.contains("# deploy/config.toml, line "), "{shown}");
    std::fs::write(&file, &shown).unwrap();
    let values = |path: &str| {
        let shown = json(&["config", "show", path, "--json"]);
        let values = shown["values"].as_array().unwrap().clone();
        values
            .into_iter()
            .map(|it| (it["key"].to_string(), it["value"].to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(values(file.to_str().unwrap()), values(DEPLOYED));
}
