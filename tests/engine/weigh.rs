//! Weighs every act of a play against the definition of grading, on the series of its hour, as
//! anybody can rebuild it from the closed hours in the log.

use airshed::domain::{AirEvent, WarningEvent};
use std::collections::BTreeMap;

use airshed::domain::*;
use airshed::engine::Record;

use crate::brute::{BACK_H, HORIZON_H, LAW, Unknown, above, by_definition, index, mean};
use crate::sets::obeys_the_law_of_sets;

/// Who speaks of what is ahead.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ahead {
    Nobody,
    Hindsight(i32),
    Persistence(i32),
}

/// The closed hours of a play, as anybody can read them in its log.
struct Past<'a> {
    rules: &'a Rules,
    ahead: Ahead,
    closed: BTreeMap<(JurisdictionIndex, Hour), Option<u16>>,
    stale: Vec<Hour>,
}

impl<'a> Past<'a> {
    fn of(records: &[Record], rules: &'a Rules, ahead: Ahead) -> Self {
        let mut past = Self { rules, ahead, closed: BTreeMap::new(), stale: Vec::new() };
        for record in records {
            let Event::Air(AirEvent::HourClosed(closed)) = &record.event else { continue };
            if closed.stale {
                past.stale.push(closed.hour);
            }
            for it in &closed.jurisdictions {
                past.closed.insert((it.jurisdiction, closed.hour), it.pm25_ug_m3);
            }
        }
        past
    }

    fn value(&self, city: JurisdictionIndex, hour: Hour) -> Option<u16> {
        self.closed.get(&(city, hour)).copied().flatten()
    }

    /// The series of a decision, from `BACK_H` hours before it.
    fn air(&self, city: JurisdictionIndex, now: Hour) -> Vec<AirHour> {
        let said = |it: Option<u16>| it.map_or(AirHour::Missing, AirHour::Value);
        let mut air: Vec<AirHour> =
            (-BACK_H..=0).map(|back| said(self.value(city, now.plus(back)))).collect();
        let ahead = (1..=HORIZON_H).map(|ahead| match self.ahead {
            Ahead::Hindsight(hours) if ahead <= hours => {
                self.closed.get(&(city, now.plus(ahead))).map_or(AirHour::Unspoken, |it| said(*it))
            }
            Ahead::Persistence(hours) if ahead <= hours => {
                self.mean(city, now).map_or(AirHour::Unspoken, AirHour::Value)
            }
            Ahead::Nobody | Ahead::Hindsight(_) | Ahead::Persistence(_) => AirHour::Unspoken,
        });
        air.extend(ahead.collect::<Vec<_>>());
        air
    }

    /// M(t) over observed hours.
    fn mean(&self, city: JurisdictionIndex, now: Hour) -> Option<u16> {
        let values = (0..24).filter_map(|back| self.value(city, now.plus(-back)));
        let values: Vec<u32> = values.map(u32::from).collect();
        (values.len() >= 20).then(|| u16::try_from(mean(&values)).unwrap())
    }

    /// Weighs one act.
    #[track_caller]
    fn weigh(&self, act: &WarningAct, open: Option<Hour>, what: &str) {
        let (city, now) = (act.warning.jurisdiction, act.hour);
        let standard = self.rules.standards.iter().find(|it| it.id == act.standard).unwrap();
        let air = self.air(city, now);
        let episode = |unknown| by_definition(&air, standard, LAW, unknown, now);
        assert!(!self.stale.contains(&now), "{what}: an act at a stale hour: {act:?}");
        let observed = self.value(city, now);
        assert!(
            self.ahead != Ahead::Nobody || observed.is_some(),
            "{what}: an act at a silent hour: {act:?}"
        );
        match act.kind {
            ActKind::Issue | ActKind::Raise => {
                let grade = episode(Unknown::Nothing).map(|it| it.grade);
                assert_eq!(grade, Some(act.grade), "{what}: {act:?}");
            }
            ActKind::Lower => {
                let worst = episode(Unknown::AboveEveryBound).map_or(Grade::None, |it| it.grade);
                assert!(worst < act.previous_grade, "{what}: {act:?}");
            }
            ActKind::Lift => {
                let lowest = standard.lowest_bound().unwrap();
                let own = observed.map(|it| index(u32::from(it)));
                assert!(own.is_some_and(|it| !above(lowest, it)), "{what}: {act:?}");
                let joined = |begin: i32| begin < open.map_or(0, |it| (it.0 - now.0).max(0)) + 36;
                let worst = episode(Unknown::AboveWhereMissingByNow);
                let worst = worst.filter(|it| joined(it.begin));
                assert!(worst.is_none(), "{what}: {act:?} {worst:?}");
            }
            ActKind::Advance | ActKind::Extend | ActKind::Shorten => {
                assert!(episode(Unknown::Nothing).is_some(), "{what}: {act:?}");
            }
        }
    }
}

/// Weighs every act of a play; gives back how many there were of each kind.
#[track_caller]
pub(crate) fn weigh(records: &[Record], rules: &Rules, ahead: Ahead, what: &str) -> [u32; 7] {
    obeys_the_law_of_sets(records, rules.parameters.acts.min_notice_h);
    let past = Past::of(records, rules, ahead);
    let (mut starts, mut count) = (BTreeMap::new(), [0; 7]);
    for record in records {
        let Event::Warning(WarningEvent::WarningDecided(act)) = &record.event else { continue };
        let city = act.warning.jurisdiction;
        if act.cause == Cause::Warning {
            past.weigh(act, starts.get(&city).copied(), what);
        }
        count[act.kind as usize] += 1;
        match act.kind {
            ActKind::Raise | ActKind::Lower => {}
            ActKind::Lift => {
                starts.remove(&city);
            }
            ActKind::Issue | ActKind::Advance | ActKind::Extend | ActKind::Shorten => {
                starts.insert(city, act.start);
            }
        }
    }
    count
}
