//! Copies a log from one place to another, byte for byte, and compares both ends.
//!
//! The target must be empty or hold the beginning of the log; then only the rest is added, so an
//! interrupted copy can be resumed. Only whole appends are added.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use serde_json::json;

use crate::app::support::log_reader::{LogLocation, OpenLog};
use crate::app::support::{Failure, notes, output, rules};
use crate::engine::Record;
use crate::io::kafka::KafkaLog;
use crate::io::segments::SegmentLog;
use crate::wire::append::{Append, Carried};
use crate::wire::trust::Hash;
use crate::wire::trust::audit::{Audit, AuditOptions, Fault};
use crate::wire::trust::checkpoint_audit::StoredCheckpoints;
use crate::wire::trust::note::Note;
use crate::wire::trust::tree::{self, Edge};

/// The most bytes, or records, that are added at once.
const BYTES_AT_ONCE: usize = 4 << 20;
const RECORDS_AT_ONCE: usize = 10_000;

/// The outcome of a copy.
struct Done {
    size: u64,
    root: Hash,
    /// Records that the target held before.
    there_before: u64,
    checkpoints: usize,
}

/// The size and the root of the beginning of a log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Beginning {
    size: u64,
    root: Hash,
}

pub(super) fn run(from: &LogLocation, to: &LogLocation, json: bool) -> Result<(), Failure> {
    let done = carry(from, to)?;
    let (carried, root) = (done.size - done.there_before, notes::base64(&done.root));
    if json {
        return output::print_json(&json!({
            "from": from.to_string(),
            "to": to.to_string(),
            "size": done.size,
            "root": root,
            "carried": carried,
            "there_before": done.there_before,
            "checkpoints": done.checkpoints,
        }));
    }
    let before = match done.there_before {
        0 => String::new(),
        some => format!(", {some} were there before"),
    };
    let checkpoints = match done.checkpoints {
        0 => "none".to_owned(),
        some => some.to_string(),
    };
    output::print(&format!(
        "The log in {from} is now the log in {to}: {carried} records carried{before}\n\n\
         Size         {}\nRoot         {root}, computed from both\nCheckpoints  {checkpoints}",
        done.size
    ))
}

fn carry(from: &LogLocation, to: &LogLocation) -> Result<Done, Failure> {
    // Checkpoints are read before the records, so none of them can be ahead of the log.
    let own = from.notes()?;
    let mut notes = own
        .notes
        .iter()
        .map(|(_, note)| note.clone())
        .collect::<Result<Vec<Note>, _>>()
        .map_err(|it| anyhow!("the checkpoints of {from}: {it}"))?;
    let mut source = Source::open(from, own)?;
    let there = beginning(to)?;
    source.pass_over(there, to)?;
    check_notes(to, &notes)?;
    let mut target: Option<Target> = None;
    while let Some(appends) = source.next_appends()? {
        let target = match &mut target {
            Some(target) => target,
            none => none.insert(Target::open(to, there.size)?),
        };
        target.add(&appends)?;
    }
    let signed = source.end();
    let whole = Beginning { size: source.audit.edge().leaves(), root: source.audit.edge().root() };
    notes.truncate(signed);
    if !has_notes(to, &notes)? {
        let target = match &mut target {
            Some(target) => target,
            none => none.insert(Target::open(to, there.size)?),
        };
        target.keep(&notes)?;
    }
    drop(target);
    let carried = beginning(to)?;
    if carried != whole {
        return Err(Failure::Run(anyhow!(
            "the log in {to} is not that in {from}: {} records with root {}, not {} with {}",
            carried.size,
            notes::base64(&carried.root),
            whole.size,
            notes::base64(&whole.root)
        )));
    }
    let (size, root) = (carried.size, carried.root);
    Ok(Done { size, root, there_before: there.size, checkpoints: notes.len() })
}

/// The size and root of what a place holds, computed from the bytes of its records.
fn beginning(place: &LogLocation) -> Result<Beginning, Failure> {
    let mut edge = Edge::default();
    if let Some(mut reader) = place.find()? {
        let bar = reader.bar();
        bar.say(&format!("hashing {place}"));
        while let Some(record) = reader.next() {
            record.with_context(|| format!("the log in {place}"))?;
            edge.push(tree::leaf(reader.bytes()), |_| {});
            bar.at(reader.done());
        }
    }
    Ok(Beginning { size: edge.leaves(), root: edge.root() })
}

fn refused(to: &LogLocation, words: &str) -> Failure {
    let help = "name another place, or empty this one";
    Failure::Run(anyhow!("{to} is left as it is: {words}; {help}"))
}

/// The checkpoints of a place must be the first ones of the log. A crash can have torn the last
/// one.
fn check_notes(to: &LogLocation, notes: &[Note]) -> Result<(), Failure> {
    let there = to.notes()?.notes;
    let others = there.iter().enumerate().any(|(nth, (_, note))| match note {
        Ok(note) => !note.says_the_same_as(notes.get(nth)),
        Err(_) => nth + 1 < there.len(),
    });
    if others {
        return Err(refused(to, "its checkpoints are not the first ones of the log"));
    }
    Ok(())
}

/// Whether a place has these checkpoints already. If so, its writer need not be replaced.
fn has_notes(place: &LogLocation, notes: &[Note]) -> Result<bool, Failure> {
    let there = place.notes()?.notes;
    let same = there
        .iter()
        .zip(notes)
        .all(|((_, it), note)| it.as_ref().is_ok_and(|it| it.says_the_same_as(Some(note))));
    Ok(same && there.len() == notes.len())
}

