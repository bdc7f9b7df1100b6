//! Joint control: what bodies do together about orders, and what becomes of it.
//!
//! Commands come in as they were given. Each passes the same checks (`gate.rs`), then its own; what
//! it leads to is recorded as one small event each. What falls due by itself stands in one
//! calendar.

mod actor;
mod body;
mod calendar;
pub(crate) mod consultation;
pub(crate) mod definition;
pub(crate) mod enforcement;
mod event;
mod gate;
mod given;
mod hole;
mod ladder;
mod names;
mod offers;
mod refused;
mod rules;
mod shape;
mod state;
pub(crate) mod whistle;

pub use actor::{Actor, Role};
pub use body::{Bodies, Body, BodyKind};
pub use definition::{ALL as COMMANDS, Definition, Evidence};
pub use event::{CooperationEvent, What};
pub use given::{CommandGiven, Status};
pub use refused::{CommandRefused, Why};
pub use rules::{
    ByGrade, Class, ConclusionBinds, ConsultationRules, CooperationRules, EnforcementRules, Ladder,
    OwnDeadlines, WhileWarned,
};
pub use shape::{Field, List, Shape, Thing};
pub use state::Cooperation;

pub use consultation::{
    Conclusion, ConsultationConcluded, ConsultationConvened, ConsultationKind, ConsultationLapsed,
    ConsultationMissed, ConsultationSigned, DayConcluded, Dissent, OpinionGiven, OpinionsClosed,
    Say,
};
pub use enforcement::{CaseMoved, CaseState, VehicleMoved};
pub use hole::DeadlinesMoved;
pub use ladder::{MatterEscalated, MatterOverdue, MatterReminded};
pub use offers::{MatterAccepted, MatterDeclined, MatterOffered};
pub use whistle::{WhistleAnswered, WhistleBlown, WhistleMet};

pub use crate::domain::response::acknowledgement::OrderAcknowledged;
pub use crate::domain::response::approval::item::{ItemOutcome, ProposalItemDecided};
pub use crate::domain::response::approval::lapse::ProposalLapsed;
pub use crate::domain::response::approval::proposal::{
    ActBasis, FloorAsked, ItemAct, Needs, ProposedItem, SectorAsked, WarningProposed,
};
pub use crate::domain::response::approval::rules::{ApprovalNeeded, ApprovalRule, ApprovingBody};
pub use crate::domain::response::approval::settled::ProposalSettled;
pub use crate::domain::response::closing::ResponseClosed;
pub use crate::domain::response::ending::{EndedHow, ObjectionState, OrderEnded};
pub use crate::domain::response::episode::{EpisodeClosed, EpisodeMember, EpisodeOpened};
pub use crate::domain::response::objection::{
    DecidedHow, ObjectionDecided, ObjectionOutcome, OrderObjected,
};
pub use crate::domain::response::report::{Done, ExecutionReported, MeasureReported};
pub use crate::domain::response::verification::{ExecutionVerified, VerifiedAs};

pub(crate) use calendar::{Calendar, Rank};
pub(crate) use event::{Change, Changing};
pub(crate) use ladder::{Matter, MatterState, Opening, Step};
pub(crate) use refused::Refused;
pub(crate) use shape::{EVIDENCE, EVIDENCE_FIELD, optional, required};
