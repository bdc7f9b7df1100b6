//! Every clause of every standard: the least air that reaches it, and the next milder one.

use super::foresight;

/// Clean air, bad air, clean air.
const UNIFIED: [(&str, &str); 11] = [
    ("150*24", "-"),
    ("151*24", "blue-1 40..64"),
    ("151*47", "blue-1 40..87"),
    ("151*48", "yellow-1 40..88"),
    ("151*24 250*24 151*24", "yellow-1 40..112"),
    ("151*24 251*24 151*24", "orange-1 40..112"),
    ("151*24 251*47 151*25", "orange-1 40..136"),
    ("151*24 251*48 151*23", "orange-1 40..135"),
    ("151*24 251*48 151*24", "red-1 40..136"),
    // 500 is reached from a mean of 499 on; 498 is 499, and two days of 200 by its two halves.
    ("498*24", "yellow-1 40..64"),
    ("499*24", "red-2 40..64"),
];

#[test]
fn unified_grading_of_2016_and_2017() {
    for standard in ["BTH-2016P", "BTH-2016", "BTH-2017"] {
        check(standard, &UNIFIED);
    }
}

#[test]
fn beijing_2013() {
    check(
        "BJ-2013",
        &[
            ("150*24", "-"),
            ("151*24", "blue-1 40..64"),
            ("250*24", "blue-1 40..64"),
            ("251*24", "yellow-1 40..64"),
            ("251*24", "yellow-1 40..64"),
            ("151*71", "blue-1 40..111"),
            ("151*72", "yellow-2 40..112"),
            ("151*24 250*24 151*24", "yellow-2 40..112"),
            ("151*24 251*24 151*24", "orange-1 40..112"),
            ("251*48 250*24", "orange-1 40..112"),
            ("251*72", "red-1 40..112"),
        ],
    );
}

#[test]
fn beijing_2015_more_than_72_hours_is_four_windows() {
    check(
        "BJ-2015",
        &[
            ("150*96", "-"),
            ("151*24", "blue-1 40..64"),
            ("151*47", "blue-1 40..87"),
            ("151*48", "yellow-1 40..88"),
            ("151*71", "yellow-1 40..111"),
            ("151*72", "orange-1 40..112"),
            ("151*95", "orange-1 40..135"),
            ("151*96", "red-1 40..136"),
        ],
    );
}

#[test]
fn region_2018() {
    check(
        "BTH-2018",
        &[
            ("151*47", "-"),
            ("150*48", "-"),
            ("151*48", "yellow-1 40..88"),
            ("151*71", "yellow-1 40..111"),
            ("151*72", "orange-1 40..112"),
            ("151*24 250*48 151*24", "orange-1 40..136"),
            ("151*24 251*48 151*23", "orange-1 40..135"),
            ("151*24 251*48 151*24", "red-1 40..136"),
            ("498*24", "yellow-1 40..64"),
            ("499*24", "red-2 40..64"),
        ],
    );
}

#[test]
fn region_2023() {
    check(
        "BTH-2023",
        &[
            ("150*24", "-"),
            ("151*24", "yellow-1 40..64"),
            ("115*96", "-"),
            ("116*47", "-"),
            ("116*48", "yellow-2 40..88"),
            ("151*47", "yellow-1 40..87"),
            ("151*48", "orange-1 40..88"),
            ("116*71", "yellow-2 40..111"),
            ("116*72", "orange-2 40..112"),
            ("151*24 250*24 151*24", "orange-1 40..112"),
            ("151*24 251*24 151*23", "orange-1 40..111"),
            ("151*24 251*24 151*24", "red-1 40..112"),
        ],
    );
}

/// The first warning: its clause, which names the grade, and its time.
#[track_caller]
fn check(standard: &str, cases: &[(&str, &str)]) {
    for (bad, expected) in cases {
        let world = foresight(standard).air(&format!("130100: clean*40 {bad} clean*60"));
        let story = world.story();
        let first = story.lines().next().map_or("-".to_owned(), |line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [_, _, "issued", grade, time, clause] = words[..] else { panic!("{line}") };
            assert!(clause.starts_with(grade), "{line}");
            format!("{clause} {time}")
        });
        assert_eq!(first, *expected, "{standard}, {bad}\n{story}");
    }
}
