//! Progress of long work: a bar on standard error, if that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar that is removed when it is dropped.
#[derive(Debug)]
pub(in crate::app) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Counts things, such as hours or records.
    pub(in crate::app) fn counting(total: u64, what: &str) -> Self {
        Self::new(
            total,
            &format!("{{msg}} {{wide_bar}} {{human_pos}}/{{human_len}} {what}, {{eta}}"),
        )
    }

    /// Counts bytes of files.
    pub(in crate::app) fn bytes(total: u64) -> Self {
        Self::new(total, "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes}, {eta}")
    }

    /// Counts bytes of a log, with the rate.
    pub(in crate::app) fn rate(total: u64) -> Self {
        let template =
            "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes}, {binary_bytes_per_sec}, {eta}";
        Self::new(total, template)
    }

    /// Counts messages of a topic, with the rate.
    pub(in crate::app) fn messages(total: u64) -> Self {
        Self::new(total, "{msg} {wide_bar} {human_pos}/{human_len} messages, {per_sec}, {eta}")
    }

    fn new(total: u64, template: &str) -> Self {
        let bar =
            ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bar }
    }

    /// Moves the bar.
    pub(in crate::app) fn at(&self, done: u64) {
        self.bar.set_position(done);
    }

    /// The progress so far.
    #[cfg(test)]
    pub(in crate::app) fn done(&self) -> u64 {
        self.bar.position()
    }

    /// Sets the text of the bar.
    pub(in crate::app) fn say(&self, words: &str) {
        self.bar.set_message(words.to_owned());
    }

    /// Prints something else without breaking the bar.
    pub(in crate::app) fn suspended<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_well_formed_and_silent_without_a_terminal() {
        let hours = Progress::counting(10, "hours");
        hours.say("winter");
        hours.at(4);
        assert_eq!((hours.done(), hours.bar.length()), (4, Some(10)));
        assert_eq!(hours.suspended(|| 7), 7);
        let bytes = Progress::bytes(1 << 20);
        bytes.at(1 << 19);
        assert_eq!(bytes.done(), 1 << 19);
    }
}
