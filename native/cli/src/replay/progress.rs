//! A progress bar on a terminal, for work that takes longer than a second.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// Quicker work needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two drawings.
const PAUSE: Duration = Duration::from_millis(100);
/// Width of the bar in characters.
const WIDTH: usize = 30;

/// How many of the captures are read.
#[derive(Debug)]
pub(super) struct Progress {
    done: usize,
    total: usize,
    next: Instant,
    is_terminal: bool,
    drawn: bool,
}

impl Progress {
    pub(super) fn new(total: usize) -> Self {
        let (next, is_terminal) = (Instant::now() + PATIENCE, io::stderr().is_terminal());
        Self {
            done: 0,
            total,
            next,
            is_terminal,
            drawn: false,
        }
    }

    /// One more is read.
    pub(super) fn advance(&mut self) {
        self.done += 1;
        let now = Instant::now();
        if !self.is_terminal || now < self.next {
            return;
        }
        self.next = now + PAUSE;
        self.drawn = true;
        let filled = WIDTH * self.done / self.total.max(1);
        let bar = format!("{:<WIDTH$}", "#".repeat(filled));
        // Without a stderr there is nobody to show it to.
        let _ = write!(io::stderr(), "\r[{bar}] {} of {} captures", self.done, self.total);
    }

    /// Takes the bar away.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
