//! `airshed log checkpoint`: the newest checkpoint of a log, to be kept elsewhere.

use anyhow::anyhow;

use crate::app::support::log_reader::{Place, Which};
use crate::app::support::{Failure, output};
use crate::wire::trust::checkpoint::Checkpoint;
use crate::wire::trust::note::Note;

/// Which log.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let (note, _) = newest(&args.log.place()?)?;
    output::print(&note.to_string())
}

/// The newest checkpoint beside a log. Nothing of the log itself is looked at.
pub(in crate::app) fn newest(place: &Place) -> Result<(Note, Checkpoint), Failure> {
    // Where there is no log there is no key to ask for.
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
