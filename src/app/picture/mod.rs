//! `airshed picture`: the episode of a log as one self-contained SVG.

mod colour;
mod draw;
mod legend;
mod svg;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Failure;
use super::episode::Episode;
use super::log_reader::Which;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    log: Which,
    /// The picture, to be written anew.
    #[arg(short, long, value_name = "FILE.svg")]
    output: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut episode = Episode::default();
    let place = args.log.place()?;
    for record in place.read()?.followed("") {
        let record = record.with_context(|| format!("the log {place}"))?;
        episode.note(&record);
    }
    write(&episode, &args.output)
}

/// Draws an episode into a file.
pub(super) fn write(episode: &Episode, file: &Path) -> Result<(), Failure> {
    let text = draw::draw_episode(episode);
    let written = std::fs::write(file, text);
    Ok(written.with_context(|| format!("cannot write the picture {}", file.display()))?)
}

/// Draws two worlds side by side into a file.
pub(super) fn write_two(left: &Episode, right: &Episode, file: &Path) -> Result<(), Failure> {
    let pictures = [left, right].map(draw::draw_episode);
    let written = std::fs::write(file, draw::side_by_side(&pictures));
    Ok(written.with_context(|| format!("cannot write the picture {}", file.display()))?)
}
