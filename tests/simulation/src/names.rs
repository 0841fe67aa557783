//! Names on the wire, by hand: DNS messages, a ClientHello, an HTTP request.

use std::net::IpAddr;

/// Record types.
pub const A: u16 = 1;
/// An alias.
pub const CNAME: u16 = 5;
/// An IPv6 address.
pub const AAAA: u16 = 28;
/// A service binding.
pub const HTTPS: u16 = 65;

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// A or AAAA.
    Address(IpAddr),
    /// CNAME.
    Alias(String),
    /// Any other type, as bytes.
    Other(u16, Vec<u8>),
}

/// A resource record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Whose.
    pub name: String,
    /// Seconds.
    pub ttl: u32,
    /// What.
    pub data: Data,
}

impl Record {
    /// An address.
    pub fn address(name: &str, ip: IpAddr) -> Self {
        Self {
            name: name.into(),
            ttl: 300,
            data: Data::Address(ip),
        }
    }

    /// An alias.
    pub fn alias(name: &str, target: &str) -> Self {
        Self {
            name: name.into(),
            ttl: 300,
            data: Data::Alias(target.into()),
        }
    }

    const fn record_type(&self) -> u16 {
        match &self.data {
            Data::Address(IpAddr::V4(_)) => A,
            Data::Address(IpAddr::V6(_)) => AAAA,
            Data::Alias(_) => CNAME,
            Data::Other(record_type, _) => *record_type,
        }
    }
}

/// A DNS message, as far as tests look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Id.
    pub id: u16,
    /// The word with QR, TC, RCODE.
    pub flags: u16,
    /// The question's name, as written.
    pub name: String,
    /// The question's type.
    pub record_type: u16,
    /// Answers.
    pub answers: Vec<Record>,
    /// Number of records in the authority section.
    pub authorities: u16,
}

impl Message {
    /// RCODE.
    pub const fn rcode(&self) -> u16 {
        self.flags & 0xf
    }

    /// Whether it was cut.
    pub const fn is_truncated(&self) -> bool {
        self.flags & 0x0200 != 0
    }

    /// The addresses in the answers.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let address = |record: &Record| match record.data {
            Data::Address(ip) => Some(ip),
            _ => None,
        };
        self.answers.iter().filter_map(address).collect()
    }

    /// Reads a message.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
        if word(4)? != 1 {
            return None;
        }
        let (name, mut at) = read_name(bytes, 12)?;
        let record_type = word(at)?;
        at += 4;
        let mut answers = Vec::new();
        for _ in 0..word(6)? {
            let (name, next) = read_name(bytes, at)?;
            let (record_type, len) = (word(next)?, usize::from(word(next + 8)?));
            let ttl = u32::from(word(next + 4)?) << 16 | u32::from(word(next + 6)?);
            let start = next + 10;
            let body = bytes.get(start..start + len)?;
            let data = match record_type {
                A => Data::Address(<[u8; 4]>::try_from(body).ok()?.into()),
                AAAA => Data::Address(<[u8; 16]>::try_from(body).ok()?.into()),
                CNAME => Data::Alias(read_name(bytes, start)?.0),
                other => Data::Other(other, body.to_vec()),
            };
            answers.push(Record { name, ttl, data });
            at = start + len;
        }
        Some(Self {
            id: word(0)?,
            flags: word(2)?,
            name,
            record_type,
            answers,
            authorities: word(8)?,
        })
    }
}

/// A question with recursion desired.
pub fn question(id: u16, name: &str, record_type: u16) -> Vec<u8> {
    let mut bytes = id.to_be_bytes().to_vec();
    bytes.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    write_name(&mut bytes, name);
    bytes.extend(record_type.to_be_bytes());
    bytes.extend([0, 1]);
    bytes
}

