//! The facts of a log, decided again: by its own rules, which must lead to its own decisions, or
//! by others.
//!
//! Record by record, so a log of any length fits. Nothing here can reach outside: there is no
//! inbox, no log to append to and no outbox.
//!
//! What was refused before it became a fact cannot be asked again: values of unknown stations,
//! unreadable rows, hours that had not come. Those refusals are kept as they are.

use std::collections::VecDeque;
use std::sync::Arc;

use super::objects::Objects;
use super::{Hindsight, Memory, PortError, Position, Record, Recorder};
use crate::domain::{
    Batch, Command, CommandGiven, CooperationRules, Event, Fact, Forecast, Hour, Outcome, Reason,
    Refusal, Renumbering, RuleBook, WarningEvent,
};

/// From the rule book of a log to the one to decide by; the error says what is wrong with it.
pub type OtherRules = Box<dyn Fn(&Arc<RuleBook>) -> Result<Arc<RuleBook>, String>>;

/// The source of forecasts in the other run.
#[derive(Clone, Debug, Default)]
pub enum OtherOutlook {
    /// Whoever did in the log.
    #[default]
    AsRecorded,
    /// No forecast; the rules may know a last resort.
    None,
    /// What was observed later.
    Hindsight(Hindsight),
}

/// A world in the making: the facts of a log, and what follows from them.
pub struct Redecision {
    memory: Memory,
    rules: OtherRules,
    outlook: OtherOutlook,
    /// The next hour at which hindsight issues an outlook.
    next_issue: Hour,
    /// From places in the log's rule book to ours; none where they are the same.
    places: Option<Renumbering>,
    /// Whether rules or forecasts may be other ones than in the log.
    is_other: bool,
    /// Where the last refusal with followers stands in our world.
    refusal: Position,
    /// The rules of the log.
    recorded_book: Option<Arc<RuleBook>>,
    /// What the log has, and what this world has.
    objects: [Objects; 2],
    without_object: u64,
}

impl Redecision {
    /// By the log's own rules and forecasts.
    pub fn same() -> Self {
        let same = Self::new(Box::new(|book| Ok(Arc::clone(book))), OtherOutlook::AsRecorded);
        Self { is_other: false, ..same }
    }

    /// By other rules, or with other forecasts. No act waits for approval.
    pub fn new(rules: OtherRules, outlook: OtherOutlook) -> Self {
        let next_issue = match &outlook {
            OtherOutlook::Hindsight(hindsight) => hindsight.first(),
            OtherOutlook::AsRecorded | OtherOutlook::None => Hour::default(),
        };
        Self {
            memory: Memory::default(),
            rules,
            outlook,
            next_issue,
            places: None,
            is_other: true,
            refusal: Position::default(),
            recorded_book: None,
            objects: [Objects::default(), Objects::default()],
            without_object: 0,
        }
    }

    /// The commands that named an order, response or episode that this world has not, or has with
    /// another jurisdiction, act or grade. They are left out.
    pub fn without_object(&self) -> u64 {
        self.without_object
    }

    /// Takes the next record of the log in; gives back what it leads to here. A decision of the
    /// log is passed over, and leads to nothing.
    pub fn take(&mut self, record: Record) -> Result<Vec<Record>, PortError> {
        self.note_recorded(&record);
        let follows = follows_a_refusal(&record);
        let recorded_at = record.recorded_at;
        let Some(command) = self.command(record)? else { return Ok(Vec::new()) };
        let issued = match &command {
            Command::Observe(batch) => self.issued_by(batch.hour),
            // Between two rows the clock of a file stands where hours close.
            Command::Tick(tick) => self.issued_by(tick.at.hour_at_or_before()),
            Command::Adopt(_)
            | Command::JoinStreams(_)
            | Command::ReceiveForecast(_)
            | Command::Exclude(_)
            | Command::Give(_)
            | Command::Refuse(_) => Vec::new(),
        };
        let now = Some(recorded_at);
        let mut recorder = Recorder::new(&mut self.memory, now);
        for forecast in issued {
            recorder.carry(Command::ReceiveForecast(forecast))?;
        }
        let is_refusal = matches!(command, Command::Refuse(_));
        recorder.carry(command)?;
        let mut records = recorder.records;
        if let Some(first) = records.first_mut().filter(|_| is_refusal) {
            if follows {
                first.causation = Some(self.refusal);
            } else {
                self.refusal = first.position;
            }
        }
        let rules = self.memory.airshed.rules();
        for record in &records {
            self.objects[1].note(record, rules);
        }
        Ok(records)
    }

