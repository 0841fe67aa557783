//! Real clients and servers in network namespaces, over the firewall's TUN; each behaviour that a network without it
//! has as well is shown to hold by plain routing, too.

use anyhow::{Context, Result, ensure};
use lab::{Lab, Output};

/// Makes a test of each function, over plain routing and through the firewall.
macro_rules! on_both_paths {
    ($($behaviour:ident),+ $(,)?) => {
        mod plain_routing {
            $(#[test]
            fn $behaviour() -> anyhow::Result<()> {
                super::$behaviour(lab::Path::Plain)
            })+
        }
        mod through_hushwall {
            $(#[test]
            fn $behaviour() -> anyhow::Result<()> {
                super::$behaviour(lab::Path::Hushwall)
            })+
        }
    };
}

mod address_families;
mod bridge;
mod bulk;
mod dead_ipv6;
mod dns;
mod ech;
mod headers;
mod http3;
mod httpdns;
mod icmp;
mod iperf;
mod managed;
mod many_flows;
mod network_change;
mod odd_servers;
mod privacy;
mod quic;
mod refusal;
mod restart;
mod udp;
mod web;

/// What a `lab-client` said, split into words.
fn client_words(lab: &Lab, words: &[&str]) -> Result<Vec<String>> {
    let said = lab::output(&mut lab.client(words)?)?
        .success()
        .with_context(|| format!("lab-client {words:?}"))?;
    Ok(said.stdout.split_whitespace().map(str::to_owned).collect())
}

/// Fails with everything that was said if `text` is not in the standard output.
fn ensure_said(output: &Output, text: &str) -> Result<()> {
    ensure!(output.stdout.contains(text), "no {text:?} in {output:#?}");
    Ok(())
}
