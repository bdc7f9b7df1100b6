//! `airshed log prove`: writes a bundle of evidence for one record.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};

use crate::app::read::explain;
use crate::app::support::log_reader::{LogLocation, OpenLog, Which};
use crate::app::support::{Failure, notes, output};
use crate::domain::{Event, Fact, RuleBook};
use crate::engine::{Evidence, Position, Record, Role};
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
    #[command(flatten)]
    evidence: Wanted,
    /// File to write the bundle to; without it, the bundle is printed.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The evidence that is wanted.
#[derive(Debug, Default, clap::Args)]
pub(in crate::app) struct Wanted {
    /// The position of the record. A bundle for an order set also has its warnings, hours and
    /// rules.
    pub(in crate::app) position: u64,
    /// Prove the record by this checkpoint, or by that of this CAP message. Without it, by the newest co-signed checkpoint that
    /// covers the record, or else by the newest checkpoint of the log.
    #[arg(long, value_name = "CHECKPOINT")]
    checkpoint: Option<PathBuf>,
    /// A file with checkpoints that witnesses have co-signed; may be given several times. Without
    /// it, the file `cosigned` in the folder of the log, if there is one.
    #[arg(long, value_name = "CHECKPOINT")]
    co_signed: Vec<PathBuf>,
    /// Leave out the readings of the hours that the decision used, for a smaller file.
    #[arg(long)]
    pub(in crate::app) without_readings: bool,
    /// Prove the record by the checkpoint of so many records.
    #[arg(skip)]
    size: Option<u64>,
}

impl Wanted {
    /// The evidence for a record by the checkpoints that are stored with the log: by the one of so
    /// many records, if it is said how many.
    pub(in crate::app) fn of(position: u64, without_readings: bool, size: Option<u64>) -> Self {
        Self { position, without_readings, size, ..Self::default() }
    }
}

/// What is missing for evidence.
#[derive(Debug, thiserror::Error)]
pub(in crate::app) enum Missing {
    #[error("the log has no record {position}: it ends before record {records}")]
    Record { position: u64, records: u64 },
    #[error(
        "the log has no checkpoint: make a key with `airshed key new`, and play or serve it with \
         --key"
    )]
    Checkpoint,
    #[error("the log has no checkpoint of {size} records")]
    Size { size: u64 },
    #[error("the checkpoint covers {size} records, not record {position}")]
    Covering { position: u64, size: u64 },
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

Evidence that fits a CAP message is proven by its own checkpoint, which `--checkpoint` takes from it.

Example: airshed log prove january 103 -o order.json";

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let place = args.log.place()?;
    let text = evidence(&place, &args.evidence, true)?.map_err(|missing| match missing {
        Missing::Record { .. } => Failure::Usage(missing.to_string()),
        Missing::Checkpoint | Missing::Size { .. } | Missing::Covering { .. } => {
            Failure::Run(anyhow!("{missing}"))
        }
    })?;
    let Some(path) = &args.output else { return output::print(&text) };
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}

/// The bundle as text; else what is missing for one.
pub(in crate::app) fn evidence(
    place: &LogLocation,
    wanted: &Wanted,
    shows_progress: bool,
) -> Result<Result<String, Missing>, Failure> {
    let Some((note, checkpoint)) = chosen(wanted, place)? else {
        return Ok(Err(wanted.size.map_or(Missing::Checkpoint, |size| Missing::Size { size })));
    };
    let bundle = match bundle(wanted, place, (&note, &checkpoint), shows_progress)? {
        Ok(bundle) => bundle,
        Err(missing) => return Ok(Err(missing)),
    };
    Ok(Ok(serde_json::to_string_pretty(&bundle).context("cannot write the bundle")? + "\n"))
}

/// The checkpoint to prove by, with all its known signatures; none if the log has none.
fn chosen(wanted: &Wanted, place: &LogLocation) -> Result<Option<(Note, Checkpoint)>, Failure> {
    let own = place.notes()?;
    let mut kept = Vec::new();
    for (byte, note) in own.notes {
        let note = note.with_context(|| format!("the checkpoints of {place}"))?;
        kept.push(ExternalCheckpoint { file: own.file.clone(), byte, note });
    }
    let cosigned = place
        .folder()
        .map(|it| it.join("cosigned"))
        .filter(|it| wanted.co_signed.is_empty() && it.is_file());
    for file in wanted.co_signed.iter().chain(&cosigned) {
        kept.extend(notes::kept(file)?);
    }
    if let Some(file) = &wanted.checkpoint {
        let (note, checkpoint) = notes::newest(file)?;
        kept.extend(notes::kept(file)?);
        let all = notes::merged(kept)?;
        let found = all.into_iter().find(|(it, _)| it.text == note.text);
        return Ok(Some(found.unwrap_or((note, checkpoint))));
    }
    let mut all = notes::merged(kept)?;
    if let Some(size) = wanted.size {
        return Ok(all.into_iter().find(|it| it.1.size == size));
    }
    let cosigned = all.iter().rposition(|(note, checkpoint)| {
        let witnessed = note.signatures.iter().any(|it| it.name != checkpoint.origin);
        checkpoint.size > wanted.position && witnessed
    });
    Ok(cosigned.map(|at| all.swap_remove(at)).or_else(|| all.pop()))
}

fn bundle(
    wanted: &Wanted,
    place: &LogLocation,
    (note, checkpoint): (&Note, &Checkpoint),
    shows_progress: bool,
) -> Result<Result<Bundle, Missing>, Failure> {
    let position = wanted.position;
    let mut evidence = Evidence::of(Position(position), !wanted.without_readings);
    let mut tree = Stored::default();
    let note_all = |record: &Record| evidence.note(record);
    grow(&mut tree, place.read()?, u64::MAX, shows_progress, note_all)?;
    holds(&tree, checkpoint)?;
    let Some(roles) = evidence.roles() else {
        return Ok(Err(Missing::Record { position, records: tree.leaves() }));
    };
    if position >= checkpoint.size {
        return Ok(Err(Missing::Covering { position, size: checkpoint.size }));
    }
    let mut bundle = Bundle::new(Position(position), note);
    let mut book: Option<Arc<RuleBook>> = None;
    let mut reader = place.read()?;
    let mut left = roles.len();
    while left > 0 {
        let Some(record) = reader.next().transpose().context("cannot go on")? else { break };
        if let Some(role) = roles.get(&record.position) {
            let proof = tree.inclusion(record.position.0, checkpoint.size).with_context(|| {
                Missing::Covering { position: record.position.0, size: checkpoint.size }
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
    Ok(Ok(bundle))
}

/// Reads a whole log, and builds its tree.
pub(in crate::app) fn hashes(place: &LogLocation) -> Result<Stored, Failure> {
    let mut tree = Stored::default();
    grow(&mut tree, place.read()?, u64::MAX, true, |_| {})?;
    Ok(tree)
}

/// Adds the records of a reader to a tree until it has so many, and passes each to a function.
pub(in crate::app) fn grow(
    tree: &mut Stored,
    mut reader: OpenLog,
    leaves_max: u64,
    shows_progress: bool,
    mut note: impl FnMut(&Record),
) -> Result<(), Failure> {
    let bar = shows_progress.then(|| reader.bar());
    if let Some(bar) = &bar {
        bar.say("hashing");
    }
    while tree.leaves() < leaves_max {
        let Some(record) = reader.next().transpose().context("cannot go on")? else { break };
        if let Some(bar) = &bar {
            bar.at(reader.done());
        }
        tree.push(reader.bytes());
        note(&record);
    }
    Ok(())
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
