//! Reads keys of a TOML file and reports every mistake with file, line and key.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::RuleBookError;
use crate::domain::{Certainty, Date, Grade};

/// One file of a rule book.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

/// A table: each key is taken once, and what is left at the end is unknown.
#[derive(Clone, Debug)]
pub(super) struct Keys<'a> {
    place: KeyLocation<'a>,
    entries: BTreeMap<String, Value<'a>>,
    asked: Vec<&'static str>,
}

/// What stands behind a key.
#[derive(Clone, Debug)]
pub(super) struct Value<'a> {
    place: KeyLocation<'a>,
    inner: DeValue<'a>,
}

/// Where something stands.
#[derive(Clone, Debug)]
struct KeyLocation<'a> {
    file: File<'a>,
    key: String,
    at: usize,
}

impl<'a> Keys<'a> {
    pub(super) fn parse(file: File<'a>) -> Result<Self, RuleBookError> {
        let whole = KeyLocation { file, key: String::new(), at: 0 };
        match DeTable::parse(file.text) {
            Ok(table) => Ok(Self::of(whole, table.into_inner())),
            Err(error) => {
                let place = KeyLocation { at: error.span().map_or(0, |it| it.start), ..whole };
                Err(place.refuse(error.message(), "it must be TOML"))
            }
        }
    }

    fn of(place: KeyLocation<'a>, table: DeTable<'a>) -> Self {
        let within = |key: &str| match place.key.as_str() {
            "" => key.to_owned(),
            outer => format!("{outer}.{key}"),
        };
        let entries = table
            .into_iter()
            .map(|(key, inner)| {
                let at = KeyLocation {
                    key: within(key.get_ref()),
                    at: key.span().start,
                    ..place.clone()
                };
                (key.into_inner().into_owned(), Value { place: at, inner: inner.into_inner() })
            })
            .collect();
        Self { place, entries, asked: Vec::new() }
    }

