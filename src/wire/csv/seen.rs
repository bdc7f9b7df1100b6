//! What a file is that has no header of a known format.

use std::fmt;

use super::fields::{Fields, count};
use super::layout::is_named;
use crate::wire::excerpt::excerpt;

/// As much is looked at.
const BYTES_MAX: usize = 4096;

/// How a file begins, without its line ends and empty lines.
#[derive(Debug, Default)]
pub(super) struct Seen {
    first: Vec<u8>,
    all: Vec<u8>,
}

impl Seen {
    /// A line that is no header.
    pub(super) fn add(&mut self, line: &[u8]) {
        let line = &line[..line.len().min(BYTES_MAX)];
        if self.all.is_empty() {
            self.first = line.to_vec();
        }
        if self.all.len() < BYTES_MAX {
            self.all.extend_from_slice(line);
            self.all.push(b'\n');
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.all.is_empty() {
            return f.write_str("an empty file");
        }
        if let Some(what) = packed(&self.all).or_else(|| other_than_text(&self.all)) {
            return write!(f, "{what}, no table of readings");
        }
        let found = excerpt(&self.first);
        match text(&self.first, &self.all) {
            Some(what) => write!(f, "{what}, no table of readings: {found:?}"),
            None => write!(f, "no header of a known format but {found:?}"),
        }
    }
}

/// Formats by their first bytes.
const MAGIC: [(&[u8], &str); 18] = [
    (b"PK\x03\x04", "a zip archive or a workbook (unpack it, or save it as CSV)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (&[0x1f, 0x8b], "gzip within a packed file (unpack it once)"),
    (&[0xfd, b'7', b'z', b'X', b'Z'], "xz within a packed file (unpack it once)"),
    (b"BZh", "a bzip2 file (pack it as gzip or xz)"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "a zstd file (pack it as gzip or xz)"),
    (&[0x04, 0x22, 0x4d, 0x18], "an lz4 file (pack it as gzip or xz)"),
    (b"7z\xbc\xaf", "a 7z archive (unpack it)"),
    (b"Rar!", "a RAR archive (unpack it)"),
    (&[0xd0, 0xcf, 0x11, 0xe0], "an old workbook (save it as CSV)"),
    (b"%PDF", "a PDF document"),
    (b"PAR1", "a Parquet file (save it as CSV)"),
    (b"SQLite format 3", "an SQLite database"),
    (b"MATLAB ", "a MATLAB file"),
    (&[0x89, b'H', b'D', b'F'], "an HDF5 file"),
    (b"CDF\x01", "a NetCDF file"),
    (&[0x89, b'P', b'N', b'G'], "a picture"),
    (&[0xff, 0xd8, 0xff], "a picture"),
];

fn packed(bytes: &[u8]) -> Option<&'static str> {
    let known = MAGIC.iter().find(|it| bytes.starts_with(it.0)).map(|it| it.1);
    let is_tar = bytes.get(257..262) == Some(b"ustar");
    known.or_else(|| is_tar.then_some("a tar archive (unpack it)"))
}

/// Text of two bytes a letter, or no text at all.
fn other_than_text(bytes: &[u8]) -> Option<&'static str> {
    const UTF_16: &str = "UTF-16 text (save it as UTF-8)";
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Some(UTF_16);
    }
    let zeros = bytes.split(|byte| *byte == 0).count() - 1;
    let printable = bytes.iter().filter(|byte| byte.is_ascii_graphic() || **byte == b' ').count();
    if zeros > 0 && zeros * 5 > bytes.len() * 2 && printable * 3 > bytes.len() {
        return Some(UTF_16);
    }
    let is_control = |byte: &&u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    bytes.iter().any(|byte| is_control(&byte)).then_some("binary data")
}

