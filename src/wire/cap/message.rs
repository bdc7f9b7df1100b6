//! The messages of a log: one for each act on a warning.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::profile::{Profile, UnsaidStatus};
use super::received::Received;
use crate::domain::cooperation::Status;
use crate::domain::{
    ActKind, CourseChange, Division, Event, Hour, Jurisdiction, Rules, Timestamp, WarningAct,
    WarningEvent,
};
use crate::engine::Entry;

/// What a message does to those before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MessageKind {
    /// It is the first on a warning.
    Alert,
    /// It takes the place of those before it.
    Update,
    /// It ends them.
    Cancel,
}

impl MessageKind {
    /// Its name in CAP.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alert => "Alert",
            Self::Update => "Update",
            Self::Cancel => "Cancel",
        }
    }
}

/// A message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its name in the form of GB/T 35965.1, such as `13010000000000_20251204083000`.
    pub identifier: String,
    /// When it was decided, in whole seconds.
    pub sent: Timestamp,
    /// What it does.
    pub kind: MessageKind,
    /// The messages that it updates or cancels, as CAP names them.
    pub references: Vec<String>,
    /// From when the grade, the new end or the lift is in force.
    pub onset: Hour,
    /// Until when it is of use.
    pub expires: Timestamp,
    /// The jurisdiction and the number of the warning there.
    pub warning: (Division, u32),
    entry: Arc<Entry>,
}

/// What a record says that a message is made of.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) act: &'a WarningAct,
    pub(super) rules: &'a Rules,
    pub(super) jurisdiction: &'a Jurisdiction,
}

impl<'a> Said<'a> {
    fn of(entry: &'a Entry) -> Option<Self> {
        let Event::Warning(WarningEvent::WarningDecided(act)) = &entry.record.event else {
            return None;
        };
        let rules = entry.rules()?;
        let jurisdiction = rules.jurisdictions.get(usize::from(act.warning.jurisdiction.0))?;
        Some(Self { act, rules, jurisdiction })
    }

    /// The hour from which what the act changes is in force.
    fn onset(&self) -> Hour {
        match self.act.change(Some(self.rules)) {
            Some(CourseChange::Lower(_, hour)) => hour.max(self.act.start),
            Some(CourseChange::Grade(_, hour) | CourseChange::Lift(hour)) => hour,
            None => self.act.start,
        }
    }
}

impl Message {
    /// The message that a record gives by itself. What depends on the messages before it is taken from
    /// the received one: its references, and the number at the end of an identifier. None where the
    /// record is no act on a warning, or a lift and the received message refers to none.
    pub fn of_record(profile: &Profile, entry: &Arc<Entry>, received: &Received) -> Option<Self> {
        let identifier = |first: String| {
            let number = received.identifier().strip_prefix(&*first);
            let number = number.and_then(|it| it.strip_prefix('_'));
            let parsed = number.and_then(|it| it.parse().ok()).filter(|it: &u32| *it > 0);
            match (number, parsed) {
                (Some(text), Some(number)) if number.to_string() == text => {
                    format!("{first}_{number}")
                }
                _ => first,
            }
        };
        Self::new(profile, entry, received.references(), identifier)
    }

    /// A message that refers to these if it is not the first on its warning. The identifier is made of
    /// that of a first message in its second.
    fn new(
        profile: &Profile,
        entry: &Arc<Entry>,
        references: Vec<String>,
        identifier: impl FnOnce(String) -> String,
    ) -> Option<Self> {
        let said = Said::of(entry)?;
        let (act, division) = (said.act, said.jurisdiction.division);
        let kind = match act.kind {
            ActKind::Issue => MessageKind::Alert,
            // A receiver that has no message on this warning has nothing to end.
            ActKind::Lift if references.is_empty() => return None,
            ActKind::Lift => MessageKind::Cancel,
            _ if references.is_empty() => MessageKind::Alert,
            ActKind::Raise
            | ActKind::Advance
            | ActKind::Extend
            | ActKind::Shorten
            | ActKind::Lower => MessageKind::Update,
        };
        let (sent, onset) = (whole_seconds(act.decided_at), said.onset());
        Some(Self {
            identifier: identifier(first_identifier(profile, division, sent)),
            sent,
            kind,
            references: if kind == MessageKind::Alert { Vec::new() } else { references },
            onset,
            expires: expires(profile, act, (sent, onset)),
            warning: (division, act.warning.number),
            entry: Arc::clone(entry),
        })
    }

