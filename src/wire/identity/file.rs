//! The token file: TOML, a table for each token or certificate, with its hash and never itself.
//!
//! A change edits the text, so that comments and order stay as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use super::{Credential, CredentialId, CredentialKind, Fingerprint, Identity, TokenRole, redacted};
use crate::domain::cooperation::Body;
use crate::domain::{Date, Timestamp};

/// What stands at the head of a new token file.
pub const HEAD: &str = "# Who may call the HTTP interface of airshed. It has hashes of tokens and\n\
                        # certificates, and no tokens. `airshed token` changes it.\n";

/// A token file that is refused; the first mistake found.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{file}{}: {key}: {problem}; {remedy}", line.map(|it| format!(":{it}")).unwrap_or_default())]
pub struct TokenFileError {
    /// Which file.
    pub file: String,
    /// Which line, where it is known; the first is 1.
    pub line: Option<usize>,
    /// Which key.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub remedy: String,
}

/// The credentials of a token file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tokens {
    /// In the order of the file, with the line of the hash of each.
    listed: Vec<(Credential, usize)>,
    by_id: BTreeMap<(CredentialKind, CredentialId), Vec<usize>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    #[serde(default)]
    token: Vec<Table>,
    #[serde(default)]
    certificate: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: Spanned<String>,
    body: Spanned<String>,
    role: Spanned<String>,
    sha256: Spanned<String>,
    created: Spanned<String>,
    expires: Spanned<String>,
    revoked: Option<Spanned<String>>,
}

/// Reads a token file. `file` is its name, for errors.
pub fn parse(file: &str, text: &str) -> Result<Tokens, TokenFileError> {
    let file = Text { file, text };
    let tables: Tables = toml::from_str(text).map_err(|error| file.syntax(&error))?;
    let mut listed = Vec::new();
    let of_kind = |kind, tables: Vec<Table>| tables.into_iter().map(move |it| (kind, it));
    for (kind, table) in of_kind(CredentialKind::Token, tables.token)
        .chain(of_kind(CredentialKind::Certificate, tables.certificate))
    {
        let line = file.line(table.sha256.span().start);
        listed.push((file.credential(kind, &table)?, line));
    }
    listed.sort_by_key(|it| it.1);
    let mut seen = BTreeSet::new();
    for (it, line) in &listed {
        if !seen.insert(it.fingerprint.0) {
            let key = format!("{}.sha256", it.kind.name());
            return Err(file.wrong(
                *line,
                &key,
                "stands in the file twice",
                "right is to remove one of them",
            ));
        }
    }
    Ok(Tokens::new(listed))
}

impl Tokens {
    fn new(listed: Vec<(Credential, usize)>) -> Self {
        let mut by_id: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, (it, _)) in listed.iter().enumerate() {
            by_id.entry((it.kind, it.fingerprint.id())).or_default().push(at);
        }
        Self { listed, by_id }
    }

    /// All credentials, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = &Credential> {
        self.listed.iter().map(|it| &it.0)
    }

    /// The credentials with this id.
    pub(super) fn with_id(
        &self,
        kind: CredentialKind,
        id: CredentialId,
    ) -> impl Iterator<Item = &Credential> {
        let places = self.by_id.get(&(kind, id)).into_iter().flatten();
        places.filter_map(|at| self.listed.get(*at)).map(|it| &it.0)
    }

    /// The credentials that a name or an id names.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Credential> {
        self.all().filter(move |it| *it.name == *name || it.fingerprint.id().to_string() == name)
    }

    /// The credentials of bodies that are not in a rule book: they identify a body that gives no
    /// commands.
    pub fn of_unknown_bodies(
        &self,
        is_known: impl Fn(&Body) -> bool,
    ) -> impl Iterator<Item = Identity> {
        self.all().filter(move |it| !is_known(&it.body)).map(Credential::identity)
    }

    /// A text with one more credential at its end.
    pub fn added(text: &str, new: &Credential) -> String {
        let head = if text.is_empty() { HEAD } else { text };
        let end = if head.ends_with('\n') { "" } else { "\n" };
        format!("{head}{end}\n{}", table(new))
    }

    /// A text in which a credential is revoked. None: its table is not written one key a line.
    pub fn revoked(&self, text: &str, id: CredentialId, at: Timestamp) -> Option<String> {
        let (_, line) = self.listed.iter().find(|it| it.0.fingerprint.id() == id)?;
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let hash = lines.get_mut(line.checked_sub(1)?)?;
        if !hash.ends_with('\n') {
            hash.push('\n');
        }
        lines.insert(*line, format!("revoked = \"{at}\"\n"));
        let new = lines.concat();
        let mut wanted: Vec<Credential> = self.all().cloned().collect();
        for it in wanted.iter_mut().filter(|it| it.fingerprint.id() == id) {
            it.revoked = Some(at);
        }
        let read = parse("", &new).ok()?;
        read.all().eq(&wanted).then_some(new)
    }
}

