use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use hickory_proto::op::{Edns, Message, OpCode, ResponseCode};
use hickory_proto::rr::rdata::svcb::{SVCB, SvcParamKey, SvcParamValue};
use hickory_proto::rr::rdata::{CNAME, HTTPS, NULL, TXT};
use hickory_proto::rr::{RData, Record};

use super::*;
use crate::dns::{Query, Reply, cap_ttl, emit_error, emit_reply, is_truncated, matches_question};

fn labels(name: &str) -> Labels {
    Labels::from_ascii(name).unwrap()
}

fn question(name: &str, record_type: Type, edns: bool) -> (Vec<u8>, Query) {
    let mut message = Message::new(0x1234, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Question::query(labels(name), record_type));
    if edns {
        let mut edns = Edns::new();
        edns.set_max_payload(4096).set_dnssec_ok(true);
        message.set_edns(edns);
    }
    let bytes = message.to_vec().unwrap();
    let query = Query::parse(&bytes).unwrap();
    (bytes, query)
}

fn response(name: &str, record_type: Type, answers: Vec<Record>) -> Message {
    let mut message = Message::new(0x1234, MessageType::Response, OpCode::Query);
    message.add_query(Question::query(labels(name), record_type));
    message.add_answers(answers);
    message
}

fn a(name: &str, last: u8) -> Record {
    Record::from_rdata(labels(name), 300, RData::A(A::new(192, 0, 2, last)))
}

fn cname(from: &str, to: &str) -> Record {
    Record::from_rdata(labels(from), 300, RData::CNAME(CNAME(labels(to))))
}

fn https(from: &str, to: &str, params: Vec<(SvcParamKey, SvcParamValue)>) -> Record {
    Record::from_rdata(
        labels(from),
        300,
        RData::HTTPS(HTTPS(SVCB::new(1, labels(to), params))),
    )
}

fn hints() -> Vec<(SvcParamKey, SvcParamValue)> {
    let v4 = IpHint(vec![A::new(192, 0, 2, 7), A::new(192, 0, 2, 8)]);
    let v6 = IpHint(vec![AAAA(Ipv6Addr::from_str("2001:db8::7").unwrap())]);
    vec![
        (SvcParamKey::Ipv4Hint, SvcParamValue::Ipv4Hint(v4)),
        (SvcParamKey::Ipv6Hint, SvcParamValue::Ipv6Hint(v6)),
    ]
}

