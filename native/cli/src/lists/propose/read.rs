//! What captures, recordings and breakage files tell of names.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use blocklist::{Preset, RulesBuilder};
use engine::{Observer, Seen, Timestamp};
use flate2::bufread::MultiGzDecoder;
use trust::Day;

use super::case::Cases;
use super::phone::{How, PhoneFile};
use crate::capture::{Capture, CaptureError};
use crate::counted::counted;
use crate::replay::progress::Progress;

/// Largest file of the phone that is read, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// How a gzip file begins (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Reads the files, says on stderr which could not be read at all, and returns how many these are.
pub(in crate::lists) fn read_all(files: &[PathBuf], cases: &mut Cases) -> io::Result<usize> {
    let mut unread = 0;
    let mut progress = Progress::new(files, true);
    for path in files {
        if let Err(error) = read(path, cases, &mut progress) {
            unread += 1;
            writeln!(io::stderr(), "hushwall: {}: {error:#}", path.display())?;
        }
    }
    progress.clear();
    Ok(unread)
}

fn read(path: &Path, cases: &mut Cases, progress: &mut Progress) -> anyhow::Result<()> {
    match Capture::open(path) {
        Ok(capture) => read_capture(path, capture, cases, progress),
        Err(CaptureError::Format) => read_phone_file(path, cases),
        Err(error) => Err(error.into()),
    }
}

/// Reads the names of a capture as `hushwall replay` does. A damaged one gives what could be read.
pub(super) fn read_capture(
    path: &Path,
    mut capture: Capture,
    cases: &mut Cases,
    progress: &mut Progress,
) -> anyhow::Result<()> {
    let mut observer = Observer::new(RulesBuilder::new(Preset::None).build());
    for packets in 0.. {
        progress.advance(packets, capture.bytes_read());
        let packet = match capture.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(error) => {
                writeln!(io::stderr(), "hushwall: {}: {error}", path.display())?;
                break;
            }
        };
        let (micros, Some(ip)) = (packet.micros, packet.ip()) else {
            continue;
        };
        observer.handle_packet(ip, Timestamp::from_micros(micros));
        while let Some(sighting) = observer.poll_sighting() {
            let how = match sighting.seen {
                Seen::Query => How::DnsQuestion,
                Seen::Sni => How::TlsServerName,
                Seen::Quic => How::QuicServerName,
                Seen::Host => How::HttpHost,
                Seen::Cname | Seen::Target | Seen::Unread | Seen::Address | Seen::HttpDns => continue,
            };
            let day = Day::of_unix(micros / 1_000_000).to_string();
            cases.handle_sighting(sighting.name.as_str(), how, &day);
        }
    }
    progress.end(capture.bytes_read());
    Ok(())
}

fn read_phone_file(path: &Path, cases: &mut Cases) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    if bytes.starts_with(&GZIP) {
        let packed = std::mem::take(&mut bytes);
        MultiGzDecoder::new(&packed[..])
            .take(LARGEST)
            .read_to_end(&mut bytes)?;
    }
    let file = PhoneFile::parse(&bytes)?;
    if let Some(line) = file.first_damaged {
        writeln!(
            io::stderr(),
            "hushwall: {}: {} could not be read, the first is line {line}",
            path.display(),
            counted(file.damaged, "line")
        )?;
    }
    cases.handle_file(&file);
    Ok(())
}
