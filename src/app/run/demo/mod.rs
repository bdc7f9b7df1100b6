//! `airshed demo`: plays a winter episode, made from a seed, into a log.

mod bureaus;
mod episode;
mod outlook;
pub(in crate::app::run) mod random;
pub(in crate::app::run) mod weather;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::domain::{Command, Event, Fact, OrderSet, ResponseEvent, RuleBook, Timestamp};
use crate::engine::{Engine, EventLog, Outbox, PortError, Position, Until, WithCommands};
use crate::io::files::read_commands;
use crate::io::memory::{MemoryInbox, MemoryLog, NoOutbox};

use crate::app::read::picture;
use crate::app::report::console_outbox::ConsoleOutbox;
use crate::app::report::lines::DecisionLines;
use crate::app::report::log_summary::LogSummary;
use crate::app::report::summary;
use crate::app::support::progress::Progress;
use crate::app::support::rules::{self, Overrides};
use crate::app::support::{Failure, log_folder, output, terminal};

/// The default seed.
const DEFAULT_SEED: u64 = 1;
/// The file name of the picture, in the folder of the log.
const PICTURE: &str = "episode.svg";
/// Inputs in one step: those of one hour.
const AT_ONCE: usize = 3;

#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    /// Seed of the episode. The same seed gives the same winter on every machine.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Folder of the log. A demo that was stopped is resumed there. Without it, a new temporary
    /// folder.
    #[arg(long, value_name = "DIR")]
    log: Option<PathBuf>,
    /// Commands of bodies: a file of JSON envelopes, a line each, or of lines {"tick": TIME}; see
    /// schemas/README.md. Each is taken behind the readings of the instant at which it was given.
    /// With it the bureaus of the demo are silent.
    #[arg(long, value_name = "FILE")]
    commands: Option<PathBuf>,
    /// Whether bureaus are asked for answers and give them, or nothing of the kind is recorded.
    #[arg(long, value_enum, default_value_t = Answers::Asked, conflicts_with = "commands")]
    answers: Answers,
    /// Folder of the rule book, such as one with tables [[approval]]; without it, the built-in one.
    #[arg(long, value_name = "DIR")]
    airshed: Option<PathBuf>,
    /// The key that signs a checkpoint after each decision; see `airshed key new`.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Print only one JSON object at the end.
    #[arg(long)]
    json: bool,
}

/// Whether bureaus are asked for answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Answers {
    /// They are, and answer.
    Asked,
    /// They are not.
    Off,
}

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let of_file = commands(args)?;
    let folder = match &args.log {
        Some(folder) => folder.clone(),
        None => new_folder(args.seed)?,
    };
    let log = log_folder::write(&folder, args.key.as_deref())?;
    for found in log_folder::found(&log) {
        output::note(&found);
    }
    let held = own_records(&log, &folder, args.seed)?;
    let printed_from = held.next;
    let is_asked = held.is_asked.unwrap_or(args.answers == Answers::Asked) || of_file.is_some();
    let rules = args.airshed.as_deref();
    let book = book(is_asked, rules)?;
    let commands = match of_file {
        Some(lines) => lines,
        None if is_asked && !held.has_other_commands => {
            bureaus::commands(args.seed, &sets(args.seed, rules)?, &book.rules)
        }
        None => Vec::new(),
    };
    let colour = terminal::colour_on(&std::io::stdout());
    let listener: Option<Box<dyn std::io::Write>> =
        if args.json { None } else { Some(Box::new(std::io::stdout())) };
    let bar = Progress::counting(u64::from(weather::HOURS.unsigned_abs()), "hours");
    let outbox = ConsoleOutbox::new(DecisionLines::new(colour), printed_from, listener, bar)
        .in_columns(terminal::columns());
    let (_, episode) = play(args.seed, commands, book, log, outbox).context("the play stopped")?;
    let drawn = folder.join(PICTURE);
    picture::write(&episode, &drawn)?;
    if args.json {
        return output::print_json(&as_json(&episode, args.seed, &folder, &drawn));
    }
    output::print(&text(&episode, colour, args.seed, &folder, &drawn))
}

/// The text at the end.
fn text(episode: &LogSummary, colour: bool, seed: u64, folder: &Path, drawn: &Path) -> String {
    let program = std::env::args_os().next().unwrap_or_else(|| "airshed".into());
    let (program, folder) = (quoted(Path::new(&program)), quoted(folder));
    format!(
        "\n{}\n{}\n\nPicture  {}\nLog      {folder}\n\nTry next\n  \
         {program} log cat {folder} --type order_set_issued --json\n  \
         {program} standard show BTH-2023\n  \
         {program} demo --seed {}\n  \
         {program} look {folder}\n",
        summary::table(episode, colour),
        summary::intake(episode),
        quoted(drawn),
        seed.wrapping_add(1),
    )
}

