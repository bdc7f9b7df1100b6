//! `airshed demo`: a winter episode, played from a seed into a log.

mod episode;
mod outlook;
mod random;
mod weather;

use std::sync::Arc;

use crate::domain::{RuleBook, Timestamp};
use crate::engine::{Engine, EventLog, PortError};
use crate::io::memory::MemoryInbox;
use crate::wire::rule_book;

use super::episode::Episode;
use super::onlooker::Onlooker;

/// The episode that is played where none is asked for.
const DEFAULT_SEED: u64 = 1;
/// Inputs that are taken in one step: those of one hour.
const AT_ONCE: usize = 3;

/// For this run the feed is its own clock, and nobody but its forecasts looks ahead.
const RUN: &str = "[parameters]\nclock = \"sources\"\noutlook_of_last_resort = \"none\"\n";

/// The rules that the program carries.
fn rules() -> Result<RuleBook, rule_book::RuleBookError> {
    let mut files = rule_book::built_in();
    files.push((rule_book::RUN_FILE.into(), RUN.into()));
    rule_book::parse(files)
}

/// Plays the whole episode into a log, or what of it the log does not hold yet.
fn play<L: EventLog>(
    seed: u64,
    book: Arc<RuleBook>,
    log: L,
    onlooker: Onlooker,
) -> Result<(L, Episode), PortError> {
    let mut inbox = MemoryInbox::default();
    inbox.at_once = AT_ONCE;
    for command in episode::episode(seed, &book.rules) {
        inbox.put(command);
    }
    let begin: Timestamp = weather::first_hour().plus(-1).end();
    let mut engine = Engine::open(book, begin, inbox, log, onlooker)?;
    while !engine.inbox().is_done() {
        engine.step(None)?;
    }
    let (_, log, onlooker) = engine.into_parts();
    Ok((log, onlooker.into_episode()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::app::episode::Warning;
    use crate::app::narrate::Narrator;
    use crate::app::progress::Progress;
    use crate::domain::{Event, Grade};
    use crate::engine::{Position, Record};
    use crate::io::memory::MemoryLog;

    fn played(seed: u64) -> (MemoryLog, Episode) {
        let book = Arc::new(rules().unwrap());
        let bar = Progress::counting(1, "hours");
        let onlooker = Onlooker::new(Narrator::new(false), Position(0), None, bar);
        play(seed, book, MemoryLog::default(), onlooker).unwrap()
    }

    #[test]
    fn the_default_seed_shows_everything() {
        let (log, episode) = played(DEFAULT_SEED);
        let grades =
            episode.warnings().iter().flat_map(|it| it.steps.iter().map(|step| step.grade));
        let grades: BTreeSet<Grade> = grades.collect();
        assert_eq!(grades, BTreeSet::from([Grade::Yellow, Grade::Orange, Grade::Red]));
        assert!(episode.sets().iter().any(|it| it.linked));
        assert!(episode.warnings().iter().all(|it| it.lifted.is_some()));
        let refused: Vec<&str> = episode.refused().keys().map(|it| it.name()).collect();
        assert_eq!(refused, ["unknown_station", "above_ceiling", "late"]);
        let flagged = log.records.iter().any(|it| {
            let Event::HourClosed(closed) = &it.event else { return false };
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
            assert!(episode.warnings().iter().all(|it| it.lifted.is_some()), "seed {seed}");
        }
    }

    #[test]
    fn a_play_that_stopped_goes_on_where_it_stopped() {
        let (whole, _) = played(DEFAULT_SEED);
        // A step is appended whole: the log ends after the records of some step.
        let cut =
            whole.records.iter().rposition(|it| matches!(it.event, Event::Ticked(_))).unwrap();
        for end in [1, cut / 2, cut] {
            let ends = |it: &Record| matches!(it.event, Event::Ticked(_)) || end == 1;
            let end = (1..=end).rfind(|end| ends(&whole.records[*end])).unwrap();
            let log = MemoryLog { records: whole.records[..end].to_vec() };
            let bar = Progress::counting(1, "hours");
            let onlooker = Onlooker::new(Narrator::new(false), Position(0), None, bar);
            let book = Arc::new(rules().unwrap());
            let (log, _) = play(DEFAULT_SEED, book, log, onlooker).unwrap();
            assert_eq!(log, whole, "cut at {end}");
        }
    }
}
