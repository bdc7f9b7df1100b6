//! `airshed explain`: on what an order set, a warning or an hour rests, from the log alone.

mod find;
mod footing;
mod reasons;
mod text;
mod tree;

use clap::Subcommand;

use crate::domain::{Hour, Timestamp};

use super::log_reader::Which;
use super::{Failure, moment, output};

/// Which log, and what in it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    log: Which,
    #[command(subcommand)]
    what: What,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

/// What is to be explained.
#[derive(Debug, Subcommand)]
enum What {
    /// Every order of an order set.
    ///
    /// Example: airshed explain january order-set 3
    OrderSet {
        /// Its number.
        epoch: u64,
    },
    /// Every act on a warning, from its issue to its lift.
    ///
    /// Example: airshed explain january warning 130100-1
    Warning {
        /// Jurisdiction and number, such as 130100-1.
        id: String,
    },
    /// One hour of one jurisdiction, whether anything was decided or not.
    ///
    /// Example: airshed explain january hour 130100 2019-01-12T16:00
    Hour {
        /// Its code, such as 130100.
        jurisdiction: String,
        /// The hour by its end.
        #[arg(value_parser = moment::parse)]
        hour: Timestamp,
    },
}

impl What {
    /// In words, for the headline and for a search that finds nothing.
    fn named(&self) -> String {
        match self {
            Self::OrderSet { epoch } => format!("order set {epoch}"),
            Self::Warning { id } => format!("warning {id}"),
            Self::Hour { jurisdiction, hour } => {
                format!("hour {} of {jurisdiction}", hour.hour_at_or_after())
            }
        }
    }

    fn hour(&self) -> Option<Hour> {
        match self {
            Self::Hour { hour, .. } => Some(hour.hour_at_or_after()),
            Self::OrderSet { .. } | Self::Warning { .. } => None,
        }
    }
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let wanted = find::wanted(&args.log, &args.what)?;
    if wanted.is_empty() {
        let (what, log) = (args.what.named(), args.log.place()?);
        return Err(Failure::Run(anyhow::anyhow!("{log} has no {what}")));
    }
    let found = find::find(&args.log, &wanted)?;
    let tree = tree::tree(&args.what.named(), &found);
    if args.json { output::print_json(&tree) } else { output::print(&text::text(&tree)) }
}
