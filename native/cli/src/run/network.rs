//! What the network of the moment offers. It is looked at again when something else happened, at most every few
//! seconds: a network that nobody uses may change unseen, and an idle firewall does not wake.

use std::time::{Duration, Instant};

use engine::Upstream;

use super::resolvers::Resolvers;
use super::way::Way;
use super::{Args, families};

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(5);

/// What is seen at a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) upstream: Upstream,
    pub(crate) way: Way,
}

/// What is else than at the look before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) upstream: Upstream,
    /// This is another network: connections through the one before are lost.
    pub(crate) is_other: bool,
}

/// The network as it was last seen, through `look`.
#[derive(Debug)]
pub(crate) struct Network<L> {
    known: Seen,
    looked: Instant,
    look: L,
}

impl<L: FnMut() -> Option<Seen>> Network<L> {
    pub(crate) fn new(known: Seen, look: L, now: Instant) -> Self {
        Self {
            known,
            looked: now,
            look,
        }
    }

    /// What the network offers, if that is something else than before.
    pub(crate) fn poll_change(&mut self, now: Instant) -> Option<Change> {
        if now.saturating_duration_since(self.looked) < PERIOD {
            return None;
        }
        self.looked = now;
        let seen = (self.look)()?;
        let is_other = self.known.way.advance(seen.way);
        if !is_other && seen.upstream == self.known.upstream {
            return None;
        }
        self.known.upstream.clone_from(&seen.upstream);
        Some(Change {
            upstream: seen.upstream,
            is_other,
        })
    }
}

/// Routes by another device than ours, and resolvers.
pub(crate) fn see(args: &Args, resolvers: &Resolvers) -> Seen {
    let (ipv4, ipv6) = families::with_routes(&args.tun);
    let upstream = Upstream {
        ipv4,
        ipv6,
        resolvers: resolvers.upstream.clone(),
        ..Upstream::default()
    };
    Seen {
        upstream,
        way: Way::find(&args.tun),
    }
}

/// A second look. Files that are being written, or gone for a moment, are no news.
pub(crate) fn look(args: &Args) -> Option<Seen> {
    let resolvers = Resolvers::find(&args.dns).ok()?;
    Some(see(args, &resolvers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(ipv6: bool) -> Seen {
        Seen {
            upstream: Upstream {
                ipv6,
                ..Upstream::default()
            },
            way: Way::default(),
        }
    }

    #[test]
    fn change_is_told_once_and_not_before_its_time() {
        let start = Instant::now();
        let mut network = Network::new(offers(true), || Some(offers(false)), start);
        assert_eq!(network.poll_change(start + PERIOD / 2), None);
        let change = Change {
            upstream: offers(false).upstream,
            is_other: false,
        };
        assert_eq!(network.poll_change(start + PERIOD), Some(change));
        assert_eq!(network.poll_change(start + 2 * PERIOD), None);
    }

    #[test]
    fn nothing_to_see_is_no_change() {
        let start = Instant::now();
        let mut network = Network::new(offers(true), || None, start);
        assert_eq!(network.poll_change(start + PERIOD), None);
    }
}
