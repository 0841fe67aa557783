//! The peers beside each other, and what speaks for each.

use std::fmt::Write as _;

use super::plot::Work;
use super::results::{Results, Spread};
use super::rows::{COPY, HUSHWALL, Unit};
use super::table::written;

/// Columns of the table of ratios to the copy.
const RATIOS: [(&str, &str); 12] = [
    ("up 1", "up1.cpu@1500"),
    ("up 8", "up8.cpu@1500"),
    ("down 1", "down1.cpu@1500"),
    ("down 8", "down8.cpu@1500"),
    ("up 1, 9000", "up1.cpu@9000"),
    ("down 1, 9000", "down1.cpu@9000"),
    ("round trip", "rr.p50@1500"),
    ("connection", "conn64.cpu@1500"),
    ("with hello", "hello64.cpu@1500"),
    ("question", "dns64.cpu@1500"),
    ("first byte", "tls.p50@1500"),
    ("speaks first", "banner.p50@1500"),
];

/// Columns of the table of what is not a ratio.
const ABSOLUTE: [(&str, &str, Unit); 9] = [
    ("up 1", "up1.gbit@1500", Unit::Gigabits),
    ("down 1", "down1.gbit@1500", Unit::Gigabits),
    ("up 1, queue 25", "up1.gbit@1500queue25", Unit::Gigabits),
    ("stall, queue 25", "up1.stall@1500queue25", Unit::Seconds),
    ("connections/s", "conn64.rate@1500", Unit::Count),
    ("questions/s", "dns64.rate@1500", Unit::Count),
    ("VmRSS idle", "idle.rss@1500", Unit::Megabytes),
    ("VmRSS, 1,000 flows", "flows1000.rss@1500", Unit::Megabytes),
    ("wake-ups in 20 s", "wakeups.count@1500", Unit::Count),
];

/// What speaks for each peer whatever the figures are.
const CASES: [(&str, &str); 12] = [
    (
        "prototype",
        "shows what one thread can do with the same design, without names, lists, IPv6 or SACK. It is no product.",
    ),
    (
        "hev",
        "leads to any SOCKS5 server and so to any network; it runs on more systems.",
    ),
    (
        "pasta",
        "needs no TUN of its own and no right, forwards ports inwards, and is how rootless containers get a network.",
    ),
    (
        "slirp4netns",
        "as pasta, for older kernels and container engines.",
    ),
    (
        "sing-box-plain",
        "is sing-box without the offloads of its TUN, which apps on phones do not have.",
    ),
    (
        "sing-box",
        "is a whole proxy platform: dozens of protocols, routing by rule sets, encrypted DNS, several tunnels at once.",
    ),
    (
        "tun2socks",
        "leads to SOCKS, HTTP, Shadowsocks and more, on the stack that gVisor's users trust.",
    ),
    (
        "tun2proxy",
        "leads to SOCKS and HTTP proxies, with DNS made up on the way; a library for apps.",
    ),
    (
        "netstack-smoltcp",
        "is a library of streams and datagrams for programs in Rust with tokio.",
    ),
    ("ipstack", "is a library as well, small and easily embedded."),
    (
        "gvisor",
        "is a complete, hardened stack (SACK, RACK, Cubic) that many products share.",
    ),
    (
        "zdtun",
        "lives inside a capture tool for phones, with the owner's view of each connection.",
    ),
];

/// A peer is better where it spends at least so much less; below it is noise.
const BETTER: f64 = 0.95;

/// Both tables, and the case for each.
pub(super) fn tables(page: &mut String, results: &Results) {
    let peers = ordered(results);
    page.push_str("## All peers\n\nAs multiples of the bare copy: CPU a gigabyte, latencies (p50), CPU a connection and a question.\n\n");
    head(page, RATIOS.iter().map(|(title, _)| *title));
    for peer in &peers {
        let _ = write!(page, "| {peer} |");
        for (_, key) in RATIOS {
            ratio(page, results.ratio((peer, key), (COPY, key)));
        }
        page.push('\n');
        if results.has_relay(peer) {
            let _ = write!(page, "| {peer} + SOCKS server |");
            for (_, key) in RATIOS {
                ratio(page, results.ratio_with_relay(peer, COPY, key));
            }
            page.push('\n');
        }
    }
    page.push_str(
        "\nA peer that leads to a SOCKS server has two lines: its own CPU, and the sum. The server is the bench's own, with two \
         threads a connection and a copy each way.\n\n",
    );
    head(page, ABSOLUTE.iter().map(|(title, ..)| *title));
    for peer in &peers {
        let _ = write!(page, "| {peer} |");
        for (_, key, unit) in ABSOLUTE {
            match results.figure(peer, key) {
                Some(spread) => drop(write!(page, " {} |", written(spread.median, unit))),
                None => page.push_str(" – |"),
            }
        }
        page.push('\n');
    }
    page.push('\n');
    scaling(page, results);
    cases(page, results, &peers);
}

