//! `schemas/asyncapi.yaml` says of the topics what the table says by which they are made.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use airshed::io::kafka::{Direction, TOPIC_KINDS, TopicKind};

use crate::skip;

const FILE: &str = "schemas/asyncapi.yaml";

/// The messages of a topic.
fn messages(kind: &TopicKind) -> &'static [&'static str] {
    match kind.name {
        "readings" => &["readings", "tick"],
        "forecasts" => &["forecast", "tick"],
        "commands" => &["command", "commandAvro", "tick"],
        "orders.{code}" => &["order"],
        "alerts.{code}" => &["alert"],
        "matters.{body}" => &["matter"],
        "current" => &["current"],
        "refused" => &["refused"],
        "log" => &["record"],
        "log.checkpoints" => &["checkpoint"],
        "log.snapshot" => &["part"],
        other => panic!("{other}: which messages does it have?"),
    }
}

/// The name of a channel in the document.
fn id(kind: &TopicKind) -> &str {
    let name = kind.name.strip_prefix("log.").unwrap_or(kind.name);
    name.split('.').next().unwrap_or(name)
}

fn channel(kind: &TopicKind) -> String {
    let TopicKind { name, holds, partitions, key, .. } = kind;
    let mut text = format!("  {}:\n    address: 'airshed.{name}'\n", id(kind));
    writeln!(text, "    description: {holds}").unwrap();
    if name.ends_with("{code}") {
        text += "    parameters:\n      code: { description: Code of a jurisdiction (GB/T 2260)., \
                 examples: ['130100'] }\n";
    } else if name.ends_with("{body}") {
        text += "    parameters:\n      body: { description: Code of a body., \
                 examples: ['130100', '13', region] }\n";
    }
    text += "    messages:\n";
    for message in messages(kind) {
        writeln!(text, "      {message}: {{ $ref: '#/components/messages/{message}' }}").unwrap();
    }
    let settings = kind.settings.pairs().iter().map(|(setting, value)| match *setting {
        "cleanup.policy" => format!("{setting}: [{value}]"),
        _ => format!("{setting}: {value}"),
    });
    let settings = settings.collect::<Vec<_>>().join(", ");
    text += "    bindings:\n      kafka:\n";
    writeln!(text, "        partitions: {partitions}").unwrap();
    writeln!(text, "        topicConfiguration: {{ {settings} }}").unwrap();
    text += "        bindingVersion: '0.5.0'\n";
    text + &format!("    x-key: {key}\n")
}

fn operation(kind: &TopicKind) -> String {
    let action = match kind.direction {
        Direction::In => "receive",
        Direction::Out | Direction::Own => "send",
    };
    let id = id(kind);
    let name = format!("{action}{}{}", id[..1].to_uppercase(), &id[1..]);
    format!("  {name}: {{ action: {action}, channel: {{ $ref: '#/channels/{id}' }} }}\n")
}

/// The lines of an entry and of what is below it.
fn entry(text: &str, head: &str) -> String {
    let mut lines = text.lines().skip_while(|it| *it != head);
    let first = lines.next().unwrap_or_else(|| panic!("{FILE} has no {head}"));
    let depth = first.len() - first.trim_start().len();
    let below = lines.take_while(|it| it.len() - it.trim_start().len() > depth);
    below.flat_map(|it| [it, "\n"]).collect()
}

#[test]
fn the_document_and_the_table_have_the_same_topics() {
    let text = fs::read_to_string(FILE).unwrap();
    let channels: String = TOPIC_KINDS.iter().map(|it| channel(it)).collect();
    let operations: String = TOPIC_KINDS.iter().map(|it| operation(it)).collect();
    assert!(entry(&text, "channels:") == channels, "{FILE}: channels should be:\n{channels}");
    assert!(entry(&text, "operations:") == operations, "operations should be:\n{operations}");
}

#[test]
fn the_document_and_the_table_have_the_same_headers() {
    let text = fs::read_to_string(FILE).unwrap();
    for kind in TOPIC_KINDS {
        for message in messages(kind) {
            let of = entry(&text, &format!("    {message}:"));
            let mut found = (String::new(), Vec::new());
            if let Some((_, named)) = of.split_once("headers: { $ref: '#/components/schemas/") {
                let schema = format!("    {}:", named.split('\'').next().unwrap());
                let schema = entry(&entry(&text, "  schemas:"), &schema);
                let list = schema.split_once("required: [").and_then(|it| it.1.split(']').next());
                list.unwrap_or_default().clone_into(&mut found.0);
                let properties = entry(&schema, "      properties:");
                let names = properties.lines().filter_map(|it| it.trim_start().split(':').next());
                found.1 = names.map(str::to_owned).collect();
            }
            let all: Vec<&str> =
                kind.headers.iter().chain(kind.optional_headers).copied().collect();
            assert_eq!(found.0, kind.headers.join(", "), "{message}");
            assert_eq!(found.1, all, "{message}");
        }
    }
}

/// The document is read by the parser of the `AsyncAPI` project, with all schemas.
#[test]
fn the_parser_of_asyncapi_reads_the_document() {
    let Some(folder) = skip::outside("asyncapi/node_modules", "npm") else { return };
    let check = folder.parent().unwrap().join("check.mjs");
    let run = |file: &Path| {
        let output = Command::new("node").arg(&check).arg(file).output().unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned()
                + "\n"
                + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let (good, words) = run(Path::new(FILE));
    assert!(good && words.contains("11 channels"), "{words}");
    // A document that is wrong is found.
    let wrong = tempfile::tempdir().unwrap();
    for file in fs::read_dir("schemas").unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            fs::copy(&path, wrong.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let copy = wrong.path().join("asyncapi.yaml");
    let text = fs::read_to_string(&copy).unwrap();
    fs::write(&copy, text.replacen("action: receive", "action: listen", 1)).unwrap();
    assert!(!run(&copy).0, "an action that does not exist passes");
}
