//! Enforcement (联动执法): a lead becomes a case, is inspected together, decided, rectified and
//! supervised. A vehicle that fails is locked everywhere.

mod case;
mod decision;
mod inspection;
mod rectification;
mod vehicle;

pub use case::{CaseMoved, CaseState};
pub use vehicle::VehicleMoved;

pub(crate) use case::{ASSIGN, Cases, DROP_CASE, EXPOSE, LEAD};
pub(crate) use decision::DECIDE_CASE;
pub(crate) use inspection::INSPECT;
pub(crate) use rectification::{ACCEPT_RECTIFICATION, POST_SUPERVISE, RECTIFY};
pub(crate) use vehicle::{CLEAR_VEHICLE, LOCK_VEHICLE, RETEST_VEHICLE, Vehicle};
