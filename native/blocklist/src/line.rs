//! One line of a list: a hosts line, a plain name, a wildcard, an address, or a rule in AdBlock syntax.

use crate::address::Network;
use crate::name;
use crate::wildcard::Wildcard;

pub use crate::image::Reach;

mod adblock;

/// What a line says of its name, within its own list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Block.
    Block,
    /// `$important`: block, whatever `@@` the list holds.
    Important,
    /// `@@`: not blocked by this list.
    Except,
    /// `@@` with `$important`: not even a block marked so.
    ImportantExcept,
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A name and which names it stands for.
    Name(&'a str, Reach),
    /// A pattern that is no whole name.
    Wildcard(Wildcard<'a>),
    /// An address or network.
    Address(Network),
}

/// One rule of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern<'a> {
    /// As written.
    pub text: &'a str,
    /// What it is about.
    pub target: Target<'a>,
    /// Whether it blocks.
    pub tone: Tone,
}

/// The rule in the one normal form, AdBlock syntax for names: what `lists import` writes.
impl std::fmt::Display for Pattern<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (except, important) = match self.tone {
            Tone::Block => ("", ""),
            Tone::Important => ("", "$important"),
            Tone::Except => ("@@", ""),
            Tone::ImportantExcept => ("@@", "$important"),
        };
        match self.target {
            Target::Name(name, Reach::Exact) => write!(f, "{except}|{name}^{important}"),
            Target::Name(name, Reach::Subdomains) => write!(f, "{except}||{name}^{important}"),
            Target::Name(name, Reach::Below) => write!(f, "{except}||*.{name}^{important}"),
            Target::Wildcard(wildcard) => write!(f, "{except}{wildcard}{important}"),
            Target::Address(network) => write!(f, "{except}||{network}^{important}"),
        }
    }
}

/// Why a line that is well formed for a browser has no meaning here; skipped and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Skip {
    /// Hides elements of a page.
    Cosmetic,
    /// A regular expression.
    Regex,
    /// A path, a part of a page's address, or a pattern that would meet nearly any name.
    Wildcard,
    /// A modifier that would make the rule narrower than its name: a type, a page, a client, another trigger.
    Modifier,
    /// An answer of the list's own: a hosts line or a rewrite that sends a name elsewhere.
    Redirect,
    /// A name of the machine itself, such as `localhost`.
    Local,
}

impl Skip {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Cosmetic,
        Self::Regex,
        Self::Wildcard,
        Self::Modifier,
        Self::Redirect,
        Self::Local,
    ];
}

/// Reads a line; each of its rules goes to `sink`. An error says how to mend the line.
pub(crate) fn parse<'a>(line: &'a str, sink: &mut dyn FnMut(Pattern<'a>)) -> Result<Option<Skip>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('!') || (line.starts_with('[') && line.ends_with(']')) {
        return Ok(None);
    }
    if line.starts_with('#') {
        let heading =
            line.starts_with("##") && matches!(line.as_bytes().get(2), None | Some(b'#' | b' ' | b'\t'));
        return Ok((is_cosmetic(line) && !heading).then_some(Skip::Cosmetic));
    }
    let code = without_comment(line);
    // Most lines are a name: one look at each byte says that no other search is needed.
    let is_bare = code
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if !is_bare && is_cosmetic(code) {
        return Ok(Some(Skip::Cosmetic));
    }
    let mut words = code.split_ascii_whitespace();
    let first = words.next().unwrap_or(code);
    if first.len() != code.len() && !first.starts_with(['|', '@', '/', '$']) {
        return hosts_line(first, words, sink);
    }
    // A part of a name or of a page's address, as browsers' lists have them.
    let is_part = code.starts_with(['.', '-', '_', ',', ';', '+', '%', '(', '!'])
        || code.ends_with(['-', '_', ',', ';']) && !code.contains('.')
        || code.ends_with('.') && !code.trim_end_matches('.').contains('.');
    let is_rule = !is_bare
        && (code.starts_with(['|', '@', '/', ':'])
            || code.contains(['^', '$', '*', '#', '?', '&', '=', '|']));
    if is_part || is_rule {
        return adblock::line(code, sink);
    }
    plain_line(code, sink)
}

/// Whether the line hides or scripts parts of a page.
fn is_cosmetic(line: &str) -> bool {
    ["##", "#@#", "#?#", "#$#", "#%#", "$$"]
        .iter()
        .any(|mark| line.contains(mark))
}

/// Cuts a comment that white space sets apart from the rule.
fn without_comment(line: &str) -> &str {
    let cut = line
        .as_bytes()
        .windows(2)
        .position(|two| two[0].is_ascii_whitespace() && two[1] == b'#');
    cut.and_then(|at| line.get(..at)).unwrap_or(line).trim_end()
}

/// `0.0.0.0 name name`: exact names, as the file would work in a hosts file.
fn hosts_line<'a>(
    first: &'a str,
    names: std::str::SplitAsciiWhitespace<'a>,
    sink: &mut dyn FnMut(Pattern<'a>),
) -> Result<Option<Skip>, String> {
    // A zone, as in `fe80::1%lo0`, belongs to lines on the machine itself.
    let Ok(addr) = first
        .split('%')
        .next()
        .unwrap_or(first)
        .parse::<std::net::IpAddr>()
    else {
        return Err(format!(
            "more than one word; write one name a line, or a hosts line: `0.0.0.0 {first}`"
        ));
    };
    let mut skip = None;
    for host in names {
        let host = name::without_trailing_dot(host);
        if is_local(host) || host.parse::<std::net::IpAddr>().is_ok() {
            skip = Some(Skip::Local);
            continue;
        }
        name::check(host)?;
        if !(addr.is_unspecified() || addr.is_loopback()) {
            skip = Some(Skip::Redirect);
            continue;
        }
        sink(Pattern {
            text: host,
            target: Target::Name(host, Reach::Exact),
            tone: Tone::Block,
        });
    }
    Ok(skip)
}

fn is_local(host: &str) -> bool {
    // The names that the hosts files of Linux, macOS and Windows begin with.
    const LOCAL: [&str; 10] = [
        "localhost",
        "localhost.localdomain",
        "local",
        "broadcasthost",
        "ip6-localhost",
        "ip6-loopback",
        "ip6-localnet",
        "ip6-mcastprefix",
        "ip6-allnodes",
        "ip6-allrouters",
    ];
    LOCAL.contains(&host) || host == "ip6-allhosts"
}

/// A name (with its subdomains), or an address.
fn plain_line<'a>(code: &'a str, sink: &mut dyn FnMut(Pattern<'a>)) -> Result<Option<Skip>, String> {
    let host = name::without_trailing_dot(code);
    let target = match Network::parse(host) {
        Some(network) => {
            if let Ok(addr) = host.parse::<std::net::IpAddr>()
                && (addr.is_unspecified() || addr.is_loopback())
            {
                return Err(format!(
                    "`{host}` stands alone; a hosts line says a name, too: `{host} NAME`"
                ));
            }
            Target::Address(network?)
        }
        None => {
            if is_local(host) {
                return Ok(Some(Skip::Local));
            }
            name::check(host)?;
            if !host.contains('.') {
                return Err(format!(
                    "`{host}` has no dot; to block a whole top-level domain write `||{host}^`"
                ));
            }
            Target::Name(host, Reach::Subdomains)
        }
    };
    sink(Pattern {
        text: code,
        target,
        tone: Tone::Block,
    });
    Ok(None)
}

#[cfg(test)]
mod tests;
