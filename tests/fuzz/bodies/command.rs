//! Commands of bodies: an envelope as JSON or Avro, a line of a file, and a body that may hold
//! anything. Each envelope that can be read is taken or refused by the domain.

use std::sync::{Arc, LazyLock};

use airshed::domain::{
    Airshed, Command, CommandGiven, Event, Fact, Stream, Tick, Timestamp, decide,
};
use airshed::io::files::{read_command_messages, read_commands};
use airshed::wire::message::{
    Codes, CommandLine, Kind, Schemas, StreamReader, read_command, read_command_line,
    read_readings_json, write_command,
};
use airshed::wire::publication::read_seen;
use airshed::wire::rule_book;

use super::support::rules;

/// What stands before a datum by a registry's schema with the id 4.
const FRAME: [u8; 5] = [0, 0, 0, 0, 4];

static CODES: LazyLock<Arc<Codes>> = LazyLock::new(|| Arc::new(Codes::new(rules())));
static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| {
    let mut schemas = Schemas::default();
    schemas.learn_id(4, Kind::Command.schema()).expect("our own schema");
    schemas
});
/// An airshed in which bodies are asked for answers.
static ASKED: LazyLock<Airshed> = LazyLock::new(|| {
    let book = rule_book::parse(rule_book::built_in_with_answers()).expect("our own rule book");
    let at = Timestamp::parse("2025-12-04T09:10:00+08:00").expect("a time");
    let mut airshed = Airshed::default();
    for command in [Command::Adopt(Arc::new(book)), Command::Tick(Tick { at, source: None })] {
        for event in decide(&airshed, command) {
            airshed.evolve(&event, 0);
        }
    }
    airshed
});

/// A command whose outcome is read from what its body is sent.
static GIVEN: LazyLock<CommandGiven> = LazyLock::new(|| {
    let line = br#"{"id":"a","actor":{"jurisdiction":"130100","role":"officer","name":"duty officer"},"given_at":"2025-12-04T09:10:00+08:00","status":"actual","command":"acknowledge","body":{"order":"1-130100"}}"#;
    match read_command_line(line, None) {
        Ok(CommandLine::Give(given)) => given,
        other => panic!("{other:?}"),
    }
});

/// The first byte chooses what the rest is: a line, a message, a datum, a file, what a body is
/// sent of the log, or readings as JSON.
pub(crate) fn fuzz(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    match first % 6 {
        0 => {
            if let Ok(CommandLine::Give(given)) = read_command_line(rest, None) {
                comes_back(&given);
            }
        }
        1 => message(rest),
        2 => message(&[&FRAME, rest].concat()),
        3 => file(rest),
        4 => {
            read_seen(rest, &GIVEN);
        }
        _ => readings(rest),
    }
}

/// Readings as JSON become a message that can be read without a refusal of the whole.
fn readings(json: &[u8]) {
    let Ok(message) = read_readings_json(json) else { return };
    let stream = Stream::topic("airshed.readings", 0);
    let mut reader = StreamReader::new(stream, Arc::clone(&CODES));
    let mut commands = Vec::new();
    let read = reader.read(7, &message, &SCHEMAS, &mut |it| commands.push(it));
    reader.flush(&mut |it| commands.push(it));
    assert!(read.is_ok() && !commands.is_empty(), "{commands:?}");
}

fn message(message: &[u8]) {
    for command in read(message) {
        match command {
            Command::Give(given) => comes_back(&given),
            Command::Tick(_) | Command::Refuse(_) => {}
            other @ (Command::Adopt(_)
            | Command::JoinStreams(_)
            | Command::Observe(_)
            | Command::ReceiveForecast(_)
            | Command::Exclude(_)) => panic!("{other:?} from the topic of commands"),
        }
    }
}

/// Reads a message of the topic of commands.
fn read(message: &[u8]) -> Vec<Command> {
    let stream = Stream::topic("airshed.commands", 0);
    let mut commands = Vec::new();
    let mut reader = StreamReader::of_commands(stream, Arc::clone(&CODES));
    let read = reader.read(7, message, &SCHEMAS, &mut |it| commands.push(it));
    reader.flush(&mut |it| commands.push(it));
    assert_eq!(commands.len(), usize::from(read.is_ok()), "{commands:?}");
    commands
}

/// Whether a seed is a command that can be read.
pub(crate) fn is_command(seed: &[u8]) -> bool {
    let message = match seed[0] {
        2 => [&FRAME, &seed[1..]].concat(),
        _ => seed[1..].to_vec(),
    };
    matches!(read(&message)[..], [Command::Give(_)])
}

fn file(bytes: &[u8]) {
    let place = tempfile::tempdir().expect("room for a file");
    let path = place.path().join("commands.jsonl");
    std::fs::write(&path, bytes).expect("room for a file");
    let commands = read_commands(&path).expect("a file that can be read");
    let messages = read_command_messages(&path).expect("a file that can be read");
    assert_eq!(commands.len(), messages.len());
    let lines = bytes.split(|it| *it == b'\n').filter(|it| !it.trim_ascii().is_empty());
    assert_eq!(commands.len(), lines.count());
}

/// What is written of a command is the same command, and it has an outcome.
fn comes_back(given: &CommandGiven) {
    let again = read_command(write_command(given).as_bytes(), given.source.clone());
    assert_eq!(again.as_ref(), Ok(given));
    let events = decide(&ASKED, Command::Give(Box::new(given.clone())));
    assert!(matches!(events[0], Event::Fact(Fact::CommandGiven(_))) && events.len() > 1);
    let mut airshed = ASKED.clone();
    for (event, position) in events.iter().zip(0..) {
        airshed.evolve(event, position);
    }
}
