//! `hushwall replay --diff OLD NEW`: what another list would have changed on a capture.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use blocklist::{Preset, RulesBuilder};
use engine::{Observer, Timestamp};

use super::progress::Progress;
use super::{COULD_NOT_RUN, complain, report};
use crate::capture::Capture;
use crate::counted::counted;
use crate::lists::sides;

/// Compares two sides on the names of the captures.
pub(super) fn run(captures: &[PathBuf], sides: &[String], json: bool) -> anyhow::Result<ExitCode> {
    let [old, new] = sides else {
        anyhow::bail!("--diff takes two: OLD and NEW");
    };
    let (mut seen, mut unread) = (BTreeMap::<String, u64>::new(), false);
    let mut progress = Progress::new(captures, true);
    for path in captures {
        match Capture::open(path) {
            Ok(mut capture) => {
                if let Err(error) = count(&mut capture, &mut seen, &mut progress) {
                    complain(path, &error);
                }
                progress.end(capture.bytes_read());
            }
            Err(error) => {
                unread = true;
                complain(path, &error);
            }
        }
    }
    progress.clear();
    let diff = sides::compare(old, new, Some(seen.keys().cloned().collect()))?;
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", diff.json())?;
    } else {
        write!(out, "{}", diff.text())?;
    }
    let times = |name: &str| seen.get(name).copied().unwrap_or(0);
    let changed: u64 = diff.changes.iter().map(|change| times(&change.name)).sum();
    let all: u64 = seen.values().sum();
    writeln!(
        io::stderr(),
        "{}, seen {}; {changed} of these change",
        counted(seen.len(), "name"),
        counted(all, "time")
    )?;
    Ok(ExitCode::from(if unread { COULD_NOT_RUN } else { 0 }))
}

/// Counts the names that a capture shows, whatever any list says of them.
fn count(
    capture: &mut Capture,
    seen: &mut BTreeMap<String, u64>,
    progress: &mut Progress,
) -> Result<(), crate::capture::CaptureError> {
    let mut observer = Observer::new(RulesBuilder::new(Preset::None).build());
    let mut packets = 0;
    while let Some(packet) = capture.next_packet()? {
        packets += 1;
        if let Some(ip) = packet.ip() {
            observer.handle_packet(ip, Timestamp::from_micros(packet.micros));
        }
        while let Some(sighting) = observer.poll_sighting() {
            if !report::is_answer(&sighting) {
                *seen
                    .entry(sighting.name.as_str().to_ascii_lowercase())
                    .or_default() += 1;
            }
        }
        progress.advance(packets, capture.bytes_read());
    }
    Ok(())
}
