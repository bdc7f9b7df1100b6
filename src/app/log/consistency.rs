//! `airshed log consistency`: a proof that a log only ever grew.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::app::log_reader::Place;
use crate::app::{Failure, notes, output};
use crate::wire::trust::proof;
use crate::wire::trust::witness::Request;

use super::prove;

/// Between which checkpoints.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the log.
    folder: PathBuf,
    /// A file whose last checkpoint is the older one.
    old: PathBuf,
    /// A file whose last checkpoint is the newer one; that of a log is DIR/checkpoints.
    new: PathBuf,
    /// Where to write the proof; without it, it is printed.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let ((_, old), (note, new)) = (notes::newest(&args.old)?, notes::newest(&args.new)?);
    if old.size > new.size {
        let (old, new) = (old.size, new.size);
        let words = format!("the first checkpoint knows {old} records, the second only {new}");
        return Err(Failure::Usage(words));
    }
    let tree = prove::hashes(&Place::Folder(args.folder.clone()), |_| {})?;
    prove::holds(&tree, &old)?;
    prove::holds(&tree, &new)?;
    let hashes = tree.consistency(old.size, new.size).context("the log is too short")?;
    proof::check_consistency(&old, &new, &hashes).context("the proof does not hold")?;
    let text = Request { old: old.size, proof: hashes, note }.to_string();
    let Some(path) = &args.output else { return output::print(&text) };
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}