    /// The fields that depend on the messages before it.
    pub fn fields_by_others(&self, profile: &Profile) -> Vec<&'static str> {
        let is_first = self.identifier == first_identifier(profile, self.warning.0, self.sent);
        let mut fields = Vec::new();
        if !is_first {
            fields.push("the number at the end of identifier");
        }
        if self.said().act.kind != ActKind::Issue {
            fields.extend(["references", "msgType"]);
        }
        fields
    }

    /// The position of its record in the log.
    pub fn position(&self) -> u64 {
        self.entry.record.position.0
    }

    pub(super) fn said(&self) -> Said<'_> {
        Said::of(&self.entry).expect("a message is made of such a record")
    }

    /// Whether the log is a drill, or does not say and the profile takes it for one.
    pub(crate) fn is_exercise(&self, profile: &Profile) -> bool {
        match &self.said().rules.cooperation {
            Some(rules) => rules.status == Status::Exercise,
            None => matches!(profile.settings.status_unsaid, UnsaidStatus::Exercise),
        }
    }

    /// `Actual` or `Exercise`.
    pub(crate) fn status(&self, profile: &Profile) -> &'static str {
        if self.is_exercise(profile) { "Exercise" } else { "Actual" }
    }

    /// The name of its warning, such as `130100-1`.
    pub fn warning_name(&self) -> String {
        let (division, number) = self.warning;
        format!("{division}-{number}")
    }

    /// How CAP refers to it: sender, identifier, time.
    fn reference(&self, profile: &Profile) -> String {
        format!("{},{},{}", profile.sender(), self.identifier, self.sent)
    }
}

/// The messages of a log, folded from its records.
#[derive(Clone, Debug)]
pub struct Messages {
    profile: Arc<Profile>,
    all: Vec<Arc<Message>>,
    by_identifier: BTreeMap<String, usize>,
    by_warning: BTreeMap<(Division, u32), Vec<usize>>,
    begun_at: Option<Timestamp>,
}

/// By the built-in profile.
impl Default for Messages {
    fn default() -> Self {
        Self::new(Arc::new(Profile::built_in()))
    }
}

impl Messages {
    /// None yet.
    pub fn new(profile: Arc<Profile>) -> Self {
        let (all, by_identifier) = (Vec::new(), BTreeMap::new());
        Self { profile, all, by_identifier, by_warning: BTreeMap::new(), begun_at: None }
    }

    /// Takes the next record of the log.
    pub fn note(&mut self, entry: &Arc<Entry>) {
        self.begun_at.get_or_insert(whole_seconds(entry.record.recorded_at));
        let Some(message) = self.message(entry) else { return };
        let at = self.all.len();
        self.by_identifier.insert(message.identifier.clone(), at);
        self.by_warning.entry(message.warning).or_default().push(at);
        self.all.push(Arc::new(message));
    }

    /// By which profile they are made.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> &[Arc<Message>] {
        &self.all
    }

    /// The message with this identifier.
    pub(crate) fn with_identifier(&self, identifier: &str) -> Option<&Arc<Message>> {
        self.all.get(*self.by_identifier.get(identifier)?)
    }

    /// The newest message on each warning that has not been lifted.
    pub(super) fn open(&self) -> impl Iterator<Item = &Arc<Message>> {
        let last = self.by_warning.values().filter_map(|it| self.all.get(*it.last()?));
        last.filter(|it| it.kind != MessageKind::Cancel)
    }

    /// When the log begins.
    pub(super) fn begun_at(&self) -> Timestamp {
        self.begun_at.unwrap_or_default()
    }

    fn message(&self, entry: &Arc<Entry>) -> Option<Message> {
        let said = Said::of(entry)?;
        let warning = (said.jurisdiction.division, said.act.warning.number);
        let references = self.references(warning, whole_seconds(said.act.decided_at));
        Message::new(&self.profile, entry, references, |first| self.free(first))
    }

    /// The messages on a warning that have not expired; at least the last one.
    fn references(&self, warning: (Division, u32), sent: Timestamp) -> Vec<String> {
        let Some(before) = self.by_warning.get(&warning) else { return Vec::new() };
        let last = before.last().copied();
        let in_force =
            before.iter().filter(|it| self.all[**it].expires > sent || Some(**it) == last);
        in_force.map(|it| self.all[*it].reference(&self.profile)).collect()
    }

    /// The identifier, with a number from the second message of a jurisdiction in one second on.
    fn free(&self, first: String) -> String {
        let others = (1..).map(|it| format!("{first}_{it}"));
        let mut names = std::iter::once(first.clone()).chain(others);
        let free = names.find(|it| !self.by_identifier.contains_key(it));
        free.unwrap_or(first)
    }
}

/// Code of the jurisdiction, body and unit, and the time in Beijing.
fn first_identifier(profile: &Profile, division: Division, sent: Timestamp) -> String {
    let parts = &profile.settings.identifier;
    let time: String = sent.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    format!("{division}{}{}{}_{time}", parts.body, parts.unit, parts.rest)
}

fn expires(profile: &Profile, act: &WarningAct, (sent, onset): (Timestamp, Hour)) -> Timestamp {
    let times = profile.settings.times;
    let (from, hours) = match (act.kind, act.end) {
        (ActKind::Lift, _) => (onset.end(), times.lift_shown_h),
        (_, Some(end)) => (end.end(), times.expires_after_end_h),
        (_, None) => (onset.end(), times.expires_without_end_h),
    };
    from.max(sent).plus_hours(hours)
}

/// CAP has no fractions of a second.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp(at.0 - at.0.rem_euclid(1_000))
}
