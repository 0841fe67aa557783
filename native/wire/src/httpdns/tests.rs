use super::*;

/// Lines of `name address port ttl`.
fn told(body: &str, asked_for: Option<&str>) -> Vec<String> {
    let asked_for = asked_for.map(Name::from_text);
    let told = parse(body.as_bytes(), asked_for.as_ref());
    let shown = |told: &Told| {
        let port = told.port.map_or_else(|| "-".to_owned(), |port| port.to_string());
        let ttl = told.ttl.map_or_else(|| "-".to_owned(), |ttl| ttl.to_string());
        format!("{} {} {port} {ttl}", told.name, told.ip)
    };
    told.iter().map(shown).collect()
}

const GSLB: &str = r#"{"S":"Ok","R":{"province":"P","ip":"198.51.100.7","country":"C","stat-domain":"s.example",
    "wifi":{"chat.example":["192.0.2.1:5222","192.0.2.2:443"],"log.example":["192.0.2.3"]},"ttl":600}}"#;

const HOST_LIST: &str = r#"{"info":{"host_list":[{"ip":"192.0.2.4","port":8053},{"ip":"192.0.2.5","port":"443"}],"enable":1},
    "sign":"NxPN=","timestamp":"1574455630"}"#;

#[test]
fn names_are_keys_with_lists_of_addresses() {
    assert_eq!(
        told(GSLB, None),
        [
            "chat.example 192.0.2.1 5222 600",
            "chat.example 192.0.2.2 443 600",
            "log.example 192.0.2.3 - 600"
        ]
    );
    // The name in the question does not go before those in the answer, and the phone's own address is nobody's.
    assert_eq!(told(GSLB, Some("asked.example")), told(GSLB, None));
    assert_eq!(
        told(r#"{"a.example":"192.0.2.1;[2001:db8::1]:80"}"#, None),
        ["a.example 192.0.2.1 - -", "a.example 2001:db8::1 80 -"]
    );
}

#[test]
fn listed_addresses_without_a_name_are_those_of_the_question() {
    assert_eq!(
        told(HOST_LIST, Some("ot.example")),
        ["ot.example 192.0.2.4 8053 -", "ot.example 192.0.2.5 443 -"]
    );
    assert_eq!(told(HOST_LIST, None), [] as [&str; 0]);
    assert_eq!(
        told(r#"{"ip":"198.51.100.7","port":80}"#, Some("ot.example")),
        [] as [&str; 0]
    );
}

#[test]
fn a_name_may_stand_beside_its_addresses_before_or_behind_them() {
    let body = r#"[{"ips":["192.0.2.1"],"ttl":60,"host":"a.example","client_ip":"198.51.100.7"},
        {"host":"b.example","ips":["192.0.2.2","2001:db8::2"],"ttl":30},{"domain":"c.example","ip":"192.0.2.3"}]"#;
    assert_eq!(
        told(body, None),
        [
            "a.example 192.0.2.1 - 60",
            "b.example 192.0.2.2 - 30",
            "b.example 2001:db8::2 - 30",
            "c.example 192.0.2.3 - -"
        ]
    );
}

#[test]
fn plain_addresses_are_those_of_the_question() {
    assert_eq!(
        told("192.0.2.1;192.0.2.2,60\n", Some("a.example")),
        ["a.example 192.0.2.1 - 60", "a.example 192.0.2.2 - 60"]
    );
    for body in ["", "not found", "192.0.2.1;x", "<html>192.0.2.1</html>"] {
        assert_eq!(told(body, Some("a.example")), [] as [&str; 0], "{body}");
    }
    assert_eq!(told("192.0.2.1", None), [] as [&str; 0]);
}

#[test]
fn the_question_names_what_it_asks_for() {
    let name = |target: &str| asked(target.as_bytes()).map(|name| name.to_string());
    assert_eq!(
        name("/gslb?tver=2&id=277962183&dm=ot.io.mi.com&sign=nNev%3D").as_deref(),
        Some("ot.io.mi.com")
    );
    assert_eq!(name("/d?dn=a.example&ttl=1").as_deref(), Some("a.example"));
    assert_eq!(
        name("/getbucket.asp?list=a.example").as_deref(),
        Some("a.example")
    );
    assert_eq!(name("/getbucket.asp?list=a.example%2Cb.example"), None);
    assert_eq!(name("/d?dn=a.example&host=b.example"), None);
    for none in [
        "/gslb",
        "/gslb?",
        "/?dm",
        "/?dm=",
        "/?dm=1.2.3.4",
        "/?x=a.example",
    ] {
        assert_eq!(name(none), None, "{none}");
    }
}

#[test]
fn an_answer_cut_off_anywhere_tells_a_part_of_the_whole() {
    for (body, asked_for) in [(GSLB, None), (HOST_LIST, Some("ot.example"))] {
        let whole = told(body, asked_for).len();
        let mut before = 0;
        for len in 0..=body.len() {
            let part = told(&body[..len], asked_for).len();
            assert!(before <= part && part <= whole, "{len}");
            before = part;
        }
    }
}

#[test]
fn flipped_bytes_are_harmless() {
    for body in [GSLB, HOST_LIST, "192.0.2.1;192.0.2.2,60"] {
        for at in 0..body.len() {
            for mask in 1..=u8::MAX {
                let mut flipped = body.as_bytes().to_vec();
                flipped[at] ^= mask;
                assert!(parse(&flipped, Some(&Name::from_text("a.b"))).len() <= MAX_ADDRESSES);
            }
        }
    }
}

#[test]
fn what_an_answer_tells_is_bounded_and_so_is_its_nesting() {
    let many: Vec<String> = (0..1_000)
        .map(|i| format!("\"192.0.{}.{}\"", i / 250, i % 250))
        .collect();
    let body = format!("{{\"a.example\":[{}]}}", many.join(","));
    assert_eq!(told(&body, None).len(), MAX_ADDRESSES);
    let joined = format!("{{\"a.example\":\"{}\"}}", many.join(",").replace('"', ""));
    assert!(told(&joined, None).len() <= MAX_ADDRESSES);
    let deep = format!("{}\"192.0.2.1\"", "[".repeat(100_000));
    assert_eq!(told(&deep, Some("a.example")), [] as [&str; 0]);
}
