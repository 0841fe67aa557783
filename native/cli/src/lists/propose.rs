//! `hushwall lists propose`: draft records from captures and from the phone's two files.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use blocklist::{Because, Preset, RulesBuilder};
use engine::{Observer, Seen, Timestamp};
use flate2::bufread::MultiGzDecoder;
use records::Rule;
use trust::Day;

use super::files;
use crate::capture::{Capture, CaptureError};
use crate::counted::counted;
use crate::replay::progress::Progress;

mod case;
mod draft;
mod phone;

use case::Cases;
use phone::{How, PhoneFile};

/// Largest file of the phone that is read, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// How a gzip file begins (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Exit code where a file could not be read at all.
const COULD_NOT_RUN: u8 = 2;

/// Draft records from captures, and from the phone's recordings and breakage files.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Captures (pcap, pcapng), recordings and breakage files of the phone; also gzip.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The records, files or a folder; without it, those of `blocklists/`, else those that this program was built with.
    #[arg(long, value_name = "PATH")]
    from: Vec<PathBuf>,
    /// A list of others: names that it knows come after those that nobody has listed.
    #[arg(long = "list", value_name = "FILE")]
    lists: Vec<PathBuf>,
    /// Take names beneath this domain as the vendor's too. All others are left out, as they tell what you visit.
    #[arg(long, value_name = "DOMAIN")]
    also: Vec<String>,
    /// Name what was left out, on stderr: for your eyes only.
    #[arg(long)]
    show_left_out: bool,
}

/// Reads the files and writes the drafts to stdout.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let collection = files::collect_or_builtin(&args.from)?;
    let rules: Vec<Rule> = collection.rules().map(|(_, rule)| rule.clone()).collect();
    let mut others = RulesBuilder::new(Preset::None);
    for path in &args.lists {
        let bytes = fs::read(path).with_context(|| path.display().to_string())?;
        others = others.list(&path.to_string_lossy(), &String::from_utf8_lossy(&bytes))?;
    }
    let others = others.build();
    let roots = args
        .also
        .iter()
        .map(|domain| domain.trim_matches('.').to_ascii_lowercase());
    let mut cases = Cases::new(vendor_roots(&rules).chain(roots).collect());
    let (mut unread, mut read_any) = (false, false);
    let mut progress = Progress::new(&args.files, true);
    for path in &args.files {
        match read(path, &mut cases, &mut progress) {
            Ok(()) => read_any = true,
            Err(error) => {
                unread = true;
                writeln!(io::stderr(), "hushwall: {}: {error:#}", path.display())?;
            }
        }
    }
    progress.clear();
    if !read_any {
        return Ok(ExitCode::from(COULD_NOT_RUN));
    }
    let is_listed = |name: &str| matches!(others.verdict(name, None).because, Because::List(_));
    let drafts = draft::emit(&cases, &collection, is_listed);
    io::stdout().lock().write_all(drafts.as_bytes())?;
    tell_left_out(&cases, args.show_left_out)?;
    Ok(if unread {
        ExitCode::from(COULD_NOT_RUN)
    } else {
        ExitCode::SUCCESS
    })
}

/// The vendor's own domains: the names of two labels that the records keep as essential.
fn vendor_roots(rules: &[Rule]) -> impl Iterator<Item = String> {
    let roots = rules
        .iter()
        .filter(|rule| matches!(rule.kept, records::Kept::Essential));
    let roots = roots.filter(|rule| rule.pattern.split('.').count() == 2 && rule.network.is_none());
    roots.map(|rule| rule.pattern.clone())
}

fn read(path: &Path, cases: &mut Cases, progress: &mut Progress) -> anyhow::Result<()> {
    match Capture::open(path) {
        Ok(capture) => read_capture(path, capture, cases, progress),
        Err(CaptureError::Format) => read_phone_file(path, cases),
        Err(error) => Err(error.into()),
    }
}

/// Reads the names of a capture as `hushwall replay` does. A damaged one gives what could be read.
fn read_capture(
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

fn tell_left_out(cases: &Cases, names: bool) -> io::Result<()> {
    let left_out = &cases.left_out;
    let mut err = io::stderr().lock();
    if left_out.total() > 0 {
        writeln!(
            err,
            "left out: {} not of the vendor, {} that may tell of a person, {} unfit",
            counted(left_out.others.len(), "name"),
            left_out.personal.len(),
            left_out.unfit
        )?;
    }
    if names {
        for name in left_out.others.iter().chain(&left_out.personal) {
            writeln!(err, "  {}", crate::verdict::printable(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
