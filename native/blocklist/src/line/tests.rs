//! The syntaxes of lists, one line at a time.

use super::{Pattern, Reach, Skip, Target, Tone, parse};

fn read(line: &str) -> (Vec<Pattern<'_>>, Result<Option<Skip>, String>) {
    let mut patterns = Vec::new();
    let result = parse(line, &mut |pattern| patterns.push(pattern));
    (patterns, result)
}

fn one(line: &str) -> (&str, Reach, Tone) {
    let (patterns, result) = read(line);
    assert_eq!(result, Ok(None), "{line}");
    match patterns.as_slice() {
        [
            Pattern {
                target: Target::Name(name, reach),
                tone,
                ..
            },
        ] => (name, *reach, *tone),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn hosts_line_without_its_name_is_wrong_and_not_a_rule_on_the_machine_itself() {
    for line in ["0.0.0.0", "127.0.0.1", "127.0.0.1 # tracking.example.com"] {
        let (patterns, result) = read(line);
        assert!(patterns.is_empty(), "{line}");
        assert!(result.is_err_and(|mend| mend.contains("says a name")), "{line}");
    }
    assert_eq!(read("192.0.2.1").0.len(), 1);
}

#[test]
fn comments_and_empty_lines_are_nothing() {
    for line in [
        "",
        "   ",
        "# a comment",
        "#comment",
        "! comment",
        "[Adblock Plus 2.0]",
        "## heading",
        "####",
    ] {
        assert_eq!(read(line), (vec![], Ok(None)), "{line}");
    }
}

#[test]
fn hosts_lines_mean_exact_names() {
    assert_eq!(
        one("0.0.0.0 a.example.com"),
        ("a.example.com", Reach::Exact, Tone::Block)
    );
    assert_eq!(
        one("127.0.0.1\ta.example.com  # why"),
        ("a.example.com", Reach::Exact, Tone::Block)
    );
    assert_eq!(
        one(":: a.example.com"),
        ("a.example.com", Reach::Exact, Tone::Block)
    );
    let (patterns, result) = read("0.0.0.0 a.example b.example.");
    assert_eq!((patterns.len(), result), (2, Ok(None)));
}

#[test]
fn hosts_lines_of_the_machine_itself_are_counted_as_local() {
    for line in [
        "127.0.0.1 localhost",
        "::1 ip6-loopback",
        "fe80::1%lo0 localhost",
        "0.0.0.0 0.0.0.0",
    ] {
        assert_eq!(read(line), (vec![], Ok(Some(Skip::Local))), "{line}");
    }
    assert_eq!(read("192.0.2.7 a.example"), (vec![], Ok(Some(Skip::Redirect))));
}

#[test]
fn plain_names_and_wildcards_mean_subdomains() {
    assert_eq!(
        one("example.com"),
        ("example.com", Reach::Subdomains, Tone::Block)
    );
    assert_eq!(
        one("example.com."),
        ("example.com", Reach::Subdomains, Tone::Block)
    );
    assert_eq!(
        one(" example.com # comment"),
        ("example.com", Reach::Subdomains, Tone::Block)
    );
    assert_eq!(
        one("*.example.com"),
        ("example.com", Reach::Subdomains, Tone::Block)
    );
}

#[test]
fn adblock_syntax_says_reach_and_tone() {
    assert_eq!(
        one("||example.com^"),
        ("example.com", Reach::Subdomains, Tone::Block)
    );
    assert_eq!(
        one("||example.com^|"),
        ("example.com", Reach::Subdomains, Tone::Block)
    );
    assert_eq!(one("||zip^"), ("zip", Reach::Subdomains, Tone::Block));
    assert_eq!(one("|example.com^"), ("example.com", Reach::Exact, Tone::Block));
    assert_eq!(
        one("||*.example.com^"),
        ("example.com", Reach::Below, Tone::Block)
    );
    assert_eq!(
        one("@@||example.com^"),
        ("example.com", Reach::Subdomains, Tone::Except)
    );
    assert_eq!(
        one("@@|example.com^"),
        ("example.com", Reach::Exact, Tone::Except)
    );
    assert_eq!(
        one("||example.com^$important"),
        ("example.com", Reach::Subdomains, Tone::Important)
    );
    assert_eq!(
        one("||example.com^$all"),
        ("example.com", Reach::Subdomains, Tone::Block)
    );
}

#[test]
fn what_makes_no_sense_for_names_is_skipped_and_said() {
    for (line, skip) in [
        ("example.com##.banner", Skip::Cosmetic),
        ("##.banner", Skip::Cosmetic),
        ("example.com#@#.banner", Skip::Cosmetic),
        ("/^ads[0-9]+\\./", Skip::Regex),
        ("@@/^ads/", Skip::Regex),
        ("||example.com/ads/", Skip::Wildcard),
        ("||example.com^$third-party", Skip::Modifier),
        ("||example.com^$important,client=phone", Skip::Modifier),
        ("||example.com^$dnsrewrite=192.0.2.1", Skip::Redirect),
        ("||example.com/?", Skip::Wildcard),
        ("||192.0.2.7/ads.js", Skip::Wildcard),
        (",468x60;", Skip::Wildcard),
        ("$csp=worker-src 'none',domain=example.com", Skip::Modifier),
        ("||example.com.^", Skip::Wildcard),
        ("||example.com:8080^", Skip::Wildcard),
        ("&ad_box_", Skip::Wildcard),
        ("*", Skip::Wildcard),
    ] {
        assert_eq!(read(line), (vec![], Ok(Some(skip))), "{line}");
    }
}

#[test]
fn patterns_are_written_in_the_normal_form() {
    for (line, normal) in [
        ("||ads*.example.com^", "||ads*.example.com^"),
        ("ads^", "*ads^"),
        ("ads.*", "*ads.*"),
        ("||ads", "||ads*"),
        ("||example.com", "||example.com*"),
        (".example.com", "*.example.com*"),
        (".example.com^", "||*.example.com^"),
        ("://*.example.com^", "||*.example.com^"),
        ("|https://example.com^", "|example.com^"),
        ("//example.com/", "|example.com^"),
        ("||example.com/", "||example.com^"),
        ("||192.0.2.7/", "||192.0.2.7^"),
        ("||*ads.example^", "*ads.example^"),
        ("-ads-", "*-ads-*"),
        ("@@||example.com^|$important", "@@||example.com^$important"),
        ("||example.com^$dnsrewrite=NXDOMAIN;;", "||example.com^"),
        ("||example.com^$dnsrewrite=REFUSED", "||example.com^"),
        ("2001:db8::/32", "||2001:db8::/32^"),
        ("192.0.2.7:443", "||192.0.2.7:443^"),
    ] {
        let (patterns, result) = read(line);
        assert_eq!(result, Ok(None), "{line}");
        let written: Vec<String> = patterns.iter().map(ToString::to_string).collect();
        assert_eq!(written, [normal], "{line}");
        let (again, _) = read(normal);
        let again: Vec<String> = again.iter().map(ToString::to_string).collect();
        assert_eq!(again, [normal], "{line}");
    }
}

#[test]
fn addresses_are_rules_in_each_syntax() {
    for line in [
        "192.0.2.7",
        "192.0.2.0/24",
        "192.0.2.7:443",
        "2001:db8::7",
        "[2001:db8::7]:443",
        "||192.0.2.7^",
    ] {
        let (patterns, result) = read(line);
        assert_eq!(result, Ok(None), "{line}");
        assert!(
            matches!(
                patterns.as_slice(),
                [Pattern {
                    target: Target::Address(_),
                    ..
                }]
            ),
            "{line}"
        );
    }
}

#[test]
fn an_error_says_how_to_mend_the_line() {
    for (line, mend) in [
        ("example", "||example^"),
        ("https://example.com/ads", "`example.com`"),
        ("example.com/ads", "`example.com`"),
        ("exa mple.com", "one name a line"),
        ("exämple.com", "xn--"),
        ("example..com", "extra dot"),
        ("||example..com^", "extra dot"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("192.0.2.7/33", "from 0 to 32"),
        ("192.0.2.7:0", "from 1 to 65535"),
        ("0.0.0.0/0", "every address"),
        ("0.0.0.0 exa$mple.com", "letters"),
    ] {
        let (_, result) = read(line);
        let error = result.expect_err(line);
        assert!(error.contains(mend), "{line}: {error}");
    }
}

#[test]
fn no_line_panics_truncated_or_with_a_bit_turned() {
    let lines = [
        "0.0.0.0 a.example.com b.example.com # why",
        "@@||*.example.com^$important,third-party",
        "[2001:db8::7]:443",
        "192.0.2.0/24:80",
        "example.com##.banner",
        "/regex$/",
        "\u{feff}müller.example",
    ];
    for line in lines {
        for (at, _) in line.char_indices() {
            let _ = read(&line[..at]);
            let _ = read(&line[at..]);
        }
        for bit in 0..line.len() * 8 {
            let mut bytes = line.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let _ = read(&String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn rule_leaves_the_names_of_denyallow_alone() {
    let said = |line| {
        let (patterns, result) = read(line);
        let said: Vec<String> = patterns.iter().map(Pattern::to_string).collect();
        (said.join(" "), result)
    };
    assert_eq!(
        said("||a.example^$denyallow=x.a.example|b.example"),
        (
            "||a.example^ @@||x.a.example^ @@||b.example^".to_owned(),
            Ok(None)
        )
    );
    assert_eq!(
        said("||a.example^$important,denyallow=x.a.example"),
        (
            "||a.example^$important @@||x.a.example^$important".to_owned(),
            Ok(None)
        )
    );
    // Of an exception it would take a part away again.
    for line in [
        "@@||a.example^$denyallow=x.a.example",
        "||a.example^$denyallow=",
        "||a.example^$denyallow=*.x",
        "||a.example^$denyallow=192.0.2.1",
    ] {
        assert_eq!(read(line), (vec![], Ok(Some(Skip::Modifier))), "{line}");
    }
}

#[test]
fn rule_on_all_questions_for_addresses_is_one_on_the_name() {
    assert_eq!(
        one("||a.example^$dnstype=A|aaaa|HTTPS"),
        ("a.example", Reach::Subdomains, Tone::Block)
    );
    for line in [
        "||a.example^$dnstype=AAAA",
        "||a.example^$dnstype=~A|~AAAA",
        "||a.example^$client=192.168.0.1",
        "||a.example^$ctag=device_phone",
    ] {
        assert_eq!(read(line), (vec![], Ok(Some(Skip::Modifier))), "{line}");
    }
}
