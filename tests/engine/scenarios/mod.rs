//! Given, when, then: air in, one line for each thing that was decided. Sections 2 to 8 of the law,
//! sentence by sentence, each with the neighbour that just misses.

mod adopted;
mod amendments;
mod chains;
mod clauses;
mod closing;
mod extend;
mod insufficient;
mod issue;
mod lift;
mod lower;
mod outlook;
mod overview;
mod parameters;
mod readings;
mod rows;
mod rules;
mod synchrony;
mod unlike;
mod windows;

use crate::world::World;

/// One standard, and one who knows 120 hours ahead.
pub(crate) fn foresight(standard: &str) -> World {
    World::new(standard).hindsight(120)
}
