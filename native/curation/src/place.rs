//! What a person asks about: a name as it was pasted, or an address with or without its port.

use std::fmt;
use std::net::IpAddr;

use records::Rule;

/// An address or a network, and the port that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    address: IpAddr,
    length: u8,
    port: Port,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Port {
    /// Whichever a rule names.
    Any,
    /// Those that no rule names.
    Other,
    One(u16),
}

impl Place {
    /// Reads `1.2.3.4`, `1.2.3.4:80`, `1.2.3.0/24`, and the same of IPv6 with brackets before a port.
    pub fn parse(text: &str) -> Option<Self> {
        let (network, port) = match text.strip_prefix('[').and_then(|text| text.split_once(']')) {
            Some((network, "")) => (network, None),
            Some((network, port)) => (network, Some(port.strip_prefix(':')?)),
            None => match text.split_once(':') {
                Some((network, port)) if !port.contains(':') => (network, Some(port)),
                _ => (text, None),
            },
        };
        let (address, length) = match network.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (network, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        Some(Self {
            address,
            length: length.map_or(Some(most), |length| length.parse().ok().filter(|it| *it <= most))?,
            port: port.map_or(Some(Port::Any), |port| port.parse().ok().map(Port::One))?,
        })
    }

    /// The addresses and the port of a rule on them.
    pub(crate) fn of(rule: &Rule) -> Option<Self> {
        let (address, length, port) = rule.network?;
        let port = if port == 0 { Port::Other } else { Port::One(port) };
        Some(Self {
            address,
            length,
            port,
        })
    }

    /// Whether a rule is on all of these addresses.
    pub(crate) fn is_met_by(&self, rule: &Rule) -> bool {
        let Some((address, length, port)) = rule.network else {
            return false;
        };
        let prefix = |address: IpAddr| match address {
            IpAddr::V4(v4) => u128::from(v4.to_bits()).checked_shr(u32::from(32 - length.min(32))),
            IpAddr::V6(v6) => v6.to_bits().checked_shr(u32::from(128 - length.min(128))),
        };
        let has_port = match self.port {
            Port::Any => true,
            Port::Other => port == 0,
            Port::One(asked) => port == 0 || port == asked,
        };
        has_port
            && address.is_ipv4() == self.address.is_ipv4()
            && length <= self.length
            && (length == 0 || prefix(address) == prefix(self.address))
    }

    /// The addresses without the port.
    pub(crate) fn network(&self) -> String {
        Self {
            port: Port::Any,
            ..*self
        }
        .to_string()
    }

    /// The port, where one is said.
    pub(crate) const fn port(&self) -> Option<u16> {
        match self.port {
            Port::One(port) => Some(port),
            Port::Any | Port::Other => None,
        }
    }

    /// The one address, and its port or 0 for none; `None` for a network.
    pub const fn endpoint(&self) -> Option<(IpAddr, u16)> {
        let whole = if self.address.is_ipv4() { 32 } else { 128 };
        match (self.length == whole, self.port) {
            (false, _) => None,
            (true, Port::One(port)) => Some((self.address, port)),
            (true, Port::Any | Port::Other) => Some((self.address, 0)),
        }
    }

    /// Whether no port is said.
    pub(crate) const fn is_any_port(&self) -> bool {
        matches!(self.port, Port::Any)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.address.is_ipv4() { 32 } else { 128 };
        let network = match self.length == whole {
            true => self.address.to_string(),
            false => format!("{}/{}", self.address, self.length),
        };
        match (self.port, self.address) {
            (Port::One(port), IpAddr::V6(_)) => write!(out, "[{network}]:{port}"),
            (Port::One(port), IpAddr::V4(_)) => write!(out, "{network}:{port}"),
            _ => out.write_str(&network),
        }
    }
}

/// The name that a person means, or the address: out of a pasted URL, in lower case, without a final dot. An error says
/// what to write.
pub fn asked(text: &str) -> Result<String, String> {
    let text = text.trim();
    if let Some(place) = Place::parse(text) {
        return Ok(place.to_string());
    }
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or(host);
    if let Some(place) = Place::parse(host) {
        return Ok(place.to_string());
    }
    let host = match host.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => host,
    };
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    // No top-level domain is a number (RFC 3696, section 2): what ends so is an address, and a wrong one.
    let is_number = name
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if name.len() <= 253 && !is_number && name.contains('.') && name.split('.').all(is_label) {
        return Ok(name);
    }
    Err(format!(
        "`{text}` is neither a name nor an address; write it as `data.mistat.xiaomi.com`, its letters outside of ASCII as \
         `xn--`, or as `1.2.3.4:80`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_is_the_name_or_the_address_in_it() {
        for (pasted, meant) in [
            ("Data.Mistat.Xiaomi.com.", "data.mistat.xiaomi.com"),
            ("https://data.mistat.xiaomi.com/", "data.mistat.xiaomi.com"),
            ("http://a.xiaomi.com:8080/x?y#z", "a.xiaomi.com"),
            ("http://110.43.0.83:80/gslb/", "110.43.0.83:80"),
            ("110.43.0.83", "110.43.0.83"),
            ("110.43.0.0/24", "110.43.0.0/24"),
            ("[2001:DB8::1]:443", "[2001:db8::1]:443"),
            ("2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(asked(pasted).as_deref(), Ok(meant));
        }
    }

    #[test]
    fn an_address_is_met_by_the_networks_and_ports_around_it() {
        let text = "schema = 1\ntitle = \"T\"\nabout = \"A.\"\nrole = \"block\"\nfunction = \"usage\"\n\n[[rule]]\nid = \"n\"\n\
                    address = \"192.0.2.0/24\"\nports = [80]\nsends = \"S.\"\nbreaks = \"none\"\nevidence = []\nstatus = \"shipped\"\n";
        let collection = crate::Collection::new([("x.toml".to_owned(), text.to_owned())]);
        let (_, rule) = collection.shipped().next().unwrap();
        for (asked, is_met) in [
            ("192.0.2.7", true),
            ("192.0.2.7:80", true),
            ("192.0.2.0/25", true),
            ("192.0.2.7:443", false),
            ("192.0.3.7", false),
            ("192.0.0.0/16", false),
            ("::ffff:c000:207", false),
        ] {
            assert_eq!(Place::parse(asked).unwrap().is_met_by(rule), is_met, "{asked}");
        }
    }

    #[test]
    fn what_is_no_name_is_said() {
        for text in [
            "",
            "http://foo bar",
            "x\" y",
            "a..b",
            "mi",
            "\u{1b}[31m.com",
            "1.2.3.4:99999",
            "-a.com",
        ] {
            assert!(asked(text).is_err(), "{text}");
        }
    }
}
