//! The clock of this machine, as far as it can be seen from here.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::app::run::console::{Clock as _, SystemClock};
use crate::app::support::config::Clock;
use crate::domain::Timestamp;

use super::Subject;
use super::finding::Report;

/// Times that are further ahead of this clock show that a clock is wrong.
pub(super) const AHEAD_MS: i64 = 60_000;

/// Files that services leave on this machine while they set its clock.
const SERVICES: [(&str, &str); 3] = [
    ("/run/systemd/timesync/synchronized", "systemd-timesyncd has set it"),
    ("/run/chrony/chronyd.pid", "chronyd sets it"),
    ("/run/ntpd.pid", "ntpd sets it"),
];

pub(super) fn now() -> Timestamp {
    SystemClock::start().wall()
}

/// How long something takes.
pub(super) struct Stopwatch(SystemClock);

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self(SystemClock::start())
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.0.uptime()
    }
}

pub(super) fn check(subject: &Subject, report: &Report) {
    if subject.config.rules.clock == Clock::Sources {
        let what = "the sources are the clock (rules.clock), and the time of day is not used";
        return report.not_checked("clock", what);
    }
    let service = SERVICES.iter().find(|(file, _)| Path::new(file).exists());
    let service = service
        .map_or("no service that sets it is seen here (a container has its host's)", |it| it.1);
    let second = Timestamp(subject.now.0 / 1_000 * 1_000);
    report.ok("clock", format!("{second}; {service}"));
    let Some(folder) = subject.log_folder() else { return };
    let ahead_ms = newest_change(folder).map(|it| it - subject.now.0);
    if let Some(ahead_ms) = ahead_ms.filter(|it| *it > AHEAD_MS) {
        let what = format!(
            "a file in {} was changed {} s from now: this clock was ahead, or is behind",
            folder.display(),
            ahead_ms / 1_000
        );
        let remedy =
            "set the clock by NTP; no hour closes before it has passed the log's last tick";
        report.warning("clock", what, remedy);
    }
}

/// When a file of a folder was last changed, in milliseconds since 1970.
fn newest_change(folder: &Path) -> Option<i64> {
    let changed =
        |it: std::io::Result<std::fs::DirEntry>| it.ok()?.metadata().ok()?.modified().ok();
    let newest: SystemTime = std::fs::read_dir(folder).ok()?.filter_map(changed).max()?;
    i64::try_from(newest.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}
