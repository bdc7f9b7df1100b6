//! `airshed log prove`: writes a bundle of evidence for one record.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};

use crate::app::read::explain;
use crate::app::support::log_reader::{LogLocation, Which};
use crate::app::support::{Failure, notes, output};
use crate::domain::{Event, Fact, RuleBook};
use crate::engine::{Evidence, Position, Role};
use crate::wire::record::json;
use crate::wire::trust::audit::ExternalCheckpoint;
use crate::wire::trust::bundle::Bundle;
use crate::wire::trust::checkpoint::Checkpoint;
use crate::wire::trust::note::Note;
use crate::wire::trust::proof::Stored;

/// Arguments of `log prove`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = MEANING, allow_missing_positional = true)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
    /// The position of the record. A bundle for an order set also has its warnings, hours and
    /// rules.
    position: u64,
    /// File to write the bundle to; without it, the bundle is printed.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Prove the record by this checkpoint. Without it, by the newest co-signed checkpoint that
    /// covers the record, or else by the newest checkpoint of the log.
    #[arg(long, value_name = "CHECKPOINT")]
    checkpoint: Option<PathBuf>,
    /// A file with checkpoints that witnesses have co-signed; may be given several times. Without
    /// it, the file `cosigned` in the folder of the log, if there is one.
    #[arg(long, value_name = "CHECKPOINT")]
    co_signed: Vec<PathBuf>,
    /// Leave out the readings of the hours that the decision used, for a smaller file.
    #[arg(long)]
    without_readings: bool,
}

/// The meaning of a bundle, for `--help`.
const MEANING: &str = "\
The bundle holds the record and what it is based on (rule book with its text, acts, closed hours,
forecasts, readings), each as its bytes with a proof of inclusion, the checkpoint with all its
signatures and co-signatures, and for an order set or an act on a warning its explanation.

The records are proven: exactly these bytes are in the log of the checkpoint. The explanation is
commentary, computed again from the log. `verify-bundle` compares it with every record of the
bundle that it names and with the rule text; the rest is only as trustworthy as its author.

Co-signed checkpoints come from `airshed witness -o FILE`. Store them in the folder of the log:
cat FILE >> DIR/cosigned

Example: airshed log prove january 103 -o order.json";

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let place = args.log.place()?;
    let (note, checkpoint) = chosen(args, &place)?;
    let bundle = bundle(args, &place, &note, &checkpoint)?;
    let text = serde_json::to_string_pretty(&bundle).context("cannot write the bundle")? + "\n";
    let Some(path) = &args.output else { return output::print(&text) };
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}

/// The checkpoint to prove by, with all its known signatures.
fn chosen(args: &Args, place: &LogLocation) -> Result<(Note, Checkpoint), Failure> {
    let own = place.notes()?;
    let mut kept = Vec::new();
    for (byte, note) in own.notes {
        let note = note.with_context(|| format!("the checkpoints of {place}"))?;
        kept.push(ExternalCheckpoint { file: own.file.clone(), byte, note });
    }
    let cosigned = place
        .folder()
        .map(|it| it.join("cosigned"))
        .filter(|it| args.co_signed.is_empty() && it.is_file());
    for file in args.co_signed.iter().chain(&cosigned) {
        kept.extend(notes::kept(file)?);
    }
    if let Some(file) = &args.checkpoint {
        let (note, checkpoint) = notes::newest(file)?;
        kept.extend(notes::kept(file)?);
        let all = notes::merged(kept)?;
        let found = all.into_iter().find(|(it, _)| it.text == note.text);
        return Ok(found.unwrap_or((note, checkpoint)));
    }
    let mut all = notes::merged(kept)?;
    let cosigned = all.iter().rposition(|(note, checkpoint)| {
        let witnessed = note.signatures.iter().any(|it| it.name != checkpoint.origin);
        checkpoint.size > args.position && witnessed
    });
    let found = cosigned.map(|at| all.swap_remove(at)).or_else(|| all.pop());
    found.ok_or_else(|| {
        Failure::Run(anyhow!(
            "the log has no checkpoint: make a key with `airshed key new`, and play or serve it \
             with --key"
        ))
    })
}

fn bundle(
    args: &Args,
    place: &LogLocation,
    note: &Note,
    checkpoint: &Checkpoint,
) -> Result<Bundle, Failure> {
    let mut evidence = Evidence::of(Position(args.position), !args.without_readings);
    let tree = hashes(place, |record| evidence.note(record))?;
    holds(&tree, checkpoint)?;
    let Some(roles) = evidence.roles() else {
        let words = format!("the log has no record {}: it ends before", args.position);
        return Err(Failure::Usage(format!("{words} record {}", tree.leaves())));
    };
    if args.position >= checkpoint.size {
        let (size, position) = (checkpoint.size, args.position);
        let words = format!("the checkpoint covers {size} records, not record {position}");
        return Err(Failure::Run(anyhow!(words)));
    }
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
            if *role == Role::Asked
                && let Some(tree) = explain::of_record(place, &record, rules)?
            {
                bundle.explain(tree);
            }
            // The names come from the rule book in the bundle.
            if let (Event::Fact(Fact::RuleBookAdopted(adopted)), Role::RuleBook) =
                (&record.event, role)
            {
                book = Some(Arc::clone(adopted));
            }
        }
    }
    Ok(bundle)
}

/// Reads a whole log, builds its tree, and passes each record to a function.
pub(in crate::app) fn hashes(
    place: &LogLocation,
    mut note: impl FnMut(&crate::engine::Record),
) -> Result<Stored, Failure> {
    let mut tree = Stored::default();
    let mut reader = place.read()?;
    let bar = reader.bar();
    bar.say("hashing");
    while let Some(record) = reader.next().transpose().context("cannot go on")? {
        bar.at(reader.done());
        tree.push(reader.bytes());
        note(&record);
    }
    Ok(tree)
}

/// Checks that a checkpoint belongs to this log.
pub(in crate::app) fn holds(tree: &Stored, checkpoint: &Checkpoint) -> Result<(), Failure> {
    let (size, records) = (checkpoint.size, tree.leaves());
    match tree.root_at(size) {
        Some(root) if root == checkpoint.root => Ok(()),
        Some(_) => Err(Failure::Run(anyhow!(
            "the first {size} records are not those of the checkpoint: see `airshed log verify`"
        ))),
        None => Err(Failure::Run(anyhow!(
            "the checkpoint covers {size} records, the log has {records}: see `airshed log verify`"
        ))),
    }
}
