//! `airshed log cat`: prints the records of a log.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use anyhow::Context as _;

use crate::app::report::orders::in_words;
use crate::app::support::log_reader::Which;
use crate::app::support::{Failure, output};
use crate::domain::{Event, Fact, ResponseEvent, RuleBook, Rules};
use crate::engine::Record;
use crate::engine::projection::Grounds;
use crate::wire::record::{self, json};

/// Arguments of `log cat`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
    /// Print one JSON object on each line.
    #[arg(long)]
    json: bool,
    /// Print only records of this type; may be given several times.
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// The position of the first record.
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    from: u64,
    /// The position of the last record.
    #[arg(long, value_name = "POSITION")]
    to: Option<u64>,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let is_known = |it: &&String| record::types().any(|known| known == **it);
    if let Some(unknown) = args.types.iter().find(|it| !is_known(it)) {
        let known = record::types().collect::<Vec<_>>().join(", ");
        return Err(Failure::Usage(format!("no record type {unknown}; known are {known}")));
    }
    let mut out = BufWriter::new(io::stdout().lock());
    match print(args, &mut out) {
        Err(Failure::Run(error)) if output::is_closed_pipe(&error) => Ok(()),
        result => result,
    }
}

fn print(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    let mut reader = args.log.read()?;
    // Names come from the rule book, which can be before the first record to print.
    let mut book: Option<Arc<RuleBook>> = None;
    let mut grounds = Grounds::default();
    for record in &mut reader {
        let record = record.context("cannot go on")?;
        if args.to.is_some_and(|to| record.position.0 > to) {
            break;
        }
        if let Event::Fact(Fact::RuleBookAdopted(adopted)) = &record.event {
            book = Some(Arc::clone(adopted));
        }
        grounds.note(&record);
        if args.wants(&record) {
            let rules = book.as_ref().map(|it| &it.rules);
            let written = if args.json {
                writeln!(out, "{}", json::record(&record, rules))
            } else {
                writeln!(out, "{}", lines(&record, rules, &grounds))
            };
            written.context("cannot print")?;
        }
    }
    out.flush().context("cannot print")?;
    reader.print_torn();
    Ok(())
}

/// A record in one line. An order set has a further line for each order and measure.
fn lines(record: &Record, rules: Option<&Rules>, grounds: &Grounds) -> String {
    let mut lines = record::line(record, rules);
    if let (Event::Response(ResponseEvent::OrderSetIssued(set)), Some(rules)) =
        (&record.event, rules)
    {
        for line in in_words(set, rules, grounds) {
            lines.push_str("\n          - ");
            lines.push_str(&line);
        }
    }
    lines
}

impl Args {
    fn wants(&self, record: &Record) -> bool {
        let kind = record.event.record_type();
        record.position.0 >= self.from
            && (self.types.is_empty() || self.types.iter().any(|it| it == kind))
    }
}
