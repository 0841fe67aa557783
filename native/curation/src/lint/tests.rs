use super::*;

const HEAD: &str = r#"schema = 1
title = "T"
about = "A."
role = "ROLE"
function = "usage"

[source.a]
kind = "report"
url = "https://example.com/a"
tried = true
read = "2026-11-20"
says = "S."
"#;

fn block(name: &str, reach: &str) -> String {
    record("a", name, reach, "shipped").replace("WORDS", "sends = \"S.\"\nbreaks = \"none\"")
}

fn record(id: &str, name: &str, reach: &str, status: &str) -> String {
    format!(
        "\n[[rule]]\nid = \"{id}\"\nname = \"{name}\"\nmatch = \"{reach}\"\nWORDS\nevidence = [\"a\"]\nnote = \"N.\"\nstatus = \"{status}\"\n"
    )
}

fn file(name: &str, role: &str, records: &str) -> (String, String) {
    let words = match role {
        "block" => "sends = \"S.\"\nbreaks = \"none\"",
        _ => "why = \"W.\"",
    };
    let text = HEAD.replace("ROLE", role) + &records.replace("WORDS", words);
    let text = if role == "block" {
        text
    } else {
        text.replace("function = \"usage\"\n", "")
    };
    (format!("blocklists/{name}.toml"), text)
}

fn codes(files: impl IntoIterator<Item = (String, String)>) -> Vec<&'static str> {
    lint(&Collection::new(files))
        .into_iter()
        .map(|found| found.code)
        .collect()
}

fn of_name(name: &str) -> Vec<&'static str> {
    codes([file("x", "block", &block(name, "exact"))])
}

#[test]
fn a_sound_file_has_no_findings() {
    let found = lint(&Collection::new([file(
        "x",
        "block",
        &block("data.mistat.xiaomi.com", "subdomains"),
    )]));
    assert_eq!(found, []);
}

#[test]
fn a_package_is_known_to_the_table_and_its_switch_to_the_features() {
    let table = HEAD
        .replace("ROLE", "package")
        .replace("function = \"usage\"\n", "")
        + "\n[[package]]\nname = \"com.miui.player\"\ntitle = \"P\"\nwhat = \"W.\"\nFEATUREtunnel = \"on\"\nevidence = [\"a\"]\n";
    let table = |feature: &str| {
        (
            "blocklists/packages.toml".to_owned(),
            table.replace("FEATURE", feature),
        )
    };
    let (path, text) = file("x", "block", &block("data.mistat.xiaomi.com", "exact"));
    let of = |package: &str| {
        let packages = format!("packages = [\"{package}\"]\nrole");
        (path.clone(), text.replacen("role", &packages, 1))
    };
    let (music, switch) = (
        "feature = \"music\"\n",
        "[feature.music]\nwhat = \"I use it.\"\n\n[source.a]",
    );
    let mut features = file(
        "features",
        "feature",
        &record("b", "music.xiaomi.com", "exact", "shipped"),
    );
    features.1 = features
        .1
        .replace("[source.a]", switch)
        .replace("match = \"exact\"\n", "match = \"exact\"\nfeature = \"music\"\n");
    assert_eq!(
        codes([table(music), features.clone(), of("com.miui.player")]),
        [] as [&str; 0]
    );
    assert_eq!(codes([table(""), of("com.miui.playr")]), ["package"]);
    assert_eq!(codes([table("feature = \"musik\"\n"), features]), ["package"]);
    assert_eq!(
        codes([of("com.miui.playr")]),
        [] as [&str; 0],
        "without a table, nothing is said"
    );
}

#[test]
fn our_own_files_have_no_errors() {
    let found = lint(&crate::builtin());
    let errors: Vec<_> = found
        .into_iter()
        .filter(|found| found.level == Level::Error)
        .collect();
    assert_eq!(errors, []);
}

