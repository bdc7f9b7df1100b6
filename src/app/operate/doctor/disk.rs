//! The folders of the log and of the webhooks: can they be written, and is there room?

use std::path::{Path, PathBuf};

use crate::io::disk::{Space, can_be_written, space};

use super::Subject;
use super::finding::Report;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// With less room than this, a run may end within a day.
const WRONG_BELOW: u64 = 64 * MIB;
const WARNING_BELOW: u64 = GIB;

pub(super) fn check(subject: &Subject, report: &Report) {
    match subject.log_folder() {
        Some(folder) => check_folder(folder, "log.folder", report),
        None => report.not_checked("disk", "the log is in a topic: nothing of it is stored here"),
    }
    let hooks = &subject.config.hooks;
    if !hooks.targets.is_empty() {
        check_folder(&hooks.folder, "hooks.folder", report);
    }
}

fn check_folder(folder: &Path, setting: &str, report: &Report) {
    let shown = folder.display();
    let there = match existing(folder) {
        Ok(there) => there,
        Err(words) => {
            let remedy = format!("set {setting} to a folder, or to a place where one can be made");
            return report.wrong("disk", words, remedy);
        }
    };
    if let Err(error) = can_be_written(&there) {
        let what = format!("{} cannot be written: {error}", there.display());
        let remedy = format!("give it to the user of serve (chown), or set another {setting}");
        return report.wrong("disk", what, remedy);
    }
    let new = if there == folder { "" } else { " (serve makes the folder)" };
    match space(&there) {
        Err(error) => report.warning("disk", format!("{shown}: {error}"), "look at the disk"),
        Ok(space) => judge(space, &format!("{shown}{new}"), report),
    }
}

fn judge(space: Space, place: &str, report: &Report) {
    const REMEDY: &str = "make room, or move the log to a larger disk: a full disk ends serve";
    let what = format!("{place}: {} free", size(space.free_bytes));
    if space.is_out_of_files {
        report.wrong("disk", format!("{place}: no more files can be made there"), REMEDY);
    } else if space.free_bytes < WRONG_BELOW {
        report.wrong("disk", what, REMEDY);
    } else if space.free_bytes < WARNING_BELOW {
        report.warning("disk", what, REMEDY);
    } else {
        report.ok("disk", what);
    }
}

/// The folder, or the nearest above it that exists.
fn existing(folder: &Path) -> Result<PathBuf, String> {
    for it in folder.ancestors() {
        let it = if it.as_os_str().is_empty() { Path::new(".") } else { it };
        match it.metadata() {
            Ok(found) if found.is_dir() => return Ok(it.to_owned()),
            Ok(_) => return Err(format!("{} is not a folder", it.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{}: {error}", it.display())),
        }
    }
    Err(format!("{}: there is no folder above it", folder.display()))
}

/// `12.3 GiB`, or `80 MiB`.
fn size(bytes: u64) -> String {
    match bytes {
        GIB.. => format!("{}.{} GiB", bytes / GIB, bytes % GIB * 10 / GIB),
        _ => format!("{} MiB", bytes / MIB),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::app::operate::doctor::finding::State;

    #[test]
    fn little_room_is_a_warning_and_less_is_wrong() {
        for (free_bytes, is_out_of_files, state, said) in [
            (5 * GIB + GIB / 2, false, State::Ok, "log: 5.5 GiB free"),
            (GIB, false, State::Ok, "log: 1.0 GiB free"),
            (GIB - 1, false, State::Warning, "log: 1023 MiB free"),
            (64 * MIB - 1, false, State::Wrong, "log: 63 MiB free"),
            (5 * GIB, true, State::Wrong, "log: no more files can be made there"),
        ] {
            let (sender, findings) = channel();
            judge(Space { free_bytes, is_out_of_files }, "log", &Report::new(sender));
            let finding = findings.recv().unwrap();
            assert_eq!((finding.state, &finding.json()["what"]), (state, &said.into()));
        }
    }
}
