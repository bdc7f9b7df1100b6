//! Base64 as notes have it: the standard alphabet, padded, one text for one value.

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;

/// As text.
pub fn text(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// From text; none where it is not the text of any bytes.
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
