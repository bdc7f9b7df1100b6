//! What a check finds, and how it is printed.

use std::sync::mpsc::Sender;

use serde_json::{Value, json};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// No line is wider.
const COLUMNS: usize = 80;
/// Where the words of a finding begin.
const INDENT: usize = 21;

/// How it stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// It works, but someone should look at it.
    Warning,
    /// `serve` would not start, or would lose something.
    Wrong,
    /// There is nothing to check, or something else is wrong before it.
    NotChecked,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
            Self::NotChecked => "-",
        }
    }
}

/// One line of the answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) state: State,
    what: String,
    /// What to do.
    remedy: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, what: String) -> Self {
        Self { check, state: State::Ok, what, remedy: None }
    }

    pub(super) fn wrong(check: &'static str, what: String, remedy: &str) -> Self {
        Self { check, state: State::Wrong, what, remedy: Some(remedy.to_owned()) }
    }

    pub(super) fn json(&self) -> Value {
        let state = match self.state {
            State::NotChecked => "not checked",
            State::Ok | State::Warning | State::Wrong => self.state.name(),
        };
        json!({"check": self.check, "state": state, "what": self.what, "remedy": self.remedy})
    }

    /// The lines of a finding: state, check, what is found; below it what to do.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for words in [Some(&self.what), self.remedy.as_ref()].into_iter().flatten() {
            for line in words.lines() {
                lines.extend(broken(line, COLUMNS - INDENT));
            }
        }
        let head = format!("{:<8} {:<12}", self.state.name(), self.check);
        let heads = std::iter::once(head).chain(std::iter::repeat(" ".repeat(INDENT)));
        heads.zip(lines).map(|(head, line)| format!("{head}{line}")).collect()
    }
}

/// Breaks words into lines of this width; a word that is wider is cut.
fn broken(words: &str, columns: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in words.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for letter in word.chars() {
            if line.width() + letter.width().unwrap_or(0) > columns {
                lines.push(std::mem::take(&mut line));
            }
            line.push(letter);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Takes what a part of the checks finds.
pub(super) struct Report(Sender<Finding>);

impl Report {
    pub(super) fn new(sender: Sender<Finding>) -> Self {
        Self(sender)
    }

    pub(super) fn ok(&self, check: &'static str, what: impl Into<String>) {
        self.add(check, State::Ok, what.into(), None);
    }

    pub(super) fn warning(
        &self,
        check: &'static str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(check, State::Warning, what.into(), Some(remedy.into()));
    }

    pub(super) fn wrong(
        &self,
        check: &'static str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(check, State::Wrong, what.into(), Some(remedy.into()));
    }

    pub(super) fn not_checked(&self, check: &'static str, why: impl Into<String>) {
        self.add(check, State::NotChecked, why.into(), None);
    }

    fn add(&self, check: &'static str, state: State, what: String, remedy: Option<String>) {
        let remedy = remedy.filter(|it| !it.is_empty());
        // Whoever waited has given up.
        drop(self.0.send(Finding { check, state, what, remedy }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let long = format!("/a/{}/b 石家庄石家庄 {}", "long".repeat(30), "word ".repeat(40));
        let finding = Finding::wrong("certificate", long.clone(), &long);
        let lines = finding.lines();
        assert!(lines.iter().all(|it| it.width() <= COLUMNS), "{lines:?}");
        assert!(lines[0].starts_with("wrong    certificate /a/long"), "{}", lines[0]);
        let words: String = lines.concat().split_whitespace().skip(2).collect();
        assert_eq!(words, format!("{long}{long}").replace(' ', ""));
    }
}
