//! One line of a list: a hosts line, a plain name, a wildcard, an address, or a rule in AdBlock syntax.

use crate::address::Network;
use crate::name;

/// Which names a rule meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Reach {
    /// The name alone.
    Exact,
    /// The name and every name beneath it.
    Subdomains,
    /// Every name beneath it, not the name.
    Below,
}

/// What a line says of its name, within its own list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Tone {
    /// Block.
    Block,
    /// `$important`: block, whatever `@@` the list holds.
    Important,
    /// `@@`: not blocked by this list.
    Except,
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// A name and which names it stands for.
    Name(&'a str, Reach),
    /// An address or network.
    Address(Network),
}

/// One rule of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pattern<'a> {
    /// As written.
    pub(crate) text: &'a str,
    pub(crate) target: Target<'a>,
    pub(crate) tone: Tone,
}

/// Why a line that is well formed for a browser has no meaning here; skipped and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Skip {
    /// Hides elements of a page.
    Cosmetic,
    /// A regular expression.
    Regex,
    /// A wildcard within a name, a path, or a part of a name.
    Wildcard,
    /// A modifier that would make the rule narrower than its name.
    Modifier,
    /// A hosts line that sends a name to an address of its own.
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
    if is_cosmetic(code) {
        return Ok(Some(Skip::Cosmetic));
    }
    let mut words = code.split_ascii_whitespace();
    let first = words.next().unwrap_or(code);
    if first.len() != code.len() && !first.starts_with(['|', '@', '/']) {
        return hosts_line(first, words, sink);
    }
    // A part of a name, as browsers' lists have them.
    if code.starts_with(['.', '-', '_']) || code.ends_with(['-', '_']) {
        return Ok(Some(Skip::Wildcard));
    }
    if code.starts_with(['|', '@', '/']) || code.contains(['^', '$', '*', '#']) {
        return adblock_line(code, sink);
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
    let target = match Network::parse(code) {
        Some(network) => Target::Address(network?),
        None => {
            let host = name::without_trailing_dot(code);
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

/// `||name^`, `|name^`, `@@||name^`, `||name^$important`, `*.name`.
fn adblock_line<'a>(code: &'a str, sink: &mut dyn FnMut(Pattern<'a>)) -> Result<Option<Skip>, String> {
    let (excepted, rule) = match code.strip_prefix("@@") {
        Some(rule) => (true, rule),
        None => (false, code),
    };
    if rule.starts_with('/') {
        return Ok(Some(Skip::Regex));
    }
    let (body, modifiers) = rule.split_once('$').unwrap_or((rule, ""));
    let mut important = false;
    for modifier in modifiers
        .split(',')
        .map(str::trim)
        .filter(|modifier| !modifier.is_empty())
    {
        match modifier {
            "important" => important = true,
            // Every type of request: what a rule on a name means anyway.
            "all" => {}
            _ => return Ok(Some(Skip::Modifier)),
        }
    }
    let Some(target) = adblock_target(body)? else {
        return Ok(Some(Skip::Wildcard));
    };
    let tone = match (excepted, important) {
        (true, _) => Tone::Except,
        (false, true) => Tone::Important,
        (false, false) => Tone::Block,
    };
    sink(Pattern {
        text: code,
        target,
        tone,
    });
    Ok(None)
}

/// The name of a rule's body; `None` where it is no whole name.
fn adblock_target(body: &str) -> Result<Option<Target<'_>>, String> {
    let (name, reach, anchored) = if let Some(rest) = body.strip_prefix("||*.") {
        (rest, Reach::Below, true)
    } else if let Some(rest) = body.strip_prefix("||") {
        (rest, Reach::Subdomains, true)
    } else if let Some(rest) = body.strip_prefix('|') {
        (rest, Reach::Exact, true)
    } else if let Some(rest) = body.strip_prefix("*.") {
        (rest, Reach::Subdomains, false)
    } else {
        (body, Reach::Subdomains, false)
    };
    let end = name.strip_suffix('|').unwrap_or(name);
    let (name, ended) = match end.strip_suffix('^') {
        Some(name) => (name, true),
        None => (end, end.len() != name.len()),
    };
    // Without both ends a body is a part of a name: `ads^` meets `example-ads` too.
    let whole = if body.starts_with('|') {
        anchored
    } else {
        !ended && (body.starts_with("*.") || !body.contains('*'))
    };
    // `||ads` means every name that begins so.
    let is_start = !ended && body.starts_with('|') && !name.contains('.');
    let is_path = name.ends_with('/');
    let foreign = name.contains(['*', '/', ':', '?', '=', '&', '^', '|']) && Network::parse(name).is_none();
    if !whole || is_start || is_path || foreign {
        return Ok(None);
    }
    if let Some(network) = Network::parse(name) {
        return Ok(Some(Target::Address(network?)));
    }
    let name = name::without_trailing_dot(name);
    name::check(name)?;
    Ok(Some(Target::Name(name, reach)))
}

#[cfg(test)]
mod tests;
