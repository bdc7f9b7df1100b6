//! What became of one thing of joint control: the records that concern it, each with the command or
//! the record that led to it.

use std::sync::Arc;

use super::standing::standing;
use crate::domain::cooperation::{Matter, What};
use crate::domain::{
    Airshed, CommandGiven, Event, Fact, OrderSet, ResponseEvent, Timestamp, WarningEvent, WarningId,
};
use crate::engine::{Entry, Position};

/// What a story is about.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Thing {
    /// An order of one jurisdiction, such as `1-130100`.
    Order,
    /// A response, such as `130100-r1`.
    Response,
    /// A matter, such as `1-130100/acknowledge`.
    Matter,
    /// A proposal, such as `p1`.
    Proposal,
    /// A consultation, such as `region-c1`.
    Consultation,
    /// A case, such as `131000-e1`.
    Case,
    /// A whistle, such as `120111-w1`.
    Whistle,
}

impl Thing {
    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Response => "response",
            Self::Matter => "matter",
            Self::Proposal => "proposal",
            Self::Consultation => "consultation",
            Self::Case => "case",
            Self::Whistle => "whistle",
        }
    }
}

/// One record of a story.
#[derive(Clone, Debug)]
pub struct StoryRecord {
    /// The record.
    pub entry: Arc<Entry>,
    /// The command that led to it.
    pub command: Option<(Position, Arc<CommandGiven>)>,
    /// The record that led to it, and its type.
    pub because_of: Option<(Position, &'static str)>,
    /// The deadline of the matter after it, if the story is about one.
    pub due_at: Option<Timestamp>,
}

/// A story: a fold over a log.
#[derive(Debug)]
pub struct Story {
    thing: Thing,
    id: String,
    airshed: Airshed,
    /// The orders of the response, if it is about one.
    orders: Vec<String>,
    /// The matter before the next record, if it is about one.
    matter: Option<Matter>,
    /// The last fact, and the last record that it caused directly.
    causes: [Option<(Position, &'static str)>; 2],
    command: Option<(Position, Arc<CommandGiven>)>,
    /// Acts on warnings since the last closed hour.
    acts: Vec<(WarningId, StoryRecord)>,
    records: Vec<StoryRecord>,
}

impl Story {
    /// Of one thing.
    pub fn of(thing: Thing, id: &str) -> Self {
        Self {
            thing,
            id: id.to_owned(),
            airshed: Airshed::default(),
            orders: Vec::new(),
            matter: None,
            causes: [None, None],
            command: None,
            acts: Vec::new(),
            records: Vec::new(),
        }
    }

    /// What it is about.
    pub fn thing(&self) -> Thing {
        self.thing
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Takes the next record of the log.
    pub fn note(&mut self, entry: &Arc<Entry>) {
        let (position, event) = (entry.record.position, &entry.record.event);
        let kind = event.record_type();
        if event.is_fact() {
            self.causes = [Some((position, kind)), None];
            self.command = None;
            if let Event::Fact(Fact::CommandGiven(given)) = event {
                self.command = Some((position, Arc::clone(given)));
            }
        } else if entry.record.causation == self.causes[0].map(|it| it.0) {
            self.causes[1] = Some((position, kind));
        }
        if let Event::Warning(WarningEvent::WarningDecided(act)) = event {
            let records = StoryRecord { due_at: None, ..self.record_of(entry) };
            self.acts.push((act.warning, records));
        } else if matches!(event, Event::Air(_)) {
            self.acts.clear();
        }
        self.airshed.evolve(event, position.0);
        let is_changed = self.note_matter();
        if let Event::Response(ResponseEvent::OrderSetIssued(set)) = event {
            self.note_set(set, entry);
        } else if is_changed || self.concerns(event) {
            self.tell(entry);
        }
    }

    /// Its records, the oldest first; none if there is no such thing.
    pub fn records(&self) -> Option<&[StoryRecord]> {
        standing(&self.airshed, self.thing, &self.id).map(|_| &*self.records)
    }

    /// How it stands at the end of the log: names, each with a text.
    pub fn standing(&self) -> Vec<(&'static str, String)> {
        standing(&self.airshed, self.thing, &self.id).unwrap_or_default()
    }

    /// Looks whether the matter has changed.
    fn note_matter(&mut self) -> bool {
        if self.thing != Thing::Matter {
            return false;
        }
        let now = self.airshed.cooperation.matters.get(&self.id).cloned();
        let is_changed = self.matter != now;
        self.matter = now;
        is_changed
    }

    /// An order set begins the story of each of its orders: with the act that the order answers.
    fn note_set(&mut self, set: &OrderSet, entry: &Arc<Entry>) {
        let Some(rules) = entry.rules() else { return };
        if self.thing == Thing::Proposal && set.proposal.as_deref() == Some(&*self.id) {
            return self.tell(entry);
        }
        let begins = format!("{}-", set.epoch);
        let state = &self.airshed.cooperation;
        let ours = match self.thing {
            Thing::Order => Some(self.id.clone()),
            Thing::Matter => self.id.split_once('/').map(|it| it.0.to_owned()),
            Thing::Response => state.orders.response(&self.id).and_then(|it| {
                it.orders.iter().find(|it| it.starts_with(&begins)).map(ToString::to_string)
            }),
            Thing::Proposal | Thing::Consultation | Thing::Case | Thing::Whistle => None,
        };
        let ours = ours.filter(|it| it.starts_with(&begins) && state.orders.get(it).is_some());
        let Some(ours) = ours else { return };
        let code = |order: &crate::domain::Order| {
            let jurisdiction = rules.jurisdictions.get(usize::from(order.jurisdiction.0));
            jurisdiction.map(|it| it.division.to_string())
        };
        let jurisdiction = state.orders.get(&ours).map(|it| it.jurisdiction.to_string());
        let order = set.orders.iter().find(|it| code(it) == jurisdiction);
        let act = order.and_then(|it| self.acts.iter().rev().find(|by| by.0 == it.warning));
        if let Some((_, act)) = act.cloned() {
            self.records.push(act);
        }
        if self.thing == Thing::Response {
            self.orders.push(ours);
        }
        self.tell(entry);
    }

    fn concerns(&self, event: &Event) -> bool {
        let Event::Cooperation(event) = event else { return false };
        let named =
            if let (What::CommandRefused(_), Some((_, given))) = (&event.what, &self.command) {
                given.named()
            } else {
                event.what.named()
            };
        named.iter().any(|it| self.is_about(it))
    }

    /// Whether an id is that of the thing, or of a part of it.
    fn is_about(&self, id: &str) -> bool {
        let thing = id.split_once('/').map_or(id, |it| it.0);
        match self.thing {
            Thing::Matter => id == self.id || id.strip_suffix("/offer") == Some(&self.id),
            Thing::Response => thing == self.id || self.orders.iter().any(|it| it == thing),
            Thing::Order | Thing::Proposal | Thing::Consultation | Thing::Case | Thing::Whistle => {
                thing == self.id
            }
        }
    }

    fn tell(&mut self, entry: &Arc<Entry>) {
        let records = self.record_of(entry);
        self.records.push(records);
    }

    fn record_of(&self, entry: &Arc<Entry>) -> StoryRecord {
        let causation = entry.record.causation;
        StoryRecord {
            entry: Arc::clone(entry),
            command: self.command.clone().filter(|it| Some(it.0) == causation),
            because_of: self.causes.iter().flatten().find(|it| Some(it.0) == causation).copied(),
            due_at: self.matter.as_ref().map(|it| it.due_at),
        }
    }
}
