//! How to reach a registry, and how schemas are registered there.

use std::fmt;
use std::time::Duration;

use reqwest::Url;

/// How to reach a registry.
#[derive(Clone, Debug)]
pub struct RegistrySettings {
    /// Such as `https://registry.example:8081`.
    pub url: String,
    /// What is shown to it.
    pub access: Access,
    /// The longest time that one call takes.
    pub timeout: Duration,
}

/// What a registry is shown. Never printed.
#[derive(Clone, Default, Eq, PartialEq)]
pub enum Access {
    /// Nothing.
    #[default]
    Open,
    /// User and password.
    Password(String, String),
    /// A bearer token.
    Token(String),
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "Open",
            Self::Password(..) => "Password(..)",
            Self::Token(_) => "Token(..)",
        })
    }
}

/// How subjects are named.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Subjects {
    /// `<topic>-value`.
    #[default]
    Topic,
    /// The full name of the record.
    Record,
    /// `<topic>-<full name of the record>`.
    TopicRecord,
}

impl Subjects {
    /// The subject of a record in a topic.
    pub fn subject(self, topic: &str, record: &str) -> String {
        match self {
            Self::Topic => format!("{topic}-value"),
            Self::Record => record.to_owned(),
            Self::TopicRecord => format!("{topic}-{record}"),
        }
    }
}

/// What a registry demands of later versions of a schema.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Compatibility(&'static str);

impl Compatibility {
    /// All of them, as a registry writes them.
    pub const ALL: [&'static str; 7] = [
        "BACKWARD",
        "BACKWARD_TRANSITIVE",
        "FORWARD",
        "FORWARD_TRANSITIVE",
        "FULL",
        "FULL_TRANSITIVE",
        "NONE",
    ];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| *it == name).map(Self)
    }

    pub(super) fn name(self) -> &'static str {
        self.0
    }
}

/// Checks the address of a registry. The error is for people.
pub fn check_url(url: &str) -> Result<(), String> {
    let right =
        "right is http://host:port or https://host:port, with a path if the registry has one";
    let parsed = Url::parse(url).map_err(|_| right.to_owned())?;
    if !["http", "https"].contains(&parsed.scheme()) || parsed.host_str().is_none_or(str::is_empty)
    {
        return Err(right.to_owned());
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err("a password in an address would be printed; right are the keys user and \
                    password, or token"
            .to_owned());
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(right.to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_named_by_the_strategy() {
        let named = |it: Subjects| it.subject("airshed.readings", "airshed.tick");
        assert_eq!(named(Subjects::Topic), "airshed.readings-value");
        assert_eq!(named(Subjects::Record), "airshed.tick");
        assert_eq!(named(Subjects::TopicRecord), "airshed.readings-airshed.tick");
    }

    #[test]
    fn an_address_is_that_of_a_server_without_a_password() {
        for url in ["http://a", "https://a.b:8081/apis/ccompat/v7", "http://127.0.0.1:1/"] {
            assert_eq!(check_url(url), Ok(()), "{url}");
        }
        for url in ["a", "a:8081", "ftp://a", "http://", "file:///x", "http://a?b=c", "http://a#b"]
        {
            assert!(check_url(url).unwrap_err().contains("http://host:port"), "{url}");
        }
        for url in ["http://me@a", "http://me:s3cret@a"] {
            let words = check_url(url).unwrap_err();
            assert!(words.contains("user and password") && !words.contains("s3cret"), "{words}");
        }
    }

    #[test]
    fn what_is_shown_to_a_registry_is_not_printed() {
        let password = Access::Password("me".into(), "s3cret".into());
        let words = format!("{password:?} {:?}", Access::Token("s3cret".into()));
        assert!(!words.contains("s3cret"), "{words}");
    }
}
