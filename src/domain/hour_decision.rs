//! The decision of an hour: when the next hour closes, and everything that is recorded then.

use super::air::hour::HourAir;
use super::air::series::Known;
use super::airshed::Airshed;
use super::late;
use super::response::approval::{ordering, settled};
use super::rules::lookup::index_of;
use super::warning::judgement::{Judged, JudgedMember, Judgement};
use super::warning::synchrony::Decision;
use super::{
    AirEvent, CityHour, ClockRule, CooperationEvent, Event, HourClosed, Insufficiency,
    JurisdictionIndex, OrderSet, ReviewDue, StationEvent, StationIndex, StationSilence, Timestamp,
    WarningAct, WarningEvent, WarningId,
};

/// Since when the next hour is due to close; none while it is not.
///
/// It closes when its grace has passed. It closes at once when it is complete: by the sources' clock
/// only when every row of the present instant has come (`instant_over`).
pub(super) fn due_since(airshed: &Airshed, instant_over: bool) -> Option<Timestamp> {
    let parameters = &airshed.rules()?.parameters;
    let (hour, clock) = (airshed.air.next?, airshed.clock()?);
    if clock < hour.end() {
        return None;
    }
    let grace_over = hour.closes_at(parameters);
    if clock >= grace_over {
        return Some(grace_over);
    }
    let may_be_complete = instant_over || parameters.closing.clock == ClockRule::Wall;
    (may_be_complete && airshed.air.is_complete(hour, parameters)).then_some(clock)
}

/// When the grace of the next hour has passed.
pub(super) fn grace_over(airshed: &Airshed) -> Option<Timestamp> {
    Some(airshed.air.next?.closes_at(&airshed.rules()?.parameters))
}

/// Everything that is recorded when the next hour closes now.
pub(super) fn events(airshed: &Airshed) -> Option<Vec<Event>> {
    let rules = airshed.rules()?;
    let (hour, clock) = (airshed.air.next?, airshed.clock()?);
    let stale = clock >= hour.plus(1).closes_at(&rules.parameters);
    let judgement = Judgement { rules, judged: airshed.judged(), hour, clock, stale };
    let decision = HourDecision::new(airshed, judgement);
    Some(if stale || airshed.late.waiting.is_empty() {
        decision.events(decision.decided())
    } else {
        late::decision::events(&decision)
    })
}

impl Airshed {
    /// What a judgement is made from.
    pub(in crate::domain) fn judged(&self) -> Judged<'_> {
        let holds = Some(&self.cooperation.proposals).filter(|it| it.holds_any());
        Judged { air: &self.air.judged, warnings: &self.warnings, holds }
    }

    /// The acts that wait for approval, as if they were done.
    fn proposed_acts(&self) -> Vec<WarningAct> {
        let Some(rules) = self.rules() else { return Vec::new() };
        let items = self.cooperation.proposals.pending_items();
        let act = |(hour, item)| settled::act_of(item, (hour, hour.end()), rules, &self.warnings);
        items.filter_map(act).collect()
    }
}

/// Completes a set with what both tracks of a jurisdiction ask for. Where bodies are asked for
/// nothing it is complete.
pub fn complete(airshed: &Airshed, set: &mut OrderSet) {
    if let Some(rules) = airshed.rules() {
        airshed.cooperation.complete(set, rules);
    }
}

/// What a set leads to in the decision that gives it: the orders that it ends, and the episode that
/// it opens.
pub fn follows(airshed: &Airshed, set: &OrderSet) -> Vec<Event> {
    let Some(rules) = airshed.rules() else { return Vec::new() };
    let follows = airshed.cooperation.follows(set, rules);
    CooperationEvent::all(set.decided_at, None, follows).collect()
}

/// The decision of one hour.
pub(in crate::domain) struct HourDecision<'a> {
    /// What is known of the hour, and what is recorded already.
    pub(in crate::domain) airshed: &'a Airshed,
    pub(in crate::domain) air: HourAir<'a>,
    /// Its closed hours are others than those of the airshed where late values amend them.
    pub(in crate::domain) judgement: Judgement<'a>,
}

/// What a closing leads to.
pub(in crate::domain) struct Decided<'a> {
    pub(in crate::domain) members: Vec<JudgedMember<'a>>,
    pub(in crate::domain) decision: Decision,
}

impl<'a> HourDecision<'a> {
    pub(in crate::domain) fn new(airshed: &'a Airshed, judgement: Judgement<'a>) -> Self {
        Self { airshed, air: airshed.air.hour_air(judgement.hour), judgement }
    }

