//! `airshed picture`: the episode of a log as one self-contained SVG.

mod colour;
mod draw;
mod legend;
mod svg;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::episode::Episode;
use super::{Failure, log_folder};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the log.
    #[arg(value_name = "DIR")]
    log: PathBuf,
    /// The picture, to be written anew.
    #[arg(short, long, value_name = "FILE.svg")]
    output: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut episode = Episode::default();
    for record in log_folder::read(&args.log)? {
        let record = record.with_context(|| format!("the log {}", args.log.display()))?;
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