#[test]
fn known_slips_of_public_lists_are_found() {
    assert_eq!(of_name("weatherapi.market.xioami.com"), ["typo"]);
    assert_eq!(of_name("sdkconfig.ad.xiaomi.coma.stat.xiaomi.com"), ["joined"]);
    assert_eq!(of_name("xiaomi.coma.stat.xiaomi.com"), ["joined"]);
    assert_eq!(of_name("data.mistat.xiaomi.comtracking.miui.com"), ["joined"]);
    assert_eq!(of_name("tracking.miui.com.data.mistat.xiaomi.com"), ["joined"]);
    assert_eq!(of_name("a.stat.xiaom.com"), ["typo"]);
    assert_eq!(of_name("a.miiu.com"), ["typo"]);
    assert_eq!(of_name("a.miuii.com"), ["typo"]);
    assert_eq!(of_name("a.stat.xiaomii.com"), ["typo"]);
}

#[test]
fn honest_neighbours_of_vendor_names_are_no_typos() {
    for name in [
        "a.me.com",
        "data.mi-global.com",
        "a.xiaomi.com.cn",
        "mipush.com",
        "stats.huami.com",
    ] {
        assert_eq!(of_name(name), [""; 0], "{name}");
    }
}

#[test]
fn names_that_belong_to_others_are_refused() {
    for (name, code) in [
        ("co.uk", "suffix"),
        ("tracking.example.notatld", "suffix"),
        ("stat.local", "suffix"),
        ("xiaomi.com", "vendor-root"),
        ("intl.xiaomi.com", "vendor-root"),
        ("d3f9x.cloudfront.net", "shared"),
        ("lb-1.ap-southeast-1.elb.amazonaws.com", "shared"),
        ("staging.ad.xiaomi.com", "internal"),
        ("data-test.mistat.xiaomi.com", "internal"),
        ("xn--999999999.xiaomi.com", "idna"),
        ("ab--cd.xiaomi.com", "idna"),
    ] {
        assert!(of_name(name).contains(&code), "{name}: {:?}", of_name(name));
    }
    assert!(of_name("трек.xiaomi.com").contains(&"name"));
    assert!(of_name("a..xiaomi.com").contains(&"name"));
    assert!(of_name("-a.xiaomi.com").contains(&"name"));
}

