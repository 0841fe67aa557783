//! DNS messages as hickory reads them and as we do: what hickory takes whole, we take, and find the same in it.
//!
//! Always over the messages of `tests/fixtures/dns`; where the folder `captures/dns-fuzzing` lies beside the repository, or
//! `HUSHWALL_DNS_MESSAGES` names another file of messages behind their lengths, over these too:
//! `cargo test -p wire --test hickory -- --nocapture`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;

use hickory_proto::op::{Message, MessageType, OpCode};
use hickory_proto::rr::rdata::svcb::SvcParamValue;
use hickory_proto::rr::{DNSClass, RData};
use wire::Name;
use wire::dns::{Answer, Query};

/// Where messages of others may lie, beside the repository.
const ELSEWHERE: [&str; 2] = [
    concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../captures/dns-fuzzing/dns_fuzz.lp16"
    ),
    concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../../captures/dns-fuzzing/dns_fuzz.lp16"
    ),
];

#[derive(Debug, Default)]
struct Tally {
    questions: usize,
    answers: usize,
    /// What hickory refuses and we do not: records that we step over, sections that we do not read.
    only_ours: usize,
    different: Vec<String>,
}

impl Tally {
    fn compare(&mut self, message: &[u8]) {
        let Ok(theirs) = Message::from_vec(message) else {
            self.only_ours += usize::from(Query::parse(message).is_ok() || Answer::parse(message).is_ok());
            return;
        };
        let [asked] = &theirs.queries[..] else { return };
        if theirs.metadata.op_code != OpCode::Query {
            return;
        }
        let name = Name::from_labels(asked.name().iter());
        let same = if theirs.metadata.message_type == MessageType::Query {
            self.questions += 1;
            let (kind, class) = (u16::from(asked.query_type()), u16::from(asked.query_class()));
            match Query::parse(message) {
                Ok(ours) => (ours.name == name) && (ours.record_type.0, ours.class) == (kind, class),
                // A pointer can only point into the header, whose id changes on the way: refused on purpose.
                Err(_) => has_pointer(message),
            }
        } else {
            self.answers += 1;
            let named = has_pointer(message) || Query::answered_name(message) == Some(name);
            named && Answer::parse(message).is_ok_and(|ours| same_answer(&ours, &theirs))
        };
        if !same {
            self.different.push(hex(message));
        }
    }
}

/// Whether the name asked for is compressed.
fn has_pointer(message: &[u8]) -> bool {
    let mut at = 12;
    while let Some(&len) = message.get(at) {
        match len {
            0 => return false,
            1..=63 => at += 1 + usize::from(len),
            _ => return true,
        }
    }
    false
}

fn same_answer(ours: &Answer, theirs: &Message) -> bool {
    let (mut ips, mut names) = (BTreeSet::new(), BTreeSet::new());
    for record in theirs.answers.iter().filter(|it| it.dns_class == DNSClass::IN) {
        ips.extend(record.data.ip_addr());
        match &record.data {
            RData::CNAME(target) => _ = names.insert(Name::from_labels(target.0.iter())),
            RData::HTTPS(hickory_proto::rr::rdata::HTTPS(service)) | RData::SVCB(service) => {
                if !service.target_name.is_root() {
                    names.insert(Name::from_labels(service.target_name.iter()));
                }
                for (_, value) in &service.svc_params {
                    match value {
                        SvcParamValue::Ipv4Hint(hint) => {
                            ips.extend(hint.0.iter().map(|ip| IpAddr::from(ip.0)));
                        }
                        SvcParamValue::Ipv6Hint(hint) => {
                            ips.extend(hint.0.iter().map(|ip| IpAddr::from(ip.0)));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    let our_ips: BTreeSet<_> = ours.addresses.iter().map(|address| address.ip).collect();
    let our_names: BTreeSet<_> = ours.aliases.iter().map(|alias| alias.to.clone()).collect();
    // hickory knows no DNAME.
    our_ips == ips && our_names.is_superset(&names)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn our_own_messages_are_read_alike() {
    let text = include_str!("../../../tests/fixtures/dns/messages.tsv");
    let mut tally = Tally::default();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        tally.compare(&unhex(line.split('\t').next().unwrap()));
    }
    assert_eq!(tally.different, [] as [String; 0]);
    assert!(tally.questions > 30 && tally.answers > 30, "{tally:?}");
}

#[test]
fn messages_of_others_are_read_alike_where_they_are_here() {
    let named = std::env::var_os("HUSHWALL_DNS_MESSAGES").map(PathBuf::from);
    let mut looked = named.into_iter().chain(ELSEWHERE.map(PathBuf::from));
    let Some(file) = looked.find(|path| path.is_file()) else {
        println!("no messages of others here (captures/dns-fuzzing): nothing compared");
        return;
    };
    let bytes = std::fs::read(file).unwrap();
    let (mut tally, mut rest) = (Tally::default(), &bytes[..]);
    while let Some((len, after)) = rest.split_first_chunk::<2>() {
        let (message, after) = after.split_at(usize::from(u16::from_be_bytes(*len)));
        tally.compare(message);
        rest = after;
    }
    println!(
        "{} questions and {} answers read alike, {} differ; {} that only we take",
        tally.questions,
        tally.answers,
        tally.different.len(),
        tally.only_ours
    );
    assert_eq!(tally.different, [] as [String; 0]);
}
