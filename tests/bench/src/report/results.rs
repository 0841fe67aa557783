//! The figures of a run, by peer and round.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

/// Who and what.
type Key = (String, String);

/// All that was measured.
#[derive(Debug, Clone, Default)]
pub struct Results {
    pub(super) machine: Value,
    /// Peers without figures, and why.
    pub(super) missing: BTreeMap<String, String>,
    pub(super) is_short: bool,
    figures: BTreeMap<Key, BTreeMap<u64, f64>>,
    failed: BTreeMap<Key, String>,
}

/// The middle of some rounds, and how far they lie apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) rounds: usize,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let half = values.len() / 2;
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(values[half - 1], values[half])
        } else {
            values[half]
        };
        Some(Self {
            median,
            least,
            most,
            rounds: values.len(),
        })
    }
}

/// Of each round that has both.
fn ratio(over: &BTreeMap<u64, f64>, under: &BTreeMap<u64, f64>) -> Option<Spread> {
    let ratios = over
        .iter()
        .filter_map(|(round, value)| Some(value / under.get(round).filter(|value| **value > 0.0)?));
    Spread::of(ratios.collect())
}

impl Results {
    /// Reads what `bench run` has written: a line a group. A later line of the same round takes the place of an earlier.
    ///
    /// # Errors
    /// If a line is none of those.
    pub fn parse(text: &str) -> Result<Self> {
        let mut results = Self::default();
        for (number, line) in text.lines().enumerate() {
            results
                .handle_line(line)
                .with_context(|| format!("line {} of the results", number + 1))?;
        }
        Ok(results)
    }

    fn handle_line(&mut self, line: &str) -> Result<()> {
        let line: Value = serde_json::from_str(line)?;
        if let Some(machine) = line.get("machine") {
            self.machine = machine.clone();
            self.is_short |= line["short"].as_bool().unwrap_or_default();
            let missing = line["missing"].as_object().into_iter().flatten();
            self.missing = missing
                .filter_map(|(name, why)| Some((name.clone(), why.as_str()?.to_owned())))
                .collect();
            return Ok(());
        }
        let peer = line["peer"].as_str().context("no peer")?.to_owned();
        if let Some(why) = line["failed"].as_str() {
            let group = line["group"].as_str().context("no group")?.to_owned();
            self.failed.insert((peer.clone(), group), why.to_owned());
        }
        let round = line["round"].as_u64().context("no round")?;
        for (key, value) in line["figures"].as_object().context("no figures")? {
            let value = value.as_f64().with_context(|| key.clone())?;
            let rounds = self.figures.entry((peer.clone(), key.clone())).or_default();
            rounds.insert(round, value);
        }
        Ok(())
    }

    fn rounds(&self, peer: &str, key: &str) -> Option<&BTreeMap<u64, f64>> {
        self.figures.get(&(peer.to_owned(), key.to_owned()))
    }

    /// A peer's figure.
    pub(super) fn figure(&self, peer: &str, key: &str) -> Option<Spread> {
        Spread::of(self.rounds(peer, key)?.values().copied().collect())
    }

    /// A figure of a peer and of the SOCKS server that it leads to, in sum; nothing of peers without one.
    fn with_relay(&self, peer: &str, key: &str) -> Option<BTreeMap<u64, f64>> {
        let (what, setting) = key.split_once(".cpu@")?;
        let relay = self.rounds(peer, &format!("{what}.relay@{setting}"))?;
        let own = self.rounds(peer, key)?;
        let sums = own
            .iter()
            .filter_map(|(round, value)| Some((*round, value + relay.get(round)?)));
        Some(sums.collect())
    }

    /// One figure as a multiple of another. Each round has its own ratio, as the machine's mood changes between rounds.
    pub(super) fn ratio(&self, (peer, key): (&str, &str), (other, to): (&str, &str)) -> Option<Spread> {
        ratio(self.rounds(peer, key)?, self.rounds(other, to)?)
    }

    /// The same figure of both, each with its SOCKS server where it needs one.
    pub(super) fn ratio_with_relay(&self, peer: &str, other: &str, key: &str) -> Option<Spread> {
        let sums = |peer| self.with_relay(peer, key);
        let own = |peer| self.rounds(peer, key).cloned();
        ratio(
            &sums(peer).or_else(|| own(peer))?,
            &sums(other).or_else(|| own(other))?,
        )
    }

    /// Whether a peer's figures are told without and with its SOCKS server.
    pub(super) fn has_relay(&self, peer: &str) -> bool {
        self.with_relay(peer, "down1.cpu@1500").is_some()
    }

    /// The peers that have figures.
    pub(super) fn peers(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.figures.keys().map(|(peer, _)| peer.as_str()).collect();
        names.dedup();
        names
    }

    /// Figures whose names begin and end so, by the number between: the points of a plot.
    pub(super) fn points(&self, peer: &str, start: &str) -> Vec<(f64, f64)> {
        let mut points: Vec<(f64, f64)> = self
            .figures
            .iter()
            .filter(|((of, _), _)| of == peer)
            .filter_map(|((_, key), rounds)| {
                let place = key.strip_prefix(start)?.parse().ok()?;
                Some((place, Spread::of(rounds.values().copied().collect())?.median))
            })
            .collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        points
    }

    /// What a peer could not do, by group.
    pub(super) fn failures<'a>(&'a self, peer: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let failed = self.failed.iter().filter(move |((of, _), _)| of == peer);
        failed.map(|((_, group), why)| (group.as_str(), why.as_str()))
    }
}
