//! Shows how far long work is: a bar on a terminal, else a line now and then.

use std::fmt::Write;
use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::printer::Printer;

/// Interval between two lines where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(2);
/// Number of times a second that the bar is drawn.
const BARS_PER_SECOND: u8 = 5;

/// The progress of work on the blocks of a chain. Written to standard error, and only for people.
#[derive(Debug)]
pub(crate) struct Progress {
    printer: Printer,
    work: &'static str,
    begun: Instant,
    shown: Shown,
}

#[derive(Debug)]
enum Shown {
    Bar(ProgressBar),
    Lines { next: Instant },
    Nothing,
}

impl Progress {
    /// Begins to work, for example at `verifying`.
    pub(crate) fn new(printer: Printer, work: &'static str) -> Self {
        let begun = Instant::now();
        let shown = if printer.is_json() || printer.is_quiet() {
            Shown::Nothing
        } else if io::stderr().is_terminal() {
            Shown::Bar(bar(work))
        } else {
            Shown::Lines { next: begun + LINE_INTERVAL }
        };
        Self { printer, work, begun, shown }
    }

    /// Shows that so many blocks of so many are done.
    pub(crate) fn at(&mut self, done: u64, all: u64) {
        match &mut self.shown {
            Shown::Bar(bar) => {
                if bar.length() != Some(all) {
                    bar.set_length(all);
                }
                bar.set_position(done);
            }
            Shown::Lines { next } if Instant::now() >= *next => {
                *next = Instant::now() + LINE_INTERVAL;
                self.printer.note(&line(self.work, done, all, self.begun.elapsed()));
            }
            Shown::Lines { .. } | Shown::Nothing => {}
        }
    }
}

impl Drop for Progress {
    /// Leaves the terminal as it was.
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

fn bar(work: &'static str) -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(BARS_PER_SECOND);
    let bar = ProgressBar::with_draw_target(Some(0), target);
    let template = "{msg} [{bar:30}] block {pos} of {len}, {rate}, {eta} left";
    // The template is a constant, and a sound one.
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    let rate = |state: &ProgressState, to: &mut dyn Write| {
        let _ = write!(to, "{:.0} blocks/s", state.per_sec());
    };
    bar.set_style(style.with_key("rate", rate).progress_chars("=> "));
    bar.with_message(work)
}

fn line(work: &str, done: u64, all: u64, took: Duration) -> String {
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    let per_second = done.saturating_mul(1000) / ms;
    let percent = done.saturating_mul(100).checked_div(all).unwrap_or(100);
    let left_ms = all.saturating_sub(done).saturating_mul(ms).checked_div(done);
    let left = left_ms.map_or_else(String::new, |ms| format!(", {}s left", ms.div_ceil(1000)));
    format!("{work}: block {done} of {all}, {percent}%, {per_second} blocks/s{left}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_rate_and_time_left() {
        let line = line("verifying", 250, 1000, Duration::from_secs(2));
        assert_eq!(line, "verifying: block 250 of 1000, 25%, 125 blocks/s, 6s left");
    }

    #[test]
    fn nothing_done_yet_is_no_reason_to_panic() {
        assert_eq!(line("x", 0, 0, Duration::ZERO), "x: block 0 of 0, 100%, 0 blocks/s");
        let slow = line("x", 1, u64::MAX, Duration::from_secs(100));
        assert!(slow.starts_with("x: block 1 of "), "{slow}");
    }

    #[test]
    fn the_bar_knows_its_template() {
        let bar = bar("verifying");
        bar.set_draw_target(ProgressDrawTarget::hidden());
        bar.set_length(10);
        bar.set_position(5);
        assert_eq!(
            (bar.position(), bar.length(), bar.message()),
            (5, Some(10), "verifying".into())
        );
    }
}
