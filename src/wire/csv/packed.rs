//! Plain, gzip or xz, by the first bytes and not by the name.

use std::io::{self, BufRead, BufReader, Read};

const GZIP: &[u8] = &[0x1f, 0x8b];
const XZ: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];

/// Bytes in one read; large enough that a call costs nothing.
const BUFFER_BYTES: usize = 64 * 1024;

/// The plain bytes. Several packed parts, one after the other, are one.
pub(super) fn unpack(bytes: Box<dyn Read + Send>) -> io::Result<Box<dyn BufRead + Send>> {
    let mut bytes = BufReader::with_capacity(BUFFER_BYTES, bytes);
    let beginning = bytes.fill_buf()?;
    if beginning.starts_with(GZIP) {
        let plain = flate2::bufread::MultiGzDecoder::new(bytes);
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, plain)));
    }
    if beginning.starts_with(XZ) {
        let plain = liblzma::bufread::XzDecoder::new_multi_decoder(bytes);
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, plain)));
    }
    Ok(Box::new(bytes))
}
