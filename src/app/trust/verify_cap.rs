//! Checks CAP messages as they were received, by the log or by evidence from it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::shown_cap::Shown;
use super::verify_order::{Args, Tally};
use crate::app::support::log_reader::LogLocation;
use crate::app::support::{Failure, cap, output};
use crate::engine::{Entry, Record, entries};
use crate::wire::cap::{Difference, Message, Messages, Profile, Received, alert};
use crate::wire::trust::Hash;
use crate::wire::trust::bundle::Proven;
use crate::wire::trust::checkpoint::Checkpoint;
use crate::wire::trust::key::VerifierKey;
use crate::wire::trust::note::Note;
use crate::wire::trust::proof::Stored;

/// Checks messages, each the text of a file.
pub(super) fn check_all(
    args: &Args,
    texts: &[(String, String)],
    (keys, proven): (&[VerifierKey], Option<&Proven>),
    tally: &mut Tally,
) -> Result<(), Failure> {
    if texts.is_empty() {
        return Ok(());
    }
    let profile = cap::read_or_built_in(args.profile.as_deref())?;
    let claims: Vec<Result<Claim<'_>, String>> =
        texts.iter().map(|(text, _)| Claim::of(text, keys)).collect();
    let source = match (&args.log, proven) {
        (Some(log), _) => Some(Source::Log(read(log, &profile, &claims)?)),
        (None, proven) => proven.map(Source::Bundle),
    };
    for (claim, (_, file)) in claims.into_iter().zip(texts) {
        let checked = match (&claim, &source) {
            (Err(words), _) => Err(Wrong::words(words.clone())),
            (Ok(claim), Some(source)) => claim.check(source, &profile),
            (Ok(claim), None) => Err(Wrong::words(format!(
                "its checkpoint is signed by {}, but what it says is not checked: name --log or \
                 --evidence",
                claim.checkpoint.origin
            ))),
        };
        tally.add(checked.is_ok());
        let shown = Shown { file, claim: claim.as_ref().ok(), checked: &checked };
        output::print(&if args.json { shown.json().to_string() } else { shown.text() })?;
    }
    Ok(())
}

/// A message, and the record and the checkpoint that it names.
pub(super) struct Claim<'a> {
    text: &'a str,
    pub(super) received: Received,
    pub(super) position: u64,
    /// As it stands in the message.
    note: String,
    /// It is signed by the log and covers the record.
    pub(super) checkpoint: Checkpoint,
}

/// The fields of a message that could not be checked.
pub(super) type Unchecked = Vec<&'static str>;

/// Why a message is not proven.
pub(super) struct Wrong {
    pub(super) words: String,
    pub(super) differences: Vec<Difference>,
}

impl Wrong {
    fn words(words: impl Into<String>) -> Self {
        Self { words: words.into(), differences: Vec::new() }
    }
}

/// What a message is compared with.
enum Source<'a> {
    Log(Log),
    Bundle(&'a Proven),
}

/// What the log says as far as the checkpoints of the messages cover it.
struct Log {
    messages: BTreeMap<u64, Arc<Message>>,
    /// The roots of its tree at the sizes of the checkpoints; none where it has fewer records.
    roots: BTreeMap<u64, Option<Hash>>,
    records: u64,
}

