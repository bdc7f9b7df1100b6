//! A schema registry with Confluent's API: schemas by their ids, and ids for our schemas.

mod client;
mod fetcher;
mod settings;

pub use client::{RegistryClient, RegistryError};
pub use fetcher::Fetcher;
pub use settings::{Access, Compatibility, RegistrySettings, Subjects, check_url};
