//! Files of readings, in every layout, packed or not, whole and in parts.

use std::io::Cursor;
use std::sync::{Arc, LazyLock};

use airshed::domain::{Command, Stream};
use airshed::wire::csv::{Parts, Reader};
use airshed::wire::stations::Stations;

use super::support::rules;

static STATIONS: LazyLock<Arc<Stations>> = LazyLock::new(|| Arc::new(Stations::new(rules())));

/// Rows stand in the order of their lines, and each has the readings that it says.
fn drain(reader: Reader) {
    for command in reader {
        if let Command::Observe(batch) = command {
            let readings: usize = batch.rows.iter().map(|it| it.readings as usize).sum();
            assert_eq!(readings, batch.readings.len());
            assert!(batch.rows.windows(2).all(|it| it[0].position < it[1].position));
        }
    }
}

/// Everything is read, or refused, whatever it is.
pub(crate) fn fuzz(data: &[u8]) {
    let bytes = || Cursor::new(data.to_vec());
    let stations = || Arc::clone(&STATIONS);
    drain(Reader::open(Stream::file("a.csv"), bytes(), stations()));
    let Ok(Some(parts)) = Parts::find(bytes(), &STATIONS, 720) else { return };
    assert!(parts.len() > 1);
    for at in 0..parts.len() {
        let (bytes, range, whole) = parts.bytes(at);
        assert!(range.start <= range.end && range.end <= whole);
        drain(Reader::open_part(Stream::file("a.csv"), &parts, at, bytes, stations()));
    }
}
