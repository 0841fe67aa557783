//! The last line of the terminal: totals and speed.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use engine::Stats;

/// How often the line is written anew while bytes move.
pub(super) const PERIOD: Duration = Duration::from_secs(1);

/// What is written from here on is cut at the terminal's width (DECAWM off): a terminal may be narrow.
pub(super) const CUT: &str = "\x1b[?7l";
/// What is written from here on is wrapped again.
pub(super) const WRAP: &str = "\x1b[?7h";

/// Totals of two moments make a speed.
#[derive(Debug, Default)]
pub(super) struct Status {
    last: Option<Moment>,
    speed: (u64, u64),
    standing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moment {
    at: Instant,
    up: u64,
    down: u64,
}

impl Status {
    /// Takes the line off the terminal, so that another can be written.
    pub(super) fn erase(&mut self, out: &mut impl Write) -> io::Result<()> {
        if std::mem::take(&mut self.standing) {
            out.write_all(b"\r\x1b[K")
        } else {
            Ok(())
        }
    }

    /// Writes the line; whether it should be written again after [`PERIOD`] even if nothing else happens: bytes
    /// moved, so that the speed shown would become untrue.
    pub(super) fn draw(&mut self, out: &mut impl Write, stats: &Stats, now: Instant) -> io::Result<bool> {
        let moment = Moment {
            at: now,
            up: stats.bytes_up,
            down: stats.bytes_down,
        };
        let last = *self.last.get_or_insert(moment);
        let passed = now.saturating_duration_since(last.at);
        if passed >= PERIOD {
            self.speed = (
                per_second(moment.up - last.up, passed),
                per_second(moment.down - last.down, passed),
            );
            self.last = Some(moment);
        }
        self.standing = true;
        write!(
            out,
            "\r\x1b[K{CUT}up {}/s  down {}/s  |  {} allowed  {} blocked  |  {} open  {} in all{WRAP}",
            bytes(self.speed.0),
            bytes(self.speed.1),
            stats.allowed,
            stats.blocked,
            stats.tcp_flows + stats.udp_mappings,
            bytes(stats.bytes_up + stats.bytes_down),
        )?;
        let is_moving = (moment.up, moment.down) != (last.up, last.down);
        Ok(is_moving || self.speed != (0, 0))
    }
}

fn per_second(count: u64, passed: Duration) -> u64 {
    let micros = passed.as_micros().max(1);
    u64::try_from(u128::from(count) * 1_000_000 / micros).unwrap_or(u64::MAX)
}

/// `512 B`, `1.5 kB`, `20 MB`.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut tenths = u128::from(count) * 10;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    match (unit, tenths) {
        (0, _) => format!("{count} B"),
        (_, ..100) => format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]),
        _ => format!("{} {}", tenths / 10, UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_rounded_for_people() {
        let shown: Vec<String> = [0, 999, 1_000, 1_550, 20_000_000, 3_200_000_000]
            .map(bytes)
            .into();
        assert_eq!(shown, ["0 B", "999 B", "1.0 kB", "1.5 kB", "20 MB", "3.2 GB"]);
        assert!(bytes(u64::MAX).ends_with("TB"));
    }

    #[test]
    fn status_asks_for_another_turn_only_while_bytes_move() {
        let mut status = Status::default();
        let start = Instant::now();
        let mut stats = Stats::default();
        let mut out = Vec::new();
        assert!(!status.draw(&mut out, &stats, start).unwrap(), "idle");
        stats.bytes_down = 2_000_000;
        assert!(status.draw(&mut out, &stats, start + PERIOD).unwrap());
        out.clear();
        assert!(status.draw(&mut out, &stats, start + PERIOD).unwrap());
        assert!(String::from_utf8(out.clone()).unwrap().contains("down 2.0 MB/s"));
        assert!(
            !status.draw(&mut out, &stats, start + 2 * PERIOD).unwrap(),
            "idle again, speed shown as zero"
        );
    }

    #[test]
    fn line_is_taken_off_once() {
        let mut status = Status::default();
        let mut out = Vec::new();
        status.erase(&mut out).unwrap();
        assert!(out.is_empty());
        status.draw(&mut out, &Stats::default(), Instant::now()).unwrap();
        out.clear();
        status.erase(&mut out).unwrap();
        status.erase(&mut out).unwrap();
        assert_eq!(out, b"\r\x1b[K");
    }
}
