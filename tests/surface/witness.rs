//! `log consistency`, `witness`, and what the co-signatures of witnesses are good for.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::trust::Place;
use super::{airshed, json, told_off};

#[test]
fn a_witness_cosigns_only_what_goes_on_from_what_it_saw() {
    let place = Place::new();
    place.printed(&["key", "new", "@hebei.key", "--witness"]);
    let all = fs::read_to_string(place.path("log/checkpoints")).unwrap();
    let first = all.match_indices("\nbth\n").nth(20).unwrap().0 + 1;
    fs::write(place.path("old"), &all[..first]).unwrap();
    fs::write(place.path("new"), &all).unwrap();
    let cosign =
        ["witness", "--key", "@hebei.key", "--state", "@seen", "--log-key", "@bth.key.pub"];
    let with = |more: &[&'static str]| [&cosign[..], more].concat();
    place.printed(&with(&["@old"]));
    let (_, told) = place.fails(&with(&["@new"]));
    assert!(told.contains("it needs a proof that it goes on from"), "{told}");
    place.printed(&["log", "consistency", "@log", "@seen", "@new", "-o", "@proof"]);
    let newest = place.printed(&["log", "checkpoint", "@log"]);
    assert!(all.ends_with(&newest) && all.len() > newest.len(), "{newest}");
    let to_newest = place.printed(&["log", "consistency", "@log", "@seen"]);
    assert_eq!(fs::read_to_string(place.path("proof")).unwrap(), to_newest);
    for too_few in [&["@log"][..], &["@seen", "--brokers", ""]] {
        let (code, _, told) = place.run(&[&["log", "consistency"], too_few].concat(), airshed);
        assert_eq!(code, 2, "{told}");
    }
    place.printed(&with(&["@new", "--proof", "@proof", "-o", "@cosigned"]));
    let (_, told) = place.fails(&with(&["@old"]));
    assert!(told.contains("the last one seen"), "{told}");
    let prove = ["log", "prove", "@log", "9", "-o", "@nine", "--checkpoint", "@cosigned"];
    place.printed(&prove);
    let check = ["verify-bundle", "@nine", "--key", "@bth.key.pub", "--witness", "@hebei.key.pub"];
    let words = place.printed(&check);
    assert!(words.contains("Witness     hebei"), "{words}");
    let no_witness =
        ["verify-bundle", "@nine", "--key", "@bth.key.pub", "--witness", "@bth.key.pub"];
    let (code, _, told) = place.run(&no_witness, airshed);
    assert!(code == 2 && told.contains("not of a witness"), "{told}");
    place.printed(&["log", "prove", "@log", "9", "-o", "@nine"]);
    let (_, told) = place.fails(&check);
    assert!(told.contains("no signature of hebei"), "{told}");
}

#[test]
fn of_two_histories_that_are_shown_at_once_only_one_is_cosigned() {
    let place = Place::new();
    let (code, _, told) =
        place.run(&["witness", "@log/checkpoints", "--key", "@bth.key", "--state", "@s"], airshed);
    assert!(code == 2 && told.contains("this key signs logs"), "{told}");
    place.printed(&["key", "new", "@hebei.key", "--witness"]);
    let demo = ["demo", "--json", "--seed", "3", "--log", "@other", "--key", "@bth.key"];
    place.printed(&demo);
    for round in 0..10 {
        let state = format!("@seen{round}");
        let cosign = |notes: &str| {
            let arguments = ["witness", "--key", "@hebei.key", "--state", &state, notes];
            place.run(&arguments, airshed).0
        };
        let cosigned = std::thread::scope(|scope| {
            let shown = ["@log/checkpoints", "@other/checkpoints"].repeat(4);
            let all: Vec<_> = shown
                .into_iter()
                .map(|notes| scope.spawn(move || (notes, cosign(notes))))
                .collect();
            let done = all.into_iter().map(|it| it.join().unwrap());
            done.filter(|it| it.1 == 0).map(|it| it.0).collect::<BTreeSet<_>>()
        });
        assert_eq!(cosigned.len(), 1, "in round {round}: {cosigned:?}");
    }
}

#[test]
fn a_bundle_takes_the_newest_checkpoint_that_witnesses_have_cosigned() {
    let place = Place::new();
    for name in ["@hebei.key", "@tianjin.key"] {
        place.printed(&["key", "new", name, "--witness"]);
    }
    let all = fs::read_to_string(place.path("log/checkpoints")).unwrap();
    let until = |number: usize| first_checkpoints(&all, number);
    let size_of = |note: &str| -> u64 {
        note.rsplit("bth\n").find_map(|it| it.split('\n').next()?.parse().ok()).unwrap()
    };
    fs::write(place.path("old"), until(20)).unwrap();
    fs::write(place.path("new"), until(30)).unwrap();
    let cosign = |checkpoint: &str, key: &str, to: &str| {
        let state =
            format!("@state{}{}", checkpoint.trim_start_matches('@'), key.trim_start_matches('@'));
        place.printed(&["witness", checkpoint, "--key", key, "--state", &state, "-o", to]);
    };
    cosign("@old", "@hebei.key", "@a");
    cosign("@new", "@hebei.key", "@b");
    cosign("@new", "@tianjin.key", "@c");
    let names = ["a", "b", "c"].map(|it| fs::read_to_string(place.path(it)).unwrap());
    let check = |more: &[&'static str], size: Option<u64>| {
        place.printed(&[&["log", "prove", "@log", "9", "-o", "@nine"], more].concat());
        let verify = ["verify-bundle", "@nine", "--key", "@bth.key.pub", "--json"];
        let proven = place.json(&verify);
        assert_eq!(Some(proven["size"].as_u64().unwrap()), size, "{more:?}");
        assert_eq!(proven["cosigned"], Value::Array(Vec::new()), "nobody was asked for");
        place.arguments(&verify)
    };
    let (old, new) = (size_of(until(20)), size_of(until(30)));
    check(&["--co-signed", "@a"], Some(old));
    check(&["--co-signed", "@b", "--co-signed", "@a"], Some(new));
    check(&[], Some(size_of(&all)));
    // Kept beside the log, one after another: two witnesses of one checkpoint are one note.
    fs::write(place.path("log/cosigned"), names.concat()).unwrap();
    let verify = check(&[], Some(new));
    let witnesses =
        place.arguments(&["--witness", "@hebei.key.pub", "--witness", "@tianjin.key.pub"]);
    let verify: Vec<&str> = verify.iter().chain(&witnesses).map(String::as_str).collect();
    let cosigned = json(&verify)["cosigned"].clone();
    let names: Vec<_> = cosigned.as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["hebei", "tianjin"]);
    // What they do not cover is proven by the newest of the log.
    let last = (size_of(&all) - 1).to_string();
    place.printed(&["log", "prove", "@log", &last, "-o", "@last"]);
    let told = place.json(&["verify-bundle", "@last", "--key", "@bth.key.pub", "--json"]);
    assert_eq!(told["size"], size_of(&all));
    // The file is no part of the log, and a checkpoint of another log is not used.
    place.printed(&["log", "verify", "@log", "--key", "@bth.key.pub"]);
    fs::write(place.path("log/cosigned"), "bth\n50\n").unwrap();
    let told = place.run(&["log", "prove", "@log", "9"], told_off);
    assert!(told.contains("cosigned") && told.contains("a note without an end"), "{told}");
    place.printed(&["demo", "--seed", "9", "--json", "--log", "@fork", "--key", "@bth.key"]);
    let fork = fs::read_to_string(place.path("fork/checkpoints")).unwrap();
    fs::write(place.path("fork-note"), first_checkpoints(&fork, 20)).unwrap();
    cosign("@fork-note", "@hebei.key", "@forked");
    let (_, told) = place.fails(&["log", "prove", "@log", "9", "--co-signed", "@forked"]);
    assert!(told.contains("records are not those of the checkpoint"), "{told}");
}