fn as_json(episode: &LogSummary, seed: u64, folder: &Path, drawn: &Path) -> Value {
    let refused =
        episode.refused().iter().map(|(reason, count)| (reason.name().to_owned(), json!(count)));
    json!({
        "seed": seed,
        "log": folder,
        "picture": drawn,
        "records": episode.records(),
        "readings": episode.readings(),
        "refused": refused.collect::<serde_json::Map<_, _>>(),
        "order_sets": episode.sets().len(),
        "order_sets_linked": episode.sets().iter().filter(|it| it.linked).count(),
        "jurisdictions": summary::json(episode),
    })
}

/// A path, quoted for a shell if necessary.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |it: char| it.is_alphanumeric() || "/\\._-:~".contains(it);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// A new temporary folder.
fn new_folder(seed: u64) -> Result<PathBuf, Failure> {
    let parent = std::env::temp_dir();
    for number in 1_u32.. {
        let folder = parent.join(format!("airshed-demo-{seed}-{number}"));
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                let words =
                    format!("cannot make {}: choose another place with --log", folder.display());
                return Err(anyhow::Error::new(error).context(words).into());
            }
        }
    }
    Err(Failure::Usage("choose a place with --log".to_owned()))
}

/// What a log holds that is empty or has a part of this demo.
fn own_records(log: &impl EventLog, folder: &Path, seed: u64) -> Result<Held, Failure> {
    let mut next = Position::default();
    let mut own = false;
    let (mut is_asked, mut has_other_commands) = (None, false);
    for record in log.read(Position::default()).context("the log")? {
        let record = record.context("the log")?;
        next = Position(record.position.0 + 1);
        match &record.event {
            Event::Fact(Fact::StreamsJoined(streams)) => own = *streams == [episode::stream(seed)],
            Event::Fact(Fact::RuleBookAdopted(book)) => {
                is_asked = Some(book.rules.cooperation.is_some());
            }
            Event::Fact(Fact::CommandGiven(given)) => {
                let stream = given.source.as_ref().map(|it| &it.stream);
                has_other_commands |= stream != Some(&bureaus::stream(seed));
            }
            Event::Fact(_)
            | Event::Station(_)
            | Event::Air(_)
            | Event::Warning(_)
            | Event::Response(_)
            | Event::Cooperation(_) => {}
        }
    }
    if next > Position(1) && !own {
        let folder = folder.display();
        let words = format!("{folder} holds the log of another play: choose another --log");
        return Err(Failure::Usage(words));
    }
    Ok(Held { next, is_asked, has_other_commands })
}

/// What a log holds of a demo.
struct Held {
    /// The next position.
    next: Position,
    /// Whether its rule book asks bodies for answers; none for an empty log.
    is_asked: Option<bool>,
    /// Whether it has commands that are not those of the demo's bureaus.
    has_other_commands: bool,
}

/// The rules, with the sources as the clock and only the forecasts of the demo.
fn book(takes_commands: bool, folder: Option<&Path>) -> Result<Arc<RuleBook>, Failure> {
    let run = Overrides::default().set("clock", "\"sources\"");
    rules::load_for(takes_commands, folder, &run.set("outlook_of_last_resort", "\"none\""))
}

/// The lines of the file of commands.
fn commands(args: &Args) -> Result<Option<Vec<Command>>, Failure> {
    let Some(path) = &args.commands else { return Ok(None) };
    let is_of_the_seed =
        |it: &Command| it.source().is_some_and(|(stream, _)| *stream == episode::stream(args.seed));
    let lines = read_commands(path).map_err(|error| Failure::Usage(error.to_string()))?;
    if lines.iter().any(is_of_the_seed) {
        let words =
            format!("{}: the readings of the demo have this name; rename it", path.display());
        return Err(Failure::Usage(words));
    }
    Ok(Some(lines))
}

/// The order sets of the episode, which no answer changes.
fn sets(seed: u64, rules: Option<&Path>) -> Result<Vec<OrderSet>, Failure> {
    let (log, _) = carry(seed, Vec::new(), book(false, rules)?, MemoryLog::default(), NoOutbox)
        .context("the orders of the episode")?;
    let sets = log.records.into_iter().filter_map(|it| {
        let Event::Response(ResponseEvent::OrderSetIssued(set)) = it.event else { return None };
        Some(set)
    });
    Ok(sets.collect())
}

/// Plays the episode into a log, or the part that the log does not hold yet.
fn play<L: EventLog>(
    seed: u64,
    commands: Vec<Command>,
    book: Arc<RuleBook>,
    log: L,
    outbox: ConsoleOutbox,
) -> Result<(L, LogSummary), PortError> {
    let (log, outbox) = carry(seed, commands, book, log, outbox)?;
    Ok((log, outbox.into_summary()))
}

