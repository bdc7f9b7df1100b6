//! `airshed log messages`: prints what is sent of a log.

use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::ValueEnum;

use crate::app::support::log_reader::Which;
use crate::app::support::{Failure, notes, output};
use crate::engine::projection::{Channel, Grounds, Involved, messages};
use crate::engine::{BookInForce, Entry};
use crate::wire::publication;
use crate::wire::trust::key::SignerKey;

/// Arguments of `log messages`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = MEANING)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
    /// Print only messages of this kind; may be given several times.
    #[arg(long, value_name = "KIND")]
    of: Vec<Kind>,
    /// Print only messages to this jurisdiction or body, such as 130100.
    #[arg(long = "for", value_name = "CODE")]
    receiver: Option<String>,
    /// Sign the messages with this secret key, as `serve` does with the key of its log.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// For `--help`.
const MEANING: &str = "\
These are the values that `serve` writes to the topics airshed.orders.<code>, airshed.alerts.<code>,
airshed.matters.<body> and airshed.refused, one on each line. schemas/README.md describes them. A
program that receives orders can be tried with them without a broker.

Example: airshed log messages january --of orders --for 130100";

/// The kinds of messages.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Kind {
    /// Orders to one jurisdiction.
    Orders,
    /// What was decided about the warnings of one jurisdiction.
    Alerts,
    /// What bodies do, as one of them sees it.
    Matters,
    /// Inputs that were refused.
    Refused,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let key = args.key.as_deref().map(notes::signer).transpose()?;
    let mut out = BufWriter::new(io::stdout().lock());
    match print(args, key.as_ref(), &mut out) {
        Err(Failure::Run(error)) if output::is_closed_pipe(&error) => Ok(()),
        result => result,
    }
}

fn print(
    args: &Args,
    key: Option<&SignerKey>,
    out: &mut BufWriter<io::StdoutLock<'_>>,
) -> Result<(), Failure> {
    let mut reader = args.log.read()?;
    let mut book = BookInForce::default();
    let (mut grounds, mut involved) = (Grounds::default(), Involved::default());
    for record in &mut reader {
        let entry: Arc<Entry> = Arc::new(book.entry(record.context("cannot go on")?));
        grounds.note(&entry.record);
        if let Some(rules) = entry.rules() {
            involved.note(&entry.record, rules);
        }
        for message in messages(&entry, &grounds, &involved) {
            if !args.wants(&message.channel) {
                continue;
            }
            let value = publication::signed(&message, key);
            writeln!(out, "{value}").context("cannot print")?;
        }
    }
    out.flush().context("cannot print")?;
    reader.print_torn();
    Ok(())
}

impl Args {
    fn wants(&self, channel: &Channel) -> bool {
        let (kind, receiver) = match channel {
            Channel::Orders(division) => (Kind::Orders, Some(division.to_string())),
            Channel::Alerts(division) => (Kind::Alerts, Some(division.to_string())),
            Channel::Matters(body) => (Kind::Matters, Some(body.to_string())),
            Channel::Refused => (Kind::Refused, None),
        };
        (self.of.is_empty() || self.of.contains(&kind))
            && (self.receiver.is_none() || self.receiver == receiver)
    }
}
