//! Manual pages, read by the program that prints them.

use std::fs;
use std::process::Command;

use crate::{help, printed, skip};

/// What groff prints of a page, without line breaks. It must have nothing against it.
fn formatted(groff: &std::path::Path, page: &std::path::Path) -> String {
    let mut command = Command::new(groff);
    // All warnings, but for lines that a long word makes uneven.
    command.args(["-man", "-Kutf8", "-Tutf8", "-P-c", "-ww", "-Wbreak", "-rLL=2000n"]);
    let output = command.arg(page).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && words.is_empty(), "{}: {words}", page.display());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // Bold letters are struck twice, and a line is struck below others.
    let mut letters = String::new();
    for it in text.chars() {
        if it == '\u{8}' {
            letters.pop();
        } else {
            letters.push(it);
        }
    }
    let letters = letters.replace(['\u{2010}', '\u{2212}'], "-");
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_command_has_a_page_with_its_example() {
    let Some(groff) = skip::program("groff", "groff-base") else { return };
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("share/man/man1");
    printed(&["man", folder.to_str().unwrap()]);
    let mut commands = Vec::new();
    help::commands("", &mut commands);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), commands.len() + 1);
    for path in &commands {
        let page = folder.join(format!("airshed-{}.1", path.replace(' ', "-")));
        let text = formatted(&groff, &page);
        let version = concat!("airshed ", env!("CARGO_PKG_VERSION"));
        for part in [" NAME airshed-", " SYNOPSIS airshed ", "Manual of airshed", version] {
            assert!(text.contains(part), "{}: no {part:?} in {text}", page.display());
        }
        let examples = [" EXAMPLE airshed ", " NOTES "].map(|it| text.find(it));
        assert!(examples.iter().any(Option::is_some), "{}: {text}", page.display());
        assert!(examples[0].is_some() || text.contains("Example: airshed "), "{text}");
    }
    let whole = formatted(&groff, &folder.join("airshed.1"));
    assert!(whole.contains("airshed-serve(1)") && !whole.contains("airshed-help"), "{whole}");
}
