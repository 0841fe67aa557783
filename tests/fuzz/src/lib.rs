//! What fuzzers call: for each parser of bytes that a stranger wrote, a function that must not panic, whatever it is
//! given, and that checks what the parser promises of what it took.
//!
//! A new target is a function and a row of `TARGETS`. Then `cargo test -p fuzz` runs it over its seeds and over
//! mutations of them, and `./build.sh fuzz NAME` runs it under libFuzzer (`libfuzzer/`, outside of the workspace).
#![allow(clippy::unwrap_used, reason = "a fuzz target ends where a promise is broken")]

pub mod captures;
pub mod lists;
pub mod mutation;
pub mod path;
pub mod quic;
mod seeds;
pub mod wire;

#[allow(
    dead_code,
    unreachable_pub,
    reason = "taken in from the command line, where all of it is used"
)]
#[path = "../../../native/cli/src/capture/mod.rs"]
mod capture;
#[path = "../../../native/blocklist/src/image/checksum.rs"]
#[allow(dead_code, reason = "taken in from the compiled lists")]
mod checksum;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "taken in from the command line, where all of it is used"
)]
#[path = "../../../native/cli/src/lists/propose/phone.rs"]
mod phone;

/// A parser under test.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name on the command line, and of its folder in `corpus/`.
    pub name: &'static str,
    /// Takes any bytes.
    pub run: fn(&[u8]),
    /// Inputs made by code, beside those in `corpus/`.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them: lists first, then what comes over the wire, then the whole path of it.
pub const TARGETS: [Target; 28] = [
    target("records", lists::records, seeds::none),
    target("hosts", lists::hosts, seeds::none),
    target("domains", lists::domains, seeds::none),
    target("wildcards", lists::wildcards, seeds::none),
    target("adblock", lists::adblock, seeds::none),
    target("dnsmasq", lists::dnsmasq, seeds::none),
    target("unbound", lists::unbound, seeds::none),
    target("rpz", lists::rpz, seeds::none),
    target("image", lists::image, seeds::image),
    target("manifest", lists::manifest, seeds::none),
    target("signature", lists::signature, seeds::none),
    target("phone", lists::phone, seeds::none),
    target("dns", wire::dns, seeds::dns),
    target("tls", wire::tls, seeds::tls),
    target("http", wire::http, seeds::none),
    target("http_response", wire::http_response, seeds::none),
    target("http2", wire::http2, seeds::none),
    target("socks", wire::socks, seeds::none),
    target("ech", wire::ech, seeds::none),
    target("httpdns", wire::httpdns, seeds::none),
    target("ip", wire::ip, seeds::ip),
    target("pcap", captures::packets, seeds::pcap),
    target("pcapng", captures::packets, seeds::pcapng),
    target("observer", captures::observer, seeds::pcap),
    target("quic", quic::datagram, seeds::quic),
    target("quic_flight", quic::flight, seeds::quic_flight),
    target("packets", path::packets, seeds::packets),
    target("flows", path::flows, seeds::flows),
];

const fn target(name: &'static str, run: fn(&[u8]), seeds: fn() -> Vec<Vec<u8>>) -> Target {
    Target { name, run, seeds }
}

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<Self> {
        TARGETS.into_iter().find(|target| target.name == name)
    }

    /// The seeds: those made by code, then the files of `corpus/NAME/` in the order of their names.
    pub fn all_seeds(&self) -> Vec<Vec<u8>> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(self.name);
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        let read = files.iter().map(|path| std::fs::read(path).unwrap());
        (self.seeds)().into_iter().chain(read).collect()
    }
}
