//! `airshed verify-bundle`: checks evidence without the log and without a network.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::json;

use crate::wire::record;
use crate::wire::trust::bundle::{Bundle, Proven};
use crate::wire::trust::explanation::Explained;

use crate::app::read::explain;
use crate::app::support::{Failure, notes, output, rules};

/// Arguments of `verify-bundle`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    /// The bundle.
    file: PathBuf,
    /// A public key of the log, from a source that you trust; may be given several times.
    #[arg(long, value_name = "PUB", required = true)]
    key: Vec<PathBuf>,
    /// The public key of a witness who must have co-signed; may be given several times.
    #[arg(long, value_name = "PUB")]
    witness: Vec<PathBuf>,
    /// Also print the explanation. It is commentary that contradicts no proven record.
    #[arg(long, conflicts_with = "json")]
    explain: bool,
    /// Print what is proven as one JSON object.
    #[arg(long)]
    json: bool,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let (keys, witnesses) = (notes::verifiers(&args.key)?, notes::verifiers(&args.witness)?);
    if let Some(key) = witnesses.iter().find(|it| !it.is_of_witness()) {
        let words = format!("--witness: {} is the key of a log, not of a witness", key.name());
        return Err(Failure::Usage(words));
    }
    let file = args.file.display();
    let text = std::fs::read(&args.file).with_context(|| format!("cannot read {file}"))?;
    let bundle: Bundle =
        serde_json::from_slice(&text).with_context(|| format!("{file} is no bundle"))?;
    let proven = bundle
        .check(rules::parse, &keys, &witnesses)
        .with_context(|| format!("{file} proves nothing"))?;
    if args.json {
        output::print_json(&as_json(&proven))
    } else {
        output::print(&words(&proven, args.explain))
    }
}

fn words(proven: &Proven, explain: bool) -> String {
    let lines = proven.records.iter().map(|(role, it, book)| {
        let line = record::line(it, book.as_ref().map(|it| &it.rules));
        format!("{:<9} {line}", role.name())
    });
    let lines = lines.collect::<Vec<_>>().join("\n");
    let checkpoint = &proven.checkpoint;
    let (origin, size, root) = (&checkpoint.origin, checkpoint.size, checkpoint.root);
    let cosigned =
        proven.cosigned.iter().map(|(name, unix_s)| format!("\nWitness     {name}, {unix_s} s"));
    let count = proven.records.len();
    format!(
        "{lines}\n\nProven: these {count} records are in the log {origin}, as it was when it had \
         {size} records.\nIt is not proven that the log has no others.{}\n\nRoot        {}{}",
        commentary(proven.explanation.as_ref(), explain),
        notes::base64(&root),
        cosigned.collect::<String>(),
    )
}

/// The number of confirmed parts of an explanation, and the explanation.
fn commentary(explained: Option<&Explained>, explain: bool) -> String {
    let Some(Explained { tree, proven, unproven }) = explained else { return String::new() };
    let words = format!(
        "\nThe explanation is commentary. It contradicts no proven record: {proven} of its parts are \
         confirmed by records, {unproven} name records that are not in the bundle."
    );
    if explain { format!("{words}\n\n{}", explain::words(tree).trim_end()) } else { words }
}

fn as_json(proven: &Proven) -> serde_json::Value {
    let records = proven.records.iter().map(|(role, it, book)| {
        let record = record::json::record(it, book.as_ref().map(|it| &it.rules));
        json!({"role": role.name(), "record": record})
    });
    let cosigned = proven.cosigned.iter().map(|(name, at)| json!({"name": name, "unix_s": at}));
    json!({
        "proven": true,
        "origin": proven.checkpoint.origin,
        "size": proven.checkpoint.size,
        "root": notes::base64(&proven.checkpoint.root),
        "cosigned": cosigned.collect::<Vec<_>>(),
        "records": records.collect::<Vec<_>>(),
        "explanation": proven.explanation.as_ref().map(|explained| {
            json!({"tree": explained.tree, "proven_parts": explained.proven, "unproven_parts": explained.unproven})
        }),
    })
}
