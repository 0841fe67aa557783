use super::*;

const BLOCK: &str = r#"schema = 1
title = "T"
about = "A."
role = "block"
function = "usage"

[source.a]
kind = "report"
url = "https://example.com/a"

[[rule]]
id = "r"
name = "ad.xiaomi.com"
match = "subdomains"
sends = "S."
breaks = "none"
evidence = ["a"]
status = "shipped"
"#;

const KEPT: &str = r#"schema = 1
title = "T"
about = "A."
role = "essential"

[source.a]
kind = "report"
url = "https://example.com/a"

[[rule]]
id = "e"
name = "update.miui.com"
match = "exact"
why = "W."
evidence = ["a"]
status = "shipped"
"#;

fn files(block: &str, kept: &str) -> Collection {
    Collection::new([
        ("a/block.toml".into(), block.into()),
        ("a/kept.toml".into(), kept.into()),
    ])
}

fn change(from: &str, to: &str) -> Diff {
    diff(
        &files(BLOCK, KEPT),
        &files(&BLOCK.replacen(from, to, 1), &KEPT.replacen(from, to, 1)),
    )
}

#[test]
fn equal_records_have_no_difference() {
    let same = change("", "");
    assert!(same.is_empty());
    assert!(same.text().contains("nothing changes"));
}

#[test]
fn a_retired_rule_loses_the_name_and_what_is_beneath_it_in_every_preset() {
    let found = diff(
        &files(BLOCK, KEPT),
        &files(&BLOCK.replacen("shipped", "retired", 1), KEPT),
    );
    let names: Vec<_> = found
        .changes
        .iter()
        .map(|change| (change.name.as_str(), change.is_loss(), change.presets.len()))
        .collect();
    assert_eq!(names, [("ad.xiaomi.com", true, 3), ("*.ad.xiaomi.com", true, 3)]);
    assert_eq!(found.edits[0].what, ["status: shipped -> retired"]);
    assert!(found.text().contains("coverage lost: 2"));
}

#[test]
fn known_breakage_lifts_the_rule_out_of_two_presets() {
    let known = "breaks = [{ class = \"safety\", what = \"w\", sources = [\"a\"] }]";
    let found = diff(
        &files(BLOCK, KEPT),
        &files(&BLOCK.replacen("breaks = \"none\"", known, 1), KEPT),
    );
    assert_eq!(
        found.changes[0].presets,
        [Preset::NothingBreaks, Preset::Balanced]
    );
    assert_eq!(
        found.edits[0].what,
        ["preset: nothing-breaks -> everything", "breaks changed"]
    );
}

#[test]
fn a_lost_essential_name_stands_first() {
    let found = diff(
        &files(BLOCK, KEPT),
        &files(&BLOCK.replacen("ad.xiaomi.com", "update.miui.com", 1), ""),
    );
    assert!(
        found
            .changes
            .iter()
            .any(|change| change.name == "update.miui.com" && change.touches_kept() && change.is_gain())
    );
    let markdown = found.markdown();
    let touched = markdown.find("essential and feature names touched").unwrap();
    assert!(touched < markdown.find("coverage gained").unwrap_or(usize::MAX));
    assert!(markdown.contains("| `update.miui.com` |"), "{markdown}");
    assert_eq!(
        found.json()["changes"].as_array().unwrap().len(),
        found.changes.len()
    );
}

#[test]
fn words_alone_change_nothing_for_a_phone() {
    let found = change("sends = \"S.\"", "sends = \"T.\"");
    assert!(found.changes.is_empty());
    assert_eq!(found.edits[0].what, ["words changed"]);
    assert!(
        found
            .markdown()
            .contains("Nothing: every name and address is judged as before")
    );
}

const OTHER: &str = r#"schema = 1
title = "T"
about = "A."
role = "feature"

[source.a]
kind = "report"
url = "https://example.com/a"

[feature.push]
what = "I use push."

[[rule]]
id = "at"
address = "192.0.2.7"
ports = [443]
feature = "push"
why = "W."
evidence = ["a"]
confidence = "high"
last_seen = "2026-01"
status = "shipped"

[[endpoint]]
id = "dns"
speaks = "http"
addresses = ["192.0.2.9"]
ports = [80]
path = "/gslb/"
what = "W."
evidence = ["a"]
status = "shipped"

[[package]]
name = "com.miui.analytics"
title = "T"
what = "W."
tunnel = "on"
"#;

fn other(from: &str, to: &str) -> Diff {
    assert!(OTHER.contains(from));
    let collection = |text: String| {
        let collection = Collection::new([("a/other.toml".into(), text)]);
        if let Err(problem) = &collection.sheets[0].file {
            panic!("{problem:?}");
        }
        collection
    };
    diff(
        &collection(OTHER.into()),
        &collection(OTHER.replacen(from, to, 1)),
    )
}

#[test]
fn a_port_that_comes_or_goes_is_a_change_for_a_phone() {
    let found = other("[443]", "[443, 80]");
    let names: Vec<&str> = found.changes.iter().map(|change| change.name.as_str()).collect();
    assert_eq!(names, ["192.0.2.7:80"]);
    assert!(found.changes[0].touches_kept());
    assert_eq!(found.edits[0].what, ["ports: 443 -> 80, 443"]);
    assert_eq!(other("[443]", "[]").changes.len(), 1);
}

#[test]
fn nothing_that_a_file_says_changes_unsaid() {
    for (from, to, id, what) in [
        ("\"on\"", "\"never\"", "package", "tunnel: on -> never"),
        ("\"high\"", "\"low\"", "other/at", "confidence: high -> low"),
        ("2026-01", "2026-02", "other/at", "last seen: 2026-01 -> 2026-02"),
        ("I use push.", "I use calls.", "switch", "words changed"),
        ("/gslb/", "/gs/", "endpoint other/dns", "path: /gslb/ -> /gs/"),
        (
            "kind = \"report\"",
            "kind = \"paper\"",
            "source other/a",
            "kind: report -> paper",
        ),
        (
            "kind = \"report\"",
            "kind = \"report\"\nseen = \"2021-05\"",
            "source other/a",
            "seen: 2021-05",
        ),
        (
            "kind = \"report\"",
            "kind = \"report\"\ntried = true",
            "source other/a",
            "tried: false -> true",
        ),
        ("about = \"A.\"", "about = \"B.\"", "file", "words changed"),
    ] {
        let found = other(from, to);
        let edits: Vec<_> = found
            .edits
            .iter()
            .map(|edit| (edit.id.as_str(), &edit.what[..]))
            .collect();
        assert_eq!(edits, [(id, &[what.to_owned()][..])], "{from}");
        assert!(!found.text().contains("nothing changes"), "{from}");
    }
    let endpoint = &OTHER[OTHER.find("[[endpoint]]").unwrap()..OTHER.find("[[package]]").unwrap()];
    assert_eq!(other(endpoint, "").edits[0].what, ["removed, was shipped"]);
    let rule = &OTHER[OTHER.find("[[rule]]").unwrap()..OTHER.find("[[endpoint]]").unwrap()];
    let found = other(rule, "");
    assert_eq!(
        (found.changes.len(), found.changes[0].name.as_str()),
        (1, "192.0.2.7:443")
    );
}
