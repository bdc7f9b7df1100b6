//! No line of a file is lost, however the file is cut or spoilt.

use std::io::{Cursor, Write as _};
use std::sync::Arc;

use proptest::prelude::*;

use crate::domain::{Command, Stream};
use crate::wire::stations::Stations;

use super::heading::{Kind, kind};
use super::lines::lines_of;
use super::reader::Reader;
use super::testing::{real_rules, render_refusal, shared_plain, small_rules};

/// Every line that is not empty is a row, a refusal, or a header; none is lost.
fn account(bytes: &[u8], rules: &Arc<Stations>) {
    let commands: Vec<_> =
        Reader::open(Stream::file("a"), Cursor::new(bytes.to_vec()), Arc::clone(rules)).collect();
    let mut seen = std::collections::BTreeSet::new();
    let (mut whole_file, mut runs) = (false, Vec::new());
    for command in &commands {
        if let Command::Observe(batch) = command {
            assert!(!batch.rows.is_empty());
            let readings: u32 = batch.rows.iter().map(|row| row.readings).sum();
            assert_eq!(readings as usize, batch.readings.len());
            for row in &batch.rows {
                assert!(seen.insert((row.position, "")), "one row a line");
            }
        } else if let Command::Refuse(refusal) = command {
            render_refusal(refusal, &mut String::new());
            whole_file |= refusal.excerpt.starts_with("a: ");
            let position = refusal.source.as_ref().unwrap().position;
            assert!(seen.insert((position, refusal.reason.name())), "one refusal a reason");
            if RUNS.iter().any(|it| refusal.excerpt.starts_with(it)) {
                runs.push((position, refusal.count));
            }
        }
    }
    let lines = || lines_of(bytes).map(|(number, _, line)| (number, &bytes[line]));
    let mut kinds = lines().map(|it| kind(it.1, rules));
    let first = kinds.find(|it| matches!(it, Kind::Header(..) | Kind::Transposed));
    if whole_file || matches!(first, Some(Kind::Transposed)) {
        return;
    }
    // A run says how many lines it is about, without those that are empty.
    let mut runs = runs.into_iter().peekable();
    let mut left = 0;
    for (number, line) in lines() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        if let Some((_, count)) = runs.next_if(|it| it.0 == number) {
            assert_eq!(left, 0, "line {number} is counted twice");
            left = count;
        }
        let accounted = seen.range((number, "")..(number + 1, "")).next().is_some();
        let is_header = matches!(kind(line, rules), Kind::Header(_, 0));
        assert!(accounted || left > 0 || is_header, "line {number} is lost");
        left = left.saturating_sub(1);
    }
    assert_eq!((left, runs.next()), (0, None), "more lines are counted than there are");
}

/// What is said of lines that are refused as one.
const RUNS: [&str; 3] =
    ["no row has a time", "stands before the first header", "a header that is not understood"];

fn small_stations() -> Arc<Stations> {
    Arc::new(Stations::new(&small_rules()))
}

/// A few lines of each format.
const SAMPLES: [&str; 4] = [
    "date,hour,type,1001A,1003A,3207A\r\n20190112,15,PM2.5,35,36.5,NA\r\n20190112,15,AQI,1,,\r\n20190112,16,CO,0.8,—,1\r\n",
    "date,20180101,20180101,20180102\nhour,0,0,1\ntype,AQI,PM2.5,PM10\n1001A,74,52,\n3207A,1,2,3\n",
    "\"No\",\"year\",\"month\",\"day\",\"hour\",\"PM2.5\",\"CO\",\"wd\",\"station\"\n1,2013,3,1,0,4,300,\"NNW\",\"dongsi\"\n2,2013,3,1,1,NA,NA,NA,\"x\"\n",
    "timepoint,stationcode,primarypollutant,pm10,pm2_5,co\n2022-01-04T14:00:00,1001A,\"a,b\",67,74,1.6\n2022-01-04T15:00:00,1003A,,,—,\n",
];

#[test]
fn a_file_that_is_cut_or_spoilt_at_any_byte_is_read_to_its_end() {
    let stations = small_stations();
    for sample in SAMPLES.map(str::as_bytes) {
        for at in 0..=sample.len() {
            account(&sample[..at], &stations);
            for byte in [0, b'\n', b',', b'"', b'-', b'9', 0xff] {
                let mut spoilt = sample.to_vec();
                spoilt.insert(at, byte);
                account(&spoilt, &stations);
                if let Some(place) = spoilt.get_mut(at + 1) {
                    *place = byte;
                    spoilt.remove(at);
                    account(&spoilt, &stations);
                }
            }
        }
    }
}

#[test]
fn a_packed_file_that_is_cut_or_spoilt_at_any_byte_is_read_to_its_end() {
    let stations = small_stations();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(SAMPLES[0].as_bytes()).unwrap();
    let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 6);
    xz.write_all(SAMPLES[0].as_bytes()).unwrap();
    for packed in [gzip.finish().unwrap(), xz.finish().unwrap()] {
        let read = |bytes: &[u8]| -> Vec<Command> {
            let bytes = Cursor::new(bytes.to_vec());
            let mut reader = Reader::open(Stream::file("a"), bytes, Arc::clone(&stations));
            let commands = reader.by_ref().collect();
            assert!(reader.failure().is_none(), "bad bytes are no failure of the disk");
            commands
        };
        let whole = read(&packed);
        assert_eq!(whole.len(), 3);
        for at in 0..packed.len() {
            let cut = read(&packed[..at]);
            assert!(matches!(cut.last(), Some(Command::Refuse(_))), "{at}");
            let mut spoilt = packed.clone();
            spoilt[at] ^= 0x10;
            read(&spoilt);
        }
    }
}

#[test]
fn a_small_real_file_that_is_cut_at_any_byte_is_read_to_its_end() {
    let (Some(bytes), Some(rules)) =
        (shared_plain("format_samples/beijing_all_20161220.csv"), real_rules())
    else {
        return;
    };
    let stations = Arc::new(Stations::new(&rules));
    let bytes = &bytes[..3000.min(bytes.len())];
    for at in 0..=bytes.len() {
        account(&bytes[..at], &stations);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_their_end(bytes: Vec<u8>) {
        account(&bytes, &small_stations());
    }

    #[test]
    fn any_bytes_after_a_header_are_read_to_their_end(
        sample in 0..SAMPLES.len(),
        bytes in "[0-9,\\-\\.\"\n\r a-zA-Z_—\\x00]{0,200}",
        at in 0..200_usize,
    ) {
        let sample = SAMPLES[sample].as_bytes();
        let (before, after) = sample.split_at(at.min(sample.len()));
        account(&[before, bytes.as_bytes(), after].concat(), &small_stations());
    }
}
