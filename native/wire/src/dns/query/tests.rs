use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query as Question};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{DNSClass, Name as Labels, RData, Record as HickoryRecord, RecordType as Type};
use hickory_proto::serialize::binary::{BinEncodable, BinEncoder};

use super::*;

/// SplitMix64: enough randomness for tests, the same on every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

fn random_labels(random: &mut Random) -> Labels {
    loop {
        let mut labels: Vec<Vec<u8>> = Vec::new();
        for _ in 0..random.below(7) {
            let any = random.below(3) == 0;
            let len = 1 + random.below(20);
            let byte = |byte: u64| {
                if any {
                    byte as u8
                } else {
                    b"abcXYZ-_019"[byte as usize % 11]
                }
            };
            labels.push((0..len).map(|_| byte(random.next())).collect());
        }
        let mut bytes = Vec::new();
        for label in &labels {
            bytes.push(label.len() as u8);
            bytes.extend_from_slice(label);
        }
        bytes.push(0);
        if let Ok(name) = hickory_proto::serialize::binary::BinDecodable::from_bytes(&bytes) {
            return name;
        }
    }
}

fn random_message(random: &mut Random) -> Message {
    let mut message = Message::new(random.next() as u16, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = random.below(2) == 0;
    let mut question = Question::query(random_labels(random), Type::from(random.next() as u16 & 0x1ff));
    if random.below(4) == 0 {
        question.set_query_class(DNSClass::from(random.next() as u16));
    }
    message.add_query(question);
    for _ in 0..random.below(3) {
        let name = random_labels(random);
        message.add_additional(HickoryRecord::from_rdata(name, 5, RData::A(A::new(1, 2, 3, 4))));
    }
    if random.below(2) == 0 {
        let mut edns = Edns::new();
        edns.set_max_payload(random.next() as u16)
            .set_version(0)
            .set_dnssec_ok(random.below(2) == 0);
        message.set_edns(edns);
    }
    message
}

fn question(name: &str, record_type: Type) -> Vec<u8> {
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    message.add_query(Question::query(Labels::from_ascii(name).unwrap(), record_type));
    message.to_vec().unwrap()
}

#[test]
fn query_is_read_as_hickory_reads_it() {
    let mut random = Random(1);
    for _ in 0..5_000 {
        let message = random_message(&mut random);
        let bytes = message.to_vec().unwrap();
        let query = Query::parse(&bytes).unwrap();
        let oracle = Message::from_vec(&bytes).unwrap();
        let asked = &oracle.queries[0];
        assert_eq!(query.id, oracle.metadata.id);
        assert_eq!(query.name, Name::from_labels(asked.name().iter()));
        assert_eq!(query.record_type.0, u16::from(asked.query_type()));
        assert_eq!(query.class, u16::from(asked.query_class()));
        assert_eq!(query.edns, oracle.edns.is_some());
        assert_eq!(query.udp_payload, oracle.max_payload());
        assert_eq!(
            query.dnssec_ok,
            oracle.edns.as_ref().is_some_and(|edns| edns.flags().dnssec_ok)
        );
        let mut section = Vec::new();
        asked.emit(&mut BinEncoder::new(&mut section)).unwrap();
        assert_eq!(bytes[query.question.clone()].len(), section.len());
    }
}

#[test]
fn query_cut_at_any_length_is_malformed() {
    let mut random = Random(2);
    for _ in 0..200 {
        let bytes = random_message(&mut random).to_vec().unwrap();
        for len in 0..bytes.len() {
            assert_eq!(
                Query::parse(&bytes[..len]),
                Err(QueryError::Malformed),
                "{len} of {}",
                bytes.len()
            );
        }
    }
}

#[test]
fn query_with_any_bit_flipped_is_read_as_hickory_reads_it_or_refused() {
    let mut random = Random(3);
    for _ in 0..60 {
        let mut bytes = random_message(&mut random).to_vec().unwrap();
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let (Ok(query), Ok(oracle)) = (Query::parse(&bytes), Message::from_vec(&bytes)) {
                assert_eq!(query.name, Name::from_labels(oracle.queries[0].name().iter()));
                assert_eq!(query.record_type.0, u16::from(oracle.queries[0].query_type()));
            }
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn name_is_lower_case_and_the_question_section_is_found() {
    let bytes = question("WwW.ExAmple.COM.", Type::HTTPS);
    let query = Query::parse(&bytes).unwrap();
    assert_eq!(query.name.as_str(), "www.example.com");
    assert_eq!(
        (query.id, query.record_type, query.class),
        (7, RecordType::HTTPS, 1)
    );
    assert_eq!(
        (query.udp_payload, query.edns, query.dnssec_ok),
        (512, false, false)
    );
    assert_eq!(query.question, 12..bytes.len());
}

#[test]
fn root_is_the_empty_name() {
    assert_eq!(Query::parse(&question(".", Type::NS)).unwrap().name.as_str(), "");
}

#[test]
fn dot_inside_a_label_does_not_make_two() {
    let mut bytes = question(".", Type::A);
    bytes.splice(12..13, *b"\x03a.b\x03com\0");
    assert_eq!(
        Query::parse(&bytes).unwrap().name,
        Name::from_labels([&b"a.b"[..], b"com"])
    );
}

#[test]
fn compression_pointer_in_the_question_is_malformed() {
    let mut bytes = question(".", Type::A);
    bytes.splice(12..13, *b"\x01a\xc0\x02");
    assert_eq!(Query::parse(&bytes), Err(QueryError::Malformed));
}

#[test]
fn name_of_255_octets_is_taken_and_of_256_is_not() {
    let name = |last: usize| {
        let mut name = Vec::new();
        for len in [63, 63, 63, last] {
            name.push(len as u8);
            name.extend(std::iter::repeat_n(b'a', len));
        }
        name.push(0);
        let mut bytes = question(".", Type::A);
        bytes.splice(12..13, name);
        bytes
    };
    assert_eq!(Query::parse(&name(61)).unwrap().name.as_str().len(), 253);
    assert_eq!(Query::parse(&name(62)), Err(QueryError::Malformed));
}

#[test]
fn response_opcode_and_count_are_told_apart() {
    let good = question("a.example.", Type::A);
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        Query::parse(&bytes)
    };
    assert_eq!(with(2, 0x80), Err(QueryError::Response));
    assert_eq!(with(2, 0x28), Err(QueryError::Opcode));
    assert_eq!(with(5, 0), Err(QueryError::Count));
    assert_eq!(with(5, 2), Err(QueryError::Count));
}

#[test]
fn second_opt_record_is_malformed() {
    let mut message = Message::from_vec(&question("a.example.", Type::A)).unwrap();
    message.set_edns(Edns::new());
    let mut bytes = message.to_vec().unwrap();
    assert!(Query::parse(&bytes).unwrap().edns);
    let opt = bytes[bytes.len() - 11..].to_vec();
    bytes.extend_from_slice(&opt);
    bytes[11] = 2;
    assert_eq!(Query::parse(&bytes), Err(QueryError::Malformed));
}

#[test]
fn asked_name_is_read_where_the_rest_is_malformed_and_never_out_of_a_response() {
    let mut message =
        b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x07eXample\x00\x00\x01\x00\x01".to_vec();
    for (at, value) in [(2, 0x49), (5, 9), (7, 1), (11, 1)] {
        let before = std::mem::replace(&mut message[at], value);
        assert!(Query::parse(&message).is_err());
        assert_eq!(
            Query::asked_name(&message)
                .map(|name| name.to_string())
                .as_deref(),
            Ok("a.example")
        );
        message[at] = before;
    }
    for len in 0..message.len() {
        assert!(Query::asked_name(&message[..len]).is_err(), "{len}");
    }
    assert_eq!(Query::answered_name(&message), None);
    message[2] |= 0x80;
    assert_eq!(Query::asked_name(&message), Err(QueryError::Response));
    assert_eq!(
        Query::answered_name(&message)
            .map(|name| name.to_string())
            .as_deref(),
        Some("a.example")
    );
}
