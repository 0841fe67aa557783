//! What a person, or a program, sees of a run: verdicts, outages, totals.
//!
//! Names and addresses are shown here because the owner asked at his own terminal. Nothing of this goes into a log.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use blocklist::Rules;
use engine::{Event, VerdictEvent};
use tunnel::{Notice, Snapshot};

mod fold;
mod json;
mod line;
mod status;

use crate::counted::counted;
use crate::verdict::{Shown, printable};
use fold::{Fold, Repeats};
use line::Colour;
use status::Status;

/// How a run is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Lines and a status line.
    Terminal {
        /// Whether colours are wanted.
        coloured: bool,
    },
    /// Lines.
    Plain,
    /// One JSON object a line.
    Json,
}

/// Writes a run to `out`, which it flushes only when told to.
#[derive(Debug)]
pub(crate) struct Screen<W> {
    out: W,
    form: Form,
    rules: Arc<Rules>,
    started: Instant,
    fold: Fold,
    status: Status,
    redraw_at: Option<Instant>,
}

impl<W: Write> Screen<W> {
    pub(crate) fn new(out: W, form: Form, rules: Arc<Rules>, now: Instant) -> Self {
        Self {
            out,
            form,
            rules,
            started: now,
            fold: Fold::default(),
            status: Status::default(),
            redraw_at: None,
        }
    }

    /// The firewall works.
    pub(crate) fn write_started(&mut self, device: &str) -> io::Result<()> {
        if self.form == Form::Json {
            return json::write_started(&mut self.out, wall_clock(), device, self.rules.len());
        }
        writeln!(
            self.out,
            "Hushwall is on: {}, device {device}. Ctrl-C ends it.",
            counted(self.rules.len(), "rule")
        )
    }

    /// Takes what the tunnel says.
    pub(crate) fn handle_notice(&mut self, notice: &Notice, now: Instant) -> io::Result<()> {
        match notice {
            Notice::Event {
                event: Event::Verdict(verdict),
                ..
            } => self.write_verdict(verdict, now),
            Notice::Event {
                event: Event::Outstanding { name, left, .. },
                ..
            } => self.write_outstanding(name.as_str(), *left),
            Notice::Outage { lasted, .. } => self.write_outage(*lasted),
            Notice::Lost(count) => self.write_lost(*count),
            // Nobody here knows owners, and kinds that are not known yet are not shown yet.
            _ => Ok(()),
        }
    }

    /// Time has passed, or notices were taken. `snapshot` is asked for only where a status line shows it.
    pub(crate) fn handle_timeout(
        &mut self,
        now: Instant,
        snapshot: impl FnOnce() -> Option<Snapshot>,
    ) -> io::Result<()> {
        while let Some(repeats) = self.fold.poll_repeats(now) {
            self.write_repeats(&repeats, now)?;
        }
        self.redraw_at = None;
        if matches!(self.form, Form::Terminal { .. })
            && let Some(snapshot) = snapshot()
            && self.status.draw(&mut self.out, &snapshot.engine, now)?
        {
            self.redraw_at = Some(now + status::PERIOD);
        }
        Ok(())
    }

    /// When [`Self::handle_timeout`] has something to do; `None` while nothing happens.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        [self.redraw_at, self.fold.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Shows what was written.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The run is over.
    pub(crate) fn write_totals(&mut self, totals: Option<&Snapshot>, now: Instant) -> io::Result<()> {
        while let Some(repeats) = self.fold.drain() {
            self.write_repeats(&repeats, now)?;
        }
        self.status.erase(&mut self.out)?;
        let Some(totals) = totals else { return self.flush() };
        if self.form == Form::Json {
            json::write_totals(&mut self.out, wall_clock(), totals)?;
        } else {
            let stats = &totals.engine;
            writeln!(
                self.out,
                "Hushwall is off: {} blocked, {} allowed, {} up, {} down.",
                stats.blocked,
                stats.allowed,
                status::bytes(stats.bytes_up),
                status::bytes(stats.bytes_down),
            )?;
            write_asked(&mut self.out, totals)?;
        }
        self.flush()
    }

