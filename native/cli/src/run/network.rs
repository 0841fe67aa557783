//! What the network of the moment offers. It is looked at again when something else happened, at most every few
//! seconds: a network that nobody uses may change unseen, and an idle firewall does not wake.

use std::time::{Duration, Instant};

use engine::Upstream;

use super::resolvers::Resolvers;
use super::{Args, families};

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(5);

/// The network as it was last seen, through `look`.
#[derive(Debug)]
pub(crate) struct Network<L> {
    known: Upstream,
    looked: Instant,
    look: L,
}

impl<L: FnMut() -> Option<Upstream>> Network<L> {
    pub(crate) fn new(known: Upstream, look: L, now: Instant) -> Self {
        Self {
            known,
            looked: now,
            look,
        }
    }

    /// What the network offers, if that is something else than before.
    pub(crate) fn poll_change(&mut self, now: Instant) -> Option<Upstream> {
        if now.saturating_duration_since(self.looked) < PERIOD {
            return None;
        }
        self.looked = now;
        let seen = (self.look)().filter(|seen| *seen != self.known)?;
        self.known.clone_from(&seen);
        Some(seen)
    }
}

/// Routes by another device than ours, and resolvers.
pub(crate) fn upstream(args: &Args, resolvers: &Resolvers) -> Upstream {
    let (ipv4, ipv6) = families::with_routes(&args.tun);
    Upstream {
        ipv4,
        ipv6,
        resolvers: resolvers.upstream.clone(),
        ..Upstream::default()
    }
}

/// A second look. Files that are being written, or gone for a moment, are no news.
pub(crate) fn look(args: &Args) -> Option<Upstream> {
    let resolvers = Resolvers::find(&args.dns).ok()?;
    Some(upstream(args, &resolvers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(ipv6: bool) -> Upstream {
        Upstream {
            ipv6,
            ..Upstream::default()
        }
    }

    #[test]
    fn change_is_told_once_and_not_before_its_time() {
        let start = Instant::now();
        let mut network = Network::new(offers(true), || Some(offers(false)), start);
        assert_eq!(network.poll_change(start + PERIOD / 2), None);
        assert_eq!(network.poll_change(start + PERIOD), Some(offers(false)));
        assert_eq!(network.poll_change(start + 2 * PERIOD), None);
    }

    #[test]
    fn nothing_to_see_is_no_change() {
        let start = Instant::now();
        let mut network = Network::new(offers(true), || None, start);
        assert_eq!(network.poll_change(start + PERIOD), None);
    }
}
