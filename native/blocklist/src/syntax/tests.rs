//! The syntaxes of resolvers, and how each is told.

use super::*;

/// The rules in normal form, what was skipped, and what is wrong, each with its line.
fn read(syntax: Syntax, text: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    syntax.read(text, Plain::default(), &mut |line, event| {
        out.push((
            line,
            match event {
                Event::Rule(pattern) => pattern.to_string(),
                Event::Skipped(skip, _) => format!("{skip:?}"),
                Event::Bad(mend) => format!("bad: {mend}"),
            },
        ));
    });
    out
}

fn lines(syntax: Syntax, text: &str) -> Vec<String> {
    read(syntax, text).into_iter().map(|(_, said)| said).collect()
}

const DNSMASQ: &str = "# a comment\naddress=/a.example/b.example/0.0.0.0\naddress=/c.example/\naddress=/d.example/#\n\
    server=/e.example/\nserver=/keep.a.example/#\nserver=/f.example/192.0.2.1\naddress=/g.example/192.0.2.1\nno-resolv\n\
    host-record=h.example,0.0.0.0\naddress=/*.i.example/  # why\naddress=/#/0.0.0.0\n";

const UNBOUND: &str = "server:\n  local-zone: \"a.example\" always_nxdomain\n  local-zone: b.example. static\n\
    local-data: \"c.example A 0.0.0.0\"\nlocal-zone: \"d.example\" redirect\nlocal-data: \"d.example 60 IN A 0.0.0.0\"\n\
    local-zone: \"e.example\" redirect\nlocal-data: \"e.example A 192.0.2.1\"\n\
    local-zone: \"keep.a.example\" always_transparent\nverbosity: 1\nlocal-zone: \"f.example\" redirect\n";

const RPZ: &str = "$TTL 60\n$ORIGIN rpz.local.\n@ IN SOA localhost. root.localhost. (\n 1 3600\n 60 60 60 )\n NS localhost.\n\
    a.example CNAME .\n*.a.example CNAME . ; beneath\nb.example.rpz.local. IN CNAME *.\nkeep.a.example CNAME rpz-passthru.\n\
    c.example A 0.0.0.0\n  AAAA ::\nd.example CNAME walled.example.\n24.0.2.0.192.rpz-ip CNAME .\n\
    128.1.zz.db8.2001.rpz-ip CNAME .\n32.1.2.0.192.rpz-client-ip CNAME .\ne.example. CNAME .\n";

#[test]
fn dnsmasq_means_names_with_all_beneath_them() {
    assert_eq!(
        lines(Syntax::Dnsmasq, DNSMASQ),
        [
            "||a.example^",
            "||b.example^",
            "||c.example^",
            "||d.example^",
            "||e.example^",
            "@@||keep.a.example^",
            "Redirect",
            "Redirect",
            "Modifier",
            "|h.example^",
            "||*.i.example^",
            "Wildcard",
        ]
    );
}

#[test]
fn unbound_zones_mean_subdomains_and_data_the_name_alone() {
    assert_eq!(
        lines(Syntax::Unbound, UNBOUND),
        [
            "||a.example^",
            "||b.example^",
            "|c.example^",
            "||d.example^",
            "Redirect",
            "@@||keep.a.example^",
            "Modifier",
            "||f.example^",
        ]
    );
}

#[test]
fn policy_zones_keep_names_and_what_is_beneath_them_apart() {
    let read = lines(Syntax::Rpz, RPZ);
    assert_eq!(
        read.get(..10).unwrap(),
        [
            "|a.example^",
            "||*.a.example^",
            "|b.example^",
            "@@|keep.a.example^",
            "|c.example^",
            "|c.example^",
            "Redirect",
            "||192.0.2.0/24^",
            "||2001:db8::1^",
            "Modifier",
        ]
    );
    assert!(read.last().unwrap().contains("outside of the zone"), "{read:?}");
}

#[test]
fn normal_form_judges_as_the_list_does() {
    const PIECES: [&str; 14] = [
        "||",
        "|",
        "@@||",
        "*",
        "*.",
        ".",
        "a",
        "b",
        "aab",
        "ba.ab",
        "^",
        "^|",
        "^$important",
        "-",
    ];
    let bare = |text: &str| {
        let builder = crate::RulesBuilder::new(crate::Preset::None).without_builtin();
        builder.list("list", text).unwrap().build()
    };
    let mut state = 0x5eed_u64;
    let mut below = |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % end
    };
    for _ in 0..300 {
        // Without a rule of AdBlock's own, patterns alone would be a list of wildcards.
        let (mut list, mut written) = ("||x.test^\n".to_owned(), "||x.test^\n".to_owned());
        for _ in 0..12 {
            let line: String = (0..5).map(|_| PIECES[below(PIECES.len())]).collect();
            Syntax::Adblock.read(&line, Plain::default(), &mut |_, event| {
                if let Event::Rule(pattern) = event {
                    list += &format!("{line}\n");
                    written += &format!("{pattern}\n");
                }
            });
        }
        let (list_rules, written_rules) = (bare(&list), bare(&written));
        for _ in 0..60 {
            let name: String = (0..=below(4))
                .map(|_| ["a", "aab", "ba.", "ab.", "b", "-"][below(6)])
                .collect();
            let blocks = |rules: &crate::Rules| rules.verdict(&name, None).is_block();
            assert_eq!(
                blocks(&list_rules),
                blocks(&written_rules),
                "{name}\n{list}\n{written}"
            );
        }
    }
}

