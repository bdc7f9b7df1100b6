//! Intervals that do not count, with what proves it.
//!
//! ```text
//! jurisdiction,from,to,kind,evidence
//! 110000,2018-03-28T03:00:00+08:00,2018-03-28T18:00:00+08:00,sand,"CMA bulletin 2018-31"
//! ```
//!
//! `from` and `to` are the labels of the first and the last hour that are left out; a time without
//! a zone is one of Beijing. Such a file
//! is written by hand and changes what is decided, so one wrong line refuses all of it.

use std::io::Read;

use thiserror::Error;

use crate::domain::{Exclusion, ExclusionKind, Rules, Stream};

use super::fields::{Fields, text};
use super::forecast::jurisdiction;
use super::lines::{Lines, Next};
use super::moment::hour_by_hand;
use crate::wire::excerpt::excerpt;

const HEADER: [&str; 5] = ["jurisdiction", "from", "to", "kind", "evidence"];

/// Which line of a file of exclusions is wrong, and what would be right.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{file}:{line}: {problem}")]
pub struct ExclusionError {
    /// Its name.
    pub file: String,
    /// The line; the first is 1.
    pub line: u64,
    /// What is wrong and what would be right.
    pub problem: String,
}

/// Reads a file of exclusions, packed or not.
pub fn read_exclusions(
    file: &str,
    bytes: impl Read + Send + 'static,
    rules: &Rules,
) -> Result<Vec<Exclusion>, ExclusionError> {
    let stream = Stream::file(file);
    let mut lines = Lines::of(bytes);
    let mut exclusions = Vec::new();
    let mut header_seen = false;
    loop {
        let next = lines.advance();
        let line = lines.line();
        let read = match next {
            Next::Line if line.trim_ascii().is_empty() => continue,
            Next::Line if header_seen => exclusion(line, rules).map(|exclusion| {
                let source = Some(stream.at(lines.number()));
                exclusions.push(Exclusion { source, ..exclusion });
            }),
            Next::Line if is_header(line) => {
                header_seen = true;
                Ok(())
            }
            Next::End if header_seen => return Ok(exclusions),
            Next::Line | Next::End => Err(format!(
                "{:?} is no header; right would be {}",
                excerpt(line),
                HEADER.join(",")
            )),
            Next::TooLong => Err("too long a line".to_owned()),
            Next::Broken(error) | Next::Failed(error) => Err(error.to_string()),
        };
        if let Err(problem) = read {
            let line = lines.number().max(1);
            return Err(ExclusionError { file: file.to_owned(), line, problem });
        }
    }
}

fn is_header(line: &[u8]) -> bool {
    Fields::of(line).map(text).eq(HEADER)
}

fn exclusion(line: &[u8], rules: &Rules) -> Result<Exclusion, String> {
    let fields: Vec<_> = Fields::of(line).map(text).collect();
    let [code, from, to, kind, evidence] = fields.as_slice() else {
        return Err(format!("{} fields; right would be {}", fields.len(), HEADER.join(",")));
    };
    let jurisdiction = jurisdiction(code, rules).ok_or_else(|| {
        let known = rules
            .jurisdictions
            .iter()
            .map(|it| it.division.to_string())
            .collect::<Vec<_>>()
            .join(", ");
        format!("jurisdiction {code:?} is none of the rules; right would be one of {known}")
    })?;
    let first = hour_by_hand(from).map_err(|error| format!("from {from:?} {error}"))?;
    let last = hour_by_hand(to).map_err(|error| format!("to {to:?} {error}"))?;
    if last < first {
        return Err(format!("to {to} is before from {from}; right would be the later one last"));
    }
    let kind = ExclusionKind::ALL.into_iter().find(|it| it.name() == kind).ok_or_else(|| {
        format!("kind {kind:?} is unknown; right would be sand, fireworks or instrument")
    })?;
    if evidence.is_empty() {
        return Err("no evidence; right would be what proves it".to_owned());
    }
    let evidence = evidence.to_string();
    Ok(Exclusion { jurisdiction, first, last, kind, evidence, source: None })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::wire::csv::testing::small_rules;

    fn read(file: &str) -> Result<Vec<Exclusion>, ExclusionError> {
        read_exclusions("a.csv", Cursor::new(file.as_bytes().to_vec()), &small_rules())
    }

    #[test]
    fn an_interval_has_a_kind_and_evidence() {
        let file = "jurisdiction,from,to,kind,evidence\n\
            110000,2018-03-28T03:00:00+08:00,2018-03-28T18:00:00+08:00,sand,\"CMA, \"\"31\"\"\"\n\n\
            130100,2019-02-19T12:00Z,2019-02-19T12:00Z,fireworks,元宵节\n\
            110000,2018-03-28T03:00,2018-03-28 18:00:00,sand,x\n";
        let text = |it: &Exclusion| {
            let (line, kind) = (it.source.as_ref().unwrap(), it.kind.name());
            let Exclusion { jurisdiction, first, last, evidence, .. } = it;
            format!("{line} {} {first} {last} {kind} {evidence}", jurisdiction.0)
        };
        let read: Vec<_> = read(file).unwrap().iter().map(text).collect();
        assert_eq!(
            read,
            [
                "a.csv:2 0 2018-03-28T03:00:00+08:00 2018-03-28T18:00:00+08:00 sand CMA, \"31\"",
                "a.csv:4 1 2019-02-19T20:00:00+08:00 2019-02-19T20:00:00+08:00 fireworks 元宵节",
                "a.csv:5 0 2018-03-28T03:00:00+08:00 2018-03-28T18:00:00+08:00 sand x",
            ]
        );
    }

    #[test]
    fn an_error_names_file_and_line_and_says_what_would_be_right() {
        let check = |row: &str, expected: &str| {
            let file = format!("jurisdiction,from,to,kind,evidence\n{row}\n");
            assert_eq!(read(&file).unwrap_err().to_string(), format!("a.csv:2: {expected}"));
        };
        let (from, to) = ("2018-03-28T03:00:00+08:00", "2018-03-28T18:00:00+08:00");
        check(
            &format!("110000,{from},{to},sand"),
            "4 fields; right would be jurisdiction,from,to,kind,evidence",
        );
        check(
            &format!("110001,{from},{to},sand,x"),
            "jurisdiction \"110001\" is none of the rules; right would be one of 110000, 130100",
        );
        check(
            &format!("110000,2018-03-28T03:30:00,{to},sand,x"),
            "from \"2018-03-28T03:30:00\" is not a whole hour; right would be \
             2019-01-12T08:00:00+08:00",
        );
        check(
            &format!("110000,{from},2018-03-28,sand,x"),
            "to \"2018-03-28\" is no time; right would be 2019-01-12T08:00:00+08:00",
        );
        check(
            &format!("110000,{to},{from},sand,x"),
            "to 2018-03-28T03:00:00+08:00 is before from 2018-03-28T18:00:00+08:00; right would \
             be the later one last",
        );
        check(
            &format!("110000,{from},{to},dust,x"),
            "kind \"dust\" is unknown; right would be sand, fireworks or instrument",
        );
        check(&format!("110000,{from},{to},sand,"), "no evidence; right would be what proves it");
        for file in ["", "a,b\n"] {
            let error = read(file).unwrap_err().to_string();
            let right = "right would be jurisdiction,from,to,kind,evidence";
            assert!(error.starts_with("a.csv:1: ") && error.ends_with(right), "{error}");
        }
    }
}
