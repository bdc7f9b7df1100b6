//! `schemas/openapi.json` through foreign tools: a linter, and requests that are made from it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::outside_tools::Python;
use crate::serving::Serving;
use crate::skip;

const FILE: &str = "schemas/openapi.json";

#[test]
fn the_linter_finds_nothing_in_the_document() {
    let Some(modules) = skip::outside("openapi/node_modules", "npm") else { return };
    let lint = |file: &Path| {
        let mut command = Command::new("node");
        command.arg(modules.join("@stoplight/spectral-cli/dist/index.js")).arg("lint").arg(file);
        command.args(["--ruleset", "tests/outside/openapi/.spectral.yaml"]);
        let output = command.args(["--fail-severity", "hint"]).output().unwrap();
        let words =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.success(), words.into_owned())
    };
    let (good, words) = lint(Path::new(FILE));
    assert!(good, "{words}");
    // A document that is wrong is found.
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("openapi.json");
    let text = fs::read_to_string(FILE).unwrap();
    fs::write(&copy, text.replace("#/components/schemas/Problem", "#/nowhere")).unwrap();
    let (good, words) = lint(&copy);
    assert!(!good && words.contains("invalid-ref"), "{words}");
}

/// Requests with right and wrong values for every operation: none fails, what is right by the
/// document is taken, and what is wrong is refused.
#[test]
fn requests_that_are_made_from_the_document_are_answered_by_it() {
    let Some(python) = Python::of_test() else { return };
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), "");
    let config = fs::canonicalize("tests/outside/openapi/schemathesis.toml").unwrap();
    let mut command = python.program(&["-m", "schemathesis.cli"]);
    command.arg("--config-file").arg(config).arg("run").arg(serving.url("/openapi.json"));
    // Its reports are written to where it runs.
    let output = command.current_dir(folder.path()).output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{words}{}", String::from_utf8_lossy(&output.stderr));
    assert!(words.contains("Seed: 7"), "{words}");
}
