//! One judgement of every jurisdiction at a decision hour: from what is known to the acts.

use std::cell::OnceCell;

use super::act_table::{Case, RowResult};
use super::state::Warnings;
use super::synchrony::{self, Decision, Synchronizer};
use super::unlike::COMPARED_H;
use crate::domain::air::hour::CityMean;
use crate::domain::air::judged::JudgedAir;
use crate::domain::air::series::{Count, Known, Series};
use crate::domain::response::approval::hold::Hold;
use crate::domain::response::approval::proposals::Proposals;
use crate::domain::response::orders::body_of;
use crate::domain::rules::lookup::index_of;
use crate::domain::{
    Hour, InsufficientAs, JurisdictionIndex, Rules, ShownRow, Standard, Timestamp, WarningAct,
};

/// The state that a judgement depends on: no other part of it changes the result.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) struct Judged<'a> {
    pub(in crate::domain) air: &'a JudgedAir,
    pub(in crate::domain) warnings: &'a Warnings,
    /// Whose acts are passed over; none where no act is. Decisions of the past are taken again as if
    /// nothing needed approval.
    pub(in crate::domain) holds: Option<&'a Proposals>,
}

/// One judgement.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) struct Judgement<'a> {
    pub(in crate::domain) rules: &'a Rules,
    pub(in crate::domain) judged: Judged<'a>,
    /// The decision hour.
    pub(in crate::domain) hour: Hour,
    /// The airshed's clock.
    pub(in crate::domain) clock: Timestamp,
    /// Closed too late for a decision.
    pub(in crate::domain) stale: bool,
}

/// What is known of one member at the decision hour.
pub(in crate::domain) struct JudgedMember<'a> {
    pub(in crate::domain) jurisdiction: JurisdictionIndex,
    pub(in crate::domain) mean: CityMean,
    /// The trailing 24 h value of its observed hours.
    pub(in crate::domain) day: (Count, Known),
    pub(in crate::domain) standard: Option<&'a Standard>,
    /// Made when it is needed, because it takes most of the time of a decision.
    pub(in crate::domain) series: OnceCell<Series>,
    pub(in crate::domain) row_result: RowResult,
}

impl<'a> Judgement<'a> {
    /// The acts of a decision of the past, from the values that its hours have now, and the counts
    /// of each jurisdiction that it leaves.
    pub(in crate::domain) fn repeated(
        &self,
    ) -> (Vec<WarningAct>, Vec<(JurisdictionIndex, u16, u16)>) {
        let members: Vec<JudgedMember<'_>> = self
            .members()
            .iter()
            .map(|it| {
                let pm25_ug_m3 = self.judged.air.closed(*it, self.hour);
                self.member(*it, CityMean { pm25_ug_m3, ..CityMean::default() })
            })
            .collect();
        let counts = members
            .iter()
            .map(|it| {
                (it.jurisdiction, it.row_result.below_decisions, it.row_result.unknown_decisions)
            })
            .collect();
        (self.decision(&members).acts, counts)
    }

