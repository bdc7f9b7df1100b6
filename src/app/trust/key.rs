//! `airshed key`: makes keys that sign checkpoints.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;

use crate::io::files::key_file;
use crate::wire::trust::key::SignerKey;

use crate::app::support::{Failure, output};

/// Arguments of `key`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a key pair: the secret key in FILE, the public key in FILE.pub.
    #[command(after_help = "Example: airshed key new bth.key --origin airshed.example/bth")]
    New(New),
}

#[derive(Debug, clap::Args)]
struct New {
    /// File for the secret key.
    file: PathBuf,
    /// Name of the key and of the logs that it signs; without it, the name of the file.
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
    /// Make the key of a witness, which co-signs checkpoints of others.
    #[arg(long)]
    witness: bool,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let Command::New(args) = &args.command;
    let stem = || args.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = args.origin.clone().unwrap_or_else(stem);
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).context("the system has no random numbers")?;
    let key = SignerKey::new(&name, secret, args.witness).map_err(|error| {
        Failure::Usage(format!("{name:?} cannot be the name of a key: {error}"))
    })?;
    let public =
        key_file::write(&args.file, &key).map_err(|error| Failure::Usage(error.to_string()))?;
    let (secret, public, key) = (args.file.display(), public.display(), key.verifier());
    output::print(&format!(
        "Secret   {secret}, readable by you alone: whoever has it can sign in your name\n\
         Public   {public}, for everyone who checks\n\n{key}"
    ))
}
