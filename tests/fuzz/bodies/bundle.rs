//! Evidence bundles.

use std::sync::LazyLock;

use airshed::wire::record::{self, SCHEMA};
use airshed::wire::trust::bundle::Bundle;
use airshed::wire::trust::key::VerifierKey;

use serde_json::Value;

use super::support::PARSE;
use super::trust::key;

static KEYS: LazyLock<[VerifierKey; 1]> = LazyLock::new(|| [key().verifier()]);

/// Stands for our own schema, which is long.
pub(crate) const OURS: &str = "ours";

/// What is proven is told without a panic, and is proven again by what is written of it.
pub(crate) fn fuzz(data: &[u8]) {
    let Ok(mut json) = serde_json::from_slice::<Value>(data) else { return };
    for schema in json.get_mut("schemas").and_then(Value::as_array_mut).into_iter().flatten() {
        if *schema == OURS {
            *schema = SCHEMA.into();
        }
    }
    let Ok(bundle) = serde_json::from_value::<Bundle>(json) else { return };
    let written = serde_json::to_vec(&bundle).expect("a bundle is written as JSON");
    let again: Bundle = serde_json::from_slice(&written).expect("we wrote it");
    let proven = bundle.check(PARSE, &*KEYS, &[]);
    assert_eq!(again.check(PARSE, &*KEYS, &[]).is_ok(), proven.is_ok());
    let _why = bundle.check(PARSE, &*KEYS, &*KEYS);
    for (_, it, book) in proven.into_iter().flat_map(|it| it.records) {
        record::line(&it, book.as_ref().map(|it| &it.rules));
    }
}
