//! A real browser (Chromium) that speaks HTTP/3 to a real server (aioquic): a page that is allowed, and what it tries to
//! reach of a blocked name, by question, by built-in address over TCP, and over QUIC.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lab::{Background, Certificate, Chromium, Lab, Path, Plan, Record, ordinary_v4, vendor_v4};

use crate::quic::python;

on_both_paths!(chromium_loads_a_page_over_http_3_byte_for_byte);

const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/quic/web.py");

/// Longer than a browser takes to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A blocked name under which there are three, each with an address of its own: one that is asked for, and two that are
/// built in.
const BLOCKED: &str = "ads.example";
const ASKED: (&str, Ipv4Addr) = ("asked.ads.example", vendor_v4(10));
const OVER_TCP: (&str, Ipv4Addr) = ("tcp.ads.example", vendor_v4(11));
const OVER_QUIC: (&str, Ipv4Addr) = ("quic.ads.example", vendor_v4(12));

/// The page's server, which is the one of the blocked names as well.
struct Scene {
    lab: Lab,
    server: Background,
    /// What the page's bytes are to be.
    expected: String,
}

impl Scene {
    fn start(path: Path) -> Result<Self> {
        let records = [
            Record::v4("page.example", ordinary_v4(10)),
            Record::v4(ASKED.0, ASKED.1),
        ];
        let mut lab = Lab::start(Plan::new(path), &records, &["--block", BLOCKED])?;
        lab.start_web(&["page.example", ASKED.0, OVER_TCP.0, OVER_QUIC.0])?;
        let mut command = lab.internet.command(python());
        let Certificate { pem, key } = &lab.web()?.certificate;
        command.arg(SERVER).arg(pem).arg(key).arg("443");
        command.args([ordinary_v4(10), OVER_QUIC.1].map(|address| address.to_string()));
        let mut server = Background::start(&mut command, lab.directory(), "http3-server")?;
        let ready = server.wait_for_line("ready", Duration::from_secs(20))?;
        let expected = ready.replacen("ready", "bytes", 1) + " h3";
        Ok(Self {
            lab,
            server,
            expected,
        })
    }

    /// The lines that the page reports: its own bytes, then each address that it tried.
    fn report(&mut self, tried: &[&str]) -> Result<Vec<String>> {
        let urls: String = tried.iter().map(|name| format!("try=https://{name}/&")).collect();
        let chromium = Chromium {
            quic_only: &["page.example:443", &format!("{}:443", OVER_QUIC.0)],
            built_in: &[OVER_TCP, OVER_QUIC],
            ..Chromium::default()
        };
        let certificate = &self.lab.web()?.certificate;
        let url = format!("https://page.example/page?{urls}");
        let browser = chromium.open(&self.lab, certificate, &url)?;
        let done = self.server.wait_for_line("done", PATIENCE);
        done.with_context(|| browser.stderr())?;
        let said = self.server.stdout();
        let lines = said.lines().filter(|line| !line.starts_with("request"));
        Ok(lines.skip(1).map(str::to_owned).collect())
    }
}

fn chromium_loads_a_page_over_http_3_byte_for_byte(path: Path) -> Result<()> {
    let mut scene = Scene::start(path)?;
    let report = scene.report(&[])?;
    ensure!(report.first() == Some(&scene.expected), "{report:#?}");
    Ok(())
}

#[test]
fn chromium_reaches_a_blocked_name_neither_by_question_nor_by_address_nor_over_quic() -> Result<()> {
    let mut scene = Scene::start(Path::Hushwall)?;
    let addresses = [ASKED, OVER_TCP, OVER_QUIC].map(|(_, address)| IpAddr::V4(address));
    let counters = scene.lab.count(&addresses)?;
    let report = scene.report(&[ASKED.0, OVER_TCP.0, OVER_QUIC.0])?;
    let [bytes, tried @ ..] = &report[..] else {
        anyhow::bail!("no report")
    };
    ensure!(*bytes == scene.expected, "{report:#?}");
    for (line, name) in tried.iter().zip([ASKED.0, OVER_TCP.0, OVER_QUIC.0]) {
        ensure!(
            line.starts_with(&format!("failed https://{name}/ ")),
            "{report:#?}"
        );
        let took: u64 = line.split(' ').next_back().context("no time")?.parse()?;
        ensure!(took < 2_000, "{took} ms: {report:#?}");
    }
    for (counter, packets) in counters.packets()? {
        ensure!(packets == 0, "{packets} packets {counter}");
    }
    let verdicts = scene.lab.hushwall()?.verdicts();
    for seen in ["dns_question", "tls_server_name", "quic_server_name"] {
        let blocked = |verdict: &&lab::Verdict| verdict.blocked && verdict.seen == seen;
        ensure!(verdicts.iter().any(|it| blocked(&it)), "no verdict by {seen}");
    }
    Ok(())
}

#[test]
fn without_the_firewall_chromium_reaches_it_in_all_three_ways() -> Result<()> {
    let mut scene = Scene::start(Path::Plain)?;
    let report = scene.report(&[ASKED.0, OVER_TCP.0, OVER_QUIC.0])?;
    let reached = report.iter().filter(|line| line.starts_with("reached"));
    ensure!(reached.count() == 3, "{report:#?}");
    Ok(())
}
