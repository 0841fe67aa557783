//! A real browser (Chromium) with Encrypted ClientHello (RFC 9849): with the key out of a DNS answer it hides the name, without it
//! the name is read.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lab::{Chromium, Lab, Path, Plan, Record, Verdict, ordinary_v4};

/// The name that servers show in front of their own.
const FRONT: &str = "front.example";

/// Servers that the browser is sent to, one after the other: before it has read how names are asked for here, it asks through
/// the system, which has no keys.
const SERVERS: u16 = 40;

/// Longer than a browser takes to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the browser waits for the HTTPS record as long as for the address: by default it gives up milliseconds after that.
const FEATURES: &str =
    "UseDnsHttpsSvcb:UseDnsHttpsSvcbInsecureExtraTimeMin/10s/UseDnsHttpsSvcbInsecureExtraTimeMax/10s";

/// HTTPS (RFC 9460 section 14.1).
const HTTPS: u16 = 65;

/// An HTTPS record with one ECH configuration, in hexadecimal: the server's own name, priority 1 (RFC 9460 section 2.2). Nobody
/// has the other half of its key; a client cannot know.
fn https_record() -> String {
    let front = FRONT.as_bytes();
    // Id, X25519 with HKDF-SHA256, the key, HKDF-SHA256 with AES-128-GCM, no padding, the public name, no extensions
    // (RFC 9849 section 4).
    let contents = [
        &[7, 0, 0x20, 0, 32][..],
        &[9; 32],
        &[0, 4, 0, 1, 0, 1, 0, front.len() as u8],
        front,
        &[0, 0],
    ]
    .concat();
    let len = contents.len() as u8;
    let config = [&[0xfe, 0x0d, 0, len][..], &contents].concat();
    let list = [&[0, len + 4][..], &config].concat();
    let data = [&[0, 1, 0, 0, 5, 0, len + 6][..], &list].concat();
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hidden name of a server.
fn hidden(no: u16) -> String {
    format!("hidden{no}.example")
}

/// A browser that goes from server to server, until `seen` is true of what the firewall tells.
fn browse(arguments: &[&str], seen: impl Fn(&Lab, &[Verdict]) -> Result<bool>) -> Result<Vec<Verdict>> {
    let names: Vec<String> = (0..SERVERS).map(hidden).collect();
    let records: Vec<Record> = names
        .iter()
        .flat_map(|name| {
            [
                Record::v4(name, ordinary_v4(10)),
                Record::Raw(name.clone(), HTTPS, https_record()),
            ]
        })
        .collect();
    let mut lab = Lab::start(Plan::new(Path::Hushwall), &records, arguments)?;
    lab.start_web(&names.iter().map(String::as_str).collect::<Vec<_>>())?;
    let chromium = Chromium {
        features: FEATURES,
        ..Chromium::default()
    };
    let certificate = &lab.web()?.certificate;
    let page = format!(
        "data:text/html,<script>let no = 0; setInterval(() => no < {SERVERS} %26%26 \
         fetch(`https://hidden${{no++}}.example/`, {{ mode: 'no-cors' }}), 500)</script>"
    );
    let browser = chromium.open(&lab, certificate, &page)?;
    let hellos = || -> Result<Vec<Verdict>> {
        let mut verdicts = lab.hushwall()?.verdicts();
        verdicts.retain(|verdict| verdict.seen == "tls_server_name");
        Ok(verdicts)
    };
    lab::until("a hello that says so", PATIENCE, || seen(&lab, &hellos()?))
        .with_context(|| browser.stderr())?;
    hellos()
}

#[test]
fn a_browser_that_gets_no_key_shows_the_name() -> Result<()> {
    let hellos = browse(&[], |lab, hellos| {
        // It has asked for the key of a server that it then connects to.
        let mut names = hellos.iter().filter_map(|hello| hello.name.as_deref());
        let resolver = lab.resolver()?;
        Ok(names.any(|name| resolver.questions_of_type(name, "HTTPS") > 0))
    })?;
    let fronts = hellos.iter().filter(|hello| hello.name.as_deref() == Some(FRONT));
    ensure!(fronts.count() == 0, "{hellos:?}");
    Ok(())
}

#[test]
fn a_browser_that_keeps_the_key_hides_the_name_and_the_log_says_so() -> Result<()> {
    browse(&["--ech", "keep"], |_, hellos| {
        Ok(hellos
            .iter()
            .any(|hello| hello.name.as_deref() == Some(FRONT) && hello.ech.as_deref() == Some("real")))
    })?;
    Ok(())
}
