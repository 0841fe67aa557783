//! Real QUIC clients and servers: aioquic (versions 1 and 2) and quinn (version 1 and drafts), over addresses that no question
//! was asked for.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lab::{
    Background, Certificate, Lab, Namespace, Path, Plan, ordinary_v4, ordinary_v6, vendor_v4, vendor_v6,
};

on_both_paths!(
    megabyte_comes_back_over_version_1,
    megabyte_comes_back_over_version_2_and_ipv6,
    megabyte_comes_back_after_a_retry_and_in_another_version,
    megabyte_comes_back_after_version_negotiation,
    megabyte_comes_back_to_quinn,
    megabyte_comes_back_to_quinn_over_drafts_and_ipv6,
);

/// The port of the lab's QUIC servers.
const PORT: &str = "8443";

/// The Python that has aioquic: `$LAB_QUIC_PYTHON`, else the one that `./build.sh test` makes.
pub(crate) fn python() -> PathBuf {
    lab::made("LAB_QUIC_PYTHON", ".tools/quic/bin/python3")
}

/// By whose hand an endpoint is. Both take the same words.
#[derive(Debug, Clone, Copy)]
enum Hand {
    Aioquic,
    Quinn,
}

impl Hand {
    fn command(self, namespace: &Namespace) -> Command {
        match self {
            Self::Aioquic => {
                let mut command = namespace.command(python());
                command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/quic/endpoint.py"));
                command
            }
            Self::Quinn => namespace.command(lab::made("LAB_QUINN", "target/quinn/debug/lab-quinn")),
        }
    }
}

fn serve(lab: &Lab, hand: Hand, address: IpAddr) -> Result<Background> {
    serve_by(lab, hand, "serve", address)
}

fn serve_by(lab: &Lab, hand: Hand, word: &str, address: IpAddr) -> Result<Background> {
    let certificate = Certificate::create(lab.directory(), &["lab.example".to_owned()])?;
    let mut command = hand.command(&lab.internet);
    command
        .args([word, &address.to_string(), PORT])
        .arg(&certificate.pem)
        .arg(&certificate.key);
    let mut server = Background::start(&mut command, lab.directory(), "quic-server")?;
    server.wait_for_line("ready", Duration::from_secs(20))?;
    Ok(server)
}

/// Words that the client says: "echoed BYTES SECONDS" or "refused CODE SECONDS".
fn ask(
    lab: &Lab,
    hand: Hand,
    address: IpAddr,
    name: &str,
    version: &str,
    bytes: &str,
) -> Result<Vec<String>> {
    let mut command = hand.command(&lab.phone);
    command.args(["ask", &address.to_string(), PORT, name, version, bytes]);
    let said = lab::output(&mut command)?.success()?;
    Ok(said.stdout.split_whitespace().map(str::to_owned).collect())
}

fn ensure_echoed(path: Path, hand: Hand, address: IpAddr, versions: &[&str]) -> Result<()> {
    let lab = Lab::start(Plan::new(path), &[], &["--block", "blocked.example"])?;
    let _server = serve(&lab, hand, address)?;
    for version in versions {
        let words = ask(&lab, hand, address, "page.example", version, "1000000")?;
        ensure!(
            words.starts_with(&["echoed".to_owned()]),
            "version {version}: {words:?}"
        );
    }
    Ok(())
}

fn megabyte_comes_back_over_version_1(path: Path) -> Result<()> {
    ensure_echoed(path, Hand::Aioquic, ordinary_v4(10).into(), &["1"])
}

fn megabyte_comes_back_over_version_2_and_ipv6(path: Path) -> Result<()> {
    ensure_echoed(path, Hand::Aioquic, ordinary_v6(10).into(), &["2"])
}

fn megabyte_comes_back_after_version_negotiation(path: Path) -> Result<()> {
    ensure_echoed(path, Hand::Aioquic, ordinary_v4(10).into(), &["greased"])
}

fn megabyte_comes_back_after_a_retry_and_in_another_version(path: Path) -> Result<()> {
    let lab = Lab::start(Plan::new(path), &[], &["--block", "blocked.example"])?;
    let address = ordinary_v4(10).into();
    let _server = serve_by(&lab, Hand::Aioquic, "serve-retry", address)?;
    for version in ["1", "2", "1-to-2"] {
        let words = ask(&lab, Hand::Aioquic, address, "page.example", version, "1000000")?;
        ensure!(
            words.starts_with(&["echoed".to_owned()]),
            "version {version}: {words:?}"
        );
    }
    Ok(())
}

