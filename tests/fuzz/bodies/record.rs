//! Records by the schema of this program, with the check that the bytes lack, and as they are.

use airshed::wire::record::{self, Decoder};

use super::support::{PARSE, rules, with_check};

/// What is read is told without a panic, is written in one form only, and comes back from it.
pub(crate) fn fuzz(data: &[u8]) {
    let decoder = Decoder::new(PARSE);
    for bytes in [data, &with_check(data)] {
        let Ok((record, length)) = decoder.decode(bytes) else { continue };
        assert!(length <= bytes.len());
        assert_eq!(record::position(bytes), Ok(record.position));
        let mut written = Vec::new();
        record::encode(&record, &mut written);
        let again = decoder.decode(&written);
        assert_eq!(again.as_ref(), Ok(&(record.clone(), written.len())));
        let mut twice = Vec::new();
        record::encode(&record, &mut twice);
        assert_eq!(written, twice);
        for rules in [None, Some(rules())] {
            record::line(&record, rules);
            record::json::record(&record, rules);
        }
    }
}
