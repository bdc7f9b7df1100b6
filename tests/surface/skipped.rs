//! Tests that lack something: they are counted as skipped, and in CI they fail.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Tests of this program that need measured data.
const NEED_DATA: [&str; 2] = [
    "play::january_2019_is_told_as_it_is_measured",
    "skill::the_forecasts_of_may_2018_are_as_good_as_they_were",
];

/// Runs these tests where there is no data; gives back what the harness printed, and its success.
fn without_data(skipped: &Path, ci: &str, threads: &str) -> (String, bool) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(NEED_DATA).args(["--exact", "--test-threads", threads]);
    command.env("AIRSHED_TEST_DATA", "/there/is/no/such/folder");
    command.env("AIRSHED_SKIPPED", skipped).env("CI", ci);
    let output = command.output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

fn summary(output: &Path, skipped: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/summary");
    let output = Command::new(script).args([output, skipped]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_test_that_lacks_its_data_is_skipped_by_name() {
    for threads in ["1", "2"] {
        let place = tempfile::tempdir().unwrap();
        let [skipped, output] = ["skipped", "output"].map(|it| place.path().join(it));
        let (said, went_well) = without_data(&skipped, "", threads);
        assert!(went_well && said.contains("2 passed"), "{said}");
        fs::write(&output, said).unwrap();
        let told = summary(&output, &skipped);
        let mut lines: Vec<_> = told.lines().collect();
        assert_eq!(lines.pop(), Some("tests: 0 passed, 0 failed, 2 skipped"), "{told}");
        lines.sort_unstable();
        let reason = "the folder /there/is/no/such/folder is missing";
        assert_eq!(lines, NEED_DATA.map(|it| format!("skipped: surface::{it}: {reason}")));
    }
}

#[test]
fn in_ci_a_test_that_lacks_its_data_fails() {
    let place = tempfile::tempdir().unwrap();
    let skipped = place.path().join("skipped");
    let (said, went_well) = without_data(&skipped, "true", "2");
    assert!(!went_well && said.contains("2 failed"), "{said}");
    assert!(said.contains("cannot be skipped in CI: the folder /there/is/no/such"), "{said}");
    assert!(!skipped.exists());
}

#[test]
fn what_is_skipped_is_not_passed_too() {
    let check = |output: &str, skipped: &str, expected: &str| {
        let place = tempfile::tempdir().unwrap();
        let paths = ["output", "skipped"].map(|it| place.path().join(it));
        for (path, text) in paths.iter().zip([output, skipped]) {
            let bare = |it| str::trim_start(it).strip_prefix('|').unwrap_or(it);
            let lines: Vec<_> = text.lines().map(bare).collect();
            fs::write(path, lines.join("\n") + "\n").unwrap();
        }
        let told = summary(&paths[0], &paths[1]);
        let expected: Vec<_> = expected.lines().map(str::trim).collect();
        assert_eq!(told.lines().collect::<Vec<_>>(), expected, "{output}");
    };
    let result = "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out";
    check(result, "", "\ntests: 5 passed, 0 failed, 0 skipped".trim_start());
    // Two reasons for one test, and one test of the same name elsewhere.
    check(
        &[result, result].join("\n"),
        "skipped: one::a::b: no broker
         |skipped: two::a::b: no data: none
         |skipped: one::a::b: no data",
        "skipped: one::a::b: no broker
         skipped: two::a::b: no data: none
         tests: 8 passed, 0 failed, 2 skipped",
    );
    // Skipped in part, and failed for another reason; ignored by its attribute.
    check(
        "     Running tests/one/main.rs (target/debug/deps/one-0f3a)
         |test a::b ... FAILED
         |test a::c ... ok
         |test a::d ... ignored, needs a moon
         |
         |failures:
         |
         |---- a::b stdout ----
         |skipped: one::a::b: no data
         |
         |failures:
         |    a::b
         |
         |test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out",
        "skipped: one::a::b: no data",
        "skipped: one::a::d: ignored
         tests: 1 passed, 1 failed, 1 skipped",
    );
}
