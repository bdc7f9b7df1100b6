//! One try: a signed message to an address, in a bounded time, with a bounded answer.

use std::io::{Read as _, copy, sink};
use std::net::IpAddr;

use reqwest::Url;
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};

use super::{Message, Target};
use crate::io::{client_builder, with_cause};
use crate::wire::hooks::{Answer, judge};

/// A longer answer is not read to its end.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// Sends to one target.
pub(super) struct Sender {
    client: Client,
    target: Target,
}

impl Sender {
    /// Connects to nothing yet.
    pub(super) fn new(target: Target) -> Result<Self, String> {
        let client = client_builder().timeout(target.timeout).build().map_err(reason)?;
        Ok(Self { client, target })
    }

    /// Tries once.
    pub(super) fn send(&self, message: &Message, id: &str, now_s: i64) -> Answer {
        let signature = self.target.secrets.sign(id, now_s, &message.body);
        let asked = self.client.post(&self.target.url);
        let asked = asked
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("airshed/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", id)
            .header("webhook-timestamp", now_s.to_string())
            .header("webhook-signature", signature)
            .body(message.body.clone());
        match asked.send() {
            Ok(answer) => {
                let header = answer.headers().get(RETRY_AFTER).and_then(|it| it.to_str().ok());
                let answered = judge(answer.status().as_u16(), header);
                read_on(answer);
                answered
            }
            Err(error) if error.is_timeout() => {
                let reason = format!("no answer within {} s", self.target.timeout.as_secs_f64());
                Answer::Failed { reason, wait: None }
            }
            Err(error) => Answer::Failed { reason: reason(error), wait: None },
        }
    }
}

/// Reads a short answer to its end, so that the connection can be used again.
fn read_on(answer: Response) {
    // The status was all that counts.
    drop(copy(&mut answer.take(ANSWER_BYTES_MAX), &mut sink()));
}

/// What went wrong, without the address.
fn reason(error: reqwest::Error) -> String {
    with_cause(&error.without_url())
}

/// Whether messages may be sent to an address: over HTTPS, or to this machine.
pub fn check_url(url: &str) -> Result<(), &'static str> {
    let read = Url::parse(url).map_err(|_| "no address; right is https://host/path")?;
    if !read.username().is_empty() || read.password().is_some() {
        return Err("a password in an address is shown in places; the signature says who sends");
    }
    if read.fragment().is_some() {
        return Err("a part after # is not sent; right is https://host/path");
    }
    let host = read.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback());
    match read.scheme() {
        "https" => Ok(()),
        "http" if is_local => Ok(()),
        "http" => Err("others could read what is sent; right is https://, or an address of this \
                       machine such as http://127.0.0.1:9000"),
        _ => Err("right is https://host/path"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_is_demanded_outside_of_this_machine() {
        for url in [
            "https://receiver.example/hook?key=1",
            "http://127.0.0.1:9000/",
            "http://127.9.9.9",
            "http://localhost:9000",
            "http://[::1]:9000/a",
        ] {
            assert_eq!(check_url(url), Ok(()), "{url}");
        }
        for (url, said) in [
            ("http://receiver.example/", "https://"),
            ("http://10.0.0.1/", "https://"),
            ("http://localhost.example/", "https://"),
            ("http://127.0.0.1.example/", "https://"),
            ("http://0.0.0.0/", "https://"),
            ("https://me:s3cret@receiver.example/", "password"),
            ("https://receiver.example/#a", "#"),
            ("ftp://127.0.0.1/", "https://"),
            ("receiver.example", "no address"),
            ("", "no address"),
        ] {
            let words = check_url(url).unwrap_err();
            assert!(words.contains(said), "{url}: {words}");
        }
    }
}
