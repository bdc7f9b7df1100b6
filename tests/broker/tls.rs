//! Brokers that let in only those who show a password or a certificate.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::process::Process;
use crate::program::airshed;
use crate::support::{OwnBroker, broker_test};
use crate::world::World;

/// Settings of the Kafka client.
type Settings = BTreeMap<&'static str, String>;

fn with_password(broker: &OwnBroker, password: &str) -> Settings {
    [
        ("security.protocol", "sasl_ssl".to_owned()),
        ("sasl.mechanism", "SCRAM-SHA-512".to_owned()),
        ("sasl.username", "airshed".to_owned()),
        ("sasl.password", password.to_owned()),
        ("ssl.ca.location", broker.tls("ca.pem")),
    ]
    .into()
}

fn with_certificate(broker: &OwnBroker) -> Settings {
    [
        ("security.protocol", "ssl".to_owned()),
        ("ssl.ca.location", broker.tls("ca.pem")),
        ("ssl.certificate.location", broker.tls("client.pem")),
        ("ssl.key.location", broker.tls("client.key")),
    ]
    .into()
}

fn section(settings: &Settings) -> String {
    let lines = settings.iter().map(|(key, value)| format!("\"{key}\" = \"{value}\"\n"));
    ["[kafka.client]\n".to_owned()].into_iter().chain(lines).collect()
}

fn arguments(settings: &Settings) -> Vec<String> {
    let each = settings.iter().map(|(key, value)| format!("{key}={value}"));
    each.flat_map(|it| ["--kafka-set".to_owned(), it]).collect()
}

/// Two hours of one station.
fn readings(world: &World) -> PathBuf {
    let file = PathBuf::from(world.of("rows.csv"));
    let rows = "date,hour,type,1001A\n20190112,16,PM2.5,135\n20190112,17,PM2.5,140\n";
    std::fs::write(&file, rows).unwrap();
    file
}

/// Serves, by a listener that lets in only whom it knows.
fn serve(world: &World, listener: &str, how: &[String]) -> Process {
    let serve = ["serve".to_owned(), "--config".to_owned(), world.config()];
    world.start_with(&[&serve[..], how].concat(), |it| {
        it.env("AIRSHED_BROKERS", listener);
    })
}

/// All that connects, from the first topic to the last record read.
fn check_reached(world: &World, listener: &str, how: &[String]) {
    let by_config = how.first().is_some_and(|it| it == "--config");
    let mut serving = serve(world, listener, if by_config { &[] } else { how });
    serving.await_words("serving");
    let file = readings(world).display().to_string();
    let feed = ["feed", &file, "--topic-prefix", world.prefix(), "--brokers", listener];
    let feed: Vec<_> = feed.map(str::to_owned).into_iter().chain(how.iter().cloned()).collect();
    let mut fed = world.start(&feed);
    assert!(fed.await_end().success(), "{}", fed.words());
    world.await_hour(&mut serving, "2019-01-12T17:00:00+08:00");
    serving.end();
    let topic = world.topic("log");
    for command in [&["log", "cat"][..], &["log", "verify"], &["replay"], &["skill"]] {
        let which = ["--brokers", listener, "--topic", &topic];
        let how = how.iter().map(String::as_str);
        let all: Vec<_> = command.iter().copied().chain(which).chain(how).collect();
        let (code, out, err) = airshed(&all);
        assert_eq!(code, 0, "{all:?}: {out}{err}");
    }
}

