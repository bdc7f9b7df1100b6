//! Same air, same hour: from the proposed act of each jurisdiction to the acts of one decision.

use std::sync::Arc;

use super::act_table::{ProposedAct, RowResult, clause_of};
use super::condition::{ActCondition, ActRow, Conditions, Shown, ShownRow, Whether};
use super::judgement::Judged;
use crate::domain::air::series::{AIRSHED_MEAN, Origin, PERSISTENCE, Series};
use crate::domain::response::orders::body_of;
use crate::domain::{
    ActKind, Cause, HOUR_MS, Hour, InsufficientAs, JurisdictionIndex, LastResort, Rules, Standard,
    Timestamp, WarningAct,
};

/// Makes the acts of one decision from the proposed act of each member.
pub(in crate::domain) struct Synchronizer<'a> {
    pub(crate) judged: Judged<'a>,
    pub(crate) rules: &'a Rules,
    pub(crate) hour: Hour,
    pub(crate) decided_at: Timestamp,
    pub(crate) soonest: Hour,
}

/// One jurisdiction with its proposed act.
pub(crate) struct SynchronyMember<'a> {
    pub(crate) jurisdiction: JurisdictionIndex,
    pub(crate) standard: &'a Standard,
    pub(crate) series: &'a Series,
    pub(crate) row_result: &'a RowResult,
}

/// Near what start a neighbour's warning is issued too.
#[derive(Clone, Copy, Debug)]
struct Near {
    shared: Hour,
    linked: bool,
}

/// The acts of one decision, by rising code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decision {
    /// The decision hour t.
    pub hour: Hour,
    /// The clock at the decision.
    pub decided_at: Timestamp,
    /// Whether the region is linked.
    pub linked: bool,
    /// What is done.
    pub acts: Vec<WarningAct>,
    /// When each warning that is issued would start by itself.
    pub own_starts: Vec<(JurisdictionIndex, Hour)>,
}

