//! What a client of a SOCKS proxy says before its stream is its own: version 5 (RFC 1928, RFC 1929) and 4a.

use crate::{Name, Parsed};

/// The versions that the first octet tells.
const V5: u8 = 5;
const V4: u8 = 4;
/// The version of the exchange of name and password (RFC 1929 section 2).
const PASSWORD: u8 = 1;
/// CONNECT, BIND and, in version 5, UDP ASSOCIATE.
const COMMANDS: std::ops::RangeInclusive<u8> = 1..=3;
/// Address types (RFC 1928 section 5).
const IPV4: u8 = 1;
const DOMAIN: u8 = 3;
const IPV6: u8 = 4;
/// The longest user id and host name of version 4 that are read.
const MAX_TEXT: usize = 255;

/// One thing that a client says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The host that it wants to reach, if it says a name.
    pub host: Option<Name>,
    /// Whether its own stream follows, behind the proxy's answer.
    pub is_request: bool,
    /// Length in bytes.
    pub len: usize,
}

impl Turn {
    /// Reads what comes first: the methods that a client of version 5 offers, or the request of version 4.
    pub fn parse_first(stream: &[u8]) -> Parsed<Self> {
        match stream {
            [] => Parsed::Incomplete,
            [V5] | [V4] => Parsed::Incomplete,
            [V5, 0, ..] => Parsed::Mismatch,
            [V5, count, methods @ ..] => {
                let count = usize::from(*count);
                // Methods are few and different; their numbers from 0x80 on are private (RFC 1928 section 3).
                match methods.get(..count) {
                    Some(_) if count <= 8 => Parsed::Complete(Self {
                        host: None,
                        is_request: false,
                        len: 2 + count,
                    }),
                    None if count <= 8 => Parsed::Incomplete,
                    _ => Parsed::Mismatch,
                }
            }
            [V4, command, rest @ ..] if COMMANDS.contains(command) => Self::version_4(rest),
            _ => Parsed::Mismatch,
        }
    }

    /// Reads what comes next in version 5: a name with its password, or the request.
    pub fn parse_next(stream: &[u8]) -> Parsed<Self> {
        match stream {
            [] | [V5] | [V5, 1..=3] | [V5, 1..=3, 0] => Parsed::Incomplete,
            [V5, command, 0, kind, rest @ ..] if COMMANDS.contains(command) => Self::request(*kind, rest),
            [PASSWORD, rest @ ..] => Self::password(rest),
            _ => Parsed::Mismatch,
        }
    }

    /// Behind version, command, reserved octet and address type.
    fn request(kind: u8, rest: &[u8]) -> Parsed<Self> {
        let (host, len) = match (kind, rest) {
            (IPV4, _) => (None, 4),
            (IPV6, _) => (None, 16),
            (DOMAIN, []) => return Parsed::Incomplete,
            (DOMAIN, [len, rest @ ..]) => {
                let len = usize::from(*len);
                (rest.get(..len).and_then(Name::from_host), 1 + len)
            }
            _ => return Parsed::Mismatch,
        };
        // The port follows.
        if rest.len() < len + 2 {
            return Parsed::Incomplete;
        }
        Parsed::Complete(Self {
            host,
            is_request: true,
            len: 4 + len + 2,
        })
    }

    fn password(rest: &[u8]) -> Parsed<Self> {
        let Some((&user, after)) = rest.split_first() else {
            return Parsed::Incomplete;
        };
        let Some(&password) = after.get(usize::from(user)) else {
            return Parsed::Incomplete;
        };
        let len = 1 + 1 + usize::from(user) + 1 + usize::from(password);
        if 1 + rest.len() < len {
            return Parsed::Incomplete;
        }
        Parsed::Complete(Self {
            host: None,
            is_request: false,
            len,
        })
    }

