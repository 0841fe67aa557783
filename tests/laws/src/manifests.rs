//! Who may depend on whom.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::house::read;

/// What each crate may use. A new dependency is a decision, made here and explained in the root `Cargo.toml`.
const MAY_USE: [(&str, &[&str]); 9] = [
    ("records", &["serde", "toml"]),
    (
        "curation",
        &["records", "blocklist", "trust", "toml_edit", "psl", "serde_json"],
    ),
    ("blocklist", &["ahash", "thiserror", "records"]),
    (
        "wire",
        &[
            "smoltcp",
            "hickory-proto",
            "thiserror",
            "aes",
            "ghash",
            "sha2",
            "miniz_oxide",
        ],
    ),
    ("trust", &["minisign-verify", "sha2", "thiserror"]),
    (
        "engine",
        &[
            "wire",
            "blocklist",
            "smoltcp",
            "ahash",
            "hashbrown",
            "thiserror",
            "tracing",
            "rand_chacha",
        ],
    ),
    (
        "tunnel",
        &[
            "engine",
            "wire",
            "blocklist",
            "tun",
            "mio",
            "socket2",
            "libc",
            "memmap2",
            "thiserror",
            "tracing",
        ],
    ),
    (
        "jni",
        &[
            "tunnel",
            "engine",
            "blocklist",
            "trust",
            "jni",
            "libc",
            "memmap2",
            "log",
            "android_logger",
            "thiserror",
            "tracing",
        ],
    ),
    (
        "cli",
        &[
            "engine",
            "tunnel",
            "blocklist",
            "wire",
            "records",
            "trust",
            "minisign",
            "curation",
            "clap",
            "clap_complete",
            "clap_mangen",
            "serde",
            "serde_json",
            "flate2",
            "signal-hook",
            "tracing",
            "tracing-subscriber",
            "thiserror",
            "anyhow",
        ],
    ),
];

/// The crates that must stay pure, and what no test of theirs may bring in either.
const PURE: [&str; 6] = ["records", "curation", "blocklist", "wire", "engine", "trust"];
const IMPURE: [&str; 9] = [
    "tunnel", "cli", "jni", "memmap2", "tun", "mio", "socket2", "libc", "anyhow",
];

fn manifest(path: &str) -> Table {
    read(path)
        .parse()
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn dependencies(manifest: &Table, kind: &str) -> BTreeMap<String, Value> {
    manifest
        .get(kind)
        .and_then(Value::as_table)
        .into_iter()
        .flatten()
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}

fn packages() -> Vec<String> {
    let root = crate::house::root();
    let mut found = Vec::new();
    for folder in ["native", "tests"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let entry = entry.unwrap();
            if entry.path().join("Cargo.toml").exists() {
                found.push(format!("{folder}/{}", entry.file_name().to_str().unwrap()));
            }
        }
    }
    found
}

#[test]
fn each_crate_uses_only_what_it_may() {
    for (name, allowed) in MAY_USE {
        let manifest = manifest(&format!("native/{name}/Cargo.toml"));
        for kind in ["dependencies", "build-dependencies"] {
            for used in dependencies(&manifest, kind).keys() {
                assert!(allowed.contains(&used.as_str()), "{name} may not use {used}");
            }
        }
        assert!(
            !manifest.contains_key("target"),
            "{name}: one configuration, no platform tables"
        );
        assert!(
            !manifest.contains_key("features"),
            "{name}: one configuration, no features"
        );
    }
}

#[test]
fn every_crate_of_the_product_is_under_the_law() {
    for package in packages() {
        if let Some(name) = package.strip_prefix("native/") {
            assert!(
                MAY_USE.iter().any(|(known, _)| *known == name),
                "native/{name} is not in MAY_USE"
            );
        }
    }
}

#[test]
fn tests_of_pure_crates_stay_pure() {
    for name in PURE {
        for used in dependencies(
            &manifest(&format!("native/{name}/Cargo.toml")),
            "dev-dependencies",
        )
        .keys()
        {
            assert!(
                !IMPURE.contains(&used.as_str()),
                "the tests of {name} may not use {used}"
            );
        }
    }
}

#[test]
fn simulation_knows_no_system_call() {
    let manifest = manifest("tests/simulation/Cargo.toml");
    for kind in ["dependencies", "dev-dependencies"] {
        for used in dependencies(&manifest, kind).keys() {
            assert!(
                used == "anyhow" || !IMPURE.contains(&used.as_str()),
                "simulation may not use {used}"
            );
        }
    }
}

#[test]
fn versions_live_in_one_place_and_lints_are_shared() {
    for package in packages() {
        let manifest = manifest(&format!("{package}/Cargo.toml"));
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, value) in dependencies(&manifest, kind) {
                let inherited = value.get("workspace").and_then(Value::as_bool) == Some(true);
                assert!(inherited, "{package}: {name} has to say `workspace = true`");
            }
        }
        let lints = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"))
            .and_then(Value::as_bool);
        assert_eq!(lints, Some(true), "{package} does not share the lints");
    }
}

#[test]
fn release_has_no_log_line_below_info() {
    let manifest: Table = read("Cargo.toml").parse().unwrap();
    for name in ["tracing", "log"] {
        let features = manifest["workspace"]["dependencies"][name]["features"].as_array();
        let compiled_out = features
            .into_iter()
            .flatten()
            .any(|feature| feature.as_str() == Some("release_max_level_info"));
        assert!(compiled_out, "{name} keeps DEBUG in a release");
    }
}

#[test]
fn every_outside_dependency_is_lean_and_says_what_for() {
    let text = read("Cargo.toml");
    let manifest: Table = text.parse().unwrap();
    let listed = manifest["workspace"]["dependencies"].as_table().unwrap();
    for (name, value) in listed {
        if value.get("path").is_some() {
            continue;
        }
        let lean = value.get("default-features").and_then(Value::as_bool) == Some(false);
        assert!(lean, "{name} has to say `default-features = false`");
        assert!(value.get("git").is_none(), "{name} comes from git");
        let lines: Vec<&str> = text.lines().collect();
        let at = lines
            .iter()
            .position(|line| line.starts_with(&format!("{name} =")))
            .unwrap();
        // Two crates that do one thing together may share the comment.
        let shared = lines[at - 1]
            .split(' ')
            .next()
            .is_some_and(|above| listed.contains_key(above));
        assert!(
            lines[at - 1].starts_with('#') || shared,
            "{name} does not say what it is for"
        );
    }
}
