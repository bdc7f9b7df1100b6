//! `airshed play`: plays files through the engine in event time, into a log.

mod inputs;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use crate::domain::{Command, Hour, RuleBook};
use crate::engine::{
    Continued, Engine, EventLog as _, Outbox, PortError, Position, Until, WithCommands,
    WithOutlooks,
};
use crate::io::files::{Changed, FileInbox};
use crate::io::kafka::Stop;
use crate::io::segments::SegmentLog;

use crate::app::report::console_outbox::ConsoleOutbox;
use crate::app::report::lines::DecisionLines;
use crate::app::report::log_summary::LogSummary;
use crate::app::report::summary;
use crate::app::support::outlook::OutlookChoice;
use crate::app::support::progress::Progress;
use crate::app::support::rules::{self, Overrides};
use crate::app::support::{Failure, log_folder, output, signals, terminal};

pub(in crate::app) use inputs::{Inputs, jumps, open, unknown};

/// Where the inputs of a play come from.
type Inbox = WithCommands<WithOutlooks<FileInbox>>;

/// Arguments of `play`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    /// Files of readings in any order. Formats are detected from the content; plain, .gz or .xz.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Folder of the log. A log that holds a part of the same files is continued.
    #[arg(long, value_name = "DIR")]
    log: PathBuf,
    /// Source of forecasts: none, hindsight:HOURS, persistence:HOURS, or a file.
    #[arg(long, default_value = "none", value_name = "OUTLOOK")]
    outlook: OutlookChoice,
    /// Grade by this standard in all places and at all times; see `airshed standard list`.
    #[arg(long, value_name = "ID")]
    standard: Option<String>,
    /// Intervals to exclude (sand, fireworks, instrument): a CSV file with the columns
    /// jurisdiction,from,to,kind,evidence.
    #[arg(long, value_name = "FILE")]
    exclude: Option<PathBuf>,
    /// Commands of bodies: a file of JSON envelopes, a line each, or of lines {"tick": TIME}; see
    /// schemas/README.md. Each is taken behind the rows of the instant at which it was given.
    /// Without it, bodies are asked for no answers.
    #[arg(long, value_name = "FILE")]
    commands: Option<PathBuf>,
    /// Folder of the rule book; without it, the built-in one.
    #[arg(long, value_name = "DIR")]
    airshed: Option<PathBuf>,
    /// The key that signs a checkpoint after each decision; see `airshed key new`.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Print only the summary, not each decision.
    #[arg(long, short)]
    quiet: bool,
}

/// Plays the files.
pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let book = book(args)?;
    let Args { files, outlook, exclude, commands, .. } = args;
    let inputs = Inputs { files, outlook, exclude: exclude.as_deref() };
    let mut inbox = inputs::with_commands(open(inputs, &book)?, commands.as_deref(), &book)?;
    let log = log_folder::write(&args.log, args.key.as_deref())?;
    for found in log_folder::found(&log) {
        output::note(&found);
    }
    for changed in continue_from(&mut inbox, &log, &book)? {
        output::note(&changed);
    }
    let begin = inbox.inner().inner().first_hour().unwrap_or_default().plus(-1);
    let stop = Stop::default();
    let asked = signals::listen(stop.clone())?;
    let (episode, log) = play(args, book, begin, inbox, log, &stop)?;
    for left_out in log_folder::left_out(&log) {
        output::note(&left_out);
    }
    if let Some(episode) = episode {
        return output::print(&report(args, &episode));
    }
    let (folder, records) = (args.log.display(), log.next().0);
    let words = format!(
        "the log in {folder} is whole and ends after {records} records; the same command goes on \
         from there"
    );
    Err(Failure::Interrupted { words, exit_code: asked.exit_code() })
}

/// Compares the files with the log and reports those that were replaced.
fn continue_from(
    inbox: &mut Inbox,
    log: &SegmentLog,
    book: &RuleBook,
) -> anyhow::Result<Vec<String>> {
    if log.next() == Position::default() {
        return Ok(Vec::new());
    }
    let records = log.read(Position::default())?;
    let continued = Continued::of(&book.rules, records).context("comparing files with the log")?;
    let commands = inbox
        .continue_from(&continued)
        .map(|(before, stream, difference)| Changed { before, stream, difference }.to_string());
    let inbox = inbox.inner_mut();
    let changed = inbox.inner_mut().continue_from(&continued)?;
    let replaced = inbox.continue_from(&continued).into_iter().map(|(before, stream)| {
        format!("{before} was replaced: what is new in it is read as {stream}")
    });
    Ok(changed.iter().map(ToString::to_string).chain(replaced).chain(commands).collect())
}