    /// Behind version and command: port, address, a user id; and a host name if the address is 0.0.0.x (version 4a).
    fn version_4(rest: &[u8]) -> Parsed<Self> {
        let Some((&[_, _, a, b, c, d], rest)) = rest.split_first_chunk() else {
            return Parsed::Incomplete;
        };
        let Some((_, after)) = text(rest) else {
            return unfinished(rest);
        };
        let mut len = 2 + 6 + rest.len() - after.len();
        let mut host = None;
        if [a, b, c] == [0; 3] && d != 0 {
            let Some((name, behind)) = text(after) else {
                return unfinished(after);
            };
            host = Name::from_host(name);
            len += after.len() - behind.len();
        }
        Parsed::Complete(Self {
            host,
            is_request: true,
            len,
        })
    }
}

/// A text up to its zero octet, and what follows it.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().take(MAX_TEXT + 1).position(|&byte| byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

const fn unfinished(bytes: &[u8]) -> Parsed<Turn> {
    if bytes.len() > MAX_TEXT {
        Parsed::Mismatch
    } else {
        Parsed::Incomplete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(host: Option<&str>, is_request: bool, len: usize) -> Parsed<Turn> {
        Parsed::Complete(Turn {
            host: host.map(Name::from_text),
            is_request,
            len,
        })
    }

    #[test]
    fn turns_of_version_5_are_read() {
        assert_eq!(Turn::parse_first(b"\x05\x02\x00\x02GET"), turn(None, false, 4));
        assert_eq!(Turn::parse_next(b"\x01\x02me\x03pwd\x05"), turn(None, false, 8));
        let by_name = b"\x05\x01\x00\x03\x09A.example\x00\x50GET";
        assert_eq!(Turn::parse_next(by_name), turn(Some("a.example"), true, 16));
        let by_address = b"\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50";
        assert_eq!(Turn::parse_next(by_address), turn(None, true, 10));
        let six = [&b"\x05\x01\x00\x04"[..], &[0; 18]].concat();
        assert_eq!(Turn::parse_next(&six), turn(None, true, 22));
    }

    #[test]
    fn requests_of_version_4_and_4a_are_read() {
        let four = b"\x04\x01\x00\x50\xc0\x00\x02\x01me\x00GET";
        assert_eq!(Turn::parse_first(four), turn(None, true, 11));
        let named = b"\x04\x01\x00\x50\x00\x00\x00\x01\x00a.example\x00GET";
        assert_eq!(Turn::parse_first(named), turn(Some("a.example"), true, 19));
    }

    #[test]
    fn a_turn_cut_off_anywhere_is_incomplete() {
        for (first, whole) in [
            (true, &b"\x05\x02\x00\x02"[..]),
            (true, b"\x04\x01\x00\x50\x00\x00\x00\x01\x00a.example\x00"),
            (false, b"\x01\x02me\x03pwd"),
            (false, b"\x05\x01\x00\x03\x09a.example\x00\x50"),
        ] {
            let parse = if first {
                Turn::parse_first
            } else {
                Turn::parse_next
            };
            for len in 0..whole.len() {
                assert_eq!(parse(&whole[..len]), Parsed::Incomplete, "{len} {whole:?}");
            }
            assert!(matches!(parse(whole), Parsed::Complete(turn) if turn.len == whole.len()));
        }
    }

    #[test]
    fn what_is_no_turn_is_a_mismatch() {
        for bytes in [&b"\x05\x00"[..], b"\x05\x09", b"\x04\x09", b"GET", b"\x16\x03"] {
            assert_eq!(Turn::parse_first(bytes), Parsed::Mismatch, "{bytes:?}");
        }
        for bytes in [&b"\x05\x09"[..], b"\x05\x01\x01", b"\x05\x01\x00\x09", b"GET"] {
            assert_eq!(Turn::parse_next(bytes), Parsed::Mismatch, "{bytes:?}");
        }
        let endless = [&b"\x04\x01\x00\x50\xc0\x00\x02\x01"[..], &[b'a'; 256]].concat();
        assert_eq!(Turn::parse_first(&endless), Parsed::Mismatch);
    }
}
