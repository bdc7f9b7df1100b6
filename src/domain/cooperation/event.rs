//! What is decided about human acts: one small record for each.
//!
//! A kind is one struct with its rule in the same file, and one line in the table at the end. From the
//! table follow the names of the records, their JSON and bytes, and what each changes.

use serde::{Deserialize as _, Deserializer, Serialize};

use super::consultation::{
    ConsultationConcluded, ConsultationConvened, ConsultationLapsed, ConsultationMissed,
    ConsultationSigned, OpinionGiven, OpinionsClosed,
};
use super::enforcement::{CaseMoved, VehicleMoved};
use super::hole::DeadlinesMoved;
use super::ladder::{MatterEscalated, MatterOverdue, MatterReminded};
use super::offers::{MatterAccepted, MatterDeclined, MatterOffered};
use super::refused::CommandRefused;
use super::whistle::{WhistleAnswered, WhistleBlown, WhistleMet};
use super::{Actor, Cooperation, CooperationRules};
use crate::domain::response::acknowledgement::OrderAcknowledged;
use crate::domain::response::approval::item::ProposalItemDecided;
use crate::domain::response::approval::lapse::ProposalLapsed;
use crate::domain::response::approval::proposal::WarningProposed;
use crate::domain::response::approval::settled::ProposalSettled;
use crate::domain::response::closing::ResponseClosed;
use crate::domain::response::ending::OrderEnded;
use crate::domain::response::episode::{EpisodeClosed, EpisodeOpened};
use crate::domain::response::objection::{ObjectionDecided, OrderObjected};
use crate::domain::response::report::ExecutionReported;
use crate::domain::response::verification::ExecutionVerified;
use crate::domain::{Event, Rules, Timestamp};

/// A decision about human acts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CooperationEvent {
    /// The clock.
    pub at: Timestamp,
    /// The actor of the command that it follows from; none: the clock or a decision.
    pub by: Option<Actor>,
    /// What happened.
    pub what: What,
}

impl CooperationEvent {
    /// The events of what was decided at one moment, by one command or none.
    pub(crate) fn all(
        at: Timestamp,
        by: Option<&Actor>,
        decided: Vec<What>,
    ) -> impl Iterator<Item = Event> {
        decided.into_iter().map(move |what| Self { at, by: by.cloned(), what }.into())
    }
}

/// What a record changes, and by which rules.
pub(crate) struct Changing<'a> {
    pub(crate) state: &'a mut Cooperation,
    pub(crate) numbers: &'a CooperationRules,
    pub(crate) rules: &'a Rules,
    pub(crate) at: Timestamp,
    pub(crate) by: Option<&'a Actor>,
}

/// One kind of record.
pub(crate) trait Change {
    /// Makes the state what it is after the record.
    fn change(&self, it: &mut Changing<'_>);
}

macro_rules! kinds {
    ($($name:literal $kind:ident,)+) => {
        /// One of the kinds.
        #[derive(Clone, Debug, Eq, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum What {
            $(#[doc = concat!("`", $name, "`")] $kind($kind),)+
        }

        impl What {
            /// The names of the kinds.
            pub const NAMES: &[&str] = &[$($name),+];

            /// The fixed name of its record type.
            pub fn record_type(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $name,)+
                }
            }

            /// The place of the kind among the names.
            pub fn place(&self) -> usize {
                let name = self.record_type();
                Self::NAMES.iter().take_while(|it| **it != name).count()
            }

            /// Reads the kind with this place among the names; none where there is no such kind.
            pub fn read<'de, D: Deserializer<'de>>(
                place: usize,
                from: D,
            ) -> Option<Result<Self, D::Error>> {
                match *Self::NAMES.get(place)? {
                    $($name => Some($kind::deserialize(from).map(Self::$kind)),)+
                    _ => None,
                }
            }

            pub(crate) fn change(&self, it: &mut Changing<'_>) {
                match self {
                    $(Self::$kind(what) => what.change(it),)+
                }
            }
        }

        $(impl From<$kind> for What {
            fn from(it: $kind) -> Self {
                Self::$kind(it)
            }
        })+
    };
}

kinds! {
    "command_refused" CommandRefused,
    "matter_overdue" MatterOverdue,
    "matter_reminded" MatterReminded,
    "matter_escalated" MatterEscalated,
    "matter_offered" MatterOffered,
    "matter_accepted" MatterAccepted,
    "matter_declined" MatterDeclined,
    "deadlines_moved" DeadlinesMoved,
    "order_acknowledged" OrderAcknowledged,
    "order_objected" OrderObjected,
    "objection_decided" ObjectionDecided,
    "execution_reported" ExecutionReported,
    "execution_verified" ExecutionVerified,
    "response_closed" ResponseClosed,
    "order_ended" OrderEnded,
    "warning_proposed" WarningProposed,
    "proposal_item_decided" ProposalItemDecided,
    "proposal_settled" ProposalSettled,
    "proposal_lapsed" ProposalLapsed,
    "consultation_convened" ConsultationConvened,
    "opinion_given" OpinionGiven,
    "opinions_closed" OpinionsClosed,
    "consultation_concluded" ConsultationConcluded,
    "consultation_signed" ConsultationSigned,
    "consultation_lapsed" ConsultationLapsed,
    "consultation_missed" ConsultationMissed,
    "case_moved" CaseMoved,
    "whistle_blown" WhistleBlown,
    "whistle_answered" WhistleAnswered,
    "whistle_met" WhistleMet,
    "vehicle_moved" VehicleMoved,
    "episode_opened" EpisodeOpened,
    "episode_closed" EpisodeClosed,
}
