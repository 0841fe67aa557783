//! Export, then import: the same verdicts, up to the loss that was said.

use std::collections::{BTreeMap, BTreeSet};

use blocklist::RulesBuilder;
use serde_json::Value;

use super::*;

const ALL: [Format; 9] = [
    Format::Hosts,
    Format::Domains,
    Format::Wildcards,
    Format::Adguard,
    Format::Dnsmasq,
    Format::Unbound,
    Format::Rpz,
    Format::SingBox,
    Format::Clash,
];

/// A small generator: tests need no better one.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % end
    }

    /// A name of a small world, so that names lie beneath one another.
    fn name(&mut self) -> String {
        let labels = ["a", "b", "c"];
        let depth = self.below(4);
        let mut name = "example".to_owned();
        for _ in 0..=depth {
            name = format!("{}.{name}", labels[self.below(labels.len())]);
        }
        name
    }

    fn list(&mut self, tones: usize) -> String {
        let count = 1 + self.below(8);
        let mut text = String::new();
        for _ in 0..count {
            let except = ["", "", "@@", "@@"];
            let important = ["", "", "", "$important"];
            let tone = self.below(tones);
            let start = ["|", "||", "||*."][self.below(3)];
            let name = self.name();
            let mark = if tone > 0 { self.below(4) } else { 0 };
            let mark = important[if tones > 2 { mark } else { 0 }];
            text += &format!("{}{start}{name}^{mark}\n", except[if tone > 0 { 2 } else { 0 }]);
        }
        text
    }
}

fn bare(list: &str) -> Rules {
    let builder = RulesBuilder::new(blocklist::Preset::None).without_builtin();
    builder.list("list", list).unwrap().build()
}

fn export_of(rules: &Rules, list: &str, format: Format) -> (Plan, String) {
    let mut sources = Sources::new(format);
    sources.add(list);
    export(rules, sources, format, "2026112101")
}

/// What an export says of a name, by the words of its own tool.
enum Reader {
    Ours(Box<Rules>),
    Clash(Vec<String>),
    SingBox(Value),
}

impl Reader {
    fn new(format: Format, body: &str) -> Self {
        match format {
            Format::Clash => {
                let quoted = body
                    .lines()
                    .filter_map(|line| line.strip_prefix("  - '")?.strip_suffix('\''));
                Self::Clash(quoted.map(str::to_owned).collect())
            }
            Format::SingBox => Self::SingBox(serde_json::from_str(body).unwrap()),
            _ => Self::Ours(Box::new(bare(body))),
        }
    }

    fn blocks(&self, name: &str) -> bool {
        match self {
            Self::Ours(rules) => rules.verdict(name, None).is_block(),
            Self::Clash(payload) => {
                payload
                    .iter()
                    .any(|line| match (line.strip_prefix("+."), line.strip_prefix('.')) {
                        (Some(suffix), _) => name == suffix || name.ends_with(&format!(".{suffix}")),
                        (None, Some(_)) => name.ends_with(line.as_str()),
                        (None, None) => name == line,
                    })
            }
            Self::SingBox(set) => set["rules"]
                .as_array()
                .unwrap()
                .iter()
                .any(|rule| sing_box_meets(rule, name)),
        }
    }
}

fn sing_box_meets(rule: &Value, name: &str) -> bool {
    if rule["type"] == "logical" {
        return rule["rules"]
            .as_array()
            .unwrap()
            .iter()
            .all(|rule| sing_box_meets(rule, name));
    }
    let words = |key: &str| rule[key].as_array().cloned().unwrap_or_default();
    let met = words("domain").iter().any(|exact| exact == name)
        || words("domain_suffix").iter().any(|suffix| {
            let suffix = suffix.as_str().unwrap();
            match suffix.strip_prefix('.') {
                Some(_) => name.ends_with(suffix),
                None => name == suffix || name.ends_with(&format!(".{suffix}")),
            }
        });
    met != (rule["invert"] == true)
}

/// Every name of the small world, and a stranger beneath each.
fn world() -> Vec<String> {
    let mut names = vec!["example".to_owned()];
    let mut last = names.clone();
    for _ in 0..4 {
        last = last
            .iter()
            .flat_map(|name| ["a", "b", "c"].map(|label| format!("{label}.{name}")))
            .collect();
        names.extend(last.iter().cloned());
    }
    let strangers: Vec<String> = names.iter().map(|name| format!("stranger.{name}")).collect();
    names.into_iter().chain(strangers).collect()
}

fn is_within(name: &str, rules: &[&String]) -> bool {
    rules
        .iter()
        .any(|rule| name == rule.as_str() || name.ends_with(&format!(".{rule}")))
}

