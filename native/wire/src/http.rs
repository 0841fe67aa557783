//! Plaintext HTTP/1 (RFC 9112): the head of a request, with method, target and Host; the head of a response, and its body.
//!
//! Read as forgivingly as servers do: a lone LF ends a line (section 2.2), empty lines may come first, a target may hold
//! spaces, a folded field value is unfolded (section 5.2). What makes it HTTP is the version that ends the first line.
//!
//! The preface of HTTP/2 with prior knowledge (`PRI * HTTP/2.0`, RFC 9113 section 3.4) is a mismatch: its requests are
//! compressed frames, which [`crate::http2`] reads.

mod chunked;
mod response;

use std::net::Ipv6Addr;
use std::ops::Range;

pub use self::chunked::Chunked;
pub use self::response::{Coding, Framing, Response};
use crate::{Name, Parsed};

/// Longer than any registered method (IANA: UPDATEREDIRECTREF, 17).
const MAX_METHOD: usize = 24;
/// Longer than any host name.
const MAX_HOST: usize = 255;

/// The facts of a request head that policy asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The host asked for, without its port: from an absolute target or CONNECT, else from `Host`. IPv6 literals
    /// keep their brackets.
    pub host: Option<Name>,
    /// The port beside the host, where one was written.
    pub port: Option<u16>,
    /// Whether a second `Host` field says something else. Which one a server takes is its own affair; it should
    /// take neither (RFC 9112 section 3.2).
    pub is_ambiguous: bool,
    /// Where in the stream the path and the query of the target lie: behind the authority of an absolute one. Empty for
    /// CONNECT, and where there is neither.
    pub path: Range<usize>,
    /// Length of the head in bytes, the empty line included.
    pub head_len: usize,
    /// What follows the head.
    pub body: Body,
}

/// What follows a request's head (RFC 9112 section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// So many bytes, then the next request.
    Length(u64),
    /// Chunks: [`Chunked`] finds their end.
    Chunked,
    /// After CONNECT, whatever the two ends like.
    Tunnel,
}

impl Request {
    /// Reads the first bytes of a stream.
    pub fn parse(stream: &[u8]) -> Parsed<Self> {
        match Head::read(stream) {
            Ok(head) if head.complete => Parsed::Complete(Self::of(&head)),
            Ok(_) | Err(Stop::Short) => Parsed::Incomplete,
            Err(Stop::Wrong) => Parsed::Mismatch,
        }
    }

    /// Reads a head whose end is out of reach, by its complete lines. `None` where the first line is not one of them,
    /// or is not a request's.
    pub fn parse_cut_off(stream: &[u8]) -> Option<Self> {
        Head::read(stream).ok().map(|head| Self::of(&head))
    }

    /// Whether an empty line ends at or after `from`. Once the first line is past, only then can the parse of `stream`
    /// differ from that of its first `from` bytes; whoever asks before parsing again reads a stream of single
    /// bytes a few times, not once a byte.
    pub fn may_have_ended(stream: &[u8], from: usize) -> bool {
        let mut after = from;
        while let Some(i) = stream
            .get(after..)
            .and_then(|rest| rest.iter().position(|&byte| byte == b'\n'))
        {
            let before = stream.get(..after + i).unwrap_or_default();
            let before = before.strip_suffix(b"\r").unwrap_or(before);
            if before.ends_with(b"\n") {
                return true;
            }
            after += i + 1;
        }
        false
    }

    fn of(head: &Head<'_>) -> Self {
        let found = [head.authority, head.host]
            .into_iter()
            .flatten()
            .find_map(authority);
        let (host, port) = found.map_or((None, None), |(host, port)| (Some(host), port));
        Self {
            host,
            port,
            is_ambiguous: head.is_ambiguous,
            path: head.path.clone(),
            head_len: head.len,
            body: head.body,
        }
    }
}

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// The bytes so far end here.
    Short,
    /// What is there cannot be a request.
    Wrong,
}

