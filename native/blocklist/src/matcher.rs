//! The match core: from a name to the rules that meet it. One pass of 64-bit hashes over the name from right to left, a
//! look-up at each label border, and each hit compared with the rule's own name, so that no rule meets a name it does
//! not say.

use crate::builtin;
use crate::line::Reach;
use crate::precedence::Tier;

/// One rule on a name. Its texts live in one arena; no rule owns a `String`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    /// Where the pattern begins in the arena.
    pub(crate) text: u32,
    pub(crate) text_len: u16,
    /// The list's index.
    pub(crate) list: u16,
    /// Where the name begins within the pattern.
    pub(crate) name_at: u8,
    pub(crate) name_len: u8,
    pub(crate) reach: Reach,
    pub(crate) tier: Tier,
}

/// A place of the table.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The hash's low half; the high half chooses the place.
    tag: u32,
    /// Index of the rule, or `EMPTY`.
    rule: u32,
}

const EMPTY: u32 = u32::MAX;

/// An open-addressed table over the hashes of the rules' names.
#[derive(Debug)]
pub(crate) struct Matcher {
    slots: Box<[Slot]>,
    records: Box<[Record]>,
    /// Patterns of all rules that are not built in.
    text: Box<str>,
    seed: u64,
    /// Lengths of the shortest and the longest name of a rule: other suffixes need no look-up.
    shortest: usize,
    longest: usize,
}

impl Matcher {
    /// Builds the table. The first records are those of the built-in list, whose texts are compiled in. A rule that
    /// says what an earlier one says is switched off.
    pub(crate) fn new(records: Vec<Record>, text: String) -> Self {
        let named = records.iter().filter(|record| record.is_on_name()).count();
        // At most 7 of 10 places are taken, so that a search that finds nothing ends after one or two.
        let places = named * 10 / 7 + 1;
        let mut matcher = Self {
            slots: vec![Slot { tag: 0, rule: EMPTY }; places].into(),
            records: records.into(),
            text: text.into(),
            seed: 0,
            shortest: usize::MAX,
            longest: 0,
        };
        // The key comes from the content: same rules, same table, and nobody who writes only one of the lists knows it.
        matcher.seed = (0..matcher.records.len()).fold(0x9e37_79b9_7f4a_7c15, |seed, index| {
            hash(seed, matcher.name(index).as_bytes())
        });
        for index in 0..matcher.records.len() {
            matcher.insert(index);
        }
        matcher
    }

    fn insert(&mut self, index: usize) {
        let Some(record) = self.records.get(index).copied().filter(Record::is_on_name) else {
            return;
        };
        let name = self.name(index);
        let (mut place, tag) = self.place(hash(self.seed, name.as_bytes()));
        while let Some(slot) = self.slots.get(place).copied().filter(|slot| slot.rule != EMPTY) {
            if slot.tag == tag && self.says_the_same(slot.rule as usize, index) {
                if let Some(record) = self.records.get_mut(index) {
                    record.tier = Tier::Off;
                }
                return;
            }
            place = (place + 1) % self.slots.len();
        }
        let length = usize::from(record.name_len);
        self.shortest = self.shortest.min(length);
        self.longest = self.longest.max(length);
        if let (Some(slot), Ok(rule)) = (self.slots.get_mut(place), u32::try_from(index)) {
            *slot = Slot { tag, rule };
        }
    }

    fn says_the_same(&self, a: usize, b: usize) -> bool {
        let (Some(x), Some(y)) = (self.records.get(a), self.records.get(b)) else {
            return false;
        };
        (x.list, x.reach, x.tier) == (y.list, y.reach, y.tier)
            && !matches!(x.tier, Tier::AppAllow | Tier::AppBlock)
            && self.name(a) == self.name(b)
    }

    /// Visits each rule that meets the name, from the widest to the most specific.
    pub(crate) fn visit(&self, name: &str, visit: &mut dyn FnMut(u32, &Record)) {
        let name = name.strip_suffix('.').unwrap_or(name).as_bytes();
        let mut hash = self.seed;
        let mut end = name.len();
        loop {
            let before = name.get(..end).unwrap_or_default();
            let start = before
                .iter()
                .rposition(|&byte| byte == b'.')
                .map_or(0, |dot| dot + 1);
            hash = absorb(hash, before.get(start..).unwrap_or_default());
            self.visit_suffix(name, start, hash, visit);
            if start == 0 {
                return;
            }
            end = start - 1;
        }
    }

