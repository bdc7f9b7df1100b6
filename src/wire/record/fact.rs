//! Facts other than readings and forecasts: rule book, streams, ticks, exclusions, refusals.

use std::sync::Arc;

use crate::domain::{
    Exclusion, ExclusionKind, Hour, JurisdictionIndex, Reason, Refusal, RuleBook, Source, Stream,
    Tick, Timestamp,
};
use crate::wire::avro::{Malformed, Put, Take};

/// Name and text of each file of a rule book.
pub type RuleFiles = [RuleFile];
/// Name and text of a file.
pub type RuleFile = (Arc<str>, Arc<str>);

pub(super) fn put_stream(put: &mut Put<'_>, stream: &Stream) {
    put.string(&stream.name);
    put.optional(stream.partition, Put::int);
}

pub(crate) fn take_stream(take: &mut Take<'_>) -> Result<Stream, Malformed> {
    Ok(Stream { name: take.string()?.into(), partition: take.optional(Take::int)? })
}

pub(super) fn put_source(put: &mut Put<'_>, source: Option<&Source>) {
    put.optional(source, |put, source| {
        put_stream(put, &source.stream);
        put.unsigned(source.position);
    });
}

pub(super) fn take_source(take: &mut Take<'_>) -> Result<Option<Source>, Malformed> {
    take.optional(|take| Ok(Source { stream: take_stream(take)?, position: take.unsigned()? }))
}

pub(super) fn put_time(put: &mut Put<'_>, time: Timestamp) {
    put.long(time.0);
}

pub(crate) fn take_time(take: &mut Take<'_>) -> Result<Timestamp, Malformed> {
    take.long().map(Timestamp)
}

pub(super) fn put_hour(put: &mut Put<'_>, hour: Hour) {
    put.int(hour.0);
}

pub(crate) fn take_hour(take: &mut Take<'_>) -> Result<Hour, Malformed> {
    take.int().map(Hour)
}

pub(crate) fn take_jurisdiction(take: &mut Take<'_>) -> Result<JurisdictionIndex, Malformed> {
    take.int().map(JurisdictionIndex)
}

pub(super) fn put_rule_book(put: &mut Put<'_>, book: &RuleBook) {
    put.string(&book.digest);
    put.array(&book.files, |put, (name, text)| {
        put.string(name);
        put.string(text);
    });
}

/// The digest and the files; what they say is for others to read.
pub(super) fn take_rule_book<'a>(
    take: &mut Take<'a>,
) -> Result<(&'a str, Vec<RuleFile>), Malformed> {
    let digest = take.string()?;
    let files = take.array(|take| Ok((take.string()?.into(), take.string()?.into())))?;
    Ok((digest, files))
}

pub(super) fn put_tick(put: &mut Put<'_>, tick: &Tick) {
    put_time(put, tick.at);
    put_source(put, tick.source.as_ref());
}

pub(super) fn take_tick(take: &mut Take<'_>) -> Result<Tick, Malformed> {
    Ok(Tick { at: take_time(take)?, source: take_source(take)? })
}

pub(super) fn put_exclusion(put: &mut Put<'_>, it: &Exclusion) {
    put.int(it.jurisdiction.0);
    put_hour(put, it.first);
    put_hour(put, it.last);
    put.place(it.kind as u8);
    put.string(&it.evidence);
    put_source(put, it.source.as_ref());
}

pub(crate) fn take_exclusion(take: &mut Take<'_>) -> Result<Exclusion, Malformed> {
    Ok(Exclusion {
        jurisdiction: take_jurisdiction(take)?,
        first: take_hour(take)?,
        last: take_hour(take)?,
        kind: take.one_of(&ExclusionKind::ALL)?,
        evidence: take.string()?.into(),
        source: take_source(take)?,
    })
}

pub(super) fn put_refusal(put: &mut Put<'_>, it: &Refusal) {
    put.place(it.reason as u8);
    put_source(put, it.source.as_ref());
    put.optional(it.hour, put_hour);
    put.string(&it.excerpt);
    put.unsigned(it.count);
}

pub(super) fn take_refusal(take: &mut Take<'_>) -> Result<Refusal, Malformed> {
    Ok(Refusal {
        reason: take.one_of(&Reason::ALL)?,
        source: take_source(take)?,
        hour: take.optional(take_hour)?,
        excerpt: take.string()?.into(),
        count: take.unsigned()?,
    })
}
