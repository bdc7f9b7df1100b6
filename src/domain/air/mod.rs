//! The air: readings, hours, indexes, series and outlooks.

pub(crate) mod cells;
pub(crate) mod event;
pub(crate) mod exclusions;
pub(crate) mod hour;
pub(crate) mod index;
pub(crate) mod intake;
pub(crate) mod judged;
pub(crate) mod outlook;
pub(crate) mod reading;
pub(crate) mod series;
pub(crate) mod state;
pub(crate) mod station_event;
