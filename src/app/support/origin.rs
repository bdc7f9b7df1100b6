//! Every value of a configuration, and where it comes from.
//!
//! The values follow from the configuration itself, as it is serialized, so a new key is shown
//! without a change here.

use std::collections::BTreeMap;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::config::Config;

/// Where a value comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::app) enum Origin {
    /// No one has set it.
    Default,
    /// The line of the file.
    File(usize),
    /// The environment variable.
    Environment(&'static str),
    /// The argument of the command.
    Flag(&'static str),
}

/// A value with its key, such as `kafka.brokers`.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) struct Shown {
    pub(in crate::app) key: String,
    /// A secret is `***`; null: it is not set.
    pub(in crate::app) value: Value,
    pub(in crate::app) origin: Origin,
}

/// What stands for a secret.
const HIDDEN: &str = "***";

/// Parts of the names of keys that hold secrets.
pub(super) const SECRETS: [&str; 7] =
    ["password", "passphrase", "secret", "pem", "token", "credential", "jaas"];

/// All values, in the order of their keys. `set` has the keys that something after the file has set.
pub(in crate::app) fn shown(
    config: &Config,
    text: &str,
    set: &BTreeMap<String, Origin>,
) -> anyhow::Result<Vec<Shown>> {
    let whole = serde_json::to_value(config)
        .map_err(|error| anyhow::anyhow!("the configuration cannot be shown: {error}"))?;
    let lines = lines(text);
    let mut values = Vec::new();
    walk(&whole, String::new(), &mut values);
    let shown = values.into_iter().map(|(key, value)| {
        let by_file = || lines.get(&key).map_or(Origin::Default, |line| Origin::File(*line));
        let origin = set.get(&key).cloned().unwrap_or_else(by_file);
        Shown { value: hidden(&key, value), key, origin }
    });
    Ok(shown.collect())
}

/// The values below one, each with its key. A list is one value.
fn walk(value: &Value, key: String, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(part) => {
            for (name, value) in part {
                walk(value, joined(&key, name), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            found.push((key, value.clone()));
        }
    }
}

/// The key of a name in a section, as TOML writes it.
pub(super) fn joined(section: &str, name: &str) -> String {
    let is_bare = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
    let name = if name.chars().all(is_bare) { name.to_owned() } else { format!("{name:?}") };
    if section.is_empty() { name } else { format!("{section}.{name}") }
}

/// The line of each value of a text.
fn lines(text: &str) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    if let Ok(table) = DeTable::parse(text) {
        note(table.get_ref(), "", text, &mut lines);
    }
    lines
}

fn note(table: &DeTable<'_>, section: &str, text: &str, lines: &mut BTreeMap<String, usize>) {
    for (name, value) in table {
        let key = joined(section, name.get_ref());
        if let DeValue::Table(part) = value.get_ref() {
            note(part, &key, text, lines);
        } else {
            let before = text.get(..name.span().start).unwrap_or(text);
            lines.insert(key, before.matches('\n').count() + 1);
        }
    }
}

/// A value without what must not be shown: that of a secret, and in an address the password and what
/// stands behind the `?`.
fn hidden(key: &str, value: Value) -> Value {
    let name = key.to_ascii_lowercase();
    // What names a place is no secret.
    let is_place = ["location", "file", "folder", "path"]
        .iter()
        .any(|it| name.trim_end_matches('"').ends_with(it))
        || name == "http.tokens";
    match value {
        Value::Null => Value::Null,
        Value::String(text) if text.is_empty() => Value::String(text),
        _ if !is_place && SECRETS.iter().any(|it| name.contains(it)) => HIDDEN.into(),
        Value::String(text) => Value::String(without_query(&without_password(&text))),
        Value::Array(all) => all.into_iter().map(|it| hidden(key, it)).collect(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Object(_)) => other,
    }
}