/// The log that is copied, append by append, and compared with its own checkpoints.
struct Source {
    reader: OpenLog,
    bar: crate::app::support::progress::Progress,
    audit: Audit,
}

impl Source {
    fn open(from: &LogLocation, own: StoredCheckpoints) -> Result<Self, Failure> {
        let reader = from.read_synced()?;
        let bar = reader.bar();
        let audit = Audit::new(own, &AuditOptions::default(), true).map_err(|it| failure(&it))?;
        Ok(Self { reader, bar, audit })
    }

    fn next(&mut self) -> Result<Option<Record>, Failure> {
        let Some(record) = self.reader.next().transpose().context("cannot go on")? else {
            return Ok(None);
        };
        let (reader, audit) = (&self.reader, &mut self.audit);
        let taken = audit.take(&record, reader.bytes(), || reader.place(), |_| {});
        taken
            .and_then(|()| audit.pass(&record, reader.ends_append()))
            .map_err(|it| failure(&it))?;
        self.bar.at(self.reader.done());
        Ok(Some(record))
    }

    /// Skips the records that the target holds. Fails if the target holds another or a longer log.
    fn pass_over(&mut self, there: Beginning, to: &LogLocation) -> Result<(), Failure> {
        let refused = |words: String| refused(to, &words);
        self.bar.say("comparing");
        let mut ends = true;
        while self.audit.edge().leaves() < there.size {
            let Some(_) = self.next()? else {
                let (has, own) = (there.size, self.audit.edge().leaves());
                return Err(refused(format!("it has {has} records, and the log here only {own}")));
            };
            ends = self.reader.ends_append();
        }
        if self.audit.edge().root() != there.root {
            let size = there.size;
            return Err(refused(format!("its {size} records are not the first ones of the log")));
        }
        if !ends {
            let size = there.size;
            return Err(refused(format!("its {size} records end within an append of the log")));
        }
        self.bar.say("carrying");
        Ok(())
    }

    /// The next whole appends; none at the end of the log.
    fn next_appends(&mut self) -> Result<Option<Vec<Append>>, Failure> {
        let (mut appends, mut bytes, mut records) = (Vec::new(), 0, 0);
        let mut schema: Arc<str> = Arc::default();
        // The schema of an append does not move while the append is read, so comparing addresses is
        // enough.
        let mut first_schema: *const str = "";
        let mut append: Vec<Carried> = Vec::new();
        while bytes < BYTES_AT_ONCE && records < RECORDS_AT_ONCE {
            let Some(record) = self.next()? else { break };
            let of_record = self.reader.schema();
            if append.is_empty() {
                if *schema != *of_record {
                    schema = of_record.into();
                }
                first_schema = of_record;
            } else if !std::ptr::eq(first_schema, of_record) && *schema != *of_record {
                let position = record.position.0;
                let words = "written by another schema than the rest of its append";
                return Err(Failure::Run(anyhow!("record {position}: {words}")));
            }
            let (position, kind) = (record.position.0, record.event.record_type());
            append.push(Carried { position, kind, bytes: self.reader.bytes().to_vec() });
            if self.reader.ends_append() {
                records += append.len();
                let whole = Append { schema: Arc::clone(&schema), records: append.split_off(0) };
                bytes += whole.bytes();
                appends.push(whole);
            }
        }
        // Both readers stop before an append that is not complete.
        Ok((!appends.is_empty()).then_some(appends))
    }

    /// How many checkpoints cover only records that were read.
    fn end(&self) -> usize {
        self.reader.print_torn();
        let (_, met) = self.audit.signed();
        usize::try_from(met).unwrap_or(usize::MAX)
    }
}

fn failure(fault: &Fault) -> Failure {
    let Fault { file, position, what, .. } = fault;
    let (file, position) = (file.display(), position.0);
    Failure::Run(anyhow!(
        "the log is not whole: {file}, record {position}: {what}; see `airshed log verify`"
    ))
}

/// The target of a copy.
enum Target {
    Folder(SegmentLog),
    Topic(KafkaLog),
}

impl Target {
    /// Opens the target for writing and locks out other writers. It must still hold `size` records.
    fn open(to: &LogLocation, size: u64) -> Result<Self, Failure> {
        let (target, found) = match to {
            LogLocation::Folder(folder) => {
                let log = SegmentLog::open(folder, rules::parse).map_err(anyhow::Error::new)?;
                let found = log.next().0;
                (Self::Folder(log), found)
            }
            LogLocation::Topic(connection, topic) => {
                let log = KafkaLog::open(connection, topic, topic, rules::parse)
                    .map_err(anyhow::Error::new)?;
                let found = log.size_from(size).map_err(anyhow::Error::new)?;
                (Self::Topic(log), found)
            }
        };
        if found != size {
            return Err(Failure::Run(anyhow!(
                "another process writes to {to}: it had {size} records, now it has {found}"
            )));
        }
        Ok(target)
    }

    fn add(&mut self, appends: &[Append]) -> anyhow::Result<()> {
        match self {
            Self::Folder(log) => {
                for append in appends {
                    log.carry(append)?;
                }
            }
            Self::Topic(log) => log.carry(appends)?,
        }
        Ok(())
    }

    fn keep(&mut self, notes: &[Note]) -> anyhow::Result<()> {
        match self {
            Self::Folder(log) => log.carry_checkpoints(notes)?,
            Self::Topic(log) => log.carry_checkpoints(notes)?,
        }
        Ok(())
    }
}
