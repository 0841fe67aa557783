use std::net::Ipv6Addr;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query as Question};
use hickory_proto::rr::rdata::svcb::{
    Alpn, EchConfigList, IpHint, Mandatory, SVCB, SvcParamKey, SvcParamValue,
};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, HTTPS, MX, NS, NULL, SOA};
use hickory_proto::rr::{Name as Labels, RData, Record as Whole, RecordType as Type};

use super::*;
use crate::dns::Answer;

fn labels(name: &str) -> Labels {
    Labels::from_ascii(name).unwrap()
}

fn record(owner: &str, data: RData) -> Whole {
    Whole::from_rdata(labels(owner), 300, data)
}

/// A configuration list, as far as its bytes matter here.
fn ech() -> (SvcParamKey, SvcParamValue) {
    let list = b"\0\x1e\xfe\x0d\0\x1a\x2a\0\x20\0\x02kk\0\x04\0\x01\0\x01\0\x09a.example\0\0";
    (
        SvcParamKey::EchConfigList,
        SvcParamValue::EchConfigList(EchConfigList(list.to_vec())),
    )
}

fn mandatory(keys: &[SvcParamKey]) -> (SvcParamKey, SvcParamValue) {
    (
        SvcParamKey::Mandatory,
        SvcParamValue::Mandatory(Mandatory(keys.to_vec())),
    )
}

fn alpn() -> (SvcParamKey, SvcParamValue) {
    (
        SvcParamKey::Alpn,
        SvcParamValue::Alpn(Alpn(vec!["h3".to_owned(), "h2".to_owned()])),
    )
}

fn hint() -> (SvcParamKey, SvcParamValue) {
    (
        SvcParamKey::Ipv4Hint,
        SvcParamValue::Ipv4Hint(IpHint(vec![A::new(192, 0, 2, 7)])),
    )
}

fn hint6() -> (SvcParamKey, SvcParamValue) {
    let ip = AAAA(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7));
    (SvcParamKey::Ipv6Hint, SvcParamValue::Ipv6Hint(IpHint(vec![ip])))
}

fn https(owner: &str, target: &str, params: Vec<(SvcParamKey, SvcParamValue)>) -> Whole {
    record(owner, RData::HTTPS(HTTPS(SVCB::new(1, labels(target), params))))
}

/// An answer with all of it before and behind the parameters: names there are compressed into what lies before.
fn answer(services: Vec<Whole>) -> Message {
    let mut message = Message::new(7, MessageType::Response, OpCode::Query);
    message.add_query(Question::query(labels("www.a.example."), Type::HTTPS));
    message.add_answer(record(
        "www.a.example.",
        RData::CNAME(CNAME(labels("edge.b.example."))),
    ));
    message.add_answers(services);
    message.add_answer(record(
        "later.c.example.",
        RData::CNAME(CNAME(labels("last.c.example."))),
    ));
    message.add_answer(record("last.c.example.", RData::A(A::new(192, 0, 2, 9))));
    message.add_authority(record("c.example.", RData::NS(NS(labels("ns.c.example.")))));
    message.add_authority(record(
        "c.example.",
        RData::MX(MX::new(1, labels("last.c.example."))),
    ));
    let soa = SOA::new(
        labels("ns.c.example."),
        labels("root.later.c.example."),
        1,
        2,
        3,
        4,
        5,
    );
    message.add_authority(record("b.example.", RData::SOA(soa)));
    message.add_additional(record("ns.c.example.", RData::A(A::new(192, 0, 2, 10))));
    message.set_edns(Edns::new());
    message
}

fn taken_out(message: &Message) -> Message {
    let bytes = message.to_vec().unwrap();
    let without = without_ech(&bytes).unwrap().unwrap();
    assert!(without.len() < bytes.len());
    assert_eq!(Answer::parse(&without).unwrap().ech, []);
    assert_eq!(without_ech(&without), Ok(None), "nothing is left");
    Message::from_vec(&without).unwrap()
}

#[test]
fn everything_else_is_as_it_was() {
    let with = answer(vec![
        https("edge.b.example.", ".", vec![alpn(), hint(), ech()]),
        https("edge.b.example.", "svc.d.example.", vec![ech()]),
        https("edge.b.example.", "svc.d.example.", vec![alpn()]),
    ]);
    let without = answer(vec![
        https("edge.b.example.", ".", vec![alpn(), hint()]),
        https("edge.b.example.", "svc.d.example.", vec![]),
        https("edge.b.example.", "svc.d.example.", vec![alpn()]),
    ]);
    assert_eq!(taken_out(&with), without);
}

