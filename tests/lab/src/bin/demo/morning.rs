//! What the phone does, step by step, and where the names of it are in this internet.

use std::net::{IpAddr, Ipv4Addr};

use lab::{Record, ordinary_v4, ordinary_v6, vendor_v4, vendor_v6};

/// What a step does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Action {
    /// Asks for the name, as any app does, and fetches.
    Fetch,
    /// The same, by a name that is an alias of telemetry.
    FetchCloaked,
    /// Fetches from an address that the app brings along; the name is only in the request.
    FetchFrom(Ipv4Addr),
    /// Fetches from the bare address, without any name.
    FetchAddress,
    /// Asks the resolver with dig.
    Ask(&'static str),
}

/// One step of the morning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// Its time on the phone's clock.
    pub(crate) at: &'static str,
    /// Who.
    pub(crate) app: &'static str,
    /// Why, in the owner's words.
    pub(crate) why: &'static str,
    /// The name (or the address) that the app means.
    pub(crate) name: &'static str,
    /// Scheme and path.
    pub(crate) scheme: &'static str,
    /// The path.
    pub(crate) path: &'static str,
    /// How.
    pub(crate) action: Action,
    /// Whether the owner wants it; else it is telemetry.
    pub(crate) wanted: bool,
}

/// Where the app of the last telemetry step knows its server, without any name.
pub(crate) const BARE: Ipv4Addr = vendor_v4(30);

/// Where OneTrack's second attempt goes, without a question.
pub(crate) const BUILT_IN: Ipv4Addr = vendor_v4(31);

const fn wanted(at: &'static str, app: &'static str, why: &'static str, name: &'static str) -> Step {
    Step {
        at,
        app,
        why,
        name,
        scheme: "https",
        path: "/",
        action: Action::Fetch,
        wanted: true,
    }
}

const fn telemetry(at: &'static str, app: &'static str, why: &'static str, name: &'static str) -> Step {
    Step {
        wanted: false,
        ..wanted(at, app, why, name)
    }
}

impl Step {
    const fn path(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    const fn in_the_clear(self) -> Self {
        Self {
            scheme: "http",
            ..self
        }
    }

    const fn by(self, action: Action) -> Self {
        Self { action, ..self }
    }

    /// Whether it only asks the resolver.
    pub(crate) const fn is_question(&self) -> bool {
        matches!(self.action, Action::Ask(_))
    }

    /// What is fetched.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}{}", self.scheme, self.name, self.path)
    }
}

/// The morning.
pub(crate) fn steps() -> Vec<Step> {
    vec![
        wanted("06:58", "System", "is this Wi-Fi online?", "connect.rom.miui.com")
            .in_the_clear()
            .path("/generate_204"),
        telemetry(
            "06:58",
            "OneTrack",
            "screen switched on",
            "tracking.intl.miui.com",
        )
        .path("/track/spock"),
        telemetry("06:58", "OneTrack", "how to reach it", "tracking.intl.miui.com").by(Action::Ask("HTTPS")),
        wanted("06:59", "Updater", "a system update?", "update.intl.miui.com").path("/updates/miotaV3.php"),
        wanted(
            "07:01",
            "Weather",
            "will it rain?",
            "weatherapi.market.xiaomi.com",
        ),
        wanted("07:02", "Mi Browser", "news, incognito", "news.example"),
        telemetry(
            "07:02",
            "Mi Browser",
            "that page, reported",
            "sa.api.intl.miui.com",
        )
        .path("/sa"),
        wanted("07:03", "Mi Browser", "a diagnosis, incognito", "clinic.example"),
        telemetry(
            "07:03",
            "Mi Browser",
            "that page, reported",
            "sa.api.intl.miui.com",
        )
        .path("/sa"),
        telemetry(
            "07:04",
            "MSA",
            "which ads to show",
            "sdkconfig.ad.intl.xiaomi.com",
        )
        .path("/api/v4"),
        telemetry("07:04", "MSA", "how ads were looked at", "log.ad.xiaomi.com").in_the_clear(),
        telemetry(
            "07:05",
            "MiStat",
            "apps opened, minutes",
            "data.mistat.xiaomi.com",
        )
        .path("/mistats/v3"),
        telemetry(
            "07:05",
            "MiStat",
            "without DNS, in HTTP",
            "data.mistat.xiaomi.com",
        )
        .in_the_clear()
        .by(Action::FetchFrom(BUILT_IN)),
        telemetry("07:06", "OneTrack", "without DNS", "tracking.intl.miui.com")
            .path("/track/spock")
            .by(Action::FetchFrom(BUILT_IN)),
        telemetry("07:06", "A shop", "under a cloak (alias)", "metrics.shop.example")
            .by(Action::FetchCloaked),
        wanted("07:06", "A shop", "the shop itself", "shop.example"),
        telemetry("07:07", "An app", "no name at all (own rule)", "203.0.113.30").by(Action::FetchAddress),
        telemetry("07:08", "System", "crash reports", "fcanr.tracking.miui.com"),
        wanted("07:08", "Find Device", "I am here", "find.api.micloud.xiaomi.net"),
        wanted("07:09", "Bank", "the balance", "bank.example"),
        wanted("07:09", "Mail", "its server's addresses", "mail.example").by(Action::Ask("AAAA")),
        wanted("07:10", "Video", "in the clear, old player", "video.example").in_the_clear(),
        wanted("07:11", "Home", "a box without a name", "198.51.100.30").by(Action::FetchAddress),
    ]
}

