//! `airshed log consistency`: proves that a log was only appended to.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::app::support::log_reader::{InKafka, LogLocation};
use crate::app::support::{Failure, notes, output};
use crate::wire::trust::proof;
use crate::wire::trust::witness::Request;

use super::{checkpoint, prove};

/// Arguments of `log consistency`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    /// The folder of the log (not for a log in Kafka), a file that ends with the older checkpoint,
    /// and a file that ends with the newer one (by default the newest checkpoint of the log).
    #[arg(value_names = ["DIR", "OLD", "NEW"], num_args = 1..=3, required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    kafka: InKafka,
    /// File to write the proof to; without it, the proof is printed.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let (place, files) = match (args.kafka.place()?, &args.files[..]) {
        (Some(place), files) => (place, files),
        (None, [folder, files @ ..]) => (LogLocation::Folder(folder.clone()), files),
        (None, []) => return Err(too_few()),
    };
    let (old, new) = match files {
        [old] => (notes::newest(old)?, checkpoint::newest(&place)?),
        [old, new] => (notes::newest(old)?, notes::newest(new)?),
        _ => return Err(too_few()),
    };
    let ((_, old), (note, new)) = (old, new);
    if old.size > new.size {
        let (old, new) = (old.size, new.size);
        let words = format!("the first checkpoint covers {old} records, the second only {new}");
        return Err(Failure::Usage(words));
    }
    let tree = prove::hashes(&place)?;
    prove::holds(&tree, &old)?;
    prove::holds(&tree, &new)?;
    let hashes = tree.consistency(old.size, new.size).context("the log is too short")?;
    proof::check_consistency(&old, &new, &hashes).context("the proof does not hold")?;
    let text = Request { old: old.size, proof: hashes, note }.to_string();
    let Some(path) = &args.output else { return output::print(&text) };
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}

fn too_few() -> Failure {
    let words = "name the log, a file with the older checkpoint, and one with the newer one unless \
                 it is the newest of the log";
    Failure::Usage(words.to_owned())
}
