//! Warnings: standards, grades, episodes and acts.

pub(crate) mod act;
pub(crate) mod course;
pub(crate) mod episode;
pub(crate) mod event;
pub(crate) mod grade;
pub(crate) mod grader;
pub(crate) mod open;
pub(crate) mod standard;
pub(crate) mod synchrony;
pub(crate) mod unlike;
pub(crate) mod verdict;