#[test]
fn export_and_import_agree_up_to_the_loss_that_is_said() {
    let (mut dice, names) = (Dice(0x5eed), world());
    for round in 0..300 {
        let list = dice.list(1 + round % 3);
        let rules = bare(&list);
        for format in ALL {
            let (plan, body) = export_of(&rules, &list, format);
            let reader = Reader::new(format, &body);
            let swallowing = plan.loss.swallowing.iter().map(|(rule, _)| rule);
            let narrowed: Vec<&String> = plan.loss.narrowed.iter().chain(swallowing).collect();
            let widened: Vec<&String> = plan.loss.widened.iter().collect();
            if matches!(
                format,
                Format::Adguard | Format::Dnsmasq | Format::Rpz | Format::SingBox
            ) {
                assert_eq!(plan.loss, Loss::default(), "{format:?} can say all of\n{list}");
            }
            for name in &names {
                let (meant, said) = (rules.verdict(name, None).is_block(), reader.blocks(name));
                let excused = match (meant, said) {
                    (true, false) => is_within(name, &narrowed),
                    (false, true) => is_within(name, &widened),
                    _ => true,
                };
                assert!(
                    excused,
                    "{format:?}, {name}: meant {meant}, said {said}\n{list}\n{body}\n{:?}",
                    plan.loss
                );
            }
        }
    }
}

/// A zone as DNS reads it: a name that exists, or lies above one that does, stops the wildcards above it.
fn zone_blocks(zone: &BTreeMap<&str, &str>, name: &str) -> bool {
    let exists = |name: &str| {
        zone.keys()
            .any(|owner| *owner == name || owner.ends_with(&format!(".{name}")))
    };
    let answer = if exists(name) {
        zone.get(name)
    } else {
        let encloser = tree::parents(name).find(|above| exists(above)).unwrap_or("");
        zone.get(format!("*.{encloser}").as_str())
    };
    answer == Some(&"0.0.0.0")
}

#[test]
fn policy_zone_means_the_same_by_the_rules_of_dns_wildcards() {
    let (mut dice, names) = (Dice(0xd15), world());
    for round in 0..200 {
        let list = dice.list(1 + round % 3);
        let rules = bare(&list);
        let (_, body) = export_of(&rules, &list, Format::Rpz);
        let records = body.lines().filter_map(|line| {
            let (owner, data) = line.split_once(" CNAME ").or_else(|| line.split_once(" A "))?;
            Some((owner, data))
        });
        let zone: BTreeMap<&str, &str> = records.collect();
        for name in &names {
            let meant = rules.verdict(name, None).is_block();
            assert_eq!(zone_blocks(&zone, name), meant, "{name}\n{list}\n{body}");
        }
    }
}

#[test]
fn no_export_blocks_an_essential_name() {
    let hostile = "||xiaomi.com^\n||miui.com^$important\n||com^\n||mi.com\n||account.xiaomi.com^\n||xiaomi.net^\n*.mi-img.com\n";
    let rules = RulesBuilder::new(blocklist::Preset::Everything)
        .list("hostile", hostile)
        .unwrap()
        .build();
    let builtin = curation::builtin();
    let kept = builtin
        .shipped()
        .filter(|(_, rule)| rule.network.is_none() && !rule.is_block());
    let kept: BTreeSet<String> = kept.map(|(_, rule)| rule.pattern.clone()).collect();
    assert!(kept.len() > 20);
    for format in ALL {
        let mut sources = Sources::new(format);
        sources.add_builtin(&builtin, Preset::Everything);
        sources.add(hostile);
        let (plan, body) = export(&rules, sources, format, "1");
        let reader = Reader::new(format, &body);
        for name in &kept {
            assert!(!reader.blocks(name), "{format:?} blocks {name}");
        }
        if matches!(format, Format::Domains | Format::Wildcards | Format::Clash) {
            assert!(
                plan.loss.swallowing.iter().any(|(rule, _)| rule == "xiaomi.com"),
                "{format:?}"
            );
        }
    }
}

#[test]
fn a_block_of_a_name_that_must_work_is_said_to_be_left_out() {
    let list = "0.0.0.0 miui.com\n0.0.0.0 update.miui.com\n0.0.0.0 ads.example\n";
    let builder = RulesBuilder::new(blocklist::Preset::None);
    let rules = builder.list("list", list).unwrap().build();
    for format in ALL {
        let (plan, body) = export_of(&rules, list, format);
        let left_out: Vec<&str> = plan
            .loss
            .swallowing
            .iter()
            .map(|(rule, _)| rule.as_str())
            .collect();
        assert_eq!(left_out, ["miui.com", "update.miui.com"], "{format:?}\n{body}");
        assert!(body.contains("ads.example"), "{body}");
    }
}

