//! A verdict as a line for people.

use std::io::{self, Write};
use std::time::Duration;

use super::fold::Repeats;
use crate::verdict::{Shown, printable, seen_phrase};

/// Whether a line is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Off,
    On,
}

const RED: &str = "\x1b[1;31m";
const GREEN: &str = "\x1b[32m";
const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

/// Writes `   0:12  blocked  DNS question  tracking.example  OneTrack reports (onetrack/tracking, Built-in)`.
pub(super) fn write(
    out: &mut impl Write,
    shown: &Shown<'_>,
    since_start: Duration,
    colour: Colour,
) -> io::Result<()> {
    let paint = |code: &'static str| if colour == Colour::On { code } else { "" };
    let (tint, action) = if shown.blocked {
        (RED, "blocked")
    } else {
        (GREEN, "allowed")
    };
    write!(
        out,
        "{}  {}{action}{}  {:<12}  ",
        elapsed(since_start),
        paint(tint),
        paint(RESET),
        seen_phrase(shown.seen, shown.transport)
    )?;
    let what = printable(&shown.what);
    match shown.because() {
        None => writeln!(out, "{what}"),
        Some(because) => {
            writeln!(
                out,
                "{what:<32}  {}{}{}",
                paint(DIM),
                printable(&because),
                paint(RESET)
            )
        }
    }
}

/// Writes that a verdict came again.
pub(super) fn write_repeats(
    out: &mut impl Write,
    repeats: &Repeats,
    since_start: Duration,
    colour: Colour,
) -> io::Result<()> {
    let (dim, reset) = if colour == Colour::On {
        (DIM, RESET)
    } else {
        ("", "")
    };
    let action = if repeats.blocked { "blocked" } else { "allowed" };
    let (times, what) = (repeats.times, printable(&repeats.what));
    writeln!(
        out,
        "{}  {dim}{action}  {times} more: {what}{reset}",
        elapsed(since_start)
    )
}

/// `h:mm:ss`, or `   m:ss` in the first hour.
fn elapsed(since_start: Duration) -> String {
    let seconds = since_start.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours == 0 {
        format!("{minutes:>4}:{seconds:02}")
    } else {
        format!("{hours}:{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use engine::{Seen, Transport};

    use super::*;

    fn shown(blocked: bool, tier: &'static str) -> Shown<'static> {
        Shown {
            blocked,
            seen: Seen::Query,
            transport: Transport::Dns,
            what: Cow::Borrowed("tracking.example"),
            tier,
            rule: Some("onetrack/tracking"),
            list: Some("Built-in"),
            why: "OneTrack usage reports",
        }
    }

    fn line(shown: &Shown<'_>, colour: Colour) -> String {
        let mut out = Vec::new();
        write(&mut out, shown, Duration::from_secs(72), colour).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn blocked_line_names_rule_list_and_sentence() {
        assert_eq!(
            line(&shown(true, "list"), Colour::Off),
            "   1:12  blocked  DNS question  tracking.example                  OneTrack usage reports (onetrack/tracking, Built-in)\n"
        );
    }

    #[test]
    fn colour_changes_nothing_but_colour() {
        let coloured = line(&shown(true, "list"), Colour::On);
        let plain: String = [RED, GREEN, DIM, RESET]
            .iter()
            .fold(coloured.clone(), |text, code| text.replace(code, ""));
        assert_ne!(coloured, plain);
        assert_eq!(plain, line(&shown(true, "list"), Colour::Off));
    }

    #[test]
    fn owner_and_essential_names_say_so() {
        assert!(
            line(&shown(false, "essential"), Colour::Off)
                .contains("never refused: OneTrack usage reports (onetrack/tracking)")
        );
        assert!(line(&shown(true, "owner_block"), Colour::Off).contains("you refused it: "));
    }

    #[test]
    fn line_without_a_rule_ends_with_the_name() {
        let shown = Shown {
            rule: None,
            list: None,
            why: "",
            ..shown(false, "no_rule")
        };
        assert!(line(&shown, Colour::Off).ends_with("  tracking.example\n"));
    }

    #[test]
    fn time_grows_into_hours() {
        assert_eq!(elapsed(Duration::from_secs(59)), "   0:59");
        assert_eq!(elapsed(Duration::from_secs(3 * 3600 + 61)), "3:01:01");
    }
}
