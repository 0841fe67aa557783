//! The first bytes of an answer over plain HTTP that tells addresses.

use std::net::{IpAddr, SocketAddr};

use blocklist::Endpoint;
use wire::http::{Chunked, Framing, Request, Response};
use wire::httpdns::{self, Told};
use wire::{Name, Parsed};

use super::LIMIT;

/// Whether a request for `target`, with this `Host`, asks a server that tells apps addresses. `remote` is where it goes, NAT64
/// taken off.
pub(crate) fn is_asked(host: Option<&Name>, remote: SocketAddr, target: &[u8]) -> bool {
    let host = host.map(Name::as_str);
    let target = std::str::from_utf8(target).unwrap_or_default();
    Endpoint::asked(host, remote.ip(), remote.port(), target).is_some()
}

/// Collects an answer until it is whole, or as long as is read.
#[derive(Debug)]
pub(crate) struct AnswerReader {
    /// The name in the question.
    asked: Option<Name>,
    stream: Vec<u8>,
    /// Where in it the response begins: behind those that say that another one follows.
    begin: usize,
    /// How far the stream was searched for the end of what is read.
    searched: usize,
    body: Option<(Response, Chunked)>,
}

impl AnswerReader {
    /// For the answer to a request for `target`.
    pub(crate) fn new(target: &[u8]) -> Self {
        Self {
            asked: httpdns::asked(target),
            stream: Vec::new(),
            begin: 0,
            searched: 0,
            body: None,
        }
    }

    /// Takes the next bytes; true when no more are of use.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> bool {
        let room = LIMIT - self.stream.len();
        self.stream.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.is_whole() || self.stream.len() == LIMIT
    }

    fn is_whole(&mut self) -> bool {
        if self.body.is_none() && !self.read_head() {
            return false;
        }
        let Some((response, chunked)) = &mut self.body else {
            return true;
        };
        let rest = self.stream.get(self.searched..).unwrap_or_default();
        match response.framing {
            Framing::ToEnd => false,
            Framing::Length(len) => rest.len() as u64 >= len,
            Framing::Chunked => {
                self.searched = self.stream.len();
                chunked.push(rest).is_some()
            }
        }
    }

    /// True when there is nothing more of the head to wait for: `body` is set, or there will be none.
    fn read_head(&mut self) -> bool {
        loop {
            // A response that is none is found by its first bytes, one that is by the end of its head.
            let searched = self.searched - self.begin;
            let has_ended = Request::may_have_ended(self.response(), searched);
            if !has_ended && searched > 16 {
                self.searched = self.stream.len();
                return false;
            }
            match Response::parse(self.response()) {
                // Something else comes first, such as 100 (Continue).
                Parsed::Complete(response) if response.status < 200 => {
                    self.begin += response.head_len;
                    self.searched = self.begin;
                }
                Parsed::Complete(response) => {
                    self.searched = self.begin + response.head_len;
                    self.body = Some((response, Chunked::default()));
                    return true;
                }
                Parsed::Incomplete => {
                    self.searched = self.stream.len();
                    return false;
                }
                Parsed::Mismatch => return true,
            }
        }
    }

    /// The response, from its first byte on.
    fn response(&self) -> &[u8] {
        self.stream.get(self.begin..).unwrap_or_default()
    }

    /// What it tells, as far as it has come. Addresses that no server has are left out.
    pub(crate) fn finish(&self) -> Vec<Told> {
        let body = self
            .body
            .as_ref()
            .filter(|(response, _)| (200..300).contains(&response.status))
            .and_then(|(response, _)| response.body(self.response()));
        let mut told = body.map_or_else(Vec::new, |body| httpdns::parse(&body, self.asked.as_ref()));
        told.retain(|told| is_server(told.ip));
        told
    }
}

/// Whether a server of the internet can have the address. What somebody on the way made up must say nothing of the
/// owner's own network.
fn is_server(ip: IpAddr) -> bool {
    let is_local = match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    !is_local && !ip.is_unspecified() && !ip.is_loopback() && !ip.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"S":"Ok","R":{"wifi":{"chat.example":["192.0.2.1:5222","0.0.0.0"]}}}"#;

    fn streams() -> Vec<String> {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";
        let (first, rest) = BODY.split_at(17);
        vec![
            format!("{head}Content-Length: {}\r\n\r\n{BODY}", BODY.len()),
            format!(
                "HTTP/1.1 100 Continue\r\n\r\n{head}Transfer-Encoding: chunked\r\n\r\n11\r\n{first}\r\n{:x}\r\n{rest}\r\n0\r\n\r\n",
                rest.len()
            ),
        ]
    }

    fn told(reader: &AnswerReader) -> Vec<String> {
        let told = reader.finish();
        told.iter()
            .map(|told| format!("{} {}", told.name, told.ip))
            .collect()
    }

    #[test]
    fn an_answer_is_whole_at_its_last_byte_whatever_the_pieces() {
        for stream in streams() {
            for size in [1, 2, 7, 100, stream.len()] {
                let mut reader = AnswerReader::new(b"/gslb");
                let pieces = stream.as_bytes().chunks(size);
                let last = pieces.len() - 1;
                for (at, piece) in pieces.enumerate() {
                    assert_eq!(reader.push(piece), at == last, "{size} {at}: {stream}");
                }
                assert_eq!(told(&reader), ["chat.example 192.0.2.1"]);
            }
        }
    }

    #[test]
    fn an_answer_to_the_end_of_the_connection_is_read_as_far_as_it_came() {
        let mut reader = AnswerReader::new(b"/d?dn=a.example");
        assert!(!reader.push(b"HTTP/1.0 200 OK\r\n\r\n192.0.2.7;192.0.2.8"));
        assert_eq!(told(&reader), ["a.example 192.0.2.7", "a.example 192.0.2.8"]);
    }

    #[test]
    fn what_is_no_answer_is_read_no_further() {
        assert!(AnswerReader::new(b"/").push(b"\x16\x03\x01"));
        let mut refused = AnswerReader::new(b"/d?dn=a.example");
        assert!(refused.push(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n192.0.2.7"));
        assert_eq!(told(&refused), [] as [&str; 0]);
    }

    #[test]
    fn addresses_of_the_owners_own_network_are_not_learnt() {
        let mut reader = AnswerReader::new(b"/d?dn=a.example");
        reader.push(b"HTTP/1.0 200 OK\r\n\r\n192.168.1.1;10.0.0.1;169.254.1.1;192.0.2.8");
        assert_eq!(told(&reader), ["a.example 192.0.2.8"]);
    }

    #[test]
    fn responses_that_say_that_another_follows_count_too() {
        let mut reader = AnswerReader::new(b"/");
        let mut pushed = 0;
        while !reader.push(b"HTTP/1.1 100 Continue\r\n\r\n") {
            pushed += 25;
            assert!(pushed < 2 * LIMIT, "it never ends");
        }
        assert_eq!(told(&reader), [] as [&str; 0]);
    }

    #[test]
    fn no_more_than_sixteen_kibibytes_are_kept() {
        let mut reader = AnswerReader::new(b"/");
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{BODY}");
        assert!(!reader.push(head.as_bytes()));
        assert!(reader.push(&[b' '; 100_000]));
        assert_eq!(reader.stream.len(), LIMIT);
        assert_eq!(told(&reader), ["chat.example 192.0.2.1"]);
    }
}
