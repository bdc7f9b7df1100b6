//! What a schema registry says, in the API that Confluent has published.

use serde_json::Value;
use thiserror::Error;

/// Where the schemas of registry ids are found. A call never waits.
pub trait WriterSchemas: Send {
    /// Asks for the schema of an id. The place is that of the message that waits for it.
    fn ask(&mut self, id: u32, place: &str);
    /// All answers that have come, each once: the schema of an id, or why there is none.
    fn answers(&mut self) -> Vec<(u32, Result<String, NoSchema>)>;
}

/// A registry has no schema for an id that this program could use.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum NoSchema {
    /// There is no such id. It may be given later.
    #[error("the registry has no schema with this id")]
    Absent,
    /// There is one, and it stays as it is.
    #[error("{0}")]
    Unusable(String),
}

/// Why the schema of an id was not received.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum Unanswered {
    /// There is no such schema, or none that can be used.
    #[error(transparent)]
    Refused(#[from] NoSchema),
    /// The registry may answer when it is asked again.
    #[error("{0}")]
    Later(String),
}

const NOT_FOUND: u16 = 404;
const SUBJECT_NOT_FOUND: i64 = 40_401;
const SCHEMA_NOT_FOUND: i64 = 40_403;
/// As many letters of what a registry says.
const WORDS_MAX: usize = 200;

/// The schema in the answer to `GET /schemas/ids/{id}`.
pub fn read_schema_answer(status: u16, body: &[u8]) -> Result<String, Unanswered> {
    let answer: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    if status == NOT_FOUND && answer["error_code"].as_i64() == Some(SCHEMA_NOT_FOUND) {
        return Err(NoSchema::Absent.into());
    }
    let Some(schema) = answer["schema"].as_str().filter(|_| is_success(status)) else {
        return Err(Unanswered::Later(words_of(status, &answer)));
    };
    if let Some(kind) = answer["schemaType"].as_str().filter(|it| *it != "AVRO") {
        let words = format!("its schema is of the type {}, not AVRO", clipped(kind));
        return Err(NoSchema::Unusable(words).into());
    }
    if answer["references"].as_array().is_some_and(|it| !it.is_empty()) {
        let words = "its schema has references to other subjects; register it as one schema";
        return Err(NoSchema::Unusable(words.into()).into());
    }
    Ok(schema.to_owned())
}

/// The id in the answer to a look-up or a registration of a schema; none where a look-up did not
/// find it. The error is for people.
pub fn read_id_answer(status: u16, body: &[u8]) -> Result<Option<u32>, String> {
    let answer: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let code = answer["error_code"].as_i64();
    if status == NOT_FOUND && [Some(SUBJECT_NOT_FOUND), Some(SCHEMA_NOT_FOUND)].contains(&code) {
        return Ok(None);
    }
    let id = answer["id"].as_u64().and_then(|it| u32::try_from(it).ok());
    match id.filter(|_| is_success(status)) {
        Some(id) => Ok(Some(id)),
        None => Err(words_of(status, &answer)),
    }
}

/// Whether an answer without a result says that all is well. The error is for people.
pub fn read_plain_answer(status: u16, body: &[u8]) -> Result<(), String> {
    if is_success(status) {
        return Ok(());
    }
    Err(words_of(status, &serde_json::from_slice(body).unwrap_or(Value::Null)))
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn words_of(status: u16, answer: &Value) -> String {
    let advice = match status {
        200..300 => ": no answer of a schema registry; check registry.url",
        401 | 403 => ": check registry.user and registry.password, or registry.token",
        NOT_FOUND => ": check registry.url",
        _ => "",
    };
    let message = answer["message"].as_str().map(clipped);
    let message = message.map(|it| format!(" ({it})")).unwrap_or_default();
    format!("status {status}{message}{advice}")
}

/// Not more than fits into a line.
fn clipped(words: &str) -> String {
    words.chars().filter(|it| !it.is_control()).take(WORDS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(status: u16, body: &str, said: &str) {
        match read_schema_answer(status, body.as_bytes()) {
            Err(Unanswered::Later(words)) => assert!(words.contains(said), "{words}"),
            other => panic!("{status} {body}: {other:?}"),
        }
    }

    #[test]
    fn a_schema_comes_or_is_refused_or_may_come_later() {
        let read = |body: &str| read_schema_answer(200, body.as_bytes());
        assert_eq!(read(r#"{"schema": "\"int\""}"#), Ok("\"int\"".into()));
        assert_eq!(
            read(r#"{"schema": "x", "schemaType": "AVRO", "references": []}"#),
            Ok("x".into())
        );
        for (body, said) in [
            (r#"{"schema": "{}", "schemaType": "JSON"}"#, "type JSON, not AVRO"),
            (r#"{"schema": "x", "references": [{"name": "a"}]}"#, "as one schema"),
        ] {
            match read(body) {
                Err(Unanswered::Refused(NoSchema::Unusable(words))) => {
                    assert!(words.contains(said));
                }
                other => panic!("{body}: {other:?}"),
            }
        }
        let absent = read_schema_answer(404, br#"{"error_code": 40403, "message": "no"}"#);
        assert_eq!(absent, Err(Unanswered::Refused(NoSchema::Absent)));
        // Anything else is no answer about the id.
        later(
            404,
            r#"{"error_code": 404, "message": "no such page"}"#,
            "(no such page): check registry.url",
        );
        later(404, "<html>", "status 404: check registry.url");
        later(200, "<html>", "no answer of a schema registry");
        later(200, r#"{"schema": 3}"#, "no answer of a schema registry");
        later(401, r#"{"message": "who\nare you?"}"#, "(whoare you?): check registry.user");
        later(500, r#"{"error_code": 50001, "schema": "x"}"#, "status 500");
        later(302, r#"{"schema": "x"}"#, "status 302");
    }

    #[test]
    fn an_id_is_found_or_not_or_there_is_an_error() {
        let read = |status, body: &str| read_id_answer(status, body.as_bytes());
        assert_eq!(read(200, r#"{"id": 7, "version": 1}"#), Ok(Some(7)));
        assert_eq!(read(404, r#"{"error_code": 40401}"#), Ok(None));
        assert_eq!(read(404, r#"{"error_code": 40403}"#), Ok(None));
        assert_eq!(read(404, "{}"), Err("status 404: check registry.url".into()));
        let words = read(409, r#"{"error_code": 409, "message": "incompatible"}"#);
        assert_eq!(words, Err("status 409 (incompatible)".into()));
        assert!(read(200, r#"{"id": 4294967296}"#).is_err());
        assert_eq!(read_plain_answer(200, b""), Ok(()));
        assert_eq!(read_plain_answer(403, b"").map_err(|it| it.len() > 20), Err(true));
    }
}
