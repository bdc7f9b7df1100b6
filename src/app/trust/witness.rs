//! `airshed witness`: co-signs checkpoints of a log that only grows.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;

use crate::wire::trust::checkpoint::Checkpoint;
use crate::wire::trust::note::Note;
use crate::wire::trust::witness::{Request, may_cosign};

use crate::app::support::{Failure, notes, output};

/// Arguments of `witness`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    /// A file that ends with the checkpoint to co-sign.
    checkpoint: PathBuf,
    /// The key of the witness; see `airshed key new --witness`.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// File for the last checkpoint seen; made when the first one is co-signed.
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// The proof that the log continues the last checkpoint seen; see `airshed log consistency`.
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// The public key of the log; without it, the signature of the log is not checked.
    #[arg(long, value_name = "PUB")]
    log_key: Option<PathBuf>,
    /// File to write the co-signed checkpoint to; without it, it is printed.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let key = notes::signer(&args.key)?;
    if !key.is_of_witness() {
        let words =
            "this key signs logs: make one for the witness with `airshed key new --witness`";
        return Err(Failure::Usage(format!("{}: {words}", args.key.display())));
    }
    let (mut note, checkpoint) = notes::newest(&args.checkpoint)?;
    for log_key in notes::verifiers(args.log_key.as_slice())? {
        log_key.verify(&note).context("not co-signed")?;
    }
    // Two processes at once could co-sign checkpoints that contradict each other.
    let _lock = locked(&args.state)?;
    let seen = if args.state.exists() { Some(notes::newest(&args.state)?.1) } else { None };
    let request = args.proof.as_deref().map(request).transpose()?;
    may_cosign(seen.as_ref(), &checkpoint, request.as_ref()).map_err(anyhow::Error::new)?;
    note.signatures.push(key.cosign(&note.text, now_unix_s()?));
    // The state is durable before the co-signature is published.
    remember(&args.state, &note)?;
    publish(args, &note, &checkpoint)
}

/// Waits for other witnesses with the same state. The lock is held until it is dropped.
fn locked(state: &Path) -> anyhow::Result<File> {
    let path = with_end(state, ".lock");
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .and_then(|it| it.lock().map(|()| it));
    file.with_context(|| format!("cannot lock {}", path.display()))
}

fn with_end(state: &Path, end: &str) -> PathBuf {
    let mut path = state.as_os_str().to_owned();
    path.push(end);
    path.into()
}

fn request(file: &Path) -> Result<Request, Failure> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let request = Request::parse(&text);
    request.map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))
}

fn remember(state: &Path, note: &Note) -> anyhow::Result<()> {
    let unnamed = with_end(state, ".new");
    let written = File::create(&unnamed).and_then(|mut file| {
        file.write_all(note.to_string().as_bytes())?;
        file.sync_all()?;
        fs::rename(&unnamed, state)?;
        let folder = state.parent().filter(|it| !it.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    });
    written.with_context(|| format!("cannot write {}", state.display()))
}

fn publish(args: &Args, note: &Note, checkpoint: &Checkpoint) -> Result<(), Failure> {
    let Some(path) = &args.output else { return output::print(&note.to_string()) };
    fs::write(path, note.to_string())
        .with_context(|| format!("cannot write {}", path.display()))?;
    let (origin, size) = (&checkpoint.origin, checkpoint.size);
    output::print(&format!("Co-signed {origin} with {size} records: {}", path.display()))
}

#[expect(clippy::disallowed_methods, reason = "A witness says when it has seen something.")]
fn now_unix_s() -> anyhow::Result<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Ok(since.context("the clock stands before 1970")?.as_secs())
}
