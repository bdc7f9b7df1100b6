//! What is at an address before a server listens there.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::Duration;

use reqwest::blocking::Response;
use serde_json::Value;

use crate::io::client_builder;

/// The longest wait for an answer.
const WITHIN: Duration = Duration::from_secs(3);

/// What is found.
#[derive(Debug)]
pub enum Found {
    /// A server could listen there.
    Free,
    /// Another airshed answers; why it is not ready, if it is not.
    Airshed(Option<String>),
    /// Another program listens there.
    Other,
    /// No server can listen there, because the system refuses.
    Refused(io::Error),
}

/// Looks at an address. It is listened on for a moment, or else asked.
pub fn look(address: SocketAddr, with_tls: bool) -> Found {
    match TcpListener::bind(address) {
        Ok(_) => Found::Free,
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            ask(address, with_tls).unwrap_or(Found::Other)
        }
        Err(error) => Found::Refused(error),
    }
}

/// Asks who is there, without any secret.
fn ask(address: SocketAddr, with_tls: bool) -> Option<Found> {
    let client = client_builder()
        .timeout(WITHIN)
        .no_proxy()
        // The certificate names the machine for others, and nothing is sent that others may not see.
        .tls_danger_accept_invalid_certs(true)
        .build()
        .ok()?;
    let scheme = if with_tls { "https" } else { "http" };
    let at = reachable(address);
    let get = |path| client.get(format!("{scheme}://{at}/{path}")).send().ok();
    let is_live = |it: &Value| it["live"].is_boolean() || is_problem(it);
    get("live").and_then(json).filter(is_live)?;
    let ready = get("ready").and_then(json)?;
    let reason = ready["detail"].as_str().filter(|_| is_problem(&ready));
    Some(Found::Airshed(reason.map(str::to_owned)))
}

fn is_problem(it: &Value) -> bool {
    it["type"].as_str().is_some_and(|it| it.starts_with("/problems/"))
}

fn json(answer: Response) -> Option<Value> {
    answer.json().ok()
}

/// A server that listens on all addresses of the machine is asked at its loopback address.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) => IpAddr::V4(if ip.is_unspecified() { Ipv4Addr::LOCALHOST } else { ip }),
        IpAddr::V6(ip) => IpAddr::V6(if ip.is_unspecified() { Ipv6Addr::LOCALHOST } else { ip }),
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_free_or_another_program_has_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // It takes no connection and so never answers.
        assert!(matches!(look(address, false), Found::Other));
        drop(listener);
        assert!(matches!(look(address, true), Found::Free));
        // An address for documentation, which no machine has.
        let foreign = "192.0.2.1:80".parse().unwrap();
        assert!(matches!(look(foreign, false), Found::Refused(_)));
    }

    #[test]
    fn all_addresses_are_asked_at_loopback() {
        for (address, asked) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("10.0.0.1:80", "10.0.0.1:80"),
        ] {
            assert_eq!(reachable(address.parse().unwrap()).to_string(), asked);
        }
    }
}
