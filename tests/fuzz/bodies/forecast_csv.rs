//! Files of outlooks and of exclusions.

use std::io::Cursor;
use std::sync::LazyLock;

use airshed::wire::csv::{read_exclusions, read_forecasts};
use airshed::wire::stations::Stations;

use super::support::rules;

static STATIONS: LazyLock<Stations> = LazyLock::new(|| Stations::new(rules()));

/// What is taken is in order: forecasts as they were issued, intervals that do not end before
/// they begin.
pub(crate) fn fuzz(data: &[u8]) {
    let bytes = || Cursor::new(data.to_vec());
    let inverse = |_, index: u16| index;
    if let Ok(file) = read_forecasts("a.csv", bytes(), rules(), &STATIONS, &inverse) {
        assert!(file.forecasts.windows(2).all(|it| it[0].issued_at <= it[1].issued_at));
        let hours = file.forecasts.iter().flat_map(|it| &it.outlooks).map(|it| it.hours.len());
        assert!(hours.sum::<usize>() <= 800 * (data.len() + 1), "out of proportion");
    }
    if let Ok(exclusions) = read_exclusions("a.csv", bytes(), rules()) {
        assert!(exclusions.iter().all(|it| it.first <= it.last && !it.evidence.is_empty()));
    }
}
