//! The layout of the file, and the codes in it. All numbers are little-endian; nothing is aligned.

/// What a file begins with.
pub(crate) const MAGIC: [u8; 8] = *b"HUSHLIST";
/// The version of the layout that this code reads and writes.
pub(crate) const VERSION: u32 = 3;

/// Where the numbers of the header stand.
pub(crate) mod at {
    pub(crate) const MAGIC: usize = 0;
    pub(crate) const VERSION: usize = 8;
    /// Four bytes without a meaning yet: zero.
    pub(crate) const NOTHING: usize = 12;
    pub(crate) const CHECKSUM: usize = 16;
    /// The checksum covers everything from here on; the length of the file.
    pub(crate) const LENGTH: usize = 24;
    pub(crate) const KEY: usize = 32;
    pub(crate) const LABELS: usize = 40;
    pub(crate) const PREFIXES: usize = 48;
    pub(crate) const RULES: usize = 64;
    pub(crate) const NAMES: usize = 68;
    pub(crate) const BUCKETS: usize = 72;
    pub(crate) const SEGMENTS: usize = 76;
    /// The segments' binary logarithm, a byte.
    pub(crate) const SEGMENT_BITS: usize = 80;
    /// The end of each section; it begins where the one before ends, the first behind the header.
    pub(crate) const SECTIONS: usize = 84;
}

/// Length of the header.
pub(crate) const HEADER: usize = at::SECTIONS + 4 * SECTIONS;

/// Number of sections.
pub(crate) const SECTIONS: usize = 8;

/// The sections, in their order.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(crate) enum Section {
    Filter,
    Buckets,
    Rules,
    Networks,
    Globs,
    Details,
    Tables,
    Text,
}

/// Bytes of a bucket in its section: where it begins in that of the rules.
pub(crate) const BUCKET: usize = 4;
/// Bytes of a bucket before its rules: the number of the first, how many.
pub(crate) const HEAD: usize = 6;
/// Bytes of a rule beside its pattern: its tag and the pattern's length.
pub(crate) const TAG: usize = 2;
pub(crate) const LEN: usize = 2;
/// Where its name begins in the pattern, the name's length, role, list and reach.
pub(crate) const NUMBERS: usize = 4;
pub(crate) const RULE: usize = TAG + LEN + NUMBERS;
/// Bytes of a network: prefix length, nothing, port, rule, address.
pub(crate) const NETWORK: usize = 24;
/// Bytes of a wildcard: rule, where it begins, whether it has an end.
pub(crate) const GLOB: usize = 6;
/// Bytes of a detail: rule, id, sentence, reply, its TTL.
pub(crate) const DETAIL: usize = 4 + 2 * SPAN + 2 + 4;
/// Bytes of a piece of text: offset in the section of text, length.
pub(crate) const SPAN: usize = 6;
/// Kinds of skipped lines that a list counts.
pub(crate) const SKIPS: usize = 6;
/// Bytes of a list: title, rules, skipped lines by kind.
pub(crate) const LIST: usize = SPAN + 4 + 4 * SKIPS;
/// Bytes of a feature: name, sentence.
pub(crate) const FEATURE: usize = 2 * SPAN;

/// Labels of a stem: what the filter is asked before a name's further labels are read.
pub(crate) const STEM_LABELS: usize = 2;
/// Names that a bucket holds on average, and at most: another key is taken before one holds more.
pub(crate) const NAMES_A_BUCKET: usize = 2;
pub(crate) const MOST_NAMES_A_BUCKET: usize = 24;
/// Rules that a bucket holds at most; lists that repeat one another's names fill it with rules on one name.
pub(crate) const MOST_RULES_A_BUCKET: usize = 4_096;
/// Wildcards at most.
pub(crate) const MOST_GLOBS: usize = 8_192;

/// Which names a rule meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reach {
    /// The name alone.
    Exact,
    /// The name and every name beneath it.
    Subdomains,
    /// Every name beneath it, not the name.
    Below,
}

impl Reach {
    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Exact),
            1 => Some(Self::Subdomains),
            2 => Some(Self::Below),
            _ => None,
        }
    }

    /// Whether a rule is met by its name (`whole`) or by a name beneath it.
    pub(crate) const fn meets(self, whole: bool) -> bool {
        match self {
            Self::Exact => whole,
            Self::Subdomains => true,
            Self::Below => !whole,
        }
    }
}

/// From which preset on a rule is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum Stage {
    /// Under each preset, `none` too: a rule that no preset governs.
    Always,
    NothingBreaks,
    Balanced,
    Everything,
}

impl Stage {
    const fn from_code(code: u8) -> Self {
        match code & 3 {
            0 => Self::Always,
            1 => Self::NothingBreaks,
            2 => Self::Balanced,
            _ => Self::Everything,
        }
    }
}

/// What a rule is in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Block(Stage),
    Important,
    Except,
    ImportantExcept,
    Essential,
    /// Index of the feature, below 32; from which stage on it is blocked while the switch is off.
    Feature(u8, Stage),
    OwnerAllow,
    OwnerBlock,
    AppAllow,
    AppBlock,
}

/// Features at most.
pub(crate) const MOST_FEATURES: usize = 32;

impl Role {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Block(stage) => stage as u8,
            Self::Important => 4,
            Self::Except => 5,
            Self::Essential => 6,
            Self::ImportantExcept => 7,
            Self::OwnerAllow => 8,
            Self::OwnerBlock => 9,
            Self::AppAllow => 10,
            Self::AppBlock => 11,
            Self::Feature(feature, stage) => 0x80 | (feature & 31) << 2 | stage as u8,
        }
    }

    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0..=3 => Some(Self::Block(Stage::from_code(code))),
            4 => Some(Self::Important),
            5 => Some(Self::Except),
            6 => Some(Self::Essential),
            7 => Some(Self::ImportantExcept),
            8 => Some(Self::OwnerAllow),
            9 => Some(Self::OwnerBlock),
            10 => Some(Self::AppAllow),
            11 => Some(Self::AppBlock),
            0x80.. => Some(Self::Feature(code >> 2 & 31, Stage::from_code(code))),
            _ => None,
        }
    }
}

/// How a name with wildcards is anchored: the code of its start, and whether the name ends where it does. Its letters are
/// a piece of the rule's pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glob {
    pub(crate) start: u8,
    pub(crate) ended: bool,
}

/// An address or network of a rule. IPv4 is kept as `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Network {
    /// Length of the prefix, 1 to 128. First, so that the order of networks is from wide to narrow.
    pub(crate) prefix: u8,
    /// The address with all bits behind the prefix zero.
    pub(crate) bits: u128,
    /// The port; 0 for any.
    pub(crate) port: u16,
}

/// The number of `N` bytes at `at`.
pub(crate) fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes_at(bytes, at).map(u16::from_le_bytes)
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes_at(bytes, at).map(u32::from_le_bytes)
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes_at(bytes, at).map(u64::from_le_bytes)
}
