use super::*;

const IN_ORDER: &str = r#"# Of whom this is.
schema = 1
title = "T"
packages = ["a.b", "c.d"]
role = "block"

[source.a]
kind = "report"
url = "https://example.com/a"  # opened by two of us

# The first.
[[rule]]
id = "a"
name = "a.example.com"
match = "exact"
sends = "S \"quoted\" # no comment."
breaks = [
    # a word on this
    { class = "feature", what = "w", sources = ["a"], counter = ["a"] },
]
status = "shipped"

[[rule]]
id = "b"
match = "subdomains"
status = "lead"
[rule.names]
cn = "b.example.com"
# in Europe
eu = "b.eu.example.com"
rus = "b.rus.example.com"
# The end.
"#;

const OUT_OF_ORDER: &str = r#"# Of whom this is.
schema=1
role = "block"
title = 'T'
packages = [ "c.d",
  "a.b" ]
[[rule]]
status = "lead"
names.rus = "b.rus.example.com"
names.cn = "b.example.com"
# in Europe
names.eu = "b.eu.example.com"
match = "subdomains"
id = "b"


# The first.
[[rule]]
name = "a.example.com"
id = "a"
match = "exact"
status = "shipped"
breaks = [
  # a word on this
  { what = "w", class = "feature", counter = ["a"], sources = ["a"] } ]
sends = "S \"quoted\" # no comment."
[source.a]
url = "https://example.com/a" # opened by two of us
kind = "report"
# The end.
"#;

#[test]
fn what_is_in_order_stays_byte_for_byte() {
    assert_eq!(fmt(IN_ORDER).unwrap(), IN_ORDER);
}

#[test]
fn keys_tables_and_rules_are_put_in_order_with_their_comments() {
    let once = fmt(OUT_OF_ORDER).unwrap();
    assert_eq!(fmt(&once).unwrap(), once, "stable under repetition");
    assert_eq!(once, IN_ORDER);
}

#[test]
fn no_file_of_ours_changes_its_meaning_or_its_comments() {
    for sheet in crate::builtin().sheets {
        let once = fmt(&sheet.text).unwrap();
        assert_eq!(fmt(&once).unwrap(), once, "{}", sheet.path);
        let sorted = |text: &str| {
            let mut value: DocumentMut = text.parse().unwrap();
            let tables = ["rule", "package"]
                .into_iter()
                .filter_map(|name| value.remove(name));
            let mut rules: Vec<String> = tables
                .flat_map(|tables| tables.into_array_of_tables().unwrap())
                .map(|table| {
                    table
                        .get("id")
                        .or_else(|| table.get("name"))
                        .unwrap()
                        .as_str()
                        .unwrap()
                        .to_owned()
                })
                .collect();
            rules.sort();
            rules
        };
        assert_eq!(sorted(&once), sorted(&sheet.text), "{}", sheet.path);
        let again = crate::Collection::new([(sheet.path.clone(), once)]);
        let rows = |rules: &[records::Rule]| {
            let mut rows: Vec<String> = rules
                .iter()
                .map(|rule| {
                    format!(
                        "{} {} {:?} {:?} {}",
                        rule.id, rule.pattern, rule.kept, rule.network, rule.what
                    )
                })
                .collect();
            rows.sort();
            rows
        };
        assert_eq!(rows(&again.sheets[0].rules), rows(&sheet.rules), "{}", sheet.path);
    }
}

#[test]
fn damaged_text_never_panics() {
    for cut in 0..OUT_OF_ORDER.len() {
        let _ = fmt(&OUT_OF_ORDER[..cut]);
        let mut flipped = OUT_OF_ORDER.as_bytes().to_vec();
        flipped[cut] ^= 0x15;
        let _ = fmt(&String::from_utf8_lossy(&flipped));
    }
}
