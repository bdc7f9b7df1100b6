//! Why a broker does not let us in, and which settings to look at.

use std::fmt;

use rdkafka::types::RDKafkaErrorCode as Code;

/// A broker does not let us in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::io::kafka) struct Refusal {
    /// Which broker, in the words of the client library.
    at: String,
    /// What it says, or what is wrong with its certificate.
    pub(in crate::io::kafka) why: String,
    /// The settings to look at.
    settings: &'static str,
}

/// Parts of reasons, in lower case, and the settings that they are about. The first that fits counts.
const SETTINGS: &[(&str, &str)] = &[
    ("mechanism", "sasl.mechanism, sasl.username and sasl.password"),
    ("sasl", "sasl.mechanism, sasl.username and sasl.password"),
    ("certificate required", CLIENT),
    ("certificate_required", CLIENT),
    ("bad certificate", CLIENT),
    ("unknown ca", CLIENT),
    ("client ssl authentication", CLIENT),
    (
        "alert",
        "ssl.certificate.location, ssl.key.location, ssl.cipher.suites and security.protocol",
    ),
    ("certificate", BROKER),
];
/// Parts of reasons that say that the connection broke on the way, as it does when a broker stops or
/// has too much to do. The client library gives these the same codes.
const BROKEN: [&str; 4] = ["Local: ", "Disconnected", "transport error", "internal error"];
const CLIENT: &str = "ssl.certificate.location and ssl.key.location (or ssl.keystore.location)";
const BROKER: &str = "ssl.ca.location (or ssl.ca.pem), and that kafka.brokers has the name of its \
                      certificate,";
const OTHERS: &str = "security.protocol and the settings whose names begin with ssl. or sasl.";

impl Refusal {
    /// What the client library says about an error, if it is one that waiting does not end.
    pub(in crate::io::kafka) fn new(code: Option<Code>, reason: &str) -> Option<Self> {
        let is_alert = reason.contains("SSL alert number");
        let is_refusal = matches!(code, Some(Code::Authentication | Code::SSL));
        if !is_refusal && !is_alert || BROKEN.iter().any(|part| reason.contains(part)) {
            return None;
        }
        let (at, why) = parted(reason);
        let lower = why.to_lowercase();
        let settings = SETTINGS
            .iter()
            .find(|(part, _)| lower.contains(part))
            .map_or(OTHERS, |(_, settings)| settings);
        Some(Self { at: at.to_owned(), why: why.to_owned(), settings })
    }
}

/// The broker, and what is said about it without the part that differs each time.
pub(in crate::io::kafka) fn parted(reason: &str) -> (&str, &str) {
    let reason = match reason.rfind(" (after ") {
        Some(at) if reason.ends_with(')') => &reason[..at],
        _ => reason,
    };
    let is_place = |it: &str| !it.contains(' ') && (it.contains('/') || it.contains(':'));
    match reason.split_once(": ") {
        Some((at, why)) if is_place(at) => (at, why),
        // Of a coordinator: its role, then its address.
        Some((role, rest)) if !role.contains(' ') => match rest.split_once(": ") {
            Some((at, why)) if is_place(at) => (at, why),
            _ => ("", reason),
        },
        _ => ("", reason),
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, why, settings } = self;
        write!(f, "the broker refuses us: ")?;
        if !at.is_empty() {
            write!(f, "{at}: ")?;
        }
        write!(f, "{why}; check {settings} in [kafka.client] or --kafka-set")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_parted_from_its_place_and_from_what_differs_each_time() {
        fn check(reason: &str, at: &str, why: &str) {
            assert_eq!(parted(reason), (at, why), "{reason}");
        }
        let failed = "SASL authentication error: Authentication failed";
        let place = "sasl_ssl://127.0.0.1:9093/bootstrap";
        check(&format!("{place}: {failed} (after 312ms in state AUTH_REQ)"), place, failed);
        check(&format!("{place}: {failed}"), place, failed);
        let of_coordinator = format!(
            "GroupCoordinator: b.example:9093: {failed} (after 5ms in state AUTH_REQ, 3 identical \
             error(s) suppressed)"
        );
        check(&of_coordinator, "b.example:9093", failed);
        check("127.0.0.1:9/1: Connect failed", "127.0.0.1:9/1", "Connect failed");
        check("Disconnected: by peer", "", "Disconnected: by peer");
    }

    #[test]
    fn a_refusal_names_the_settings_to_look_at() {
        let check = |code, reason: &str, settings: &str| {
            let words = Refusal::new(Some(code), reason).unwrap().to_string();
            assert!(words.contains(&format!("; check {settings}")), "{words}");
        };
        let sasl = "sasl.mechanism, sasl.username and sasl.password";
        let client = "ssl.certificate.location and ssl.key.location";
        check(Code::Authentication, "a:1/1: SASL authentication error: no", sasl);
        check(Code::Authentication, "a:1/1: SASL PLAIN mechanism handshake failed", sasl);
        check(
            Code::SSL,
            "a:1/1: SSL handshake failed: certificate verify failed: see ssl.ca.location",
            "ssl.ca.location",
        );
        let alert = "Receive failed: ssl/tls alert bad certificate: SSL alert number 42";
        check(Code::BrokerTransportFailure, &format!("a:1/1: {alert}"), client);
        check(Code::SSL, "a:1/1: client SSL authentication might be required", client);
        check(Code::SSL, "a:1/1: no shared cipher", "security.protocol");
    }

    #[test]
    fn a_broker_that_is_not_there_does_not_refuse() {
        for reason in ["a:1/1: Connect to ipv4#127.0.0.1:9 failed", "a:1/1: Disconnected"] {
            assert_eq!(Refusal::new(Some(Code::BrokerTransportFailure), reason), None);
        }
        for reason in [
            "GroupCoordinator: SASL SCRAM-SHA-512 mechanism handshake failed: Local: Broker transport \
             failure: broker's supported mechanisms: (n/a)",
            "a:1/1: SASL authentication error: SaslAuthenticateRequest failed: Local: Timed out",
            "a:1/1: Disconnected: hung up from peer in state AUTH_LEGACY",
        ] {
            assert_eq!(Refusal::new(Some(Code::Authentication), reason), None, "{reason}");
        }
        let reset = "a:1/1: SSL handshake failed: SSL transport error: Broken pipe";
        assert_eq!(Refusal::new(Some(Code::SSL), reset), None);
    }
}
