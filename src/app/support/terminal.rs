//! Whether to use colours, and how wide lines may be.

use std::io::{self, IsTerminal, Write};

use comfy_table::Table;
use unicode_width::UnicodeWidthStr;

/// Colours are used on terminals, unless `NO_COLOR` is set.
pub(in crate::app) fn colour_on(stream: &impl IsTerminal) -> bool {
    wants_colour(stream.is_terminal(), std::env::var_os("NO_COLOR").as_deref())
}

fn wants_colour(terminal: bool, no_color: Option<&std::ffi::OsStr>) -> bool {
    terminal && no_color.is_none_or(std::ffi::OsStr::is_empty)
}

/// How wide lines may be that are printed: as `COLUMNS` says, else as wide as the terminal. In a file
/// or a pipe they may have any width.
pub(in crate::app) fn columns() -> Option<u16> {
    said_columns().or_else(|| Table::new().width())
}

fn said_columns() -> Option<u16> {
    std::env::var_os("COLUMNS").and_then(|it| it.to_str()?.parse().ok())
}

/// Standard error, with long lines broken where [`columns`] breaks those of standard output.
pub(in crate::app) struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let columns = said_columns().or_else(|| Table::new().use_stderr().width());
        let text = wrapped(&String::from_utf8_lossy(bytes), columns);
        io::stderr().write_all(text.as_bytes()).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// What goes on in another line begins so far to the right.
const INDENT: usize = 4;
/// Lines are not broken into less than this.
const COLUMNS_MIN: usize = 40;

/// Breaks long lines between words. A line that begins with a space is a command or part of a table,
/// and stays whole.
pub(in crate::app) fn wrapped(text: &str, columns: Option<u16>) -> String {
    let Some(columns) = columns else { return text.to_owned() };
    let columns = usize::from(columns).max(COLUMNS_MIN);
    let line = |line: &str| {
        if line.starts_with(' ') || width(line) <= columns {
            line.to_owned()
        } else {
            broken(line, columns)
        }
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn broken(line: &str, columns: usize) -> String {
    let (mut out, mut used) = (String::new(), 0);
    for word in line.split(' ') {
        let more = width(word);
        if used > 0 && used + 1 + more > columns {
            out.truncate(out.trim_end().len());
            out += "\n";
            out += &" ".repeat(INDENT);
            used = INDENT;
        } else if used > 0 || !out.is_empty() {
            out.push(' ');
            used += 1;
        }
        out += word;
        used += more;
    }
    out
}

/// How many columns a text takes: a Chinese character takes two, a colour none.
fn width(text: &str) -> usize {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().map_or(0, UnicodeWidthStr::width);
    let after_colour = |it: &str| it.split_once('m').map_or(0, |(_, rest)| rest.width());
    first + parts.map(after_colour).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words_and_lose_nothing() {
        let line = "12-12 08:30:05  INFO \u{1b}[1;31mred\u{1b}[0m    issued    石家庄 Shijiazhuang with \
                    辛集  12-05 08:00 to 12-09 08:00, lead 23 h, in step with a neighbour (BTH-2023 \
                    red-1: 0 h observed, 72 h forecast)";
        let command = "  kafka-configs.sh --alter --entity-type topics --entity-name airshed.log \
                       --add-config retention.ms=-1";
        let text = format!("{line}\nshort\n{command}\n");
        for columns in [40, 80, 120] {
            let lines = wrapped(&text, Some(columns));
            for it in lines.lines().filter(|it| *it != command) {
                assert!(width(it) <= usize::from(columns), "{it}");
            }
            assert!(lines.contains(command) && lines.contains("\nshort\n"), "{lines}");
            let words = |it: &str| it.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(words(&lines), words(&text));
        }
        assert_eq!(wrapped(&text, None), text);
        assert_eq!(wrapped(&text, Some(500)), text);
        let wide = wrapped(&text, Some(80));
        assert_eq!(wide.lines().nth(1).map(|it| it.starts_with("    ")), Some(true), "{wide}");
    }

    #[test]
    fn colour_needs_a_terminal_and_no_objection() {
        let check = |terminal, no_color: Option<&str>, wanted| {
            assert_eq!(wants_colour(terminal, no_color.map(std::ffi::OsStr::new)), wanted);
        };
        check(true, None, true);
        check(true, Some(""), true);
        check(true, Some("1"), false);
        check(false, None, false);
    }
}
