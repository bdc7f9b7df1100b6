//! What a schema registry, or something else at its address, answers.

use airshed::wire::message::{Schemas, read_id_answer, read_plain_answer, read_schema_answer};

/// Two bytes of a status, then the body of the answer.
pub(crate) fn fuzz(data: &[u8]) {
    let Some((status, body)) = data.split_first_chunk() else { return };
    let status = u16::from_be_bytes(*status);
    match read_schema_answer(status, body) {
        Ok(schema) => {
            assert!((200..300).contains(&status));
            // It need not be a schema of ours.
            let _kind = Schemas::default().learn_id(7, &schema);
        }
        Err(why) => assert!(is_line(&why.to_string()), "{why}"),
    }
    if let Err(why) = read_id_answer(status, body) {
        assert!(is_line(&why), "{why}");
    }
    assert_eq!(read_plain_answer(status, body).is_ok(), (200..300).contains(&status));
}

/// What a registry says stands in our own lines: it must not begin others, or be long.
fn is_line(words: &str) -> bool {
    words.chars().count() < 400 && !words.chars().any(char::is_control)
}
