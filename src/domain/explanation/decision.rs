//! What a decision rests on, worked out by the functions that decided.

use std::sync::Arc;

use super::clauses::ExplainedClause;
use super::hours::ExplainedHour;
use super::robustness::Robustness;
use super::stations::ExplainedStation;
use crate::domain::airshed::Airshed;
use crate::domain::hour_decision::HourDecision;
use crate::domain::rules::lookup::index_of;
use crate::domain::warning::condition::ShownRow;
use crate::domain::warning::episode::{GradedSeries, Unknown};
use crate::domain::warning::judgement::{JudgedMember, Judgement};
use crate::domain::{Grade, Hour, HourClosed, IndexStandard, JurisdictionIndex, Standard};

/// What was known of one jurisdiction when an hour closed, and what followed from it.
///
/// A jurisdiction without stations has the air of the one that it follows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Explanation {
    /// The jurisdiction that was measured.
    pub measured: JurisdictionIndex,
    /// Its mean of the hour, whole µg/m³.
    pub pm25_ug_m3: Option<u16>,
    /// The index of that mean.
    pub index_1h: Option<u16>,
    /// Every station of the jurisdiction, by rising code.
    pub stations: Vec<ExplainedStation>,
    /// The series, oldest hour first: what was observed, and what was foreseen.
    pub hours: Vec<ExplainedHour>,
    /// The index standard in force.
    pub index: Option<IndexStandard>,
    /// The grading standard in force; none where none is, or where the hour is stale.
    pub standard: Option<Standard>,
    /// Each of its clauses, in its order.
    pub clauses: Vec<ExplainedClause>,
    /// The current episode.
    pub episode: Option<ExplainedEpisode>,
    /// Hours after the decision hour for which the outlook has values without a gap.
    pub reach_h: i32,
    /// The rows of the table of acts that were read, each with its conditions. The first row that
    /// fits was done.
    pub rows: Vec<ShownRow>,
    /// How robust the grade is; none if nothing was graded.
    pub robustness: Option<Robustness>,
}

/// The current episode.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExplainedEpisode {
    /// Its grade.
    pub grade: Grade,
    /// When it begins, as an instant.
    pub begin: Hour,
    /// Its last bad hour.
    pub end: Hour,
    /// The clause that names the grade.
    pub clause: Arc<str>,
}

impl Airshed {
    /// Explains the decision of one jurisdiction at a closing. The state is the one that the
    /// closing met: that hour is the next to close.
    pub fn explanation(
        &self,
        closed: &HourClosed,
        jurisdiction: JurisdictionIndex,
    ) -> Option<Explanation> {
        let rules = self.rules()?;
        let follows = rules.jurisdictions.get(usize::from(jurisdiction.0))?.follows;
        let measured = follows.unwrap_or(jurisdiction);
        let (hour, clock, stale) = (closed.hour, closed.closed_at, closed.stale);
        let judgement = Judgement { rules, judged: self.judged(), hour, clock, stale };
        let members = HourDecision::new(self, judgement).decided().members;
        let member = members.iter().find(|it| it.jurisdiction == measured)?;
        let pm25_ug_m3 = member.mean.pm25_ug_m3;
        let mut explanation = Explanation {
            measured,
            pm25_ug_m3,
            index_1h: pm25_ug_m3.map(|it| index_of(self.air.tables().table(hour), it)),
            stations: self.explained_stations(measured, hour, &member.mean),
            hours: Vec::new(),
            index: rules.index(hour.date()).or(rules.indexes.first()).cloned(),
            standard: member.standard.cloned(),
            clauses: Vec::new(),
            episode: None,
            reach_h: 0,
            rows: Vec::new(),
            robustness: self.robustness(&judgement, member),
        };
        if let Some(standard) = member.standard {
            // Where the air is harmless the closing builds no series; people may want to see it.
            let (series, parameters) = (judgement.series(member), &rules.parameters);
            let unknown = Unknown::SatisfiesNothing;
            let graded = GradedSeries { series, standard, parameters, unknown };
            explanation.hours = self.explained_hours(series);
            explanation.reach_h = series.reach_h;
            explanation.clauses = self.explained_clauses(&graded);
            explanation.episode = explained_episode(member, standard);
            explanation.rows = judgement.rows(&members, jurisdiction);
        }
        Some(explanation)
    }
}

fn explained_episode(member: &JudgedMember<'_>, standard: &Standard) -> Option<ExplainedEpisode> {
    let episode = member.row_result.episode?;
    let clause = standard.clauses.get(episode.named.clause)?;
    Some(ExplainedEpisode {
        grade: episode.grade,
        begin: episode.begin,
        end: episode.end,
        clause: Arc::clone(&clause.id),
    })
}
