//! `airshed log compact-index`: rebuilds the derived files of a log from its records.

use std::cell::OnceCell;
use std::path::PathBuf;

use serde_json::json;

use crate::app::support::progress::Progress;
use crate::app::support::{Failure, notes, output, rules};
use crate::io::segments::{self, Compacted, DerivedFile};
use crate::wire::state;

/// Arguments of `log compact-index`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the log.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// One JSON object: `records`, `root`, `digest`, `tree`, `snapshot`, `removed`, `torn_bytes`.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let progress = OnceCell::new();
    let report = |done, all| progress.get_or_init(|| Progress::rate(all)).at(done);
    let compacted =
        segments::compact(&args.folder, rules::parse, report).map_err(anyhow::Error::new)?;
    drop(progress);
    if !args.json {
        return output::print(&words(&compacted));
    }
    output::print_json(&json!({
        "records": compacted.memory.next.0,
        "root": notes::base64(&compacted.root),
        "digest": state::digest(&compacted.memory),
        "tree": name(compacted.tree),
        "snapshot": name(compacted.snapshot),
        "removed": compacted.removed,
        "torn_bytes": compacted.torn_bytes,
    }))
}

fn name(file: DerivedFile) -> &'static str {
    match file {
        DerivedFile::Unchanged => "kept",
        DerivedFile::Made => "made",
        DerivedFile::MadeAgain => "made_again",
    }
}

fn words(compacted: &Compacted) -> String {
    let said = |file| match file {
        DerivedFile::Unchanged => "is right and unchanged",
        DerivedFile::Made => "was missing; made from the records",
        DerivedFile::MadeAgain => "was outdated or wrong; made again from the records",
    };
    let checkpoints = if compacted.signed {
        "unchanged; the next run with the key adds missing ones"
    } else {
        "none"
    };
    let removed = match &compacted.removed[..] {
        [] => "nothing".to_owned(),
        some => some.join(", "),
    };
    let torn = match compacted.torn_bytes {
        0 => String::new(),
        bytes => {
            format!("\nTorn end     {bytes} bytes, left as they are; the next writer cuts them")
        }
    };
    format!(
        "Records      {}, not touched{torn}\nTree         {}\nSnapshot     {}\n\
         Checkpoints  {checkpoints}\nRemoved      {removed}\nDigest       {}",
        compacted.memory.next.0,
        said(compacted.tree),
        said(compacted.snapshot),
        state::digest(&compacted.memory),
    )
}
