//! No list that an owner subscribes to takes an essential name, or a feature in use, along.

use blocklist::{Because, Preset, RulesBuilder};
use lists::{never_block, rules};

/// The name itself and those above it, without the top-level one.
fn parents(name: &str) -> impl Iterator<Item = &str> {
    let above = name.match_indices('.').filter_map(|(at, _)| name.get(at + 1..));
    std::iter::once(name)
        .chain(above)
        .filter(|parent| parent.contains('.'))
}

/// Writes a refusal of a name.
type Write = fn(&str) -> String;

/// Every way in which a list can refuse a name and what is beneath it.
const FORMS: [(&str, Write); 12] = [
    ("hosts", |name| format!("0.0.0.0 {name}")),
    ("hosts, IPv6", |name| format!("::1 {name}")),
    ("domain", |name| name.to_owned()),
    ("wildcard", |name| format!("*.{name}")),
    ("AdBlock", |name| format!("||{name}^")),
    ("AdBlock, important", |name| format!("||{name}^$important")),
    ("AdBlock, exact", |name| format!("|{name}^")),
    ("AdBlock, inner wildcard", |name| {
        format!("||*{}^", name.get(1..).unwrap_or(name))
    }),
    ("dnsmasq", |name| format!("address=/{name}/0.0.0.0")),
    ("dnsmasq, local", |name| format!("local=/{name}/")),
    ("unbound", |name| {
        format!("server:\nlocal-zone: \"{name}\" always_nxdomain")
    }),
    ("RPZ", |name| {
        format!(
            "$TTL 60\n@ SOA localhost. root.localhost. 1 1 1 1 1\n  NS localhost.\n{name} CNAME .\n*.{name} CNAME ."
        )
    }),
];

#[test]
fn essential_and_feature_names_stay_allowed_under_each_kind_of_hostile_parent() {
    for (form, write) in FORMS {
        for name in never_block() {
            let text: Vec<String> = parents(&name).map(write).collect();
            let list = RulesBuilder::new(Preset::Everything).list(form, &text.join("\n"));
            let builder = list.unwrap_or_else(|error| panic!("{form}: {error}"));
            let verdict = builder.build().verdict(&name, None);
            assert!(
                matches!(verdict.because, Because::Essential(_) | Because::Feature(_)) && !verdict.is_block(),
                "{name} by {form}: {verdict:?}"
            );
        }
    }
}

#[test]
fn each_hostile_form_does_block_what_nothing_keeps() {
    for (form, write) in FORMS {
        let list = RulesBuilder::new(Preset::None).list(form, &write("unkept.xiaomi.com"));
        let rules = list.unwrap_or_else(|error| panic!("{form}: {error}")).build();
        let blocked =
            ["unkept.xiaomi.com", "a.unkept.xiaomi.com"].map(|name| rules.verdict(name, None).is_block());
        assert!(blocked.contains(&true), "{form} blocks nothing");
    }
}

#[test]
fn only_the_owner_blocks_an_essential_name() {
    let own = RulesBuilder::new(Preset::None)
        .block("update.miui.com")
        .unwrap()
        .build();
    assert!(own.verdict("update.miui.com", None).is_block());
    assert!(
        !rules(Preset::Everything, &[])
            .verdict("update.miui.com", None)
            .is_block()
    );
}
