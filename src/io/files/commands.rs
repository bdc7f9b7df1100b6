//! A file of commands: a line each, an envelope as JSON or a tick.

use std::path::Path;

use crate::domain::{Command, Reason, Refusal, Stream, Tick, Timestamp};
use crate::engine::PortError;
use crate::wire::message::{CommandLine, read_command_line};

use super::open::failed;

/// Reads a file of commands. A line that is neither is a refusal; an empty one is nothing.
pub fn read_commands(path: &Path) -> Result<Vec<Command>, PortError> {
    let bytes = std::fs::read(path).map_err(|error| failed(path, &error))?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    Ok(commands(&Stream::file(&name), &bytes))
}

/// A line of a file of commands, to be sent as a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CommandMessage {
    /// What the clock of the file shows with it; none before the first command or tick.
    pub at: Option<Timestamp>,
    /// The code of the actor's body; empty for a line that cannot be read.
    pub key: String,
    /// Whether it is a tick.
    pub is_tick: bool,
    /// The line as it stands. One that cannot be read is sent too: its receiver refuses it by name.
    pub bytes: Vec<u8>,
}

/// Reads a file of commands as messages.
pub fn read_command_messages(path: &Path) -> Result<Vec<CommandMessage>, PortError> {
    let bytes = std::fs::read(path).map_err(|error| failed(path, &error))?;
    Ok(messages(&bytes))
}

fn messages(bytes: &[u8]) -> Vec<CommandMessage> {
    let mut clock = None;
    let message = |(line, _): (&[u8], u64)| {
        let (at, key, is_tick) = match read_command_line(line, None) {
            Ok(CommandLine::Give(given)) => {
                (Some(given.given_at), given.actor.body.code().to_owned(), false)
            }
            Ok(CommandLine::Tick(at)) => (Some(at), String::new(), true),
            Err(_) => (None, String::new(), false),
        };
        clock = clock.max(at);
        CommandMessage { at: clock, key, is_tick, bytes: line.to_vec() }
    };
    lines(bytes).map(message).collect()
}

fn commands(stream: &Stream, bytes: &[u8]) -> Vec<Command> {
    lines(bytes).map(|(line, number)| command(stream, line, number)).collect()
}

/// The lines that hold something, with their numbers.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (&[u8], u64)> {
    let lines = bytes.split(|it| *it == b'\n').map(<[u8]>::trim_ascii).zip(1..);
    lines.filter(|(line, _)| !line.is_empty())
}

fn command(stream: &Stream, line: &[u8], number: u64) -> Command {
    let source = Some(stream.at(number));
    match read_command_line(line, source.clone()) {
        Ok(CommandLine::Give(given)) => Command::Give(Box::new(given)),
        Ok(CommandLine::Tick(at)) => Command::Tick(Tick { at, source }),
        Err(error) => {
            let (reason, excerpt) = (Reason::Unreadable, error.with_excerpt(line));
            Command::Refuse(Refusal { reason, source, hour: None, excerpt, count: 1 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_command_a_tick_or_refused() {
        let give = r#"{"id":"a","actor":{"jurisdiction":"13","role":"officer","name":"n"},"given_at":"2025-12-04T09:10:00+08:00","status":"actual","command":"sign","body":{}}"#;
        let text = format!("{give}\r\n\n{{\"id\":\n{{\"tick\":\"2025-12-04T01:10:00Z\"}}");
        let found = commands(&Stream::file("c.jsonl"), text.as_bytes());
        let [Command::Give(given), Command::Refuse(refused), Command::Tick(tick)] = &found[..]
        else {
            panic!("{found:?}")
        };
        assert_eq!(given.source.as_ref().unwrap().to_string(), "c.jsonl:1");
        assert_eq!(refused.source.as_ref().unwrap().to_string(), "c.jsonl:3");
        assert!(refused.excerpt.starts_with("no envelope of a command: EOF"), "{refused:?}");
        assert_eq!(tick.source.as_ref().unwrap().to_string(), "c.jsonl:4");
        assert_eq!(tick.at, given.given_at);
        assert!(commands(&Stream::file("c"), b"\n \n").is_empty());
        // As messages: each behind the clock of the lines before it.
        let sent = messages(text.as_bytes());
        let found: Vec<_> = sent.iter().map(|it| (&*it.key, it.is_tick, it.at)).collect();
        let at = Some(given.given_at);
        assert_eq!(found, [("13", false, at), ("", false, at), ("", true, at)]);
        assert_eq!(sent[0].bytes, give.as_bytes());
    }
}
