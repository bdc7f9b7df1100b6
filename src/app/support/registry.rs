//! The section `[registry]`: a schema registry, if there is one.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use crate::io::registry::{Access, Compatibility, RegistrySettings, Subjects, check_url};

/// A registry and what is registered there.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::app) struct Registry {
    pub(in crate::app) url: String,
    pub(in crate::app) user: String,
    pub(in crate::app) password: Secret,
    pub(in crate::app) token: Secret,
    pub(in crate::app) subjects: SubjectStrategy,
    pub(in crate::app) compatibility: String,
    pub(in crate::app) frame_outputs: bool,
    pub(in crate::app) timeout_s: u32,
}

/// A text that is never printed.
#[derive(Clone, Default, Deserialize, Eq, PartialEq)]
#[serde(transparent)]
pub(in crate::app) struct Secret(String);

impl Secret {
    fn shown(&self) -> &'static str {
        if self.0.is_empty() { "" } else { "(not shown)" }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::app) enum SubjectStrategy {
    #[default]
    Topic,
    Record,
    TopicRecord,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            url: String::new(),
            user: String::new(),
            password: Secret::default(),
            token: Secret::default(),
            subjects: SubjectStrategy::Topic,
            compatibility: String::new(),
            frame_outputs: false,
            timeout_s: 5,
        }
    }
}

