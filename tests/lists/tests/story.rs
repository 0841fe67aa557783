//! What was found in May 2020, by name: the browsers, incognito mode too, and what the system itself sends.

use curation::Sheet;
use lists::{records, rules};
use records::{Kind, Tunnel};

fn sheet(stem: &str) -> Sheet {
    let mut sheets = records().sheets.into_iter();
    sheets
        .find(|sheet| sheet.stem == stem)
        .expect("the file stands in blocklists/")
}

/// Kinds of the evidence of a rule.
fn kinds(sheet: &Sheet, name: &str) -> Vec<Kind> {
    let mut rules = sheet.rules.iter();
    let rule = rules
        .find(|rule| rule.pattern == name)
        .expect("the name stands in the file");
    let (file, record) = sheet.record(rule).expect("a rule is of a record");
    record.evidence_kinds(file).into_iter().collect()
}

#[test]
fn each_browser_is_named_and_in_the_tunnel() {
    let (browsers, packages) = (sheet("mi-browser"), sheet("packages"));
    let title = browsers.file.as_ref().unwrap().title.clone();
    for name in ["Mi Browser", "Mi Browser Pro", "Mint Browser"] {
        assert!(title.contains(name), "{name}");
    }
    let known = &packages.file.as_ref().unwrap().package;
    for package in [
        "com.android.browser",
        "com.mi.globalbrowser",
        "com.mi.globalbrowser.mini",
    ] {
        assert!(
            browsers
                .file
                .as_ref()
                .unwrap()
                .packages
                .iter()
                .any(|name| name == package),
            "{package}"
        );
        let row = known.iter().find(|row| row.name.get_ref() == package).unwrap();
        assert_eq!(row.tunnel, Tunnel::On, "{package}");
    }
}

#[test]
fn what_they_sent_is_blocked_incognito_or_not_with_evidence_of_its_own() {
    let browsers = sheet("mi-browser");
    assert!(browsers.text.contains("incognito"));
    let kinds = kinds(&browsers, "sa.api.intl.miui.com");
    assert!(
        kinds.contains(&Kind::Code) && kinds.contains(&Kind::Report),
        "{kinds:?}"
    );
    // The name says nothing of the mode: both go to the same host.
    for preset in [blocklist::Preset::Balanced, blocklist::Preset::Everything] {
        assert!(
            rules(preset, &[])
                .verdict("sa.api.intl.miui.com", None)
                .is_block()
        );
    }
}

#[test]
fn a_stranger_who_asks_for_the_host_is_told_the_story() {
    let browsers = sheet("mi-browser");
    let mut rules = browsers.rules.iter();
    let rule = rules.find(|rule| rule.pattern == "sa.api.intl.miui.com").unwrap();
    let (file, record) = browsers.record(rule).unwrap();
    let note = record.note.as_deref().unwrap_or_default();
    for part in [
        "May 2020",
        "Mi Browser",
        "Mi Browser Pro",
        "Mint Browser",
        "incognito",
        "onetrack/",
    ] {
        assert!(note.contains(part), "{part}: {note}");
    }
    // What was said in public, and what the vendor said to it.
    for address in ["technadu.com", "blog.mi.com"] {
        let mut sources = record
            .evidence
            .iter()
            .filter_map(|key| file.source.get(key.get_ref()));
        assert!(
            sources.any(|source| source.get_ref().url.contains(address)),
            "{address}"
        );
    }
}

#[test]
fn what_the_system_itself_sends_is_blocked_on_papers() {
    let onetrack = sheet("onetrack");
    for name in ["tracking.intl.miui.com", "tracking.miui.com"] {
        assert!(kinds(&onetrack, name).contains(&Kind::Paper), "{name}");
        assert!(
            rules(blocklist::Preset::Balanced, &[])
                .verdict(name, None)
                .is_block(),
            "{name}"
        );
    }
}
