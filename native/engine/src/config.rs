//! What the engine is told once, and what it is told when the network changes.

use std::net::{IpAddr, SocketAddr};

use blocklist::{Action, AppId, Rules, Verdict};

/// What is inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Questions only.
    Dns,
    /// Questions, server names, addresses.
    #[default]
    Full,
}

/// What becomes of a QUIC connection whose server name cannot be read and on whose address there is no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unread {
    /// It is let through, counted and told.
    #[default]
    Forward,
    /// It is refused, so that the app falls back to TCP, where the name is read.
    FallBack,
}

/// What becomes of the `ech` parameters in answers with SVCB and HTTPS records (RFC 9848).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EchParameters {
    /// They are taken out, so that a client has no key to hide its server's name with. With [`Depth::Dns`] nobody looks at
    /// that name, and they stay.
    #[default]
    TakeOut,
    /// They stay, and a name may be hidden.
    Keep,
}

/// What becomes of encrypted DNS past the phone's resolver (DNS over TLS and over QUIC, port 853).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EncryptedDns {
    /// It is a flow as any other.
    #[default]
    Leave,
    /// It is refused, to whatever address, so that the app falls back to the phone's resolver; unless the owner allowed the
    /// address, or a name of it. Known servers on other ports are rules' business.
    Refuse,
}

/// The port of DNS over TLS and over QUIC (RFC 7858 section 3.1, RFC 9250 section 4.1.1).
pub(crate) const ENCRYPTED_DNS_PORT: u16 = 853;

/// What of [`Config`] the owner may choose otherwise while the session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Choices {
    /// What becomes of QUIC that cannot be read.
    pub quic_unread: Unread,
    /// What becomes of `ech` parameters in answers.
    pub ech: EchParameters,
    /// What becomes of encrypted DNS.
    pub encrypted_dns: EncryptedDns,
}

/// Settings of a session.
#[derive(Debug, Clone)]
pub struct Config {
    /// The TUN's MTU in bytes.
    pub mtu: u16,
    /// The largest IP packet written to the TUN, in bytes; more than the MTU ("super-segment"), at most 65,000.
    pub segment_cap: usize,
    /// What is inspected.
    pub depth: Depth,
    /// Resolver addresses that the session itself announces to the phone; their port 853 is refused at the SYN.
    pub own_resolvers: Vec<IpAddr>,
    /// TCP flows at most.
    pub max_tcp_flows: usize,
    /// UDP mappings at most.
    pub max_udp_mappings: usize,
    /// What becomes of QUIC that cannot be read.
    pub quic_unread: Unread,
    /// What becomes of `ech` parameters in answers.
    pub ech: EchParameters,
    /// What becomes of encrypted DNS.
    pub encrypted_dns: EncryptedDns,
    /// For how long a blocked answer lives, in seconds, unless its rule says so itself.
    pub blocked_ttl: u32,
    /// For how long it lives at most, in seconds, where a name is asked for again and again. 0: nothing is done about that, and no
    /// other kind of reply is tried either.
    pub storm_ttl: u32,
    /// For how long an answer lives at most, in seconds, where apps differ on the name: a change of the owner's mind
    /// works at once.
    pub shared_ttl: u32,
    /// Whether refusals wait for the name of their app ([`Output::WhoOwns`](crate::Output::WhoOwns)), 50 ms at most: for
    /// callers who can answer.
    pub names_owners: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mtu: 1500,
            segment_cap: 65_000,
            depth: Depth::Full,
            own_resolvers: Vec::new(),
            max_tcp_flows: 24_576,
            max_udp_mappings: 4_096,
            quic_unread: Unread::Forward,
            ech: EchParameters::TakeOut,
            encrypted_dns: EncryptedDns::Leave,
            blocked_ttl: 10,
            storm_ttl: 900,
            shared_ttl: 5,
            names_owners: false,
        }
    }
}

impl Config {
    /// Takes these choices of the owner.
    pub fn choose(&mut self, choices: Choices) {
        let Choices {
            quic_unread,
            ech,
            encrypted_dns,
        } = choices;
        self.quic_unread = quic_unread;
        self.ech = ech;
        self.encrypted_dns = encrypted_dns;
    }

    /// The verdict on an endpoint: of a rule on its address, else of the settings on its port.
    pub(crate) fn verdict_ip(
        &self,
        rules: &Rules,
        ip: IpAddr,
        port: u16,
        app: Option<AppId>,
    ) -> Option<Verdict> {
        let refuses = port == ENCRYPTED_DNS_PORT && self.encrypted_dns == EncryptedDns::Refuse;
        let refused = Verdict {
            action: Action::Block,
            ..Verdict::NO_RULE
        };
        rules
            .verdict_ip(ip, port, app)
            .or_else(|| refuses.then_some(refused))
    }
}

/// What the network of the moment offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Whether there is a route for IPv4.
    pub ipv4: bool,
    /// Whether there is a route for IPv6.
    pub ipv6: bool,
    /// Resolvers, best first.
    pub resolvers: Vec<SocketAddr>,
    /// The network's NAT64 prefix and its length (RFC 6052), where it has one.
    pub nat64_prefix: Option<(std::net::Ipv6Addr, u8)>,
    /// Path MTU of the upstream network in bytes.
    pub mtu: u16,
}

impl Upstream {
    /// Whether there is a route to `ip`.
    pub(crate) const fn has_route(&self, ip: IpAddr) -> bool {
        if ip.is_ipv4() { self.ipv4 } else { self.ipv6 }
    }
}

impl Default for Upstream {
    fn default() -> Self {
        Self {
            ipv4: true,
            ipv6: true,
            resolvers: Vec::new(),
            nat64_prefix: None,
            mtu: 1500,
        }
    }
}