fn text(first: &[u8], all: &[u8]) -> Option<&'static str> {
    let start = all.trim_ascii_start();
    let begins =
        |word: &[u8]| start.len() >= word.len() && start[..word.len()].eq_ignore_ascii_case(word);
    let has = |word: &[u8]| all.windows(word.len()).any(|it| it.eq_ignore_ascii_case(word));
    if begins(b"version https://git-lfs") || has(b"/annex/objects/") {
        return Some("a pointer of Git LFS or git-annex (fetch the file itself)");
    }
    if begins(b"<?xml") && !has(b"<html") {
        return Some("an XML document");
    }
    if begins(b"<") && (has(b"<html") || has(b"<!doctype") || has(b"<head") || has(b"<body")) {
        return Some("an HTML page");
    }
    if begins(b"{") || begins(b"[") {
        return Some("a JSON document");
    }
    if is_gbk(all) {
        return Some("text that is not UTF-8 but GBK, perhaps (save it as UTF-8)");
    }
    let has_name = |name: &str| Fields::of(first).any(|field| is_named(field, name));
    if has_name("issued_at") || has_name("run_utc") {
        return Some("a file of forecasts (give it as --outlook)");
    }
    if has_name("jurisdiction") && has_name("evidence") {
        return Some("a file of exclusions (give it as --exclude)");
    }
    let parts = |byte: u8| first.split(|it| *it == byte).count() - 1;
    if count(first) == 1 && (parts(b';') > 1 || parts(b'\t') > 1 || parts(b'|') > 1) {
        return Some("a table without commas between its fields (separate them by commas)");
    }
    None
}

/// Whether bytes that are not UTF-8 are pairs as GBK has them.
fn is_gbk(bytes: &[u8]) -> bool {
    match str::from_utf8(bytes) {
        Ok(_) => return false,
        // It may have been cut in the middle of a letter.
        Err(error) if error.valid_up_to() + 4 > bytes.len() => return false,
        Err(_) => {}
    }
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] | [0x81..=0xfe] => return true,
            [0x00..=0x7f, rest @ ..]
            | [0x81..=0xfe, 0x40..=0x7e | 0x80..=0xfe, rest @ ..]
            | [0x81..=0xfe, b'0'..=b'9', 0x81..=0xfe, b'0'..=b'9', rest @ ..] => rest,
            _ => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_table_is_named() {
        let check = |bytes: &[u8], expected: &str| {
            let mut seen = Seen::default();
            for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                seen.add(line);
            }
            assert!(seen.to_string().starts_with(expected), "{seen} is not {expected}");
        };
        check(b"", "an empty file");
        check(b"\n\n", "an empty file");
        check(b"PK\x03\x04\x14\0\0\0", "a zip archive");
        check(&[0x1f, 0x8b, 8, 0, 1], "gzip within");
        check(b"\xfd7zXZ\0\0", "xz within");
        check(b"BZh91AY&SY", "a bzip2 file");
        check(b"%PDF-1.4\nxx", "a PDF document");
        check(b"\xd0\xcf\x11\xe0\xa1", "an old workbook");
        check(b"\xff\xfed\0a\0t\0e\0", "UTF-16 text");
        check(b"\xfe\xff\0d\0a\0t\0e", "UTF-16 text");
        check(b"d\0a\0t\0e\0,\0h\0", "UTF-16 text");
        check(b"\0\0\0\0\0\x01\x02", "binary data");
        check(b"abc\x01\x02", "binary data");
        check(b"<!DOCTYPE html>\n<html>", "an HTML page");
        check(b"\n  <HTML><body>", "an HTML page");
        check(b"<?xml version=\"1.0\"?><alert/>", "an XML document");
        check(b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "a pointer of Git LFS");
        check(b"/annex/objects/MD5E-s1--2", "a pointer of Git LFS or git-annex");
        check(b"{\"date\": 1}", "a JSON document");
        check(b"[[1,2]]", "a JSON document");
        check(b"\xc8\xd5\xc6\xda,\xd0\xa1\xca\xb1\n1,2", "text that is not UTF-8 but GBK");
        check(b"issued_at,source,jurisdiction,hour,pm25_upper", "a file of forecasts");
        check(b"jurisdiction,from,to,kind,evidence", "a file of exclusions");
        check(b"date;hour;type;1001A", "a table without commas");
        check(b"date\thour\ttype\t1001A", "a table without commas");
        check("城市,时间\n".as_bytes(), "no header of a known format but \"城市,时间\"");
        check(b"x", "no header of a known format but \"x\"");
        let long = "城,".repeat(2000);
        check(long.as_bytes(), "no header of a known format");
    }
}