fn full_answer() -> Vec<u8> {
    let mut message = response(
        "www.example.com.",
        Type::A,
        vec![
            cname("www.example.com.", "edge.cdn.net."),
            Record::from_rdata(
                labels("cdn.net."),
                300,
                RData::Unknown {
                    code: Type::DNAME,
                    rdata: NULL::with(b"\x05cloud\x03net\0".to_vec()),
                },
            ),
            a("edge.cdn.net.", 1),
            Record::from_rdata(
                labels("edge.cdn.net."),
                60,
                RData::AAAA(AAAA::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
            ),
            https("www.example.com.", "svc.example.net.", hints()),
            Record::from_rdata(
                labels("www.example.com."),
                60,
                RData::TXT(TXT::new(vec!["x".to_owned()])),
            ),
        ],
    );
    message.set_edns(Edns::new());
    message.to_vec().unwrap()
}

#[test]
fn aliases_targets_addresses_and_hints_are_read_in_order() {
    let answer = Answer::parse(&full_answer()).unwrap();
    let aliases: Vec<_> = answer
        .aliases
        .iter()
        .map(|alias| (alias.from.as_str(), alias.to.as_str(), alias.service))
        .collect();
    assert_eq!(
        aliases,
        [
            ("www.example.com", "edge.cdn.net", false),
            ("cdn.net", "cloud.net", false),
            ("www.example.com", "svc.example.net", true),
        ]
    );
    let addresses: Vec<_> = answer
        .addresses
        .iter()
        .map(|address| (address.name.as_str(), address.ip.to_string(), address.ttl))
        .collect();
    assert_eq!(
        addresses,
        [
            ("edge.cdn.net", "192.0.2.1".to_owned(), 300),
            ("edge.cdn.net", "2001:db8::1".to_owned(), 60),
            ("svc.example.net", "192.0.2.7".to_owned(), 300),
            ("svc.example.net", "192.0.2.8".to_owned(), 300),
            ("svc.example.net", "2001:db8::7".to_owned(), 300),
        ]
    );
    assert_eq!((answer.rcode, answer.truncated), (0, false));
}

#[test]
fn service_target_dot_is_the_owner_and_no_alias() {
    let bytes = response("a.example.", Type::HTTPS, vec![https("a.example.", ".", hints())])
        .to_vec()
        .unwrap();
    let answer = Answer::parse(&bytes).unwrap();
    assert_eq!(answer.aliases, []);
    assert!(
        answer
            .addresses
            .iter()
            .all(|address| address.name.as_str() == "a.example")
    );
    assert_eq!(answer.addresses.len(), 3);
}

#[test]
fn odd_records_beside_the_address_are_stepped_over() {
    let odd = |code: u16, data: &[u8]| {
        let rdata = RData::Unknown {
            code: Type::from(code),
            rdata: NULL::with(data.to_vec()),
        };
        Record::from_rdata(labels("a.example."), 300, rdata)
    };
    // TXT whose string overruns, CAA of one octet, OPT outside its section, an unassigned type.
    let records = vec![
        odd(16, b"\xffx"),
        odd(257, b"\x00"),
        odd(41, b"\0\0\0\0"),
        odd(65_399, b"?"),
        a("a.example.", 9),
    ];
    let bytes = response("a.example.", Type::A, records).to_vec().unwrap();
    assert!(
        Message::from_vec(&bytes).is_err(),
        "hickory refuses the message as a whole"
    );
    assert_eq!(
        Answer::parse(&bytes).unwrap().addresses[0].ip,
        IpAddr::from(Ipv4Addr::new(192, 0, 2, 9))
    );
}

#[test]
fn odd_service_parameter_does_not_hide_the_target() {
    // Parameters are to be sorted by their keys (RFC 9460 section 2.2); a port (3) has two octets.
    let mut data = b"\0\x01\x01t\x07example\0\0\x04\0\x04\xc0\0\x02\x09\0\x03\0\x03\0\0\0".to_vec();
    data.extend_from_slice(b"\0\x06\0\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01");
    let rdata = RData::Unknown {
        code: Type::HTTPS,
        rdata: NULL::with(data),
    };
    let record = Record::from_rdata(labels("a.example."), 300, rdata);
    let bytes = response("a.example.", Type::HTTPS, vec![record])
        .to_vec()
        .unwrap();
    assert!(
        Message::from_vec(&bytes).is_err(),
        "hickory refuses the message as a whole"
    );
    let answer = Answer::parse(&bytes).unwrap();
    assert_eq!(answer.aliases[0].to.as_str(), "t.example");
    assert_eq!(answer.addresses.len(), 2);
}

#[test]
fn address_record_of_the_wrong_length_cannot_be_judged() {
    let bad = RData::Unknown {
        code: Type::A,
        rdata: NULL::with(vec![1, 2, 3, 4, 5]),
    };
    let bytes = response(
        "a.example.",
        Type::A,
        vec![Record::from_rdata(labels("a.example."), 1, bad)],
    )
    .to_vec()
    .unwrap();
    assert_eq!(Answer::parse(&bytes), Err(Malformed::Length));
}

#[test]
fn question_is_no_answer() {
    let (bytes, _) = question("a.example.", Type::A, true);
    assert_eq!(Answer::parse(&bytes), Err(Malformed::Field));
}

#[test]
fn answer_cut_before_its_last_record_ends_cannot_be_judged() {
    let bytes = full_answer();
    // The OPT record of 11 octets lies behind the answer section, which alone is read.
    for len in 0..bytes.len() - 11 {
        assert!(Answer::parse(&bytes[..len]).is_err(), "{len} of {}", bytes.len());
    }
}

#[test]
fn answer_with_any_bit_flipped_is_read_or_refused() {
    let mut bytes = full_answer();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let _ = Answer::parse(&bytes);
        let _ = cap_ttl(&mut bytes.clone(), 5);
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn readable_answer_says_what_hickory_says() {
    let mut bytes = full_answer();
    for bit in 12 * 8..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let (Ok(answer), Ok(oracle)) = (Answer::parse(&bytes), Message::from_vec(&bytes)) {
            let plain = |record: &&Record| u16::from(record.dns_class) == IN;
            let ips: Vec<IpAddr> = oracle
                .answers
                .iter()
                .filter(plain)
                .filter_map(|record| record.data.ip_addr())
                .collect();
            assert!(
                ips.iter()
                    .all(|ip| answer.addresses.iter().any(|address| address.ip == *ip))
            );
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

/// Checks what every reply has in common and returns it as hickory reads it.
fn reply(name: &str, record_type: Type, edns: bool, reply: Reply) -> Message {
    let (asked, query) = question(name, record_type, edns);
    let bytes = emit_reply(&asked, &query, reply);
    assert_eq!(bytes[..2], asked[..2], "id");
    assert_eq!(
        bytes[query.question.clone()],
        asked[query.question.clone()],
        "question, in its own case"
    );
    assert!(matches_question(&bytes, &asked[query.question]));
    assert_eq!(is_truncated(&bytes), reply == Reply::Truncated);
    let message = Message::from_vec(&bytes).unwrap();
    assert_eq!(message.metadata.message_type, MessageType::Response);
    assert!(message.metadata.recursion_desired && message.metadata.recursion_available);
    assert!(!message.metadata.authoritative);
    assert_eq!(message.edns.is_some(), edns);
    if let Some(edns) = &message.edns {
        assert_eq!(
            (edns.max_payload(), edns.version(), edns.flags().dnssec_ok),
            (1232, 0, true)
        );
    }
    assert!(message.additionals.is_empty());
    message
}

fn assert_no_data(message: &Message, ttl: u32) {
    assert_eq!(message.answers, []);
    let [soa] = &message.authorities[..] else {
        panic!("one SOA in the authority section")
    };
    let RData::SOA(data) = &soa.data else {
        panic!("an SOA")
    };
    assert_eq!((soa.ttl, data.minimum), (ttl, ttl));
    assert_eq!(soa.name, *message.queries[0].name());
}

#[test]
fn zero_address_answers_a_and_aaaa_and_nodata_the_rest() {
    for edns in [false, true] {
        let message = reply("BLOCKED.example.", Type::A, edns, Reply::ZeroAddress { ttl: 10 });
        assert_eq!(message.answers.len(), 1);
        assert_eq!(message.answers[0].ttl, 10);
        assert_eq!(
            message.answers[0].data.ip_addr(),
            Some(Ipv4Addr::UNSPECIFIED.into())
        );
        assert_eq!(message.authorities, []);
        let message = reply(
            "BLOCKED.example.",
            Type::AAAA,
            edns,
            Reply::ZeroAddress { ttl: 10 },
        );
        assert_eq!(
            message.answers[0].data.ip_addr(),
            Some(Ipv6Addr::UNSPECIFIED.into())
        );
        for other in [Type::HTTPS, Type::SVCB, Type::TXT, Type::ANY] {
            let message = reply("BLOCKED.example.", other, edns, Reply::ZeroAddress { ttl: 10 });
            assert_eq!(message.metadata.response_code, ResponseCode::NoError);
            assert_no_data(&message, 10);
        }
    }
}

#[test]
fn no_data_and_nxdomain_bring_their_soa_in_the_authority_section() {
    let message = reply("a.example.", Type::A, true, Reply::NoData { ttl: 30 });
    assert_eq!(message.metadata.response_code, ResponseCode::NoError);
    assert_no_data(&message, 30);
    let message = reply("a.example.", Type::A, true, Reply::NxDomain { ttl: 30 });
    assert_eq!(message.metadata.response_code, ResponseCode::NXDomain);
    assert_no_data(&message, 30);
}

#[test]
fn error_replies_have_no_records() {
    for (ours, rcode) in [
        (Reply::Refused, ResponseCode::Refused),
        (Reply::ServFail, ResponseCode::ServFail),
        (Reply::FormErr, ResponseCode::FormErr),
        (Reply::NotImp, ResponseCode::NotImp),
        (Reply::Truncated, ResponseCode::NoError),
    ] {
        let message = reply("a.example.", Type::A, false, ours);
        assert_eq!(message.metadata.response_code, rcode);
        assert!(message.answers.is_empty() && message.authorities.is_empty());
    }
}

#[test]
fn zero_address_reply_has_exactly_these_bytes() {
    let (asked, query) = question("aB.c.", Type::A, false);
    let bytes = emit_reply(&asked, &query, Reply::ZeroAddress { ttl: 10 });
    let mut expected = vec![0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    expected.extend_from_slice(b"\x02aB\x01c\0\0\x01\0\x01");
    expected.extend_from_slice(b"\xc0\x0c\0\x01\0\x01\0\0\0\x0a\0\x04\0\0\0\0");
    assert_eq!(bytes, expected);
}

#[test]
fn name_too_long_for_hickory_is_still_answered() {
    let mut asked = question(".", Type::A, false).0;
    let mut name = Vec::new();
    for len in [63, 63, 63, 61] {
        name.push(len as u8);
        name.extend(std::iter::repeat_n(b'a', len));
    }
    name.push(0);
    asked.splice(12..13, name);
    let query = Query::parse(&asked).unwrap();
    let bytes = emit_reply(&asked, &query, Reply::ServFail);
    assert!(matches_question(&bytes, &asked[query.question]));
    assert_eq!(bytes[3] & 0x0f, 2);
}

#[test]
fn what_is_no_question_is_answered_with_a_header_or_not_at_all() {
    let (asked, _) = question("a.example.", Type::A, false);
    let bytes = emit_error(&asked, Reply::FormErr).unwrap();
    assert_eq!(bytes, [0x12, 0x34, 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(emit_error(&asked[..11], Reply::FormErr), None);
    assert_eq!(emit_error(&full_answer(), Reply::FormErr), None);
}

#[test]
fn replies_to_mangled_questions_never_panic() {
    let (mut bytes, query) = question("www.example.com.", Type::A, true);
    for len in 0..bytes.len() {
        let _ = emit_reply(&bytes[..len], &query, Reply::ZeroAddress { ttl: 1 });
        let _ = emit_error(&bytes[..len], Reply::FormErr);
    }
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let _ = emit_reply(&bytes, &query, Reply::ZeroAddress { ttl: 1 });
        if let Ok(query) = Query::parse(&bytes) {
            let reply = emit_reply(&bytes, &query, Reply::ZeroAddress { ttl: 1 });
            assert!(matches_question(&reply, &bytes[query.question.clone()]));
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn ttl_is_lowered_in_every_record_but_edns() {
    let mut bytes = full_answer();
    let before = Message::from_vec(&bytes).unwrap();
    cap_ttl(&mut bytes, 5).unwrap();
    let after = Message::from_vec(&bytes).unwrap();
    assert!(after.all_sections().all(|record| record.ttl == 5));
    assert_eq!(after.edns, before.edns);
    assert_eq!(after.answers.len(), before.answers.len());
    for len in 0..bytes.len() {
        assert!(cap_ttl(&mut bytes[..len].to_vec(), 5).is_err());
    }
}

#[test]
fn question_is_matched_in_any_case_and_not_otherwise() {
    let (asked, query) = question("aB.example.", Type::A, false);
    let section = &asked[query.question];
    let answer = |name: &str, record_type| response(name, record_type, vec![]).to_vec().unwrap();
    assert!(matches_question(&answer("Ab.EXAMPLE.", Type::A), section));
    assert!(!matches_question(&answer("ab.example.", Type::AAAA), section));
    assert!(!matches_question(&answer("ac.example.", Type::A), section));
    assert!(!matches_question(&asked, section), "a question is no answer");
    assert!(!matches_question(&answer("ab.example.", Type::A)[..12], section));
}
