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

use crate::verdict::Shown;
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
            "Hushwall is on: {} rules, device {device}. Ctrl-C ends it.",
            self.rules.len()
        )
    }

    /// Takes what the tunnel says.
    pub(crate) fn handle_notice(&mut self, notice: &Notice, now: Instant) -> io::Result<()> {
        match notice {
            Notice::Event {
                event: Event::Verdict(verdict),
                ..
            } => self.write_verdict(verdict, now),
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
