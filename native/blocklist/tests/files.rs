//! The files of the built-in list, checked as the build checks them: each mistake is met with what to mend.

#[path = "../build/table.rs"]
mod table;

use std::collections::BTreeMap;

use records::{File, Kept, Preset, Rule};

const HEAD: &str = r#"
schema = 1
title = "T"
about = "A."
role = "block"
function = "usage"
[source.a]
kind = "report"
url = "https://example.com/a"
[source.list-a]
kind = "listed"
url = "https://example.com/l"
lineage = "l"
[source.list-b]
kind = "listed"
url = "https://example.com/m"
lineage = "m"
[[rule]]
id = "r"
name = "ads.example.com"
match = "exact"
sends = "S."
breaks = "none"
evidence = ["a"]
status = "shipped"
"#;

fn read(text: &str) -> Result<Vec<Rule>, String> {
    let shipped = File::parse(text).and_then(|file| file.shipped("file"));
    shipped
        .map(|(rules, _)| rules)
        .map_err(|problem| problem.sentence())
}

fn preset(text: &str) -> Preset {
    let rules = read(text).expect("the record is sound");
    assert_eq!(rules.len(), 1);
    match rules[0].kept {
        Kept::Block(preset) => preset,
        ref kept => panic!("{kept:?}"),
    }
}

#[test]
fn each_mistake_is_met_with_what_to_mend() {
    for (right, wrong, mend) in [
        ("schema = 1", "schema = 2", "write `schema = 1`"),
        ("https://example.com/a", "http://example.com/a", "source `a`"),
        ("evidence = [\"a\"]", "evidence = [\"b\"]", "[source.b]"),
        ("evidence = [\"a\"]", "evidence = []", "status = \"lead\""),
        (
            "evidence = [\"a\"]",
            "evidence = [\"list-a\"]",
            "different lineage",
        ),
        ("match = \"exact\"\n", "", "match = \"exact\""),
        ("name = \"ads.example.com\"\n", "", "`names`"),
        ("ads.example.com", "Ads.example.com", "lower case"),
        ("ads.example.com", "localhost", "is not a name"),
        ("sends = \"S.\"\n", "", "`sends`"),
        ("breaks = \"none\"\n", "", "`breaks`"),
        ("function = \"usage\"\n", "", "`function`"),
        ("status = \"shipped\"", "status = \"lead\"", "`note`"),
        ("role = \"block\"", "role = \"essential\"", "`why`"),
        (
            "status = \"shipped\"",
            "status = \"shiped\"",
            "write \"shipped\", \"lead\" or \"retired\"",
        ),
        ("sends = \"S.\"", "sents = \"S.\"", "unknown field `sents`"),
    ] {
        assert!(HEAD.contains(right), "{right}");
        let error = read(&HEAD.replacen(right, wrong, 1)).expect_err(wrong);
        assert!(error.contains(mend), "{wrong}: {error}");
    }
}

#[test]
fn the_preset_follows_from_evidence_and_breakage() {
    let with = |right: &str, new: &str| HEAD.replacen(right, new, 1);
    assert_eq!(preset(HEAD), Preset::NothingBreaks);
    assert_eq!(
        preset(&with("breaks = \"none\"", "breaks = \"unknown\"")),
        Preset::Balanced
    );
    assert_eq!(
        preset(&with("evidence = [\"a\"]", "evidence = [\"list-a\", \"list-b\"]")),
        Preset::Balanced
    );
    assert_eq!(
        preset(&with("function = \"usage\"", "function = \"config\"")),
        Preset::Balanced
    );
    let breaks = |class: &str, sources: &str, counter: &str| {
        let known = format!(
            "breaks = [{{ class = \"{class}\", what = \"w\", sources = {sources}, counter = {counter} }}]"
        );
        preset(&with("breaks = \"none\"", &known))
    };
    let (one, two, no) = ("[\"a\"]", "[\"a\", \"list-a\"]", "[]");
    assert_eq!(breaks("cosmetic", two, no), Preset::Balanced);
    assert_eq!(breaks("feature", one, no), Preset::Balanced);
    assert_eq!(breaks("feature", two, no), Preset::Everything);
    assert_eq!(breaks("sync", two, one), Preset::Balanced);
    let by_one = with(
        "[source.list-a]\n",
        "[source.b]\nkind = \"report\"\nurl = \"https://example.com/b\"\nwitness = \"w\"\n[source.list-a]\n",
    );
    let by_one = by_one.replacen("/a\"", "/a\"\nwitness = \"w\"", 1).replacen(
        "breaks = \"none\"",
        "breaks = [{ class = \"feature\", what = \"w\", sources = [\"a\", \"b\"] }]",
        1,
    );
    assert_eq!(preset(&by_one), Preset::Balanced, "one witness counts once");
    for class in ["updates", "security", "account", "safety", "privacy-right"] {
        assert_eq!(breaks(class, one, no), Preset::Everything, "{class}");
        assert_eq!(breaks(class, one, one), Preset::Balanced, "{class}");
    }
}

#[test]
fn siblings_and_ports_become_rules_of_their_own() {
    let family = HEAD.replacen(
        "name = \"ads.example.com\"",
        "names = { cn = \"ads.example.com\", intl = \"ads.example.net\" }",
        1,
    );
    let ids: Vec<String> = read(&family).unwrap().into_iter().map(|rule| rule.id).collect();
    assert_eq!(ids, ["file/r-cn", "file/r-intl"]);
    let address = HEAD
        .replacen(
            "name = \"ads.example.com\"",
            "address = \"192.0.2.0/24\"\nports = [80, 443]",
            1,
        )
        .replacen("match = \"exact\"\n", "", 1);
    let rules = read(&address).unwrap();
    let networks: Vec<_> = rules.iter().map(|rule| rule.network.unwrap()).collect();
    let address = "192.0.2.0".parse().unwrap();
    assert_eq!(networks, [(address, 24, 80), (address, 24, 443)]);
}

#[test]
fn rules_that_contradict_or_repeat_one_another_are_refused() {
    let emit = |name: &str, reach: &str, id: &str| {
        let other = HEAD
            .replacen("ads.example.com", name, 1)
            .replacen("match = \"exact\"", &format!("match = \"{reach}\""), 1)
            .replacen("role = \"block\"", "role = \"essential\"", 1)
            .replacen("id = \"r\"", &format!("id = \"{id}\""), 1)
            .replacen("sends", "why", 1)
            .replacen("breaks = \"none\"\n", "", 1);
        let mut rules = read(HEAD).unwrap();
        rules.extend(read(&other).unwrap());
        table::check(&rules, &BTreeMap::new())
    };
    assert_eq!(emit("example.com", "exact", "s"), Ok(()));
    assert!(
        emit("example.com", "subdomains", "s")
            .unwrap_err()
            .contains("`file/s` would swallow `file/r`")
    );
    assert!(
        emit("ads.example.com", "exact", "s")
            .unwrap_err()
            .contains("both about `ads.example.com`")
    );
    assert!(
        emit("example.com", "exact", "r")
            .unwrap_err()
            .contains("give one another")
    );
}

#[test]
fn a_lead_and_a_tombstone_block_nothing() {
    for status in ["lead", "retired"] {
        let text = HEAD.replacen(
            "status = \"shipped\"",
            &format!("note = \"n\"\nstatus = \"{status}\""),
            1,
        );
        assert!(read(&text).unwrap().is_empty());
    }
}
