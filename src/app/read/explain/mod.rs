//! `airshed explain`: shows what an order set, a warning or an hour is based on, and what became of
//! an order, a matter, a consultation or a case, from the log alone.

mod conditions;
mod find;
mod robustness;
mod story;
mod text;
mod tree;

use clap::Subcommand;
use serde_json::Value;

use crate::domain::{Event, Hour, ResponseEvent, Rules, Timestamp, WarningEvent};
use crate::engine::Record;
use crate::wire::record::json::Names;

use crate::app::support::log_reader::Which;
use crate::app::support::{Failure, moment, output};

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
    #[command(subcommand)]
    subject: Subject,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

/// The subject to explain.
#[derive(Debug, Subcommand)]
enum Subject {
    #[command(flatten)]
    Decision(What),
    #[command(flatten)]
    Story(story::Named),
}

/// A decision about the air.
#[derive(Debug, Subcommand)]
enum What {
    /// Explain every order of an order set.
    #[command(after_help = "Example: airshed explain january order-set 3")]
    OrderSet {
        /// The number of the order set.
        epoch: u64,
    },
    /// Explain every act on a warning, from its issue to its lift.
    #[command(after_help = "Example: airshed explain january warning 130100-1")]
    Warning {
        /// Jurisdiction and number of the warning, such as 130100-1.
        id: String,
    },
    /// Explain one hour of one jurisdiction, with or without a decision.
    #[command(after_help = "Example: airshed explain january hour 130100 2019-01-12T16:00")]
    Hour {
        /// Code of the jurisdiction, such as 130100.
        jurisdiction: String,
        /// The end of the hour.
        #[arg(value_parser = moment::parse)]
        hour: Timestamp,
    },
}

impl What {
    /// The subject as text, for the headline and for an error.
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

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let what = match &args.subject {
        Subject::Decision(what) => what,
        Subject::Story(named) => return story::run(&args.log, named, args.json),
    };
    let wanted = find::wanted(&args.log, what)?;
    if wanted.is_empty() {
        let (what, log) = (what.named(), args.log.place()?);
        return Err(Failure::Run(anyhow::anyhow!("{log} has no {what}")));
    }
    let found = find::find(&args.log, &wanted)?;
    let tree = tree::tree(&what.named(), &found);
    if args.json { output::print_json(&tree) } else { output::print(&text::text(&tree)) }
}

/// The tree of an order set, or of one act on a warning; none for other records.
pub(in crate::app) fn of_record(
    log: &Which,
    record: &Record,
    rules: Option<&Rules>,
) -> Result<Option<Value>, Failure> {
    let (what, hour) = if let Event::Response(ResponseEvent::OrderSetIssued(set)) = &record.event {
        (What::OrderSet { epoch: set.epoch }, set.hour)
    } else if let Event::Warning(WarningEvent::WarningDecided(act)) = &record.event {
        (What::Warning { id: Names(rules).warning(act.warning) }, act.hour)
    } else {
        return Ok(None);
    };
    let mut wanted = find::wanted(log, &what)?;
    wanted.retain(|at, _| *at == hour);
    let found = find::find(log, &wanted)?;
    Ok(Some(tree::tree(&what.named(), &found)))
}

/// A tree as text.
pub(in crate::app) fn words(tree: &Value) -> String {
    text::text(tree)
}