fn megabyte_comes_back_to_quinn(path: Path) -> Result<()> {
    ensure_echoed(path, Hand::Quinn, ordinary_v4(10).into(), &["1"])
}

fn megabyte_comes_back_to_quinn_over_drafts_and_ipv6(path: Path) -> Result<()> {
    ensure_echoed(path, Hand::Quinn, ordinary_v6(10).into(), &["29", "32", "34"])
}

/// A blocked name at an address that no rule meets.
fn ensure_refused(hand: Hand, address: IpAddr, versions: &[&str]) -> Result<()> {
    let lab = Lab::start(Plan::new(Path::Hushwall), &[], &["--block", "blocked.example"])?;
    let _server = serve(&lab, hand, address)?;
    let counters = lab.count(&[address])?;
    for version in versions {
        let words = ask(&lab, hand, address, "blocked.example", version, "10")?;
        // CONNECTION_REFUSED, before the first datagram is sent again.
        ensure!(
            words.starts_with(&["refused".to_owned(), "2".to_owned()]),
            "version {version}: {words:?}"
        );
        let seconds: f64 = words.get(2).context("a time")?.parse()?;
        ensure!(seconds < 0.2, "version {version}: {seconds} s");
    }
    for (counter, packets) in counters.packets()? {
        ensure!(packets == 0, "{packets} packets {counter}");
    }
    // The same address under another name is reached.
    let words = ask(&lab, hand, address, "page.example", versions[0], "10")?;
    ensure!(words.starts_with(&["echoed".to_owned()]), "{words:?}");
    lab::until("a verdict by its QUIC name", Duration::from_secs(2), || {
        Ok(lab
            .hushwall()?
            .verdicts()
            .iter()
            .any(|verdict| verdict.blocked && verdict.seen == "quic_server_name"))
    })
}

#[test]
fn blocked_name_is_closed_at_once_and_no_packet_reaches_the_server() -> Result<()> {
    ensure_refused(Hand::Aioquic, vendor_v4(10).into(), &["1"])
}

#[test]
fn blocked_name_is_closed_at_once_over_version_2_and_ipv6() -> Result<()> {
    ensure_refused(Hand::Aioquic, vendor_v6(10).into(), &["2"])
}

#[test]
fn blocked_name_is_closed_at_once_to_quinn_in_version_1_and_the_drafts() -> Result<()> {
    let versions = ["1", "29", "30", "31", "32", "33", "34"];
    ensure_refused(Hand::Quinn, vendor_v4(10).into(), &versions)
}

#[test]
fn name_that_is_shown_after_version_negotiation_is_closed() -> Result<()> {
    let lab = Lab::start(Plan::new(Path::Hushwall), &[], &["--block", "blocked.example"])?;
    let address: IpAddr = vendor_v4(10).into();
    let _server = serve(&lab, Hand::Aioquic, address)?;
    let words = ask(&lab, Hand::Aioquic, address, "blocked.example", "greased", "10")?;
    ensure!(
        words.starts_with(&["refused".to_owned(), "2".to_owned()]),
        "{words:?}"
    );
    Ok(())
}

#[test]
fn version_that_cannot_be_read_never_leaves_if_it_is_to_fall_back() -> Result<()> {
    let lab = Lab::start(Plan::new(Path::Hushwall), &[], &["--quic-unread", "fall-back"])?;
    let address: IpAddr = vendor_v4(10).into();
    let _server = serve(&lab, Hand::Aioquic, address)?;
    let counters = lab.count(&[address])?;
    let mut command = Hand::Aioquic.command(&lab.phone);
    command.args(["ask", &address.to_string(), PORT, "page.example", "greased", "10"]);
    let _client = Background::start(&mut command, lab.directory(), "client")?;
    lab::until(
        "a refusal of what cannot be read",
        Duration::from_secs(20),
        || {
            let verdicts = lab.hushwall()?.verdicts();
            let mut verdicts = verdicts.iter();
            Ok(verdicts.any(|verdict| verdict.blocked && verdict.seen == "quic_unread"))
        },
    )?;
    ensure!(counters.packets_to(address)? == 0, "it left");
    Ok(())
}
