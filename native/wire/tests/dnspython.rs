//! DNS messages as dnspython reads them and as we do: `tests/fixtures/dns/record.py` made the messages and wrote down what
//! dnspython says. What it takes, we take, and find the same in it.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::net::IpAddr;

use wire::Name;
use wire::dns::{Answer, Query};

const MESSAGES: &str = include_str!("../../../tests/fixtures/dns/messages.tsv");

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// A name whose labels are in hexadecimal with a dot behind each; the root's is empty.
fn name(text: &str) -> Name {
    let labels: Vec<_> = text
        .split('.')
        .filter(|label| !label.is_empty())
        .map(unhex)
        .collect();
    Name::from_labels(labels.iter().map(Vec::as_slice))
}

fn many(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|one| !one.is_empty())
}

#[test]
fn what_dnspython_takes_is_read_alike() {
    let (mut questions, mut answers) = (0, 0);
    for line in MESSAGES.lines().filter(|line| !line.starts_with('#')) {
        let [
            message,
            outcome,
            qr,
            opcode,
            labels,
            kind,
            class,
            addresses,
            names,
        ] = line.split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("nine columns: {line}")
        };
        let message = unhex(message);
        if outcome != "ok" || opcode != "0" || kind.is_empty() {
            continue;
        }
        if qr == "0" {
            questions += 1;
            match Query::parse(&message) {
                Ok(ours) => {
                    assert_eq!(ours.name, name(labels), "{line}");
                    assert_eq!(
                        (ours.record_type.0.to_string(), ours.class.to_string()),
                        (kind.to_owned(), class.to_owned()),
                        "{line}"
                    );
                }
                Err(error) => panic!("{error}: {line}"),
            }
            continue;
        }
        answers += 1;
        let ours = Answer::parse(&message).unwrap_or_else(|error| panic!("{error}: {line}"));
        let theirs: BTreeSet<IpAddr> = many(addresses).map(|ip| ip.parse().unwrap()).collect();
        let our_ips: BTreeSet<IpAddr> = ours.addresses.iter().map(|address| address.ip).collect();
        assert_eq!(our_ips, theirs, "{line}");
        let theirs: BTreeSet<Name> = many(names).map(name).collect();
        let our_names: BTreeSet<Name> = ours.aliases.iter().map(|alias| alias.to.clone()).collect();
        assert_eq!(our_names, theirs, "{line}");
    }
    assert!(questions > 30 && answers > 30, "{questions} {answers}");
}

#[test]
fn what_dnspython_calls_a_bad_name_is_no_question_of_ours() {
    let mut refused = 0;
    for line in MESSAGES.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<_> = line.split('\t').collect();
        let message = unhex(columns[0]);
        let is_question = message.len() >= 12 && message[2] & 0x80 == 0;
        if is_question
            && matches!(
                columns[1],
                "NameTooLong" | "BadLabelType" | "BadPointer" | "ShortHeader"
            )
        {
            refused += 1;
            assert!(Query::parse(&message).is_err(), "{line}");
        }
    }
    assert!(refused > 10, "{refused}");
}
