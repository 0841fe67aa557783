//! The internet's resolver: dnsmasq, with a log of every question that reached it.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::background::Background;
use crate::deadline::until;
use crate::namespace::Namespace;

/// What the resolver knows.
#[derive(Debug, Clone)]
pub enum Record {
    /// A name's addresses.
    Host(String, Option<Ipv4Addr>, Option<Ipv6Addr>),
    /// An alias, and the name that it stands for.
    Alias(String, String),
    /// A text of a name; several make an answer that does not fit a datagram.
    Text(String, String),
    /// A record of any type: name, type, data in hexadecimal.
    Raw(String, u16, String),
}

impl Record {
    /// A name with an IPv4 address.
    pub fn v4(name: &str, address: Ipv4Addr) -> Self {
        Self::Host(name.to_owned(), Some(address), None)
    }

    /// A name with an IPv6 address.
    pub fn v6(name: &str, address: Ipv6Addr) -> Self {
        Self::Host(name.to_owned(), None, Some(address))
    }

    /// A name with one of each.
    pub fn dual(name: &str, v4: Ipv4Addr, v6: Ipv6Addr) -> Self {
        Self::Host(name.to_owned(), Some(v4), Some(v6))
    }

    /// An alias.
    pub fn alias(name: &str, target: &str) -> Self {
        Self::Alias(name.to_owned(), target.to_owned())
    }

    fn option(&self) -> String {
        match self {
            Self::Host(name, v4, v6) => {
                let mut option = format!("--host-record={name}");
                for address in [v4.map(IpAddr::from), v6.map(IpAddr::from)].into_iter().flatten() {
                    option.push_str(&format!(",{address}"));
                }
                option
            }
            Self::Alias(name, target) => format!("--cname={name},{target}"),
            Self::Text(name, text) => format!("--txt-record={name},{text}"),
            Self::Raw(name, kind, hex) => format!("--dns-rr={name},{kind},{hex}"),
        }
    }
}

/// A running dnsmasq.
#[derive(Debug)]
pub struct Resolver {
    _server: Background,
    log: PathBuf,
}

impl Resolver {
    /// Starts it on port 53 of `addresses`.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(
        namespace: &Namespace,
        directory: &Path,
        addresses: &[IpAddr],
        records: &[Record],
    ) -> Result<Self> {
        let log = directory.join("dns.log");
        fs::write(&log, "")?;
        let mut command = namespace.command("dnsmasq");
        command
            .args([
                "--conf-file=/dev/null",
                "--keep-in-foreground",
                "--user=",
                "--group=",
                "--pid-file",
            ])
            .args([
                "--no-resolv",
                "--no-hosts",
                "--cache-size=0",
                "--local-ttl=300",
                "--local=/#/",
            ])
            .args(["--bind-interfaces", "--log-queries"])
            .arg(format!("--log-facility={}", log.display()))
            .args(
                addresses
                    .iter()
                    .map(|address| format!("--listen-address={address}")),
            )
            .args(records.iter().map(Record::option));
        let mut server = Background::start(&mut command, directory, "dnsmasq")?;
        server.wait_until("dnsmasq's first line", Duration::from_secs(5), |_| {
            fs::read_to_string(&log).is_ok_and(|text| text.contains("started"))
        })?;
        Ok(Self { _server: server, log })
    }

    /// How often it was asked for `name` (any type).
    pub fn questions(&self, name: &str) -> usize {
        self.count(|_, asked| asked.eq_ignore_ascii_case(name))
    }

    /// How often it was asked for `name` and this type, as in `"A"`.
    pub fn questions_of_type(&self, name: &str, kind: &str) -> usize {
        self.count(|word, asked| asked.eq_ignore_ascii_case(name) && word == format!("query[{kind}]"))
    }

    /// Waits until it was asked for `name`: what it then holds of earlier questions is complete.
    ///
    /// # Errors
    /// If it is not asked in time.
    pub fn wait_for_question(&self, name: &str) -> Result<()> {
        until(
            &format!("a question for {name} at the resolver"),
            Duration::from_secs(5),
            || Ok(self.questions(name) > 0),
        )
    }

    fn count(&self, matches: impl Fn(&str, &str) -> bool) -> usize {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let asked = log.lines().filter(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words
                .windows(2)
                .any(|pair| pair[0].starts_with("query[") && matches(pair[0], pair[1]))
        });
        asked.count()
    }
}
