//! Messages by a schema that somebody else has registered, and such schemas themselves.

use airshed::wire::message::Schemas;

use super::message::{come_back, read};

/// The schema, a line of nothing but a NUL byte, and what is written by it.
pub(crate) fn fuzz(data: &[u8]) {
    let end = data.iter().position(|it| *it == 0).unwrap_or(data.len());
    let (schema, datum) = data.split_at(end);
    let Ok(schema) = str::from_utf8(schema) else { return };
    let mut schemas = Schemas::default();
    if schemas.learn_id(7, schema).is_err() {
        return;
    }
    let message = [&[0, 0, 0, 0, 7], datum.get(1..).unwrap_or_default()].concat();
    if let Some(commands) = read(&message, &schemas) {
        come_back(&commands);
    }
}
