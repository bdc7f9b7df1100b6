//! Explanations of decisions: what a decision rests on, and how robust it is.

pub(crate) mod clauses;
pub(crate) mod decision;
pub(crate) mod hours;
pub(crate) mod margin;
pub(crate) mod missing_readings;
pub(crate) mod possible_grades;
pub(crate) mod robustness;
pub(crate) mod stations;