    fn note_recorded(&mut self, record: &Record) {
        if let Event::Fact(Fact::RuleBookAdopted(book)) = &record.event {
            self.recorded_book = Some(Arc::clone(book));
        }
        self.objects[0].note(record, self.recorded_book.as_ref().map(|it| &it.rules));
    }

    /// A command whose objects are the same in both worlds; another one is counted.
    fn command_given(&mut self, given: Arc<CommandGiven>) -> Option<Command> {
        let [recorded, ours] = &self.objects;
        // Approvals are automatic here.
        let is_approval = self.is_other && ["approve", "reject"].contains(&&*given.command);
        if is_approval || !recorded.agree(ours, &given) {
            self.without_object += 1;
            return None;
        }
        Some(Command::Give(Box::new(Arc::unwrap_or_clone(given))))
    }

    /// What this world remembers.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The command that a fact once was; none for a decision, and for what follows from a fact
    /// and is decided with it.
    fn command(&mut self, record: Record) -> Result<Option<Command>, PortError> {
        let follows = record.causation.is_some();
        Ok(match record.event {
            Event::Fact(Fact::RuleBookAdopted(book)) => Some(Command::Adopt(self.adopt(&book)?)),
            Event::Fact(Fact::StreamsJoined(streams)) => Some(Command::JoinStreams(streams)),
            Event::Fact(Fact::Ticked(tick)) => Some(Command::Tick(tick)),
            Event::Fact(Fact::ReadingsReceived(mut batch)) => {
                undecide(&mut batch, self.places.as_ref());
                Some(Command::Observe(batch))
            }
            Event::Fact(Fact::ForecastReceived(forecast)) => {
                self.foreseen(forecast).map(Command::ReceiveForecast)
            }
            Event::Fact(Fact::IntervalExcluded(mut exclusion)) => {
                let place = match &self.places {
                    Some(places) => places.jurisdiction(exclusion.jurisdiction),
                    None => Some(exclusion.jurisdiction),
                };
                place.map(|place| {
                    exclusion.jurisdiction = place;
                    Command::Exclude(exclusion)
                })
            }
            Event::Fact(Fact::InputRefused(refusal)) => {
                (!follows || is_lost(&refusal)).then_some(Command::Refuse(refusal))
            }
            Event::Fact(Fact::CommandGiven(given)) => self.command_given(given),
            Event::Cooperation(_)
            | Event::Station(_)
            | Event::Air(_)
            | Event::Warning(_)
            | Event::Response(_) => None,
        })
    }

    fn adopt(&mut self, book: &Arc<RuleBook>) -> Result<Arc<RuleBook>, PortError> {
        let mut ours = (self.rules)(book).map_err(PortError::Failed)?;
        if self.is_other {
            ours = without_approval(ours);
        }
        let moved = ours.rules.stations != book.rules.stations
            || ours.rules.jurisdictions != book.rules.jurisdictions;
        self.places = moved.then(|| Renumbering::between(&book.rules, &ours.rules));
        Ok(ours)
    }

    fn foreseen(&self, mut forecast: Forecast) -> Option<Forecast> {
        match self.outlook {
            OtherOutlook::AsRecorded => {}
            OtherOutlook::None | OtherOutlook::Hindsight(_) => return None,
        }
        if let Some(places) = &self.places {
            forecast.outlooks.retain_mut(|it| {
                let place = places.jurisdiction(it.jurisdiction);
                it.jurisdiction = place.unwrap_or(it.jurisdiction);
                place.is_some()
            });
        }
        Some(forecast)
    }

    /// Before the first row of an hour, or a tick, comes what hindsight says by then.
    fn issued_by(&mut self, hour: Hour) -> Vec<Forecast> {
        let OtherOutlook::Hindsight(hindsight) = &self.outlook else { return Vec::new() };
        let mut issued = Vec::new();
        if self.next_issue > hour {
            return issued;
        }
        let divisions = self.memory.airshed.rules().map(Hindsight::divisions).unwrap_or_default();
        while self.next_issue <= hour {
            issued.extend(hindsight.issue_by(self.next_issue, &divisions));
            self.next_issue = self.next_issue.plus(1);
        }
        issued
    }
}