/// `http://user:***@host`.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let host = rest.split(['/', '?']).next().unwrap_or(rest);
    match host.rsplit_once('@') {
        Some((user, _)) => {
            let name = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{name}:{HIDDEN}{}", &rest[user.len()..])
        }
        None => text.to_owned(),
    }
}

/// `https://host/path?***`.
fn without_query(text: &str) -> String {
    match text.split_once('?') {
        Some((address, query)) if address.contains("://") && !query.is_empty() => {
            format!("{address}?{HIDDEN}")
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, set: &[(&str, Origin)]) -> BTreeMap<String, (Value, Origin)> {
        let config = Config::parse("my.toml", text).unwrap();
        let set = set.iter().map(|(key, origin)| ((*key).to_owned(), origin.clone())).collect();
        let shown = shown(&config, text, &set).unwrap();
        shown.into_iter().map(|it| (it.key, (it.value, it.origin))).collect()
    }

    #[test]
    fn each_value_has_its_origin() {
        let text = "# mine\n[kafka]\npartitions = 8\nclient.\"client.rack\" = \"a\"\n\n[rules]\n\
                    tick_s = 60\n";
        let shown = of(text, &[("rules.clock", Origin::Flag("--clock"))]);
        assert_eq!(shown["kafka.partitions"], (8.into(), Origin::File(3)));
        assert_eq!(shown["kafka.client.\"client.rack\""], ("a".into(), Origin::File(4)));
        // A value that is written down is that of the file, also if it is the default.
        assert_eq!(shown["rules.tick_s"], (60.into(), Origin::File(7)));
        assert_eq!(shown["kafka.brokers"], ("localhost:9092".into(), Origin::Default));
        assert_eq!(shown["rules.clock"], ("wall".into(), Origin::Flag("--clock")));
    }

    #[test]
    fn every_key_of_the_deployed_file_is_shown_with_its_line() {
        let text = include_str!("../../../deploy/config.toml");
        for (key, (_, origin)) in of(text, &[]) {
            let Origin::File(line) = origin else { panic!("{key} is not in the file") };
            let name = key.rsplit('.').next().unwrap();
            assert!(text.lines().nth(line - 1).unwrap().starts_with(name), "{key}: {line}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let text = "[kafka.client]\n\"sasl.password\" = \"s3cret\"\n\"ssl.key.pem\" = \"s3cret\"\n\
                    \"ssl.key.password\" = \"s3cret\"\n\"ssl.key.location\" = \"/etc/client.key\"\n";
        let config = toml::from_str::<Config>(text).unwrap();
        let shown = shown(&config, text, &BTreeMap::new()).unwrap();
        assert!(!format!("{shown:?}").contains("s3cret"), "{shown:?}");
        let hidden = shown.iter().filter(|it| it.value == HIDDEN).count();
        assert_eq!(hidden, 3, "{shown:?}");
        assert!(shown.iter().any(|it| it.value == "/etc/client.key"));
    }

    #[test]
    fn of_a_target_neither_secret_nor_query_is_shown() {
        let text = "[hooks.targets.board]\nurl = \"https://a.example/b?key=s3cret\"\n\
                    secret_file = \"/etc/board.secret\"\n";
        let shown = of(text, &[]);
        let address = &shown["hooks.targets.board.url"];
        assert_eq!(*address, ("https://a.example/b?***".into(), Origin::File(2)));
        assert_eq!(shown["hooks.targets.board.secret_file"].0, "/etc/board.secret");
        let check = |text: &str| assert_eq!(without_query(text), text);
        check("https://a.example/b");
        check("a?b");
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        let check = |text: &str, shown: &str| assert_eq!(without_password(text), shown);
        check("http://me:s3cret@host:8081/a", "http://me:***@host:8081/a");
        check("http://me:s3:c@ret@host", "http://me:***@host");
        check("http://host:8081/a@b", "http://host:8081/a@b");
        check("localhost:9092", "localhost:9092");
        assert_eq!(hidden("a.tokens_file", "/etc/tokens".into()), "/etc/tokens");
        assert_eq!(hidden("a.token", "".into()), "");
    }
}
