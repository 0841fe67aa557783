//! Which peers are visited for what, in rounds that go over all of them.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use super::groups::{self, Figures, Size};
use super::peer::{Peer, find};
use super::site::{Family, Setting, Site};
use super::{describe, scale};

/// All rows of bulk TCP.
const BULK: [&str; 4] = ["up1", "up8", "down1", "down8"];

/// What is measured.
#[derive(Debug, Clone)]
pub struct Options {
    /// Rounds over all peers, numbered from `first_round`.
    pub rounds: usize,
    /// The number of the first.
    pub first_round: usize,
    /// Less of everything, for five minutes in all.
    pub quick: bool,
    /// Only these peers; empty for all.
    pub peers: Vec<String>,
    /// Only these groups; empty for all.
    pub groups: Vec<String>,
    /// Where results are added, a line a group.
    pub results: PathBuf,
    /// Where `./build.sh bench` puts programs.
    pub tools: PathBuf,
}

/// A group: its name, whom it is for, and what it does.
struct Group {
    name: &'static str,
    whom: Whom,
    often: Often,
    run: fn(&Peer, &Options) -> Result<Figures>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Often {
    EachRound,
    /// In the first round only: what it takes does not spread, or takes long.
    Once,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    Everybody,
    CopyAndHushwall,
    Hushwall,
}

/// In the order of a round. Small, as a peer that cannot do one thing may do the next.
const GROUPS: [Group; 17] = [
    Group::new("up", Whom::Everybody, Often::EachRound, up),
    Group::new("down", Whom::Everybody, Often::EachRound, down),
    Group::new("up9000", Whom::Everybody, Often::EachRound, up_9000),
    Group::new("down9000", Whom::Everybody, Often::EachRound, down_9000),
    Group::new("latency", Whom::Everybody, Often::EachRound, latency),
    Group::new("connections", Whom::Everybody, Often::EachRound, connections),
    Group::new("questions", Whom::Everybody, Often::EachRound, questions),
    Group::new("ipv6", Whom::CopyAndHushwall, Often::EachRound, ipv6),
    Group::new("datagrams", Whom::CopyAndHushwall, Often::EachRound, datagrams),
    Group::new("paced", Whom::CopyAndHushwall, Often::EachRound, paced),
    Group::new("small", Whom::Hushwall, Often::EachRound, small_writes),
    Group::new("queue", Whom::Everybody, Often::EachRound, short_queue),
    Group::new("memory", Whom::Everybody, Often::EachRound, memory),
    Group::new("wakeups", Whom::Everybody, Often::Once, wake_ups),
    Group::new("list", Whom::Hushwall, Often::EachRound, list),
    Group::new("limits", Whom::Hushwall, Often::Once, limits),
    Group::new("scale", Whom::Hushwall, Often::Once, scale::run),
];

impl Group {
    const fn new(
        name: &'static str,
        whom: Whom,
        often: Often,
        run: fn(&Peer, &Options) -> Result<Figures>,
    ) -> Self {
        Self {
            name,
            whom,
            often,
            run,
        }
    }
}

/// Measures, and adds a line a group to the results.
///
/// # Errors
/// If the results cannot be written, or a group of Hushwall's or of the copy's fails; what another peer cannot do is
/// written down.
pub fn run(options: &Options) -> Result<()> {
    let (peers, missing) = find(&options.tools)?;
    let mut out = File::options()
        .create(true)
        .append(true)
        .open(&options.results)
        .with_context(|| options.results.display().to_string())?;
    let machine = describe(&options.tools);
    writeln!(
        out,
        "{}",
        json!({ "machine": machine, "missing": missing, "quick": options.quick })
    )?;
    for name in &options.peers {
        ensure!(
            peers.iter().any(|peer| peer.name() == name),
            "no peer {name} here"
        );
    }
    for name in &options.groups {
        ensure!(GROUPS.iter().any(|group| group.name == name), "no group {name}");
    }
    for round in options.first_round..options.first_round + options.rounds {
        for group in &GROUPS {
            for peer in &peers {
                if wants(options, group, peer, round) {
                    visit(&mut out, options, group, peer, round)?;
                }
            }
        }
    }
    Ok(())
}

fn wants(options: &Options, group: &Group, peer: &Peer, round: usize) -> bool {
    let named = |names: &[String], name: &str| names.is_empty() || names.iter().any(|one| one == name);
    let is_for = match group.whom {
        // Five minutes are not enough for those whose ratios no bar asks for.
        Whom::Everybody => {
            !options.quick
                || !options.peers.is_empty()
                || peer.is_measured_fully()
                || matches!(peer.name(), "hev" | "prototype")
        }
        Whom::CopyAndHushwall => peer.is_measured_fully(),
        Whom::Hushwall => peer.is_hushwall(),
    };
    is_for
        && named(&options.peers, peer.name())
        && named(&options.groups, group.name)
        && !(group.often == Often::Once && round > 1)
        && !(options.quick && options.groups.is_empty() && matches!(group.name, "limits" | "scale"))
}

fn visit(out: &mut File, options: &Options, group: &Group, peer: &Peer, round: usize) -> Result<()> {
    note(&format!("round {round}: {} of {}", group.name, peer.name()))?;
    let head = json!({ "round": round, "peer": peer.name(), "group": group.name });
    let (key, value) = match (group.run)(peer, options) {
        Ok(figures) => {
            let figures: Map<String, Value> = figures
                .into_iter()
                .map(|(key, value)| (key, Value::from(value)))
                .collect();
            ("figures", Value::from(figures))
        }
        Err(error) if peer.is_measured_fully() => {
            return Err(error).with_context(|| format!("{} of {}", group.name, peer.name()));
        }
        Err(error) => {
            note(&format!("  failed: {error:#}"))?;
            ("failed", Value::from(format!("{error:#}")))
        }
    };
    let mut line = head;
    line[key] = value;
    writeln!(out, "{line}")?;
    Ok(())
}

fn note(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stderr(), "{line}")?)
}

