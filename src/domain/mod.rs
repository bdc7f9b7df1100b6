//! What is true: the rules of the airshed, with no clock, no file and no socket.

mod air;
mod airshed;
mod clock;
mod command;
pub mod cooperation;
mod decide;
mod due;
mod event;
mod explanation;
mod fact;
mod feed;
mod hour_decision;
mod jurisdiction;
mod late;
mod response;
mod rules;
mod source;
mod step;
mod time;
mod warning;

pub(crate) use air::cells::Cell;
pub use air::event::{
    AirEvent, AmendmentEffect, CityHour, Flag, HourAmended, HourClosed, Insufficiency, Otherwise,
};
pub(crate) use air::exclusions::Intervals;
pub(crate) use air::hour::half_even;
pub use air::index::{Aqi, Averaging, IndexStandard, Scale, Working};
pub(crate) use air::judged::CityAir;
pub use air::outlook::{ExpectedHour, Forecast, Outlook, OutlookHour};
pub(crate) use air::outlook::{Frame, OutlookBook};
pub use air::reading::{Batch, MISSING, Outcome, Pollutant, Reading, Row, StationIndex, Tenths};
pub use air::series::DayMean;
pub(crate) use air::state::Air;
pub use air::station_event::{StationEvent, StationSilence};
pub use airshed::Airshed;
pub use clock::{StreamClock, steps};
pub use command::Command;
pub use cooperation::{
    Actor, CommandGiven, Cooperation, CooperationEvent, CooperationRules, Status,
};
pub use decide::decide;
pub use due::due;
pub use event::Event;
pub use explanation::clauses::{ExplainedClause, ExplainedCondition};
pub use explanation::decision::{ExplainedEpisode, Explanation};
pub use explanation::hours::ExplainedHour;
pub use explanation::margin::{Away, Margin};
pub use explanation::possible_grades::PossibleGrades;
pub use explanation::robustness::{MissingReadings, Robustness};
pub use explanation::stations::{ExplainedStation, LeftOut};
pub use fact::{Exclusion, ExclusionKind, Fact, Reason, Refusal, Tick};
pub(crate) use feed::Feed;
pub use feed::StreamState;
pub use hour_decision::{complete, follows};
pub use jurisdiction::{Division, Jurisdiction, JurisdictionIndex, Station};
pub(crate) use late::history::{History, PastDecision};
pub(crate) use late::state::{LateValue, LateValues};
pub use response::approval::ordering::ordered;
pub use response::event::{OrderAmended, OrderConfirmed, ResponseEvent};
pub use response::measure::{Floor, Measure, MeasureCost};
pub use response::order::{FloorOrder, MeasureCauses, Order, OrderAct, OrderSet, Track};
pub(crate) use response::state::Orders;
pub use rules::parameters::{
    ActParameters, ClockRule, ClosingParameters, EdgesAs, EpisodeParameters, FileClock,
    InsufficientAs, LastResort, LiftUnknownAs, MeanParameters, NegativeAs, OrderParameters,
    OutlookParameters, Parameters, ReadingParameters, SynchronyParameters,
};
pub(crate) use rules::renumbering::Renumbering;
pub use rules::{RuleBook, Rules};
pub use source::{Source, Stream};
pub use step::{Next, Step};
pub use time::{Date, HOUR_MS, Hour, MINUTE_MS, Timestamp};
pub use warning::act::{ActKind, ActSummary, Cause, WarningAct, WarningId, Window};
pub use warning::condition::{ActCondition, ActRow, Answer, HoursOfDay, Nearness, ShownRow};
pub use warning::course::{CourseChange, CourseStep, WarningCourse};
pub use warning::event::{ReviewDue, UnlikeGrades, UnlikeSide, WarningEvent};
pub use warning::grade::Grade;
pub use warning::grader::{AirHour, Graded, Grader};
pub use warning::open::OpenWarning;
pub(crate) use warning::open::WarningState;
pub use warning::standard::{
    Bound, Certainty, Clause, Condition, DurationAs, InForce, Standard, WindowPhase,
};
pub(crate) use warning::state::{CityWarnings, Warnings};
pub use warning::synchrony::Decision;
