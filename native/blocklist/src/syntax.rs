//! The syntaxes of lists: which one a text is written in, and one way to read them all.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::line::{self, Pattern, Reach, Skip, Target, Tone};
use crate::wildcard::{Start, Wildcard};
use crate::{name, punycode};

mod dnsmasq;
mod rpz;
mod specific;
mod unbound;

use specific::Say;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// `0.0.0.0 name`: exact names.
    Hosts,
    /// A name a line.
    Domains,
    /// `*.name` a line: the name and all beneath it. A `*` elsewhere stands for any letters of a whole name.
    Wildcards,
    /// `||name^`, `@@||name^`; lines of the three kinds above are read too.
    Adblock,
    /// `address=/name/`, `server=/name/`, `local=/name/`.
    Dnsmasq,
    /// `local-zone: "name" always_nxdomain`.
    Unbound,
    /// A response policy zone.
    Rpz,
}

/// What a name alone on its line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plain {
    /// The name alone.
    Exact,
    /// The name and all beneath it.
    #[default]
    Subdomains,
}

/// What a line holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A rule.
    Rule(Pattern<'a>),
    /// Something well-formed that has no meaning for names, and the text of it.
    Skipped(Skip, &'a str),
    /// Something wrong; says how to mend it.
    Bad(String),
}

impl Syntax {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Hosts,
        Self::Domains,
        Self::Wildcards,
        Self::Adblock,
        Self::Dnsmasq,
        Self::Unbound,
        Self::Rpz,
    ];

    /// The syntax of a text, by its first lines that hold anything. Lists of names mix hosts lines, names and AdBlock
    /// rules; these are told apart line by line, and count as `Adblock` here.
    pub fn detect(text: &str) -> Self {
        /// Lines looked at; headings and comments may be long.
        const ENOUGH: usize = 100;
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '!']));
        let (mut hosts, mut stars, mut plain, mut other) = (0, 0, 0, 0);
        for line in lines.take(ENOUGH) {
            if dnsmasq::is_rule(line) {
                return Self::Dnsmasq;
            }
            if unbound::is_rule(line) {
                return Self::Unbound;
            }
            if rpz::is_record(line) {
                return Self::Rpz;
            }
            let first = line.split_ascii_whitespace().next().unwrap_or(line);
            // A zone, as in `fe80::1%lo0`, is part of an address here.
            let address = first.split('%').next().unwrap_or(first);
            if line.starts_with("*.") && !line.contains(['^', '$']) || is_glob(first) {
                stars += 1;
            } else if first.len() < line.len() && address.parse::<std::net::IpAddr>().is_ok() {
                hosts += 1;
            } else if name::check(first).is_ok() {
                plain += 1;
            } else {
                other += usize::from(!line.starts_with(';'));
            }
        }
        match (hosts, stars, plain, other) {
            (1.., 0, 0, 0) => Self::Hosts,
            (0, 1.., 0, 0) => Self::Wildcards,
            (0, 0, 1.., 0) => Self::Domains,
            _ => Self::Adblock,
        }
    }

    /// Reads a text. Events come in the order of its lines; what is wrong with one line ends nothing.
    pub fn read(self, text: &str, plain: Plain, sink: &mut dyn FnMut(usize, Event<'_>)) {
        // A byte order mark is no part of the first line.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut tree = specific::Tree::default();
        if matches!(self, Self::Dnsmasq | Self::Unbound | Self::Rpz) {
            self.read_lines(text, plain, &mut |_, event| {
                if let Event::Rule(pattern) = event {
                    tree.add(&pattern);
                }
            });
        }
        let withdrawn = self.withdrawn(text, plain);
        if tree.is_flat() && withdrawn.is_empty() {
            return self.read_lines(text, plain, sink);
        }
        self.read_lines(text, plain, &mut |line, event| match event {
            Event::Rule(pattern) if withdrawn.contains(&normal(&pattern)) => {}
            Event::Rule(pattern) if tree.is_flat() => sink(line, Event::Rule(pattern)),
            Event::Rule(pattern) => {
                let text = pattern.text;
                match tree.say(pattern) {
                    Say::Rule(pattern) => sink(line, Event::Rule(pattern)),
                    Say::Nothing => {}
                    Say::NoTone => sink(line, Event::Skipped(Skip::Modifier, text)),
                }
            }
            event => sink(line, event),
        });
    }

    /// The rules that `$badfilter` takes out of a list, in normal form.
    fn withdrawn(self, text: &str, plain: Plain) -> HashSet<String> {
        let mut withdrawn = HashSet::new();
        if matches!(self, Self::Dnsmasq | Self::Unbound | Self::Rpz) || !text.contains(BADFILTER) {
            return withdrawn;
        }
        for rule in text.lines().filter_map(without_badfilter) {
            Self::read_names(&rule, plain, &mut |event| {
                if let Event::Rule(pattern) = event {
                    withdrawn.insert(normal(&pattern));
                }
            });
        }
        withdrawn
    }

    fn read_lines(self, text: &str, plain: Plain, sink: &mut dyn FnMut(usize, Event<'_>)) {
        let (mut zone, mut zones) = (rpz::Zone::default(), unbound::Zones::default());
        let mut last = 0;
        for (line, number) in text.lines().zip(1..) {
            last = number;
            let line = if line.is_ascii() {
                Cow::Borrowed(line)
            } else {
                Cow::Owned(punycode::to_ascii(line))
            };
            match self {
                Self::Dnsmasq => dnsmasq::read(&line, &mut |event| sink(number, event)),
                Self::Unbound => zones.read(&line, &mut |event| sink(number, event)),
                Self::Rpz => zone.read(&line, &mut |event| sink(number, event)),
                Self::Wildcards => Self::read_names(&line, plain, &mut |event| sink(number, as_glob(event))),
                _ => Self::read_names(&line, plain, &mut |event| sink(number, event)),
            }
        }
        zones.finish(&mut |event| sink(last, event));
    }

    fn read_names(line: &str, plain: Plain, sink: &mut dyn FnMut(Event<'_>)) {
        if line.contains('$') && line.contains(BADFILTER) && without_badfilter(line).is_some() {
            return;
        }
        let is_plain = |pattern: &Pattern<'_>| match pattern.target {
            // `$denyallow` has its names as exceptions, which no line has alone.
            Target::Name(name, Reach::Subdomains) if pattern.tone == Tone::Block => {
                pattern.text.trim_end_matches('.') == name
            }
            _ => false,
        };
        let read = line::parse(line, &mut |mut pattern| {
            if let Target::Name(name, _) = pattern.target
                && is_plain(&pattern)
                && plain == Plain::Exact
            {
                pattern.target = Target::Name(name, Reach::Exact);
            }
            sink(Event::Rule(pattern));
        });
        match read {
            Ok(None) => {}
            Ok(Some(skip)) => sink(Event::Skipped(skip, line.trim())),
            Err(mend) => sink(Event::Bad(mend)),
        }
    }
}

/// The modifier that takes out the rule which is the same without it.
const BADFILTER: &str = "badfilter";

/// The rule that a line takes out.
fn without_badfilter(line: &str) -> Option<String> {
    let (body, modifiers) = line.trim().split_once('$')?;
    let kept: Vec<&str> = modifiers
        .split(',')
        .filter(|modifier| modifier.trim() != BADFILTER)
        .collect();
    if kept.len() == modifiers.split(',').count() || line.starts_with(['!', '#']) {
        return None;
    }
    Some(if kept.is_empty() {
        body.to_owned()
    } else {
        format!("{body}${}", kept.join(","))
    })
}

fn normal(pattern: &Pattern<'_>) -> String {
    pattern.to_string().to_ascii_lowercase()
}

/// Whether a text is a name with `*` in it, and nothing of AdBlock syntax.
fn is_glob(text: &str) -> bool {
    text.contains('*')
        && text.contains('.')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'*'))
}

