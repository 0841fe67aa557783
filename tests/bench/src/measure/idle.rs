//! How often each peer wakes up while 200 flows are open and nobody says anything. Peers wait side by side.

use std::thread;
use std::time::Duration;

use anyhow::Result;
use lab::Background;

use super::groups::{self, Figures};
use super::peer::Peer;
use super::site::{Setting, Site};

/// Open flows.
const FLOWS: usize = 200;
/// How long a peer may take until they are open.
const LIMIT: Duration = Duration::from_secs(30);
/// Until what opening them has left behind is over.
const SETTLE: Duration = Duration::from_secs(3);

/// A peer with its flows.
struct Waiting {
    // In the order in which they go.
    _flows: Background,
    site: Site,
}

/// What it has spent so far.
struct Spent {
    wake_ups: f64,
    cpu: Duration,
}

impl Waiting {
    fn begin(peer: &Peer) -> Result<Self> {
        let site = Site::open(peer, &Setting::new(1500))?;
        let (flows, _) = groups::held(&site, FLOWS, LIMIT)?;
        Ok(Self { _flows: flows, site })
    }

    fn spent(&self) -> Result<Spent> {
        Ok(Spent {
            wake_ups: self.site.peer().wake_ups()?,
            cpu: self.site.peer().cpu()?,
        })
    }
}

/// Wake-ups and CPU of each peer within `watched`.
pub(super) fn wake_ups(peers: &[&Peer], watched: Duration) -> Vec<Result<Figures>> {
    let waiting: Vec<Result<Waiting>> = peers.iter().map(|peer| Waiting::begin(peer)).collect();
    thread::sleep(SETTLE);
    let started: Vec<Result<(Waiting, Spent)>> = waiting
        .into_iter()
        .map(|waiting| {
            let waiting = waiting?;
            let spent = waiting.spent()?;
            Ok((waiting, spent))
        })
        .collect();
    thread::sleep(watched);
    let figures = |(waiting, before): &(Waiting, Spent)| {
        let after = waiting.spent()?;
        let cpu = after.cpu.saturating_sub(before.cpu);
        Ok(vec![
            ("wakeups.count@1500".to_owned(), after.wake_ups - before.wake_ups),
            ("wakeups.cpu@1500".to_owned(), cpu.as_secs_f64() * 1e6),
        ])
    };
    started
        .into_iter()
        .map(|started| started.and_then(|started| figures(&started)))
        .collect()
}
