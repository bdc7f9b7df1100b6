//! `airshed man`: manual pages, from what `--help` says.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap_mangen::Man;

use crate::app::support::{Failure, output};

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    /// The folder to write to, such as /usr/local/share/man/man1; it is made.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes a page for the program and for each command.
pub(in crate::app) fn run(args: &Args, program: clap::Command) -> Result<(), Failure> {
    let folder = &args.folder;
    let failed = || format!("cannot write manual pages to {}", folder.display());
    fs::create_dir_all(folder).with_context(failed)?;
    // The pages have a list of commands; `help` is none of them.
    let mut program = program.disable_help_subcommand(true);
    // This gives each command its name, such as airshed-log-cat.
    program.build();
    write(&program, folder).with_context(failed)?;
    output::print(&format!("see: man {}", folder.join("airshed.1").display()))
}

fn write(command: &clap::Command, folder: &Path) -> std::io::Result<()> {
    for it in command.get_subcommands() {
        write(it, folder)?;
    }
    // The version stands where other programs have a date.
    let version = concat!("airshed ", env!("CARGO_PKG_VERSION"));
    let page =
        Man::new(command.clone()).date(version).source("airshed").manual("Manual of airshed");
    let mut text = Vec::new();
    page.render(&mut text)?;
    // What stands after the options is the example, or remarks with it.
    let text = String::from_utf8_lossy(&text).replace(".SH EXTRA\nExample: ", ".SH EXAMPLE\n");
    let text = text.replace(".SH EXTRA\n", ".SH NOTES\n");
    fs::write(folder.join(page.get_filename()), text)
}
