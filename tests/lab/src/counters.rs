//! Packets that reach the internet's addresses, counted by the kernel there; and addresses made to fail.

use std::collections::HashMap;
use std::net::IpAddr;

use anyhow::{Context, Result};

use crate::namespace::Namespace;
use crate::output::run;

/// One packet counter an address, in the namespace of the servers: also a lone SYN counts.
#[derive(Debug)]
pub struct Counters {
    namespace: String,
}

impl Counters {
    /// Starts to count packets to each address, from zero.
    ///
    /// # Errors
    /// If `nft` refuses.
    pub(crate) fn start(namespace: &Namespace, addresses: &[IpAddr]) -> Result<Self> {
        let mut script = String::from("table inet count {\n");
        for address in addresses {
            script.push_str(&format!("counter {} {{ }}\n", name_of(*address)));
        }
        script.push_str("chain arrive { type filter hook prerouting priority -300;\n");
        for address in addresses {
            script.push_str(&format!(
                "{} counter name {}\n",
                matching(*address),
                name_of(*address)
            ));
        }
        script.push_str("}\n}\n");
        apply(namespace, &script)?;
        Ok(Self {
            namespace: namespace.name().to_owned(),
        })
    }

    /// Packets so far, of every address that is counted.
    ///
    /// # Errors
    /// If `nft` fails.
    pub fn packets(&self) -> Result<HashMap<String, u64>> {
        let list = run(std::process::Command::new("ip").args([
            "netns",
            "exec",
            &self.namespace,
            "nft",
            "list",
            "counters",
            "table",
            "inet",
            "count",
        ]))?;
        let mut found = HashMap::new();
        let mut name = "";
        for line in list.lines().map(str::trim) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["counter", counter, ..] => name = counter,
                ["packets", packets, ..] => {
                    found.insert(name.to_owned(), packets.parse()?);
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// Packets so far to one address.
    ///
    /// # Errors
    /// If `nft` fails or the address is not counted.
    pub fn packets_to(&self, address: impl Into<IpAddr>) -> Result<u64> {
        let address = address.into();
        self.packets()?
            .get(&name_of(address))
            .copied()
            .with_context(|| format!("{address} is not counted"))
    }
}

/// Swallows every packet to `address`, as a filter on the way would.
pub(crate) fn drop_packets(namespace: &Namespace, address: IpAddr) -> Result<()> {
    trouble(namespace, address, "drop")
}

/// Answers every packet to `address` with ICMP "host unreachable".
pub(crate) fn reject_packets(namespace: &Namespace, address: IpAddr) -> Result<()> {
    let verdict = match address {
        IpAddr::V4(_) => "reject with icmp type host-unreachable",
        IpAddr::V6(_) => "reject with icmpv6 type addr-unreachable",
    };
    trouble(namespace, address, verdict)
}

fn trouble(namespace: &Namespace, address: IpAddr, verdict: &str) -> Result<()> {
    let script = format!(
        "table inet trouble {{ chain arrive {{ type filter hook prerouting priority -200;\n{} {verdict}\n}}\n}}\n",
        matching(address)
    );
    apply(namespace, &script)
}

fn apply(namespace: &Namespace, script: &str) -> Result<()> {
    run(namespace
        .bare_command("sh")
        .args(["-c", r#"printf %s "$0" | nft -f -"#, script]))
    .map(drop)
}

fn matching(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("ip daddr {address}"),
        IpAddr::V6(address) => format!("ip6 daddr {address}"),
    }
}

fn name_of(address: IpAddr) -> String {
    format!("to_{}", address.to_string().replace(['.', ':'], "_"))
}
