//! From when to when a certificate is valid. Nothing else of it is read: whether it is trusted, the
//! library of TLS decides.

use chrono::NaiveDateTime;

use crate::domain::Timestamp;

/// The time in which a certificate is valid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Validity {
    /// The first moment.
    pub from: Timestamp,
    /// The last one.
    pub until: Timestamp,
}

/// Kinds of elements of DER.
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// Years of two digits are of the 20th century from here on.
const CENTURY_TURNS_AT: u32 = 50;

/// The validity of an X.509 certificate, as DER; none if the bytes are no certificate.
pub fn validity(der: &[u8]) -> Option<Validity> {
    let mut signed = element(&mut { der }, SEQUENCE)?;
    let mut certificate = element(&mut signed, SEQUENCE)?;
    if certificate.first() == Some(&VERSION) {
        element(&mut certificate, VERSION)?;
    }
    // Serial number, algorithm and issuer stand before it.
    for _ in 0..3 {
        any_element(&mut certificate)?;
    }
    let mut times = element(&mut certificate, SEQUENCE)?;
    let (from, until) = (time(&mut times)?, time(&mut times)?);
    Some(Validity { from, until })
}

/// The content of the next element, which must be of this kind.
fn element<'a>(rest: &mut &'a [u8], kind: u8) -> Option<&'a [u8]> {
    let (found, content) = any_element(rest)?;
    (found == kind).then_some(content)
}

/// The kind of the next element and its content.
fn any_element<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (kind, after) = rest.split_first()?;
    let (first, after) = after.split_first()?;
    let (length, after) = match first {
        0..=0x7f => (usize::from(*first), after),
        0x81..=0x84 => {
            let (digits, after) = after.split_at_checked(usize::from(first & 0x0f))?;
            (digits.iter().fold(0, |length, it| length << 8 | usize::from(*it)), after)
        }
        _ => return None,
    };
    let (content, after) = after.split_at_checked(length)?;
    *rest = after;
    Some((*kind, content))
}

fn time(rest: &mut &[u8]) -> Option<Timestamp> {
    let (kind, content) = any_element(rest)?;
    let text = str::from_utf8(content).ok()?;
    let text = match kind {
        UTC_TIME => {
            let year: u32 = text.get(..2)?.parse().ok()?;
            let century = if year < CENTURY_TURNS_AT { "20" } else { "19" };
            format!("{century}{text}")
        }
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let parsed = NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok()?;
    Some(Timestamp(parsed.and_utc().timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(kind: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap();
        let [high, low] = length.to_be_bytes();
        let head = if length < 0x80 { vec![kind, low] } else { vec![kind, 0x82, high, low] };
        [head, content.to_vec()].concat()
    }

    /// A certificate with these times, as far as it is read.
    fn certificate(version: &[u8], from: &[u8], until: &[u8]) -> Vec<u8> {
        let times = made(SEQUENCE, &[from, until].concat());
        let before = [made(2, &[1]), made(SEQUENCE, b"algorithm"), made(SEQUENCE, &[7; 300])];
        made(SEQUENCE, &made(SEQUENCE, &[version, &before.concat(), &times, b"rest"].concat()))
    }

    #[test]
    fn the_two_times_are_read_in_both_forms() {
        let version = made(VERSION, &made(2, &[2]));
        for version in [&version[..], &[]] {
            let until = made(GENERALIZED_TIME, b"20510203040506Z");
            let der = certificate(version, &made(UTC_TIME, b"991231160000Z"), &until);
            let found = validity(&der).unwrap();
            let shown = [found.from, found.until].map(|it| it.to_string());
            assert_eq!(shown, ["2000-01-01T00:00:00+08:00", "2051-02-03T12:05:06+08:00"]);
            for length in 0..der.len() {
                assert_eq!(validity(&der[..length]), None, "{length}");
            }
        }
    }

    #[test]
    fn what_is_no_certificate_is_none() {
        let right = made(UTC_TIME, b"260101000000Z");
        for wrong in [
            made(UTC_TIME, b"261301000000Z"),
            made(UTC_TIME, b"2601010000Z"),
            made(UTC_TIME, "é60101000000Z".as_bytes()),
            made(GENERALIZED_TIME, b"260101000000Z"),
            made(2, b"260101000000Z"),
            vec![UTC_TIME, 0x80],
            vec![UTC_TIME, 0x88, 1, 1, 1, 1, 1, 1, 1, 1],
        ] {
            assert_eq!(validity(&certificate(&[], &right, &wrong)), None, "{wrong:?}");
            assert_eq!(validity(&certificate(&[], &wrong, &right)), None, "{wrong:?}");
        }
        assert_eq!(validity(b"-----BEGIN"), None);
    }
}