    fn write_verdict(&mut self, verdict: &VerdictEvent, now: Instant) -> io::Result<()> {
        let shown = Shown::new(verdict, &self.rules);
        if self.form == Form::Json {
            return json::write_verdict(&mut self.out, wall_clock(), verdict, &shown);
        }
        if !self.fold.is_new(&shown.what, shown.seen, shown.blocked, now) {
            return Ok(());
        }
        self.status.erase(&mut self.out)?;
        let since_start = now.saturating_duration_since(self.started);
        let is_terminal = matches!(self.form, Form::Terminal { .. });
        // The sentence at its end is long; whoever wants all of it has pipes and --json.
        let (cut, wrap) = if is_terminal {
            (status::CUT, status::WRAP)
        } else {
            ("", "")
        };
        write!(self.out, "{cut}")?;
        line::write(&mut self.out, &shown, since_start, colour(self.form))?;
        write!(self.out, "{wrap}")?;
        // Making room may end the time of an older one.
        while let Some(repeats) = self.fold.poll_repeats(now) {
            self.write_repeats(&repeats, now)?;
        }
        Ok(())
    }

    fn write_repeats(&mut self, repeats: &Repeats, now: Instant) -> io::Result<()> {
        self.status.erase(&mut self.out)?;
        let since_start = now.saturating_duration_since(self.started);
        line::write_repeats(&mut self.out, repeats, since_start, colour(self.form))
    }

    fn write_outstanding(&mut self, name: &str, left: Duration) -> io::Result<()> {
        if self.form == Form::Json {
            return json::write_outstanding(&mut self.out, wall_clock(), name, left);
        }
        self.status.erase(&mut self.out)?;
        writeln!(
            self.out,
            "{} is allowed, but its last refusal may be remembered for another {} s.",
            printable(name),
            left.as_secs()
        )
    }

    fn write_outage(&mut self, lasted: Duration) -> io::Result<()> {
        if self.form == Form::Json {
            return json::write_outage(&mut self.out, wall_clock(), lasted);
        }
        self.status.erase(&mut self.out)?;
        writeln!(
            self.out,
            "Protection was absent for {} ms: open connections were lost.",
            lasted.as_millis()
        )
    }

    fn write_lost(&mut self, count: u64) -> io::Result<()> {
        if self.form == Form::Json {
            return json::write_lost(&mut self.out, wall_clock(), count);
        }
        self.status.erase(&mut self.out)?;
        writeln!(
            self.out,
            "{count} verdicts are not shown: they came faster than they could be written."
        )
    }
}

/// What asked on and on: told where a person would call it so.
const MANY: u64 = 60;

/// Names and addresses in the summary at most.
const SHOWN: usize = 5;

/// How often was asked in vain, and for what.
fn write_asked(out: &mut impl Write, totals: &Snapshot) -> io::Result<()> {
    let answered = totals.engine.answered_here;
    if answered > 0 {
        writeln!(
            out,
            "{} questions answered here, 0 sent. Connections to 0.0.0.0 stay on this machine and are not seen.",
            grouped(answered)
        )?;
    }
    let many = totals.asked_most.iter();
    let many = many.filter(|asked| asked.questions + asked.refusals >= MANY);
    for asked in many.take(SHOWN) {
        let what = printable(&asked.what);
        let mut parts = Vec::new();
        if asked.questions > 0 {
            let (questions, sent) = (grouped(asked.questions), grouped(asked.sent));
            parts.push(format!("{questions} questions answered here, {sent} sent"));
        }
        if asked.refusals > 0 {
            parts.push(format!("{} connections refused", grouped(asked.refusals)));
        }
        writeln!(out, "  {what}: {}", parts.join("; "))?;
    }
    Ok(())
}

/// `9,300`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn colour(form: Form) -> Colour {
    if form == (Form::Terminal { coloured: true }) {
        Colour::On
    } else {
        Colour::Off
    }
}

/// Seconds since the Unix epoch, to the millisecond.
fn wall_clock() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs_f64() * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests;