    /// The jurisdictions that have a series of their own.
    pub(in crate::domain) fn members(&self) -> &'a [JurisdictionIndex] {
        &self.judged.air.tables.members
    }

    /// The synchronized acts of all members.
    pub(in crate::domain) fn decision(&self, members: &[JudgedMember<'_>]) -> Decision {
        self.synchronizer().decide(&considered(members))
    }

    /// The rows that this decision reads for one jurisdiction, each with its conditions.
    pub(in crate::domain) fn rows(
        &self,
        members: &[JudgedMember<'_>],
        jurisdiction: JurisdictionIndex,
    ) -> Vec<ShownRow> {
        let own = members.iter().find(|it| it.jurisdiction == jurisdiction);
        let case = own.and_then(|it| Some(self.case(jurisdiction, it.standard?, self.series(it))));
        let mut rows = case.map_or_else(Vec::new, |it| it.rows());
        rows.extend(self.synchronizer().rows(&considered(members), jurisdiction));
        rows
    }

    fn synchronizer(&self) -> Synchronizer<'a> {
        Synchronizer {
            judged: self.judged,
            rules: self.rules,
            hour: self.hour,
            decided_at: self.clock,
            soonest: self.soonest(),
        }
    }

    /// The hour from which an act of this decision can be in force.
    pub(in crate::domain) fn soonest(&self) -> Hour {
        self.rules.soonest(self.clock)
    }

    /// A jurisdiction with this mean of the decision hour, and its result from the table of acts.
    pub(in crate::domain) fn member(
        &self,
        jurisdiction: JurisdictionIndex,
        mean: CityMean,
    ) -> JudgedMember<'a> {
        let parameters = &self.rules.parameters;
        let warning = &self.judged.warnings.cities[usize::from(jurisdiction.0)].state;
        let closing = mean.pm25_ug_m3;
        let mut member = JudgedMember {
            jurisdiction,
            mean,
            day: self.judged.air.observed_day(jurisdiction, self.hour, closing, parameters),
            standard: None,
            series: OnceCell::new(),
            row_result: RowResult::default(),
        };
        if self.stale {
            return member;
        }
        // Where no standard is in force any more, an open warning ends by its own.
        let own = warning
            .open
            .as_ref()
            .and_then(|it| self.rules.standards.iter().find(|to| to.id == it.standard));
        let standard = self.rules.standard(jurisdiction, self.hour.date()).or(own);
        let Some(standard) = standard else { return member };
        member.standard = Some(standard);
        let warned = warning.open.is_some();
        // A new warning is only given for a window that ends now or later, and no such window looks
        // back further than a day.
        if !warned && self.is_harmless(jurisdiction, closing, 23) {
            return member;
        }
        let series = self.series(&member);
        if warned || self.could_exceed(standard, series) {
            member.row_result = self.case(jurisdiction, standard, series).row_result();
        }
        member
    }

    /// Which acts of a jurisdiction are passed over.
    fn hold(&self, jurisdiction: JurisdictionIndex) -> Hold<'a> {
        let body = || body_of(self.rules, jurisdiction);
        let hold = self.judged.holds.and_then(|it| Some(it.hold(&body()?)));
        hold.unwrap_or_default()
    }

    fn case<'c>(
        &'c self,
        jurisdiction: JurisdictionIndex,
        standard: &'c Standard,
        series: &'c Series,
    ) -> Case<'c> {
        let state = &self.judged.warnings.cities[usize::from(jurisdiction.0)].state;
        Case {
            series,
            standard,
            parameters: &self.rules.parameters,
            warning: state.open.as_ref(),
            soonest: self.soonest(),
            below_decisions: state.below_decisions,
            unknown_decisions: state.unknown_decisions,
            hold: self.hold(jurisdiction),
        }
    }

    /// The series of a member.
    pub(in crate::domain) fn series<'m>(&self, member: &'m JudgedMember<'_>) -> &'m Series {
        member.series.get_or_init(|| {
            let (jurisdiction, closing) = (member.jurisdiction, member.mean.pm25_ug_m3);
            let parameters = &self.rules.parameters;
            self.judged.air.series(jurisdiction, self.hour, closing, self.back_h(), parameters)
        })
    }

    /// Hours before the decision hour at which the series begins.
    pub(in crate::domain) fn back_h(&self) -> i32 {
        let observed_h = self.rules.parameters.acts.lift_observed_h;
        let acts = 24 * self.rules.longest_clause_windows() + observed_h;
        acts.max(COMPARED_H + 23)
    }

    /// Whether no hour from so many before the decision hour on was or is forecast to be more than
    /// harmless: then there is nothing to act on, and most hours of a year end here.
    fn is_harmless(&self, city: JurisdictionIndex, closing: Option<u16>, back_h: i32) -> bool {
        let (air, place) = (self.judged.air, usize::from(city.0));
        let harmless_ug_m3 = air.tables.harmless_ug_m3[place];
        let first = Some(self.hour.plus(-back_h));
        // Where the air of the others may replace missing hours, its own does not decide.
        self.rules.parameters.acts.insufficient_as == InsufficientAs::Outlook
            && closing.is_none_or(|it| it <= harmless_ug_m3)
            && air.cities[place].last_harmful < first
            && air.outlooks.last_harmful(city) < first
    }

    /// No mean exceeds a bound that no hour exceeds.
    fn could_exceed(&self, standard: &Standard, series: &Series) -> bool {
        let tables = [series.first, series.last()].map(|hour| self.judged.air.tables.table(hour));
        let highest = tables.map(|table| index_of(table, series.highest_ug_m3));
        let lowest = standard.lowest_bound();
        lowest.is_some_and(|bound| highest.iter().any(|index| bound.exceeded_by(*index)))
    }
}

/// The members with a series.
fn considered<'m>(members: &'m [JudgedMember<'_>]) -> Vec<synchrony::SynchronyMember<'m>> {
    members
        .iter()
        .filter_map(|it| {
            Some(synchrony::SynchronyMember {
                jurisdiction: it.jurisdiction,
                standard: it.standard?,
                series: it.series.get()?,
                row_result: &it.row_result,
            })
        })
        .collect()
}