/// The lines of a head, as far as they have arrived, at least the first.
#[derive(Debug)]
struct Head<'a> {
    /// Out of an absolute target or CONNECT's.
    authority: Option<&'a [u8]>,
    path: Range<usize>,
    /// The value of the first Host field.
    host: Option<&'a [u8]>,
    /// Whether a later one differs.
    is_ambiguous: bool,
    /// Whether the empty line was there.
    complete: bool,
    len: usize,
    body: Body,
}

impl<'a> Head<'a> {
    fn read(stream: &'a [u8]) -> Result<Self, Stop> {
        let begin = stream
            .iter()
            .position(|byte| !matches!(byte, b'\r' | b'\n'))
            .unwrap_or(stream.len());
        let (line, mut at) = request_line(stream, begin)?;
        let (method, target, target_at) = method_and_target(line)?;
        let is_connect = method.eq_ignore_ascii_case(b"CONNECT");
        let (authority, path_at) = match absolute_form(target) {
            _ if is_connect => (authority_form(target), target.len()),
            Some((authority, path_at)) => (Some(authority), path_at),
            None => (None, 0),
        };
        let line_at = begin + target_at;
        let mut head = Self {
            authority: authority.and_then(without_user),
            path: line_at + path_at..line_at + target.len(),
            host: None,
            is_ambiguous: false,
            complete: false,
            len: 0,
            body: if is_connect { Body::Tunnel } else { Body::Length(0) },
        };
        // Where the value began, when the line before was the Host field.
        let mut host_begin = None;
        while let Some(len) = stream[at..].iter().position(|&byte| byte == b'\n') {
            let line = trim_cr(&stream[at..at + len]);
            match (line, host_begin) {
                // obs-fold (RFC 9112 section 5.2): the value goes on.
                ([b' ' | b'\t', ..], Some(begin)) => head.host = Some(&stream[begin..at + len]),
                ([b' ' | b'\t', ..], None) => {}
                _ => host_begin = head.read_field(line).map(|value| at + line.len() - value.len()),
            }
            at += len + 1;
            if line.is_empty() {
                head.complete = true;
                break;
            }
        }
        head.len = at;
        Ok(head)
    }

