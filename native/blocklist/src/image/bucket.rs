//! A bucket of rules. What they say lies in columns, four of which are looked at as one, and their patterns behind these.

use super::fold::is_name;
use super::format::{HEAD, LEN, MOST_RULES_A_BUCKET, NUMBERS, RULE, Reach, Role, TAG, bytes_at, u16_at};

/// Rules that are looked at together.
const LANES: usize = 4;
/// The lowest bit of each lane, and all but its highest.
const ONES: u64 = 0x0001_0001_0001_0001;
const LOW: u64 = 0x7fff_7fff_7fff_7fff;

/// A rule's role and list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub(crate) role: Role,
    pub(crate) list: u8,
}

/// A rule's last column: where its name begins in the pattern, the name's length, role, list and reach.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers([u8; NUMBERS]);

impl Numbers {
    #[inline]
    pub(super) fn record(self) -> Option<Record> {
        let Self([_, _, role, list]) = self;
        Some(Record {
            role: Role::from_code(role)?,
            list: list & 63,
        })
    }

    #[inline]
    pub(super) fn name_in(self, pattern: &[u8]) -> Option<&[u8]> {
        let Self([at, len, ..]) = self;
        pattern.get(usize::from(at)..)?.get(..usize::from(len))
    }

    /// Whether the rule is met by its name (`whole`) or by a name beneath it.
    #[inline]
    fn meets(self, whole: bool) -> bool {
        let Self([.., list]) = self;
        Reach::from_code(list >> 6).is_some_and(|reach| reach.meets(whole))
    }
}

/// The rules of a bucket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket<'a> {
    first: u32,
    count: usize,
    part: &'a [u8],
}

impl<'a> Bucket<'a> {
    #[inline]
    pub(super) fn new(part: &'a [u8]) -> Option<Self> {
        let [a, b, c, d, low, high] = bytes_at::<HEAD>(part, 0)?;
        let (first, count) = (u32::from_le_bytes([a, b, c, d]), u16::from_le_bytes([low, high]));
        Some(Self {
            first,
            count: usize::from(count),
            part,
        })
    }

    /// The bucket of rules that no name leads to. It has what is left of all rules, which may be more than others have.
    pub(super) fn last(part: &'a [u8], rules: u32) -> Option<Self> {
        let bucket = Self::new(part)?;
        Some(Self {
            count: rules.checked_sub(bucket.first)? as usize,
            ..bucket
        })
    }

    /// The number of the first rule.
    pub(super) const fn first(&self) -> u32 {
        self.first
    }

    /// How many rules it has.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    /// Whether there is room for so many rules.
    pub(super) const fn is_sound(&self) -> bool {
        self.count <= (self.part.len() - HEAD) / RULE
    }

    /// Whether a look-up may go through it.
    pub(super) const fn is_short(&self) -> bool {
        self.count <= MOST_RULES_A_BUCKET
    }

    /// Where a column begins, behind those of so many bytes a rule.
    #[inline]
    const fn column(&self, width: usize) -> usize {
        // No overflow: the header of a file that has so many rules is refused.
        HEAD + width * self.count
    }

    /// The last column of one rule.
    #[inline]
    pub(super) fn numbers(&self, index: usize) -> Option<Numbers> {
        if index >= self.count {
            return None;
        }
        bytes_at(self.part, self.column(TAG + LEN) + NUMBERS * index).map(Numbers)
    }

    /// Each rule: its number, its numbers, its pattern.
    pub(super) fn rows(self) -> impl Iterator<Item = (u32, Numbers, &'a [u8])> {
        let mut texts = self.part.get(self.column(RULE)..).unwrap_or_default();
        (0..self.count).zip(self.first..).map_while(move |(index, rule)| {
            let len = u16_at(self.part, self.column(TAG) + LEN * index)?;
            let (pattern, after) = texts.split_at_checked(usize::from(len))?;
            texts = after;
            Some((rule, self.numbers(index)?, pattern))
        })
    }

    /// Visits the rules on this name, `whole` or what others are beneath.
    #[inline]
    pub(super) fn visit(&self, hash: u64, name: &[u8], whole: bool, visit: &mut dyn FnMut(u32, Record)) {
        let tag = u64::from(hash as u16) * ONES;
        let (mut index, mut text) = (0, self.column(RULE));
        loop {
            let tags = lanes(self.part, HEAD + TAG * index);
            let lens = lanes(self.part, self.column(TAG) + LEN * index);
            let mut same = zeros(tags ^ tag) & before(self.count.saturating_sub(index));
            while same != 0 {
                let lane = same.trailing_zeros() as usize / 16;
                same &= same - 1;
                let pattern = self
                    .part
                    .get(text + sum(lens & before(lane))..)
                    .unwrap_or_default();
                if let Some(numbers) = self.numbers(index + lane)
                    && numbers.name_in(pattern).is_some_and(|own| is_name(own, name))
                    && numbers.meets(whole)
                    && let Some(record) = numbers.record()
                {
                    visit(self.first.wrapping_add((index + lane) as u32), record);
                }
            }
            index += LANES;
            if index >= self.count {
                return;
            }
            text += sum(lens);
        }
    }
}

/// Four numbers of a column; what is beyond the part is none of the bucket's, and comes as zero.
#[inline]
fn lanes(part: &[u8], at: usize) -> u64 {
    match bytes_at(part, at) {
        Some(lanes) => u64::from_le_bytes(lanes),
        None => {
            let rest = part.get(at..).unwrap_or_default().iter().rev();
            rest.fold(0, |lanes, &byte| lanes << 8 | u64::from(byte))
        }
    }
}

/// All bits of the lanes before this one.
#[inline]
const fn before(lane: usize) -> u64 {
    if lane < LANES {
        !(u64::MAX << (16 * lane))
    } else {
        u64::MAX
    }
}

/// The highest bit of each lane that is zero.
#[inline]
const fn zeros(lanes: u64) -> u64 {
    !(((lanes & LOW) + LOW) | lanes | LOW)
}

/// The lanes added up.
#[inline]
const fn sum(lanes: u64) -> usize {
    let pairs = (lanes & 0x0000_ffff_0000_ffff) + (lanes >> 16 & 0x0000_ffff_0000_ffff);
    (pairs as u32 as usize) + (pairs >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::{before, lanes, sum, zeros};

    #[test]
    fn lanes_are_told_apart_and_added_up() {
        let numbers = [0u16, 1, 0x7fff, 0x8000, 0xffff];
        for all in 0..numbers.len().pow(4) {
            let four: [u16; 4] =
                std::array::from_fn(|lane| numbers[all / numbers.len().pow(lane as u32) % 5]);
            let bytes: Vec<u8> = four.into_iter().flat_map(u16::to_le_bytes).collect();
            let word = lanes(&bytes, 0);
            for lane in 0..4 {
                assert_eq!(
                    zeros(word) >> (16 * lane + 15) & 1 == 1,
                    four[lane] == 0,
                    "{four:?}"
                );
                let few: usize = four[..lane].iter().map(|&n| usize::from(n)).sum();
                assert_eq!(sum(word & before(lane)), few, "{four:?}");
            }
            assert_eq!(zeros(word) & 0x7fff_7fff_7fff_7fff, 0);
            assert_eq!(sum(word & before(4)), four.map(usize::from).iter().sum());
            assert_eq!(lanes(&bytes[..5], 2), word >> 16 & 0x00ff_ffff);
        }
    }
}