#[test]
fn only_the_parameter_is_missing_from_the_bytes() {
    let message = answer(vec![https(
        "edge.b.example.",
        ".",
        vec![alpn(), hint(), ech(), hint6()],
    )]);
    let bytes = message.to_vec().unwrap();
    let without = without_ech(&bytes).unwrap().unwrap();
    let key = b"\0\x05\0\x20\0\x1e\xfe\x0d";
    let at = bytes.windows(key.len()).position(|window| window == key).unwrap();
    let (cut, length_at) = (4 + 32, at - (2 + 1 + 10 + 8) - 2);
    let rest = &bytes[at + cut..];
    assert_eq!(without[..length_at], bytes[..length_at]);
    assert_eq!(
        usize::from(without[length_at + 1]) + cut,
        usize::from(bytes[length_at + 1])
    );
    assert_eq!(without[length_at + 2..at], bytes[length_at + 2..at]);
    assert_eq!(without.len() - at, rest.len());
    // Behind the cut nothing but the pointers to what lies behind it differs, by as much as was cut.
    let changed: Vec<_> = (0..rest.len()).filter(|&i| without[at + i] != rest[i]).collect();
    assert!(!changed.is_empty());
    for i in changed {
        let (before, after) = (&rest[i - 1..=i], &without[at + i - 1..=at + i]);
        let to = |pointer: &[u8]| usize::from(u16::from_be_bytes([pointer[0], pointer[1]]) & 0x3fff);
        assert_eq!((before[0] & 0xc0, to(before)), (0xc0, to(after) + cut), "{i}");
    }
}

#[test]
fn an_answer_without_the_parameter_is_left_alone() {
    let message = answer(vec![https(
        "edge.b.example.",
        ".",
        vec![mandatory(&[SvcParamKey::Alpn]), alpn()],
    )]);
    assert_eq!(without_ech(&message.to_vec().unwrap()), Ok(None));
    assert_eq!(without_ech(b""), Ok(None));
}

#[test]
fn nobody_has_to_understand_what_is_gone() {
    let both = [SvcParamKey::Alpn, SvcParamKey::EchConfigList];
    let with = answer(vec![
        https("edge.b.example.", ".", vec![mandatory(&both), alpn(), ech()]),
        https(
            "edge.b.example.",
            "svc.d.example.",
            vec![mandatory(&both[1..]), alpn(), ech()],
        ),
    ]);
    let without = answer(vec![
        https("edge.b.example.", ".", vec![mandatory(&both[..1]), alpn()]),
        https("edge.b.example.", "svc.d.example.", vec![alpn()]),
    ]);
    assert_eq!(taken_out(&with), without);
}

#[test]
fn additional_records_and_svcb_are_read_too() {
    let svcb = |params| {
        record(
            "_dns.b.example.",
            RData::SVCB(SVCB::new(1, labels("b.example."), params)),
        )
    };
    let mut message = answer(vec![svcb(vec![alpn(), ech()])]);
    message.add_additional(https("x.example.", ".", vec![alpn(), ech()]));
    let taken = taken_out(&message);
    let RData::HTTPS(https) = &taken.additionals.last().unwrap().data else {
        panic!("the additional record")
    };
    assert_eq!(https.0.svc_params, [alpn()]);
}

#[test]
fn changed_data_is_no_longer_called_authentic() {
    let mut message = answer(vec![https("edge.b.example.", ".", vec![ech()])]);
    message.metadata.authentic_data = true;
    assert!(!taken_out(&message).metadata.authentic_data);
}

#[test]
fn the_parameter_goes_however_often_it_is_there() {
    let twice = RData::Unknown {
        code: Type::HTTPS,
        rdata: NULL::with(b"\0\x01\0\0\x05\0\x01a\0\x05\0\x01b".to_vec()),
    };
    let bytes = answer(vec![record("edge.b.example.", twice)]).to_vec().unwrap();
    let without = without_ech(&bytes).unwrap().unwrap();
    assert_eq!(without.len(), bytes.len() - 10);
    assert_eq!(without_ech(&without), Ok(None));
}

#[test]
fn a_message_that_cannot_be_put_right_is_refused() {
    let whole = answer(vec![https("edge.b.example.", ".", vec![alpn(), ech()])])
        .to_vec()
        .unwrap();
    let mut refused = 0;
    for len in 0..whole.len() {
        match without_ech(&whole[..len]) {
            Ok(None) => assert!(Answer::parse(&whole[..len]).is_err(), "{len}"),
            Ok(Some(_)) => panic!("{len}: a record is missing"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 0);
}

#[test]
fn names_in_unknown_types_are_bytes() {
    // 0xc00c looks like a pointer, and RFC 3597 says that it is none.
    let odd = RData::Unknown {
        code: Type::from(65_399),
        rdata: NULL::with(b"\x01a\xc0\x3f\xff".to_vec()),
    };
    let build = |params| {
        let mut message = answer(vec![https("edge.b.example.", ".", params)]);
        message.add_answer(record("odd.example.", odd.clone()));
        message
    };
    assert_eq!(taken_out(&build(vec![ech()])), build(vec![]));
}

#[test]
fn flipped_bits_never_panic_and_never_leave_the_parameter_where_it_can_be_read() {
    let message = answer(vec![https(
        "edge.b.example.",
        ".",
        vec![
            mandatory(&[SvcParamKey::EchConfigList]),
            alpn(),
            hint(),
            ech(),
            hint6(),
        ],
    )]);
    let mut bytes = message.to_vec().unwrap();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(Some(without)) = without_ech(&bytes) {
            let left = Answer::parse(&without).map(|answer| answer.ech);
            assert!(left.is_err() || left == Ok(vec![]), "{bit}");
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}
