//! Forecasts, and the newest outlook for each hour.

mod ahead;
mod kept;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::domain::rules::renumbering::Renumbering;
use crate::domain::{Hour, JurisdictionIndex, Source, Timestamp};

pub use ahead::ExpectedHour;
pub(crate) use kept::Frame;

/// One issue of an outlook, by one source, for some jurisdictions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Forecast {
    /// When its maker issued it.
    pub issued_at: Timestamp,
    /// Its maker.
    pub maker: Arc<str>,
    /// Where we read it.
    pub source: Option<Source>,
    /// Its outlook for each jurisdiction.
    pub outlooks: Vec<Outlook>,
}

/// The outlook for one jurisdiction: consecutive hours from `first` on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outlook {
    /// Which jurisdiction.
    pub jurisdiction: JurisdictionIndex,
    /// Its first hour.
    pub first: Hour,
    /// Its values from the first hour on.
    pub hours: Vec<OutlookHour>,
}

/// The outlook for one hour. PM2.5 in whole µg/m³.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OutlookHour {
    /// It has no value for this hour, or none that counts: one without a bound, or an index range
    /// with another primary pollutant than PM2.5. An older outlook or the last resort is used
    /// instead.
    Silent,
    /// It is known that there is no value. Only hindsight knows that.
    Missing,
    /// The bounds of its range; the upper one is what counts.
    Range {
        /// Lower bound.
        lower_ug_m3: u16,
        /// Upper bound.
        upper_ug_m3: u16,
    },
}

/// The newest outlook for each jurisdiction and hour, and those issued for later decisions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct OutlookBook {
    /// By jurisdiction, then by hour.
    hours: Vec<VecDeque<Slot>>,
    /// The hour of the first slot, for all jurisdictions.
    first: Vec<Hour>,
    /// By jurisdiction: the last hour that any outlook put above the harmless level.
    last_harmful: Vec<Hour>,
    /// Issued after the hour that is decided next: they wait until their time has come.
    pub(crate) waiting: Vec<Arc<Forecast>>,
    makers: Vec<Arc<str>>,
}

/// The newest outlook for an hour.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Slot {
    issued_at: Timestamp,
    says: OutlookHour,
    maker: u16,
}

const NOTHING: Slot = Slot { issued_at: Timestamp(i64::MIN), says: OutlookHour::Silent, maker: 0 };

/// No outlook is stored for hours further than this beyond the oldest one stored.
const KEPT_H: i32 = 24 * 60;

impl OutlookBook {
    /// Takes a forecast in; it counts from the decision of the hour at which it was issued.
    pub(crate) fn push(&mut self, forecast: Arc<Forecast>) {
        self.waiting.push(forecast);
    }

