//! What servers say that tell apps addresses over plain HTTP ("HTTPDNS"), and what they were asked.
//!
//! There is no standard. The forms that are read, each found by what it holds and not by who sends it:
//!
//! - `{"S":"Ok","R":{"ttl":600,"wifi":{"a.example":["192.0.2.1:5222"]}}}`: names as keys, with addresses (Xiaomi's GSLB);
//! - `{"info":{"host_list":[{"ip":"192.0.2.1","port":8053}]}}`: addresses of the name in the question (Xiaomi's IoT);
//! - `{"host":"a.example","ips":["192.0.2.1"],"ttl":60}`: a name beside its addresses, also in a list (others);
//! - `192.0.2.1;192.0.2.2,60`: addresses of the name in the question, and a time to live (others).
//!
//! What the answer says of the phone's own address (`"ip"` beside other facts, in no list) is not taken.

mod json;

use std::net::{IpAddr, SocketAddr};

use crate::Name;

/// Addresses of one answer at most.
const MAX_ADDRESSES: usize = 128;

/// Parameters of questions that hold the name.
const PARAMETERS: [&[u8]; 6] = [b"dm", b"dn", b"host", b"domain", b"name", b"list"];

/// An address that an answer tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Whose it is.
    pub name: Name,
    /// The address.
    pub ip: IpAddr,
    /// The port that stands with it.
    pub port: Option<u16>,
    /// For how many seconds, where the answer says so.
    pub ttl: Option<u32>,
}

/// The name that a question asks for: the value of a known parameter of a request target's query. `None` where there is
/// none, or several.
pub fn asked(target: &[u8]) -> Option<Name> {
    let at = target.iter().position(|&byte| byte == b'?')?;
    let fields = target[at + 1..].split(|&byte| byte == b'&');
    let mut names = fields.filter_map(|field| {
        let at = field.iter().position(|&byte| byte == b'=')?;
        let (key, value) = (&field[..at], &field[at + 1..]);
        PARAMETERS.contains(&key).then(|| host(value)).flatten()
    });
    names.next().filter(|_| names.next().is_none())
}

/// The addresses in the body of an answer, as far as it has come. `asked` is the name that was asked for.
pub fn parse(body: &[u8], asked: Option<&Name>) -> Vec<Told> {
    let body = body.trim_ascii();
    match body.first() {
        Some(b'{' | b'[') => json::parse(body, asked),
        _ => asked.map_or_else(Vec::new, |asked| plain(body, asked)),
    }
}

/// `192.0.2.1;192.0.2.2,60`, and nothing else.
fn plain(body: &[u8], asked: &Name) -> Vec<Told> {
    let mut parts = body.splitn(2, |&byte| byte == b',');
    let list = parts.next().unwrap_or_default();
    let ttl = parts.next().and_then(number);
    let told = list.split(|&byte| byte == b';').map(|text| {
        let (ip, port) = endpoint(text.trim_ascii())?;
        Some(Told {
            name: asked.clone(),
            ip,
            port,
            ttl,
        })
    });
    let told: Option<Vec<Told>> = told.take(MAX_ADDRESSES).collect();
    told.unwrap_or_default()
}

/// A host name of at least two labels that is no address.
fn host(text: &[u8]) -> Option<Name> {
    let has_dot = text.iter().rposition(|&byte| byte == b'.')?;
    let is_numeric = text.get(has_dot + 1..)?.iter().all(u8::is_ascii_digit);
    if is_numeric { None } else { Name::from_host(text) }
}

/// An address, with or without a port.
fn endpoint(text: &[u8]) -> Option<(IpAddr, Option<u16>)> {
    // The longest: an IPv6 address with an embedded IPv4 address, in brackets, with a port.
    if text.len() > 55 {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(ip) = text.parse() {
        return Some((ip, None));
    }
    let end: SocketAddr = text.parse().ok()?;
    Some((end.ip(), Some(end.port()).filter(|&port| port != 0)))
}

fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text.trim_ascii()).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