/// Whoever is not let in says so, names the settings to look at, and does not wait.
fn check_refused(listener: &str, settings: &Settings, said: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("my.toml");
    std::fs::write(&config, section(settings)).unwrap();
    let config = config.display().to_string();
    let file = folder.path().join("rows.csv");
    std::fs::write(&file, "date,hour,type,1001A\n20190112,16,PM2.5,135\n").unwrap();
    let (file, log) = (file.display().to_string(), folder.path().join("log"));
    let log = log.display().to_string();
    assert_eq!(airshed(&["play", &file, "--log", &log]).0, 0);
    // They would wait for a day, or for ever.
    let patient = ["--give-up-after", "86400", "--brokers", listener, "--config", &config];
    let in_file = format!("[kafka]\nbrokers = \"{listener}\"\n{}", section(settings));
    let of_serve = folder.path().join("serve.toml");
    std::fs::write(&of_serve, in_file).unwrap();
    let of_serve = of_serve.display().to_string();
    let commands: [&[&str]; 8] = [
        &["feed", &file],
        &["log", "cat", "--json"],
        &["log", "verify"],
        &["log", "checkpoint"],
        &["log", "export", &log],
        &["log", "import", "another"],
        &["replay", "--json"],
        &["skill"],
    ];
    let commands = commands.map(|it| [it, &patient].concat()).into_iter();
    let commands: Vec<_> = commands.chain([vec!["serve", "--config", &of_serve]]).collect();
    let (code, out, _) = airshed(&["doctor", "--config", &of_serve, "--json"]);
    for part in said.iter().chain(&["the broker refuses us: ", "[kafka.client]"]) {
        assert!(code == 1 && out.contains(part), "doctor: no {part:?} in {out}");
    }
    std::thread::scope(|scope| {
        for command in commands {
            scope.spawn(move || {
                let (code, out, err) = airshed(&command);
                assert_eq!(code, 1, "{command:?}: {out}{err}");
                for part in said.iter().chain(&["the broker refuses us: ", "[kafka.client]"]) {
                    assert!(err.contains(part), "{command:?}: no {part:?} in {err}");
                }
                let secret = settings.get("sasl.password");
                assert!(!secret.is_some_and(|it| (out + &err).contains(it)), "{command:?}");
            });
        }
    });
}

broker_test!(behind_tls_all_commands_work_and_say_why_they_are_not_let_in, |_shared| {
    let broker = OwnBroker::start_tls();
    let (sasl, mutual) = (broker.tls_text("sasl"), broker.tls_text("mutual"));
    let password = with_password(&broker, &broker.tls_text("password"));
    let certificate = with_certificate(&broker);
    // By the configuration, and by arguments.
    let world = World::new(&broker.bootstrap);
    world.configure(&section(&password));
    check_reached(&world, &sasl, &["--config".to_owned(), world.config()]);
    let world = World::new(&broker.bootstrap);
    check_reached(&world, &mutual, &arguments(&certificate));
    let changed = |settings: &Settings, key, value: String| {
        let mut settings = settings.clone();
        settings.insert(key, value);
        settings
    };
    let wrong = changed(&password, "sasl.password", "hunter-2".to_owned());
    check_refused(&sasl, &wrong, &["invalid credentials", "sasl.password"]);
    let stranger = changed(&password, "ssl.ca.location", broker.tls("stranger.pem"));
    check_refused(&sasl, &stranger, &["certificate verify failed", "ssl.ca.location"]);
    let mut nameless = certificate.clone();
    nameless.retain(|key, _| !["ssl.certificate.location", "ssl.key.location"].contains(key));
    check_refused(&mutual, &nameless, &["certificate", "ssl.certificate.location"]);
    let plain = changed(&password, "sasl.mechanism", "PLAIN".to_owned());
    check_refused(&sasl, &plain, &["SCRAM-SHA-512", "sasl.mechanism"]);
    // A broker that is spoken to in the wrong way only hangs up, as one that starts does.
    for (listener, protocol) in
        [(&sasl, "plaintext"), (&mutual, "plaintext"), (&broker.bootstrap, "ssl")]
    {
        let protocol = format!("security.protocol={protocol}");
        let reach = ["--brokers", listener, "--give-up-after", "1", "--kafka-set", &protocol];
        let (code, _, err) = airshed(&[&["log", "cat"], &reach[..]].concat());
        assert_eq!(code, 1, "{err}");
        assert!(err.contains("check security.protocol"), "{protocol} at {listener}: {err}");
    }
});

broker_test!(a_password_that_is_changed_while_it_runs_is_warned_of_once, |_shared| {
    let broker = OwnBroker::start_tls();
    let (sasl, password) = (broker.tls_text("sasl"), broker.tls_text("password"));
    let world = World::new(&broker.bootstrap);
    world.configure(&section(&with_password(&broker, &password)));
    let mut serving = serve(&world, &sasl, &[]);
    serving.await_words("serving");
    let over = "answers again";
    let before = serving.words().matches(over).count();
    broker.set_password("another-1");
    broker.kill();
    broker.start_again_after(Duration::ZERO).join().unwrap();
    serving.await_words("the broker refuses us: ");
    serving.await_words("waiting until it lets us in");
    broker.set_password(&password);
    serving.await_count(over, before + 1);
    let file = readings(&world);
    assert!(world.feed_plain(&file).await_end().success());
    world.await_hour(&mut serving, "2019-01-12T17:00:00+08:00");
    serving.end();
    let words = serving.words();
    assert_eq!(words.matches("the broker refuses us: ").count(), 1, "{words}");
    assert!(words.contains("sasl.password") && !words.contains(&password), "{words}");
});