fn ratio(page: &mut String, spread: Option<Spread>) {
    match spread {
        Some(spread) => drop(write!(page, " {:.2} |", spread.median)),
        None => page.push_str(" – |"),
    }
}

fn head<'a>(page: &mut String, titles: impl Iterator<Item = &'a str>) {
    let titles: Vec<&str> = titles.collect();
    let _ = writeln!(
        page,
        "| peer | {} |\n|---|{}",
        titles.join(" | "),
        "---|".repeat(titles.len())
    );
}

/// The floor, Hushwall, and the others by what a download costs.
fn ordered(results: &Results) -> Vec<&str> {
    let mut peers = results.peers();
    let place = |peer: &str| match peer {
        COPY => -2.0,
        HUSHWALL => -1.0,
        _ => results
            .figure(peer, "down1.cpu@1500")
            .map_or(f64::MAX, |spread| spread.median),
    };
    peers.sort_by(|one, other| place(one).total_cmp(&place(other)));
    peers
}

fn scaling(page: &mut String, results: &Results) {
    let works = Work::all(results);
    if works.is_empty() {
        return;
    }
    page.push_str("## Cost against work\n\n");
    for work in &works {
        let _ = writeln!(page, "![{}](plots/{}.svg)", work.title, work.file);
    }
    page.push_str("\nHow far each is from even:\n\n");
    for work in &works {
        for (name, points) in &work.lines {
            if let Some(words) = work.evenness(points) {
                let _ = writeln!(page, "- {}, {name}: {words}", work.title);
            }
        }
    }
    page.push('\n');
}

/// What it is for, and where it is better, by these figures.
fn cases(page: &mut String, results: &Results, peers: &[&str]) {
    page.push_str("## What speaks for each\n\n");
    let mut last = "";
    for peer in peers.iter().filter(|peer| ![COPY, HUSHWALL].contains(peer)) {
        let case = CASES.iter().find(|(name, _)| peer.starts_with(name));
        let case = case.map_or("", |(_, case)| case);
        let words = if case == last {
            "is the same program."
        } else {
            case
        };
        last = case;
        let better = better(results, peer);
        let is_beside = RATIOS
            .iter()
            .any(|(_, key)| results.ratio((peer, key), (HUSHWALL, key)).is_some());
        let figures = if better.is_empty() && !is_beside {
            "No figure of it stands beside one of Hushwall's in the same round.".to_owned()
        } else if better.is_empty() {
            "In no figure of this run is it better than Hushwall.".to_owned()
        } else {
            format!("Better than Hushwall in this run: {}.", better.join(", "))
        };
        let _ = writeln!(page, "- **{peer}** {words} {figures}");
    }
    page.push('\n');
}

/// Every figure in which this peer is better than Hushwall, and by how much.
fn better(results: &Results, peer: &str) -> Vec<String> {
    let mut better = Vec::new();
    for (title, key) in RATIOS {
        let Some(ratio) = results.ratio((peer, key), (HUSHWALL, key)) else {
            continue;
        };
        if ratio.median < BETTER {
            let sum = results
                .ratio_with_relay(peer, HUSHWALL, key)
                .filter(|sum| sum.median != ratio.median)
                .map_or_else(String::new, |sum| {
                    format!(", {:.2}x with its SOCKS server", sum.median)
                });
            better.push(format!("{title} ({:.2}x{sum})", ratio.median));
        }
    }
    for (title, key, unit) in ABSOLUTE {
        let (Some(theirs), Some(ours)) = (results.figure(peer, key), results.figure(HUSHWALL, key)) else {
            continue;
        };
        let more_is_better = unit == Unit::Gigabits || title.ends_with("/s");
        let (low, high) = if more_is_better {
            (ours, theirs)
        } else {
            (theirs, ours)
        };
        if low.median < BETTER * high.median {
            better.push(format!("{title} ({})", written(theirs.median, unit)));
        }
    }
    better
}
