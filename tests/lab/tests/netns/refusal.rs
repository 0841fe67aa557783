//! What is refused never shows at the servers: no packet, not even a SYN, and no question.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Result, ensure};
use lab::{Counters, Lab, Path, Plan, RESOLVER_V4, Record, ordinary_v4, ordinary_v6, vendor_v4, vendor_v6};

use crate::ensure_said;

struct Scene {
    lab: Lab,
    counters: Counters,
}

/// A blocked name, an alias that leads to it, and one that is allowed.
fn scene() -> Result<Scene> {
    let records = [
        Record::dual("blocked.example", vendor_v4(10), vendor_v6(10)),
        Record::alias("cloak.example", "blocked.example"),
        Record::dual("site.example", ordinary_v4(10), ordinary_v6(10)),
    ];
    let block = ["--block", "blocked.example", "--block", "203.0.113.30"];
    let mut lab = Lab::start(Plan::new(Path::Hushwall), &records, &block)?;
    lab.start_web(&["blocked.example", "cloak.example", "site.example"])?;
    let vendor: Vec<IpAddr> = [10, 11, 30]
        .into_iter()
        .flat_map(|host| [vendor_v4(host).into(), vendor_v6(host).into()])
        .collect();
    let counters = lab.count(&vendor)?;
    Ok(Scene { lab, counters })
}

impl Scene {
    /// An allowed page has gone through, so that everything before it had its time; then nothing of it is there.
    fn ensure_silent(&self) -> Result<()> {
        ensure_said(&self.lab.curl(&["https://site.example/"])?, "host=site.example")?;
        self.lab.resolver()?.wait_for_question("site.example")?;
        for (counter, packets) in self.counters.packets()? {
            ensure!(packets == 0, "{packets} packets {counter}");
        }
        let visits = self.lab.web()?.visits_to("blocked.example");
        ensure!(visits == 0, "{visits} requests");
        Ok(())
    }

    /// A verdict that blocks, made on this.
    fn ensure_decided_by(&self, seen: &str) -> Result<()> {
        lab::until(&format!("a verdict by {seen}"), Duration::from_secs(2), || {
            Ok(self
                .lab
                .hushwall()?
                .verdicts()
                .iter()
                .any(|verdict| verdict.blocked && verdict.seen == seen))
        })
    }
}

#[test]
fn blocked_name_is_answered_with_zero_address_and_never_asked_for() -> Result<()> {
    let scene = scene()?;
    for (kind, zero) in [("A", "0.0.0.0"), ("AAAA", "::")] {
        for transport in ["+notcp", "+tcp"] {
            let answer = scene
                .lab
                .phone_output("dig", &["+short", "+tries=1", transport, "blocked.example", kind])?;
            ensure!(answer.stdout.trim() == zero, "{kind} {transport}: {answer:#?}");
        }
    }
    let https = scene
        .lab
        .phone_output("dig", &["+tries=1", "blocked.example", "HTTPS"])?;
    ensure_said(&https, "status: NOERROR")?;
    ensure_said(&https, "ANSWER: 0")?;
    ensure_said(&https, "SOA")?;
    scene.ensure_silent()?;
    let asked = scene.lab.resolver()?.questions("blocked.example");
    ensure!(asked == 0, "the resolver was asked {asked} times");
    scene.ensure_decided_by("dns_question")
}

#[test]
fn subdomain_of_a_blocked_name_is_never_asked_for() -> Result<()> {
    let scene = scene()?;
    let answer = scene
        .lab
        .phone_output("dig", &["+short", "+tries=1", "a.b.BLOCKED.example", "A"])?;
    ensure!(answer.stdout.trim() == "0.0.0.0", "{answer:#?}");
    scene.ensure_silent()?;
    ensure!(
        scene.lab.resolver()?.questions("a.b.blocked.example") == 0,
        "the resolver was asked"
    );
    Ok(())
}

#[test]
fn blocked_page_is_refused_to_curl_at_once() -> Result<()> {
    let scene = scene()?;
    for url in ["https://blocked.example/", "http://blocked.example/"] {
        let page = scene.lab.curl(&[url])?;
        ensure!(
            !page.is_success() && page.took < Duration::from_secs(1),
            "{page:#?}"
        );
    }
    scene.ensure_silent()
}