/// The type of a record that says how a server is reached (RFC 9460 section 14.1).
const HTTPS: u16 = 65;

/// Priority 1, the name itself, `alpn=h2` (RFC 9460 sections 2.2 and 7.1.1).
const HTTP_2: &str = "00010000010003026832";

/// Names of telemetry, each with servers of its own; an app's built-in addresses are at the end.
const TELEMETRY: [&str; 7] = [
    "tracking.intl.miui.com",
    "sa.api.intl.miui.com",
    "sdkconfig.ad.intl.xiaomi.com",
    "log.ad.xiaomi.com",
    "data.mistat.xiaomi.com",
    "data.mistat.intl.xiaomi.com",
    "fcanr.tracking.miui.com",
];

const WANTED: [&str; 10] = [
    "connect.rom.miui.com",
    "update.intl.miui.com",
    "weatherapi.market.xiaomi.com",
    "find.api.micloud.xiaomi.net",
    "news.example",
    "clinic.example",
    "shop.example",
    "bank.example",
    "mail.example",
    "video.example",
];

/// Names that must not reach the resolver.
pub(crate) const fn secret_names() -> &'static [&'static str] {
    &TELEMETRY
}

/// Names that the web server's certificate holds.
pub(crate) fn web_names() -> Vec<&'static str> {
    TELEMETRY
        .into_iter()
        .chain(WANTED)
        .chain(["metrics.shop.example"])
        .collect()
}

/// What the resolver knows.
pub(crate) fn records() -> Vec<Record> {
    let telemetry = TELEMETRY
        .iter()
        .zip(1..)
        .map(|(name, host)| Record::dual(name, vendor_v4(host), vendor_v6(host)));
    let wanted = WANTED
        .iter()
        .zip(1..)
        .map(|(name, host)| Record::dual(name, ordinary_v4(host), ordinary_v6(host)));
    telemetry
        .chain(wanted)
        .chain([
            Record::alias("metrics.shop.example", "data.mistat.xiaomi.com"),
            Record::Raw("tracking.intl.miui.com".to_owned(), HTTPS, HTTP_2.to_owned()),
        ])
        .collect()
}

/// Addresses to which no packet may go.
pub(crate) fn counted_addresses() -> Vec<IpAddr> {
    let named = (1..=TELEMETRY.len() as u8).flat_map(|host| [vendor_v4(host).into(), vendor_v6(host).into()]);
    named.chain([BARE.into(), BUILT_IN.into()]).collect()
}