    /// Visits the rules whose name is the suffix that begins at `start`.
    fn visit_suffix(&self, name: &[u8], start: usize, hash: u64, visit: &mut dyn FnMut(u32, &Record)) {
        let suffix = name.get(start..).unwrap_or_default();
        if suffix.len() < self.shortest || suffix.len() > self.longest {
            return;
        }
        let (mut place, tag) = self.place(hash);
        while let Some(slot) = self.slots.get(place).filter(|slot| slot.rule != EMPTY) {
            if slot.tag == tag {
                let index = slot.rule as usize;
                let met = self
                    .records
                    .get(index)
                    .filter(|record| record.reach.meets(start == 0));
                if let Some(record) = met.filter(|_| self.name(index).as_bytes().eq_ignore_ascii_case(suffix))
                {
                    visit(slot.rule, record);
                }
            }
            place += 1;
            if place == self.slots.len() {
                place = 0;
            }
        }
    }

    /// The place where the search for a hash begins, and what the slot must say. The place is the high half scaled to
    /// the table, which needs neither a division nor a power of two.
    fn place(&self, hash: u64) -> (usize, u32) {
        let place = ((hash >> 32) * self.slots.len() as u64) >> 32;
        (place as usize, hash as u32)
    }

    /// The rule's pattern.
    pub(crate) fn pattern(&self, index: usize) -> &str {
        let Some(record) = self.records.get(index) else {
            return "";
        };
        let start = record.text as usize;
        self.arena(index)
            .get(start..start + usize::from(record.text_len))
            .unwrap_or("")
    }

    fn name(&self, index: usize) -> &str {
        let Some(record) = self.records.get(index) else {
            return "";
        };
        let start = record.text as usize + usize::from(record.name_at);
        self.arena(index)
            .get(start..start + usize::from(record.name_len))
            .unwrap_or("")
    }

    fn arena(&self, index: usize) -> &str {
        if index < builtin::RULES.len() {
            builtin::TEXT
        } else {
            &self.text
        }
    }

    /// All rules, switched off ones too.
    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }
}

impl Record {
    /// Whether the rule is in force and on a name.
    fn is_on_name(&self) -> bool {
        self.tier != Tier::Off && self.name_len != 0
    }
}

impl Reach {
    const fn meets(self, whole: bool) -> bool {
        match self {
            Self::Exact => whole,
            Self::Subdomains => true,
            Self::Below => !whole,
        }
    }
}

/// The hash of a whole name.
fn hash(seed: u64, name: &[u8]) -> u64 {
    name.rsplit(|&byte| byte == b'.').fold(seed, absorb)
}

/// Takes one label into the running hash: eight bytes a step, the last step overlapping the one before.
fn absorb(mut hash: u64, label: &[u8]) -> u64 {
    let mut rest = label;
    while let Some((word, after)) = rest
        .split_first_chunk::<8>()
        .filter(|(_, after)| !after.is_empty())
    {
        hash = mix(hash, u64::from_le_bytes(*word));
        rest = after;
    }
    let last = match (
        label.last_chunk::<8>(),
        label.first_chunk::<4>(),
        label.last_chunk::<4>(),
    ) {
        (Some(word), ..) => u64::from_le_bytes(*word),
        (None, Some(low), Some(high)) => {
            u64::from(u32::from_le_bytes(*low)) | u64::from(u32::from_le_bytes(*high)) << 32
        }
        _ => label.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    };
    // The length keeps labels apart whose overlapping steps read the same.
    mix(hash ^ (label.len() as u64) << 56, last)
}

/// One step: a product of which no bit is lost. Bit 5 is what tells capitals from small letters, so it is not looked at.
const fn mix(hash: u64, word: u64) -> u64 {
    let product = (hash ^ (word | 0x2020_2020_2020_2020)) as u128 * 0x9fb2_1c65_1e98_df25;
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests;