    /// Applies those that were issued at or before the hour that is decided.
    pub(crate) fn settle(&mut self, hour: Hour, harmless_ug_m3: &[u16]) {
        if self.waiting.iter().all(|it| it.issued_at > hour.end()) {
            return;
        }
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|it| it.issued_at <= hour.end());
        self.waiting = later;
        for forecast in &now {
            self.put(forecast, hour.plus(-KEPT_H), harmless_ug_m3);
        }
    }

    /// Stores its values for hours from `oldest` on: no decision looks further back.
    fn put(&mut self, forecast: &Forecast, oldest: Hour, harmless_ug_m3: &[u16]) {
        let maker = self.makers.iter().position(|it| *it == forecast.maker).unwrap_or_else(|| {
            self.makers.push(Arc::clone(&forecast.maker));
            self.makers.len() - 1
        });
        let maker = u16::try_from(maker).unwrap_or(u16::MAX);
        for outlook in &forecast.outlooks {
            let place = usize::from(outlook.jurisdiction.0);
            self.make_room(place);
            let harmless = harmless_ug_m3.get(place).copied().unwrap_or(0);
            let slots = &mut self.hours[place];
            let first = outlook.first.max(oldest);
            if slots.is_empty() {
                self.first[place] = first;
            }
            while first < self.first[place] && slots.len() < KEPT_H.unsigned_abs() as usize {
                slots.push_front(NOTHING);
                self.first[place] = self.first[place].plus(-1);
            }
            for (hour, says) in (outlook.first.0..=i32::MAX).zip(&outlook.hours) {
                let hour = Hour(hour);
                // Only what was issued before an hour can be an outlook for it.
                let is_old = hour < oldest;
                if is_old || *says == OutlookHour::Silent || forecast.issued_at >= hour.end() {
                    continue;
                }
                let Ok(at) = usize::try_from(i64::from(hour.0) - i64::from(self.first[place].0))
                else {
                    continue;
                };
                if at >= KEPT_H.unsigned_abs() as usize {
                    continue;
                }
                if slots.len() <= at {
                    slots.resize(at + 1, NOTHING);
                }
                let slot = Slot { issued_at: forecast.issued_at, says: *says, maker };
                if slot.beats(&slots[at]) {
                    slots[at] = slot;
                    if says.exceeds(harmless) {
                        self.last_harmful[place] = self.last_harmful[place].max(hour);
                    }
                }
            }
        }
    }

    fn make_room(&mut self, place: usize) {
        if self.hours.len() <= place {
            self.hours.resize(place + 1, VecDeque::new());
            self.first.resize(place + 1, Hour::default());
        }
        if self.last_harmful.len() <= place {
            self.last_harmful.resize(place + 1, Hour(i32::MIN));
        }
    }

    /// The last hour that any outlook put above the harmless level.
    pub(crate) fn last_harmful(&self, jurisdiction: JurisdictionIndex) -> Option<Hour> {
        self.last_harmful.get(usize::from(jurisdiction.0)).copied()
    }

    /// The newest outlook for an hour, and the number of its maker.
    pub(crate) fn get(&self, jurisdiction: JurisdictionIndex, hour: Hour) -> (OutlookHour, u16) {
        let slot = self.slot(jurisdiction, hour);
        (slot.says, slot.maker)
    }

    fn slot(&self, jurisdiction: JurisdictionIndex, hour: Hour) -> Slot {
        let place = usize::from(jurisdiction.0);
        let Some(slots) = self.hours.get(place) else { return NOTHING };
        let at = usize::try_from(i64::from(hour.0) - i64::from(self.first[place].0)).ok();
        at.and_then(|at| slots.get(at)).copied().unwrap_or(NOTHING)
    }

    /// Every value, by jurisdiction and hour, with its time of issue and its maker.
    pub(crate) fn said(
        &self,
    ) -> impl Iterator<Item = (JurisdictionIndex, Hour, OutlookHour, Timestamp, &str)> {
        let jurisdictions =
            (0_u16..).map(JurisdictionIndex).zip(self.hours.iter().zip(&self.first));
        jurisdictions.flat_map(move |(place, (slots, first))| {
            let hours = (first.0..).map(Hour).zip(slots).filter(|(_, slot)| **slot != NOTHING);
            hours.map(move |(hour, it)| {
                let maker = self.maker(it.maker).map_or("", |it| it);
                (place, hour, it.says, it.issued_at, maker)
            })
        })
    }

    /// The maker with that number.
    pub(crate) fn maker(&self, number: u16) -> Option<&Arc<str>> {
        self.makers.get(usize::from(number))
    }

    /// Forgets hours that no decision will look at again.
    pub(crate) fn forget_before(&mut self, hour: Hour) {
        for (slots, first) in self.hours.iter_mut().zip(&mut self.first) {
            while *first < hour && slots.pop_front().is_some() {
                *first = first.plus(1);
            }
        }
    }

    /// Moves to the numbers of another rule book; a jurisdiction that is gone is forgotten.
    pub(crate) fn renumber(&mut self, renumbering: &Renumbering, harmless_ug_m3: &[u16]) {
        self.last_harmful.clear();
        let (hours, first) = (std::mem::take(&mut self.hours), std::mem::take(&mut self.first));
        let from = (0_u16..).map(JurisdictionIndex);
        for ((slots, first), from) in hours.into_iter().zip(first).zip(from) {
            let Some(to) = renumbering.jurisdiction(from) else { continue };
            let place = usize::from(to.0);
            self.make_room(place);
            let harmful =
                |slot: &Slot| slot.says.exceeds(harmless_ug_m3.get(place).copied().unwrap_or(0));
            let last = slots.iter().rposition(harmful).and_then(|at| i32::try_from(at).ok());
            self.last_harmful[place] = last.map_or(Hour(i32::MIN), |at| first.plus(at));
            (self.hours[place], self.first[place]) = (slots, first);
        }
        for forecast in &mut self.waiting {
            Arc::make_mut(forecast).outlooks.retain_mut(|it| {
                renumbering.jurisdiction(it.jurisdiction).is_some_and(|to| {
                    it.jurisdiction = to;
                    true
                })
            });
        }
    }
}

