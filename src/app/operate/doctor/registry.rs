//! The schema registry, if there is one, and its clock.

use crate::io::registry::RegistryClient;

use super::Subject;
use super::clock::AHEAD_MS;
use super::finding::Report;

pub(super) fn check(subject: &Subject, report: &Report) {
    let registry = &subject.config.registry;
    let settings = match registry.settings() {
        Ok(Some(settings)) => settings,
        Ok(None) => return report.not_checked("registry", "none: registry.url is empty"),
        Err(words) => return report.wrong("registry", words, ""),
    };
    let url = &settings.url;
    match RegistryClient::new(&settings).and_then(|it| it.look()) {
        Ok(said) => {
            report.ok("registry", format!("{url} answers"));
            let ahead_ms = said.map(|it| it * 1_000 - subject.now.0);
            if let Some(ahead_ms) = ahead_ms.filter(|it| it.abs() > AHEAD_MS) {
                let (seconds, side) =
                    (ahead_ms.abs() / 1_000, if ahead_ms > 0 { "ahead of" } else { "behind" });
                let what = format!("the registry's clock is {seconds} s {side} this one");
                report.warning("clock", what, "set both clocks by NTP");
            }
        }
        Err(error) => {
            let remedy = "start it, or correct registry.url; until it answers, messages with new \
                          schema ids wait";
            report.wrong("registry", format!("{url}: {error}"), remedy);
        }
    }
}
