//! What `schemas/command.avsc` must be, by the tables of the commands.

use std::fmt::Write as _;

use crate::domain::cooperation::{COMMANDS, Definition, Field, Shape};

/// The text of the file.
pub(super) fn text() -> String {
    let mut of = Writer::default();
    let branches: Vec<String> = COMMANDS.iter().map(|it| of.command(it)).collect();
    HEAD.to_owned() + &branches.join(",\n") + "\n    ]}\n  ]\n}\n"
}

const HEAD: &str = r#"{
  "type": "record",
  "name": "command",
  "namespace": "airshed",
  "doc": "A command of a body. Whatever it says is recorded, with what follows or with the reason why it is refused.",
  "fields": [
    {"name": "id", "type": "string", "doc": "The sender's own id, of 1 to 64 letters, digits, '.', '_' and '-': with the body of the actor it names the command."},
    {"name": "actor", "doc": "Who gives it.", "type": {
      "type": "record", "name": "actor", "doc": "A body, in the person of an official.",
      "fields": [
        {"name": "jurisdiction", "type": "string", "doc": "For which body: its code."},
        {"name": "role", "type": "string", "doc": "officer, command, government, forecaster, inspector or hotline."},
        {"name": "name", "type": "string", "doc": "The official's own name or title."}
      ]}},
    {"name": "given_at", "type": {"type": "long", "logicalType": "timestamp-millis"}, "doc": "When it is given, by the sender's clock."},
    {"name": "status", "doc": "For a log of this status.", "type": {
      "type": "enum", "name": "status", "doc": "Whether it is about the real world or a drill.",
      "symbols": ["actual", "exercise"]}},
    {"name": "body", "doc": "Which command, with its fields.", "type": [
"#;

/// A record type is written out where it comes first, and named after that.
#[derive(Default)]
struct Writer {
    has_evidence: bool,
}

impl Writer {
    fn command(&mut self, of: &Definition) -> String {
        let mut out = String::new();
        let head = format!(
            "      {{\"type\": \"record\", \"name\": \"{}\", \"doc\": \"{}.\", \"fields\": [\n",
            of.name, of.about
        );
        out += &head;
        out += &self.fields(of.fields, of.name, 8);
        out + "\n      ]}"
    }

    fn fields(&mut self, fields: &[Field], path: &str, indent: usize) -> String {
        let all = fields.iter().map(|it| {
            let (mut of, mut default) =
                (self.shape(it.shape, &format!("{path}_{}", it.name), indent), "");
            if it.optional {
                (of, default) = (format!("[\"null\", {of}]"), "\"default\": null, ");
            }
            let (name, doc) = (it.name, doc(it.shape));
            let blank = " ".repeat(indent);
            format!(r#"{blank}{{"name": "{name}", {default}"doc": "{doc}", "type": {of}}}"#)
        });
        all.collect::<Vec<_>>().join(",\n")
    }

    fn shape(&mut self, shape: Shape, path: &str, indent: usize) -> String {
        match shape {
            Shape::Text
            | Shape::Id(_)
            | Shape::Body
            | Shape::BodyOrGuest
            | Shape::Member
            | Shape::OneOf(_) => r#""string""#.to_owned(),
            Shape::Time => r#"{"type": "long", "logicalType": "timestamp-millis"}"#.to_owned(),
            Shape::Date => r#"{"type": "int", "logicalType": "date"}"#.to_owned(),
            Shape::Whole(..) => r#""long""#.to_owned(),
            Shape::Flag => r#""boolean""#.to_owned(),
            Shape::List(list) => {
                format!(r#"{{"type": "array", "items": {}}}"#, self.shape(list.of, path, indent))
            }
            Shape::Fields(fields) => self.record(fields, path, indent),
        }
    }

    fn record(&mut self, fields: &[Field], path: &str, indent: usize) -> String {
        let is_evidence = path.ends_with("_evidence");
        if is_evidence && self.has_evidence {
            return r#""airshed.evidence""#.to_owned();
        }
        self.has_evidence |= is_evidence;
        let name = if is_evidence { "evidence" } else { path };
        let mut out = String::new();
        write!(out, r#"{{"type": "record", "name": "{name}", "fields": ["#).unwrap();
        out += "\n";
        out += &self.fields(fields, name, indent + 2);
        out + "\n" + &" ".repeat(indent) + "]}"
    }
}

fn doc(shape: Shape) -> String {
    match shape {
        Shape::Text => "A text of 1 to 2,000 characters.".to_owned(),
        Shape::Id(_) => "An id.".to_owned(),
        Shape::Body => "The code of a body.".to_owned(),
        Shape::BodyOrGuest => "The code of a body, guests too.".to_owned(),
        Shape::Member => "The code of a member.".to_owned(),
        Shape::Time => "A moment.".to_owned(),
        Shape::Date => "A day.".to_owned(),
        Shape::Whole(from, i64::MAX) => format!("{from} or more."),
        Shape::Whole(from, to) => format!("{from} to {to}."),
        Shape::Flag => "Yes or no.".to_owned(),
        Shape::OneOf(words) => format!("One of {}.", words.join(", ")),
        Shape::List(list) => {
            let of = doc(list.of);
            let size = usize::from(!list.may_be_empty);
            if let Shape::Fields(_) = list.of {
                format!("{size} to 5,000 of these.")
            } else {
                format!("{size} to 5,000, each: {of}")
            }
        }
        Shape::Fields(_) => "These.".to_owned(),
    }
}
