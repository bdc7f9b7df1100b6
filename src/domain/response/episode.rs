//! An episode (污染过程): from the first warning while there is none to some time after the last.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::orders::body_of;
use crate::domain::cooperation::{Body, Change, Changing, Cooperation, Rank, What};
use crate::domain::{
    ActKind, Grade, Hour, HourClosed, OrderAct, OrderSet, Rules, Timestamp, WarningAct,
};

/// An episode began.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EpisodeOpened {
    /// Its id.
    pub episode: String,
    /// The hour from which its first set is in force.
    pub start: Timestamp,
}

/// An episode is over.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EpisodeClosed {
    /// Its id.
    pub episode: String,
    /// When it began.
    pub start: Timestamp,
    /// The hour of the last lift.
    pub end: Timestamp,
    /// Each jurisdiction that had a warning.
    pub members: Vec<EpisodeMember>,
    /// First and last epoch.
    pub epochs: Vec<u64>,
    /// Consultations that were signed from 72 h before its start to its end.
    pub consultations: Vec<String>,
    /// Cases led at places of its members in between.
    pub cases: Vec<String>,
}

/// A jurisdiction's part in an episode.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EpisodeMember {
    /// Which jurisdiction.
    pub jurisdiction: Body,
    /// Its highest grade.
    pub highest: String,
    /// When its warning first began.
    pub start: Timestamp,
    /// When it last ended.
    pub end: Timestamp,
    /// Whole hours with its warning in force.
    pub hours: u32,
    /// The hour of its highest hourly mean.
    pub peak_hour: Option<Hour>,
    /// That mean, µg/m³.
    pub peak_ug_m3: Option<u16>,
    /// Its highest mean of 24 h, µg/m³.
    pub peak_24h_ug_m3: Option<u16>,
}

/// The warnings of one jurisdiction in an episode.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Part {
    highest: Grade,
    /// From when to when its warnings were in force; of an open one no end is known.
    in_force: Vec<(Hour, Option<Hour>)>,
    /// Closed hours since: hourly mean and mean of 24 h.
    air: Vec<(Hour, Option<u16>, Option<u16>)>,
}

/// The episode that is open, and the warnings that make it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Episodes {
    count: u32,
    open: Option<Open>,
    parts: BTreeMap<Body, Part>,
}

/// An open episode.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Open {
    id: Arc<str>,
    start: Timestamp,
    epochs: (u64, u64),
    /// The latest lift's hour.
    lifted: Option<Hour>,
    closes_at: Option<Timestamp>,
}

impl Episodes {
    /// Nothing but how many there were: no number is given twice.
    pub(crate) fn counted(&self) -> Self {
        Self { count: self.count, ..Self::default() }
    }

    /// What a set opens.
    pub(crate) fn opened_by(&self, set: &OrderSet) -> Option<What> {
        let imposes = set.orders.iter().any(|it| it.act == OrderAct::Impose);
        let start = set.effective_at?.end();
        let episode = format!("ep{}", self.count + 1);
        (imposes && self.open.is_none()).then(|| EpisodeOpened { episode, start }.into())
    }

    /// What the end of the open episode is recorded as.
    pub(crate) fn close(&self, state: &Cooperation) -> Option<What> {
        let open = self.open.as_ref()?;
        let end = open.lifted?;
        let members: Vec<EpisodeMember> =
            self.parts.iter().filter_map(|(body, part)| part.member(body)).collect();
        let is_member = |it: &Body| members.iter().any(|by| by.jurisdiction == *it);
        let (first, last) = open.epochs;
        Some(
            EpisodeClosed {
                episode: open.id.to_string(),
                start: open.start,
                end: end.end(),
                epochs: vec![first, last],
                consultations: state
                    .consultations
                    .signed_between(open.start.plus_hours(-72), end.end()),
                cases: state.cases.led_between(open.start, end.end(), is_member),
                members,
            }
            .into(),
        )
    }
}