/// Reads a log up to the last record that a checkpoint covers.
fn read(
    folder: &Path,
    profile: &Profile,
    claims: &[Result<Claim<'_>, String>],
) -> Result<Log, Failure> {
    let sizes = || claims.iter().flatten().map(|it| it.checkpoint.size);
    let end = sizes().max().unwrap_or(0);
    let (mut messages, mut tree) = (Messages::new(Arc::new(profile.clone())), Stored::default());
    let mut reader = LogLocation::Folder(folder.to_owned()).read()?;
    let bar = reader.bar();
    let records = std::iter::from_fn(|| {
        if tree.leaves() == end {
            return None;
        }
        let record = reader.next()?;
        if record.is_ok() {
            tree.push(reader.bytes());
            bar.at(reader.done());
        }
        Some(record)
    });
    for entry in entries(records) {
        messages.note(&Arc::new(entry.context("cannot go on")?));
    }
    drop(bar);
    let messages = messages.all().iter().map(|it| (it.position(), Arc::clone(it))).collect();
    let roots = sizes().map(|size| (size, tree.root_at(size))).collect();
    Ok(Log { messages, roots, records: tree.leaves() })
}

impl<'a> Claim<'a> {
    /// Reads a message, and checks the signature of its checkpoint.
    fn of(text: &'a str, keys: &[VerifierKey]) -> Result<Self, String> {
        let received = Received::parse(text)?;
        let position = received.position()?;
        let note = received.checkpoint().ok_or(
            "it has no parameter airshed:checkpoint: its log has no key, or no checkpoint covered \
             the record yet",
        )?;
        let note = note.to_owned();
        let of_checkpoint = |error: &dyn std::fmt::Display| format!("its checkpoint: {error}");
        let parsed = Note::parse(&note).map_err(|error| of_checkpoint(&error))?;
        let checkpoint = Checkpoint::of(&parsed).map_err(|error| of_checkpoint(&error))?;
        checkpoint.check_signed(&parsed, keys).map_err(|error| of_checkpoint(&error))?;
        if position >= checkpoint.size {
            let size = checkpoint.size;
            return Err(format!("its checkpoint covers {size} records, not record {position}"));
        }
        Ok(Self { text, received, position, note, checkpoint })
    }

    /// The fields that could not be checked, or what is wrong.
    fn check(&self, source: &Source<'_>, profile: &Profile) -> Result<Unchecked, Wrong> {
        let (message, unchecked) = match source {
            Source::Log(log) => (self.message_of_log(log)?, Unchecked::new()),
            Source::Bundle(proven) => {
                let message = self.message_of_bundle(proven, profile)?;
                let unchecked = message.fields_by_others(profile);
                (Arc::new(message), unchecked)
            }
        };
        let right = alert(&message, profile, Some(&self.note));
        if *self.text != right {
            let right = Received::parse(&right).map_err(Wrong::words)?;
            let differences = self.received.differences(&right);
            if !differences.is_empty() {
                let count = differences.len();
                let words = format!("{count} of its fields are not what the record says");
                return Err(Wrong { words, differences });
            }
        }
        Ok(unchecked)
    }

    fn message_of_log(&self, log: &Log) -> Result<Arc<Message>, Wrong> {
        let Self { checkpoint: Checkpoint { size, root, origin }, position, .. } = self;
        match log.roots.get(size).copied().flatten() {
            Some(own) if own == *root => {}
            Some(_) => {
                let words =
                    format!("its checkpoint is not of this log: the first {size} records differ");
                return Err(Wrong::words(words));
            }
            None => {
                let words = format!(
                    "its checkpoint covers {size} records of {origin}; the log has only {}",
                    log.records
                );
                return Err(Wrong::words(words));
            }
        }
        let none = || Wrong::words(format!("record {position} of the log gives no CAP message"));
        log.messages.get(position).cloned().ok_or_else(none)
    }

    fn message_of_bundle(&self, proven: &Proven, profile: &Profile) -> Result<Message, Wrong> {
        let position = self.position;
        if proven.checkpoint != self.checkpoint {
            let Checkpoint { origin, size, .. } = &proven.checkpoint;
            let words = format!(
                "the evidence is by another checkpoint, of {size} records of {origin}: get it by \
                 `airshed log prove DIR {position} --checkpoint MESSAGE.xml`, or over HTTP as \
                 /v1/evidence/{position}?size={}",
                self.checkpoint.size
            );
            return Err(Wrong::words(words));
        }
        let found = proven.records.iter().find(|(_, it, _)| it.position.0 == position);
        let Some((_, record, book)) = found else {
            return Err(Wrong::words(format!("the evidence has no record {position}")));
        };
        let record: Record = record.clone();
        let entry = Arc::new(Entry { record, book: book.clone() });
        Message::of_record(profile, &entry, &self.received).ok_or_else(|| {
            let kind = entry.record.event.record_type();
            let words = format!("record {position} gives no such message, it is {kind}");
            Wrong::words(words)
        })
    }
}