    pub(in crate::domain) fn decided(&self) -> Decided<'a> {
        let members: Vec<JudgedMember<'_>> =
            self.judgement.members().iter().map(|it| self.member(*it)).collect();
        let decision = self.judgement.decision(&members);
        Decided { members, decision }
    }

    /// A jurisdiction with its mean of the hour.
    pub(in crate::domain) fn member(&self, jurisdiction: JurisdictionIndex) -> JudgedMember<'a> {
        let parameters = &self.judgement.rules.parameters;
        let mean = self.airshed.air.city_mean(jurisdiction, &self.air, parameters);
        self.judgement.member(jurisdiction, mean)
    }

    pub(in crate::domain) fn events(&self, decided: Decided<'_>) -> Vec<Event> {
        let Decided { members, decision } = decided;
        let closed = self.hour_closed(&members);
        let insufficient = self.insufficient(&closed);
        let mut events = vec![Event::Air(AirEvent::HourClosed(closed))];
        self.listen(&members, &mut events);
        if self.judgement.stale {
            return events;
        }
        events.extend(insufficient.into_iter().map(|it| AirEvent::DataInsufficient(it).into()));
        let reviews = members.iter().filter_map(|it| self.review(it));
        events.extend(reviews.map(|it| WarningEvent::ReviewDue(it).into()));
        let pending = self.airshed.proposed_acts();
        let unlike = self.judgement.unlike(&members, &decision.acts, &pending);
        events.extend(ordering::ordered(self.airshed, decision, &events));
        events.extend(unlike.into_iter().map(|it| WarningEvent::SameAirUnlikeGrade(it).into()));
        events
    }

    /// Cities with too few values of which that is not recorded yet. In the first day of a log no
    /// city can have enough.
    fn insufficient(&self, closed: &HourClosed) -> Vec<Insufficiency> {
        let Judgement { rules, hour, clock, stale, .. } = self.judgement;
        let parameters = &rules.parameters;
        let air = &self.airshed.air.judged;
        let young = air.first.is_none_or(|first| hour < first.plus(23));
        if stale || young || !parameters.acts.tell_insufficient {
            return Vec::new();
        }
        let news = closed.jurisdictions.iter().filter(|it| {
            let known = air.cities[usize::from(it.jurisdiction.0)].insufficient;
            !known && it.is_insufficient(parameters)
        });
        let event = |it: &CityHour| Insufficiency {
            jurisdiction: it.jurisdiction,
            hour,
            decided_at: clock,
            valid_hours: it.valid_hours,
            excluded_hours: it.excluded_hours,
            needed_hours: u8::try_from(parameters.means.day_min_hours).unwrap_or(u8::MAX),
            fallback: parameters.acts.insufficient_as,
        };
        news.map(event).collect()
    }

    fn hour_closed(&self, members: &[JudgedMember<'_>]) -> HourClosed {
        let Judgement { hour, clock, stale, .. } = self.judgement;
        let table = self.airshed.air.tables().table(hour);
        let city = |it: &JudgedMember<'_>| {
            let (count, known) = it.day;
            let mean_24h_ug_m3 = match known {
                Known::Mean(mean) => Some(mean),
                Known::No | Known::NothingToActOn => None,
            };
            CityHour {
                jurisdiction: it.jurisdiction,
                pm25_ug_m3: it.mean.pm25_ug_m3,
                stations_reporting: it.mean.reporting,
                stations_expected: it.mean.expected,
                mean_24h_ug_m3,
                index_24h: mean_24h_ug_m3.map(|mean| index_of(table, mean)),
                valid_hours: count.valid,
                excluded_hours: count.excluded,
                flagged: it.mean.flagged.clone(),
                left_out: it.mean.left_out.clone(),
                grade: it
                    .standard
                    .map(|_| it.row_result.episode.map(|e| e.grade).unwrap_or_default()),
                below_decisions: it.row_result.below_decisions,
                unknown_decisions: it.row_result.unknown_decisions,
            }
        };
        HourClosed {
            hour,
            closed_at: clock,
            stale,
            jurisdictions: members.iter().map(city).collect(),
        }
    }

    /// Stations that fall silent with this hour, and those that are heard again.
    fn listen(&self, members: &[JudgedMember<'_>], events: &mut Vec<Event>) {
        for member in members {
            for station in &self.airshed.air.tables().stations[usize::from(member.jurisdiction.0)] {
                if !self.air.counts(*station) {
                    continue;
                }
                // A station without a value is left out of the mean.
                let counted = !member.mean.left_out.contains(station);
                events.extend(self.silence(*station, counted));
            }
        }
    }

    fn silence(&self, station: StationIndex, counted: bool) -> Option<Event> {
        let state = self.airshed.air.stations.get(usize::from(station.0))?;
        let hour = self.judgement.hour;
        let silence = StationSilence { station, hour, last_heard: state.last_counted };
        if counted {
            return state.silent.then_some(Event::Station(StationEvent::Heard(silence)));
        }
        let silent = self.airshed.air.is_silent(station, hour, &self.judgement.rules.parameters);
        (silent && !state.silent).then_some(Event::Station(StationEvent::Silent(silence)))
    }

    fn review(&self, member: &JudgedMember<'_>) -> Option<ReviewDue> {
        let warning: WarningId = self.airshed.warning(member.jurisdiction)?.id;
        member.row_result.review_due.then(|| ReviewDue {
            warning,
            hour: self.judgement.hour,
            decided_at: self.judgement.clock,
            decisions: u32::from(member.row_result.unknown_decisions),
        })
    }
}
