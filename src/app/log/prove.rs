//! `airshed log prove`: one file of evidence for one record.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};

use crate::app::log_reader::{Place, Which};
use crate::app::{Failure, notes, output};
use crate::domain::{Event, RuleBook};
use crate::engine::{Evidence, Position, Role};
use crate::wire::record::json;
use crate::wire::trust::bundle::Bundle;
use crate::wire::trust::checkpoint::Checkpoint;
use crate::wire::trust::note::Note;
use crate::wire::trust::proof::Stored;

/// What is to be proven, and by which checkpoint.
#[derive(Debug, clap::Args)]
#[command(allow_missing_positional = true)]
pub(super) struct Args {
    #[command(flatten)]
    log: Which,
    /// The position of the record: an order set brings its warnings, hours and rules along.
    position: u64,
    /// Where to write the bundle; without it, it is printed.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Prove it by this checkpoint, such as one that witnesses have co-signed; without it, by the
    /// newest of the log.
    #[arg(long, value_name = "CHECKPOINT")]
    checkpoint: Option<PathBuf>,
    /// Add the readings of all hours that the decision looked at.
    #[arg(long)]
    readings: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let place = args.log.place()?;
    let (note, checkpoint) = match &args.checkpoint {
        Some(file) => notes::newest(file)?,
        None => newest(&place)?,
    };
    let bundle = bundle(args, &place, &note, &checkpoint)?;
    let text = serde_json::to_string_pretty(&bundle).context("cannot write the bundle")? + "\n";
    let Some(path) = &args.output else { return output::print(&text) };
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}

/// The newest checkpoint of a log.
fn newest(place: &Place) -> Result<(Note, Checkpoint), Failure> {
    let Some((_, note)) = place.notes()?.notes.pop() else {
        return Err(Failure::Run(anyhow!(
            "the log has no checkpoint: make a key with `airshed key new`, and play or serve it \
             with --key"
        )));
    };
    let read = note.and_then(|note| Ok((Checkpoint::of(&note)?, note)));
    let (checkpoint, note) = read.with_context(|| format!("the checkpoints of {place}"))?;
    Ok((note, checkpoint))
}

fn bundle(
    args: &Args,
    place: &Place,
    note: &Note,
    checkpoint: &Checkpoint,
) -> Result<Bundle, Failure> {
    let mut evidence = Evidence::of(Position(args.position), args.readings);
    let tree = hashes(place, |record| evidence.note(record))?;
    holds(&tree, checkpoint)?;
    let Some(roles) = evidence.roles() else {
        let words = format!("no record {}: the log ends before", args.position);
        return Err(Failure::Usage(format!("{words} record {}", tree.leaves())));
    };
    let mut bundle = Bundle::new(Position(args.position), note);
    let mut book: Option<Arc<RuleBook>> = None;
    let mut reader = place.read()?;
    let mut left = roles.len();
    while left > 0 {
        let Some(record) = reader.next().transpose().context("cannot go on")? else { break };
        if let Some(role) = roles.get(&record.position) {
            let proof = tree.inclusion(record.position.0, checkpoint.size).with_context(|| {
                let size = checkpoint.size;
                format!("the checkpoint covers {size} records, not record {}", record.position.0)
            })?;
            let rules = book.as_ref().map(|it| &it.rules);
            let readable = json::record(&record, rules);
            bundle.add(*role, reader.schema(), reader.bytes(), readable, &proof);
            left -= 1;
            // Names are those of the rule book in the bundle.
            if let (Event::RuleBookAdopted(adopted), Role::RuleBook) = (&record.event, role) {
                book = Some(Arc::clone(adopted));
            }
        }
    }
    Ok(bundle)
}

/// The tree of a whole log, while each record passes by.
pub(super) fn hashes(
    place: &Place,
    mut note: impl FnMut(&crate::engine::Record),
) -> Result<Stored, Failure> {
    let mut tree = Stored::default();
    let mut reader = place.read()?;
    while let Some(record) = reader.next().transpose().context("cannot go on")? {
        tree.push(reader.bytes());
        note(&record);
    }
    Ok(tree)
}

/// Whether a checkpoint is one of this log.
pub(super) fn holds(tree: &Stored, checkpoint: &Checkpoint) -> Result<(), Failure> {
    let (size, records) = (checkpoint.size, tree.leaves());
    match tree.root_at(size) {
        Some(root) if root == checkpoint.root => Ok(()),
        Some(_) => Err(Failure::Run(anyhow!(
            "the first {size} records are not those of the checkpoint: see `airshed log verify`"
        ))),
        None => Err(Failure::Run(anyhow!(
            "the checkpoint knows {size} records, the log has {records}: see `airshed log verify`"
        ))),
    }
}
