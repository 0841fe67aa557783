//! The rows of the table, and their bars.

use super::results::{Results, Spread};

/// What a bar is a multiple of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Against {
    /// Nothing: the figure itself.
    Itself,
    /// The same figure of a peer.
    Peer(&'static str),
    /// The same figure of a peer and of the SOCKS server that it needs, in sum.
    WithRelay(&'static str),
    /// Another figure of a peer.
    Other(&'static str, &'static str, String),
}

/// A limit, and on which side of it one has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Limit {
    AtMost(f64),
    AtLeast(f64),
    /// No bar: it is reported.
    None,
}

/// One bar of one figure.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) key: String,
    pub(super) unit: Unit,
    pub(super) against: Against,
    pub(super) limit: Limit,
}

/// How a figure is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    CpuPerGigabyte,
    Gigabits,
    Micros,
    Seconds,
    Megabytes,
    Bytes,
    Count,
    Percent,
}

/// Whether a bar is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Met,
    Missed,
    /// Something to compare with was not measured.
    Open,
    Reported,
}

impl Row {
    fn new(
        what: impl Into<String>,
        key: impl Into<String>,
        unit: Unit,
        against: Against,
        limit: Limit,
    ) -> Self {
        Self {
            what: what.into(),
            key: key.into(),
            unit,
            against,
            limit,
        }
    }

    /// The figure, or the multiple that the bar is about.
    pub(super) fn compared(&self, results: &Results) -> Option<Spread> {
        match &self.against {
            Against::Itself => results.figure(HUSHWALL, &self.key),
            Against::Peer(peer) => results.ratio((HUSHWALL, &self.key), (peer, &self.key)),
            Against::WithRelay(peer) => results.ratio_with_relay(HUSHWALL, peer, &self.key),
            Against::Other(peer, _, key) => results.ratio((HUSHWALL, &self.key), (peer, key)),
        }
    }

    pub(super) fn outcome(&self, results: &Results) -> Outcome {
        let Some(spread) = self.compared(results) else {
            return Outcome::Open;
        };
        let is_met = match self.limit {
            Limit::AtMost(limit) => spread.median <= limit,
            Limit::AtLeast(limit) => spread.median >= limit,
            Limit::None => return Outcome::Reported,
        };
        if is_met { Outcome::Met } else { Outcome::Missed }
    }

    /// The next limit, where this one is met easily: in the worst round with a tenth to spare. It is what that round
    /// reached, in two digits.
    pub(super) fn next(&self, results: &Results) -> Option<Limit> {
        const EASILY: f64 = 0.9;
        let spread = self.compared(results)?;
        match self.limit {
            Limit::AtMost(limit) if spread.most <= limit * EASILY && limit > 0.0 => {
                Some(Limit::AtMost(two_digits(spread.most, f64::ceil)))
            }
            Limit::AtLeast(limit) if spread.least * EASILY >= limit => {
                Some(Limit::AtLeast(two_digits(spread.least, f64::floor)))
            }
            _ => None,
        }
    }
}

/// A number in two significant digits.
fn two_digits(value: f64, round: fn(f64) -> f64) -> f64 {
    if value <= 0.0 {
        return 0.0;
    }
    // 9.9 of something has its last digit in the tenths, 10 in the ones.
    let last = 10_f64.powi(value.log10().floor() as i32 - 1);
    // What is a multiple already is not the next one because of a bit in its binary form.
    round((value / last * 1e6).round() / 1e6) * last
}

/// Who the rows are about.
pub(super) const HUSHWALL: &str = "hushwall";
/// What ratios are to.
pub(super) const COPY: &str = "copy";

/// Every row, in the order of the page.
pub(super) fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    bulk(&mut rows);
    throughput(&mut rows);
    single(&mut rows);
    memory(&mut rows);
    limits(&mut rows);
    rows
}

fn streams(row: &str) -> &'static str {
    match row {
        "up1" => "up, one stream",
        "up8" => "up, eight streams",
        "down1" => "down, one stream",
        _ => "down, eight streams",
    }
}