impl Slot {
    /// The newer one counts; of two issued at once the higher one, the careful side. So the
    /// order in which they arrive makes no difference.
    fn beats(&self, other: &Self) -> bool {
        (self.issued_at, self.says.height()) > (other.issued_at, other.says.height())
    }
}

impl OutlookHour {
    fn exceeds(self, ug_m3: u16) -> bool {
        matches!(self, Self::Range { upper_ug_m3, .. } if upper_ug_m3 > ug_m3)
    }

    fn height(self) -> u32 {
        match self {
            Self::Silent => 0,
            Self::Missing => 1,
            Self::Range { upper_ug_m3, .. } => u32::from(upper_ug_m3) + 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outlook for hour 1 after these issues: hours before it, and the value of each.
    #[track_caller]
    fn check(issues: &[(i32, OutlookHour)], expected: OutlookHour) {
        let mut book = OutlookBook::default();
        for (before_h, says) in issues {
            book.push(Arc::new(Forecast {
                issued_at: Hour(1 - before_h).end(),
                maker: "C".into(),
                source: None,
                outlooks: vec![Outlook {
                    jurisdiction: JurisdictionIndex(0),
                    first: Hour(1),
                    hours: vec![*says],
                }],
            }));
        }
        book.settle(Hour(0), &[0]);
        assert_eq!(book.get(JurisdictionIndex(0), Hour(1)).0, expected, "{issues:?}");
    }

    #[test]
    fn the_newest_that_speaks_counts_and_silence_takes_nothing_back() {
        let range = |ug_m3| OutlookHour::Range { lower_ug_m3: 0, upper_ug_m3: ug_m3 };
        let (silent, missing) = (OutlookHour::Silent, OutlookHour::Missing);
        check(&[(24, silent)], silent);
        check(&[(24, range(80)), (12, silent)], range(80));
        check(&[(12, silent), (24, range(80))], range(80));
        check(&[(24, range(80)), (12, missing)], missing);
        check(&[(12, range(70)), (24, range(80))], range(70));
        check(&[(12, range(70)), (12, range(80))], range(80));
        check(&[(0, range(70))], silent);
    }

    /// A forecast with a wrong year takes no room from the others.
    #[test]
    fn an_outlook_of_long_ago_hides_none_of_today() {
        let mut book = OutlookBook::default();
        let says = OutlookHour::Range { lower_ug_m3: 0, upper_ug_m3: 80 };
        for hour in [1, 430_000, 1] {
            book.push(Arc::new(Forecast {
                issued_at: Hour(hour - 1).end(),
                maker: "C".into(),
                source: None,
                outlooks: vec![Outlook {
                    jurisdiction: JurisdictionIndex(0),
                    first: Hour(hour),
                    hours: vec![says; 3],
                }],
            }));
        }
        book.settle(Hour(430_000), &[0]);
        for hour in [430_000, 430_002] {
            assert_eq!(book.get(JurisdictionIndex(0), Hour(hour)).0, says);
        }
    }
}
