//! `airshed log checkpoint`: prints the newest checkpoint of a log.

use anyhow::anyhow;

use crate::app::support::log_reader::{LogLocation, Which};
use crate::app::support::{Failure, output};
use crate::wire::trust::checkpoint::Checkpoint;
use crate::wire::trust::note::Note;

/// Arguments of `log checkpoint`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let (note, _) = newest(&args.log.place()?)?;
    output::print(&note.to_string())
}

/// The newest checkpoint stored with a log. The records are not read.
pub(in crate::app) fn newest(place: &LogLocation) -> Result<(Note, Checkpoint), Failure> {
    // Without a log, an error about a missing key would mislead.
    place.read()?;
    let own = place.notes()?;
    let file = own.file.display();
    let Some((byte, note)) = own.notes.last() else {
        return Err(
            anyhow!("{file}: the log has no checkpoint: play or serve it with --key").into()
        );
    };
    let read = note.clone().and_then(|note| Ok((Checkpoint::of(&note)?, note)));
    let (checkpoint, note) =
        read.map_err(|error| anyhow!("{file}, from {byte}: {error}: see `airshed log verify`"))?;
    Ok((note, checkpoint))
}