#[test]
fn a_parent_that_would_swallow_an_essential_name_is_refused_in_any_preset() {
    for breaks in [
        "\"none\"",
        "\"unknown\"",
        "[\n    { class = \"safety\", what = \"w\", sources = [\"a\"] },\n]",
    ] {
        let parent = block("micloud.xiaomi.net", "subdomains").replace("\"none\"", breaks);
        let kept = file(
            "kept",
            "essential",
            &record("e", "find.micloud.xiaomi.net", "exact", "shipped"),
        );
        let found = lint(&Collection::new([file("x", "block", &parent), kept]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (found[0].code, found[0].path.as_str()),
            ("swallows", "blocklists/x.toml")
        );
        assert_eq!(found[0].line, 16);
    }
}

#[test]
fn an_essential_parent_that_would_hide_a_block_is_refused() {
    let kept = file(
        "kept",
        "essential",
        &record("e", "micloud.xiaomi.net", "subdomains", "shipped"),
    );
    let found = codes([
        file("x", "block", &block("stat.micloud.xiaomi.net", "exact")),
        kept,
    ]);
    assert_eq!(found, ["swallows"]);
}

#[test]
fn a_block_of_an_address_that_is_kept_free_is_refused() {
    let on = |role, address: &str, ports: &str| {
        let name = record("r", "NAME", "exact", "shipped");
        let words = format!("address = \"{address}\"\n{ports}");
        file(
            role,
            role,
            &name.replace("name = \"NAME\"\nmatch = \"exact\"\n", &words),
        )
    };
    let both = |address, ports| {
        codes([
            on("block", address, ports),
            on("essential", "9.8.7.7", "ports = [443]\n"),
        ])
    };
    assert_eq!(both("9.8.7.0/24", ""), ["swallows"]);
    assert_eq!(both("9.8.7.0/24", "ports = [443]\n"), ["swallows"]);
    assert_eq!(both("9.8.7.0/24", "ports = [80]\n"), [""; 0]);
    assert_eq!(both("9.8.6.0/24", ""), [""; 0]);
    assert_eq!(both("2a00:db8::/32", ""), [""; 0]);
}

#[test]
fn duplicates_redundant_entries_and_returning_names_are_found() {
    let both = |second: String| {
        codes([file(
            "x",
            "block",
            &(block("a.ad.xiaomi.com", "subdomains") + &second),
        )])
    };
    assert_eq!(
        both(record("b", "a.ad.xiaomi.com", "exact", "shipped")),
        ["duplicate"]
    );
    assert_eq!(
        both(record("b", "b.a.ad.xiaomi.com", "exact", "shipped")),
        ["redundant"]
    );
    assert_eq!(
        both(record("b", "b.a.ad.xiaomi.com", "exact", "retired")),
        [""; 0]
    );
    assert_eq!(
        both(record("b", "a.ad.xiaomi.com", "exact", "retired")),
        ["retired"]
    );
    assert_eq!(both(record("a", "c.ad.xiaomi.com", "exact", "shipped")), ["id"]);
}

#[test]
fn one_full_id_for_two_rules_is_found() {
    let siblings = |key: &str| {
        block("a.ad.xiaomi.com", "exact").replace(
            "name = \"a.ad.xiaomi.com\"",
            &format!("names = {{ {key} = \"a.ad.xiaomi.com\", z = \"z.ad.xiaomi.com\" }}"),
        )
    };
    let beside = record("a-b", "b.ad.xiaomi.com", "exact", "shipped");
    let found = lint(&Collection::new([file("x", "block", &(siblings("b") + &beside))]));
    let [only] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((only.code, only.line), ("id", 25));
    assert!(
        only.mend.contains("line 15 ") && only.mend.contains("`x/a-b`"),
        "{}",
        only.mend
    );
    assert_eq!(codes([file("x", "block", &(siblings("c") + &beside))]), [""; 0]);
    // Another file is another id.
    let other = beside.replace("b.ad", "c.ad");
    let two = [file("x", "block", &siblings("b")), file("y", "block", &other)];
    assert_eq!(codes(two), [""; 0]);
}

#[test]
fn an_endpoint_and_a_rule_have_ids_of_their_own() {
    let endpoint = |id: &str| {
        format!(
            "\n[[endpoint]]\nid = \"{id}\"\nspeaks = \"dns\"\naddresses = [\"114.114.114.114\"]\nports = [53]\n\
             what = \"W.\"\nevidence = [\"a\"]\nstatus = \"shipped\"\n"
        )
    };
    let both = |id: &str| {
        codes([file(
            "x",
            "block",
            &(endpoint(id) + &block("a.ad.xiaomi.com", "exact")),
        )])
    };
    assert_eq!(both("a"), ["id"]);
    assert_eq!(both("b"), [""; 0]);
}

#[test]
fn a_rule_in_force_where_its_parent_is_not_is_kept() {
    let parent = record("p", "ad.xiaomi.com", "subdomains", "shipped")
        .replace("WORDS", "sends = \"S.\"\nbreaks = \"unknown\"");
    assert_eq!(
        codes([file("x", "block", &(block("a.ad.xiaomi.com", "exact") + &parent))]),
        [""; 0]
    );
}

#[test]
fn a_parent_in_a_milder_preset_than_what_is_beneath_it_is_found() {
    let found = |status: &str| {
        let child = record("c", "b.a.ad.xiaomi.com", "exact", status)
            .replace("WORDS", "sends = \"S.\"\nbreaks = \"unknown\"");
        let files = [file(
            "x",
            "block",
            &(block("a.ad.xiaomi.com", "subdomains") + &child),
        )];
        let found = lint(&Collection::new(files)).into_iter();
        found
            .map(|found| (found.code, found.level, found.line, found.mend))
            .collect::<Vec<_>>()
    };
    let [(code, level, line, mend)] = &found("shipped")[..] else {
        panic!("{:?}", found("shipped"))
    };
    assert_eq!((*code, *level, *line), ("swallows", Level::Error, 16));
    for piece in ["x/a", "x/c", "`b.a.ad.xiaomi.com`", "nothing-breaks", "balanced"] {
        assert!(mend.contains(piece), "{piece}: {mend}");
    }
    let of_lead: Vec<_> = found("lead")
        .into_iter()
        .map(|found| (found.0, found.1))
        .collect();
    assert_eq!(of_lead, [("swallows", Level::Advice)]);
    assert_eq!(found("retired"), []);
}

#[test]
fn evidence_that_nobody_can_open_is_refused() {
    let with = |kind: &str, url: &str| {
        let (path, text) = file("x", "block", &block("a.ad.xiaomi.com", "exact"));
        let text = text.replace("kind = \"report\"", &format!("kind = \"{kind}\""));
        codes([(path, text.replace("https://example.com/a", url))])
    };
    assert_eq!(with("report", "http://example.com/a"), ["source"]);
    assert_eq!(
        with(
            "code",
            "https://play.google.com/store/apps/details?id=com.mi.android"
        ),
        ["source"]
    );
    assert_eq!(with("code", "https://github.com/"), ["source"]);
    assert_eq!(with("report", "store:69072108932"), ["source"]);
    assert_eq!(with("capture", "https://10.0.0.1/a"), ["source"]);
    assert_eq!(with("code", "https://www.example.com"), ["source"]);
    assert_eq!(with("code", "https://example.com/68701937247"), ["source"]);
}

#[test]
fn a_list_that_does_not_count_counts_from_no_address() {
    let with = |kind: &str, url: &str| {
        let (path, text) = file("x", "block", &block("a.ad.xiaomi.com", "exact"));
        let text = text.replace("kind = \"report\"", &format!("kind = \"{kind}\""));
        let lineage = format!("{url}\"\nlineage = \"x");
        codes([(path, text.replace("https://example.com/a", &lineage))])
    };
    let list = "hagezi/dns-blocklists";
    for url in [
        format!("https://github.com/{list}/blob/main/x"),
        format!("https://raw.githubusercontent.com/{list}/main/x"),
        format!("https://cdn.jsdelivr.net/gh/{list}@latest/x"),
        format!("https://gitlab.com/{list}/-/raw/main/x"),
    ] {
        assert!(with("listed", &url).contains(&"lineage"), "{url}");
        assert_eq!(with("report", &url), ["lineage"], "{url}");
    }
    assert_eq!(
        with("report", &format!("https://github.com/{list}/issues/1")),
        [""; 0]
    );
    assert!(with("listed", "https://github.com/a/b/blob/master/hosts").contains(&"lineage"));
}

#[test]
fn a_source_was_read_on_a_day_of_the_calendar_that_has_been() {
    let findings = |old: &str, new: &str| {
        let (path, text) = file("x", "block", &block("a.ad.xiaomi.com", "exact"));
        let found = lint(&Collection::new([(path, text.replacen(old, new, 1))]));
        let found = found.into_iter();
        found.map(|found| (found.code, found.level)).collect::<Vec<_>>()
    };
    let read = |day: &str| findings("2026-11-20", day);
    assert_eq!(read("2026-02-31"), [("date", Level::Error)]);
    assert_eq!(read("2099-01-01"), [("date", Level::Error)]);
    assert_eq!(read("2024-02-29"), []);
    assert_eq!(
        findings("read = \"2026-11-20\"\n", ""),
        [("source", Level::Advice)]
    );
    assert_eq!(findings("says = \"S.\"\n", ""), [("source", Level::Advice)]);
    assert_eq!(findings("tried = true\n", ""), [("evidence", Level::Error)]);
    let seen = |month: &str| findings("read = ", &format!("seen = \"{month}\"\nread = "));
    assert_eq!(seen("2021-13"), [("date", Level::Error)]);
    assert_eq!(seen("2021-12"), []);
}

#[test]
fn missing_evidence_and_unsorted_files_are_told_with_their_line() {
    let (path, text) = file(
        "x",
        "block",
        &(block("a.ad.xiaomi.com", "exact").replace("[\"a\"]", "[\"b\"]")),
    );
    let found = lint(&Collection::new([(path, text)]));
    assert!(
        found
            .iter()
            .any(|found| found.code == "evidence" && found.line == 15),
        "{found:?}"
    );
    let two = record("b", "b.ad.xiaomi.com", "exact", "shipped")
        + &record("a", "a.ad.xiaomi.com", "exact", "shipped");
    let found = lint(&Collection::new([file("x", "block", &two)]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].code, found[0].line), ("unsorted", 15));
}

