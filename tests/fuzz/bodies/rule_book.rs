//! Rule books one of whose files is something else.

use std::sync::Arc;

use airshed::wire::rule_book::{RUN_FILE, built_in, parse};

/// The first byte chooses the file, the others are its text. What is a rule book stays one.
pub(crate) fn fuzz(data: &[u8]) {
    let Some((first, text)) = data.split_first() else { return };
    let Ok(text) = str::from_utf8(text) else { return };
    let mut files = built_in();
    files.push((RUN_FILE.into(), "".into()));
    let at = usize::from(*first) % files.len();
    files[at].1 = text.into();
    if let Ok(book) = parse(files) {
        let again = parse(book.files.clone()).expect("it was a rule book");
        assert_eq!(again.digest, book.digest);
        assert_eq!(again.rules, book.rules);
        let _shared = Arc::new(again);
    }
}
