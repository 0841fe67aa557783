//! Patterns over names that are no whole name: `||ads*.example.com^`, `-telemetry.`. A second matcher beside the one for
//! names, for few rules: bounded in number, and in the time a hostile list can make a look-up take.

use std::collections::BTreeMap;

use crate::line::Reach;
use crate::name::LONGEST_NAME;

/// Wildcards at most. The longest public lists for resolvers have some two thousand.
const MOST: usize = 8192;
/// Wildcards at most that are found by the same four letters.
const MOST_A_GRAM: usize = 64;
/// Wildcards at most that have no four letters in a row of their own.
const MOST_LOOSE: usize = 128;
/// Letters that a wildcard says at least: fewer would meet names by chance.
const FEWEST_LETTERS: usize = 3;

/// Where a pattern begins; a compiled list has these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum Start {
    /// `||`: where a label begins.
    Border,
    /// `|`: where the name begins.
    Name,
    /// Anywhere.
    Anywhere,
}

impl Start {
    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Border),
            1 => Some(Self::Name),
            2 => Some(Self::Anywhere),
            _ => None,
        }
    }
}

/// A pattern over names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wildcard<'a> {
    pub(crate) start: Start,
    /// Letters of names, and `*` for any number of them; neither first nor last.
    pub(crate) body: &'a str,
    /// Whether the name ends where the pattern does.
    pub(crate) ended: bool,
}

impl<'a> Wildcard<'a> {
    /// A pattern, unless it could meet no name, or nearly any.
    pub(crate) fn new(start: Start, body: &'a str, ended: bool) -> Option<Self> {
        let (start, body) = match body.trim_start_matches('*') {
            rest if rest.len() < body.len() => (Start::Anywhere, rest),
            _ => (start, body),
        };
        let (body, ended) = match body.trim_end_matches('*') {
            rest if rest.len() < body.len() => (rest, false),
            _ => (body, ended),
        };
        let fits = body.len() <= LONGEST_NAME && body.bytes().all(|b| b == b'*' || is_of_names(b));
        let letters = body.bytes().filter(u8::is_ascii_alphanumeric).count();
        let may_end = !(ended && body.ends_with('.'));
        (fits && may_end && letters >= FEWEST_LETTERS).then_some(Self { start, body, ended })
    }

    /// The whole name that a pattern without an end, such as `||example.com`, means first of all.
    pub(crate) fn whole_name(&self) -> Option<(&'a str, Reach)> {
        let reach = match self.start {
            Start::Border => Reach::Subdomains,
            Start::Name => Reach::Exact,
            Start::Anywhere => return None,
        };
        let is_whole = !self.ended && self.body.contains('.') && crate::name::check(self.body).is_ok();
        is_whole.then_some((self.body, reach))
    }

    /// Whether it meets a name, which is in lower case, as the pattern is.
    pub fn meets(&self, name: &str) -> bool {
        let name = name.as_bytes();
        let (head, rest) = match self.body.split_once('*') {
            Some((head, rest)) => (head.as_bytes(), Some(rest)),
            None => (self.body.as_bytes(), None),
        };
        let Some(rest) = rest else {
            return self.meets_whole(head, name);
        };
        // The leftmost place of each piece leaves the most to those behind it.
        let Some(mut at) = self.find_head(head, name) else {
            return false;
        };
        let mut pieces = rest.split('*').map(str::as_bytes).peekable();
        while let Some(piece) = pieces.next() {
            let after = name.get(at..).unwrap_or_default();
            if pieces.peek().is_none() && self.ended {
                return after.ends_with(piece);
            }
            match find(piece, after) {
                Some(place) => at += place + piece.len(),
                None => return false,
            }
        }
        true
    }

    /// A body of one piece.
    fn meets_whole(&self, piece: &[u8], name: &[u8]) -> bool {
        if !self.ended {
            return self.find_head(piece, name).is_some();
        }
        name.ends_with(piece) && self.may_begin(name, name.len() - piece.len())
    }

    /// Where the first piece ends, at its leftmost place.
    fn find_head(&self, head: &[u8], name: &[u8]) -> Option<usize> {
        let mut from = 0;
        loop {
            let at = from + find(head, name.get(from..)?)?;
            if self.may_begin(name, at) {
                return Some(at + head.len());
            }
            from = at + 1;
        }
    }

    fn may_begin(&self, name: &[u8], at: usize) -> bool {
        match self.start {
            Start::Anywhere => true,
            Start::Name => at == 0,
            Start::Border => at == 0 || name.get(at - 1) == Some(&b'.'),
        }
    }
}

