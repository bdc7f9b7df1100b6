//! The rule book from here on, as text.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::domain::RuleBook;
use crate::wire::avro::{ByteReader, Malformed, Put};

use crate::wire::record::names::list;

/// Name and text of each file of a rule book.
pub type RuleFiles = [RuleFile];
/// Name and text of a file.
pub type RuleFile = (Arc<str>, Arc<str>);

pub(super) fn put(put: &mut Put<'_>, book: &RuleBook) {
    put.string(&book.digest);
    put.array(&book.files, |put, (name, text)| {
        put.string(name);
        put.string(text);
    });
}

/// The digest and the files, not parsed yet.
pub(super) fn parse<'a>(
    reader: &mut ByteReader<'a>,
) -> Result<(&'a str, Vec<RuleFile>), Malformed> {
    let digest = reader.string()?;
    let files = reader.array(|reader| Ok((reader.string()?.into(), reader.string()?.into())))?;
    Ok((digest, files))
}

pub(super) fn json(book: &RuleBook) -> Value {
    json!({
        "digest": &*book.digest,
        "files": list(&book.files, |(name, text)| json!({"name": &**name, "text": &**text})),
    })
}

pub(super) fn words(book: &RuleBook) -> String {
    let airshed = &book.rules.airshed;
    format!("{airshed}, {} files, digest {}", book.files.len(), book.digest)
}

#[cfg(test)]
pub(super) use samples::{any, sample};

#[cfg(test)]
mod samples {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::wire::record::samples::{parse, text};

    pub(in crate::wire::record::payload) fn sample() -> Arc<RuleBook> {
        parse(&[("airshed.toml".into(), "name = \"京津冀\"".into())]).unwrap()
    }

    pub(in crate::wire::record::payload) fn any() -> impl Strategy<Value = Arc<RuleBook>> {
        vec((text(), text()), 0..3).prop_map(|it| parse(&it).unwrap())
    }
}
