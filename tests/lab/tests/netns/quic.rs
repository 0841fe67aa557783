//! A real QUIC client and server (aioquic), versions 1 and 2, over addresses that no question was asked for.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lab::{Background, Certificate, Lab, Path, Plan, ordinary_v4, ordinary_v6, vendor_v4, vendor_v6};

on_both_paths!(
    megabyte_comes_back_over_version_1,
    megabyte_comes_back_over_version_2_and_ipv6,
);

/// The port of the lab's QUIC servers.
const PORT: &str = "8443";

/// The Python that has aioquic: `$LAB_QUIC_PYTHON`, else the one that `./build.sh test` makes.
fn python() -> PathBuf {
    std::env::var_os("LAB_QUIC_PYTHON").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../.tools/quic/bin/python3"
            ))
        },
        PathBuf::from,
    )
}

const ENDPOINT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/quic/endpoint.py");

fn serve(lab: &Lab, address: IpAddr) -> Result<Background> {
    let certificate = Certificate::create(lab.directory(), &["lab.example".to_owned()])?;
    let mut command = lab.internet.command(python());
    command
        .args([ENDPOINT, "serve", &address.to_string(), PORT])
        .arg(&certificate.pem)
        .arg(&certificate.key);
    let mut server = Background::start(&mut command, lab.directory(), "quic-server")?;
    server.wait_for_line("ready", Duration::from_secs(20))?;
    Ok(server)
}

/// Words that the client says: "echoed BYTES SECONDS" or "refused CODE SECONDS".
fn ask(lab: &Lab, address: IpAddr, name: &str, version: &str, bytes: &str) -> Result<Vec<String>> {
    let mut command = lab.phone.command(python());
    command.args([ENDPOINT, "ask", &address.to_string(), PORT, name, version, bytes]);
    let said = lab::output(&mut command)?.success()?;
    Ok(said.stdout.split_whitespace().map(str::to_owned).collect())
}

fn ensure_echoed(path: Path, address: IpAddr, version: &str) -> Result<()> {
    let lab = Lab::start(Plan::new(path), &[], &["--block", "blocked.example"])?;
    let _server = serve(&lab, address)?;
    let words = ask(&lab, address, "page.example", version, "1000000")?;
    ensure!(words.starts_with(&["echoed".to_owned()]), "{words:?}");
    Ok(())
}

fn megabyte_comes_back_over_version_1(path: Path) -> Result<()> {
    ensure_echoed(path, ordinary_v4(10).into(), "1")
}

fn megabyte_comes_back_over_version_2_and_ipv6(path: Path) -> Result<()> {
    ensure_echoed(path, ordinary_v6(10).into(), "2")
}

/// A blocked name at an address that no rule meets.
fn ensure_refused(address: IpAddr, version: &str) -> Result<()> {
    let lab = Lab::start(Plan::new(Path::Hushwall), &[], &["--block", "blocked.example"])?;
    let _server = serve(&lab, address)?;
    let counters = lab.count(&[address])?;
    let words = ask(&lab, address, "blocked.example", version, "10")?;
    // CONNECTION_REFUSED, before the first datagram is sent again.
    ensure!(
        words.starts_with(&["refused".to_owned(), "2".to_owned()]),
        "{words:?}"
    );
    let seconds: f64 = words.get(2).context("a time")?.parse()?;
    ensure!(seconds < 0.2, "{seconds} s");
    for (counter, packets) in counters.packets()? {
        ensure!(packets == 0, "{packets} packets {counter}");
    }
    // The same address under another name is reached.
    let words = ask(&lab, address, "page.example", version, "10")?;
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
    ensure_refused(vendor_v4(10).into(), "1")
}

#[test]
fn blocked_name_is_closed_at_once_over_version_2_and_ipv6() -> Result<()> {
    ensure_refused(vendor_v6(10).into(), "2")
}
