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
            .contains("Nothing: every name is judged as before")
    );
}