const fn size(options: &Options) -> Size {
    if options.quick {
        Size {
            seconds: 1.0,
            divisor: 4,
        }
    } else {
        Size {
            seconds: 2.0,
            divisor: 1,
        }
    }
}

fn up(peer: &Peer, options: &Options) -> Result<Figures> {
    streams(peer, options, 1500, &["up1", "up8"])
}

fn down(peer: &Peer, options: &Options) -> Result<Figures> {
    streams(peer, options, 1500, &["down1", "down8"])
}

fn up_9000(peer: &Peer, options: &Options) -> Result<Figures> {
    streams(peer, options, 9000, &["up1", "up8"])
}

fn down_9000(peer: &Peer, options: &Options) -> Result<Figures> {
    streams(peer, options, 9000, &["down1", "down8"])
}

fn streams(peer: &Peer, options: &Options, mtu: u32, rows: &[&str]) -> Result<Figures> {
    let site = Site::open(peer, &Setting::new(mtu))?;
    groups::bulk(&site, size(options), Family::V4, &mtu.to_string(), rows)
}

/// A site whose programs share one processor.
fn pinned(peer: &Peer) -> Result<Site> {
    let site = Site::open(peer, &Setting::new(1500))?;
    site.pin()?;
    Ok(site)
}

fn latency(peer: &Peer, options: &Options) -> Result<Figures> {
    groups::latency(&pinned(peer)?, size(options), peer.refuses())
}

fn connections(peer: &Peer, options: &Options) -> Result<Figures> {
    groups::connections(&pinned(peer)?, size(options))
}

fn questions(peer: &Peer, options: &Options) -> Result<Figures> {
    groups::questions(&pinned(peer)?, size(options), peer.refuses())
}

fn ipv6(peer: &Peer, options: &Options) -> Result<Figures> {
    let site = Site::open(peer, &Setting::new(1500))?;
    let mut figures = groups::bulk(&site, size(options), Family::V6, "1500v6", &BULK)?;
    let site = Site::open(peer, &Setting::new(9000))?;
    figures.extend(groups::bulk(&site, size(options), Family::V6, "9000v6", &BULK)?);
    Ok(figures)
}

fn datagrams(peer: &Peer, options: &Options) -> Result<Figures> {
    let site = Site::open(peer, &Setting::new(1500))?;
    let mut figures = groups::datagrams(&site, size(options), Family::V4, "1500")?;
    figures.extend(groups::datagrams(&site, size(options), Family::V6, "1500v6")?);
    Ok(figures)
}

fn paced(peer: &Peer, options: &Options) -> Result<Figures> {
    groups::paced(&Site::open(peer, &Setting::new(1500))?, size(options))
}

/// As on kernels before 6.6, which take no larger write without an allocation that often fails.
fn small_writes(peer: &Peer, options: &Options) -> Result<Figures> {
    let setting = Setting::new(1500).with_argument(&["--segment-limit", "32256"]);
    groups::bulk(
        &Site::open(peer, &setting)?,
        size(options),
        Family::V4,
        "1500small",
        &["down1", "down8"],
    )
}

fn short_queue(peer: &Peer, options: &Options) -> Result<Figures> {
    let setting = Setting {
        queue: 25,
        ..Setting::new(1500)
    };
    groups::bulk(
        &Site::open(peer, &setting)?,
        size(options),
        Family::V4,
        "1500queue25",
        &["up1", "up8"],
    )
}

fn memory(peer: &Peer, _options: &Options) -> Result<Figures> {
    groups::memory(&Site::open(peer, &Setting::new(1500))?)
}

fn wake_ups(peer: &Peer, _options: &Options) -> Result<Figures> {
    groups::wake_ups(&Site::open(peer, &Setting::new(1500))?, 20)
}

/// What 200,000 more names cost in memory that is the process's own.
fn list(peer: &Peer, _options: &Options) -> Result<Figures> {
    let without = Site::open(peer, &Setting::new(1500))?.peer().private_dirty()?;
    let list = scale::List::build(200_000)?;
    let setting = Setting::new(1500).with_argument(&["--list", list.path()]);
    let with = Site::open(peer, &setting)?.peer().private_dirty()?;
    Ok(vec![("list.dirty@1500".to_owned(), with - without)])
}

fn limits(peer: &Peer, options: &Options) -> Result<Figures> {
    let seconds = if options.quick { 15.0 } else { 60.0 };
    let mut figures = groups::endurance(&Site::open(peer, &Setting::new(1500))?, seconds)?;
    figures.extend(groups::many_flows(&Site::open(peer, &Setting::new(1500))?)?);
    Ok(figures)
}
