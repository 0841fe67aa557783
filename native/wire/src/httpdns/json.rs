//! JSON (RFC 8259), read once from left to right for names and their addresses.
//!
//! Forgiving: what is cut off counts as far as it goes, and what is not understood is passed over. Nesting is bounded, and
//! nothing is built of the text but what it tells.

use super::{MAX_ADDRESSES, Told, endpoint, host, number};
use crate::Name;

/// Nesting at most; the known forms need five.
const MAX_DEPTH: usize = 16;

/// Keys whose value is the name that the addresses beside it belong to.
const NAME_KEYS: [&[u8]; 4] = [b"host", b"domain", b"dn", b"name"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Begin(Kind),
    End,
    /// Between its quotes, as written. What is escaped in there is neither a name nor an address.
    Text(&'a [u8]),
    /// A number, or a word.
    Bare(&'a [u8]),
    Colon,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    Array,
}

/// An object or array that is open.
#[derive(Debug)]
struct Frame<'a> {
    kind: Kind,
    /// The name that it stands under as a value.
    name: Option<Name>,
    /// The key whose value comes next.
    key: Option<&'a [u8]>,
    /// What the object says of itself.
    own_name: Option<Name>,
    own_ip: Option<(std::net::IpAddr, Option<u16>)>,
    own_port: Option<u16>,
    ttl: Option<u32>,
    /// The first address that was told in it.
    first: usize,
}

/// An address before all is known of it.
struct Found {
    name: Option<Name>,
    ip: std::net::IpAddr,
    port: Option<u16>,
    ttl: Option<u32>,
}

#[derive(Default)]
struct Reader<'a> {
    frames: Vec<Frame<'a>>,
    /// The last text, which is a key if a colon follows.
    text: Option<&'a [u8]>,
    found: Vec<Found>,
}

/// The addresses that the text tells. Those under no name belong to `asked`, if they stand in a list.
pub(super) fn parse(bytes: &[u8], asked: Option<&Name>) -> Vec<Told> {
    let (mut reader, mut at) = (Reader::default(), 0);
    while let Some(token) = next_token(bytes, &mut at) {
        if !reader.push(token) {
            break;
        }
    }
    reader.take_text();
    while let Some(frame) = reader.frames.pop() {
        reader.close(frame);
    }
    let told = reader.found.into_iter().filter_map(|found| {
        Some(Told {
            name: found.name.or_else(|| asked.cloned())?,
            ip: found.ip,
            port: found.port,
            ttl: found.ttl,
        })
    });
    told.collect()
}

impl<'a> Reader<'a> {
    /// False where it makes no sense to go on.
    fn push(&mut self, token: Token<'a>) -> bool {
        match token {
            Token::Colon => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.key = self.text.take();
                }
                return true;
            }
            Token::Text(text) => {
                self.take_text();
                self.text = Some(text);
            }
            Token::Bare(text) => {
                self.take_text();
                self.on_bare(text);
            }
            Token::Begin(kind) => {
                self.take_text();
                return self.open(kind);
            }
            Token::End => {
                self.take_text();
                let Some(frame) = self.frames.pop() else {
                    return false;
                };
                self.close(frame);
            }
        }
        self.found.len() < MAX_ADDRESSES
    }

    fn open(&mut self, kind: Kind) -> bool {
        let parent = self.frames.last_mut();
        let name = parent.and_then(|parent| match parent.kind {
            Kind::Object => parent.key.take().and_then(host).or_else(|| parent.name.clone()),
            Kind::Array => parent.name.clone(),
        });
        self.frames.push(Frame {
            kind,
            name,
            key: None,
            own_name: None,
            own_ip: None,
            own_port: None,
            ttl: None,
            first: self.found.len(),
        });
        self.frames.len() <= MAX_DEPTH
    }

    /// What an object said of itself holds for the addresses in it, unless they know better.
    fn close(&mut self, frame: Frame<'a>) {
        // An address that is one of many facts of an object counts where objects are listed, or where it has a name.
        let is_listed = self
            .frames
            .last()
            .is_some_and(|parent| parent.kind == Kind::Array);
        if let Some((ip, port)) = frame.own_ip
            && (is_listed || frame.own_name.is_some())
        {
            self.found.push(Found {
                name: frame.name.clone(),
                ip,
                port: port.or(frame.own_port),
                ttl: None,
            });
        }
        for found in self.found.iter_mut().skip(frame.first) {
            found.name = found.name.take().or_else(|| frame.own_name.clone());
            found.ttl = found.ttl.or(frame.ttl);
        }
    }

    /// The last text was a value.
    fn take_text(&mut self) {
        let (Some(text), Some(frame)) = (self.text.take(), self.frames.last_mut()) else {
            return;
        };
        let key = frame.key.take();
        match (frame.kind, key) {
            (Kind::Array, _) => {
                let name = frame.name.clone();
                self.found(text, name);
            }
            (Kind::Object, Some(key)) if key.eq_ignore_ascii_case(b"ip") => frame.own_ip = endpoint(text),
            (Kind::Object, Some(key)) if NAME_KEYS.contains(&key) => frame.own_name = host(text),
            (Kind::Object, Some(key)) if is_time(key) => frame.ttl = number(text),
            (Kind::Object, Some(b"port")) => frame.own_port = number(text),
            (Kind::Object, Some(key)) => {
                if let Some(name) = host(key) {
                    self.found(text, Some(name));
                }
            }
            (Kind::Object, None) => {}
        }
    }

    fn found(&mut self, text: &[u8], name: Option<Name>) {
        // Several in one text are parted as in the plain form.
        let parts = text.split(|byte| matches!(byte, b';' | b','));
        let room = MAX_ADDRESSES.saturating_sub(self.found.len());
        let found = parts.filter_map(|part| endpoint(part.trim_ascii())).take(room);
        self.found.extend(found.map(|(ip, port)| Found {
            name: name.clone(),
            ip,
            port,
            ttl: None,
        }));
    }

    fn on_bare(&mut self, text: &[u8]) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        match frame.key.take() {
            Some(b"port") => frame.own_port = number(text),
            Some(key) if is_time(key) => frame.ttl = number(text),
            _ => {}
        }
    }
}

fn is_time(key: &[u8]) -> bool {
    key.eq_ignore_ascii_case(b"ttl")
}

/// The token at `at` or behind it. White space and commas are passed over; so is what no JSON holds.
fn next_token<'a>(bytes: &'a [u8], at: &mut usize) -> Option<Token<'a>> {
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        return Some(match byte {
            b'{' => Token::Begin(Kind::Object),
            b'[' => Token::Begin(Kind::Array),
            b'}' | b']' => Token::End,
            b':' => Token::Colon,
            b'"' => Token::Text(text(bytes, at)?),
            b'0'..=b'9' | b'a'..=b'z' | b'-' => {
                let rest = bytes.get(*at..).unwrap_or_default();
                let ends = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'.' | b'+' | b'-');
                // A number at the very end may go on.
                let len = rest.iter().position(ends)?;
                *at += len;
                Token::Bare(&bytes[*at - len - 1..*at])
            }
            _ => continue,
        });
    }
}

/// The text up to the closing quote, which is passed; `None` where there is none.
fn text<'a>(bytes: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let begin = *at;
    loop {
        match *bytes.get(*at)? {
            b'"' => break,
            b'\\' => *at += 2,
            _ => *at += 1,
        }
    }
    *at += 1;
    bytes.get(begin..*at - 1)
}