/// The answer to `question`, which may carry more than its question section.
pub fn answer(question: &[u8], rcode: u8, records: &[Record]) -> Vec<u8> {
    let end = read_name(question, 12).map_or(question.len(), |(_, at)| at + 4);
    let mut bytes = question[..end.min(question.len())].to_vec();
    bytes[2] = 0x81;
    bytes[3] = 0x80 | rcode;
    bytes[6..8].copy_from_slice(&(records.len() as u16).to_be_bytes());
    bytes[8..12].fill(0);
    for record in records {
        write_name(&mut bytes, &record.name);
        bytes.extend(record.record_type().to_be_bytes());
        bytes.extend([0, 1]);
        bytes.extend(record.ttl.to_be_bytes());
        let mut body = Vec::new();
        match &record.data {
            Data::Address(IpAddr::V4(ip)) => body.extend(ip.octets()),
            Data::Address(IpAddr::V6(ip)) => body.extend(ip.octets()),
            Data::Alias(target) => write_name(&mut body, target),
            Data::Other(_, rest) => body.extend(rest),
        }
        bytes.extend((body.len() as u16).to_be_bytes());
        bytes.extend(body);
    }
    bytes
}

/// A message with its length in front, as TCP carries it.
pub fn framed(message: &[u8]) -> Vec<u8> {
    let mut bytes = (message.len() as u16).to_be_bytes().to_vec();
    bytes.extend(message);
    bytes
}

fn write_name(bytes: &mut Vec<u8>, name: &str) {
    for label in name.split('.').filter(|label| !label.is_empty()) {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
}

fn read_name(bytes: &[u8], mut at: usize) -> Option<(String, usize)> {
    let (mut name, mut end) = (String::new(), None);
    for _ in 0..128 {
        let len = usize::from(*bytes.get(at)?);
        match len {
            0 => return Some((name, end.unwrap_or(at + 1))),
            1..=63 => {
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(&String::from_utf8_lossy(bytes.get(at + 1..at + 1 + len)?));
                at += 1 + len;
            }
            _ => {
                end = end.or(Some(at + 2));
                at = (len & 0x3f) << 8 | usize::from(*bytes.get(at + 1)?);
            }
        }
    }
    None
}

/// A TLS 1.3 ClientHello in as few records as hold it, with `name` as its server name, padded to at least `len` bytes.
pub fn client_hello(name: &str, len: usize) -> Vec<u8> {
    let mut extensions = Vec::new();
    let extension = |extensions: &mut Vec<u8>, kind: u16, body: &[u8]| {
        extensions.extend(kind.to_be_bytes());
        extensions.extend((body.len() as u16).to_be_bytes());
        extensions.extend(body);
    };
    extension(&mut extensions, 0x002b, &[2, 3, 4]);
    extension(&mut extensions, 0x000a, &[0, 2, 0, 0x1d]);
    let mut server_name = Vec::new();
    server_name.extend((name.len() as u16 + 3).to_be_bytes());
    server_name.push(0);
    server_name.extend((name.len() as u16).to_be_bytes());
    server_name.extend(name.as_bytes());
    // Padding first, so that a name may stand far from the beginning.
    let bare = 5 + 4 + 2 + 32 + 1 + 32 + 2 + 2 + 2 + 2 + extensions.len() + 4 + server_name.len();
    if len > bare + 4 {
        extension(&mut extensions, 0x0015, &vec![0; len - bare - 4]);
    }
    extension(&mut extensions, 0x0000, &server_name);
    let mut hello = vec![3, 3];
    hello.extend([0x5a; 32]);
    hello.push(32);
    hello.extend([0xa5; 32]);
    hello.extend([0, 2, 0x13, 0x01, 1, 0]);
    hello.extend((extensions.len() as u16).to_be_bytes());
    hello.extend(extensions);
    let mut message = vec![1, 0];
    message.extend((hello.len() as u16).to_be_bytes());
    message.extend(hello);
    let mut bytes = Vec::new();
    for fragment in message.chunks(0x4000) {
        bytes.extend([0x16, 3, 1]);
        bytes.extend((fragment.len() as u16).to_be_bytes());
        bytes.extend(fragment);
    }
    bytes
}

/// A plain HTTP request.
pub fn http_get(host: &str) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n\r\n").into_bytes()
}