#[test]
fn a_pattern_in_a_list_of_wildcards_is_on_the_whole_name() {
    let text = "*.a.com\n*c.com\nx.*.y.com\nads*.*\n";
    assert_eq!(
        lines(Syntax::detect(text), text),
        ["||a.com^", "*c.com^", "|x.*.y.com^", "|ads*.*"]
    );
    assert_eq!(lines(Syntax::Adblock, "*c.com\n"), ["*c.com*"]);
    assert_eq!(lines(Syntax::Wildcards, "**.a.com\n"), ["||*.a.com^"]);
    let builder = crate::RulesBuilder::new(crate::Preset::None).without_builtin();
    let rules = builder.list("list", text).unwrap().build();
    for (name, blocks) in [
        ("abc.com", true),
        ("abc.community.org", false),
        ("c.com.evil.net", false),
        ("x.1.y.com", true),
        ("max.1.y.com", false),
        ("x.1.y.com.evil.net", false),
        ("ads1.example", true),
    ] {
        assert_eq!(rules.verdict(name, None).is_block(), blocks, "{name}");
    }
}

#[test]
fn badfilter_takes_the_same_rule_out() {
    let text = "||A.example^\n||b.example^$important\n||b.example^\n||a.example^$badfilter\n\
        ||b.example^$important,badfilter\n@@||c.example^$badfilter\n||d.example^$third-party,badfilter\n";
    assert_eq!(lines(Syntax::Adblock, text), ["||b.example^"]);
}

#[test]
fn a_name_in_bytes_that_are_no_text_is_wrong_and_not_another_name() {
    let text =
        String::from_utf8_lossy(b"0.0.0.0 b\xfccher.example\nb\xfccher.example\n||b\xfccher.example^\n");
    let said = lines(Syntax::Adblock, &text);
    assert_eq!(said.len(), 3);
    for said in said {
        assert!(said.starts_with("bad: ") && said.contains("not UTF-8"), "{said}");
    }
}

#[test]
fn names_alone_may_be_exact_and_those_that_a_rule_leaves_alone_are_not() {
    let text = "||a.example^$denyallow=b.a.example\nc.example\n";
    let mut said = Vec::new();
    Syntax::Adblock.read(text, Plain::Exact, &mut |_, event| {
        if let Event::Rule(pattern) = event {
            said.push(pattern.to_string());
        }
    });
    assert_eq!(said, ["||a.example^", "@@||b.a.example^", "|c.example^"]);
}

#[test]
fn badfilter_changes_no_other_rule() {
    let rules = [
        "||b.example^$important",
        "@@||c.example^$important",
        "@@||d.example^",
        "||w*.example^$important",
    ];
    let text = format!("||a.example^$badfilter\n{}\n", rules.join("\n"));
    assert_eq!(lines(Syntax::Adblock, &text), rules);
}

#[test]
fn the_most_specific_line_of_a_resolver_wins() {
    let text = "address=/a.example/\nserver=/b.a.example/#\naddress=/c.b.a.example/\nserver=/d.c.b.a.example/#\n\
        address=/e.d.c.b.a.example/\nserver=/x.example/#\naddress=/y.x.example/\n";
    assert_eq!(
        lines(Syntax::Dnsmasq, text),
        [
            "||a.example^",
            "@@||b.a.example^",
            "||c.b.a.example^$important",
            "@@||d.c.b.a.example^$important",
            "Modifier",
            "@@||x.example^",
            "||y.x.example^$important",
        ]
    );
}

#[test]
fn a_name_taken_whole_and_freed_beneath_is_meant_alone() {
    let text = "address=/a.example/#\nlocal=/a.example/\nserver=/*.a.example/#\naddress=/b.a.example/#\n\
        address=/w.example/#\nserver=/x.w.example/#\naddress=/*.x.w.example/#\naddress=/y.x.w.example/#\n";
    assert_eq!(
        lines(Syntax::Dnsmasq, text),
        [
            "|a.example^",
            "|a.example^",
            "||b.a.example^",
            "||w.example^",
            "@@|x.w.example^",
            "||y.x.w.example^",
        ]
    );
}

