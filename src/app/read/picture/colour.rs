//! The colours of the index and of the warnings.

use crate::domain::Grade;

/// The index is unknown.
pub(super) const UNKNOWN: &str = "#dfe1e4";
/// Text and outlines.
pub(super) const INK: &str = "#1d2530";
/// Names in a second language, axes, notes.
pub(super) const QUIET: &str = "#66707c";
/// Guide lines.
pub(super) const FAINT: &str = "#d5d9de";
/// The index of one hour alone.
pub(super) const HOURLY: &str = "#1766c2";
/// An order set of a linked region.
pub(super) const LINKED: &str = "#5b2a86";

/// A level of the index: its colour as published with HJ 633, its last value and its names.
#[derive(Debug)]
pub(super) struct Level {
    pub(super) last: u16,
    pub(super) fill: &'static str,
    pub(super) range: &'static str,
    pub(super) name: &'static str,
}

/// The six levels, cleanest first.
pub(super) const LEVELS: [Level; 6] = [
    Level { last: 50, fill: "rgb(0,228,0)", range: "0–50", name: "优 good" },
    Level { last: 100, fill: "rgb(255,255,0)", range: "51–100", name: "良 moderate" },
    Level { last: 150, fill: "rgb(255,126,0)", range: "101–150", name: "轻度 light" },
    Level { last: 200, fill: "rgb(255,0,0)", range: "151–200", name: "中度 medium" },
    Level { last: 300, fill: "rgb(153,0,76)", range: "201–300", name: "重度 heavy" },
    Level { last: u16::MAX, fill: "rgb(126,0,35)", range: "> 300", name: "严重 severe" },
];

/// The colour of an index.
pub(super) fn of_index(index: Option<u16>) -> &'static str {
    let Some(index) = index else { return UNKNOWN };
    LEVELS.iter().find(|level| index <= level.last).map_or(UNKNOWN, |level| level.fill)
}

/// Fill, outline and letters of a warning's bar.
pub(super) fn of_grade(grade: Grade) -> (&'static str, &'static str, &'static str) {
    match grade {
        Grade::None => ("#ffffff", QUIET, INK),
        Grade::Blue => ("#2f7de1", "#1b56a5", "#ffffff"),
        Grade::Yellow => ("#ffd21f", "#a98600", INK),
        Grade::Orange => ("#ff8a1f", "#b35300", INK),
        Grade::Red => ("#e0202c", "#8f0d16", "#ffffff"),
    }
}

/// The Chinese name of a grade, as in notices.
pub(super) fn grade_zh(grade: Grade) -> &'static str {
    match grade {
        Grade::None => "",
        Grade::Blue => "蓝色",
        Grade::Yellow => "黄色",
        Grade::Orange => "橙色",
        Grade::Red => "红色",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_where_the_levels_do() {
        let check = |index: Option<u16>, fill: &str| assert_eq!(of_index(index), fill, "{index:?}");
        check(None, UNKNOWN);
        check(Some(0), "rgb(0,228,0)");
        check(Some(50), "rgb(0,228,0)");
        check(Some(51), "rgb(255,255,0)");
        check(Some(150), "rgb(255,126,0)");
        check(Some(200), "rgb(255,0,0)");
        check(Some(201), "rgb(153,0,76)");
        check(Some(300), "rgb(153,0,76)");
        check(Some(301), "rgb(126,0,35)");
        check(Some(500), "rgb(126,0,35)");
    }
}
