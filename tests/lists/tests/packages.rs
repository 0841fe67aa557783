//! The table of packages, the endpoints and the tombstones go together with the rules.

use std::collections::BTreeSet;

use blocklist::{Because, Endpoint};
use curation::Collection;
use lists::{records, rules};
use records::{Package, Status, Tunnel};

fn packages(collection: &Collection) -> Vec<&Package> {
    let files = collection
        .sheets
        .iter()
        .filter_map(|sheet| sheet.file.as_ref().ok());
    files.flat_map(|file| &file.package).collect()
}

#[test]
fn the_switch_of_a_package_is_one_that_the_lists_know() {
    let known: BTreeSet<&str> = blocklist::Rules::features().map(|(feature, _)| feature).collect();
    for package in packages(&records()) {
        let feature = package.feature.as_ref().map(|feature| feature.get_ref().as_str());
        assert!(
            feature.is_none_or(|feature| known.contains(feature)),
            "{}",
            package.name.get_ref()
        );
    }
}

#[test]
fn packages_of_one_identity_are_one_switch() {
    let collection = records();
    let mut of_system = packages(&collection);
    of_system.retain(|package| package.identity.as_deref() == Some("android.uid.system"));
    assert!(of_system.len() > 1);
    let states: BTreeSet<Tunnel> = of_system.iter().map(|package| package.tunnel).collect();
    assert_eq!(states.len(), 1, "a tunnel takes all of them or none: {states:?}");
}

#[test]
fn what_must_not_depend_on_us_stays_outside() {
    let collection = records();
    let packages = packages(&collection);
    for name in [
        "com.android.updater",
        "com.xiaomi.finddevice",
        "com.xiaomi.account",
    ] {
        let package = packages
            .iter()
            .find(|package| package.name.get_ref() == name)
            .unwrap();
        assert_eq!(package.tunnel, Tunnel::Off, "{name}");
    }
}

#[test]
fn a_rule_decides_on_each_endpoint_with_a_name() {
    let rules = rules(blocklist::Preset::Everything, &[]);
    for endpoint in Endpoint::all() {
        for host in endpoint.hosts {
            let because = rules.verdict(host, None).because;
            assert!(
                matches!(because, Because::Feature(_) | Because::List(_)),
                "{}: {host}",
                endpoint.id
            );
        }
    }
}

#[test]
fn no_tombstone_is_in_force() {
    let collection = records();
    let rules = rules(blocklist::Preset::Everything, &[]);
    let tombs = collection
        .rules()
        .filter(|(_, rule)| rule.status == Status::Retired);
    let ids: BTreeSet<String> = tombs.map(|(_, rule)| rule.id.clone()).collect();
    assert!(!ids.is_empty());
    for (_, rule) in collection.rules().filter(|(_, rule)| ids.contains(&rule.id)) {
        if let Because::List(id) = rules.verdict(&rule.pattern, None).because {
            let by = rules.rule(id).map(|rule| rule.id).unwrap_or_default();
            assert!(!ids.contains(by), "{} is in force by {by}", rule.pattern);
        }
    }
}