    /// Puts the keys of another table over these.
    pub(super) fn overlay(&mut self, over: Self) {
        self.entries.extend(over.entries);
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    pub(super) fn take(&mut self, key: &'static str) -> Option<Value<'a>> {
        self.asked.push(key);
        self.entries.remove(key)
    }

    pub(super) fn need(&mut self, key: &'static str) -> Result<Value<'a>, RuleBookError> {
        self.take(key).ok_or_else(|| {
            let mut place = self.place.clone();
            place.key =
                if place.key.is_empty() { key.into() } else { format!("{}.{key}", place.key) };
            place.refuse("is missing", "it must be given")
        })
    }

    /// An array of tables; none when the key is absent.
    pub(super) fn tables(&mut self, key: &'static str) -> Result<Vec<Self>, RuleBookError> {
        let Some(value) = self.take(key) else { return Ok(Vec::new()) };
        value.list()?.into_iter().map(Value::keys).collect()
    }

    /// Refuses unknown keys.
    pub(super) fn finish(self) -> Result<(), RuleBookError> {
        let Some(unknown) = self.entries.into_values().next() else { return Ok(()) };
        Err(unknown.refuse("unknown key", &format!("known here: {}", self.asked.join(", "))))
    }

    /// A mistake of what stands behind a key that has not been taken.
    pub(super) fn refuse_key(&self, key: &str, problem: &str, remedy: &str) -> RuleBookError {
        let place = self.entries.get(key).map_or(&self.place, |it| &it.place);
        place.refuse(problem, remedy)
    }

    /// A mistake of the table as a whole.
    pub(super) fn refuse(&self, problem: &str, remedy: &str) -> RuleBookError {
        self.place.refuse(problem, remedy)
    }
}

impl<'a> Value<'a> {
    pub(super) fn refuse(&self, problem: &str, remedy: &str) -> RuleBookError {
        self.place.refuse(problem, remedy)
    }

    fn wrong(&self, expected: &str) -> RuleBookError {
        let shown = match &self.inner {
            DeValue::String(text) => format!("\"{text}\""),
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Datetime(moment) => moment.to_string(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        self.refuse(&format!("{shown} is wrong"), &format!("right is {expected}"))
    }

    pub(super) fn text(&self) -> Result<&str, RuleBookError> {
        let text = self.inner.as_str().filter(|it| !it.is_empty());
        text.ok_or_else(|| self.wrong("a text"))
    }

    pub(super) fn shared(&self) -> Result<Arc<str>, RuleBookError> {
        self.text().map(Arc::from)
    }

    pub(super) fn integer<T: TryFrom<i64>>(
        &self,
        range: RangeInclusive<i64>,
    ) -> Result<T, RuleBookError> {
        let number = self
            .inner
            .as_integer()
            .and_then(|it| i64::from_str_radix(it.as_str(), it.radix()).ok());
        let within = number.filter(|it| range.contains(it)).and_then(|it| T::try_from(it).ok());
        let expected = || format!("a whole number from {} to {}", range.start(), range.end());
        within.ok_or_else(|| self.wrong(&expected()))
    }

    /// A number with at most one decimal, in tenths.
    pub(super) fn tenths(&self, most: i32) -> Result<i32, RuleBookError> {
        let whole = self.inner.as_integer().map(|it| format!("{}0", it.as_str()));
        let text = whole.or_else(|| {
            let (whole, decimals) = self.inner.as_float()?.as_str().split_once('.')?;
            (decimals.len() == 1).then(|| format!("{whole}{decimals}"))
        });
        let tenths = text.and_then(|it| it.parse().ok()).filter(|it| (1..=most * 10).contains(it));
        tenths.ok_or_else(|| self.wrong(&format!("a number from 0.1 to {most} with one decimal")))
    }

    pub(super) fn boolean(&self) -> Result<bool, RuleBookError> {
        self.inner.as_bool().ok_or_else(|| self.wrong("true or false"))
    }

    pub(super) fn date(&self) -> Result<Date, RuleBookError> {
        let date = self.inner.as_datetime().and_then(|it| Date::parse(&it.to_string()));
        date.ok_or_else(|| self.wrong("a date such as 2019-01-12, without quotes"))
    }

    pub(super) fn list(self) -> Result<Vec<Self>, RuleBookError> {
        let Self { place, inner: DeValue::Array(items) } = self else {
            return Err(self.wrong("a list"));
        };
        let items = items.into_iter().enumerate().map(|(number, item)| Self {
            place: KeyLocation {
                key: format!("{}[{number}]", place.key),
                at: item.span().start,
                ..place.clone()
            },
            inner: item.into_inner(),
        });
        Ok(items.collect())
    }

    pub(super) fn keys(self) -> Result<Keys<'a>, RuleBookError> {
        match self {
            Self { place, inner: DeValue::Table(table) } => Ok(Keys::of(place, table)),
            Self { .. } => Err(self.wrong("a table")),
        }
    }

    /// One of several fixed words.
    pub(super) fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, RuleBookError> {
        let word = self.text().ok();
        let found = words.iter().find(|(name, _)| Some(*name) == word);
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let names: Vec<_> = words.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            self.wrong(&format!("one of {}", names.join(", ")))
        })
    }

    pub(super) fn certainty(&self) -> Result<Certainty, RuleBookError> {
        self.one_of(&Certainty::ALL.map(|it| (it.name(), it)))
    }

    /// Any grade but none.
    pub(super) fn grade(&self) -> Result<Grade, RuleBookError> {
        let [_, grades @ ..] = Grade::ALL.map(|it| (it.name(), it));
        self.one_of(&grades)
    }
}

impl KeyLocation<'_> {
    fn refuse(&self, problem: &str, remedy: &str) -> RuleBookError {
        let before = self.file.text.get(..self.at).unwrap_or_default();
        RuleBookError {
            file: self.file.name.to_owned(),
            line: Some(before.matches('\n').count() + 1),
            key: if self.key.is_empty() { "the file".to_owned() } else { self.key.clone() },
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        }
    }
}
