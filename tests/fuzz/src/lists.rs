//! The files of lists: records, lists of others, compiled lists, what is signed, and what the phone writes.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use blocklist::compiled::{self, ListSource};
use blocklist::{Event, Plain, Preset, Rules, RulesBuilder, Syntax};
use curation::Collection;
use trust::{Keys, Manifest, Offered};

use crate::checksum::checksum;
use crate::phone::{Lines, PhoneFile};

/// Names asked for of each list, beside those that stand in it.
const ASKED: [&str; 6] = ["a.example", "x.y.a.example.", "com", "", "192.0.2.1", "*..^"];

/// A file of records: read, put in order, linted.
pub fn records(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(file) = records::File::parse(&text) {
        let problems = file.problems();
        let shipped = file.shipped("fuzz");
        assert_eq!(
            problems.is_empty(),
            shipped.is_ok(),
            "shipped in spite of {problems:?}"
        );
        for rule in file.rules("fuzz") {
            rule.meets("a.example");
        }
    }
    if let Ok(once) = curation::fmt(&text) {
        assert_eq!(
            curation::fmt(&once).as_ref(),
            Ok(&once),
            "the order is not stable"
        );
    }
    let collection = Collection::new([("fuzz.toml".to_owned(), text.into_owned())]);
    curation::lint(&collection);
}

/// A hosts file.
pub fn hosts(data: &[u8]) {
    list(Syntax::Hosts, data);
}

/// A name a line.
pub fn domains(data: &[u8]) {
    list(Syntax::Domains, data);
}

/// `*.name` a line.
pub fn wildcards(data: &[u8]) {
    list(Syntax::Wildcards, data);
}

/// AdBlock syntax.
pub fn adblock(data: &[u8]) {
    list(Syntax::Adblock, data);
}

/// dnsmasq's configuration.
pub fn dnsmasq(data: &[u8]) {
    list(Syntax::Dnsmasq, data);
}

/// unbound's configuration.
pub fn unbound(data: &[u8]) {
    list(Syntax::Unbound, data);
}

/// A response policy zone.
pub fn rpz(data: &[u8]) {
    list(Syntax::Rpz, data);
}

/// Each rule's normal form reads as itself, and the list means the same as text and compiled.
fn list(syntax: Syntax, data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for plain in [Plain::Exact, Plain::Subdomains] {
        syntax.read(&text, plain, &mut |_, event| {
            if let Event::Rule(pattern) = event {
                is_stable(&pattern.to_string());
            }
        });
    }
    let builder = RulesBuilder::new(Preset::None).without_builtin();
    let rules = builder.list("fuzz", &text).map(RulesBuilder::build);
    let built = compiled::build(&[ListSource::Text {
        title: "fuzz",
        text: &text,
    }]);
    match (rules, built) {
        (Ok(rules), Ok(bytes)) => {
            let compiled = compiled_rules(bytes);
            for name in names(&text) {
                let verdicts = [&rules, &compiled].map(|rules| rules.verdict(name, None).action);
                assert_eq!(verdicts[0], verdicts[1], "as text and compiled: {name}");
            }
        }
        (rules, built) => assert_eq!(
            rules.is_err(),
            built.is_err(),
            "taken as one and not as the other"
        ),
    }
}

fn is_stable(normal: &str) {
    let mut again = Vec::new();
    Syntax::Adblock.read(normal, Plain::Subdomains, &mut |_, event| {
        if let Event::Rule(pattern) = event {
            again.push(pattern.to_string());
        }
    });
    assert_eq!(again, [normal], "the normal form reads as something else");
}

fn compiled_rules(bytes: Vec<u8>) -> Rules {
    let list = compiled::open(bytes).unwrap();
    let builder = RulesBuilder::new(Preset::None).without_builtin();
    builder.compiled(list).unwrap().build()
}

fn names(text: &str) -> BTreeSet<&str> {
    let is_edge = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '.' || letter == '-');
    text.split(is_edge).take(64).chain(ASKED).collect()
}

/// A compiled list, as it came and with a right length and checksum.
pub fn image(data: &[u8]) {
    ask(data.to_vec());
    // Where checksum and length stand: `blocklists/COMPILED.md`.
    if data.len() >= 32 {
        let mut sealed = data.to_vec();
        sealed[24..32].copy_from_slice(&(data.len() as u64).to_le_bytes());
        let sum = checksum(&sealed[24..]);
        sealed[16..24].copy_from_slice(&sum.to_le_bytes());
        ask(sealed);
    }
}

fn ask(bytes: Vec<u8>) {
    let Ok(list) = compiled::open(bytes) else {
        return;
    };
    let _ = (list.len(), list.names(), list.size(), list.features().count());
    let subscribed = RulesBuilder::new(Preset::None)
        .without_builtin()
        .compiled(list.clone());
    let builtin = RulesBuilder::with_builtin(list, Preset::Everything).build();
    for rules in subscribed.map(RulesBuilder::build).iter().chain([&builtin]) {
        let _ = rules.len();
        for name in ASKED.into_iter().chain(["ads.example", "tracker.a.example"]) {
            let verdict = rules.verdict(name, None);
            let _ = (rules.has_app_rule(name), told(rules, verdict.because));
        }
        for ip in [
            IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
        ] {
            let verdict = rules.verdict_ip(ip, 443, None);
            let _ = verdict.map(|verdict| told(rules, verdict.because));
        }
    }
}

/// How long a verdict's reason is in words.
fn told(rules: &Rules, because: blocklist::Because) -> usize {
    use blocklist::Because::{AppRule, Essential, Feature, List, NoRule, OwnerAllow, OwnerBlock};
    match because {
        AppRule(id) | OwnerAllow(id) | OwnerBlock(id) | Essential(id) | Feature(id) | List(id) => rules
            .rule(id)
            .map_or(0, |rule| rule.id.len() + rule.what.len() + rule.list_title.len()),
        NoRule => 0,
    }
}

/// A manifest: there is one way to write each.
pub fn manifest(data: &[u8]) {
    if let Ok(manifest) = Manifest::parse(data) {
        assert_eq!(manifest.to_string().as_bytes(), data);
        assert!(manifest.check_file("no such file", data).is_err());
    }
}

/// A public key, and a signature under another: nobody has the secret, so none fits.
pub fn signature(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = Keys::parse(&text, Some(&text));
    let keys = Keys::parse(PUBLIC_KEY, None).unwrap();
    let offered = Offered::parse(&keys, b"hushwall-list 1\n", &text);
    assert!(offered.is_err());
}

/// A key that was made for this, and whose secret was thrown away.
const PUBLIC_KEY: &str = "RWQfZUbYb8Jaas1zeWOVXce4RfgvWMzCpR2bpSXYobm8NRO8LQEpvBfE";

/// The phone's recording and its breakage file.
pub fn phone(data: &[u8]) {
    let lines = data.split(|&byte| byte == b'\n').count();
    if let Ok(file) = PhoneFile::parse(data) {
        let read = match &file.lines {
            Lines::Recording(calls) => calls.len(),
            Lines::Breakage(breakages) => breakages.len(),
        };
        assert!(read + file.damaged < lines, "more lines than there are");
        assert_eq!(file.damaged > 0, file.first_damaged.is_some());
    }
}
