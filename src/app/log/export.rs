//! `airshed log export`: copies a log from a folder to a Kafka topic.

use std::path::PathBuf;

use crate::app::support::Failure;
use crate::app::support::broker::Broker;
use crate::app::support::log_reader::{LogLocation, TOPIC};

use super::transfer;

/// Arguments of `log export`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the log.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    broker: Broker,
    /// The topic to write to. It must be empty or hold the beginning of this log.
    #[arg(long, default_value = TOPIC, value_name = "NAME")]
    topic: String,
    /// One JSON object: `from`, `to`, `size`, `root`, `carried`, `there_before`, `checkpoints`.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let from = LogLocation::Folder(args.folder.clone());
    transfer::run(&from, &LogLocation::of_topic(&args.broker, &args.topic)?, args.json)
}
