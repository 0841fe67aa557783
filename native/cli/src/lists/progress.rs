//! A progress bar on a terminal, for work on lines that takes longer than a second.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// Quicker work needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two drawings.
const PAUSE: Duration = Duration::from_millis(100);
/// Width of the bar in characters.
const WIDTH: u64 = 40;
/// Lines between two looks at the clock.
const STRIDE: u64 = 4096;

/// How much is done.
#[derive(Debug)]
pub(super) struct Progress {
    lines: u64,
    bytes: u64,
    /// Bytes in all, where that is known.
    total: Option<u64>,
    what: &'static str,
    /// Lines between two looks at the clock.
    stride: u64,
    next: Instant,
    is_shown: bool,
    drawn: bool,
}

impl Progress {
    /// Nothing is done yet; `what` are the lines.
    pub(super) fn new(total: Option<u64>, what: &'static str) -> Self {
        Self {
            lines: 0,
            bytes: 0,
            total,
            what,
            stride: STRIDE,
            next: Instant::now() + PATIENCE,
            is_shown: io::stderr().is_terminal(),
            drawn: false,
        }
    }

    /// Nothing is done yet of so many, each of which takes longer than a look at the clock.
    pub(super) fn each(total: u64, what: &'static str) -> Self {
        Self {
            stride: 1,
            ..Self::new(Some(total), what)
        }
    }

    /// One more line of so many bytes is done.
    pub(super) fn advance(&mut self, bytes: u64) {
        self.lines += 1;
        self.bytes += bytes;
        if self.is_shown && self.lines.is_multiple_of(self.stride) && Instant::now() >= self.next {
            self.next = Instant::now() + PAUSE;
            self.drawn = true;
            // Without a stderr there is nobody to show it to.
            let _ = write!(io::stderr(), "\r{}", self.bar());
        }
    }

    fn bar(&self) -> String {
        let (lines, what) = (self.lines, self.what);
        match self.total.filter(|total| *total > 0) {
            Some(total) => {
                let filled = (self.bytes * WIDTH / total).min(WIDTH);
                let bar: String = (0..WIDTH).map(|at| if at < filled { '#' } else { ' ' }).collect();
                format!(
                    "[{bar}] {:>3} %  {lines} {what}",
                    (self.bytes * 100 / total).min(100)
                )
            }
            None => format!("{lines} {what}"),
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