fn bulk(rows: &mut Vec<Row>) {
    use Against::{Other, Peer, WithRelay};
    use Limit::AtMost;
    for mtu in ["1500", "9000"] {
        for row in ["up1", "up8", "down1", "down8"] {
            let (what, key) = (format!("{}, MTU {mtu}", streams(row)), format!("{row}.cpu@{mtu}"));
            let hev = if row.starts_with("up") { 0.45 } else { 0.28 };
            rows.push(Row::new(
                &what,
                &key,
                Unit::CpuPerGigabyte,
                Peer(COPY),
                Limit::None,
            ));
            rows.push(Row::new(
                &what,
                &key,
                Unit::CpuPerGigabyte,
                Peer("prototype"),
                AtMost(1.05),
            ));
            rows.push(Row::new(
                &what,
                &key,
                Unit::CpuPerGigabyte,
                Peer("hev"),
                AtMost(hev),
            ));
            if mtu == "1500" {
                rows.push(Row::new(
                    &what,
                    &key,
                    Unit::CpuPerGigabyte,
                    WithRelay("hev"),
                    Limit::None,
                ));
            }
        }
    }
    for row in ["down1", "down8"] {
        let what = format!("{}, writes of 32,256 bytes", streams(row));
        let key = format!("{row}.cpu@1500small");
        rows.push(Row::new(
            what,
            key,
            Unit::CpuPerGigabyte,
            Other(COPY, "the copy", format!("{row}.cpu@1500")),
            AtMost(0.24),
        ));
    }
    for mtu in ["1500", "9000"] {
        for row in ["up1", "up8", "down1", "down8"] {
            rows.push(Row::new(
                format!("{}, MTU {mtu}, IPv6", streams(row)),
                format!("{row}.cpu@{mtu}v6"),
                Unit::CpuPerGigabyte,
                Other(HUSHWALL, "IPv4", format!("{row}.cpu@{mtu}")),
                AtMost(1.05),
            ));
        }
    }
    for way in ["up", "down"] {
        for (setting, family) in [("1500", ""), ("1500v6", ", IPv6")] {
            rows.push(Row::new(
                format!("QUIC-like datagrams {way}{family}"),
                format!("udp{way}.cpu@{setting}"),
                Unit::CpuPerGigabyte,
                Peer(COPY),
                AtMost(1.0),
            ));
        }
    }
}

fn throughput(rows: &mut Vec<Row>) {
    for mtu in ["1500", "9000"] {
        for row in ["up1", "up8", "down1", "down8"] {
            rows.push(Row::new(
                format!("throughput {}, MTU {mtu}", streams(row)),
                format!("{row}.gbit@{mtu}"),
                Unit::Gigabits,
                Against::Peer(COPY),
                Limit::AtLeast(1.0),
            ));
        }
    }
    for way in ["up", "down"] {
        rows.push(Row::new(
            format!("throughput of QUIC-like datagrams {way}"),
            format!("udp{way}.gbit@1500"),
            Unit::Gigabits,
            Against::Peer(COPY),
            Limit::AtLeast(1.0),
        ));
    }
}