#[test]
fn reports_say_the_same_to_people_and_machines() {
    let found = vec![Finding {
        path: "blocklists/a,b.toml".into(),
        line: 7,
        level: Level::Error,
        code: "typo",
        mend: "50 %\nof it".into(),
    }];
    let write = |report| {
        let mut out = Vec::new();
        write_report(&mut out, report, &found).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_eq!(
        write(Report::Github),
        "::error file=blocklists/a%2Cb.toml,line=7,title=typo::50 %25%0Aof it\n"
    );
    let sarif: serde_json::Value = serde_json::from_str(&write(Report::Sarif)).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(
        result["locations"][0]["physicalLocation"]["region"]["startLine"],
        7
    );
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"], "typo");
    assert!(write(Report::Text).starts_with("blocklists/a,b.toml:7: error[typo]: "));
    assert!(write(Report::Json).contains("\"level\":\"error\""));
}

#[test]
fn a_text_of_strangers_does_not_steer_the_terminal() {
    let found = [Finding {
        path: "a.txt".into(),
        line: 1,
        level: Level::Error,
        code: "syntax",
        mend: "`a\u{1b}[31mred\u{202e}.com` is no name".into(),
    }];
    for report in [Report::Text, Report::Github] {
        let mut out = Vec::new();
        write_report(&mut out, report, &found).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains("`a\\u{1b}[31mred\\u{202e}.com`"), "{out}");
    }
}