/// The table of a credential, one key a line.
fn table(it: &Credential) -> String {
    let text = |text: &str| toml::Value::from(text).to_string();
    let revoked = it.revoked.map(|at| format!("revoked = \"{at}\"\n")).unwrap_or_default();
    format!(
        "[[{}]]\nname = {}\nbody = \"{}\"\nrole = \"{}\"\nsha256 = \"{}\"\n{revoked}\
         created = \"{}\"\nexpires = \"{}\"\n",
        it.kind.name(),
        text(&it.name),
        it.body,
        it.role,
        it.fingerprint,
        it.created,
        it.expires
    )
}

/// A file while it is read.
#[derive(Clone, Copy)]
struct Text<'a> {
    file: &'a str,
    text: &'a str,
}

impl Text<'_> {
    fn credential(self, kind: CredentialKind, table: &Table) -> Result<Credential, TokenFileError> {
        let key = |key: &str| format!("{}.{key}", kind.name());
        let name = table.name.get_ref().trim();
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(self.refuse(
                &table.name,
                &key("name"),
                "is empty, or has control characters",
                "right is for whom it is, such as \"duty officer\"",
            ));
        }
        let body = table.body.get_ref();
        let is_number = [2, 6].contains(&body.len()) && body.bytes().all(|it| it.is_ascii_digit());
        if !is_number && body != Body::REGION {
            return Err(self.refuse(
                &table.body,
                &key("body"),
                "is no code of a body",
                "right are six digits, two digits of a province, or \"region\"",
            ));
        }
        let role = TokenRole::find(table.role.get_ref()).ok_or_else(|| {
            let remedy = format!("right is one of {}", TokenRole::names());
            self.refuse(&table.role, &key("role"), "there is no such role", &remedy)
        })?;
        // It is not shown: a token may stand here by mistake.
        let fingerprint = Fingerprint::parse(table.sha256.get_ref()).ok_or_else(|| {
            let remedy = "right are 64 hexadecimal digits; if a token stands here, make a new one, \
                          because this one was written down";
            self.refuse(&table.sha256, &key("sha256"), "is no SHA-256", remedy)
        })?;
        let time = |value: &Spanned<String>, name| {
            moment(value.get_ref()).ok_or_else(|| {
                let remedy = "right is such as \"2027-01-01T00:00:00+08:00\" or \"2027-01-01\"";
                self.refuse(value, &key(name), "is no time", remedy)
            })
        };
        Ok(Credential {
            kind,
            fingerprint,
            body: Body::new(body),
            role,
            name: Arc::from(name),
            created: time(&table.created, "created")?,
            expires: time(&table.expires, "expires")?,
            revoked: table.revoked.as_ref().map(|it| time(it, "revoked")).transpose()?,
        })
    }

    fn refuse(
        self,
        value: &Spanned<String>,
        key: &str,
        problem: &str,
        remedy: &str,
    ) -> TokenFileError {
        self.wrong(self.line(value.span().start), key, problem, remedy)
    }

    /// What is no TOML, or has other keys. What stands in the file is not shown.
    fn syntax(self, error: &toml::de::Error) -> TokenFileError {
        let at = error.span().map_or(0, |it| it.start);
        let line = self.line(at);
        let here = self.text.lines().nth(line - 1).unwrap_or_default();
        let key = here.split_once('=').map_or("the file", |it| it.0.trim());
        // A value in a message stands in double quotes.
        let message = error.message().split('"').next().unwrap_or_default();
        let message = message.lines().collect::<Vec<_>>().join(", ");
        let remedy = "right are tables [[token]] and [[certificate]] with name, body, role, sha256, \
                      created, expires and perhaps revoked, all in quotes";
        self.wrong(line, &redacted(key), redacted(&message).trim(), remedy)
    }

    fn wrong(self, line: usize, key: &str, problem: &str, remedy: &str) -> TokenFileError {
        TokenFileError {
            file: self.file.to_owned(),
            line: Some(line),
            key: key.to_owned(),
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        }
    }

    fn line(self, at: usize) -> usize {
        self.text.as_bytes().iter().take(at).filter(|it| **it == b'\n').count() + 1
    }
}

/// A time, or the beginning of a day in Beijing; none at the end of the calendar, where a time
/// cannot be written as it was read.
fn moment(text: &str) -> Option<Timestamp> {
    let time = Timestamp::parse(text).or_else(|| Date::parse(text).map(|it| it.at_minute(0)))?;
    (Timestamp::parse(&time.to_string()) == Some(time)).then_some(time)
}
