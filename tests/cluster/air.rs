//! Invented air: days in which every city has its own bad hours, so that warnings are issued,
//! raised, extended and lifted all the time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::dice::Dice;

/// Days of November 2019.
const DAYS: u32 = 12;
/// The last hour, as outgoing messages write it.
pub(crate) const LAST_HOUR: &str = "2019-11-13T00:00:00+08:00";

/// Bad air in a city, and clean air after it.
#[derive(Clone, Copy, Default)]
struct Wave {
    bad_h: u64,
    clean_h: u64,
    level: u64,
}

impl Wave {
    /// The level of the next hour.
    fn next(&mut self, dice: &mut Dice) -> u64 {
        if self.bad_h == 0 && self.clean_h == 0 {
            let (bad_h, clean_h) = (36 + dice.below(50), 20 + dice.below(20));
            *self = Self { bad_h, clean_h, level: 120 + dice.below(200) };
        }
        if self.bad_h > 0 {
            self.bad_h -= 1;
            return self.level;
        }
        self.clean_h -= 1;
        20
    }
}

/// Writes a file of readings. Each seed gives other air.
pub(crate) fn write(path: &Path, seed: u64) {
    let stations = include_str!("../../deploy/bth/stations.csv").lines().skip(1);
    let stations = stations.map(|it| it.split(',').collect::<Vec<_>>());
    let stations: Vec<_> = stations.map(|it| (it[0], it[3])).collect();
    let mut waves: BTreeMap<_, _> = stations.iter().map(|it| (it.1, Wave::default())).collect();
    let codes: Vec<_> = stations.iter().map(|it| it.0).collect();
    let mut text = format!("date,hour,type,{}\n", codes.join(","));
    let mut dice = Dice::new(seed);
    for hour in 0..DAYS * 24 {
        let (day, hour) = (1 + hour / 24, 1 + hour % 24);
        let levels = waves.iter_mut().map(|(city, wave)| (*city, wave.next(&mut dice)));
        let levels: BTreeMap<_, _> = levels.collect();
        for pollutant in ["PM2.5", "PM10"] {
            write!(text, "201911{day:02},{hour},{pollutant}").expect("a text grows");
            for (_, city) in &stations {
                write!(text, ",{}", levels[city] + dice.below(30)).expect("a text grows");
            }
            text.push('\n');
        }
    }
    std::fs::write(path, text).unwrap();
}
