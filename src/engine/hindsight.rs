//! The outlook of hindsight: what was observed later, issued hour by hour.
//!
//! For plays and drills over the past: it shows what a perfect forecast would have ordered.

use std::sync::Arc;

use super::{Inbox, OtherOutlook, OtherRules, PortError, Record, Redecision};
use crate::domain::{
    AirEvent, Airshed, CityHour, Command, Division, Event, Fact, Forecast, Hour, HourClosed,
    JurisdictionIndex, Outlook, OutlookHour, RuleBook, Rules, Step, Stream,
};

/// Every closed hour of a feed that has an end.
#[derive(Clone, Debug, Default)]
pub struct Hindsight {
    /// The number of hours that each outlook covers.
    ahead_h: i32,
    first: Hour,
    /// By hour, then by rising code: whole µg/m³. Places change with the rules, codes do not.
    hours: Vec<Vec<(Division, Option<u16>)>>,
    /// The codes by place, in the rules of the last hour.
    divisions: Vec<Division>,
}

impl Hindsight {
    /// Plays a feed to its end without any decision, and remembers its closed hours.
    pub fn look(book: &RuleBook, ahead_h: i32, inbox: &mut impl Inbox) -> Result<Self, PortError> {
        // Without a standard in force no series is built: hours are closed, nothing is graded.
        let mut rules = book.rules.clone();
        rules.in_force.clear();
        rules.parameters.only_standard = None;
        let book = RuleBook { rules, ..book.clone() };
        let mut airshed = Airshed::default();
        let mut hindsight = Self { ahead_h, ..Self::default() };
        hindsight.number(&book.rules);
        hindsight.follow(&mut airshed, Command::Adopt(Arc::new(book)));
        inbox.resume(&[])?;
        loop {
            let commands = inbox.poll()?;
            if commands.is_empty() {
                break;
            }
            for command in commands {
                if matches!(command, Command::Observe(_) | Command::Refuse(_)) {
                    hindsight.follow(&mut airshed, command);
                }
            }
        }
        for tick in airshed.end_of_feed() {
            hindsight.follow(&mut airshed, tick);
        }
        Ok(hindsight)
    }

    /// Remembers the hours that a command closes.
    fn follow(&mut self, airshed: &mut Airshed, command: Command) {
        let mut step = Step::new(airshed, command);
        while let Some(next) = step.next(airshed) {
            for event in &next.events {
                airshed.evolve(event, 0);
                self.note(event);
            }
        }
    }

    /// The same from the facts of a log, by other rules.
    pub fn of_log(
        rules: OtherRules,
        ahead_h: i32,
        records: impl IntoIterator<Item = Result<Record, PortError>>,
    ) -> Result<Self, PortError> {
        let ungraded: OtherRules = Box::new(move |book| {
            let book = rules(book)?;
            let mut rules = book.rules.clone();
            rules.in_force.clear();
            rules.parameters.only_standard = None;
            Ok(Arc::new(RuleBook { rules, ..RuleBook::clone(&book) }))
        });
        let mut world = Redecision::new(ungraded, OtherOutlook::None);
        let mut hindsight = Self { ahead_h, ..Self::default() };
        for record in records {
            for redecided in world.take(record?)? {
                hindsight.note(&redecided.event);
            }
        }
        Ok(hindsight)
    }

    fn note(&mut self, event: &Event) {
        if let Event::Fact(Fact::RuleBookAdopted(book)) = event {
            self.number(&book.rules);
        } else if let Event::Air(AirEvent::HourClosed(closed)) = event {
            self.remember(closed);
        } else if let Event::Air(AirEvent::HourAmended(amended)) = event {
            let place = usize::try_from(amended.hour.0 - self.first.0).ok();
            let division = self.divisions.get(usize::from(amended.jurisdiction.0));
            let hour = place.and_then(|place| self.hours.get_mut(place));
            let city = hour.into_iter().flatten().find(|it| Some(&it.0) == division);
            if let Some((_, value)) = city {
                *value = amended.new_ug_m3;
            }
        }
    }

    /// The codes by place.
    pub(super) fn divisions(rules: &Rules) -> Vec<Division> {
        rules.jurisdictions.iter().map(|it| it.division).collect()
    }

    fn number(&mut self, rules: &Rules) {
        self.divisions = Self::divisions(rules);
    }

    /// Takes a closed hour in; they come in sequence.
    fn remember(&mut self, closed: &HourClosed) {
        if self.hours.is_empty() {
            self.first = closed.hour;
        }
        let city = |it: &CityHour| {
            let division = self.divisions.get(usize::from(it.jurisdiction.0))?;
            Some((*division, it.pm25_ug_m3))
        };
        self.hours.push(closed.jurisdictions.iter().filter_map(city).collect());
    }

    /// The stream under which its outlooks are recorded; the position is the hour's number.
    pub fn stream(&self) -> Stream {
        Stream::file(&format!("hindsight:{}", self.ahead_h))
    }

    /// What it says at an hour that earlier issues did not say: at the first hour all hours
    /// ahead, afterwards the one that has come into sight. None where nothing is left to say.
    pub fn issue(&self, at: Hour) -> Option<Forecast> {
        self.issue_by(at, &self.divisions)
    }

    /// The same, to be read by rules that number jurisdictions like this.
    pub(super) fn issue_by(&self, at: Hour, divisions: &[Division]) -> Option<Forecast> {
        let from = if at == self.first { at.plus(1) } else { at.plus(self.ahead_h) };
        self.says(at, (from, at.plus(self.ahead_h)), divisions)
    }

    /// The first hour at which it issues an outlook.
    pub fn first(&self) -> Hour {
        self.first
    }

    fn says(&self, at: Hour, (from, to): (Hour, Hour), divisions: &[Division]) -> Option<Forecast> {
        let place = |hour: Hour| usize::try_from(hour.0 - self.first.0).ok();
        let (from_at, to_at) = (place(from)?, place(to)?.min(self.hours.len().checked_sub(1)?));
        let seen = self.hours.get(from_at..=to_at).filter(|it| !it.is_empty())?;
        let value = |hour: &Vec<(Division, Option<u16>)>, division: &Division| {
            let place = hour.binary_search_by_key(division, |it| it.0).ok()?;
            Some(hour[place].1)
        };
        let outlook = |(place, division): (u16, &Division)| {
            // Jurisdictions without any future value are left out.
            seen.iter().find_map(|hour| value(hour, division))?;
            let says = |hour| match value(hour, division) {
                Some(Some(ug_m3)) => OutlookHour::Range { lower_ug_m3: ug_m3, upper_ug_m3: ug_m3 },
                Some(None) => OutlookHour::Missing,
                None => OutlookHour::Silent,
            };
            let hours = seen.iter().map(says).collect();
            Some(Outlook { jurisdiction: JurisdictionIndex(place), first: from, hours })
        };
        let stream = self.stream();
        Some(Forecast {
            issued_at: at.end(),
            maker: Arc::clone(&stream.name),
            source: Some(stream.at(u64::try_from(at.0).unwrap_or(0))),
            outlooks: (0_u16..).zip(divisions).filter_map(outlook).collect(),
        })
    }
}
