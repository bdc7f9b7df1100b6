//! What a long run tells on standard error.

use tracing_subscriber::EnvFilter;

use super::Failure;
use super::config::{Format, Telemetry};

/// Starts telling; the first call of a run stands.
pub(super) fn start(telemetry: &Telemetry) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&telemetry.level)
        .map_err(|error| Failure::Usage(format!("telemetry.level: {error}")))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match telemetry.format {
        Format::Text => lines.with_target(false).try_init(),
        Format::Json => lines.json().flatten_event(true).try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "somebody is telling already");
    }
    Ok(())
}