    /// Reads a field's first line; returns the value if it is the Host field that counts, the first.
    fn read_field(&mut self, line: &'a [u8]) -> Option<&'a [u8]> {
        let colon = line.iter().position(|&byte| byte == b':')?;
        let (name, value) = (
            line[..colon].trim_ascii_end(),
            line[colon + 1..].trim_ascii_start(),
        );
        if name.eq_ignore_ascii_case(b"host") {
            if let Some(first) = self.host {
                self.is_ambiguous |= !first.trim_ascii().eq_ignore_ascii_case(value.trim_ascii());
                return None;
            }
            self.host = Some(value);
            return Some(value);
        }
        // RFC 9112 section 6.1: Transfer-Encoding overrides Content-Length. "identity", which says that there is none (RFC 2616
        // section 3.6), does not.
        if name.eq_ignore_ascii_case(b"transfer-encoding") && self.body != Body::Tunnel {
            if !value.trim_ascii_end().eq_ignore_ascii_case(b"identity") {
                self.body = Body::Chunked;
            }
        } else if name.eq_ignore_ascii_case(b"content-length") && self.body == Body::Length(0) {
            let len = std::str::from_utf8(value.trim_ascii_end())
                .ok()
                .and_then(|len| len.parse().ok());
            self.body = Body::Length(len.unwrap_or(0));
        }
        None
    }
}

/// The first line, without its end, and where the next one begins.
fn request_line(stream: &[u8], begin: usize) -> Result<(&[u8], usize), Stop> {
    let rest = &stream[begin..];
    let target_at = match rest.iter().take(MAX_METHOD + 1).position(|&byte| !is_token(byte)) {
        None if rest.len() > MAX_METHOD => return Err(Stop::Wrong),
        None => return Err(Stop::Short),
        Some(at) if at == 0 || rest[at] != b' ' => return Err(Stop::Wrong),
        Some(at) => at + 1,
    };
    // Servers there are take control characters in a path, which may hold none (RFC 3986 section 3.3).
    let is_path = rest.get(target_at) == Some(&b'/');
    for (i, &byte) in rest.iter().enumerate() {
        match byte {
            b'\n' => return Ok((trim_cr(&rest[..i]), begin + i + 1)),
            b'\r' | b'\t' | 0x20..=0x7e | 0x80.. => {}
            0x01.. if is_path => {}
            _ => return Err(Stop::Wrong),
        }
    }
    Err(Stop::Short)
}

/// The method and the target of a request line (RFC 9112 section 3), and where in the line the target begins.
fn method_and_target(line: &[u8]) -> Result<(&[u8], &[u8], usize), Stop> {
    let mut parts = line.trim_ascii_end().splitn(2, |&byte| byte == b' ');
    let (Some(method), Some(rest)) = (parts.next(), parts.next()) else {
        return Err(Stop::Wrong);
    };
    // A target may be missing altogether: servers answer that, too.
    let space = rest.iter().rposition(|&byte| byte == b' ');
    let (target, version) = space.map_or((&b""[..], rest), |at| (&rest[..at], &rest[at + 1..]));
    let target_at = method.len() + 1 + target.len() - target.trim_ascii_start().len();
    let is_version = matches!(
        version,
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9']
    );
    if !is_version || method == b"PRI" && version == b"HTTP/2.0" {
        return Err(Stop::Wrong);
    }
    Ok((method, target.trim_ascii(), target_at))
}

/// The authority of an absolute target (RFC 9112 section 3.2.2), and where its path begins; `None` for the other forms.
fn absolute_form(target: &[u8]) -> Option<(&[u8], usize)> {
    let colon = target.windows(3).position(|window| window == b"://")?;
    let (scheme, rest) = (&target[..colon], &target[colon + 3..]);
    let is_scheme = !scheme.is_empty() && scheme.iter().all(u8::is_ascii_alphabetic);
    let authority = authority_form(rest).filter(|_| is_scheme)?;
    Some((authority, colon + 3 + authority.len()))
}

/// The authority at the beginning of `target`.
fn authority_form(target: &[u8]) -> Option<&[u8]> {
    target.split(|byte| matches!(byte, b'/' | b'?' | b'#')).next()
}

/// An authority without user information (RFC 3986 section 3.2.1).
fn without_user(authority: &[u8]) -> Option<&[u8]> {
    authority.rsplit(|&byte| byte == b'@').next()
}

/// Splits a host from its port (RFC 3986 section 3.2). `None` where there is no host.
///
/// A NUL, which no host may hold (RFC 9110 section 5.5), ends it, as it does for a server that is written in C.
pub(crate) fn authority(text: &[u8]) -> Option<(Name, Option<u16>)> {
    let text = text.split(|&byte| byte == 0).next()?;
    let text = std::str::from_utf8(text.trim_ascii()).ok()?;
    if text.len() > MAX_HOST || !text.bytes().all(is_host) {
        return None;
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Some((Name::from_text(&format!("[{text}]")), None));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
        _ => (text, None),
    };
    let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_literal = literal.is_some_and(|literal| literal.parse::<Ipv6Addr>().is_ok());
    if host.is_empty() || !is_literal && host.contains([':', '[', ']']) {
        return None;
    }
    Some((Name::from_text(host), port))
}

fn trim_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// RFC 9110 section 5.6.2: tchar.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// RFC 3986 section 3.2.2, all forms: what can stand in a host and its port.
const fn is_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || is_token(byte)
        || matches!(byte, b':' | b'[' | b']' | b'(' | b')' | b',' | b';' | b'=')
}

#[cfg(test)]
mod tests;
