//! What several payloads are made of: streams, times, places of jurisdictions and stations.

use crate::domain::{Hour, JurisdictionIndex, Source, StationIndex, Stream, Timestamp, WarningId};
use crate::wire::avro::{Malformed, Put, Take};

pub(crate) fn put_stream(put: &mut Put<'_>, stream: &Stream) {
    put.string(&stream.name);
    put.optional(stream.partition, Put::int);
}

pub(crate) fn take_stream(take: &mut Take<'_>) -> Result<Stream, Malformed> {
    Ok(Stream { name: take.string()?.into(), partition: take.optional(Take::int)? })
}

pub(crate) fn put_source(put: &mut Put<'_>, source: Option<&Source>) {
    put.optional(source, |put, source| {
        put_stream(put, &source.stream);
        put.unsigned(source.position);
    });
}

pub(in crate::wire::record) fn take_source(
    take: &mut Take<'_>,
) -> Result<Option<Source>, Malformed> {
    take.optional(|take| Ok(Source { stream: take_stream(take)?, position: take.unsigned()? }))
}

pub(crate) fn put_time(put: &mut Put<'_>, time: Timestamp) {
    put.long(time.0);
}

pub(crate) fn take_time(take: &mut Take<'_>) -> Result<Timestamp, Malformed> {
    take.long().map(Timestamp)
}

pub(crate) fn put_hour(put: &mut Put<'_>, hour: Hour) {
    put.int(hour.0);
}

pub(crate) fn take_hour(take: &mut Take<'_>) -> Result<Hour, Malformed> {
    take.int().map(Hour)
}

pub(crate) fn take_jurisdiction(take: &mut Take<'_>) -> Result<JurisdictionIndex, Malformed> {
    take.int().map(JurisdictionIndex)
}

pub(crate) fn take_station(take: &mut Take<'_>) -> Result<StationIndex, Malformed> {
    take.int().map(StationIndex)
}

pub(in crate::wire::record) fn put_warning(put: &mut Put<'_>, it: WarningId) {
    put.int(it.jurisdiction.0);
    put.unsigned(it.number.into());
}

pub(in crate::wire::record) fn take_warning(take: &mut Take<'_>) -> Result<WarningId, Malformed> {
    Ok(WarningId { jurisdiction: take_jurisdiction(take)?, number: take.int()? })
}