fn single(rows: &mut Vec<Row>) {
    use Against::{Itself, Other, Peer};
    use Limit::{AtLeast, AtMost};
    let copys = |what, key: &str| Other(COPY, what, key.to_owned());
    rows.extend([
        Row::new(
            "TCP round trip, p50",
            "rr.p50@1500",
            Unit::Micros,
            Peer(COPY),
            AtMost(1.3),
        ),
        Row::new(
            "TCP round trip, p99",
            "rr.p99@1500",
            Unit::Micros,
            Peer(COPY),
            AtMost(1.5),
        ),
        Row::new(
            "connection, one at a time: CPU",
            "conn1.cpu@1500",
            Unit::Micros,
            Peer(COPY),
            Limit::None,
        ),
        Row::new(
            "connection, 64 at a time: CPU",
            "conn64.cpu@1500",
            Unit::Micros,
            Peer(COPY),
            Limit::None,
        ),
        Row::new(
            "connection with ClientHello and verdict, one at a time: CPU",
            "hello1.cpu@1500",
            Unit::Micros,
            Peer(COPY),
            AtMost(1.5),
        ),
        Row::new(
            "connection with ClientHello and verdict, 64 at a time: CPU",
            "hello64.cpu@1500",
            Unit::Micros,
            Peer(COPY),
            AtMost(1.5),
        ),
    ]);
    for (at_once, words) in [("1", "one at a time"), ("64", "64 at a time")] {
        rows.push(Row::new(
            format!("DNS question forwarded, {words}: CPU"),
            format!("dns{at_once}.cpu@1500"),
            Unit::Micros,
            Peer(COPY),
            AtMost(1.2),
        ));
        rows.push(Row::new(
            format!("DNS question answered here, {words}: CPU"),
            format!("refused{at_once}.cpu@1500"),
            Unit::Micros,
            copys("the copy's question", &format!("dns{at_once}.cpu@1500")),
            AtMost(0.6),
        ));
    }
    rows.extend([
        Row::new(
            "SYN to the first byte of a TLS connection, p50",
            "tls.p50@1500",
            Unit::Micros,
            Peer(COPY),
            AtMost(1.4),
        ),
        Row::new(
            "reset of a blocked name after its ClientHello, p50",
            "reset.p50@1500",
            Unit::Micros,
            copys("the copy's round trip", "rr.p50@1500"),
            AtMost(1.0),
        ),
        Row::new(
            "server that speaks first, SYN to its first byte, p50",
            "banner.p50@1500",
            Unit::Micros,
            Peer(COPY),
            AtMost(1.5),
        ),
        Row::new(
            "download of 100 Mbit/s: CPU",
            "paced.cpu@1500",
            Unit::Percent,
            Peer(COPY),
            AtMost(0.4),
        ),
    ]);
    for row in ["up1", "up8"] {
        rows.push(Row::new(
            format!("{}, txqueuelen 25", streams(row)),
            format!("{row}.gbit@1500queue25"),
            Unit::Gigabits,
            Itself,
            AtLeast(0.5),
        ));
        rows.push(Row::new(
            format!("{}, txqueuelen 25: longest stall", streams(row)),
            format!("{row}.stall@1500queue25"),
            Unit::Seconds,
            Itself,
            AtMost(1.0),
        ));
    }
}

fn memory(rows: &mut Vec<Row>) {
    use Against::Itself;
    use Limit::AtMost;
    rows.extend([
        Row::new(
            "RssAnon idle with the built-in list",
            "idle.anon@1500",
            Unit::Megabytes,
            Itself,
            AtMost(1.0e6),
        ),
        Row::new(
            "RssAnon with 1,000 flows",
            "flows1000.anon@1500",
            Unit::Megabytes,
            Itself,
            AtMost(1.6e6),
        ),
        Row::new(
            "an idle flow",
            "flow.anon@1500",
            Unit::Bytes,
            Itself,
            AtMost(512.0),
        ),
        Row::new(
            "VmRSS idle",
            "idle.rss@1500",
            Unit::Megabytes,
            Itself,
            AtMost(4.0e6),
        ),
        Row::new(
            "200,000 names added: private dirty",
            "list.dirty@1500",
            Unit::Megabytes,
            Itself,
            AtMost(0.3e6),
        ),
        Row::new(
            "wake-ups in 20 s with 200 idle flows",
            "wakeups.count@1500",
            Unit::Count,
            Itself,
            AtMost(0.0),
        ),
    ]);
}

fn limits(rows: &mut Vec<Row>) {
    use Against::{Itself, Other};
    use Limit::{AtLeast, AtMost};
    rows.extend([
        Row::new(
            "20,000 flows at once: held (the bound is 24,576, or what the descriptors allow)",
            "many.held@1500",
            Unit::Count,
            Itself,
            Limit::None,
        ),
        Row::new(
            "20,000 flows at once: failed before the bound",
            "many.failed@1500",
            Unit::Count,
            Itself,
            AtMost(0.0),
        ),
        Row::new(
            "20,000 flows at once: works again afterwards (1)",
            "many.again@1500",
            Unit::Count,
            Itself,
            AtLeast(1.0),
        ),
        Row::new(
            "20,000 flows at once: RssAnon",
            "many.anon@1500",
            Unit::Megabytes,
            Itself,
            Limit::None,
        ),
        Row::new(
            "full connection rate for 60 s: a second",
            "endurance.rate@1500",
            Unit::Count,
            Itself,
            Limit::None,
        ),
        Row::new(
            "full connection rate for 60 s: failed",
            "endurance.failed@1500",
            Unit::Count,
            Itself,
            AtMost(0.0),
        ),
        Row::new(
            "full connection rate: RssAnon at the end",
            "endurance.late@1500",
            Unit::Megabytes,
            Other(HUSHWALL, "a third of the way", "endurance.early@1500".to_owned()),
            AtMost(1.05),
        ),
    ]);
}
