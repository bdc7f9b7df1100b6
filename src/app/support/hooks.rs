//! The section `[hooks]`: the targets of webhooks, if there are any.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::io::hooks::{Target, check_url, read_secrets};
use crate::wire::hooks::Backoff;

/// Targets may be so many: each has a thread.
const TARGETS_MAX: usize = 16;

/// Targets, and how they are sent to. See deploy/config.toml.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::app) struct Hooks {
    pub(in crate::app) folder: PathBuf,
    pub(in crate::app) timeout_ms: u32,
    pub(in crate::app) first_wait_ms: u32,
    pub(in crate::app) longest_wait_s: u32,
    pub(in crate::app) tries_max: u32,
    pub(in crate::app) targets: BTreeMap<String, Hook>,
}

/// One target.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::app) struct Hook {
    pub(in crate::app) url: String,
    pub(in crate::app) secret_file: PathBuf,
    /// The body for which messages are made; none: everything.
    #[serde(rename = "as")]
    pub(in crate::app) viewer: Option<String>,
    /// Only these types of records; empty: all.
    #[serde(default)]
    pub(in crate::app) types: Vec<String>,
    #[serde(default)]
    pub(in crate::app) begin: Begin,
}

/// Where a target begins that has not been sent anything yet.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::app) enum Begin {
    /// With the next record.
    #[default]
    End,
    /// With the first record of the log.
    Start,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            folder: "airshed-hooks".into(),
            timeout_ms: 10_000,
            first_wait_ms: 1_000,
            longest_wait_s: 3_600,
            tries_max: 40,
            targets: BTreeMap::new(),
        }
    }
}

impl Hooks {
    /// The first value that is wrong, in words.
    pub(in crate::app) fn first_wrong_value(&self) -> Option<String> {
        let day_ms = 86_400_000;
        let checks = [
            (
                (100..=300_000).contains(&self.timeout_ms),
                "hooks.timeout_ms: right is a whole number from 100 to 300000",
            ),
            (
                (1..=day_ms).contains(&self.first_wait_ms),
                "hooks.first_wait_ms: right is a whole number from 1 to 86400000",
            ),
            (
                (1..=86_400).contains(&self.longest_wait_s),
                "hooks.longest_wait_s: right is a whole number from 1 to 86400",
            ),
            (
                (1..=1_000).contains(&self.tries_max),
                "hooks.tries_max: right is a whole number from 1 to 1000",
            ),
            (self.targets.len() <= TARGETS_MAX, "hooks.targets: there may be 16 at most"),
            (!self.folder.as_os_str().is_empty(), "hooks.folder: empty; right is a folder"),
        ];
        let wrong = checks.into_iter().find(|(right, _)| !right).map(|it| it.1.to_owned());
        wrong.or_else(|| self.targets.iter().find_map(|(name, it)| it.wrong(name)))
    }

    /// A target with its secrets, which are read from their file.
    pub(in crate::app) fn target(&self, name: &str, hook: &Hook) -> Result<Target, String> {
        let path: &Path = &hook.secret_file;
        let secrets = read_secrets(path)
            .map_err(|words| format!("hooks.targets.{name}.secret_file: {words}"))?;
        let backoff = Backoff {
            first: Duration::from_millis(self.first_wait_ms.into()),
            longest: Duration::from_secs(self.longest_wait_s.into()),
            tries_max: self.tries_max,
        };
        let timeout = Duration::from_millis(self.timeout_ms.into());
        Ok(Target { name: name.to_owned(), url: hook.url.clone(), secrets, backoff, timeout })
    }
}

impl Hook {
    fn wrong(&self, name: &str) -> Option<String> {
        let is_plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
        if !(1..=40).contains(&name.len()) || !name.chars().all(is_plain) {
            let words = "right is a name of 1 to 40 lower-case letters, figures and '-'";
            return Some(format!("hooks.targets.{name:?}: {words}"));
        }
        let wrong = check_url(&self.url).err();
        wrong.map(|words| format!("hooks.targets.{name}.url: {words}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_value_is_refused_by_its_key() {
        let target = |name: &str, url: &str| {
            format!("[targets.{name}]\nurl = \"{url}\"\nsecret_file = \"s\"\n")
        };
        let wrong = |text: &str| toml::from_str::<Hooks>(text).unwrap().first_wrong_value();
        assert_eq!(wrong(&target("a-1", "https://a.example/")), None);
        assert_eq!(wrong(""), None);
        for (text, said) in [
            (target("a", "http://a.example/"), "hooks.targets.a.url: others could read"),
            (target("\"A.b\"", "https://a.example/"), "hooks.targets.\"A.b\": right is"),
            ("tries_max = 0".to_owned(), "hooks.tries_max"),
            ("timeout_ms = 1".to_owned(), "hooks.timeout_ms"),
            ("first_wait_ms = 0".to_owned(), "hooks.first_wait_ms"),
            ("longest_wait_s = 0".to_owned(), "hooks.longest_wait_s"),
            ("folder = \"\"".to_owned(), "hooks.folder"),
            ((0..17).map(|it| target(&format!("a{it}"), "https://a/")).collect(), "16 at most"),
        ] {
            let words = wrong(&text).unwrap_or_default();
            assert!(words.contains(said), "{text}: {words}");
        }
    }
}
