//! Warnings: standards, grades, episodes and acts.

pub(crate) mod act;
pub(crate) mod grade;
pub(crate) mod standard;
