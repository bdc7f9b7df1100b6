//! The certificates of the HTTP server and of the Kafka client: can they be read, and until when are
//! they valid?

use std::path::{Path, PathBuf};

use crate::app::support::config::Setting;
use crate::domain::{HOUR_MS, Timestamp};
use crate::io::identity::{certificates, server_config};
use crate::wire::identity::{TlsFiles, Validity, validity};

use super::Subject;
use super::finding::Report;

/// A certificate that expires sooner is a warning.
const WARNING_WITHIN_D: i64 = 21;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What a file of certificates is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Use {
    /// A chain: it is valid as long as each of its certificates is.
    Shown,
    /// Authorities: one that is valid is enough.
    Trusted,
}

pub(super) fn check(subject: &Subject, report: &Report) {
    let mut files = of_kafka(subject, report);
    // A posture that is wrong is reported with the port.
    if let Ok(Some(posture)) = subject.config.http.posture() {
        files.extend(of_http(posture.tls.as_ref(), report));
    }
    if files.is_empty() {
        report.not_checked("certificate", "none is configured");
    }
    for (setting, file, purpose) in files {
        check_file(setting, &file, purpose, subject.now, report);
    }
}

type Named = (&'static str, PathBuf, Use);

fn of_http(files: Option<&TlsFiles>, report: &Report) -> Vec<Named> {
    let Some(files) = files else { return Vec::new() };
    if let Err(error) = server_config(files) {
        report.wrong("certificate", error.to_string(), "");
        return vec![];
    }
    let authority = files.client_ca.clone().map(|it| ("http.client_ca", it, Use::Trusted));
    let own = ("http.certificate", files.certificate.clone(), Use::Shown);
    [Some(own), authority].into_iter().flatten().collect()
}

fn of_kafka(subject: &Subject, report: &Report) -> Vec<Named> {
    let kafka = &subject.config.kafka;
    if subject.config.is_without_kafka {
        return Vec::new();
    }
    let path = |name: &str| match kafka.client.get(name) {
        Some(Setting::Text(path)) if !path.is_empty() => Some(PathBuf::from(path)),
        Some(_) | None => None,
    };
    if let Some(store) = path("ssl.keystore.location") {
        let what = format!("{}: the expiry in a key store is not read", store.display());
        report.not_checked("certificate", what);
    }
    // Other values are a folder, or ask for the authorities of the system.
    let authority = path("ssl.ca.location").filter(|it| it.as_os_str() != "probe" && !it.is_dir());
    let authority = authority.map(|it| ("ssl.ca.location", it, Use::Trusted));
    let own = path("ssl.certificate.location");
    let own = own.map(|it| ("ssl.certificate.location", it, Use::Shown));
    [own, authority].into_iter().flatten().collect()
}

fn check_file(setting: &'static str, file: &Path, purpose: Use, now: Timestamp, report: &Report) {
    let found = match certificates(setting, file) {
        Ok(found) => found,
        Err(error) => return report.wrong("certificate", error.to_string(), ""),
    };
    let all: Option<Vec<Validity>> = found.iter().map(|it| validity(it)).collect();
    let place = format!("{setting} {}", file.display());
    let Some(all) = all else {
        return report.wrong("certificate", format!("{place}: it is no X.509 certificate"), "");
    };
    if let Some(decisive) = decisive(&all, purpose) {
        judge(decisive, &place, now, report);
    }
}

/// The certificate that ends the use of all, and when the last of them begins.
fn decisive(all: &[Validity], purpose: Use) -> Option<Validity> {
    match purpose {
        Use::Shown => {
            let from = all.iter().map(|it| it.from).max()?;
            Some(Validity { from, until: all.iter().map(|it| it.until).min()? })
        }
        Use::Trusted => all.iter().max_by_key(|it| it.until).copied(),
    }
}

fn judge(it: Validity, place: &str, now: Timestamp, report: &Report) {
    const REMEDY: &str = "renew it in time; serve sees new files of http without a restart";
    let Validity { from, until } = it;
    let days = (until.0 - now.0).div_euclid(DAY_MS);
    if until < now {
        let what = format!("{place}: expired at {until}");
        report.wrong("certificate", what, "put a new certificate in its place");
    } else if now < from {
        let what = format!("{place}: valid only from {from}");
        report.wrong("certificate", what, "compare the clock of this machine, or wait");
    } else if days < WARNING_WITHIN_D {
        report.warning("certificate", format!("{place}: expires in {days} days"), REMEDY);
    } else {
        report.ok("certificate", format!("{place}: expires in {days} days"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::app::operate::doctor::finding::State;

    fn days(from: i64, until: i64) -> Validity {
        Validity { from: Timestamp(from * DAY_MS), until: Timestamp(until * DAY_MS) }
    }

    #[test]
    fn a_certificate_is_judged_by_the_days_that_are_left() {
        let now = Timestamp(1_000 * DAY_MS);
        for (it, state, said) in [
            (days(900, 1_021), State::Ok, "x: expires in 21 days"),
            (days(900, 1_020), State::Warning, "x: expires in 20 days"),
            (days(1_000, 1_000), State::Warning, "x: expires in 0 days"),
            (days(900, 999), State::Wrong, "x: expired at 1972-09-26T08:00:00+08:00"),
            (days(1_001, 2_000), State::Wrong, "x: valid only from 1972-09-28T08:00:00+08:00"),
        ] {
            let (sender, findings) = channel();
            judge(it, "x", now, &Report::new(sender));
            let finding = findings.recv().unwrap();
            assert_eq!((finding.state, &finding.json()["what"]), (state, &said.into()));
        }
    }

    #[test]
    fn a_chain_ends_with_its_first_and_authorities_with_their_last() {
        let all = [days(1, 50), days(5, 20), days(2, 90)];
        assert_eq!(decisive(&all, Use::Shown), Some(days(5, 20)));
        assert_eq!(decisive(&all, Use::Trusted), Some(days(2, 90)));
        assert_eq!(decisive(&[], Use::Shown), None);
    }
}
