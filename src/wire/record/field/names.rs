//! From places in the rule book to the names that people and programs use, and JSON of small parts.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::domain::{JurisdictionIndex, Rules, Source, StationIndex, Stream, WarningId};

/// From places in the rule book to names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a>(pub(crate) Option<&'a Rules>);

impl Names<'_> {
    /// `110000`; where the rules do not know it, its place such as `#7`.
    pub(crate) fn jurisdiction(self, index: JurisdictionIndex) -> String {
        let found = self.0.and_then(|it| it.jurisdictions.get(usize::from(index.0)));
        found.map_or_else(|| format!("#{}", index.0), |it| it.division.to_string())
    }

    /// `1001A`; where the rules do not know it, its place such as `#7`.
    pub(crate) fn station(self, index: StationIndex) -> String {
        let found = self.0.and_then(|it| it.stations.get(usize::from(index.0)));
        found.map_or_else(|| format!("#{}", index.0), |it| it.code.to_string())
    }

    /// `130100-7`.
    pub(crate) fn warning(self, id: WarningId) -> String {
        format!("{}-{}", self.jurisdiction(id.jurisdiction), id.number)
    }
}

/// `{topic, partition, offset}`, or `{file, line}`.
pub fn source(source: &Source) -> Value {
    position_in(&source.stream, source.position)
}

pub(in crate::wire::record) fn optional_source(from: Option<&Source>) -> Value {
    from.map_or(Value::Null, source)
}

pub(in crate::wire::record) fn position_in(stream: &Stream, position: u64) -> Value {
    match stream.partition {
        Some(partition) => {
            json!({"topic": &*stream.name, "partition": partition, "offset": position})
        }
        None => json!({"file": &*stream.name, "line": position}),
    }
}

pub(in crate::wire::record) fn stream(stream: &Stream) -> Value {
    if let Some((name, id)) = stream.as_topic_id() {
        return json!({"topic": name, "id": id});
    }
    match stream.partition {
        Some(partition) => json!({"topic": &*stream.name, "partition": partition}),
        None => json!({"file": &*stream.name}),
    }
}

pub(in crate::wire::record) fn text(value: Option<impl ToString>) -> Value {
    value.map_or(Value::Null, |it| it.to_string().into())
}

pub(in crate::wire::record) fn texts(items: &[Arc<str>]) -> Value {
    list(items, |it| (**it).into())
}

pub(in crate::wire::record) fn list<T>(items: &[T], each: impl FnMut(&T) -> Value) -> Value {
    items.iter().map(each).collect()
}
