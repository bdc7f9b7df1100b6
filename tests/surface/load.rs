//! The arguments of `load`; what it does needs a broker.

use super::{printed, told_off};

#[test]
fn wrong_arguments_are_named() {
    let check = |arguments: &[&str], said: &str| {
        let words = told_off(&[&["load"][..], arguments].concat());
        assert!(words.contains(said), "{arguments:?}: {words}");
    };
    check(&["--rate", "fast"], "right is max, or whole messages a second");
    check(&["--for", "soon"], "right is such as 30s, 5m or 1h");
    check(&["--ramp"], "--p99");
    check(&["--p99", "100"], "--ramp");
    check(&["--write-rules", "many"], "--stations");
    check(&["--stations", "50000"], "--write-rules DIR");
    check(&["--brokers", ""], "right is host:port");
}

#[test]
fn it_writes_a_rule_book_that_the_other_commands_take() {
    let folder = tempfile::tempdir().unwrap();
    let many = folder.path().join("many").display().to_string();
    let words = printed(&["load", "--stations", "500", "--write-rules", &many]);
    assert!(words.contains("500 stations") && words.contains("--airshed"), "{words}");
    let again = told_off(&["load", "--stations", "5", "--write-rules", &many]);
    assert!(again.contains("not empty"), "{again}");
    let config = folder.path().join("config.toml");
    std::fs::write(&config, format!("[rules]\nfolder = \"{many}\"\n")).unwrap();
    printed(&["serve", "--check", "--config", config.to_str().unwrap()]);
}
