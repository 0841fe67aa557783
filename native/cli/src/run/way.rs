//! Which network this machine is in, by its best way out: another router or another subnet is another network.

use std::fs;

use super::families::leads_out;

/// The best default route of each family, in the kernel's words. `None` while there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Way {
    ipv4: Option<String>,
    ipv6: Option<String>,
}

impl Way {
    /// The way out by another device than `own`.
    pub(crate) fn find(own: &str) -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Self {
            ipv4: ipv4(&read("/proc/net/route"), own),
            ipv6: ipv6(&read("/proc/net/ipv6_route"), own),
        }
    }

    /// Takes `seen` for the way of now, and says whether it is in another network. A way that is lost may come back
    /// as it was, so it is remembered; of two families IPv4 decides, since IPv6 may have several routers at once.
    pub(crate) fn advance(&mut self, seen: Self) -> bool {
        let is_other = match (&self.ipv4, &seen.ipv4, &self.ipv6, &seen.ipv6) {
            (Some(before), Some(now), _, _) | (_, _, Some(before), Some(now)) => before != now,
            (None, None, None, None) => false,
            // Nothing to compare: all that was known is gone, and something else is there.
            (before4, now4, before6, now6) => {
                (before4.is_some() || before6.is_some()) && (now4.is_some() || now6.is_some())
            }
        };
        let before = std::mem::replace(self, seen);
        if !is_other {
            self.ipv4 = self.ipv4.take().or(before.ipv4);
            self.ipv6 = self.ipv6.take().or(before.ipv6);
        }
        is_other
    }
}

/// Device and gateway of the default route with the smallest metric, and the subnets of its device: many a home has
/// its router at the same address.
fn ipv4(table: &str, own: &str) -> Option<String> {
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip(1)
        .map(|line| line.split_ascii_whitespace().collect())
        .collect();
    let routes = rows.iter().filter_map(|row| match row.as_slice() {
        [device, to, gateway, flags, _, _, metric, mask, ..] if leads_out(device, flags, own) => {
            Some((*device, *to, *gateway, metric.parse::<u32>().ok()?, *mask))
        }
        _ => None,
    });
    let (device, _, gateway, ..) = routes
        .clone()
        .filter(|(.., mask)| *mask == "00000000")
        .min_by_key(|(_, _, _, metric, _)| *metric)?;
    let mut subnets: Vec<String> = routes
        .filter(|(of, _, gateway, _, _)| *of == device && *gateway == "00000000")
        .map(|(_, to, _, _, mask)| format!("{to}/{mask}"))
        .collect();
    subnets.sort_unstable();
    Some(format!("{device} {gateway} {}", subnets.join(" ")))
}

/// Device and router of the default route with the smallest metric. A router's link-local address is its own.
fn ipv6(table: &str, own: &str) -> Option<String> {
    let route = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, "00", _, _, router, metric, _, _, flags, device] = fields.as_slice() else {
            return None;
        };
        let metric = u32::from_str_radix(metric, 16).ok()?;
        leads_out(device, flags, own).then(|| (metric, format!("{device} {router}")))
    };
    let best = table.lines().filter_map(route).min_by_key(|(metric, _)| *metric);
    best.map(|(_, way)| way)
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
                      wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
                      eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
                      eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
                      docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
    const V6: &str = "20010db8000000000000000000000000 40 00000000000000000000000000000000 00 \
                      00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n\
                      00000000000000000000000000000000 00 00000000000000000000000000000000 00 \
                      fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n\
                      00000000000000000000000000000000 00 00000000000000000000000000000000 00 \
                      00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";

    fn way(ipv4: &str, ipv6: &str) -> Way {
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Way {
            ipv4: known(ipv4),
            ipv6: known(ipv6),
        }
    }

    #[test]
    fn best_default_route_and_its_subnet_are_the_way() {
        assert_eq!(ipv4(V4, "t").unwrap(), "eth0 0101A8C0 0001A8C0/00FFFFFF");
        assert_eq!(ipv4(V4, "eth0").unwrap(), "wlan0 0102A8C0 ");
        assert_eq!(ipv6(V6, "t").unwrap(), "eth0 fe800000000000000000000000000001");
        assert_eq!(ipv6(V6, "eth0"), None);
        assert_eq!(ipv4("", "t"), None);
    }

    #[test]
    fn other_router_or_subnet_is_another_network_and_a_container_is_none() {
        let same_router = V4.replace("0001A8C0\t00000000", "0000A8C0\t00000000");
        assert_ne!(ipv4(&same_router, "t"), ipv4(V4, "t"));
        assert_eq!(ipv4(&V4.replace("000011AC", "000012AC"), "t"), ipv4(V4, "t"));
        let mut known = way("a", "x");
        assert!(known.advance(way("b", "x")));
        assert!(!known.advance(way("b", "y")));
    }

    #[test]
    fn way_that_comes_back_as_it_was_is_the_same_network() {
        let mut known = way("a", "x");
        assert!(!known.advance(Way::default()));
        assert!(!known.advance(way("", "x")));
        assert!(!known.advance(way("a", "x")));
        assert!(!known.advance(Way::default()));
        assert!(known.advance(way("b", "")));
    }

    #[test]
    fn other_family_on_its_own_is_another_network() {
        assert!(way("a", "").advance(way("", "x")));
        assert!(way("a", "x").advance(way("", "y")));
        assert!(!Way::default().advance(way("a", "x")));
    }

    #[test]
    fn every_truncation_and_flip_is_read_without_a_panic() {
        for table in [V4, V6] {
            for end in 0..table.len() {
                ipv4(&table[..end], "t");
                ipv6(&table[..end], "t");
            }
            for at in 0..table.len() {
                let mut bytes = table.as_bytes().to_vec();
                bytes[at] ^= 0x11;
                let flipped = String::from_utf8_lossy(&bytes);
                ipv4(&flipped, "t");
                ipv6(&flipped, "t");
            }
        }
    }
}