#[test]
fn each_syntax_is_told_by_its_first_lines() {
    for (text, syntax) in [
        (DNSMASQ, Syntax::Dnsmasq),
        (UNBOUND, Syntax::Unbound),
        (RPZ, Syntax::Rpz),
        ("# x\n0.0.0.0 a.example\n::1 b.example\n", Syntax::Hosts),
        (
            "127.0.0.1 localhost\nfe80::1%lo0 localhost\n0.0.0.0 a.example\n",
            Syntax::Hosts,
        ),
        ("a.example\nb.example # why\n", Syntax::Domains),
        ("*.a.example\n*.b.example\n", Syntax::Wildcards),
        ("*.a.example\n*b.example\nx.*.c.example\n", Syntax::Wildcards),
        ("*b.example\n*/ads/*\n", Syntax::Adblock),
        ("! Title: x\n||a.example^\n", Syntax::Adblock),
        ("a.example\n0.0.0.0 b.example\n", Syntax::Adblock),
        ("", Syntax::Adblock),
        ("0.0.0.0 a.example # CNAME of b.example\n", Syntax::Hosts),
        ("port=53\nno-resolv\naddress=/a.example/\n", Syntax::Dnsmasq),
        ("; a zone\nx.example 60 IN CNAME .\n", Syntax::Rpz),
    ] {
        assert_eq!(Syntax::detect(text), syntax, "{text}");
    }
}

#[test]
fn an_error_names_the_line_and_how_to_mend_it() {
    for (syntax, text, mend) in [
        (Syntax::Dnsmasq, "\na.example\n", "address=/a.example/"),
        (Syntax::Dnsmasq, "\naddress=a.example\n", "between slashes"),
        (Syntax::Dnsmasq, "\naddress=/a..example/\n", "extra dot"),
        (Syntax::Unbound, "\na.example\n", "local-zone: \"a.example\""),
        (
            Syntax::Unbound,
            "\nlocal-zone: \"a.example\"\n",
            "always_nxdomain",
        ),
        (Syntax::Rpz, "\na.example\n", "a.example CNAME ."),
        (Syntax::Rpz, "\na.example CNAME\n", "has a target"),
        (Syntax::Rpz, "\n9.9.rpz-ip CNAME .\n", "backwards"),
    ] {
        let read = read(syntax, text);
        assert_eq!(read.len(), 1, "{text}: {read:?}");
        let (line, said) = &read[0];
        assert_eq!(*line, 2);
        assert!(said.starts_with("bad: ") && said.contains(mend), "{text}: {said}");
    }
}

#[test]
fn a_plain_name_is_what_the_reader_is_told() {
    let read = |plain| {
        let mut out = Vec::new();
        Syntax::Adblock.read(
            "a.example\n*.b.example\n||c.example^\n",
            plain,
            &mut |_, event| {
                if let Event::Rule(pattern) = event {
                    out.push(pattern.to_string());
                }
            },
        );
        out
    };
    assert_eq!(
        read(Plain::Exact),
        ["|a.example^", "||b.example^", "||c.example^"]
    );
    assert_eq!(
        read(Plain::Subdomains),
        ["||a.example^", "||b.example^", "||c.example^"]
    );
}

#[test]
fn an_address_in_the_place_of_a_name_is_no_name() {
    assert_eq!(lines(Syntax::Domains, "192.0.2.1.\n"), ["||192.0.2.1^"]);
    for (syntax, text) in [
        (Syntax::Dnsmasq, "address=/192.0.2.1/\n"),
        (Syntax::Unbound, "local-data: \"192.0.2.1. A 0.0.0.0\"\n"),
        (Syntax::Rpz, "192.0.2.1 CNAME .\n"),
    ] {
        assert_eq!(lines(syntax, text), ["Wildcard"], "{syntax:?}");
    }
}

#[test]
fn no_text_panics_truncated_or_with_a_bit_turned() {
    for text in [DNSMASQ, UNBOUND, RPZ] {
        for syntax in Syntax::ALL {
            for (at, _) in text.char_indices() {
                let _ = lines(syntax, &text[..at]);
                let _ = Syntax::detect(&text[at..]);
            }
            for bit in 0..text.len() * 8 {
                let mut bytes = text.as_bytes().to_vec();
                bytes[bit / 8] ^= 1 << (bit % 8);
                let start = (bit / 8).saturating_sub(60);
                let end = (bit / 8 + 60).min(bytes.len());
                let _ = lines(syntax, &String::from_utf8_lossy(&bytes[start..end]));
            }
        }
    }
}

#[test]
fn no_random_text_panics() {
    const PIECES: [&str; 40] = [
        "||",
        "|",
        "@@",
        "^",
        "$",
        "important",
        ",",
        "=",
        "/",
        "//",
        "*",
        ".",
        "a",
        "example.com",
        "-",
        "_",
        " ",
        "\t",
        "\n",
        "#",
        "!",
        ";",
        "(",
        ")",
        "address=/",
        "server=/",
        "local-zone: \"",
        "local-data: \"",
        "\"",
        " redirect",
        " CNAME ",
        ".rpz-ip",
        "$ORIGIN ",
        "SOA",
        "0.0.0.0 ",
        "::",
        "[",
        "]",
        "ü",
        "dnsrewrite",
    ];
    let mut state = 0x5eed_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push_str(PIECES[(state >> 33) as usize % PIECES.len()]);
        }
        let _ = lines(Syntax::detect(&text), &text);
        let _ = lines(Syntax::ALL[(state >> 40) as usize % Syntax::ALL.len()], &text);
    }
}
