//! The head of an HTTP/1 response (RFC 9112), and its body without framing and coding.

use std::borrow::Cow;

use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::{Chunked, trim_cr};
use crate::Parsed;

/// What is taken out of a compressed body, in bytes: whatever is behind it is not worth its memory.
const MAX_INFLATED: usize = 64 * 1024;

/// The facts of a response's head that its body is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Length of the head in bytes, the empty line included.
    pub head_len: usize,
    /// Where the body ends.
    pub framing: Framing,
    /// How it is written.
    pub coding: Coding,
}

/// Where a response's body ends (RFC 9112 section 6.3), if its request was no HEAD and no CONNECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// After so many bytes.
    Length(u64),
    /// Where its chunks end.
    Chunked,
    /// Where the connection ends.
    ToEnd,
}

/// How a body is written (RFC 9110 section 8.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// As it is.
    Plain,
    /// By gzip (RFC 1952), which Android's HTTP client asks for by itself.
    Gzip,
    /// In a way that is not read.
    Other,
}

impl Response {
    /// Reads the first bytes of a response.
    pub fn parse(stream: &[u8]) -> Parsed<Self> {
        const START: &[u8] = b"HTTP/1.";
        if !stream.iter().zip(START).all(|(a, b)| a == b) {
            return Parsed::Mismatch;
        }
        let mut lines = Lines { stream, at: 0 };
        let Some(line) = lines.next() else {
            return Parsed::Incomplete;
        };
        let Some(status) = status_of(line) else {
            return Parsed::Mismatch;
        };
        let has_body = !matches!(status, 100..=199 | 204 | 304);
        let mut response = Self {
            status,
            head_len: 0,
            framing: if has_body {
                Framing::ToEnd
            } else {
                Framing::Length(0)
            },
            coding: Coding::Plain,
        };
        while let Some(line) = lines.next() {
            if line.is_empty() {
                response.head_len = lines.at;
                return Parsed::Complete(response);
            }
            response.read_field(line, has_body);
        }
        Parsed::Incomplete
    }

    fn read_field(&mut self, line: &[u8], has_body: bool) {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            return;
        };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-encoding") {
            self.coding = if value.eq_ignore_ascii_case(b"identity") {
                Coding::Plain
            } else if value.eq_ignore_ascii_case(b"gzip") || value.eq_ignore_ascii_case(b"x-gzip") {
                Coding::Gzip
            } else {
                Coding::Other
            };
        } else if !has_body {
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            // RFC 9112 section 6.1: it overrides Content-Length.
            self.framing = Framing::Chunked;
        } else if name.eq_ignore_ascii_case(b"content-length") && self.framing == Framing::ToEnd {
            let len = std::str::from_utf8(value).ok().and_then(|len| len.parse().ok());
            self.framing = len.map_or(Framing::ToEnd, Framing::Length);
        }
    }

    /// What has arrived of the body of a response that begins `stream`, without framing and coding. `None` where it is written in
    /// a way that is not read.
    pub fn body<'a>(&self, stream: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let framed = stream.get(self.head_len..).unwrap_or_default();
        let body = match self.framing {
            Framing::ToEnd => Cow::Borrowed(framed),
            Framing::Length(len) => {
                let len = usize::try_from(len).map_or(framed.len(), |len| len.min(framed.len()));
                Cow::Borrowed(&framed[..len])
            }
            Framing::Chunked => {
                let mut body = Vec::new();
                let _ = Chunked::default().read(framed, |data| body.extend_from_slice(data));
                Cow::Owned(body)
            }
        };
        match self.coding {
            Coding::Plain => Some(body),
            Coding::Gzip => gunzip(&body).map(Cow::Owned),
            Coding::Other => None,
        }
    }
}

/// Complete lines, without their ends.
struct Lines<'a> {
    stream: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.stream.get(self.at..)?;
        let len = rest.iter().position(|&byte| byte == b'\n')?;
        self.at += len + 1;
        Some(trim_cr(&rest[..len]))
    }
}

/// The code in a status line (RFC 9112 section 4).
fn status_of(line: &[u8]) -> Option<u16> {
    match line {
        [
            b'H',
            b'T',
            b'T',
            b'P',
            b'/',
            b'1',
            b'.',
            b'0'..=b'9',
            b' ',
            rest @ ..,
        ] => {
            let (code, rest) = rest.trim_ascii_start().split_first_chunk::<3>()?;
            if rest.first().is_some_and(|&byte| byte != b' ') {
                return None;
            }
            let code = std::str::from_utf8(code).ok()?.parse().ok()?;
            (100..=599).contains(&code).then_some(code)
        }
        _ => None,
    }
}

