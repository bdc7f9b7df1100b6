//! Log lines on standard error.

use std::time::UNIX_EPOCH;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use crate::domain::Timestamp;

use super::config::{Format, Telemetry};
use super::{Failure, terminal};

/// Installs the subscriber. Only the first call of a process has an effect.
pub(in crate::app) fn start(telemetry: &Telemetry) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&telemetry.level)
        .map_err(|error| Failure::Usage(format!("telemetry.level: {error}")))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(terminal::colour_on(&std::io::stderr()))
        // It would say on standard error that standard error is closed, and panic.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    let started = match telemetry.format {
        Format::Text => {
            let colour = terminal::colour_on(&std::io::stderr());
            let lines = lines.with_writer(|| terminal::Lines);
            lines.with_target(false).with_ansi(colour).with_timer(BeijingTime).try_init()
        }
        Format::Json => lines.json().flatten_event(true).try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "a subscriber is already installed");
    }
    Ok(())
}

/// Installs a subscriber for warnings only, for commands that print something else.
pub(in crate::app) fn start_quiet() -> Result<(), Failure> {
    start(&Telemetry { level: "warn".to_owned(), ..Telemetry::default() })
}

/// Beijing time to the second, without the year, to keep lines short.
struct BeijingTime;

impl FormatTime for BeijingTime {
    #[expect(clippy::disallowed_methods, reason = "When a line was written decides nothing.")]
    fn format_time(&self, out: &mut Writer<'_>) -> std::fmt::Result {
        let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        out.write_str(&second(Timestamp(ms)))
    }
}

/// `12-07 16:00:05`.
fn second(at: Timestamp) -> String {
    let text = at.to_string().replacen('T', " ", 1);
    text.get(5..19).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_line_is_short() {
        assert_eq!(second(Timestamp(1_764_993_605_123)), "12-06 12:00:05");
    }
}
