//! What several payloads are made of: streams, times, places of jurisdictions and stations.

use crate::domain::{Hour, JurisdictionIndex, Source, StationIndex, Stream, Timestamp, WarningId};
use crate::wire::avro::{ByteReader, Malformed, Put};

pub(crate) fn put_stream(put: &mut Put<'_>, stream: &Stream) {
    put.string(&stream.name);
    put.optional(stream.partition, Put::int);
}

pub(crate) fn parse_stream(reader: &mut ByteReader<'_>) -> Result<Stream, Malformed> {
    Ok(Stream { name: reader.string()?.into(), partition: reader.optional(ByteReader::int)? })
}

pub(crate) fn put_source(put: &mut Put<'_>, source: Option<&Source>) {
    put.optional(source, |put, source| {
        put_stream(put, &source.stream);
        put.unsigned(source.position);
    });
}

pub(in crate::wire::record) fn parse_source(
    reader: &mut ByteReader<'_>,
) -> Result<Option<Source>, Malformed> {
    reader.optional(|reader| {
        Ok(Source { stream: parse_stream(reader)?, position: reader.unsigned()? })
    })
}

pub(crate) fn put_time(put: &mut Put<'_>, time: Timestamp) {
    put.long(time.0);
}

pub(crate) fn parse_time(reader: &mut ByteReader<'_>) -> Result<Timestamp, Malformed> {
    reader.long().map(Timestamp)
}

pub(crate) fn put_hour(put: &mut Put<'_>, hour: Hour) {
    put.int(hour.0);
}

pub(crate) fn parse_hour(reader: &mut ByteReader<'_>) -> Result<Hour, Malformed> {
    reader.int().map(Hour)
}

pub(crate) fn parse_jurisdiction(
    reader: &mut ByteReader<'_>,
) -> Result<JurisdictionIndex, Malformed> {
    reader.int().map(JurisdictionIndex)
}

pub(crate) fn parse_station(reader: &mut ByteReader<'_>) -> Result<StationIndex, Malformed> {
    reader.int().map(StationIndex)
}

pub(in crate::wire::record) fn put_warning(put: &mut Put<'_>, it: WarningId) {
    put.int(it.jurisdiction.0);
    put.unsigned(it.number.into());
}

pub(in crate::wire::record) fn parse_warning(
    reader: &mut ByteReader<'_>,
) -> Result<WarningId, Malformed> {
    Ok(WarningId { jurisdiction: parse_jurisdiction(reader)?, number: reader.int()? })
}
