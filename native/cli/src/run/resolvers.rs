//! Which resolvers to ask upstream.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use super::routes::ANNOUNCED;

/// Where programs of this machine look for resolvers: resolv.conf(5).
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// The resolvers behind systemd-resolved's stub: systemd-resolved.service(8).
const RESOLVED_UPLINKS: &str = "/run/systemd/resolve/resolv.conf";
/// DNS: RFC 1035 section 4.2.
const PORT: u16 = 53;

/// Why there is no resolver to ask.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolversError {
    /// The system's file could not be read.
    #[error("cannot read {path}, so name a resolver with --dns")]
    Read {
        /// Which file.
        path: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No resolver in the files, or only one on this machine, whose own upstream is not known.
    #[error("{RESOLV_CONF} names no resolver beyond this machine; name one with --dns")]
    OnlyLoopback,
}

/// The resolvers to ask, best first, and whether systemd-resolved stands between them and this machine's programs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Resolvers {
    pub(crate) upstream: Vec<SocketAddr>,
    pub(crate) behind_resolved: bool,
}

impl Resolvers {
    /// Those that the owner named, else the system's.
    pub(crate) fn find(named: &[IpAddr]) -> Result<Self, ResolversError> {
        Self::find_in(named, Path::new(RESOLV_CONF), Path::new(RESOLVED_UPLINKS))
    }

    fn find_in(named: &[IpAddr], system: &Path, uplinks: &Path) -> Result<Self, ResolversError> {
        let listed = match fs::read_to_string(system) {
            Ok(text) => nameservers(&text),
            Err(_) if !named.is_empty() => Vec::new(),
            Err(source) => {
                return Err(ResolversError::Read {
                    path: RESOLV_CONF,
                    source,
                });
            }
        };
        let has_stub = listed.iter().any(IpAddr::is_loopback);
        let behind = if has_stub {
            fs::read_to_string(uplinks).ok()
        } else {
            None
        };
        let candidates = if !named.is_empty() {
            named.to_vec()
        } else if let Some(text) = &behind {
            nameservers(text)
        } else {
            listed
        };
        let upstream: Vec<SocketAddr> = candidates
            .into_iter()
            .filter(|address| !address.is_loopback() && !address.is_unspecified() && *address != ANNOUNCED)
            .map(|address| SocketAddr::new(address, PORT))
            .collect();
        if upstream.is_empty() {
            return Err(ResolversError::OnlyLoopback);
        }
        Ok(Self {
            upstream,
            behind_resolved: behind.is_some(),
        })
    }
}

/// The resolvers that programs of this machine ask, one on it included. Without any, it is this machine itself:
/// resolv.conf(5).
pub(crate) fn resolvers_of_this_machine() -> Vec<SocketAddr> {
    of_this_machine(&fs::read_to_string(RESOLV_CONF).unwrap_or_default())
}

fn of_this_machine(text: &str) -> Vec<SocketAddr> {
    let mut listed = nameservers(text);
    if listed.is_empty() {
        listed.push(Ipv4Addr::LOCALHOST.into());
    }
    listed
        .into_iter()
        .map(|address| SocketAddr::new(address, PORT))
        .collect()
}

