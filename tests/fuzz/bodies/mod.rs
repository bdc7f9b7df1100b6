//! What each target does with its bytes; the seeds' test runs the same.
#![allow(dead_code, reason = "A target uses its own body.")]

pub(crate) mod bundle;
pub(crate) mod cap;
pub(crate) mod command;
pub(crate) mod forecast_csv;
pub(crate) mod hooks;
pub(crate) mod identity;
pub(crate) mod message;
pub(crate) mod message_schema;
pub(crate) mod old_record;
pub(crate) mod readings_csv;
pub(crate) mod record;
pub(crate) mod registry_answer;
pub(crate) mod rule_book;
pub(crate) mod segments;
pub(crate) mod state;
pub(crate) mod support;
pub(crate) mod trust;
