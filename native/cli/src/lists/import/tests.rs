use super::*;

fn import(text: &str) -> (String, String) {
    let mut import = Import::new(Vec::new());
    let syntax = Syntax::detect(text);
    let report = import
        .read(text, syntax, Plain::default(), &mut Progress::new(None, "rules"))
        .unwrap();
    let mut said = Vec::new();
    report.write("list", syntax, &mut said).unwrap();
    (
        String::from_utf8(import.out).unwrap(),
        String::from_utf8(said).unwrap(),
    )
}

#[test]
fn each_rule_is_written_once_in_the_normal_form() {
    let (out, said) = import("||a.example^\n0.0.0.0 B.example\n||A.example^\nc.example\n||ads*.d.example^\n");
    assert_eq!(
        out,
        "||a.example^\n|b.example^\n||c.example^\n||ads*.d.example^\n"
    );
    assert!(
        said.contains("4 rules (1 exact, 2 with subdomains, 1 with wildcards), 1 said twice"),
        "{said}"
    );
}

#[test]
fn what_means_nothing_for_names_is_counted_by_kind() {
    let (_, said) = import(
        "||a.example^$third-party\n||b.example^$third-party,script\n||c.example^$dnstype=AAAA\n##.ad\n",
    );
    assert!(said.contains("narrowed by 4 lines"), "{said}");
    assert!(
        said.contains("2 rules with the modifier $third-party (first in line 1)"),
        "{said}"
    );
    assert!(
        said.contains("1 rules with the modifier $dnstype (first in line 3)"),
        "{said}"
    );
}

#[test]
fn rules_on_schemes_and_pages_are_counted_as_widened() {
    let (out, said) = import("|https://a.example^\n||b.example^$document\n||c.example^\n");
    assert_eq!(out, "|a.example^\n||b.example^\n||c.example^\n");
    assert!(said.contains("widened 2 rules"), "{said}");
}

#[test]
fn modifiers_that_make_sense_on_names_are_honoured_and_told() {
    let (out, said) = import("||a.example^$denyallow=x.a.example\n||b.example^$dnstype=A|AAAA\n");
    assert_eq!(out, "||a.example^\n@@||x.a.example^\n||b.example^\n");
    assert!(said.contains("narrowed by 1 rule with $denyallow"), "{said}");
    assert!(said.contains("widened 1 rule on"), "{said}");
    assert!(!said.contains("without a meaning"), "{said}");
    assert!(!said.contains("alone on the line"), "{said}");
}

#[test]
fn wrong_lines_are_told_with_file_and_line_and_end_nothing() {
    let (out, said) = import("||a.example^\n||b..example^\n||c.example^\n");
    assert_eq!(out, "||a.example^\n||c.example^\n");
    assert!(
        said.starts_with("list:2: `b..example` has an empty label"),
        "{said}"
    );
}

#[test]
fn normal_form_is_stable() {
    let text = "address=/a.example/\nserver=/b.a.example/#\naddress=/c.b.a.example/\n";
    let (once, _) = import(text);
    assert_eq!(import(&once).0, once);
}

#[test]
fn patterns_without_an_end_are_counted_as_widened_where_they_are_parts_of_names() {
    let (out, said) = import("*.a.example\n*b.example\n");
    assert_eq!(out, "||a.example^\n*b.example^\n");
    assert!(!said.contains("widened"), "{said}");
    let (out, said) = import("||a.example^\n*b.example\nads*.c.example\n-d.example*\n||e*.example\n");
    assert!(out.contains("*b.example*\n"), "{out}");
    assert!(said.contains("widened 2 patterns without an end"), "{said}");
}

#[test]
fn exceptions_that_are_lost_are_counted_as_widened() {
    let (_, said) = import(
        "@@||z.example^$client=foo\n@@||y.example^$dnstype=A\n@@/x/\n@@||w.example^$generichide\n||q.example^\n",
    );
    assert!(said.contains("widened by 3 exceptions"), "{said}");
    assert!(said.contains("narrowed by 1 line without"), "{said}");
}

#[test]
fn names_of_hosts_lines_do_not_stand_alone() {
    let (_, said) = import("127.0.0.1 localhost\nfe80::1%lo0 localhost\n0.0.0.0 a.example\n");
    assert!(
        said.contains("hosts syntax") && !said.contains("alone on the line"),
        "{said}"
    );
    let (_, said) = import("0.0.0.0 a.example\n||b.example^\nc.example\n");
    assert!(said.contains("1 name alone on the line"), "{said}");
}

#[test]
fn rule_sets_of_clash_and_sing_box_are_told_and_lists_are_not_taken_for_them() {
    for text in [
        "# Title: T\npayload:\n  - 'a.example'\n",
        "DOMAIN-SUFFIX,a.example\n",
        "// Title: T\n{\n  \"version\": 1,\n",
    ] {
        assert!(is_rule_set(text), "{text}");
    }
    for text in [
        "",
        "! x\n||a.example^\n",
        "-ads.\n",
        "a.example\n",
        "0.0.0.0 a.example\n",
    ] {
        assert!(!is_rule_set(text), "{text}");
    }
}
