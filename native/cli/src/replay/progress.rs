//! A progress bar on a terminal, for work that takes longer than a second.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Quicker work needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two drawings.
const PAUSE: Duration = Duration::from_millis(100);
/// Width of the bar in characters.
const WIDTH: usize = 40;
/// Packets between two looks at the clock.
const STRIDE: u64 = 4096;

/// How many bytes of the captures are read.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Of the captures before this one.
    before: u64,
    total: u64,
    next: Instant,
    is_shown: bool,
    drawn: bool,
}

impl Progress {
    /// Nothing is read yet. What has no size (a pipe) does not count.
    pub(crate) fn new(captures: &[PathBuf], wanted: bool) -> Self {
        let sizes = captures
            .iter()
            .map(|path| fs::metadata(path).map_or(0, |file| file.len()));
        Self {
            before: 0,
            total: sizes.sum(),
            next: Instant::now() + PATIENCE,
            is_shown: wanted && io::stderr().is_terminal(),
            drawn: false,
        }
    }

    /// So many packets and bytes of the capture are read.
    pub(crate) fn advance(&mut self, packets: u64, bytes: u64) {
        if self.is_shown && packets.is_multiple_of(STRIDE) {
            self.draw(self.before + bytes);
        }
    }

    /// The capture is read.
    pub(crate) fn end(&mut self, bytes: u64) {
        self.before += bytes;
        if self.is_shown {
            self.draw(self.before);
        }
    }

    fn draw(&mut self, read: u64) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + PAUSE;
        self.drawn = true;
        let percent = (read.saturating_mul(100) / self.total.max(1)).min(100);
        let bar = "#".repeat(WIDTH * percent as usize / 100);
        // Without a stderr there is nobody to show it to.
        let _ = write!(
            io::stderr(),
            "\r[{bar:<WIDTH$}] {percent:>3} % of {} MB",
            self.total / 1_000_000
        );
    }

    /// Takes the bar away.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