impl Part {
    fn member(&self, body: &Body) -> Option<EpisodeMember> {
        let start = self.in_force.first()?.0;
        let end = self.in_force.iter().filter_map(|it| it.1).max()?;
        let hours =
            self.in_force.iter().filter_map(|(from, to)| Some((to.as_ref()?.0 - from.0).max(0)));
        let mut member = EpisodeMember {
            jurisdiction: body.clone(),
            highest: self.highest.name().to_owned(),
            start: start.end(),
            end: end.end(),
            hours: hours.sum::<i32>().cast_unsigned(),
            peak_hour: None,
            peak_ug_m3: None,
            peak_24h_ug_m3: None,
        };
        for (hour, mean, day) in self.air.iter().filter(|it| start < it.0 && it.0 <= end) {
            // Of equal hours the earliest.
            if *mean > member.peak_ug_m3 {
                (member.peak_hour, member.peak_ug_m3) = (Some(*hour), *mean);
            }
            member.peak_24h_ug_m3 = member.peak_24h_ug_m3.max(*day);
        }
        Some(member)
    }
}

impl Cooperation {
    /// An act on a warning was decided.
    pub(crate) fn warned(&mut self, act: &WarningAct, rules: &Rules) {
        let Some(numbers) = &rules.cooperation else { return };
        let Some(body) = body_of(rules, act.warning.jurisdiction) else { return };
        let part = self.episodes.parts.entry(body).or_default();
        let lifted = match act.kind {
            ActKind::Issue => {
                part.in_force.push((act.start, None));
                None
            }
            ActKind::Advance => {
                if let Some((start, None)) = part.in_force.last_mut() {
                    *start = act.start;
                }
                None
            }
            ActKind::Lift => act.end,
            ActKind::Raise | ActKind::Lower | ActKind::Extend | ActKind::Shorten => None,
        };
        part.highest = part.highest.max(act.grade);
        if let (Some(lifted), Some((_, end))) = (lifted, part.in_force.last_mut()) {
            *end = Some(lifted);
        }
        let is_open = |it: &Part| it.in_force.last().is_some_and(|it| it.1.is_none());
        let any_open = self.episodes.parts.values().any(is_open);
        let Some(open) = &mut self.episodes.open else { return };
        open.lifted = open.lifted.max(lifted);
        if let Some(at) = open.closes_at.take() {
            self.calendar.remove(at, Rank::Episode, &open.id);
        }
        if let (Some(lifted), false) = (open.lifted, any_open) {
            let closes_at = lifted.end().plus_hours(numbers.episode_gap_h);
            open.closes_at = Some(closes_at);
            self.calendar.add(closes_at, Rank::Episode, &open.id);
        }
    }

    /// An hour was closed.
    pub(crate) fn closed(&mut self, closed: &HourClosed, rules: &Rules) {
        let Some(numbers) = &rules.cooperation else { return };
        self.note_grades(closed, numbers);
        if !closed.stale {
            self.proposals.count_decision();
            self.floors.forget_before(closed.closed_at);
        }
        if self.episodes.parts.is_empty() {
            return;
        }
        for city in &closed.jurisdictions {
            let part =
                body_of(rules, city.jurisdiction).and_then(|it| self.episodes.parts.get_mut(&it));
            if let Some(part) = part {
                part.air.push((closed.hour, city.pm25_ug_m3, city.mean_24h_ug_m3));
            }
        }
    }

    /// An order set belongs to the open episode.
    pub(crate) fn note_epoch(&mut self, epoch: u64) {
        if let Some(open) = &mut self.episodes.open {
            open.epochs.1 = epoch;
        }
    }
}

impl Change for EpisodeOpened {
    fn change(&self, it: &mut Changing<'_>) {
        let epoch = it.state.last_epoch;
        let episodes = &mut it.state.episodes;
        episodes.count += 1;
        episodes.open = Some(Open {
            id: self.episode.as_str().into(),
            start: self.start,
            epochs: (epoch, epoch),
            lifted: None,
            closes_at: None,
        });
    }
}

impl Change for EpisodeClosed {
    fn change(&self, it: &mut Changing<'_>) {
        let state = &mut *it.state;
        let closes_at = state.episodes.open.take().and_then(|it| Some((it.closes_at?, it.id)));
        if let Some((at, id)) = closes_at {
            state.calendar.remove(at, Rank::Episode, &id);
        }
        state.episodes.parts.clear();
    }
}