/// As much of a gzip member (RFC 1952) as can be read.
fn gunzip(bytes: &[u8]) -> Option<Vec<u8>> {
    const HEADER_CRC: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let (head, mut rest) = bytes.split_first_chunk::<10>()?;
    let [0x1f, 0x8b, 8, flags, ..] = *head else {
        return None;
    };
    if flags & EXTRA != 0 {
        let (len, behind) = rest.split_first_chunk()?;
        rest = behind.get(usize::from(u16::from_le_bytes(*len))..)?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let end = rest.iter().position(|&byte| byte == 0)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & HEADER_CRC != 0 {
        rest = rest.get(2..)?;
    }
    let mut inflated = vec![0; MAX_INFLATED];
    let mut decompressor = Box::<DecompressorOxide>::default();
    let (_, _, len) = decompress(
        &mut decompressor,
        rest,
        &mut inflated,
        0,
        TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
    );
    inflated.truncate(len);
    Some(inflated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(stream: &[u8]) -> Response {
        match Response::parse(stream) {
            Parsed::Complete(response) => response,
            other => panic!("{other:?}"),
        }
    }

    /// `{"a":1}`, by `gzip -n`.
    const GZIP: &[u8] = &[
        0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0x02, 0xff, 0xab, 0x56, 0x4a, 0x54, 0xb2, 0x32, 0xac, 0x05, 0, 0xaf,
        0xac, 0x1b, 0x56, 0x07, 0, 0, 0,
    ];

    #[test]
    fn a_body_ends_where_its_length_its_chunks_or_the_connection_say() {
        for (head, framed, body) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "abcdef", "abc"),
            ("HTTP/1.1 200 OK\r\ncontent-length:30\n\n", "abcdef", "abcdef"),
            ("HTTP/1.0 200\r\nServer: x\r\n\r\n", "abc", "abc"),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                "2\r\nab\r\n1;x\r\nc\r\n0\r\n\r\nHTTP/1.1",
                "abc",
            ),
            ("HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", "abc", ""),
        ] {
            let stream = format!("{head}{framed}");
            let found = response(stream.as_bytes());
            assert_eq!(found.head_len, head.len(), "{head}");
            assert_eq!(found.body(stream.as_bytes()).unwrap(), body.as_bytes(), "{head}");
        }
    }

    #[test]
    fn a_compressed_body_is_read_as_far_as_it_goes() {
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
        let stream = [head.as_bytes(), GZIP].concat();
        let found = response(&stream);
        assert_eq!(found.body(&stream).unwrap(), &b"{\"a\":1}"[..]);
        for len in 0..GZIP.len() {
            let part = &stream[..head.len() + len];
            let body = found.body(part);
            assert!(body.is_none_or(|body| b"{\"a\":1}".starts_with(&body)), "{len}");
        }
        let other = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nabc";
        assert_eq!(response(other).body(other), None);
    }

    #[test]
    fn a_bomb_is_cut_off() {
        // Deflate's fixed codes (RFC 1951 section 3.2.6): one literal, then matches of 258 bytes at distance 1.
        let mut bits = vec![1, 1, 0];
        let mut push = |code: u32, len: u32| bits.extend((0..len).rev().map(|bit| (code >> bit & 1) as u8));
        push(0x30 + u32::from(b'a'), 8);
        for _ in 0..10_000 {
            push(0b1100_0101, 8);
            push(0, 5);
        }
        let packed = bits
            .chunks(8)
            .map(|bits| bits.iter().rev().fold(0, |all, bit| all << 1 | bit));
        let bomb = [&GZIP[..10], &packed.collect::<Vec<u8>>()].concat();
        let body = gunzip(&bomb).unwrap();
        assert_eq!(body.len(), MAX_INFLATED);
        assert!(body.iter().all(|&byte| byte == b'a'));
    }

    #[test]
    fn a_head_cut_off_is_incomplete_and_what_is_none_a_mismatch() {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: y\r\n\r\n";
        for len in 0..head.len() {
            assert_eq!(
                Response::parse(&head.as_bytes()[..len]),
                Parsed::Incomplete,
                "{len}"
            );
        }
        for bad in [
            "HTTP/2 200\r\n\r\n",
            "GET /",
            "HTTP/1.1 2000 OK\r\n",
            "HTTP/1.1 abc\r\n",
            "ICY 200 OK",
        ] {
            assert_eq!(Response::parse(bad.as_bytes()), Parsed::Mismatch, "{bad}");
        }
    }

    #[test]
    fn flipped_bytes_are_harmless() {
        let stream = [
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\n",
            GZIP,
            b"\r\n0\r\n\r\n",
        ]
        .concat();
        for at in 0..stream.len() {
            for mask in (0..8).map(|bit| 1 << bit) {
                let mut flipped = stream.clone();
                flipped[at] ^= mask;
                if let Parsed::Complete(response) = Response::parse(&flipped) {
                    let body = response.body(&flipped);
                    assert!(body.is_none_or(|body| body.len() <= MAX_INFLATED));
                }
            }
        }
    }
}