/// In another world every act is approved by itself.
fn without_approval(book: Arc<RuleBook>) -> Arc<RuleBook> {
    let needs_none = |it: &CooperationRules| it.approvals.is_empty();
    if book.rules.cooperation.as_ref().is_none_or(needs_none) {
        return book;
    }
    let mut book = RuleBook::clone(&book);
    if let Some(numbers) = &mut book.rules.cooperation {
        numbers.approvals.clear();
    }
    Arc::new(book)
}

/// What was refused as a whole is in the log by its refusals alone.
fn is_lost(refusal: &Refusal) -> bool {
    matches!(refusal.reason, Reason::FromTheFuture | Reason::FromThePast)
}

fn follows_a_refusal(record: &Record) -> bool {
    record.causation.is_some()
        && matches!(&record.event, Event::Fact(Fact::InputRefused(it)) if is_lost(it))
}

/// Makes readings what they were before anybody decided about them. A station that is not known
/// here says nothing; its row still says that its hour has come.
fn undecide(batch: &mut Batch, places: Option<&Renumbering>) {
    let Some(places) = places else {
        for reading in &mut batch.readings {
            reading.outcome = Outcome::Taken;
        }
        return;
    };
    let (mut from, mut kept) = (0, 0);
    for row in &mut batch.rows {
        let mut of_row = 0;
        for at in from..from + row.readings as usize {
            let mut reading = batch.readings[at];
            if let Some(station) = places.station(reading.station) {
                (reading.station, reading.outcome) = (station, Outcome::Taken);
                batch.readings[kept] = reading;
                (kept, of_row) = (kept + 1, of_row + 1);
            }
        }
        from += row.readings as usize;
        row.readings = of_row;
    }
    batch.readings.truncate(kept);
}

/// A record of an earlier version lacks the fields that were added since; they follow from its
/// rules, so they are not compared.
fn without_added_fields(recorded: &Record, redecided: &mut Record) {
    if let Event::Warning(WarningEvent::WarningDecided(recorded)) = &recorded.event
        && let Event::Warning(WarningEvent::WarningDecided(redecided)) = &mut redecided.event
    {
        redecided.in_force_from =
            redecided.in_force_from.filter(|_| recorded.in_force_from.is_some());
    }
}

/// Where a log and its own rules part.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// Of the first record that differs.
    pub position: Position,
    /// What the log has there; none where it ends before.
    pub recorded: Option<Record>,
    /// What its facts and rules lead to; none where they lead to nothing more.
    pub redecided: Option<Record>,
}

/// Decides a log again and compares record by record.
///
/// When a decision was taken in is not compared: no rule decides it.
pub struct Check {
    redecision: Redecision,
    /// Decisions of the log that wait for the fact after them.
    recorded: VecDeque<Record>,
    redecided: VecDeque<Record>,
    difference: Option<Difference>,
}

impl Default for Check {
    fn default() -> Self {
        let (recorded, redecided) = (VecDeque::new(), VecDeque::new());
        Self { redecision: Redecision::same(), recorded, redecided, difference: None }
    }
}

impl Check {
    /// Takes the next record of the log in. After the first difference nothing is compared.
    pub fn take(&mut self, record: Record) -> Result<(), PortError> {
        if self.difference.is_some() {
            return Ok(());
        }
        self.recorded.push_back(record.clone());
        self.redecided.extend(self.redecision.take(record)?);
        while self.difference.is_none() && !self.recorded.is_empty() && !self.redecided.is_empty() {
            self.compare();
        }
        Ok(())
    }

    /// The first difference, once the log is over.
    pub fn finish(mut self) -> Option<Difference> {
        if self.difference.is_none() && (!self.recorded.is_empty() || !self.redecided.is_empty()) {
            self.compare();
        }
        self.difference
    }

    fn compare(&mut self) {
        let recorded = self.recorded.pop_front();
        let mut redecided = self.redecided.pop_front();
        if let (Some(recorded), Some(redecided)) = (&recorded, &mut redecided) {
            redecided.recorded_at = recorded.recorded_at;
            without_added_fields(recorded, redecided);
        }
        if recorded != redecided {
            let position =
                recorded.as_ref().or(redecided.as_ref()).map(|it| it.position).unwrap_or_default();
            self.difference = Some(Difference { position, recorded, redecided });
        }
    }
}
