//! Every seed of the fuzz targets goes through the body of its target, whole, cut and changed; and
//! every decoder has a target.
//!
//! With `AIRSHED_FUZZ_CORPUS=tests/fuzz/corpus` the seeds are put there too, one folder a target.
#![expect(clippy::unwrap_used, reason = "A panic is how a test fails.")]

#[path = "fuzz/bodies/mod.rs"]
mod bodies;
#[path = "fuzz/seeds.rs"]
mod seeds;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use airshed::wire::record::{self, Decoder};

/// A target, its body, and the decoders that it is for: file and function.
type Target = (&'static str, fn(&[u8]), &'static [&'static str]);

const TARGETS: [Target; 16] = [
    ("record", bodies::record::fuzz, &["wire/record/mod.rs decode", "wire/record/mod.rs position"]),
    ("old_record", bodies::old_record::fuzz, &["wire/record/mod.rs of_schema"]),
    ("message", bodies::message::fuzz, &["wire/message/reader.rs read"]),
    (
        "message_schema",
        bodies::message_schema::fuzz,
        &["wire/message/schemas.rs learn", "wire/message/schemas.rs learn_id"],
    ),
    (
        "readings_csv",
        bodies::readings_csv::fuzz,
        &[
            "wire/csv/reader.rs open",
            "wire/csv/reader.rs open_part",
            "wire/csv/parts.rs find",
            "io/files/inbox.rs open",
        ],
    ),
    (
        "forecast_csv",
        bodies::forecast_csv::fuzz,
        &["wire/csv/forecast.rs read_forecasts", "wire/csv/exclusion.rs read_exclusions"],
    ),
    (
        "rule_book",
        bodies::rule_book::fuzz,
        &["wire/rule_book/mod.rs parse", "io/files/rule_book_dir.rs read"],
    ),
    (
        "trust",
        bodies::trust::fuzz,
        &[
            "wire/trust/base64.rs bytes",
            "wire/trust/checkpoint.rs of",
            "wire/trust/key.rs from_str",
            "wire/trust/checkpoint_audit.rs notes",
            "wire/trust/note.rs all",
            "wire/trust/note.rs parse",
            "wire/trust/note.rs take",
            "wire/trust/proof.rs check_inclusion",
            "wire/trust/witness.rs parse",
            "io/files/key_file.rs signer",
            "io/files/key_file.rs verifier",
        ],
    ),
    ("bundle", bodies::bundle::fuzz, &["wire/trust/bundle.rs Bundle"]),
    (
        "segments",
        bodies::segments::fuzz,
        &[
            "io/segments/checkpoints.rs read",
            "io/segments/compact.rs compact",
            "io/segments/durable.rs settle",
            "io/segments/reader.rs find",
            "io/segments/reader.rs open",
            "io/segments/snapshot.rs take_up",
            "io/segments/verify.rs verify",
            "io/segments/writer.rs open",
            "io/segments/writer.rs open_with",
            "wire/snapshot.rs checked",
            "wire/snapshot.rs read",
            "wire/trust/audit.rs take",
            "wire/trust/signing.rs last",
        ],
    ),
    ("state", bodies::state::fuzz, &["wire/state/mod.rs read", "wire/topic_snapshot.rs read"]),
    (
        "command",
        bodies::command::fuzz,
        &[
            "wire/message/command/json.rs read_command",
            "wire/message/command/json.rs read_command_line",
            "wire/message/readings_json.rs read_readings_json",
            "io/files/commands.rs read_command_messages",
            "io/files/commands.rs read_commands",
            "wire/publication/seen.rs read_seen",
        ],
    ),
    (
        "identity",
        bodies::identity::fuzz,
        &[
            "wire/identity/certificate.rs validity",
            "wire/identity/credential.rs parse",
            "wire/identity/file.rs named",
            "wire/identity/file.rs parse",
            "wire/identity/file.rs revoked",
            "wire/identity/role.rs find",
            "wire/identity/secret.rs parse",
            "wire/identity/store.rs identify",
            "wire/identity/store.rs identify_certificate",
        ],
    ),
    (
        "registry_answer",
        bodies::registry_answer::fuzz,
        &[
            "wire/message/registry.rs read_id_answer",
            "wire/message/registry.rs read_plain_answer",
            "wire/message/registry.rs read_schema_answer",
        ],
    ),
    (
        "hooks",
        bodies::hooks::fuzz,
        &[
            "wire/hooks/dead.rs DeadLetter",
            "wire/hooks/dead.rs parse",
            "wire/hooks/queue.rs Failing",
            "wire/hooks/queue.rs Queue",
            "wire/hooks/queue.rs parse",
            "wire/hooks/secret.rs parse",
        ],
    ),
    ("cap", bodies::cap::fuzz, &["wire/cap/profile.rs parse", "wire/cap/received.rs parse"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The seeds of a target: those that our encoders make, and those in its folder.
fn seeds_of(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut all = seeds::made(target);
    let folder = root().join("tests/fuzz/seeds").join(target);
    let mut paths: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries.map(|it| it.unwrap().path()).collect(),
        Err(_) => Vec::new(),
    };
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        all.push((name, fs::read(path).unwrap()));
    }
    all
}

macro_rules! replayed {
    ($($target:ident)*) => {
        $(#[test] fn $target() { replay(stringify!($target)); })*

        #[test]
        fn every_target_is_replayed() {
            assert_eq!([$(stringify!($target)),*], TARGETS.map(|it| it.0));
        }
    };
}

replayed! {
    record old_record message message_schema readings_csv forecast_csv rule_book trust bundle
    segments state command identity registry_answer hooks cap
}

fn replay(target: &str) {
    let (_, fuzz, _) = TARGETS.iter().find(|it| it.0 == target).unwrap();
    let seeds = seeds_of(target);
    assert!(seeds.len() > 2, "{target} has few seeds");
    keep(target, &seeds);
    for (_, seed) in &seeds {
        fuzz(seed);
        // A long one is cut and changed at as many places as a short one.
        let step = (seed.len() / 24).max(1);
        for at in (0..seed.len()).step_by(step) {
            fuzz(&seed[..at]);
            let mut changed = seed.clone();
            changed[at] ^= 1 << (at % 8);
            fuzz(&changed);
        }
    }
}

/// Puts the seeds where a fuzzer starts from, if that is asked for.
fn keep(target: &str, seeds: &[(String, Vec<u8>)]) {
    let Some(corpus) = std::env::var_os("AIRSHED_FUZZ_CORPUS") else { return };
    let folder = root().join(corpus).join(target);
    fs::create_dir_all(&folder).unwrap();
    for (name, seed) in seeds {
        fs::write(folder.join(format!("seed-{name}")), seed).unwrap();
    }
}

/// What our encoder has written is what it writes again.
#[test]
fn records_have_the_bytes_that_they_had() {
    let decoder = Decoder::new(bodies::support::PARSE);
    let records = seeds::records();
    assert!(records.len() > 20);
    for bytes in records {
        let (record, length) = decoder.decode(&bytes).unwrap();
        let mut written = Vec::new();
        record::encode(&record, &mut written);
        assert!(length == bytes.len() && written == bytes, "{record:?}");
    }
}

/// The bundles get as far as their proofs: nothing is fuzzed that is refused at the door.
#[test]
fn some_bundles_are_proven() {
    use airshed::wire::{record::SCHEMA, trust::bundle::Bundle};
    let keys = [bodies::trust::key().verifier()];
    let proven = seeds::made("bundle").into_iter().filter(|(_, seed)| {
        let text = str::from_utf8(seed).unwrap();
        let schema = serde_json::to_string(SCHEMA).unwrap();
        let text = text.replace(&format!("\"{}\"", bodies::bundle::OURS), &schema);
        let bundle: Bundle = serde_json::from_str(&text).unwrap();
        bundle.check(bodies::support::PARSE, &keys, &[]).is_ok()
    });
    assert!(proven.count() >= 3);
}

/// Each command as JSON and as Avro.
#[test]
fn the_seeds_of_commands_are_commands() {
    let seeds = seeds::made("command");
    let commands = seeds.iter().filter(|(_, seed)| bodies::command::is_command(seed)).count();
    assert_eq!(commands, 2 * airshed::domain::cooperation::COMMANDS.len());
}

#[test]
fn every_target_has_its_files() {
    let names: Vec<String> = TARGETS.iter().map(|it| it.0.to_owned()).collect();
    let manifest = fs::read_to_string(root().join("tests/fuzz/Cargo.toml")).unwrap();
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let built = manifest.lines().filter_map(|it| it.strip_prefix("path = \"fuzz_targets/"));
    let built = built.map(|it| it.trim_end_matches(".rs\"").to_owned());
    assert_eq!(sorted(built.collect()), sorted(names.clone()));
    for name in &names {
        let target = root().join(format!("tests/fuzz/fuzz_targets/{name}.rs"));
        let target = fs::read_to_string(target).unwrap();
        assert!(target.contains(&format!("bodies::{name}::fuzz(data)")), "{name}");
    }
}

/// Public functions that read what came from outside: they take bytes, a text or a place in the
/// file system, and may find it wrong. Each must be in the list of a target.
#[test]
fn every_decoder_has_a_target() {
    let listed: BTreeSet<String> =
        TARGETS.iter().flat_map(|it| it.2).map(|it| (*it).to_owned()).collect();
    let mut found = BTreeSet::new();
    for folder in ["wire", "io/segments", "io/files"] {
        look_into(&root().join("src").join(folder), &mut found);
    }
    let known = |it: &String| NOT_OURS.iter().any(|known| it.starts_with(known));
    let found: BTreeSet<String> = found.into_iter().filter(|it| !known(it)).collect();
    assert_eq!(found, listed);
}

/// They are parts of what others decode, or read no bytes from outside.
const NOT_OURS: [&str; 7] = [
    "wire/avro/",
    "wire/csv/parts.rs bytes",
    "wire/record/samples/",
    "wire/stations.rs",
    "wire/trust/key.rs new",
    "wire/trust/key.rs verify",
    "io/files/key_file.rs write",
];

fn look_into(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look_into(&path, found);
            continue;
        }
        let file = path.strip_prefix(root().join("src")).unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for function in decoders(code) {
            found.insert(format!("{file} {function}"));
        }
    }
}

/// The names of such functions.
fn decoders(code: &str) -> Vec<String> {
    let starts = ["pub fn ", "    fn from_str"];
    let mut names = Vec::new();
    // What serde reads.
    for (at, _) in code.match_indices("Deserialize, ") {
        let head = code[at..].split('{').next().unwrap();
        names.extend(head.split_once("pub struct ").map(|it| it.1.trim().to_owned()));
    }
    for start in starts {
        for (at, _) in code.match_indices(start) {
            let head = code[at..].split(['{', ';']).next().unwrap();
            let name = head.trim_start().trim_start_matches("pub ").trim_start_matches("fn ");
            let name = name.split(['(', '<']).next().unwrap();
            let (takes, gives) = head.split_once("->").unwrap_or((head, ""));
            let outside =
                ["&[u8]", "&str", "impl Read", "&Path", "Files", "&[PathBuf]", "&Note", "&'a [u8]"];
            let wrong = ["Result<", "Option<", "Iterator<"];
            let reads = name == "open" && takes.contains("impl Read");
            if outside.iter().any(|it| takes.contains(it))
                && (reads || name == "open_part" || wrong.iter().any(|it| gives.contains(it)))
            {
                names.push(name.to_owned());
            }
        }
    }
    names
}

#[test]
fn a_decoder_is_seen_whatever_it_takes() {
    let check = |code: &str, names: &[&str]| assert_eq!(decoders(code), names);
    check("pub fn parse(text: &str) -> Result<Self, Wrong> {", &["parse"]);
    check("pub fn take<'a>(\n    bytes: &'a [u8],\n) -> Option<Self>\n{", &["take"]);
    check("pub fn read(folder: &Path) -> Result<Files, Unreadable> {", &["read"]);
    check("pub fn name(&self) -> &str {\npub fn text(bytes: &[u8]) -> String {", &[]);
    check(
        "impl FromStr for Key {\n    fn from_str(text: &str) -> Result<Self, E> {",
        &["from_str"],
    );
}
