//! Which IP versions this machine has a way out for.

use std::fs;

/// `RTF_REJECT` of route flags in /proc (linux/route.h): an unreachable route.
const REJECT: u32 = 0x0200;
/// `RTF_UP`.
const UP: u32 = 0x0001;
/// Prefixes up to this length stand for all of IPv6: `2000::/3` is all that is assigned (RFC 4291 section 2.4).
const WHOLE_IPV6: u8 = 3;

/// How far the routes of a family lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Nowhere,
    Neighbours,
    Everywhere,
}

/// Whether IPv4 and IPv6 lead out by another device than `own`.
pub(crate) fn with_routes(own: &str) -> (bool, bool) {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    judge(
        ipv4(&read("/proc/net/route"), own),
        ipv6(&read("/proc/net/ipv6_route"), own),
    )
}

/// The devices other than `own` that IPv4 leaves this machine by.
pub(crate) fn upstream_devices(own: &str) -> Vec<String> {
    devices(&fs::read_to_string("/proc/net/route").unwrap_or_default(), own)
}

/// Those of the default routes, or in a closed network those of any route.
fn devices(table: &str, own: &str) -> Vec<String> {
    let farthest = ipv4(table, own);
    let mut found: Vec<String> = Vec::new();
    for line in table.lines().skip(1).filter(|_| farthest > Reach::Nowhere) {
        let device = line.split_ascii_whitespace().next().unwrap_or_default();
        if ipv4_route(line, own) == farthest && !found.iter().any(|known| known == device) {
            found.push(device.to_owned());
        }
    }
    found
}

/// The family that leads farthest counts, and the other if it leads as far: default routes, or in a closed network
/// any route. Without a network nothing is known yet, so both count.
fn judge(ipv4: Reach, ipv6: Reach) -> (bool, bool) {
    let farthest = ipv4.max(ipv6);
    (ipv4 == farthest, ipv6 == farthest)
}

fn ipv4(table: &str, own: &str) -> Reach {
    let reaches = table.lines().skip(1).map(|line| ipv4_route(line, own));
    reaches.max().unwrap_or(Reach::Nowhere)
}

/// `Iface Destination Gateway Flags RefCnt Use Metric Mask ...`, numbers in hex, behind one line of headings.
fn ipv4_route(line: &str, own: &str) -> Reach {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let [device, _, _, flags, _, _, _, mask, ..] = fields.as_slice() else {
        return Reach::Nowhere;
    };
    match leads_out(device, flags, own) {
        false => Reach::Nowhere,
        true if *mask == "00000000" => Reach::Everywhere,
        true => Reach::Neighbours,
    }
}

/// `destination length source length next-hop metric references uses flags device`, numbers in hex.
fn ipv6(table: &str, own: &str) -> Reach {
    let reach = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [destination, length, _, _, _, _, _, _, flags, device] = fields.as_slice() else {
            return Reach::Nowhere;
        };
        // Link-local and multicast routes (RFC 4291 sections 2.5.6 and 2.7) are there without any network.
        if destination.starts_with("fe8") || destination.starts_with("ff") || !leads_out(device, flags, own) {
            return Reach::Nowhere;
        }
        match u8::from_str_radix(length, 16) {
            Ok(..=WHOLE_IPV6) => Reach::Everywhere,
            _ => Reach::Neighbours,
        }
    };
    table.lines().map(reach).max().unwrap_or(Reach::Nowhere)
}

/// Whether a route of /proc is in force and leaves this machine by another device than `own`.
pub(super) fn leads_out(device: &str, flags: &str, own: &str) -> bool {
    let is_up = u32::from_str_radix(flags, 16).is_ok_and(|flags| flags & UP != 0 && flags & REJECT == 0);
    is_up && device != "lo" && device != own
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
                      eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
                      eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n";
    const V6: &str = "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 \
                      00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n\
                      20010db8000000000000000000000000 40 00000000000000000000000000000000 00 \
                      00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n\
                      00000000000000000000000000000000 00 00000000000000000000000000000000 00 \
                      20010db8000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n";

    /// The table's first lines.
    fn first(table: &str, lines: usize) -> String {
        table.split_inclusive('\n').take(lines).collect()
    }

    #[test]
    fn default_route_by_another_device_leads_everywhere() {
        assert_eq!(ipv4(V4, "tun0"), Reach::Everywhere);
        assert_eq!(ipv6(V6, "tun0"), Reach::Everywhere);
        assert_eq!(ipv4(V4, "eth0"), Reach::Nowhere);
        assert_eq!(ipv6(V6, "eth0"), Reach::Nowhere);
    }

    #[test]
    fn connected_route_leads_to_neighbours() {
        assert_eq!(ipv4(&first(V4, 2), "tun0"), Reach::Neighbours);
        assert_eq!(ipv6(&first(V6, 2), "tun0"), Reach::Neighbours);
    }

    #[test]
    fn devices_of_the_farthest_routes_are_upstream() {
        let docker = "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
        let table = format!("{V4}{docker}");
        assert_eq!(devices(&table, "tun0"), ["eth0"]);
        assert_eq!(devices(&table, "eth0"), ["docker0"]);
        assert!(devices(V4, "eth0").is_empty());
    }

    #[test]
    fn link_local_loopback_and_unreachable_routes_lead_nowhere() {
        assert_eq!(ipv6(&first(V6, 1), "tun0"), Reach::Nowhere);
        assert_eq!(ipv6(&V6.replace("eth0", "lo"), "tun0"), Reach::Nowhere);
        assert_eq!(
            ipv6(&V6.replace("00000003     eth0", "00200200     eth0"), "tun0"),
            Reach::Neighbours
        );
        assert_eq!(
            ipv4(&V4.replace("0003", "0200").replace("0001\t", "0200\t"), "tun0"),
            Reach::Nowhere
        );
        assert_eq!(ipv4("", "tun0"), Reach::Nowhere);
    }

    #[test]
    fn family_counts_if_no_other_leads_farther() {
        use Reach::{Everywhere, Neighbours, Nowhere};
        assert_eq!(judge(Everywhere, Everywhere), (true, true));
        assert_eq!(judge(Everywhere, Neighbours), (true, false));
        assert_eq!(judge(Neighbours, Nowhere), (true, false));
        assert_eq!(judge(Neighbours, Neighbours), (true, true));
        assert_eq!(judge(Nowhere, Nowhere), (true, true));
    }

    #[test]
    fn every_truncation_and_flip_is_read_without_a_panic() {
        for table in [V4, V6] {
            for end in 0..table.len() {
                ipv4(&table[..end], "tun0");
                ipv6(&table[..end], "tun0");
            }
            for at in 0..table.len() {
                let mut bytes = table.as_bytes().to_vec();
                bytes[at] ^= 0x11;
                let flipped = String::from_utf8_lossy(&bytes);
                ipv4(&flipped, "tun0");
                ipv6(&flipped, "tun0");
            }
        }
    }
}
