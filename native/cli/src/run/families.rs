//! Which IP versions this machine has a way out for.

use std::fs;

/// `RTF_REJECT` of route flags in /proc (linux/route.h): an unreachable route.
const REJECT: u32 = 0x0200;
/// `RTF_UP`.
const UP: u32 = 0x0001;

/// Whether there are IPv4 and IPv6 routes that lead beyond this machine by another device than `own`.
pub(crate) fn with_routes(own: &str) -> (bool, bool) {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    (
        has_ipv4(&read("/proc/net/route"), own),
        has_ipv6(&read("/proc/net/ipv6_route"), own),
    )
}

/// `Iface Destination Gateway Flags ...`, flags in hex, behind one line of headings.
fn has_ipv4(table: &str, own: &str) -> bool {
    table.lines().skip(1).any(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [device, _, _, flags, ..] = fields.as_slice() else {
            return false;
        };
        leads_out(device, flags, own)
    })
}

/// `destination length source length next-hop metric references uses flags device`, numbers in hex.
fn has_ipv6(table: &str, own: &str) -> bool {
    table.lines().any(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [destination, _, _, _, _, _, _, _, flags, device] = fields.as_slice() else {
            return false;
        };
        // Link-local and multicast routes (RFC 4291 sections 2.5.6 and 2.7) are there without any network.
        let is_local = destination.starts_with("fe8") || destination.starts_with("ff");
        !is_local && leads_out(device, flags, own)
    })
}

fn leads_out(device: &str, flags: &str, own: &str) -> bool {
    let is_up = u32::from_str_radix(flags, 16).is_ok_and(|flags| flags & UP != 0 && flags & REJECT == 0);
    is_up && device != "lo" && device != own
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
                      eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n";
    const V6: &str = "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 \
                      00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n\
                      20010db8000000000000000000000000 40 00000000000000000000000000000000 00 \
                      00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n";

    #[test]
    fn route_by_another_device_is_a_way_out() {
        assert!(has_ipv4(V4, "tun0"));
        assert!(!has_ipv4(V4, "eth0"));
        assert!(has_ipv6(V6, "tun0"));
    }

    #[test]
    fn link_local_loopback_and_unreachable_routes_are_none() {
        let link_local = V6.lines().next().unwrap();
        assert!(!has_ipv6(link_local, "tun0"));
        let global = V6.lines().nth(1).unwrap();
        assert!(!has_ipv6(&global.replace("eth0", "lo"), "tun0"));
        assert!(!has_ipv6(
            &global.replace("00000001     eth0", "00200200     lo"),
            "tun0"
        ));
        assert!(!has_ipv4(&V4.replace("0003", "0200"), "tun0"));
    }

    #[test]
    fn every_truncation_and_flip_is_read_without_a_panic() {
        for table in [V4, V6] {
            for end in 0..table.len() {
                has_ipv4(&table[..end], "tun0");
                has_ipv6(&table[..end], "tun0");
            }
            for at in 0..table.len() {
                let mut bytes = table.as_bytes().to_vec();
                bytes[at] ^= 0x11;
                let flipped = String::from_utf8_lossy(&bytes);
                has_ipv4(&flipped, "tun0");
                has_ipv6(&flipped, "tun0");
            }
        }
    }
}