impl Synchronizer<'_> {
    /// Synchronizes the members' acts and repeats them for their followers.
    pub(crate) fn decide(&self, members: &[SynchronyMember<'_>]) -> Decision {
        let linked = self.is_linked(members);
        let synchronized = self.synchronized(members, linked);
        let issued = synchronized.iter().filter(|it| it.1.kind == ActKind::Issue);
        let own_start = |(member, act, _): &(&SynchronyMember<'_>, ProposedAct, Cause)| {
            let own = member.row_result.episode.map_or(act.start, |it| it.begin.max(self.soonest));
            (member.jurisdiction, own)
        };
        let own_starts = issued.map(own_start).collect();
        let mut acts: Vec<WarningAct> = synchronized
            .into_iter()
            .map(|(member, act, cause)| self.recorded(member, act, cause))
            .collect();
        let followers: Vec<WarningAct> = acts.iter().flat_map(|act| self.followers(act)).collect();
        acts.extend(followers);
        acts.sort_by_key(|act| act.warning.jurisdiction);
        Decision { hour: self.hour, decided_at: self.decided_at, linked, acts, own_starts }
    }

    /// The rows that are read for one jurisdiction after the table of acts.
    pub(crate) fn rows(
        &self,
        members: &[SynchronyMember<'_>],
        of: JurisdictionIndex,
    ) -> Vec<ShownRow> {
        let mut shown = Shown::default();
        let own = members
            .iter()
            .find(|it| it.jurisdiction == of)
            .filter(|it| it.row_result.act.is_none());
        if let Some(leader) = self.rules.jurisdictions[usize::from(of.0)].follows {
            let acts = self.decide(members).acts;
            let act = acts.iter().find(|it| it.warning.jurisdiction == leader);
            self.ask_follows(&mut shown, of, leader, act.map(|it| it.kind));
        } else if let Some((member, shared)) = own.zip(shared_start(members)) {
            let linked = self.is_linked(members);
            self.pulled(&mut shown, member, Near { shared, linked });
        }
        shown.0
    }

    /// Whether enough jurisdictions have a warning of the linkage grade after the table of acts.
    fn is_linked(&self, members: &[SynchronyMember<'_>]) -> bool {
        let parameters = &self.rules.parameters;
        let open = |it: JurisdictionIndex| self.judged.warnings.open(it).map(|it| it.grade);
        let grade = |member: &SynchronyMember<'_>| match member.row_result.act {
            None => open(member.jurisdiction).unwrap_or_default(),
            Some(act) => act.grade_after(),
        };
        let high = members.iter().filter(|it| grade(it) >= parameters.synchrony.linkage_grade);
        high.count() >= parameters.synchrony.linkage_at_least
    }

    /// All that are issued by one decision start at one hour, and a neighbour with a near start of
    /// its own starts with them.
    fn synchronized<'m, 'a>(
        &self,
        members: &'m [SynchronyMember<'a>],
        linked: bool,
    ) -> Vec<(&'m SynchronyMember<'a>, ProposedAct, Cause)> {
        let shared = shared_start(members);
        let mut acts = Vec::new();
        for member in members {
            match (member.row_result.act, shared) {
                (Some(act), Some(start)) if act.kind == ActKind::Issue => {
                    acts.push((member, ProposedAct { start, ..act }, Cause::Warning));
                }
                (Some(act), _) => acts.push((member, act, Cause::Warning)),
                (None, Some(shared)) => {
                    let near = Near { shared, linked };
                    let pulled = self.pulled(&mut Whether::default(), member, near);
                    acts.extend(pulled.map(|(act, cause)| (member, act, cause)));
                }
                (None, None) => {}
            }
        }
        acts
    }

    /// The row of synchrony: a neighbour without a warning starts with the others.
    fn pulled(
        &self,
        rows: &mut impl Conditions,
        member: &SynchronyMember<'_>,
        near: Near,
    ) -> Option<(ProposedAct, Cause)> {
        let (parameters, start) = (&self.rules.parameters, near.shared);
        let open = self.judged.warnings.open(member.jurisdiction).map(|it| it.grade);
        let episode = member.row_result.episode;
        let own_start = episode.map(|it| it.begin.max(self.soonest));
        rows.begin(ActRow::Synchrony);
        rows.ask(|| ActCondition::NoWarning { open });
        rows.ask(|| ActCondition::NearStart {
            own_start,
            shared: start,
            sync_h: parameters.synchrony.sync_h,
            linked_sync_h: near.linked.then_some(parameters.synchrony.linked_sync_h),
        });
        let (episode, own_start) = (episode?, own_start?);
        let end = (member.series.reach_h > 0).then_some(episode.end);
        rows.ask(|| ActCondition::EndsAfterStart { end, start });
        let is_near = own_start < start.plus(parameters.synchrony.sync_h);
        let cause = if is_near { Cause::Synchrony } else { Cause::Linkage };
        let act = ProposedAct { kind: ActKind::Issue, grade: episode.grade, start, end };
        if let Some(holds) = self.judged.holds
            && let Some(body) = body_of(self.rules, member.jurisdiction)
            && holds.hold(&body).is_any()
        {
            let hold = holds.hold(&body);
            rows.ask(|| ActCondition::of_hold(hold, act.kind, act.grade));
        }
        rows.fits().then_some((act, cause))
    }

    fn recorded(&self, member: &SynchronyMember<'_>, act: ProposedAct, cause: Cause) -> WarningAct {
        let open = self.judged.warnings.open(member.jurisdiction);
        let named =
            member.row_result.episode.map(|it| it.named).filter(|_| act.kind != ActKind::Lift);
        let covered_h = named
            .and_then(|it| member.standard.clauses.get(it.clause))
            .map_or(0, crate::domain::Clause::covered_h);
        let hours = match named {
            Some(chain) => chain.last_window.0 - covered_h + 1..=chain.last_window.0,
            None => self.lift_hours(member.series),
        };
        let windows = match named {
            Some(chain) => {
                let ends = (chain.last_window.0 - covered_h + 24..=chain.last_window.0).step_by(24);
                ends.filter_map(|end| member.series.window(Hour(end))).collect()
            }
            None => member.series.window(self.hour).into_iter().collect(),
        };
        let mut observed_hours = 0;
        let (mut forecast_hours, mut makers) = (0, Vec::new());
        for hour in hours {
            match member.series.hour(Hour(hour)).origin {
                Origin::Observed => observed_hours += 1,
                Origin::Outlook(maker) => {
                    forecast_hours += 1;
                    let name = self.maker(maker);
                    if !makers.contains(&name) {
                        makers.push(name);
                    }
                }
                Origin::Missing | Origin::Unspoken => {}
            }
        }
        let new = || self.judged.warnings.next_id(member.jurisdiction);
        WarningAct {
            kind: act.kind,
            hour: self.hour,
            decided_at: self.decided_at,
            warning: open.map_or_else(new, |it| it.id),
            grade: act.grade,
            previous_grade: open.map(|it| it.grade).unwrap_or_default(),
            start: act.start,
            end: act.end,
            standard: Arc::clone(&member.standard.id),
            clause: named.and_then(|chain| clause_of(member.standard, &chain)),
            lead_time_h: self.lead_time_h(act.start),
            cause,
            windows,
            observed_hours,
            forecast_hours,
            makers,
            in_force_from: (act.kind == ActKind::Lower).then(|| act.start.max(self.soonest)),
        }
    }

    /// The hours on which a lift rests: the last observed ones, and those of the outlook.
    fn lift_hours(&self, series: &Series) -> std::ops::RangeInclusive<i32> {
        let parameters = &self.rules.parameters;
        let ahead_h = series.reach_h.min(parameters.acts.lift_h);
        self.hour.0 - parameters.acts.lift_observed_h + 1..=self.hour.0 + ahead_h
    }

    fn maker(&self, number: u16) -> Arc<str> {
        if number == PERSISTENCE
            && let LastResort::Persistence(for_h) =
                self.rules.parameters.outlooks.outlook_of_last_resort
        {
            return format!("persistence:{for_h}").into();
        }
        if number == AIRSHED_MEAN {
            return InsufficientAs::AirshedMean.name().into();
        }
        self.judged.air.outlooks.maker(number).map_or_else(|| "unknown".into(), Arc::clone)
    }

    fn lead_time_h(&self, start: Hour) -> i32 {
        let lead_ms = start.end().0 - self.decided_at.0;
        i32::try_from(lead_ms.div_euclid(HOUR_MS)).unwrap_or(i32::MAX)
    }

    /// The same act for each jurisdiction that follows this one.
    fn followers(&self, act: &WarningAct) -> Vec<WarningAct> {
        let jurisdictions = (0_u16..).zip(&self.rules.jurisdictions);
        let leader = act.warning.jurisdiction;
        let followers = jurisdictions.filter(|(_, it)| it.follows == Some(leader));
        let follow = |place: u16| {
            let jurisdiction = JurisdictionIndex(place);
            let mut rows = Whether::default();
            self.ask_follows(&mut rows, jurisdiction, leader, Some(act.kind));
            let new = || self.judged.warnings.next_id(jurisdiction);
            let warning = self.judged.warnings.open(jurisdiction).map_or_else(new, |it| it.id);
            rows.fits().then(|| WarningAct { warning, cause: Cause::Follows, ..act.clone() })
        };
        followers.filter_map(|(place, _)| follow(place)).collect()
    }

    fn ask_follows(
        &self,
        rows: &mut impl Conditions,
        follower: JurisdictionIndex,
        leader: JurisdictionIndex,
        act: Option<ActKind>,
    ) {
        let is_warned = self.judged.warnings.open(follower).is_some();
        rows.begin(ActRow::Follow);
        rows.ask(|| ActCondition::Follows { leader, act, is_warned });
    }
}

/// The earliest start of the warnings that the table of acts issues.
fn shared_start(members: &[SynchronyMember<'_>]) -> Option<Hour> {
    let acts = members.iter().filter_map(|it| it.row_result.act);
    acts.filter(|act| act.kind == ActKind::Issue).map(|act| act.start).min()
}