#[test]
fn alias_of_a_blocked_name_is_refused() -> Result<()> {
    let scene = scene()?;
    let answer = scene
        .lab
        .phone_output("dig", &["+short", "+tries=1", "cloak.example", "A"])?;
    ensure!(!answer.stdout.contains(&vendor_v4(10).to_string()), "{answer:#?}");
    let page = scene.lab.curl(&["https://cloak.example/"])?;
    ensure!(!page.is_success(), "{page:#?}");
    scene.ensure_silent()?;
    scene.ensure_decided_by("dns_alias")
}

#[test]
fn blocked_server_name_at_an_address_known_without_dns_sends_no_syn() -> Result<()> {
    let scene = scene()?;
    for version in ["1.2", "1.3"] {
        let at = format!("blocked.example:443:{}", vendor_v4(11));
        let page = scene
            .lab
            .curl(&["--tls-max", version, "--resolve", &at, "https://blocked.example/"])?;
        // 35: TLS failed, by a reset.
        ensure!(
            page.code == 35 && page.took < Duration::from_secs(1),
            "TLS {version}: {page:#?}"
        );
    }
    let at = format!("blocked.example:443:[{}]", vendor_v6(11));
    let page = scene.lab.curl(&["--resolve", &at, "https://blocked.example/"])?;
    ensure!(!page.is_success(), "{page:#?}");
    scene.ensure_silent()?;
    scene.ensure_decided_by("tls_server_name")
}

#[test]
fn blocked_http_host_at_an_address_known_without_dns_sends_no_syn() -> Result<()> {
    let scene = scene()?;
    for port in ["80", "8080"] {
        let at = format!("blocked.example:{port}:{}", vendor_v4(11));
        let url = format!("http://blocked.example:{port}/");
        let page = scene.lab.curl(&["--resolve", &at, &url])?;
        ensure!(
            !page.is_success() && page.took < Duration::from_secs(1),
            "port {port}: {page:#?}"
        );
    }
    scene.ensure_silent()?;
    scene.ensure_decided_by("http_host")
}

#[test]
fn blocked_server_name_on_an_allowed_address_sends_no_request() -> Result<()> {
    let scene = scene()?;
    // The site's own address, which the phone has asked for: the SYN may go, the name may not.
    ensure_said(&scene.lab.curl(&["https://site.example/"])?, "host=site.example")?;
    let at = format!("blocked.example:443:{}", ordinary_v4(10));
    let page = scene.lab.curl(&["--resolve", &at, "https://blocked.example/"])?;
    ensure!(page.code == 35, "{page:#?}");
    scene.ensure_silent()
}

#[test]
fn blocked_address_is_refused_on_every_port_and_transport() -> Result<()> {
    let scene = scene()?;
    for port in [443, 80, 7000] {
        let to = format!("{}:{port}", vendor_v4(30));
        let words = crate::client_words(&scene.lab, &["connect", &to])?;
        ensure!(words[..2] == ["failed", "111"], "port {port}: {words:?}");
    }
    let words = crate::client_words(&scene.lab, &["udp", &format!("{}:7000", vendor_v4(30)), "100"])?;
    ensure!(words == ["failed", "111"], "{words:?}");
    let ping = scene
        .lab
        .phone_output("ping", &["-c", "1", "-W", "1", &vendor_v4(30).to_string()])?;
    ensure!(!ping.is_success(), "{ping:#?}");
    scene.ensure_silent()?;
    scene.ensure_decided_by("address")
}

#[test]
fn built_in_list_is_in_force() -> Result<()> {
    let records = [Record::v4("canary.hushwall.test", vendor_v4(10))];
    let lab = Lab::start(Plan::new(Path::Hushwall), &records, &[])?;
    let answer = lab.phone_output("dig", &["+short", "+tries=1", "canary.hushwall.test", "A"])?;
    ensure!(answer.stdout.trim() == "0.0.0.0", "{answer:#?}");
    ensure!(
        lab.resolver()?.questions("canary.hushwall.test") == 0,
        "the resolver was asked"
    );
    Ok(())
}

/// Accepting it would make Android believe in encrypted DNS there.
#[test]
fn port_853_of_our_own_resolver_is_refused_at_the_syn() -> Result<()> {
    let lab = Lab::start(Plan::new(Path::Hushwall), &[], &[])?;
    let words = crate::client_words(&lab, &["connect", &format!("{RESOLVER_V4}:853")])?;
    ensure!(words[..2] == ["failed", "111"], "{words:?}");
    Ok(())
}