/// Run parameters of a play: the files are the clock, and only `--outlook` gives forecasts.
fn book(args: &Args) -> Result<Arc<RuleBook>, Failure> {
    let last_resort = match &args.outlook {
        OutlookChoice::Persistence(hours) => format!("\"persistence:{hours}\""),
        OutlookChoice::None | OutlookChoice::Hindsight(_) | OutlookChoice::File(_) => {
            "\"none\"".to_owned()
        }
    };
    let overrides = Overrides { standard: args.standard.clone(), ..Overrides::default() }
        .set("clock", "\"sources\"")
        .set("outlook_of_last_resort", &last_resort);
    rules::load_for(args.commands.is_some(), args.airshed.as_deref(), &overrides)
}

/// Plays everything into the log. Returns no summary if a signal stopped it.
fn play(
    args: &Args,
    book: Arc<RuleBook>,
    begin: Hour,
    inbox: Inbox,
    log: SegmentLog,
    stop: &Stop,
) -> anyhow::Result<(Option<LogSummary>, SegmentLog)> {
    let printed_from = log.next();
    let (_, bytes) = inbox.inner().inner().progress();
    let progress = Progress::bytes(bytes);
    let outbox = ConsoleOutbox::new(lines(), printed_from, listener(args), progress)
        .with_another_count()
        .in_columns(terminal::columns());
    let mut engine = Engine::open(book, begin.end(), inbox, log, outbox)
        .with_context(|| format!("log {}", args.log.display()))?;
    let airshed = engine.memory().airshed.clone();
    engine.inbox_mut().go_on(&airshed);
    while has_rows(engine.inbox()) && !stop.is_set() {
        engine.step(None)?;
        let (done, _) = engine.inbox().inner().inner().progress();
        engine.outbox_mut().progress(done);
    }
    let is_finished = !has_rows(engine.inbox()) && end(&mut engine, stop)?;
    engine.end();
    if let Some(rules) = engine.memory().airshed.rules() {
        let files = engine.inbox().inner().inner();
        for note in jumps(files, rules).iter().chain(&unknown(files, rules)) {
            output::note(note);
        }
    }
    let (_, log, outbox) = engine.into_parts();
    let episode = outbox.into_summary();
    Ok((is_finished.then_some(episode), log))
}

fn has_rows(inbox: &Inbox) -> bool {
    inbox.holds_rows() || !inbox.inner().inner().is_finished()
}

/// Ends a play: the grace of the last hours passes, and the commands that were given meanwhile or
/// later come. Whether it has come to the end of all.
fn end<O: Outbox>(
    engine: &mut Engine<Inbox, SegmentLog, O>,
    stop: &Stop,
) -> Result<bool, PortError> {
    for command in engine.memory().airshed.end_of_feed() {
        if let Command::Tick(tick) = &command {
            engine.inbox_mut().end(Until::Before(tick.at));
        }
        if !take_lines(engine, stop)? {
            return Ok(false);
        }
        engine.submit(vec![command], None)?;
    }
    engine.inbox_mut().end(Until::Always);
    take_lines(engine, stop)
}

fn take_lines<O: Outbox>(
    engine: &mut Engine<Inbox, SegmentLog, O>,
    stop: &Stop,
) -> Result<bool, PortError> {
    while engine.inbox().has_lines() {
        if stop.is_set() {
            return Ok(false);
        }
        engine.step(None)?;
    }
    Ok(true)
}

fn lines() -> DecisionLines {
    DecisionLines::new(terminal::colour_on(&std::io::stdout()))
}

fn listener(args: &Args) -> Option<Box<dyn std::io::Write>> {
    (!args.quiet).then(|| Box::new(std::io::stdout()) as Box<dyn std::io::Write>)
}

fn report(args: &Args, episode: &LogSummary) -> String {
    let colour = terminal::colour_on(&std::io::stdout());
    let log = args.log.display();
    format!(
        "\n{}\n{}\n\nLog      {log}\n\nTry next\n  \
         airshed log cat {log} --type order_set_issued --json\n  \
         airshed log cat {log} --type input_refused\n  \
         airshed picture {log} -o {log}.svg\n",
        summary::table(episode, colour),
        summary::intake(episode),
    )
}