/// So many notes of a file of checkpoints.
fn first_checkpoints(all: &str, number: usize) -> &str {
    all.match_indices("\nbth\n").nth(number - 1).map(|(at, _)| &all[..=at]).unwrap()
}

/// The keeper of a log goes back to an older copy of it, and then on with another history.
#[test]
fn a_keeper_who_drops_or_rewrites_history_is_found_out() {
    let place = Place::new();
    place.printed(&["key", "new", "@hebei.key", "--witness"]);
    let days = |name: &str, days: &[(u32, u32)]| {
        let mut text = "date,hour,type,1029A\n".to_owned();
        for (day, pm25) in days {
            for hour in 0..24 {
                writeln!(text, "201901{day:02},{hour},PM2.5,{pm25}").unwrap();
                writeln!(text, "201901{day:02},{hour},PM10,500").unwrap();
            }
        }
        let path = place.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    days("one.csv", &[(1, 30), (2, 260)]);
    days("two.csv", &[(3, 260), (4, 260), (5, 30)]);
    days("lie/two.csv", &[(3, 30), (4, 30), (5, 30), (6, 30), (7, 30)]);
    let play = |log: &str, files: &[&'static str]| {
        let play = ["play", "--log", log, "--key", "@bth.key", "--quiet"];
        place.printed(&[&play[..], files].concat());
    };
    let cosign =
        ["witness", "--key", "@hebei.key", "--state", "@seen", "--log-key", "@bth.key.pub"];
    let witness = |more: &[&'static str]| [&cosign[..], more].concat();
    let size = |note: &str| -> u64 {
        let notes = fs::read_to_string(place.path(note)).unwrap();
        notes.rsplit("bth\n").find_map(|it| it.split('\n').next()?.parse().ok()).unwrap()
    };

    play("@true", &["@one.csv"]);
    for copy in ["rolled", "forked"] {
        copy_folder(&place.path("true"), &place.path(copy));
    }
    place.printed(&witness(&["@true/checkpoints"]));
    play("@true", &["@one.csv", "@two.csv"]);
    place.printed(&["log", "consistency", "@true", "@seen", "@true/checkpoints", "-o", "@proof"]);
    place.printed(&witness(&["@true/checkpoints", "--proof", "@proof"]));
    let seen = size("seen");

    // The tail is gone together with its checkpoints: the folder alone tells nothing.
    let rolled = size("rolled/checkpoints");
    place.printed(&["log", "verify", "@rolled", "--key", "@bth.key.pub"]);
    let (_, told) = place.fails(&witness(&["@rolled/checkpoints"]));
    assert!(
        told.contains(&format!("it knows {rolled} records, the last one seen {seen}")),
        "{told}"
    );
    let (out, told) = place.fails(&["log", "verify", "@rolled", "--against", "@seen", "--json"]);
    let fault: Value = serde_json::from_str(&out).unwrap();
    let words =
        format!("this checkpoint knows {seen} records, the log ends before record {rolled}");
    assert!(told.contains(&words), "{told}");
    assert_eq!((&fault["position"], &fault["what"]), (&rolled.into(), &words.into()));
    assert!(fault["file"].as_str().unwrap().ends_with("seen"), "{fault}");

    // Another history, longer than the one that was seen, by the same key.
    play("@forked", &["@one.csv", "@lie/two.csv"]);
    assert!(size("forked/checkpoints") > seen);
    place.printed(&["log", "verify", "@forked", "--key", "@bth.key.pub"]);
    let (_, told) = place.fails(&["log", "verify", "@forked", "--against", "@seen"]);
    assert!(told.contains("the records of the log are not those of this checkpoint"), "{told}");
    let (_, told) = place.fails(&["log", "consistency", "@forked", "@seen", "@forked/checkpoints"]);
    let words = format!("the first {seen} records are not those of the checkpoint");
    assert!(told.contains(&words), "{told}");
    let (_, told) = place.fails(&witness(&["@forked/checkpoints"]));
    assert!(told.contains("it needs a proof that it goes on from"), "{told}");
    // A proof made up from the records of both: of the right sizes, and yet none.
    let forked = fs::read_to_string(place.path("forked/checkpoints")).unwrap();
    let last = forked.rfind("\nbth\n").unwrap() + 1;
    fs::write(place.path("older"), &forked[..last]).unwrap();
    place.printed(&[
        "log",
        "consistency",
        "@forked",
        "@older",
        "@forked/checkpoints",
        "-o",
        "@made",
    ]);
    let made = fs::read_to_string(place.path("made")).unwrap();
    let (first, rest) = made.split_once('\n').unwrap();
    assert!(first.starts_with("old "));
    fs::write(place.path("made"), format!("old {seen}\n{rest}")).unwrap();
    let (_, told) = place.fails(&witness(&["@forked/checkpoints", "--proof", "@made"]));
    assert!(told.contains("not co-signed") && told.contains("the log was rewritten"), "{told}");
    assert_eq!(size("seen"), seen, "the witness remembers what it saw");
    // The true log goes on to be co-signed.
    place.printed(&witness(&["@true/checkpoints"]));
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
