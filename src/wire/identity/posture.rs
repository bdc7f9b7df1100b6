//! From the settings to how the server stands: with TLS and tokens, or on loopback, or not at all.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The settings of `[http]` that decide who can reach the server. An empty path is none.
#[derive(Clone, Copy, Debug)]
pub struct HttpExposure<'a> {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The chain of the server's certificates, as PEM.
    pub certificate: &'a Path,
    /// The key of the certificate, as PEM.
    pub key: &'a Path,
    /// The authorities that issue the certificates of clients, as PEM.
    pub client_ca: &'a Path,
    /// The token file.
    pub tokens: &'a Path,
    /// Whether everyone may read what is public.
    pub anonymous_read: bool,
}

/// How the server stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Posture {
    /// Where it listens.
    pub listen: SocketAddr,
    /// With TLS; without it only on loopback.
    pub tls: Option<TlsFiles>,
    /// The token file; none only on loopback, and then every program on this machine may do all.
    pub tokens: Option<PathBuf>,
    /// Whether everyone may read what is public.
    pub anonymous_read: bool,
}

/// The files of TLS, all PEM.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TlsFiles {
    /// The chain of the server's certificates.
    pub certificate: PathBuf,
    /// The key of the certificate.
    pub key: PathBuf,
    /// The authorities that issue the certificates of clients; none: clients show no certificates.
    pub client_ca: Option<PathBuf>,
}

/// Settings with which the server does not start.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{key}: {problem}; {remedy}")]
pub struct PostureError {
    /// The key of the configuration, such as `http.tokens`.
    pub key: &'static str,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub remedy: &'static str,
}

/// How the server stands with these settings, or why it does not start.
pub fn posture(settings: &HttpExposure<'_>) -> Result<Posture, PostureError> {
    let HttpExposure { listen, certificate, key, client_ca, tokens, anonymous_read } = *settings;
    let is_given = |it: &Path| !it.as_os_str().is_empty();
    let refuse =
        |key, problem: &str, remedy| Err(PostureError { key, problem: problem.to_owned(), remedy });
    match (is_given(certificate), is_given(key)) {
        (true, false) => {
            return refuse(
                "http.key",
                "is missing, and http.certificate is given",
                "name the file of the key of the certificate",
            );
        }
        (false, true) => {
            return refuse(
                "http.certificate",
                "is missing, and http.key is given",
                "name the file of the certificate",
            );
        }
        (true, true) | (false, false) => {}
    }
    let has_tls = is_given(certificate);
    if is_given(client_ca) && !has_tls {
        return refuse(
            "http.client_ca",
            "clients show certificates over TLS only",
            "name http.certificate and http.key, or leave http.client_ca out",
        );
    }
    if is_given(client_ca) && !is_given(tokens) {
        return refuse(
            "http.client_ca",
            "no file says whom a certificate identifies",
            "name the token file in http.tokens; `airshed token new --certificate` adds one",
        );
    }
    if anonymous_read && !is_given(tokens) {
        return refuse(
            "http.anonymous_read",
            "without tokens every program on this machine may read and write",
            "name the token file in http.tokens, or leave http.anonymous_read out",
        );
    }
    if !listen.ip().to_canonical().is_loopback() {
        let problem = format!("{listen} can be reached by other machines");
        if !has_tls {
            return refuse(
                "http.certificate",
                &problem,
                "name http.certificate and http.key, or listen on 127.0.0.1",
            );
        }
        if !is_given(tokens) {
            return refuse(
                "http.tokens",
                &problem,
                "name the token file that `airshed token new` makes, or listen on 127.0.0.1",
            );
        }
    }
    let given = |it: &Path| is_given(it).then(|| it.to_owned());
    let tls = has_tls.then(|| TlsFiles {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        client_ca: given(client_ca),
    });
    Ok(Posture { listen, tls, tokens: given(tokens), anonymous_read })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters name what is given: certificate, key, authority of clients, tokens, anonymous.
    fn of(listen: &str, given: &str) -> Result<Posture, PostureError> {
        let file = |letter: char, name: &'static str| {
            Path::new(if given.contains(letter) { name } else { "" })
        };
        posture(&HttpExposure {
            listen: listen.parse().unwrap(),
            certificate: file('c', "c.pem"),
            key: file('k', "k.pem"),
            client_ca: file('a', "a.pem"),
            tokens: file('t', "t.toml"),
            anonymous_read: given.contains('p'),
        })
    }

    #[test]
    fn only_loopback_goes_without_tls_and_tokens() {
        for listen in ["127.0.0.1:0", "127.9.9.9:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
            for given in ["", "t", "tp", "ck", "ckt", "ckat"] {
                let stands = of(listen, given).unwrap();
                assert_eq!(stands.tls.is_some(), given.contains('c'), "{given}");
                assert_eq!(stands.tokens.is_some(), given.contains('t'), "{given}");
                assert_eq!(stands.anonymous_read, given.contains('p'), "{given}");
            }
        }
        for listen in ["0.0.0.0:80", "[::]:80", "10.1.2.3:80", "[::ffff:10.1.2.3]:80"] {
            let refused = |given: &str| of(listen, given).unwrap_err().key;
            assert_eq!(refused(""), "http.certificate");
            assert_eq!(refused("t"), "http.certificate");
            assert_eq!(refused("ck"), "http.tokens");
            assert!(of(listen, "ckt").is_ok() && of(listen, "cktp").is_ok());
        }
    }

    #[test]
    fn a_refusal_names_the_key_and_what_would_be_right() {
        let check = |listen: &str, given: &str, words: &str| {
            assert_eq!(of(listen, given).unwrap_err().to_string(), words);
        };
        check(
            "0.0.0.0:8480",
            "",
            "http.certificate: 0.0.0.0:8480 can be reached by other machines; name \
             http.certificate and http.key, or listen on 127.0.0.1",
        );
        check(
            "0.0.0.0:8480",
            "ck",
            "http.tokens: 0.0.0.0:8480 can be reached by other machines; name the token file that \
             `airshed token new` makes, or listen on 127.0.0.1",
        );
        let check = |given: &str, key: &str| {
            assert_eq!(of("127.0.0.1:1", given).unwrap_err().key, key, "{given}");
        };
        check("c", "http.key");
        check("k", "http.certificate");
        check("a", "http.client_ca");
        check("at", "http.client_ca");
        check("cka", "http.client_ca");
        check("p", "http.anonymous_read");
    }
}
