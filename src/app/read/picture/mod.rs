//! `airshed picture`: the episode of a log as one self-contained SVG.

mod answers;
mod axis;
mod colour;
mod draw;
mod legend;
mod svg;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::app::report::log_summary::LogSummary;
use crate::app::support::log_reader::Which;
use crate::app::support::{Failure, moment};
use crate::domain::{Date, Hour, Timestamp};

#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
    /// The first day or hour that is drawn, such as 2019-01-09 or 2019-01-09T08:00.
    #[arg(long, value_name = "TIME", value_parser = begin)]
    from: Option<Hour>,
    /// The last day or hour that is drawn.
    #[arg(long, value_name = "TIME", value_parser = end)]
    to: Option<Hour>,
    /// File to write the picture to; an existing file is replaced.
    #[arg(short, long, value_name = "FILE.svg")]
    output: PathBuf,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let mut episode = LogSummary::default();
    let place = args.log.place()?;
    for entry in crate::engine::entries(place.read()?.followed("")) {
        let entry = entry.with_context(|| format!("the log {place}"))?;
        episode.note(&entry);
    }
    if let (Some(from), Some(to)) = (args.from, args.to)
        && to < from
    {
        return Err(Failure::Usage("--to is before --from".to_owned()));
    }
    let (from, to) = (args.from, args.to);
    if let Some((first, last)) = episode.span()
        && (from.is_some_and(|it| last < it) || to.is_some_and(|it| it < first))
    {
        let words = format!("the log has no hour there; it goes from {first} to {last}");
        return Err(Failure::Usage(words));
    }
    write(&episode.between(from, to), &args.output)
}

/// A day begins with the hour from 00:00 to 01:00.
fn begin(text: &str) -> Result<Hour, String> {
    match Date::parse(text) {
        Some(date) => Hour::of_beijing(date, 1).ok_or_else(|| format!("\"{text}\" is no day")),
        None => moment::parse(text).map(Timestamp::hour_at_or_after),
    }
}

/// A day ends with the hour from 23:00 to 24:00.
fn end(text: &str) -> Result<Hour, String> {
    match Date::parse(text) {
        Some(date) => Hour::of_beijing(date, 24).ok_or_else(|| format!("\"{text}\" is no day")),
        None => moment::parse(text).map(Timestamp::hour_at_or_before),
    }
}

/// Draws an episode into a file.
pub(in crate::app) fn write(episode: &LogSummary, file: &Path) -> Result<(), Failure> {
    let text = draw::draw_episode(episode);
    let written = std::fs::write(file, text);
    Ok(written.with_context(|| format!("cannot write the picture {}", file.display()))?)
}

/// Draws two worlds side by side into a file.
pub(in crate::app) fn write_two(
    left: &LogSummary,
    right: &LogSummary,
    file: &Path,
) -> Result<(), Failure> {
    let pictures = [left, right].map(draw::draw_episode);
    let written = std::fs::write(file, draw::side_by_side(&pictures));
    Ok(written.with_context(|| format!("cannot write the picture {}", file.display()))?)
}