fn carry<L: EventLog, O: Outbox>(
    seed: u64,
    commands: Vec<Command>,
    book: Arc<RuleBook>,
    log: L,
    outbox: O,
) -> Result<(L, O), PortError> {
    let mut inbox = MemoryInbox::default();
    inbox.at_once = AT_ONCE;
    for command in episode::episode(seed, &book.rules) {
        inbox.put(command);
    }
    let begin: Timestamp = weather::first_hour().plus(-1).end();
    let inbox = WithCommands::new(inbox, commands, &book.rules.parameters);
    let mut engine = Engine::open(book, begin, inbox, log, outbox)?;
    let airshed = engine.memory().airshed.clone();
    engine.inbox_mut().go_on(&airshed);
    while !engine.inbox().inner().is_done() || engine.inbox().holds_rows() {
        engine.step(None)?;
    }
    engine.inbox_mut().end(Until::Always);
    while engine.inbox().has_lines() {
        engine.step(None)?;
    }
    engine.end();
    let (_, log, outbox) = engine.into_parts();
    Ok((log, outbox))
}

/// The same demo through a log and an outbox of a test.
#[cfg(test)]
pub(in crate::app) fn through<L: EventLog, O: Outbox>(
    seed: u64,
    log: L,
    outbox: O,
) -> Result<(L, O), PortError> {
    carry(seed, Vec::new(), book(true, None).unwrap(), log, outbox)
}

/// All records of a demo that asks for answers and in which the bureaus are silent, for tests of what
/// follows a log.
#[cfg(test)]
pub(in crate::app) fn records(seed: u64) -> Vec<crate::engine::Record> {
    let book = book(true, None).unwrap();
    carry(seed, Vec::new(), book, MemoryLog::default(), NoOutbox).unwrap().0.records
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::app::report::log_summary::Warning;
    use crate::domain::AirEvent;
    use crate::domain::Grade;
    use crate::engine::Record;

    fn played(seed: u64) -> (MemoryLog, LogSummary) {
        let book = book(false, None).unwrap();
        let bar = Progress::counting(1, "hours");
        let outbox = ConsoleOutbox::new(DecisionLines::new(false), Position(0), None, bar);
        play(seed, Vec::new(), book, MemoryLog::default(), outbox).unwrap()
    }

    #[test]
    fn the_default_seed_shows_everything() {
        let (log, episode) = played(DEFAULT_SEED);
        let grades =
            episode.warnings().iter().flat_map(|it| it.steps().into_iter().map(|step| step.grade));
        let grades: BTreeSet<Grade> = grades.collect();
        assert_eq!(grades, BTreeSet::from([Grade::Yellow, Grade::Orange, Grade::Red]));
        assert!(episode.sets().iter().any(|it| it.linked));
        assert!(episode.warnings().iter().all(|it| it.lifted().is_some()));
        let refused: Vec<&str> = episode.refused().keys().map(|it| it.name()).collect();
        assert_eq!(refused, ["unknown_station", "above_ceiling", "late"]);
        let flagged = log.records.iter().any(|record| {
            let Event::Air(AirEvent::HourClosed(closed)) = &record.event else { return false };
            closed.jurisdictions.iter().any(|it| !it.flagged.is_empty())
        });
        assert!(flagged, "the stuck station is flagged");
        assert_eq!(episode.standards(), ["BTH-2023".into()]);
        assert_eq!(played(DEFAULT_SEED).0, log);
    }

    #[test]
    fn every_seed_has_a_red_warning_and_ends_in_clean_air() {
        for seed in (0..8).chain([u64::MAX]) {
            let (_, episode) = played(seed);
            let highest = episode.warnings().iter().map(Warning::highest).max();
            assert_eq!(highest, Some(Grade::Red), "seed {seed}");
            assert!(episode.warnings().iter().all(|it| it.lifted().is_some()), "seed {seed}");
        }
    }

    #[test]
    fn a_play_that_stopped_goes_on_where_it_stopped() {
        let (whole, _) = played(DEFAULT_SEED);
        // A step is appended whole: the log ends after the records of some step.
        let cut = whole
            .records
            .iter()
            .rposition(|it| matches!(it.event, Event::Fact(Fact::Ticked(_))))
            .unwrap();
        for end in [1, cut / 2, cut] {
            let ends = |it: &Record| matches!(it.event, Event::Fact(Fact::Ticked(_))) || end == 1;
            let end = (1..=end).rfind(|end| ends(&whole.records[*end])).unwrap();
            let log = MemoryLog { records: whole.records[..end].to_vec() };
            let bar = Progress::counting(1, "hours");
            let outbox = ConsoleOutbox::new(DecisionLines::new(false), Position(0), None, bar);
            let book = book(false, None).unwrap();
            let (log, _) = play(DEFAULT_SEED, Vec::new(), book, log, outbox).unwrap();
            assert_eq!(log, whole, "cut at {end}");
        }
    }
}
