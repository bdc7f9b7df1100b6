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

use crate::domain::cooperation::Body;
use crate::domain::{Event, Hour, ResponseEvent, Rules, Timestamp, WarningEvent};
use crate::engine::{PortError, Record};
use crate::wire::record::json::Names;

use crate::app::support::log_reader::{LogLocation, Which};
use crate::app::support::{Failure, moment, output};

pub(in crate::app) use story::Named;

/// The records of a log from its first one on.
trait Records: Iterator<Item = Result<Record, PortError>> {}

impl<T: Iterator<Item = Result<Record, PortError>>> Records for T {}

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
#[derive(Clone, Debug, Subcommand)]
pub(in crate::app) enum Subject {
    /// A decision about the air.
    #[command(flatten)]
    Decision(What),
    /// What became of one thing.
    #[command(flatten)]
    Story(Named),
}

/// A decision about the air.
#[derive(Clone, Debug, Subcommand)]
pub(in crate::app) enum What {
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

impl Subject {
    /// The subject as text, such as `order 1-130400`.
    pub(in crate::app) fn named(&self) -> String {
        match self {
            Self::Decision(what) => what.named(),
            Self::Story(named) => {
                let (thing, id) = named.thing();
                format!("{} {id}", thing.name())
            }
        }
    }
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let place = args.log.place()?;
    let what = match &args.subject {
        Subject::Decision(what) => what,
        Subject::Story(named) => {
            let found = story::run(&place, named, args.json)?;
            return found.ok_or_else(|| missing(&place, &args.subject));
        }
    };
    let Some(tree) = decision(what, place.read()?, || Ok(place.read()?.followed("")))? else {
        return Err(missing(&place, &args.subject));
    };
    if args.json { output::print_json(&tree) } else { output::print(&text::text(&tree)) }
}

fn missing(place: &LogLocation, subject: &Subject) -> Failure {
    Failure::Run(anyhow::anyhow!("{place} has no {}", subject.named()))
}

/// What `airshed explain --json` prints, of the first so many records of a log, as one body may see
/// it; none if they have no such thing.
pub(in crate::app) fn json(
    place: &LogLocation,
    records: usize,
    subject: &Subject,
    viewer: Option<&Body>,
) -> Result<Option<Value>, Failure> {
    let read = || Ok(place.read()?.take(records));
    match subject {
        Subject::Decision(what) => decision(what, read()?, read),
        Subject::Story(named) => story::json(read()?, named, viewer),
    }
}

/// The tree of a decision: the log is read once to find it, and again up to it.
fn decision<T: Records>(
    what: &What,
    records: impl Records,
    again: impl FnOnce() -> Result<T, Failure>,
) -> Result<Option<Value>, Failure> {
    let wanted = find::wanted(records, what)?;
    if wanted.is_empty() {
        return Ok(None);
    }
    let found = find::find(again()?, &wanted)?;
    Ok(Some(tree::tree(&what.named(), &found)))
}

/// The tree of an order set, or of one act on a warning; none for other records.
pub(in crate::app) fn of_record(
    place: &LogLocation,
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
    let mut wanted = find::wanted(place.read()?, &what)?;
    wanted.retain(|at, _| *at == hour);
    let found = find::find(place.read()?, &wanted)?;
    Ok(Some(tree::tree(&what.named(), &found)))
}

/// A tree as text.
pub(in crate::app) fn words(tree: &Value) -> String {
    text::text(tree)
}
