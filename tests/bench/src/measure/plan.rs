//! Which peers are visited for what, in rounds that go over all of them.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use super::catalogue::find;
use super::groups::{self, Figures, Size};
use super::peer::Peer;
use super::site::{Family, Setting, Site};
use super::{describe, idle, scale};

/// All rows of bulk TCP.
const BULK: [&str; 4] = ["up1", "up8", "down1", "down8"];

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Everything of everybody: an hour.
    Whole,
    /// Short loads, everybody, and what no bar asks for in one round only: twenty minutes.
    Short,
    /// Short loads, only those that a bar is about, fewer rounds: five minutes.
    Quick,
}

impl Length {
    /// How many rounds, unless somebody says how many.
    #[must_use]
    pub const fn rounds(self) -> usize {
        match self {
            Self::Whole | Self::Short => 3,
            Self::Quick => 2,
        }
    }
}

/// What is measured.
#[derive(Debug, Clone)]
pub struct Options {
    /// Rounds over all peers, numbered from `first_round`.
    pub rounds: Option<usize>,
    /// The number of the first.
    pub first_round: usize,
    /// How much of each.
    pub length: Length,
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
    run: Run,
}

#[derive(Debug, Clone, Copy)]
enum Run {
    /// One peer after the other. What was measured before a failure counts.
    InTurns(fn(&Peer, &Options, &mut Figures) -> Result<()>),
    /// Side by side, as waiting takes long and costs nothing.
    SideBySide(fn(&[&Peer], &Options) -> Vec<Result<Figures>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Often {
    EachRound,
    /// If time is short: in the first round only, for peers that no bar is about.
    OnceWithoutBars,
    /// If time is short: in the first round only, for all but Hushwall and the copy.
    OnceForOthers,
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
    Group::new("up9000", Whom::Everybody, Often::OnceWithoutBars, up_9000),
    Group::new("down9000", Whom::Everybody, Often::OnceWithoutBars, down_9000),
    Group::new("latency", Whom::Everybody, Often::EachRound, latency),
    Group::new("connections", Whom::Everybody, Often::EachRound, connections),
    Group::new("questions", Whom::Everybody, Often::EachRound, questions),
    Group::new("ipv6", Whom::CopyAndHushwall, Often::EachRound, ipv6),
    Group::new("datagrams", Whom::CopyAndHushwall, Often::EachRound, datagrams),
    Group::new("paced", Whom::CopyAndHushwall, Often::EachRound, paced),
    Group::new("small", Whom::Hushwall, Often::EachRound, small_writes),
    Group::new("queue", Whom::Everybody, Often::OnceForOthers, short_queue),
    Group::new("memory", Whom::Everybody, Often::OnceForOthers, memory),
    Group {
        name: "wakeups",
        whom: Whom::Everybody,
        often: Often::Once,
        run: Run::SideBySide(wake_ups),
    },
    Group::new("list", Whom::Hushwall, Often::EachRound, list),
    Group::new("limits", Whom::Hushwall, Often::Once, limits),
    Group::new("scale", Whom::Hushwall, Often::Once, scale::run),
];

impl Group {
    const fn new(
        name: &'static str,
        whom: Whom,
        often: Often,
        run: fn(&Peer, &Options, &mut Figures) -> Result<()>,
    ) -> Self {
        Self {
            name,
            whom,
            often,
            run: Run::InTurns(run),
        }
    }
}

/// Measures, and adds a line a group to the results.
///
/// # Errors
/// If the results cannot be written, or a group of Hushwall's or of the copy's fails; what another peer cannot do is
/// written down.
pub fn run(options: &Options) -> Result<()> {
    let (peers, mut missing) = find(&options.tools)?;
    let left_out = peers
        .iter()
        .map(Peer::name)
        .filter(|name| !options.peers.is_empty() && !options.peers.iter().any(|wanted| wanted == name));
    missing.extend(left_out.map(|name| (name.to_owned(), "here, but left out of this run".to_owned())));
    let mut out = File::options()
        .create(true)
        .append(true)
        .open(&options.results)
        .with_context(|| options.results.display().to_string())?;
    let machine = describe(&options.tools);
    let missing: Map<String, Value> = missing
        .into_iter()
        .map(|(name, why)| (name, Value::from(why)))
        .collect();
    let is_short = options.length != Length::Whole;
    writeln!(
        out,
        "{}",
        json!({ "machine": machine, "missing": missing, "short": is_short })
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
    let rounds = options.rounds.unwrap_or_else(|| options.length.rounds());
    for round in options.first_round..options.first_round + rounds {
        for group in &GROUPS {
            let wanted = peers.iter().filter(|peer| wants(options, group, peer, round));
            visit(&mut out, options, group, &wanted.collect::<Vec<_>>(), round)?;
        }
    }
    Ok(())
}

fn wants(options: &Options, group: &Group, peer: &Peer, round: usize) -> bool {
    let named = |names: &[String], name: &str| names.is_empty() || names.iter().any(|one| one == name);
    let is_for = match group.whom {
        // Five minutes are not enough for those whose ratios no bar asks for.
        Whom::Everybody => options.length != Length::Quick || !options.peers.is_empty() || peer.has_bars(),
        Whom::CopyAndHushwall => peer.is_measured_fully(),
        Whom::Hushwall => peer.is_hushwall(),
    };
    let is_now = round == 1
        || match group.often {
            Often::EachRound => true,
            Often::OnceWithoutBars => options.length == Length::Whole || peer.has_bars(),
            Often::OnceForOthers => options.length == Length::Whole || peer.is_measured_fully(),
            Often::Once => false,
        };
    let is_long = matches!(group.name, "limits" | "scale");
    is_for
        && is_now
        && named(&options.peers, peer.name())
        && named(&options.groups, group.name)
        && !(options.length == Length::Quick && options.groups.is_empty() && is_long)
}

fn visit(out: &mut File, options: &Options, group: &Group, peers: &[&Peer], round: usize) -> Result<()> {
    match group.run {
        Run::InTurns(run) => {
            for peer in peers {
                note(&format!("round {round}: {} of {}", group.name, peer.name()))?;
                let mut figures = Figures::new();
                let mut done = run(peer, options, &mut figures);
                // An hour is not thrown away for one bad moment of the machine's.
                if let Err(error) = &done
                    && peer.is_measured_fully()
                {
                    note(&format!("  once more: {}", on_one_line(error)))?;
                    figures.clear();
                    done = run(peer, options, &mut figures);
                }
                write(out, group, peer, round, figures, done)?;
            }
        }
        Run::SideBySide(_) if peers.is_empty() => {}
        Run::SideBySide(run) => {
            note(&format!("round {round}: {} of all", group.name))?;
            for (peer, done) in peers.iter().zip(run(peers, options)) {
                match done {
                    Ok(figures) => write(out, group, peer, round, figures, Ok(()))?,
                    Err(error) => write(out, group, peer, round, Figures::new(), Err(error))?,
                }
            }
        }
    }
    Ok(())
}

/// Adds what came of one group, and what failed.
fn write(
    out: &mut File,
    group: &Group,
    peer: &Peer,
    round: usize,
    figures: Figures,
    done: Result<()>,
) -> Result<()> {
    let figures: Map<String, Value> = figures
        .into_iter()
        .map(|(key, value)| (key, Value::from(value)))
        .collect();
    let mut line = json!({ "round": round, "peer": peer.name(), "group": group.name, "figures": figures });
    if let Err(error) = done {
        if peer.is_measured_fully() {
            return Err(error).with_context(|| format!("{} of {}", group.name, peer.name()));
        }
        let why = on_one_line(&error);
        note(&format!("  failed: {why}"))?;
        line["failed"] = Value::from(why);
    }
    Ok(writeln!(out, "{line}")?)
}

/// What programs say in several lines, without the places in which they say it.
fn on_one_line(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    let said = text.split("Stack backtrace:").next().unwrap_or_default();
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Says on standard error what goes on, and since when it does, in seconds.
fn note(line: &str) -> Result<()> {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let seconds = START.elapsed().as_secs();
    Ok(writeln!(std::io::stderr(), "{seconds:>5} s  {line}")?)
}

fn size(options: &Options) -> Size {
    if options.length == Length::Whole {
        Size {
            seconds: 2.0,
            divisor: 1,
        }
    } else {
        Size {
            seconds: 0.7,
            divisor: 4,
        }
    }
}

fn up(peer: &Peer, options: &Options, figures: &mut Figures) -> Result<()> {
    streams(peer, options, figures, 1500, &["up1", "up8"])
}

fn down(peer: &Peer, options: &Options, figures: &mut Figures) -> Result<()> {
    streams(peer, options, figures, 1500, &["down1", "down8"])
}

fn up_9000(peer: &Peer, options: &Options, figures: &mut Figures) -> Result<()> {
    streams(peer, options, figures, 9000, &["up1", "up8"])
}

fn down_9000(peer: &Peer, options: &Options, figures: &mut Figures) -> Result<()> {
    streams(peer, options, figures, 9000, &["down1", "down8"])
}

fn streams(peer: &Peer, options: &Options, figures: &mut Figures, mtu: u32, rows: &[&str]) -> Result<()> {
    let site = Site::open(peer, &Setting::new(mtu))?;
    groups::bulk(&site, size(options), Family::V4, &mtu.to_string(), rows, figures)
}

/// A site whose programs share one processor.
fn pinned(peer: &Peer) -> Result<Site> {
    let site = Site::open(peer, &Setting::new(1500))?;
    site.pin()?;
    Ok(site)
}

fn latency(peer: &Peer, options: &Options, figures: &mut Figures) -> Result<()> {
    groups::latency(&pinned(peer)?, size(options), peer.refuses(), figures)
}

fn connections(peer: &Peer, options: &Options, figures: &mut Figures) -> Result<()> {
    groups::connections(&pinned(peer)?, size(options), figures)
}

fn questions(peer: &Peer, options: &Options, figures: &mut Figures) -> Result<()> {
    let site = pinned(peer)?;
    let (size, refuses) = (size(options), peer.refuses());
    if site.relay().is_none() {
        return groups::questions(&site, size, refuses, &["1", "64"], figures);
    }
    groups::questions(&site, size, refuses, &["1"], figures)?;
    drop(site);
    groups::questions(&pinned(peer)?, size, refuses, &["64"], figures)
}

fn ipv6(peer: &Peer, options: &Options, figures: &mut Figures) -> Result<()> {
    for (mtu, setting) in [(1500, "1500v6"), (9000, "9000v6")] {
        let site = Site::open(peer, &Setting::new(mtu))?;
        groups::bulk(&site, size(options), Family::V6, setting, &BULK, figures)?;
    }
    Ok(())
}

fn datagrams(peer: &Peer, options: &Options, figures: &mut Figures) -> Result<()> {
    let site = Site::open(peer, &Setting::new(1500))?;
    groups::datagrams(&site, size(options), Family::V4, "1500", figures)?;
    groups::datagrams(&site, size(options), Family::V6, "1500v6", figures)
}

fn paced(peer: &Peer, options: &Options, figures: &mut Figures) -> Result<()> {
    groups::paced(&Site::open(peer, &Setting::new(1500))?, size(options), figures)
}

/// As on kernels before 6.6, which take no larger write without an allocation that often fails.
fn small_writes(peer: &Peer, options: &Options, figures: &mut Figures) -> Result<()> {
    let setting = Setting::new(1500).with_argument(&["--segment-limit", "32256"]);
    let site = Site::open(peer, &setting)?;
    groups::bulk(
        &site,
        size(options),
        Family::V4,
        "1500small",
        &["down1", "down8"],
        figures,
    )
}

fn short_queue(peer: &Peer, options: &Options, figures: &mut Figures) -> Result<()> {
    let setting = Setting {
        queue: 25,
        ..Setting::new(1500)
    };
    let site = Site::open(peer, &setting)?;
    groups::bulk(
        &site,
        size(options),
        Family::V4,
        "1500queue25",
        &["up1", "up8"],
        figures,
    )
}

fn memory(peer: &Peer, _options: &Options, figures: &mut Figures) -> Result<()> {
    groups::memory(&Site::open(peer, &Setting::new(1500))?, figures)
}

fn wake_ups(peers: &[&Peer], _options: &Options) -> Vec<Result<Figures>> {
    const WATCHED: Duration = Duration::from_secs(20);
    idle::wake_ups(peers, WATCHED)
}

/// What 200,000 more names cost in memory that is the process's own.
fn list(peer: &Peer, _options: &Options, figures: &mut Figures) -> Result<()> {
    let without = Site::open(peer, &Setting::new(1500))?.peer().private_dirty()?;
    let list = scale::List::build(200_000)?;
    let setting = Setting::new(1500).with_argument(&["--list", list.path()]);
    let with = Site::open(peer, &setting)?.peer().private_dirty()?;
    figures.push(("list.dirty@1500".to_owned(), with - without));
    Ok(())
}

fn limits(peer: &Peer, options: &Options, figures: &mut Figures) -> Result<()> {
    let seconds = if options.length == Length::Quick {
        15.0
    } else {
        60.0
    };
    groups::endurance(&Site::open(peer, &Setting::new(1500))?, seconds, figures)?;
    groups::many_flows(&Site::open(peer, &Setting::new(1500))?, figures)
}