impl std::fmt::Display for Wildcard<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start = match self.start {
            Start::Border => "||",
            Start::Name => "|",
            Start::Anywhere => "*",
        };
        let end = if self.ended { "^" } else { "*" };
        write!(f, "{start}{}{end}", self.body)
    }
}

const fn is_of_names(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn find(piece: &[u8], name: &[u8]) -> Option<usize> {
    if piece.is_empty() {
        return Some(0);
    }
    name.windows(piece.len()).position(|window| window == piece)
}

/// Four letters in a row, by which a pattern is found.
type Gram = u32;

fn grams(text: &[u8]) -> impl Iterator<Item = Gram> {
    text.windows(4)
        .filter_map(|window| window.try_into().ok().map(Gram::from_le_bytes))
}

/// One wildcard of the matcher.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Index of the rule.
    rule: u32,
    start: Start,
    ended: bool,
    /// Where its body begins, and its length.
    body: (u32, u8),
}

/// All wildcards of all lists.
#[derive(Debug, Default, Clone)]
pub(crate) struct Wildcards {
    entries: Vec<Entry>,
    text: String,
    /// Each entry under four letters of its body.
    by_gram: BTreeMap<Gram, Vec<u16>>,
    /// One bit for each of 4,096 hashes of grams: most letters of most names end here.
    seen: Vec<u64>,
    /// Those without four letters in a row.
    loose: Vec<u16>,
}

const BITS: u32 = 4096;

const fn bit(gram: Gram) -> (usize, u64) {
    let hash = gram.wrapping_mul(0x9e37_79b1) >> (32 - BITS.trailing_zeros());
    (hash as usize / 64, 1 << (hash % 64))
}

impl Wildcards {
    /// Adds a rule; `false` where there are as many as look-ups can bear.
    pub(crate) fn push(&mut self, wildcard: &Wildcard<'_>, rule: u32) -> bool {
        let (Ok(entry), Ok(at)) = (u16::try_from(self.entries.len()), u32::try_from(self.text.len())) else {
            return false;
        };
        let Ok(len) = u8::try_from(wildcard.body.len()) else {
            return false;
        };
        if self.entries.len() >= MOST {
            return false;
        }
        let body = wildcard.body.to_ascii_lowercase();
        let pieces = body.split('*').flat_map(|piece| grams(piece.as_bytes()));
        let taken = |gram: &Gram| self.by_gram.get(gram).map_or(0, Vec::len);
        match pieces.min_by_key(taken) {
            Some(gram) if taken(&gram) < MOST_A_GRAM => {
                self.by_gram.entry(gram).or_default().push(entry);
                self.seen.resize(BITS as usize / 64, 0);
                let (word, mask) = bit(gram);
                if let Some(word) = self.seen.get_mut(word) {
                    *word |= mask;
                }
            }
            _ if self.loose.len() < MOST_LOOSE => self.loose.push(entry),
            _ => return false,
        }
        self.text.push_str(&body);
        self.entries.push(Entry {
            rule,
            start: wildcard.start,
            ended: wildcard.ended,
            body: (at, len),
        });
        true
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Gives each, by its place in the order of adding, another rule number.
    pub(crate) fn renumber(&mut self, number: impl Fn(usize, u32) -> u32) {
        for (at, entry) in self.entries.iter_mut().enumerate() {
            entry.rule = number(at, entry.rule);
        }
    }

    /// Visits each rule that meets the name, some twice.
    pub(crate) fn visit(&self, name: &str, visit: &mut dyn FnMut(u32)) {
        if self.entries.is_empty() {
            return;
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        let mut lower = [0; LONGEST_NAME];
        let Some(lower) = lower.get_mut(..name.len()) else {
            return;
        };
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        let Ok(name) = std::str::from_utf8(lower) else {
            return;
        };
        for &entry in &self.loose {
            self.visit_entry(entry, name, visit);
        }
        for gram in grams(name.as_bytes()) {
            let (word, mask) = bit(gram);
            if self.seen.get(word).is_some_and(|word| word & mask != 0) {
                for &entry in self.by_gram.get(&gram).into_iter().flatten() {
                    self.visit_entry(entry, name, visit);
                }
            }
        }
    }

    fn visit_entry(&self, entry: u16, name: &str, visit: &mut dyn FnMut(u32)) {
        let Some(entry) = self.entries.get(usize::from(entry)) else {
            return;
        };
        let (at, len) = (entry.body.0 as usize, usize::from(entry.body.1));
        let wildcard = Wildcard {
            start: entry.start,
            body: self.text.get(at..at + len).unwrap_or(""),
            ended: entry.ended,
        };
        if !wildcard.body.is_empty() && wildcard.meets(name) {
            visit(entry.rule);
        }
    }
}

#[cfg(test)]
mod tests;
