//! Whether to use colours.

use std::io::IsTerminal;

/// Colours are used on terminals, unless `NO_COLOR` is set.
pub(in crate::app) fn colour_on(stream: &impl IsTerminal) -> bool {
    wants_colour(stream.is_terminal(), std::env::var_os("NO_COLOR").as_deref())
}

fn wants_colour(terminal: bool, no_color: Option<&std::ffi::OsStr>) -> bool {
    terminal && no_color.is_none_or(std::ffi::OsStr::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

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