#[test]
fn built_in_list_is_carried_whole_by_forms_with_exceptions() {
    let rules = RulesBuilder::new(blocklist::Preset::Balanced).build();
    let builtin = curation::builtin();
    for format in [
        Format::Adguard,
        Format::Dnsmasq,
        Format::Rpz,
        Format::SingBox,
        Format::Unbound,
    ] {
        let mut sources = Sources::new(format);
        sources.add_builtin(&builtin, Preset::Balanced);
        let (_, body) = export(&rules, sources, format, "1");
        let reader = Reader::new(format, &body);
        for (_, rule) in builtin.shipped().filter(|(_, rule)| rule.network.is_none()) {
            for name in [rule.pattern.clone(), format!("beneath.{}", rule.pattern)] {
                let meant = rules.verdict(&name, None).is_block();
                assert_eq!(reader.blocks(&name), meant, "{format:?} {name}");
            }
        }
    }
}

#[test]
fn essential_names_are_exceptions_for_adguard_and_features_when_asked_for() {
    let rules = RulesBuilder::default().build();
    let mut sources = Sources::new(Format::Adguard);
    sources.add_builtin(&curation::builtin(), Preset::Balanced);
    let (_, body) = export(&rules, sources, Format::Adguard, "1");
    assert!(
        body.lines()
            .any(|line| line.starts_with("@@") && line.contains("update.miui.com^")),
        "{body}"
    );
    // Nothing here blocks it, so it is no business of other lists.
    assert!(!body.contains("|theme."), "{body}");
    let mut sources = Sources::new(Format::Adguard);
    sources.keep_features = true;
    sources.add_builtin(&curation::builtin(), Preset::Balanced);
    let (_, kept) = export(&rules, sources, Format::Adguard, "1");
    assert!(
        kept.lines()
            .any(|line| line.starts_with("@@") && line.contains("|theme."))
    );
    assert!(body.contains("\n||canary.hushwall.test^\n") || body.contains("\n|canary.hushwall.test^\n"));
}

#[test]
fn wildcards_and_addresses_are_carried_or_counted() {
    let list = "||ads*.example^\n@@||ads-kept*.example^\n192.0.2.0/24\n2001:db8::1\n198.51.100.1:443\n";
    let rules = bare(list);
    let (plan, body) = export_of(&rules, list, Format::Adguard);
    assert_eq!(
        body,
        "||ads*.example^\n@@||ads-kept*.example^\n||192.0.2.0/24^\n||2001:db8::1^\n"
    );
    assert_eq!(plan.loss.foreign, ["||198.51.100.1:443^"]);
    let (plan, body) = export_of(&rules, list, Format::Hosts);
    assert_eq!(body, "");
    assert_eq!((plan.loss.foreign.len(), plan.loss.widened.len()), (4, 1));
    let (_, body) = export_of(&rules, list, Format::Rpz);
    assert!(
        body.ends_with("24.0.2.0.192.rpz-ip A 0.0.0.0\n128.1.0.0.0.0.0.db8.2001.rpz-ip AAAA ::\n"),
        "{body}"
    );
    assert!(
        bare(&body)
            .verdict_ip("2001:db8::1".parse().unwrap(), 0, None)
            .unwrap()
            .is_block()
    );
    let (_, body) = export_of(&rules, list, Format::SingBox);
    assert!(
        body.contains("192.0.2.0/24") && body.contains("2001:db8::1/128"),
        "{body}"
    );
}

#[test]
fn head_tells_version_expiry_and_licences_and_no_clock() {
    let rules = RulesBuilder::default().build();
    let builtin = curation::builtin();
    let mut sources = Sources::new(Format::Hosts);
    sources.add_builtin(&builtin, Preset::Balanced);
    let (plan, _) = export(&rules, sources, Format::Hosts, "1");
    let version = trust::Version::parse("2026112101").unwrap();
    let head = head::head("T", version, &head::licences(&builtin), &plan, Format::Hosts);
    for said in [
        "# Title: T\n",
        "# Version: 2026112101\n",
        "# Last modified: 2026-11-21\n",
        "(on 2026-12-21)\n",
        "# Licence: CC0-1.0",
        "# Source: https://github.com/AdAway/adaway.github.io (CC BY 3.0)\n",
    ] {
        assert!(head.contains(said), "{said}\n{head}");
    }
    assert!(Syntax::detect(&head) == Syntax::Adblock);
    assert_eq!(
        head::licence_of("# x\n# License: MIT\n0.0.0.0 a.example\n"),
        "MIT"
    );
    assert_eq!(head::licence_of("0.0.0.0 a.example\n"), "not said");
}

