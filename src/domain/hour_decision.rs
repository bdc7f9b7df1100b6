//! Closing an hour, and the decision that follows it.

use std::cell::OnceCell;

use super::air::hour::{CityMean, HourAir};
use super::air::series::{Count, Known, Series};
use super::airshed::Airshed;
use super::late::decision as late_decision;
use super::response::order_set;
use super::warning::synchrony::{self, Deciding, Decision};
use super::warning::unlike::COMPARED_H;
use super::warning::verdict::{Case, Verdict};
use super::{
    AirEvent, CityHour, ClockRule, Event, Hour, HourClosed, Insufficiency, InsufficientAs,
    JurisdictionIndex, ResponseEvent, Review, Rules, ShownRow, Silence, Standard, StationIndex,
    Timestamp, WarningAct, WarningEvent, WarningId,
};
use crate::domain::rules::lookup::index_of;

/// The next closing that is due, with everything that it decides; none while none is due.
///
/// `instant_over` says that every row of the present instant of the sources' clock has come, so
/// that an hour may close because it is complete; a grace that has passed closes at once.
pub fn closing(airshed: &Airshed, instant_over: bool) -> Option<Vec<Event>> {
    let rules = airshed.rules()?;
    let parameters = &rules.parameters;
    let (hour, clock) = (airshed.next?, airshed.clock.at?);
    if clock < hour.end() {
        return None;
    }
    let grace_over = clock >= hour.end().plus_minutes(parameters.closing.grace_min);
    let may_be_complete = instant_over || parameters.closing.clock == ClockRule::Wall;
    let due = grace_over || (may_be_complete && airshed.is_complete(hour, parameters));
    if !due {
        return None;
    }
    let stale = clock >= hour.plus(1).end().plus_minutes(parameters.closing.grace_min);
    let air = airshed.air(hour);
    let closing = Closing { airshed, judged: airshed, rules, air, hour, clock, stale };
    Some(if stale || airshed.late.is_empty() {
        closing.events(closing.decided())
    } else {
        late_decision::closing(&closing)
    })
}

/// One closing.
pub(crate) struct Closing<'a> {
    /// What was said of the hour, and by whom.
    pub(crate) airshed: &'a Airshed,
    /// What is decided from; other than the airshed where closed hours are amended.
    pub(crate) judged: &'a Airshed,
    pub(crate) rules: &'a Rules,
    pub(crate) air: HourAir<'a>,
    pub(crate) hour: Hour,
    pub(crate) clock: Timestamp,
    pub(crate) stale: bool,
}

/// What is known of one member at the decision hour.
pub(crate) struct Member<'a> {
    pub(crate) jurisdiction: JurisdictionIndex,
    pub(crate) mean: CityMean,
    /// The trailing 24 h value of its observed hours.
    pub(crate) day: (Count, Known),
    pub(crate) standard: Option<&'a Standard>,
    /// Made where somebody asks for it: most of the time of a decision goes by there.
    pub(crate) series: OnceCell<Series>,
    pub(crate) verdict: Verdict,
}

/// What a closing leads to.
pub(crate) struct Decided<'a> {
    pub(crate) members: Vec<Member<'a>>,
    pub(crate) decision: Decision,
}

