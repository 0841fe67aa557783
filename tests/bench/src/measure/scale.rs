//! Cost against work: bytes, open flows, names in lists. What grows with the work has to grow evenly.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use lab::{hushwall_binary, run as run_command};

use super::groups::{self, Figures, Size};
use super::peer::Peer;
use super::plan::Options;
use super::site::{Family, Setting, Site};

/// Seconds of a stream, which make bytes.
const SECONDS: [f64; 5] = [0.25, 0.5, 1.0, 2.0, 4.0];
/// Open flows.
const FLOWS: [usize; 6] = [500, 1_000, 2_000, 4_000, 8_000, 12_000];
/// Names in a list.
const NAMES: [usize; 5] = [1_000, 10_000, 50_000, 200_000, 1_000_000];

/// A compiled list of made-up names, gone on drop.
#[derive(Debug)]
pub(super) struct List {
    text: PathBuf,
    compiled: String,
}

impl List {
    /// A list of so many names.
    pub(super) fn build(names: usize) -> Result<Self> {
        let folder = std::env::temp_dir();
        let stem = format!("hush-{}-names-{names}", std::process::id());
        let text = folder.join(format!("{stem}.txt"));
        let compiled = folder.join(format!("{stem}.hwl")).to_string_lossy().into_owned();
        let mut lines = String::new();
        for number in 0..names {
            // Names of some length, whose endings do not sort together.
            writeln!(
                lines,
                "host-{number}.zone-{}.example",
                number.wrapping_mul(2_654_435_761) % 9_973
            )?;
        }
        fs::write(&text, lines)?;
        let built = Self { text, compiled };
        let mut command = Command::new(hushwall_binary()?);
        command
            .args(["lists", "build", "-o", &built.compiled])
            .arg(&built.text);
        run_command(&mut command).context("compiling a list")?;
        Ok(built)
    }

    pub(super) fn path(&self) -> &str {
        &self.compiled
    }
}

impl Drop for List {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.text);
        let _ = fs::remove_file(&self.compiled);
    }
}

/// All three, each figure with its work in the name: `bytes.cpu@X`, `flows.anon@N`, `names.cpu@N`.
pub(super) fn run(peer: &Peer, _options: &Options, figures: &mut Figures) -> Result<()> {
    bytes(peer, figures)?;
    flows(peer, figures)?;
    names(peer, figures)
}

fn bytes(peer: &Peer, figures: &mut Figures) -> Result<()> {
    let site = Site::open(peer, &Setting::new(1500))?;
    for seconds in SECONDS {
        for way in ["up", "down"] {
            let (server, seconds) = (Family::V4.server(), seconds.to_string());
            let before = site.peer().cpu()?;
            let value = site.load(&["bulk", way, &server, "1", &seconds, "0"])?;
            let cpu = site.peer().cpu()?.saturating_sub(before).as_secs_f64();
            let bytes = value["bytes"].as_f64().context("no bytes")?;
            figures.push((format!("bytes{way}.cpu@{bytes}"), cpu));
        }
    }
    Ok(())
}

/// Memory, and the cost of a round trip and of a new connection, beside so many open flows.
fn flows(peer: &Peer, figures: &mut Figures) -> Result<()> {
    let site = Site::open(peer, &Setting::new(1500))?;
    site.pin()?;
    let (mut held, mut open) = (Vec::new(), 0);
    for flows in FLOWS {
        let (more, _) = site.hold(flows - open, "www.example.org", Duration::from_secs(60))?;
        held.push(more);
        open = flows;
        figures.push((format!("flows.anon@{flows}"), site.peer().memory()?.anonymous));
        let before = site.peer().cpu()?;
        let value = site.pinned_load(&["connect", &Family::V4.server(), "0.5", "8", "www.example.org"])?;
        let cpu = site.peer().cpu()?.saturating_sub(before).as_secs_f64() * 1e6;
        let ok = value["ok"].as_f64().context("no count")?;
        figures.push((format!("flows.cpu@{flows}"), cpu / ok.max(1.0)));
    }
    Ok(())
}

/// Memory, and the cost of a question that no rule meets, with so many names in a list.
fn names(peer: &Peer, figures: &mut Figures) -> Result<()> {
    let size = Size {
        seconds: 1.0,
        divisor: 2,
    };
    for names in NAMES {
        let list = List::build(names)?;
        let setting = Setting::new(1500).with_argument(&["--list", list.path()]);
        let site = Site::open(peer, &setting)?;
        figures.push((format!("names.dirty@{names}"), site.peer().private_dirty()?));
        site.pin()?;
        let mut asked = Figures::new();
        groups::questions(&site, size, true, &["64"], &mut asked)?;
        for (key, value) in asked {
            match key.as_str() {
                "dns64.cpu@1500" => figures.push((format!("names.forwarded@{names}"), value)),
                "refused64.cpu@1500" => figures.push((format!("names.refused@{names}"), value)),
                _ => {}
            }
        }
    }
    Ok(())
}
