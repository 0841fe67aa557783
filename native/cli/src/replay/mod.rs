//! `hushwall replay`: what the engine would have seen and decided, from captures.

use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use engine::{Observer, Timestamp};

use crate::capture::{Capture, CaptureError};
use crate::counted::counted;
use crate::rules::{self, RuleArgs};

mod difference;
pub(crate) mod progress;
mod report;

use progress::Progress;
use report::Report;

/// Say what the firewall would have seen and decided in captures.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Captures: pcap or pcapng, also gzip; `-` is standard input.
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    /// A line a name, for machines: file, kind, name, client, port, between tabs.
    #[arg(long, conflicts_with = "json")]
    names: bool,
    /// One JSON object a line on stdout.
    #[arg(long)]
    json: bool,
    /// Compare two versions of the lists on the names seen: folders, files or git revisions, as `lists diff`.
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with = "names")]
    diff: Option<Vec<String>>,
    #[command(flatten)]
    rules: RuleArgs,
}

/// What was in one capture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    packets: u64,
    /// Packets of other protocols, or of an unknown link type.
    not_ip: u64,
    malformed: u64,
    names: u64,
}

/// Exit code where a capture could not be read at all.
const COULD_NOT_RUN: u8 = 2;

/// Reads the captures and writes what was seen to stdout.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    if let Some(sides) = &args.diff {
        return difference::run(&args.captures, sides, args.json);
    }
    let observer = Observer::new(rules::load(&args.rules)?);
    let stdout = io::stdout().lock();
    // Lines between the bar's drawings would tear it.
    let has_lines = (args.names || args.json) && stdout.is_terminal();
    let mut replay = Replay {
        observer,
        report: Report::new(args.names, args.json),
        progress: Progress::new(&args.captures, !has_lines),
        out: BufWriter::with_capacity(64 * 1024, stdout),
        total: Tally::default(),
    };
    let mut unread = 0;
    for path in &args.captures {
        match Capture::open(path) {
            Ok(capture) => replay.play(path, capture)?,
            Err(error) => {
                unread += 1;
                complain(path, &error);
            }
        }
    }
    // Of nothing there is nothing to say beside the complaint.
    if unread < args.captures.len() {
        replay.finish()?;
    }
    Ok(if unread > 0 {
        ExitCode::from(COULD_NOT_RUN)
    } else {
        ExitCode::SUCCESS
    })
}

/// One run of the command.
#[derive(Debug)]
struct Replay<W> {
    observer: Observer,
    report: Report,
    progress: Progress,
    out: W,
    total: Tally,
}

impl<W: Write> Replay<W> {
    /// Replays one capture. One that is damaged gives what could be read, and a line on stderr.
    fn play(&mut self, path: &Path, mut capture: Capture) -> io::Result<()> {
        let file = path
            .file_name()
            .map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
        self.observer.reset();
        let malformed_before = malformed(&self.observer);
        let mut tally = Tally::default();
        loop {
            self.progress.advance(tally.packets, capture.bytes_read());
            let packet = match capture.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => break,
                Err(error) => {
                    complain(path, &error);
                    break;
                }
            };
            tally.packets += 1;
            let Some(ip) = packet.ip() else {
                tally.not_ip += 1;
                continue;
            };
            self.observer
                .handle_packet(ip, Timestamp::from_micros(packet.micros));
            while let Some(sighting) = self.observer.poll_sighting() {
                tally.names += u64::from(!report::is_answer(&sighting));
                self.report
                    .sighting(&mut self.out, &file, &sighting, self.observer.rules())?;
            }
        }
        tally.malformed = malformed(&self.observer) - malformed_before;
        self.total.add(&tally);
        self.progress.end(capture.bytes_read());
        self.report.end(&mut self.out, &file, &tally)
    }

    /// Writes what is said of all captures together.
    fn finish(&mut self) -> io::Result<()> {
        self.progress.clear();
        self.report.finish(&mut self.out, &self.total)?;
        self.out.flush()?;
        let Tally {
            packets,
            not_ip,
            malformed,
            names,
        } = self.total;
        writeln!(
            io::stderr(),
            "{}, {}; {malformed} malformed, {not_ip} not IP",
            counted(packets, "packet"),
            counted(names, "name")
        )
    }
}

fn malformed(observer: &Observer) -> u64 {
    observer.stats().discarded.iter().sum()
}

fn complain(path: &Path, error: &CaptureError) {
    let cause = std::error::Error::source(error)
        .map(|cause| format!(": {cause}"))
        .unwrap_or_default();
    // Without a stderr there is nobody to tell.
    let _ = writeln!(io::stderr(), "hushwall: {}: {error}{cause}", path.display());
}

impl Tally {
    const fn add(&mut self, other: &Self) {
        self.packets += other.packets;
        self.not_ip += other.not_ip;
        self.malformed += other.malformed;
        self.names += other.names;
    }
}

#[cfg(test)]
mod tests;