#[test]
fn a_file_on_its_own_is_held_against_the_others() {
    let others = Collection::new([
        file(
            "essential",
            "essential",
            &record("e", "find.api.micloud.xiaomi.net", "exact", "shipped"),
        ),
        file("x", "block", &block("micloud.xiaomi.net", "subdomains")),
        file("typo", "block", &block("a.xioami.com", "exact")),
    ]);
    let beside = |file| -> Vec<(String, &str)> {
        let found = lint_beside(&Collection::new([file]), &others);
        found.into_iter().map(|found| (found.path, found.code)).collect()
    };
    let (_, text) = file("y", "block", &block("micloud.xiaomi.net", "subdomains"));
    let found = beside(("rec/y.toml".into(), text));
    let in_y = |code| found.contains(&("rec/y.toml".to_owned(), code));
    assert!(in_y("swallows") && in_y("duplicate"), "{found:?}");
    // What is wrong in the others in any case is not this file's.
    assert!(found.iter().all(|(_, code)| *code != "typo"), "{found:?}");
    // The file that is given stands for the one of its name that lies there.
    let (_, text) = file("x", "block", &block("data.mistat.xiaomi.com", "exact"));
    assert_eq!(beside(("rec/x.toml".into(), text)), []);
}

#[test]
fn damaged_files_never_panic() {
    let (path, text) = file("x", "block", &block("a.ad.xiaomi.com", "subdomains"));
    for at in 0..text.len() {
        let _ = codes([(path.clone(), text[..at].to_owned())]);
        let mut flipped = text.clone().into_bytes();
        flipped[at] ^= 0x02;
        let _ = codes([(path.clone(), String::from_utf8_lossy(&flipped).into_owned())]);
    }
}

#[test]
fn a_question_of_the_draft_is_a_line_and_no_part_of_an_address() {
    let (path, text) = file("x", "block", &block("data.mistat.xiaomi.com", "subdomains"));
    let cited = text.replace("https://example.com/a", "https://example.com/page.html#?q=mistat");
    assert_eq!(codes([(path.clone(), cited)]), [""; 0]);
    let left = text.replace("\n[[rule]]", "\n  #? Who calls it?\n[[rule]]");
    assert!(codes([(path, left)]).contains(&"draft"));
}

#[test]
fn one_address_in_two_spellings_is_found_and_one_within_a_network() {
    let found = |a: &str, b: &str| {
        let [a, b] = [("a", a), ("b", b)].map(|(id, name)| {
            let key = format!("name = \"{name}\"\nmatch = \"exact\"");
            let address = format!("addresses = {{ a = \"{name}\" }}\nports = [80]");
            record(id, name, "exact", "shipped").replace(&key, &address)
        });
        codes([file("x", "block", &(a + &b))])
    };
    for (a, b, code) in [
        ("47.241.10.9", "47.241.10.9/32", Some("duplicate")),
        ("2409:8000::9", "2409:8000:0::0009", Some("duplicate")),
        ("47.241.10.0/24", "47.241.10.9", Some("redundant")),
        ("47.241.10.9", "47.241.11.9", None),
    ] {
        let found = found(a, b);
        let is_said = |code: &&str| ["duplicate", "redundant"].contains(code);
        assert_eq!(found.iter().copied().find(is_said), code, "{a} {b}: {found:?}");
    }
}
