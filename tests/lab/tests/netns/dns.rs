//! dig's questions.

use anyhow::{Result, ensure};
use lab::{Lab, Path, Plan, RESOLVER_V4, RESOLVER_V6, Record, ordinary_v4, ordinary_v6};

use crate::ensure_said;

on_both_paths!(
    dig_gets_both_addresses_over_udp,
    dig_gets_an_answer_over_tcp,
    dig_gets_an_answer_from_a_resolver_over_ipv6,
    dig_gets_an_answer_without_edns,
    dig_sees_the_https_record_as_the_resolver_sent_it,
    dig_sees_the_chain_of_aliases,
    dig_learns_that_a_name_does_not_exist,
    long_answer_is_truncated_and_then_fetched_over_tcp,
    hundred_questions_at_once_are_answered,
);

/// SvcPriority 1, TargetName ".", alpn=h2 (RFC 9460).
const HTTPS: &str = "00010000010003026832";

fn lab(path: Path) -> Result<Lab> {
    let mut records = vec![
        Record::dual("site.example", ordinary_v4(10), ordinary_v6(10)),
        Record::alias("www.site.example", "site.example"),
        Record::Raw("site.example".to_owned(), 65, HTTPS.to_owned()),
    ];
    records
        .extend((0..20).map(|n| Record::Text("long.example".to_owned(), format!("{n}-{}", "x".repeat(200)))));
    records.extend((0..100).map(|n| Record::v4(&format!("n{n}.example"), ordinary_v4(11))));
    Lab::start(Plan::new(path), &records, &[])
}

fn dig(lab: &Lab, words: &[&str]) -> Result<lab::Output> {
    let mut all = vec!["+tries=1", "+time=3"];
    all.extend(words);
    lab.phone_output("dig", &all)?.success()
}

fn dig_gets_both_addresses_over_udp(path: Path) -> Result<()> {
    let lab = lab(path)?;
    ensure_said(
        &dig(&lab, &["+short", "site.example", "A"])?,
        &ordinary_v4(10).to_string(),
    )?;
    ensure_said(
        &dig(&lab, &["+short", "site.example", "AAAA"])?,
        &ordinary_v6(10).to_string(),
    )
}

fn dig_gets_an_answer_over_tcp(path: Path) -> Result<()> {
    let lab = lab(path)?;
    let answer = dig(&lab, &["+tcp", "site.example", "A"])?;
    ensure_said(&answer, &ordinary_v4(10).to_string())?;
    ensure_said(&answer, "(TCP)")
}

fn dig_gets_an_answer_from_a_resolver_over_ipv6(path: Path) -> Result<()> {
    let (lab, at) = (lab(path)?, format!("@{RESOLVER_V6}"));
    ensure_said(
        &dig(&lab, &[&at, "site.example", "AAAA"])?,
        &ordinary_v6(10).to_string(),
    )
}

fn dig_gets_an_answer_without_edns(path: Path) -> Result<()> {
    let lab = lab(path)?;
    let without = dig(&lab, &["+noedns", "site.example"])?;
    ensure_said(&without, "status: NOERROR")?;
    ensure!(
        !without.stdout.contains("EDNS: version"),
        "an OPT record that was not asked for: {without:#?}"
    );
    ensure_said(
        &dig(&lab, &["+edns=0", "+bufsize=1232", "site.example"])?,
        "EDNS: version: 0",
    )
}

fn dig_sees_the_https_record_as_the_resolver_sent_it(path: Path) -> Result<()> {
    let lab = lab(path)?;
    ensure_said(
        &dig(&lab, &["+short", "site.example", "TYPE65"])?,
        "1 . alpn=\"h2\"",
    )
}

fn dig_sees_the_chain_of_aliases(path: Path) -> Result<()> {
    let lab = lab(path)?;
    let answer = dig(&lab, &["+short", "www.site.example"])?;
    ensure_said(&answer, "site.example.")?;
    ensure_said(&answer, &ordinary_v4(10).to_string())
}

fn dig_learns_that_a_name_does_not_exist(path: Path) -> Result<()> {
    let lab = lab(path)?;
    ensure_said(&dig(&lab, &["nowhere.example"])?, "status: NXDOMAIN")
}

fn long_answer_is_truncated_and_then_fetched_over_tcp(path: Path) -> Result<()> {
    let lab = lab(path)?;
    ensure_said(
        &dig(&lab, &["+ignore", "+bufsize=512", "long.example", "TXT"])?,
        " tc",
    )?;
    let whole = dig(&lab, &["+bufsize=512", "long.example", "TXT"])?;
    ensure_said(&whole, "ANSWER: 20")?;
    ensure_said(&whole, "(TCP)")
}

fn hundred_questions_at_once_are_answered(path: Path) -> Result<()> {
    let lab = lab(path)?;
    let names: String = (0..100).map(|n| format!("n{n}.example A\n")).collect();
    let list = lab.directory().join("names");
    std::fs::write(&list, names)?;
    // Ten digs beside each other with ten names each would also do; xargs starts them without a wait between.
    let script = format!(
        "xargs -P 20 -n 2 dig +short +tries=1 +time=3 @{RESOLVER_V4} < '{}' | grep -c '^{}$'",
        list.display(),
        ordinary_v4(11)
    );
    let count = lab.phone_output("sh", &["-c", &script])?;
    ensure!(count.stdout.trim() == "100", "answered: {count:#?}");
    Ok(())
}

#[test]
fn second_resolver_answers_while_the_first_is_silent() -> Result<()> {
    let records = [Record::v4("site.example", ordinary_v4(10))];
    let lab = Lab::start(
        Plan::new(Path::Hushwall),
        &records,
        &["--dns", &RESOLVER_V6.to_string()],
    )?;
    lab.drop_packets(RESOLVER_V4)?;
    let answer = lab.phone_output("dig", &["+short", "+tries=1", "+time=5", "site.example"])?;
    ensure!(answer.stdout.trim() == ordinary_v4(10).to_string(), "{answer:#?}");
    Ok(())
}