impl<'a> Closing<'a> {
    pub(crate) fn decided(&self) -> Decided<'a> {
        let members = self.airshed.derived.members.iter();
        let members: Vec<Member<'_>> = members.map(|it| self.member(*it)).collect();
        let decision = self.decision(&members);
        Decided { members, decision }
    }

    /// The acts of a decision of the past, from the values that its hours have now, and the counts
    /// of each jurisdiction that it leaves.
    pub(crate) fn decided_again(&self) -> (Vec<WarningAct>, Vec<(JurisdictionIndex, u16, u16)>) {
        let members = self.airshed.derived.members.iter().map(|it| {
            let pm25_ug_m3 = self.judged.cities[usize::from(it.0)].closed.get(self.hour);
            self.judge(*it, CityMean { pm25_ug_m3, ..CityMean::default() })
        });
        let members: Vec<Member<'_>> = members.collect();
        let counts = members
            .iter()
            .map(|it| (it.jurisdiction, it.verdict.below_decisions, it.verdict.unknown_decisions));
        (self.decision(&members).acts, counts.collect())
    }

    pub(crate) fn events(&self, decided: Decided<'_>) -> Vec<Event> {
        let Decided { members, decision } = decided;
        let mut events = vec![Event::Air(AirEvent::HourClosed(self.hour_closed(&members)))];
        self.listen(&members, &mut events);
        if self.stale {
            return events;
        }
        if let Some(Event::Air(AirEvent::HourClosed(closed))) = events.first() {
            let insufficient = self.insufficient(closed);
            events.extend(
                insufficient.into_iter().map(|it| Event::Air(AirEvent::DataInsufficient(it))),
            );
        }
        events.extend(
            members
                .iter()
                .filter_map(|it| self.review(it))
                .map(|it| Event::Warning(WarningEvent::ReviewDue(it))),
        );
        let set = order_set::assemble(self.airshed, self.rules, &decision, self.soonest());
        let unlike = self.unlike(&members, &decision.acts);
        events.extend(
            decision.acts.into_iter().map(|it| Event::Warning(WarningEvent::WarningDecided(it))),
        );
        events.extend(set.map(|it| Event::Response(ResponseEvent::OrderSetIssued(it))));
        events.extend(
            unlike.into_iter().map(|it| Event::Warning(WarningEvent::SameAirUnlikeGrade(it))),
        );
        events
    }

    fn decision(&self, members: &[Member<'_>]) -> Decision {
        self.deciding().decide(&considered(members))
    }

    fn deciding(&self) -> Deciding<'_> {
        Deciding {
            airshed: self.judged,
            rules: self.rules,
            hour: self.hour,
            decided_at: self.clock,
            soonest: self.soonest(),
        }
    }

    /// The rows that this decision reads for one jurisdiction, each with its conditions.
    pub(crate) fn rows(
        &self,
        members: &[Member<'_>],
        jurisdiction: JurisdictionIndex,
    ) -> Vec<ShownRow> {
        let own = members.iter().find(|it| it.jurisdiction == jurisdiction);
        let case = own.and_then(|it| Some(self.case(jurisdiction, it.standard?, self.series(it))));
        let mut rows = case.map_or_else(Vec::new, |it| it.rows());
        rows.extend(self.deciding().rows(&considered(members), jurisdiction));
        rows
    }

    /// Cities with too few values of which it is not recorded yet. Nobody can have more in the
    /// first day of a log.
    fn insufficient(&self, closed: &HourClosed) -> Vec<Insufficiency> {
        let parameters = &self.rules.parameters;
        let young = self.airshed.first.is_none_or(|first| self.hour < first.plus(23));
        if young || !parameters.acts.tell_insufficient {
            return Vec::new();
        }
        let news = closed.jurisdictions.iter().filter(|it| {
            let known = self.airshed.cities[usize::from(it.jurisdiction.0)].insufficient;
            !known && it.is_insufficient(parameters)
        });
        let told = |it: &CityHour| Insufficiency {
            jurisdiction: it.jurisdiction,
            hour: self.hour,
            decided_at: self.clock,
            valid_hours: it.valid_hours,
            excluded_hours: it.excluded_hours,
            needed_hours: u8::try_from(parameters.means.day_min_hours).unwrap_or(u8::MAX),
            fallback: parameters.acts.insufficient_as,
        };
        news.map(told).collect()
    }

    /// The hour from which an act of this decision can be in force.
    fn soonest(&self) -> Hour {
        self.rules.soonest(self.clock)
    }

    pub(crate) fn member(&self, jurisdiction: JurisdictionIndex) -> Member<'a> {
        let parameters = &self.rules.parameters;
        self.judge(jurisdiction, self.airshed.city_mean(jurisdiction, &self.air, parameters))
    }

    fn judge(&self, jurisdiction: JurisdictionIndex, mean: CityMean) -> Member<'a> {
        let parameters = &self.rules.parameters;
        let city = &self.judged.cities[usize::from(jurisdiction.0)];
        let closing = mean.pm25_ug_m3;
        let mut member = Member {
            jurisdiction,
            mean,
            day: self.judged.observed_day(jurisdiction, self.hour, closing, parameters),
            standard: None,
            series: OnceCell::new(),
            verdict: Verdict::default(),
        };
        if self.stale {
            return member;
        }
        // Where no standard is in force any more, an open warning ends by its own.
        let own = city.state.open.as_ref();
        let own = own.and_then(|it| self.rules.standards.iter().find(|to| to.id == it.standard));
        let standard = self.rules.standard(jurisdiction, self.hour.date()).or(own);
        let Some(standard) = standard else { return member };
        member.standard = Some(standard);
        let warned = city.state.open.is_some();
        // Who has no warning is only given one for a window that ends now or later, and no such
        // window looks back further than a day.
        if !warned && self.is_harmless(jurisdiction, closing, 23) {
            return member;
        }
        let series = self.series(&member);
        if warned || self.could_exceed(standard, series) {
            member.verdict = self.case(jurisdiction, standard, series).verdict();
        }
        member
    }

    fn case<'c>(
        &'c self,
        jurisdiction: JurisdictionIndex,
        standard: &'c Standard,
        series: &'c Series,
    ) -> Case<'c> {
        let state = &self.judged.cities[usize::from(jurisdiction.0)].state;
        Case {
            series,
            standard,
            parameters: &self.rules.parameters,
            warning: state.open.as_ref(),
            soonest: self.soonest(),
            below_decisions: state.below_decisions,
            unknown_decisions: state.unknown_decisions,
        }
    }

    /// The series of a member.
    pub(crate) fn series<'m>(&self, member: &'m Member<'_>) -> &'m Series {
        member.series.get_or_init(|| {
            let (jurisdiction, closing) = (member.jurisdiction, member.mean.pm25_ug_m3);
            let parameters = &self.rules.parameters;
            self.judged.series(jurisdiction, self.hour, closing, self.back_h(), parameters)
        })
    }

    /// Hours before the decision hour at which the series begins.
    pub(crate) fn back_h(&self) -> i32 {
        let acts =
            24 * self.rules.longest_clause_windows() + self.rules.parameters.acts.lift_observed_h;
        acts.max(COMPARED_H + 23)
    }

    /// Whether no hour from so many before the decision hour on was or is said to be more than
    /// harmless: then there is nothing to act on, and most hours of a year end here.
    fn is_harmless(&self, city: JurisdictionIndex, closing: Option<u16>, back_h: i32) -> bool {
        let place = usize::from(city.0);
        let harmless_ug_m3 = self.judged.derived.harmless_ug_m3[place];
        let first = Some(self.hour.plus(-back_h));
        // Where the others' air may stand in, its own says nothing.
        self.rules.parameters.acts.insufficient_as == InsufficientAs::Outlook
            && closing.is_none_or(|it| it <= harmless_ug_m3)
            && self.judged.cities[place].last_harmful < first
            && self.judged.outlooks.last_harmful(city) < first
    }

    /// No mean exceeds a bound that no hour exceeds.
    fn could_exceed(&self, standard: &Standard, series: &Series) -> bool {
        let tables = [series.first, series.last()].map(|hour| self.airshed.derived.table(hour));
        let highest = tables.map(|table| index_of(table, series.highest_ug_m3));
        let lowest = standard.lowest_bound();
        lowest.is_some_and(|bound| highest.iter().any(|index| bound.exceeded_by(*index)))
    }

    fn hour_closed(&self, members: &[Member<'_>]) -> HourClosed {
        let city = |it: &Member<'_>| {
            let (count, known) = it.day;
            let mean_24h_ug_m3 = match known {
                Known::Mean(mean) => Some(mean),
                Known::No | Known::NothingToActOn => None,
            };
            let table = self.airshed.derived.table(self.hour);
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
                grade: it.standard.map(|_| it.verdict.episode.map(|e| e.grade).unwrap_or_default()),
                below_decisions: it.verdict.below_decisions,
                unknown_decisions: it.verdict.unknown_decisions,
            }
        };
        HourClosed {
            hour: self.hour,
            closed_at: self.clock,
            stale: self.stale,
            jurisdictions: members.iter().map(city).collect(),
        }
    }

    /// Stations that fall silent with this hour, and those that are heard again.
    fn listen(&self, members: &[Member<'_>], events: &mut Vec<Event>) {
        for member in members {
            for station in &self.airshed.derived.stations[usize::from(member.jurisdiction.0)] {
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
        let state = self.airshed.stations.get(usize::from(station.0))?;
        let silence = Silence { station, hour: self.hour, last_heard: state.last_counted };
        if counted {
            return state.silent.then_some(Event::Air(AirEvent::StationHeard(silence)));
        }
        let silent = self.airshed.is_silent(station, self.hour, &self.rules.parameters);
        (silent && !state.silent).then_some(Event::Air(AirEvent::StationSilent(silence)))
    }

    fn review(&self, member: &Member<'_>) -> Option<Review> {
        let city = &self.airshed.cities[usize::from(member.jurisdiction.0)];
        let warning: WarningId = city.state.open.as_ref()?.id;
        member.verdict.review_due.then(|| Review {
            warning,
            hour: self.hour,
            decided_at: self.clock,
            decisions: u32::from(member.verdict.unknown_decisions),
        })
    }
}

/// The members whose air was looked at.
fn considered<'m>(members: &'m [Member<'_>]) -> Vec<synchrony::Member<'m>> {
    let considered = members.iter().filter_map(|it| {
        Some(synchrony::Member {
            jurisdiction: it.jurisdiction,
            standard: it.standard?,
            series: it.series.get()?,
            verdict: &it.verdict,
        })
    });
    considered.collect()
}
