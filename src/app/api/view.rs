//! What the API shows: folds over the log.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use super::history::is_history;
use crate::app::support::recent::{Recent, push};
use crate::domain::cooperation::Body;
use crate::domain::{AirEvent, Division, Event, ResponseEvent, Rules, WarningEvent};
use crate::engine::cooperation::Board;
use crate::engine::projection::{Channel, Grounds, Message, Overview, messages};
use crate::engine::{BookInForce, Entry};
use crate::wire::publication::{EventView, event, event_view};

use super::stations::StationValues;
use super::things::Things;
use crate::wire::cap::Messages;

/// Closed hours that are shown: nine days.
const HOURS_MAX: usize = 216;
/// Records of the history: some months.
const HISTORY_MAX: usize = 16_384;

/// Folds over the log, and the newest records.
#[derive(Default)]
pub(super) struct View {
    pub(super) board: Board,
    pub(super) overview: Overview,
    hours: VecDeque<Arc<Entry>>,
    /// For streams that are up to date; others read the log.
    recent: Recent,
    history: VecDeque<Arc<Entry>>,
    /// The position from which on the history is whole.
    history_first: u64,
    sets: BTreeMap<u64, Arc<Entry>>,
    grounds: Grounds,
    /// What is sent of the order sets, by the id of the order.
    orders: BTreeMap<String, Message>,
    /// The acts on each warning, by jurisdiction and number.
    warnings: BTreeMap<(Division, u32), Vec<Arc<Entry>>>,
    /// Consultations, cases and whistles.
    pub(super) things: Things,
    cap: Messages,
    stations: StationValues,
}

impl View {
    /// Of a log without records, with messages by a profile.
    pub(super) fn by(cap: Messages) -> Self {
        Self { cap, ..Self::default() }
    }

    /// Takes the next record of the log.
    pub(super) fn take(&mut self, entry: &Arc<Entry>) {
        self.board.note(entry);
        self.grounds.note(&entry.record);
        self.overview.take(entry);
        self.cap.note(entry);
        self.recent.take(entry);
        self.things.take(entry);
        self.stations.take(entry);
        self.remember(entry);
        match &entry.record.event {
            Event::Air(AirEvent::HourClosed(_)) => push(&mut self.hours, entry, HOURS_MAX),
            Event::Response(ResponseEvent::OrderSetIssued(set)) => {
                self.sets.insert(set.epoch, Arc::clone(entry));
                let all = messages(entry, &self.grounds, self.board.involved());
                let orders = all.into_iter().filter(|it| matches!(it.channel, Channel::Orders(_)));
                self.orders.extend(orders.map(|it| (it.id(), it)));
            }
            Event::Warning(WarningEvent::WarningDecided(act)) => {
                let all = entry.rules().map(|it| &it.jurisdictions);
                let index = usize::from(act.warning.jurisdiction.0);
                if let Some(own) = all.and_then(|it| it.get(index)) {
                    let key = (own.division, act.warning.number);
                    self.warnings.entry(key).or_default().push(Arc::clone(entry));
                }
            }
            Event::Air(AirEvent::HourAmended(_) | AirEvent::DataInsufficient(_))
            | Event::Warning(WarningEvent::ReviewDue(_) | WarningEvent::SameAirUnlikeGrade(_))
            | Event::Response(
                ResponseEvent::OrderConfirmedByAmendment(_) | ResponseEvent::OrderAmended(_),
            )
            | Event::Fact(_)
            | Event::Station(_)
            | Event::Cooperation(_) => {}
        }
    }

    fn remember(&mut self, entry: &Arc<Entry>) {
        if !is_history(&entry.record.event) {
            return;
        }
        if self.history.len() == HISTORY_MAX {
            self.history_first = self.history.front().map_or(0, |it| it.record.position.0 + 1);
        }
        push(&mut self.history, entry, HISTORY_MAX);
    }

    /// The position from which on the history is whole, and the history from a position on.
    pub(super) fn history(&self, from: u64) -> (u64, impl Iterator<Item = &Arc<Entry>>) {
        let skipped = self.history.partition_point(|it| it.record.position.0 < from);
        (self.history_first, self.history.range(skipped..))
    }

    /// A record as a body may see it; none where it sees nothing. Without a body, all of it.
    pub(super) fn shown(&self, entry: &Entry, viewer: Option<&Body>) -> Option<Value> {
        event(entry, viewer, self.board.involved())
    }

    /// How much of a record a body may see.
    pub(super) fn seen_by(&self, entry: &Entry, viewer: Option<&Body>) -> EventView {
        event_view(entry, viewer, self.board.involved())
    }

    /// The position of the next record.
    pub(super) fn next(&self) -> u64 {
        self.recent.next()
    }

    pub(super) fn rules(&self) -> Option<&Rules> {
        self.board.airshed().rules()
    }

    /// The rule book in force before the record at this position.
    pub(super) fn book_before(&self, position: u64) -> BookInForce {
        self.recent.book_before(position)
    }

    /// The order sets, by number.
    pub(super) fn sets(&self) -> &BTreeMap<u64, Arc<Entry>> {
        &self.sets
    }

    /// The order with an id such as `1-130400`, as it is sent.
    pub(super) fn order(&self, id: &str) -> Option<&Message> {
        self.orders.get(id)
    }

    /// The acts on each warning.
    pub(super) fn warnings(&self) -> &BTreeMap<(Division, u32), Vec<Arc<Entry>>> {
        &self.warnings
    }

    /// The warnings as CAP messages.
    pub(super) fn cap(&self) -> &Messages {
        &self.cap
    }

    /// The values of the stations.
    pub(super) fn stations(&self) -> &StationValues {
        &self.stations
    }

    /// The last closed hours, the oldest first.
    pub(super) fn hours(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.hours.iter()
    }

    /// Records from a position on, if they are still in memory; at most so many.
    pub(super) fn newest(&self, from: u64, records_max: usize) -> Option<Vec<Arc<Entry>>> {
        self.recent.from(from, records_max)
    }
}

/// `130100-1`
pub(super) fn warning_id((division, number): (Division, u32)) -> String {
    format!("{division}-{number}")
}

/// A record as JSON, by its own rule book.
pub(super) fn record_json(entry: &Entry) -> Value {
    crate::wire::record::json::record(&entry.record, entry.rules())
}
