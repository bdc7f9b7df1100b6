//! `airshed log import`: copies a log from a Kafka topic to a folder.

use std::path::PathBuf;

use crate::app::support::Failure;
use crate::app::support::broker::Broker;
use crate::app::support::log_reader::{LogLocation, TOPIC};

use super::transfer;

/// Arguments of `log import`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder to write to. It must be empty or hold the beginning of this log.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    broker: Broker,
    /// The topic of the log.
    #[arg(long, default_value = TOPIC, value_name = "NAME")]
    topic: String,
    /// One JSON object: `from`, `to`, `size`, `root`, `carried`, `there_before`, `checkpoints`.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let from = LogLocation::of_topic(&args.broker, &args.topic)?;
    transfer::run(&from, &LogLocation::Folder(args.folder.clone()), args.json)
}