#[test]
fn one_list_has_one_answer_and_no_type_of_question_leaves() {
    let list = "||wide.example^\n|one.example^\n||*.below.example^\n@@||kept.wide.example^\n";
    let rules = bare(list);
    let body = |format| export_of(&rules, list, format).1;
    for format in [Format::Unbound, Format::Rpz, Format::Dnsmasq] {
        let body = body(format);
        assert!(!body.contains("nxdomain") && !body.contains("CNAME ."), "{body}");
    }
    let dnsmasq = body(Format::Dnsmasq);
    for name in ["wide.example", "one.example", "*.below.example"] {
        assert!(dnsmasq.contains(&format!("local=/{name}/\n")), "{dnsmasq}");
    }
    assert!(dnsmasq.contains("server=/*.one.example/#\n"), "{dnsmasq}");
}

#[test]
fn a_name_that_has_to_not_exist_is_said_not_to_where_the_form_can() {
    let builtin = curation::builtin();
    let rules = RulesBuilder::new(blocklist::Preset::Balanced).build();
    let name = "use-application-dns.net";
    for (format, line) in [
        (
            Format::Adguard,
            Some("||use-application-dns.net^$dnsrewrite=NXDOMAIN"),
        ),
        (Format::Dnsmasq, Some("local=/use-application-dns.net/")),
        (
            Format::Unbound,
            Some("    local-zone: \"use-application-dns.net.\" always_nxdomain"),
        ),
        (Format::Rpz, Some("use-application-dns.net CNAME .")),
        (Format::Hosts, None),
        (Format::Domains, Some(name)),
    ] {
        let mut sources = Sources::new(format);
        sources.add_builtin(&builtin, Preset::Balanced);
        let (plan, body) = export(&rules, sources, format, "1");
        let said: Vec<&str> = body
            .lines()
            .filter(|said| said.contains(name) && !said.starts_with("*."))
            .collect();
        assert_eq!(said, line.into_iter().collect::<Vec<_>>(), "{format:?}");
        let is_lost = format == Format::Hosts;
        assert_eq!(plan.loss.foreign.iter().any(|lost| lost.contains(name)), is_lost);
        assert_eq!(plan.loss.replies.len(), usize::from(format == Format::Domains));
    }
}

#[test]
fn hosts_beneath_a_rule_that_hosts_files_cannot_say_are_written_where_records_know_them() {
    let (rules, builtin) = (
        RulesBuilder::new(blocklist::Preset::Everything).build(),
        curation::builtin(),
    );
    let lead = builtin.rules().find(|(_, rule)| {
        rule.status == records::Status::Lead
            && rules.verdict(&rule.pattern, None).is_block()
            && rule.network.is_none()
    });
    let (_, lead) = lead.expect("some lead is beneath a rule on subdomains");
    let mut sources = Sources::new(Format::Hosts);
    sources.add_builtin(&builtin, Preset::Everything);
    let (_, body) = export(&rules, sources, Format::Hosts, "1");
    assert!(
        body.contains(&format!("0.0.0.0 {}\n", lead.pattern)),
        "{}",
        lead.pattern
    );
}

#[test]
fn names_that_a_line_above_them_meets_are_counted_and_the_report_can_be_whole() {
    let list: String = (0..12)
        .map(|at| format!("||wide{at}.example^\n|a.wide{at}.example^\n"))
        .collect();
    let rules = bare(&list);
    let (plan, _) = export_of(&rules, &list, Format::Wildcards);
    assert_eq!((plan.steps.len(), plan.merged), (12, 12));
    let (plan, _) = export_of(&rules, &list, Format::Hosts);
    let said = |most| {
        let mut out = Vec::new();
        report(&plan.loss, most, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert!(
        said(SHOWN).contains("and 2 more (--full names them)"),
        "{}",
        said(SHOWN)
    );
    assert!(
        said(usize::MAX).contains("wide9.example\n"),
        "{}",
        said(usize::MAX)
    );
}

#[test]
fn addresses_of_a_feature_that_is_not_used_are_carried_or_counted() {
    let rules = RulesBuilder::new(blocklist::Preset::Balanced)
        .without_feature(Rules::ENCRYPTED_DNS)
        .unwrap()
        .build();
    let sources = |format, without: &[&str]| {
        let mut sources = Sources::new(format);
        sources.without = without.iter().map(|feature| (*feature).to_owned()).collect();
        sources.add_builtin(&curation::builtin(), Preset::Balanced);
        sources
    };
    let lost = |without| {
        export(&rules, sources(Format::Hosts, without), Format::Hosts, "1")
            .0
            .loss
            .foreign
    };
    assert!(lost(&[Rules::ENCRYPTED_DNS]).contains(&"||8.8.8.8:853^".to_owned()));
    assert!(!lost(&[]).contains(&"||8.8.8.8:853^".to_owned()));
}
