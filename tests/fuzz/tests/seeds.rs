//! Every target over its seeds, over each beginning of them, and over mutations: the same ones in every run.
//!
//! `FUZZ_MUTATIONS=100000 cargo test -p fuzz` looks further.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;

use fuzz::mutation::Mutation;
use fuzz::{TARGETS, Target};

/// Mutants of each target, so that all take some seconds; more of those that are quick.
const MUTATIONS: usize = 600;
const QUICK: [&str; 9] = [
    "dns", "tls", "ech", "http", "http2", "socks", "ip", "manifest", "phone",
];

fn mutations(name: &str) -> usize {
    let asked = std::env::var("FUZZ_MUTATIONS")
        .ok()
        .and_then(|count| count.parse().ok());
    let quick = if QUICK.contains(&name) { 4 } else { 1 };
    asked.unwrap_or(MUTATIONS * quick)
}

fn survives(name: &str) {
    let target = Target::named(name).unwrap();
    let seeds = target.all_seeds();
    assert!(!seeds.is_empty(), "no seeds for {name}");
    for seed in &seeds {
        (target.run)(seed);
        for end in (0..seed.len()).step_by(1 + seed.len() / 64) {
            run(&target, &seed[..end]);
        }
    }
    let mut mutation = Mutation::new(1);
    for _ in 0..mutations(name) {
        run(&target, &mutation.mutant(&seeds));
    }
}

/// Runs a target; what breaks it is written down, so that it can become a seed.
fn run(target: &Target, data: &[u8]) {
    if std::panic::catch_unwind(|| (target.run)(data)).is_err() {
        let path = std::env::temp_dir().join(format!("hushwall-fuzz-{}", target.name));
        std::fs::write(&path, data).unwrap();
        panic!("{} is broken by {}", target.name, path.display());
    }
}

macro_rules! survive {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            survives(stringify!($name));
        })*

        #[test]
        fn every_target_is_run() {
            let run = BTreeSet::from([$(stringify!($name)),*]);
            assert_eq!(TARGETS.iter().map(|target| target.name).collect::<BTreeSet<_>>(), run);
        }
    };
}

survive! {
    records hosts domains wildcards adblock dnsmasq unbound rpz image manifest signature phone
    dns tls ech http http2 socks http_response httpdns ip pcap pcapng observer quic quic_flight
    packets flows
}
