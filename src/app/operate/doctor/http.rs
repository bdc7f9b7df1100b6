//! The port of the HTTP server, which also has the metrics, and its tokens.

use std::net::SocketAddr;
use std::path::Path;

use crate::app::run::serve;
use crate::domain::{HOUR_MS, Timestamp};
use crate::io::http::{Found, look};
use crate::wire::identity::{Credential, Posture};

use super::Subject;
use super::finding::Report;

/// A token that expires sooner is a warning.
const WARNING_WITHIN_D: i64 = 7;
const DAY_MS: i64 = 24 * HOUR_MS;

pub(super) fn check(subject: &Subject, report: &Report) {
    match subject.config.http.posture() {
        Err(words) => report.wrong("port", words, ""),
        Ok(None) => {
            report.not_checked("port", "no HTTP server and no metrics: http.listen is empty");
        }
        Ok(Some(posture)) => {
            check_tokens(subject, &posture, report);
            check_port(posture.listen, posture.tls.is_some(), report);
        }
    }
}

fn check_tokens(subject: &Subject, posture: &Posture, report: &Report) {
    let Some(path) = &posture.tokens else {
        let what = "none: every program on this machine may do all (http.tokens)";
        return report.ok("tokens", what);
    };
    match serve::tokens(path, subject.book.as_deref()) {
        Err(words) => report.wrong("tokens", words, ""),
        Ok(tokens) => judge(path, tokens.all(), subject.now, report),
    }
}

fn judge<'a>(
    path: &Path,
    tokens: impl Iterator<Item = &'a Credential>,
    now: Timestamp,
    report: &Report,
) {
    const REMEDY: &str = "make one with `airshed token new`";
    let place = path.display();
    let valid: Vec<_> = tokens.filter(|it| it.revoked.is_none() && it.expires > now).collect();
    let Some(first) = valid.iter().min_by_key(|it| it.expires) else {
        let what = format!("{place}: none is in force, so no one may call");
        return report.warning("tokens", what, REMEDY);
    };
    let days = (first.expires.0 - now.0) / DAY_MS;
    let what = format!("{place}: {} in force", valid.len());
    if days < WARNING_WITHIN_D {
        let what = format!("{what}; {} expires in {days} days", first.identity());
        report.warning("tokens", what, REMEDY);
    } else {
        report.ok("tokens", what);
    }
}

fn check_port(listen: SocketAddr, with_tls: bool, report: &Report) {
    if listen.port() == 0 {
        return report.ok("port", format!("{listen}: any port that is free"));
    }
    match look(listen, with_tls) {
        Found::Free => report.ok("port", format!("{listen} is free")),
        Found::Airshed(None) => report.ok("port", format!("{listen}: an airshed answers, ready")),
        Found::Airshed(Some(reason)) => {
            let what = format!("{listen}: an airshed answers, but is not ready: {reason}");
            report.warning("port", what, "if it does not become ready, see its log");
        }
        Found::Other => {
            let what = format!("{listen}: another program has this port");
            let remedy = format!(
                "end it (`ss -ltnp 'sport = :{}'` names it), or set another http.listen",
                listen.port()
            );
            report.wrong("port", what, remedy);
        }
        Found::Refused(error) => {
            let remedy = "set http.listen to an address of this machine; a port below 1024 needs a \
                          right of its own";
            report.wrong("port", format!("{listen}: {error}"), remedy);
        }
    }
}
