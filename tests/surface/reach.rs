//! A broker that does not answer, and settings of the Kafka client that are wrong.

use crate::{airshed, told_off};

/// A port on which nothing listens.
const NOWHERE: &str = "127.0.0.1:9";

#[test]
fn whoever_asks_for_a_broker_that_does_not_answer_gives_up_and_says_when() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log").display().to_string();
    let file = folder.path().join("rows.csv");
    std::fs::write(&file, "date,hour,type,1001A\n20190112,16,PM2.5,135\n").unwrap();
    let (file, plays) = (file.display().to_string(), ["play", "--log", &log].map(str::to_owned));
    let plays: Vec<&str> = plays.iter().map(|it| &**it).chain([&*file]).collect();
    assert_eq!(airshed(&plays).0, 0);
    let commands: [&[&str]; 7] = [
        &["log", "cat"],
        &["log", "verify"],
        &["log", "checkpoint"],
        &["replay"],
        &["log", "import", "another"],
        &["log", "export", &log],
        &["feed", &file],
    ];
    std::thread::scope(|scope| {
        for command in commands {
            scope.spawn(move || {
                let reach = ["--brokers", NOWHERE, "--give-up-after", "2"];
                let (code, _, err) = airshed(&[command, &reach].concat());
                let words = format!("no broker answers at {NOWHERE}; given up after 2 s");
                assert_eq!((code, err.contains(&words)), (1, true), "{command:?}: {err}");
                assert!(err.contains("no broker answers: waiting for it"), "{command:?}: {err}");
            });
        }
    });
}

#[test]
fn wrong_settings_of_the_client_are_named_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("my.toml");
    let check = |text: &str, said: &[&str]| {
        std::fs::write(&config, text).unwrap();
        let config = config.display().to_string();
        for command in [&["serve", "--check"][..], &["log", "cat"]] {
            let err = told_off(&[command, &["--config", &config]].concat());
            for part in said {
                assert!(err.contains(part), "{command:?}: {err:?} without {part:?}");
            }
        }
    };
    check(
        "[kafka.client]\n\"sasl.pasword\" = \"hush\"\n",
        &["my.toml: kafka.client: sasl.pasword"],
    );
    check("[kafka.client]\nacks = \"1\"\n", &["my.toml: kafka.client: acks: not to be set"]);
    let err = told_off(&["log", "cat", "--topic", "airshed.log", "january"]);
    assert!(err.contains("--topic needs --brokers or --config"), "{err}");
}
