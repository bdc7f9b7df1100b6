//! `airshed log verify`: checks that no record of a log has changed.

use std::path::PathBuf;

use anyhow::anyhow;
use serde_json::json;

use crate::app::support::log_reader::{LogLocation, Which};
use crate::app::support::progress::Progress;
use crate::app::support::{Failure, notes, output, rules};
use crate::io::{kafka, segments};
use crate::wire::trust::audit::{AuditOptions, Fault, Intact};

/// Arguments of `log verify`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
    /// A file with checkpoints stored elsewhere; may be given several times.
    #[arg(long, value_name = "CHECKPOINT")]
    against: Vec<PathBuf>,
    /// The public key of the log, to check signatures too; may be given several times.
    #[arg(long, value_name = "PUB")]
    key: Vec<PathBuf>,
    /// One JSON object: `whole`, `records`, `size`, `root`, `checkpoints`, `signed`, `signed_late`,
    /// `tree`, `unhashed` (records without a hash), `torn_bytes`; or `file`, `byte` (null where a whole
    /// file is at fault), `position`, `what`, where a topic has `topic/partition` and the offset.
    #[arg(long)]
    json: bool,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let mut options = AuditOptions { keys: notes::verifiers(&args.key)?, against: Vec::new() };
    for file in &args.against {
        options.against.extend(notes::kept(file)?);
    }
    let place = args.log.place()?;
    let mut bar: Option<Progress> = None;
    let verdict = match &place {
        LogLocation::Folder(folder) => {
            let mut look = |done, total| bar.get_or_insert_with(|| Progress::rate(total)).at(done);
            segments::verify(folder, rules::parse, &options, &mut look)
                .map_err(anyhow::Error::new)?
        }
        LogLocation::Topic(connection, topic) => {
            let mut look =
                |done, total| bar.get_or_insert_with(|| Progress::messages(total)).at(done);
            kafka::verify(connection, topic, rules::parse, &options, &mut look)
                .map_err(anyhow::Error::new)?
        }
    };
    drop(bar);
    match verdict {
        Ok(whole) if args.json => output::print_json(&json!({
            "whole": true,
            "records": whole.records,
            "size": whole.records,
            "root": notes::base64(&whole.root),
            "checkpoints": whole.checkpoints,
            "signed": whole.signed,
            "signed_late": whole.signed_late.map(|it| it.0),
            "tree": whole.tree,
            "unhashed": whole.unhashed,
            "torn_bytes": whole.torn_bytes,
        })),
        Ok(whole) => output::print(&words(args, &whole)),
        Err(fault) => {
            if args.json {
                output::print_json(&json!({
                    "file": fault.file,
                    "byte": fault.byte,
                    "position": fault.position.0,
                    "what": fault.what,
                }))?;
            }
            Err(Failure::Run(anyhow!(fault_text(&place, &fault))))
        }
    }
}

fn fault_text(place: &LogLocation, fault: &Fault) -> String {
    let Fault { file, byte, position, what, damaged_snapshot } = fault;
    let (file, position) = (file.display(), position.0);
    let counted = match place {
        LogLocation::Folder(_) => "byte",
        LogLocation::Topic(..) => "offset",
    };
    let at = byte.map(|it| format!(", {counted} {it}")).unwrap_or_default();
    if *damaged_snapshot {
        return format!("{file}: {what}");
    }
    format!("the log is not whole: {file}{at}, record {position}: {what}")
}

fn words(args: &Args, whole: &Intact) -> String {
    let Intact { records, root, checkpoints, signed, signed_late, .. } = whole;
    let root = notes::base64(root);
    let tree = tree_words(whole);
    let torn = match whole.torn_bytes {
        0 => String::new(),
        bytes => format!(
            "\nTorn end     {bytes} bytes of an append that was never durable; the next writer cuts \
             them off"
        ),
    };
    let signatures = if args.key.is_empty() {
        "signatures were not checked: no --key was given"
    } else {
        "their signatures are valid"
    };
    let checkpoints = match checkpoints {
        0 => {
            "none: whoever can write to the log can rewrite it unnoticed; play it with --key".into()
        }
        some => format!("{some}, the last over {signed} records; {signatures}"),
    };
    let late = signed_late.map_or(String::new(), |position| {
        let from = position.0;
        format!(
            "\n             the decision of record {from} and those after it were signed late, by the \
             first of them:\n             the log had no key yet, or checkpoints were deleted"
        )
    });
    let against = if args.against.is_empty() {
        "A lost tail with lost checkpoints is only found by comparison with a checkpoint \
         stored elsewhere: --against CHECKPOINT"
    } else {
        "It continues every checkpoint stored elsewhere."
    };
    format!(
        "The log is whole: {records} records\n\nRoot         {root}\nTree         {tree}{torn}\n\
         Checkpoints  {checkpoints}{late}\n\n{against}"
    )
}

/// The state of the hashes in words. They can be computed from the records, so missing ones are no
/// fault.
fn tree_words(whole: &Intact) -> String {
    let remedy = "the next writer adds them, or `airshed log compact-index` now";
    match (whole.tree, whole.unhashed) {
        (None, _) => "a log in a topic has none".to_owned(),
        (Some(false), _) => "none; the next writer makes one".to_owned(),
        (Some(true), 0) => "intact".to_owned(),
        (Some(true), missing) => {
            format!("intact, but the hashes of the last {missing} records are missing: {remedy}")
        }
    }
}