/// In lists of wildcards a pattern is on the whole name; in AdBlock syntax on any part of it.
fn as_glob(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Rule(pattern) if matches!(pattern.target, Target::Wildcard(_)) && is_glob(pattern.text) => {
            match glob(pattern.text) {
                Some(target) => Event::Rule(Pattern { target, ..pattern }),
                None => Event::Skipped(Skip::Wildcard, pattern.text),
            }
        }
        event => event,
    }
}

/// What a name with `*` in it is about, if it can meet a name.
fn glob(text: &str) -> Option<Target<'_>> {
    let wildcard = Wildcard::new(Start::Name, text, true)?;
    match wildcard.body.strip_prefix('.') {
        // `**.name`: all that is beneath it, which is no pattern.
        Some(under) if wildcard.ended && !under.contains('*') && !under.starts_with('.') => {
            name::check(under).ok()?;
            Some(Target::Name(under, Reach::Below))
        }
        _ => Some(Target::Wildcard(wildcard)),
    }
}

/// A rule on a name that a syntax of resolvers says.
fn rule<'a>(name: &'a str, reach: Reach, tone: Tone, sink: &mut dyn FnMut(Event<'a>)) {
    let name = name::without_trailing_dot(name);
    // A name of this form is judged as the address that it is, so nothing would ever meet the rule.
    if reach != Reach::Below && name.parse::<std::net::Ipv4Addr>().is_ok() {
        return sink(Event::Skipped(Skip::Wildcard, name));
    }
    sink(match name::check(name) {
        Ok(()) => Event::Rule(Pattern {
            text: name,
            target: Target::Name(name, reach),
            tone,
        }),
        Err(mend) => Event::Bad(mend),
    });
}

#[cfg(test)]
mod tests;