/// The `nameserver` lines of a resolv.conf(5). An address with a zone (`fe80::1%eth0`) is left out: a socket address
/// alone does not say which link it is on.
fn nameservers(text: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        if words.next() != Some("nameserver") {
            continue;
        }
        let Some(Ok(address)) = words.next().map(str::parse::<IpAddr>) else {
            continue;
        };
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn file(name: &str, text: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("hushwall-resolvers-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        path
    }

    fn addresses(found: &Resolvers) -> Vec<String> {
        found.upstream.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn nameserver_lines_are_read_and_all_else_is_passed_over() {
        let text = "# nameserver 1.1.1.1\n; nameserver 2.2.2.2\nsearch lan\n nameserver\t9.9.9.9 \nnameserver 2620:fe::fe\n\
                    nameserver fe80::1%eth0\nnameserver\nnameserver nine\nnameservers 3.3.3.3\nnameserver 9.9.9.9\r\n";
        let expected: Vec<IpAddr> = ["9.9.9.9", "2620:fe::fe"]
            .iter()
            .map(|a| a.parse().unwrap())
            .collect();
        assert_eq!(nameservers(text), expected);
    }

    #[test]
    fn programs_of_a_machine_without_a_nameserver_ask_the_machine() {
        let asked = |text| {
            of_this_machine(text)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(asked("search lan\n"), ["127.0.0.1:53"]);
        assert_eq!(
            asked("nameserver 127.0.0.53\nnameserver 2620:fe::fe\n"),
            ["127.0.0.53:53", "[2620:fe::fe]:53"]
        );
    }

    #[test]
    fn every_truncation_and_flip_of_a_file_is_read_without_a_panic() {
        let text = "nameserver 9.9.9.9\noptions edns0\nnameserver 2620:fe::fe\n";
        for end in 0..text.len() {
            nameservers(&text[..end]);
        }
        for at in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] ^= 0x15;
            nameservers(&String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn stub_of_systemd_resolved_is_replaced_by_its_uplinks() {
        let system = file("stub", "nameserver 127.0.0.53\n");
        let uplinks = file("uplinks", "nameserver 192.168.1.1\n");
        let found = Resolvers::find_in(&[], &system, &uplinks).unwrap();
        assert_eq!(addresses(&found), ["192.168.1.1:53"]);
        assert!(found.behind_resolved);
    }

    #[test]
    fn named_resolver_wins_and_the_stub_is_still_noticed() {
        let system = file("named", "nameserver 127.0.0.53\n");
        let uplinks = file("named-uplinks", "nameserver 192.168.1.1\n");
        let found = Resolvers::find_in(&["9.9.9.9".parse().unwrap()], &system, &uplinks).unwrap();
        assert_eq!(addresses(&found), ["9.9.9.9:53"]);
        assert!(found.behind_resolved);
    }

    #[test]
    fn loopback_is_never_an_upstream() {
        let system = file(
            "loopback",
            "nameserver 127.0.0.1\nnameserver ::1\nnameserver 0.0.0.0\n",
        );
        let nowhere = Path::new("/nonexistent/resolv.conf");
        let error = Resolvers::find_in(&[], &system, nowhere).unwrap_err();
        assert!(error.to_string().contains("--dns"), "{error}");
        let mixed = file("mixed", "nameserver 127.0.0.1\nnameserver 10.0.0.1\n");
        assert_eq!(
            addresses(&Resolvers::find_in(&[], &mixed, nowhere).unwrap()),
            ["10.0.0.1:53"]
        );
    }

    #[test]
    fn resolver_that_is_hushwall_itself_is_never_an_upstream() {
        let system = file("ours", "nameserver 127.0.0.53\n");
        let uplinks = file(
            "ours-uplinks",
            &format!("nameserver {ANNOUNCED}\nnameserver 192.168.1.1\n"),
        );
        assert_eq!(
            addresses(&Resolvers::find_in(&[], &system, &uplinks).unwrap()),
            ["192.168.1.1:53"]
        );
    }

    #[test]
    fn missing_file_matters_only_without_a_named_resolver() {
        let nowhere = Path::new("/nonexistent/resolv.conf");
        assert!(matches!(
            Resolvers::find_in(&[], nowhere, nowhere),
            Err(ResolversError::Read { .. })
        ));
        let told = format!(
            "{:#}",
            anyhow::Error::from(Resolvers::find_in(&[], nowhere, nowhere).unwrap_err())
        );
        assert_eq!(told.matches("No such file").count(), 1, "{told}");
        assert!(Resolvers::find_in(&["9.9.9.9".parse().unwrap()], nowhere, nowhere).is_ok());
    }
}