impl Registry {
    /// The variables of the environment override the file. Returns the keys and variables that do.
    pub(super) fn override_by(
        &mut self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Vec<(&'static str, &'static str)> {
        let texts = [
            ("registry.url", "AIRSHED_REGISTRY_URL", &mut self.url),
            ("registry.user", "AIRSHED_REGISTRY_USER", &mut self.user),
            ("registry.password", "AIRSHED_REGISTRY_PASSWORD", &mut self.password.0),
            ("registry.token", "AIRSHED_REGISTRY_TOKEN", &mut self.token.0),
        ];
        let mut overridden = Vec::new();
        for (key, name, text) in texts {
            if let Some(value) = variable(name) {
                *text = value;
                overridden.push((key, name));
            }
        }
        overridden
    }

    /// Checks each value of its own. The error names the key.
    pub(super) fn check(&self) -> Result<(), String> {
        if !(1..=300).contains(&self.timeout_s) {
            return Err("registry.timeout_s: right is a whole number from 1 to 300".into());
        }
        if !self.url.is_empty() {
            check_url(&self.url).map_err(|words| format!("registry.url: {words}"))?;
        }
        self.compatibility().map(|_| ())
    }

    /// The registry; none without an address. The error names the key.
    pub(in crate::app) fn settings(&self) -> Result<Option<RegistrySettings>, String> {
        let has = |secret: &Secret| !secret.0.is_empty();
        let (user, password, token) =
            (!self.user.is_empty(), has(&self.password), has(&self.token));
        self.check()?;
        if self.url.is_empty() {
            if user || password || token || self.frame_outputs {
                return Err("registry.url: empty, but other keys of [registry] are set; right is \
                            http://host:port or https://host:port"
                    .into());
            }
            return Ok(None);
        }
        let access = match (user, password, token) {
            (false, false, false) => Access::Open,
            (true, true, false) => Access::Password(self.user.clone(), self.password.0.clone()),
            (false, false, true) => Access::Token(self.token.0.clone()),
            (true, false, false) => {
                let words = "registry.password: missing with registry.user; it may also come from \
                             AIRSHED_REGISTRY_PASSWORD";
                return Err(words.into());
            }
            (false, true, false) => {
                return Err("registry.user: missing; right is a user with registry.password".into());
            }
            (_, _, true) => {
                return Err("registry.token: right is either a token or user and password, not \
                            both"
                    .into());
            }
        };
        if access != Access::Open && !self.is_private() {
            return Err("registry.url: a password or token would be sent in the clear; right is \
                        https://host:port, or a registry on this machine"
                .into());
        }
        let timeout = Duration::from_secs(u64::from(self.timeout_s));
        Ok(Some(RegistrySettings { url: self.url.clone(), access, timeout }))
    }

    /// Whether no other machine can read what we send.
    fn is_private(&self) -> bool {
        let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        let is_local = |start: &str| {
            let rest = self.url.strip_prefix(start);
            rest.is_some_and(|it| it.is_empty() || it.starts_with([':', '/']))
        };
        self.url.starts_with("https://") || local.into_iter().any(is_local)
    }

    /// How subjects are named.
    pub(in crate::app) fn subjects(&self) -> Subjects {
        match self.subjects {
            SubjectStrategy::Topic => Subjects::Topic,
            SubjectStrategy::Record => Subjects::Record,
            SubjectStrategy::TopicRecord => Subjects::TopicRecord,
        }
    }

    /// What is demanded of later versions; none leaves it to the registry.
    pub(in crate::app) fn compatibility(&self) -> Result<Option<Compatibility>, String> {
        if self.compatibility.is_empty() {
            return Ok(None);
        }
        let found = Compatibility::named(&self.compatibility);
        let all = Compatibility::ALL.join(", ");
        let wrong = || format!("registry.compatibility: right is \"\" or one of {all}");
        found.map(Some).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &str) -> Registry {
        toml::from_str(lines).unwrap()
    }

    #[test]
    fn a_registry_may_be_missing_open_or_closed() {
        assert!(Registry::default().settings().unwrap().is_none());
        let access = |lines: &str| parse(lines).settings().unwrap().unwrap().access;
        assert_eq!(access("url = \"http://a:8081\""), Access::Open);
        let password = access("url = \"https://a\"\nuser = \"me\"\npassword = \"s3cret\"");
        assert_eq!(password, Access::Password("me".into(), "s3cret".into()));
        let token = access("url = \"http://127.0.0.1:8081\"\ntoken = \"s3cret\"");
        assert_eq!(token, Access::Token("s3cret".into()));
    }

    #[test]
    fn a_wrong_value_is_refused_by_its_key() {
        for (lines, said) in [
            ("url = \"here\"", "registry.url: right is http://host:port"),
            ("url = \"http://me:s3cret@a\"", "registry.url: a password in an address"),
            ("user = \"me\"\npassword = \"s3cret\"", "registry.url: empty"),
            ("frame_outputs = true", "registry.url: empty"),
            ("url = \"https://a\"\nuser = \"me\"", "registry.password: missing"),
            ("url = \"https://a\"\npassword = \"s3cret\"", "registry.user: missing"),
            ("url = \"https://a\"\nuser = \"me\"\ntoken = \"s3cret\"", "registry.token: right is"),
            ("url = \"http://a\"\ntoken = \"s3cret\"", "registry.url: a password or token"),
            ("url = \"http://localhost.b\"\ntoken = \"s3cret\"", "registry.url: a password or"),
            ("timeout_s = 0", "registry.timeout_s: right is a whole number from 1"),
            ("compatibility = \"some\"", "registry.compatibility: right is \"\" or one of BACK"),
        ] {
            let words = parse(lines).settings().unwrap_err();
            assert!(words.contains(said) && !words.contains("s3cret"), "{lines}: {words}");
        }
    }

    #[test]
    fn the_environment_overrides_the_file_and_secrets_are_not_printed() {
        let mut registry = parse("url = \"https://a\"\ntoken = \"in-file\"");
        let overridden = registry.override_by(|name| Some(format!("{name}-s3cret")));
        assert_eq!(overridden[3], ("registry.token", "AIRSHED_REGISTRY_TOKEN"));
        assert_eq!(registry.url, "AIRSHED_REGISTRY_URL-s3cret");
        assert_eq!(registry.token.0, "AIRSHED_REGISTRY_TOKEN-s3cret");
        registry = parse("url = \"https://a\"\nuser = \"me\"\npassword = \"s3cret\"");
        assert_eq!(registry.override_by(|_| None), []);
        let settings = registry.settings().unwrap();
        let words = format!("{registry:?} {settings:?} {}", toml::to_string(&registry).unwrap());
        assert!(words.contains("me") && !words.contains("s3cret"), "{words}");
    }
}
