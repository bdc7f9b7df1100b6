//! `airshed play`: real files through the engine in event time, into a log.

mod outlook;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use crate::domain::{Command, Hour, RuleBook, Tick};
use crate::engine::{Engine, Hindsight, Outlooks, WithOutlooks};
use crate::io::files::FileInbox;
use crate::io::segments::SegmentLog;
use crate::wire::stations::Stations;

use super::Failure;
use super::episode::Episode;
use super::narrate::Narrator;
use super::onlooker::Onlooker;
use super::progress::Progress;
use super::rules::{self, Overrides};
use super::{log_folder, output, summary, terminal};

pub(super) use outlook::OutlookChoice;

/// What `play` is told.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files of readings, in any order; formats are known by their content, plain, .gz or .xz.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Folder of the log; one that holds part of the same files is continued.
    #[arg(long, value_name = "DIR")]
    log: PathBuf,
    /// Who looks ahead: none, hindsight:HOURS, persistence:HOURS, or a file of forecasts.
    #[arg(long, default_value = "none", value_name = "OUTLOOK")]
    outlook: OutlookChoice,
    /// Grade everywhere and always by this standard; see `airshed standard list`.
    #[arg(long, value_name = "ID")]
    standard: Option<String>,
    /// Intervals that do not count (sand, fireworks, instrument): a CSV file with
    /// jurisdiction,from,to,kind,evidence.
    #[arg(long, value_name = "FILE")]
    exclude: Option<PathBuf>,
    /// Folder of the rule book; without it the one that the program carries.
    #[arg(long, value_name = "DIR")]
    airshed: Option<PathBuf>,
    /// The key that signs a checkpoint after each decision; see `airshed key new`.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Print the summary alone, not each decision.
    #[arg(long, short)]
    quiet: bool,
}

/// Plays the files.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    for file in &args.files {
        if !file.is_file() {
            let words = format!("{} is no file; name files of readings", file.display());
            return Err(Failure::Usage(words));
        }
    }
    let book = book(args)?;
    let stations = Arc::new(Stations::new(&book.rules));
    let max_jump_h = book.rules.parameters.max_jump_h;
    let open = || FileInbox::open(&args.files, Arc::clone(&stations), max_jump_h);
    let files = open().map_err(|error| Failure::Usage(error.to_string()))?;
    let outlooks = outlooks(args, &book, || open().map_err(anyhow::Error::from))?;
    let exclusions = match &args.exclude {
        Some(file) => return Err(Failure::Usage(format!("{}", file.display()))),
        None => Vec::new(),
    };
    let log = log_folder::write(&args.log, args.key.as_deref())?;
    let begin = files.first_hour().unwrap_or_default().plus(-1);
    let inbox = WithOutlooks::new(files, outlooks, exclusions);
    let episode = play(args, book, begin, inbox, log)?;
    output::print(&report(args, &episode))
}

/// For a play the files are the clock, and nobody but the outlook asked for looks ahead.
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
    rules::load(args.airshed.as_deref(), &overrides)
}

fn outlooks(
    args: &Args,
    book: &RuleBook,
    open: impl Fn() -> anyhow::Result<FileInbox>,
) -> Result<Outlooks, Failure> {
    Ok(match &args.outlook {
        OutlookChoice::None | OutlookChoice::Persistence(_) => Outlooks::None,
        OutlookChoice::Hindsight(ahead_h) => {
            Outlooks::Hindsight(look_ahead(book, *ahead_h, &mut open()?)?)
        }
        OutlookChoice::File(_) => Outlooks::None,
    })
}

fn look_ahead(book: &RuleBook, ahead_h: i32, inbox: &mut FileInbox) -> anyhow::Result<Hindsight> {
    Hindsight::look(book, ahead_h, inbox).context("looking ahead")
}

fn play(
    args: &Args,
    book: Arc<RuleBook>,
    begin: Hour,
    inbox: WithOutlooks<FileInbox>,
    log: SegmentLog,
) -> anyhow::Result<Episode> {
    let told_from = log.next();
    let (_, bytes) = inbox.inner().progress();
    let progress = Progress::bytes(bytes);
    let onlooker = Onlooker::new(narrator(), told_from, listener(args), progress);
    let mut engine = Engine::open(book, begin.end(), inbox, log, onlooker)
        .with_context(|| format!("log {}", args.log.display()))?;
    while !engine.inbox().inner().is_finished() {
        engine.step(None)?;
        let (done, _) = engine.inbox().inner().progress();
        engine.outbox_mut().progress(done);
    }
    if let Some(at) = engine.memory().airshed.end_of_feed() {
        engine.submit(vec![Command::Tick(Tick { at, source: None })], None)?;
    }
    let (_, _, onlooker) = engine.into_parts();
    Ok(onlooker.into_episode())
}

fn narrator() -> Narrator {
    Narrator::new(terminal::colour_on(&std::io::stdout()))
}

fn listener(args: &Args) -> Option<Box<dyn std::io::Write>> {
    (!args.quiet).then(|| Box::new(std::io::stdout()) as Box<dyn std::io::Write>)
}

fn report(args: &Args, episode: &Episode) -> String {
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
