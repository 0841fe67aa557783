//! Runs damaged and hostile captures of others through the observer and through the engine: no panic, no name that another
//! tool does not read there as well, memory and time within bounds. `cargo run --release -p oracle --bin robust -- [DIRECTORY]`.
//! Needs the captures, which are no part of this repository; without them it says so and ends well.
//!
//! `index.json` has an object for each original capture: the file that its packets are in, the number of the first one,
//! how many there are, and which names may be read out of them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use blocklist::{Preset, RulesBuilder};
use engine::{Batch, Config, Engine, Event, Observer, Output, Timestamp};
use flate2::read::GzDecoder;
use serde_json::Value;

/// Where the captures are looked for, beside the repository.
const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../captures/robust");

/// Names that are there, though the index has none: what other tools take a packet for is not what an app sends.
const THERE: [(&str, &str); 2] = [
    // The request's head is whole; other tools wait for its body, of which a packet is missing.
    (
        "unidirectional_tcp_stream_with_missing_packet.pcap",
        "service.zap.co.il",
    ),
    // A question over IPv4, in a file that says IPv6 of it.
    ("LINKTYPE_IPV6_invalid.pcap", "example.com"),
];

/// What is written to a device at once, at most.
const MTU: usize = 65_535;

fn main() -> Result<ExitCode> {
    let asked = std::env::args().nth(1);
    let directory = Path::new(asked.as_deref().unwrap_or(DIRECTORY));
    let mut out = std::io::stdout().lock();
    if !directory.join("index.json").is_file() {
        writeln!(
            out,
            "no damaged captures here ({}): nothing was run",
            directory.display()
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let index: BTreeMap<String, Value> = serde_json::from_reader(File::open(directory.join("index.json"))?)?;
    let mut files = BTreeMap::new();
    let (mut packets_run, mut bytes_run, mut names_read, mut wrong) = (0, 0, 0, 0);
    let mut spent = Duration::ZERO;
    for (title, entry) in &index {
        let name = entry["file"].as_str().context("a file")?;
        let base = Path::new(name).file_name().context("a file's name")?.to_owned();
        if !files.contains_key(&base) {
            files.insert(base.clone(), read(&directory.join(&base))?);
        }
        let number = |key: &str| entry[key].as_u64().map(|number| number as usize);
        let first = number("first").context("a first packet")? - 1;
        let packets = &files[&base][first..first + number("count").context("a count")?];
        let may_emit: Vec<String> = entry["may_emit"]
            .as_array()
            .context("names")?
            .iter()
            .filter_map(|name| Some(plain(name.as_str()?)))
            .collect();

        let start = Instant::now();
        let names = [observe(packets), carry(packets)].concat();
        let took = start.elapsed();
        let bytes: usize = packets.iter().map(Vec::len).sum();
        (spent, bytes_run) = (spent + took, bytes_run + bytes);
        (packets_run, names_read) = (packets_run + packets.len(), names_read + names.len());
        let is_there = |name: &&String| {
            let known = THERE
                .iter()
                .any(|(file, there)| title.ends_with(file) && there == name);
            known || may_emit.contains(&plain(name))
        };
        for name in names.iter().filter(|name| !is_there(name)) {
            wrong += 1;
            writeln!(out, "{title}: {name} is no name that is there")?;
        }
    }
    writeln!(
        out,
        "{} captures, {packets_run} packets, {bytes_run} bytes: 0 panics, {names_read} names, {wrong} that are not there; \
         {:.1} ns a byte; {} at most in memory",
        index.len(),
        spent.as_secs_f64() * 1e9 / bytes_run as f64,
        peak()?
    )?;
    Ok(ExitCode::from(u8::from(wrong > 0)))
}

/// The packets of a pcap of raw IP, little-endian, also gzip.
fn read(path: &Path) -> Result<Vec<Vec<u8>>> {
    let mut bytes = Vec::new();
    let packed = PathBuf::from(format!("{}.gz", path.display()));
    if path.is_file() {
        File::open(path)?.read_to_end(&mut bytes)?;
    } else {
        GzDecoder::new(File::open(&packed).with_context(|| packed.display().to_string())?)
            .read_to_end(&mut bytes)?;
    }
    ensure!(
        bytes.starts_with(&[0xd4, 0xc3, 0xb2, 0xa1]),
        "{}: no pcap",
        path.display()
    );
    let (mut packets, mut rest) = (Vec::new(), &bytes[24..]);
    while let Some((header, after)) = rest.split_first_chunk::<16>() {
        let len = u32::from_le_bytes([header[8], header[9], header[10], header[11]]) as usize;
        packets.push(after[..len].to_vec());
        rest = &after[len..];
    }
    Ok(packets)
}

/// The names that the observer reads.
fn observe(packets: &[Vec<u8>]) -> Vec<String> {
    let mut observer = Observer::new(RulesBuilder::new(Preset::None).build());
    let mut names = Vec::new();
    for packet in packets {
        observer.handle_packet(packet, Timestamp::ZERO);
        while let Some(sighting) = observer.poll_sighting() {
            names.push(sighting.name.as_str().to_owned());
        }
    }
    names
}

/// The names that the engine judges by, when an app sends the same packets.
fn carry(packets: &[Vec<u8>]) -> Vec<String> {
    let rules = RulesBuilder::new(Preset::Everything).build();
    let mut engine = Engine::new(Config::default(), Arc::new(rules), [7; 32]);
    let (mut batch, mut names) = (Batch::new(MTU), Vec::new());
    for (packet, now) in packets.iter().zip(0..) {
        let now = Timestamp::from_micros(1_000_000 + now * 1_000);
        batch.clear();
        batch.push(packet);
        engine.handle_batch(&batch, now);
        engine.handle_timeout(now);
        while let Some(output) = engine.poll_output(&batch) {
            if let Output::Event(Event::Verdict(verdict)) = output {
                names.extend(verdict.reason.name.map(|name| name.as_str().to_owned()));
            }
        }
    }
    names
}

/// A name without its last dot and without the port that some tools keep.
fn plain(name: &str) -> String {
    let host = match name.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => name,
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// Of this process, so far.
fn peak() -> Result<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(line.context("no VmHWM")?.trim().to_owned())
}
