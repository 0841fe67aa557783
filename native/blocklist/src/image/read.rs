//! A file as it lies: every access looks at the bounds, so that no content of a file can do more than block or allow.

use super::bucket::{Bucket, Record};
use super::checksum::checksum;
use super::filter::Shape;
use super::format::{
    BUCKET, DETAIL, FEATURE, GLOB, HEAD, HEADER, LIST, MAGIC, MOST_FEATURES, MOST_GLOBS, NETWORK, Network,
    RULE, SECTIONS, SKIPS, Section, VERSION, at, bytes_at, u16_at, u32_at, u64_at,
};
use super::{Glob, ListDraft};

/// Lists at most in a file.
const MOST_LISTS: usize = 64;

/// Why a file is not taken. The list in force stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Something else than a compiled list.
    #[error("this is no compiled list; make one with `hushwall lists build`")]
    Foreign,
    /// A layout of another time.
    #[error(
        "the list is in version {found} of the form, this program reads version {known}; build the list again"
    )]
    Version {
        /// As the file says.
        found: u32,
        /// What is read.
        known: u32,
    },
    /// Fewer or more bytes than the file says it has.
    #[error("the file has {found} bytes and says that it has {expected}; fetch it again")]
    Length {
        /// As the file says.
        expected: u64,
        /// As it is.
        found: u64,
    },
    /// Other bytes than were written.
    #[error("the file is damaged: its checksum is another; fetch it again")]
    Checksum,
    /// A right checksum over numbers that cannot be.
    #[error("the file contradicts itself in its {part}; it was not made by `hushwall lists build`")]
    Inconsistent {
        /// Which part.
        part: &'static str,
    },
}

/// What the header says, and where the sections are.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(super) key: u64,
    /// Bit n: some name has n + 1 labels.
    pub(super) labels: u64,
    /// Bit n: some network has a prefix of n + 1 bits.
    pub(crate) prefixes: u128,
    pub(super) shape: Shape,
    pub(super) buckets: u32,
    /// Rules, all of them.
    pub(crate) rules: u32,
    /// Different names.
    pub(crate) names: u32,
    /// Where the sections end; they begin behind the header.
    ends: [u32; SECTIONS],
}

impl Image {
    /// No rules at all.
    pub(crate) const EMPTY: Self = Self {
        key: 0,
        labels: 0,
        prefixes: 0,
        shape: Shape { segments: 0, bits: 0 },
        buckets: 0,
        rules: 0,
        names: 0,
        ends: [0; SECTIONS],
    };

    /// Reads the header and looks whether the sections can be what it says.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, OpenError> {
        if bytes_at(bytes, at::MAGIC) != Some(MAGIC) {
            return Err(OpenError::Foreign);
        }
        let short = OpenError::Length {
            expected: HEADER as u64,
            found: bytes.len() as u64,
        };
        let version = u32_at(bytes, at::VERSION).ok_or(short)?;
        if version != VERSION {
            return Err(OpenError::Version {
                found: version,
                known: VERSION,
            });
        }
        let (expected, found) = (u64_at(bytes, at::LENGTH).ok_or(short)?, bytes.len() as u64);
        if expected != found {
            return Err(OpenError::Length { expected, found });
        }
        if u32_at(bytes, at::NOTHING) != Some(0) {
            return Err(OpenError::Inconsistent { part: "header" });
        }
        let image = Self::header(bytes).ok_or(short)?;
        image.check_sections(bytes.len())?;
        Ok(image)
    }

    fn header(bytes: &[u8]) -> Option<Self> {
        let mut ends = [0; SECTIONS];
        for (index, end) in ends.iter_mut().enumerate() {
            *end = u32_at(bytes, at::SECTIONS + 4 * index)?;
        }
        let [bits] = bytes_at(bytes, at::SEGMENT_BITS)?;
        Some(Self {
            key: u64_at(bytes, at::KEY)?,
            labels: u64_at(bytes, at::LABELS)?,
            prefixes: bytes_at(bytes, at::PREFIXES).map(u128::from_le_bytes)?,
            shape: Shape {
                segments: u32_at(bytes, at::SEGMENTS)?,
                bits,
            },
            buckets: u32_at(bytes, at::BUCKETS)?,
            rules: u32_at(bytes, at::RULES)?,
            names: u32_at(bytes, at::NAMES)?,
            ends,
        })
    }

    fn check_sections(&self, len: usize) -> Result<(), OpenError> {
        let wrong = |part| Err(OpenError::Inconsistent { part });
        let fits = self.ends.is_sorted() && self.ends.first().is_some_and(|&end| end as usize >= HEADER);
        if !fits || self.ends.last().is_none_or(|&end| end as usize != len) {
            return wrong("sections");
        }
        if self.shape.len() != Some(self.len(Section::Filter)) {
            return wrong("filter");
        }
        let buckets = (self.buckets as usize + 2).checked_mul(BUCKET);
        if buckets != Some(self.len(Section::Buckets)) || self.names > self.rules {
            return wrong("buckets");
        }
        let heads = HEAD.saturating_mul(self.buckets as usize + 1);
        let rules = self.len(Section::Rules).checked_sub(heads);
        if rules.is_none_or(|rules| self.rules as usize > rules / RULE) {
            return wrong("rules");
        }
        let rows = |section, size| {
            self.len(section).is_multiple_of(size) && self.len(section) / size <= self.rules as usize
        };
        if !rows(Section::Networks, NETWORK) {
            return wrong("addresses");
        }
        if !rows(Section::Globs, GLOB) || self.len(Section::Globs) / GLOB > MOST_GLOBS {
            return wrong("wildcards");
        }
        if !rows(Section::Details, DETAIL) {
            return wrong("details");
        }
        Ok(())
    }

    /// Looks at everything that a file from elsewhere could have wrong. `read` has looked at the header.
    pub(crate) fn check(&self, bytes: &[u8]) -> Result<(), OpenError> {
        if Some(checksum(bytes.get(at::LENGTH..).unwrap_or_default())) != u64_at(bytes, at::CHECKSUM) {
            return Err(OpenError::Checksum);
        }
        let wrong = |part| Err(OpenError::Inconsistent { part });
        self.check_buckets(bytes)?;
        let tables = self.section(bytes, Section::Tables);
        let Some([lists, features]) = bytes_at(tables, 0).map(|counts: [u8; 2]| counts.map(usize::from))
        else {
            return wrong("tables");
        };
        let is_full = lists > MOST_LISTS || features > MOST_FEATURES;
        if is_full || tables.len() != 2 + LIST * lists + FEATURE * features {
            return wrong("tables");
        }
        Ok(())
    }

    /// Whether the buckets lie one behind the other and have the rules that they say they have.
    fn check_buckets(&self, bytes: &[u8]) -> Result<(), OpenError> {
        let wrong = Err(OpenError::Inconsistent { part: "buckets" });
        let begins = self.section(bytes, Section::Buckets).as_chunks::<BUCKET>().0;
        let begins = begins.iter().map(|begins| u32::from_le_bytes(*begins) as usize);
        let rules = self.section(bytes, Section::Rules);
        let (mut rule, mut offset) = (0, 0);
        for (bucket, begins) in begins.enumerate() {
            if bucket == 0 && begins != 0 {
                return wrong;
            }
            if bucket > 0 {
                let part = rules.get(offset..begins);
                let Some(part) = part.and_then(|part| self.bucket_in(part, bucket - 1)) else {
                    return wrong;
                };
                if part.first() as usize != rule
                    || !part.is_sound()
                    || bucket <= self.buckets as usize && !part.is_short()
                {
                    return wrong;
                }
                rule += part.len();
            }
            offset = begins;
        }
        if rule != self.rules as usize || offset != rules.len() {
            return wrong;
        }
        Ok(())
    }

    fn range(&self, section: Section) -> (usize, usize) {
        let index = section as usize;
        let start = match index.checked_sub(1) {
            Some(before) => self.ends.get(before).map_or(0, |&end| end as usize),
            None => HEADER,
        };
        (start, self.ends.get(index).map_or(0, |&end| end as usize))
    }

    pub(super) fn section<'a>(&self, bytes: &'a [u8], section: Section) -> &'a [u8] {
        let (start, end) = self.range(section);
        bytes.get(start..end).unwrap_or_default()
    }

    /// Length of a section, in bytes.
    pub(crate) fn len(&self, section: Section) -> usize {
        let (start, end) = self.range(section);
        end.saturating_sub(start)
    }

    /// Where a bucket begins and ends in the section of rules.
    #[inline]
    pub(super) fn bounds(&self, bytes: &[u8], bucket: usize) -> Option<[u32; 2]> {
        // No overflow: the section has room for so many.
        let two = bytes_at(self.section(bytes, Section::Buckets), BUCKET * bucket)?;
        let two = u64::from_le_bytes(two);
        Some([two as u32, (two >> 32) as u32])
    }

    /// The bucket that has this part of the section of rules.
    #[inline]
    pub(super) fn bucket_in<'a>(&self, part: &'a [u8], bucket: usize) -> Option<Bucket<'a>> {
        let bucket_of_nameless = self.buckets as usize;
        if bucket == bucket_of_nameless {
            Bucket::last(part, self.rules)
        } else {
            Bucket::new(part)
        }
    }

    /// A bucket by its number.
    fn bucket<'a>(&self, bytes: &'a [u8], bucket: usize) -> Option<Bucket<'a>> {
        let [begins, ends] = self.bounds(bytes, bucket)?;
        let rules = self.section(bytes, Section::Rules);
        self.bucket_in(rules.get(begins as usize..ends as usize)?, bucket)
    }

    /// A rule that no name leads to.
    pub(crate) fn nameless(&self, bytes: &[u8], rule: u32) -> Option<Record> {
        let bucket = self.bucket(bytes, self.buckets as usize)?;
        bucket
            .numbers(rule.checked_sub(bucket.first())? as usize)?
            .record()
    }

    /// A rule by its number: its record and its pattern.
    pub(crate) fn rule<'a>(&self, bytes: &'a [u8], rule: u32) -> Option<(Record, &'a str)> {
        let (mut low, mut high) = (0, self.buckets as usize + 1);
        while high - low > 1 {
            let middle = low.midpoint(high);
            match self.bucket(bytes, middle)?.first() {
                first if first <= rule => low = middle,
                _ => high = middle,
            }
        }
        let (_, numbers, pattern) = self
            .bucket(bytes, low)?
            .rows()
            .find(|&(number, ..)| number == rule)?;
        Some((numbers.record()?, std::str::from_utf8(pattern).ok()?))
    }

    /// Bytes of all patterns and of the text of the records.
    pub(crate) fn text_len(&self) -> usize {
        let heads = HEAD * (self.buckets as usize + 1);
        let numbers = heads.saturating_add(RULE * self.rules as usize);
        self.len(Section::Rules).saturating_sub(numbers) + self.len(Section::Text)
    }

    /// Visits each rule's number and record, in the order of the file.
    pub(crate) fn records(&self, bytes: &[u8], visit: &mut dyn FnMut(u32, Record, &str)) {
        let buckets = (0..=self.buckets as usize).filter_map(|bucket| self.bucket(bytes, bucket));
        for (rule, numbers, pattern) in buckets.flat_map(|bucket| bucket.rows()) {
            if let (Some(record), Ok(pattern)) = (numbers.record(), std::str::from_utf8(pattern)) {
                visit(rule, record, pattern);
            }
        }
    }

    /// The networks of one length that hold the address `bits`, with their rules; one with a port after one without.
    pub(crate) fn networks<'a>(
        &self,
        bytes: &'a [u8],
        prefix: u8,
        bits: u128,
    ) -> impl Iterator<Item = (Network, u32)> + 'a {
        let rows = self.section(bytes, Section::Networks);
        let row = |index: usize| {
            let row: [u8; NETWORK] = bytes_at(rows, index.checked_mul(NETWORK)?)?;
            let network = Network {
                prefix: *row.first()?,
                bits: bytes_at(&row, 8).map(u128::from_le_bytes)?,
                port: u16_at(&row, 2)?,
            };
            Some((network, u32_at(&row, 4)?))
        };
        let (mut low, mut high) = (0, rows.len() / NETWORK);
        while low < high {
            let middle = low.midpoint(high);
            let is_before = row(middle).is_some_and(|(at, _)| (at.prefix, at.bits) < (prefix, bits));
            if is_before {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low..)
            .map_while(row)
            .take_while(move |(network, _)| network.prefix == prefix && network.bits == bits)
    }

    /// The rules on names with wildcards: number, anchors, letters.
    pub(crate) fn globs<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = (u32, Glob, &'a str)> {
        // These rules lie in the last bucket, whose texts are found one after the other.
        let bucket = self.bucket(bytes, self.buckets as usize);
        let mut rows = bucket.into_iter().flat_map(|bucket| bucket.rows());
        let globs = self.section(bytes, Section::Globs).chunks_exact(GLOB);
        globs.filter_map(move |glob| {
            let number = u32_at(glob, 0)?;
            let (_, numbers, pattern) = rows.find(|&(rule, ..)| rule == number)?;
            let text = std::str::from_utf8(numbers.name_in(pattern)?).ok()?;
            let (start, ended) = (*glob.get(4)?, *glob.get(5)? != 0);
            Some((number, Glob { start, ended }, text))
        })
    }

    /// What a rule's record says beyond its pattern: id, sentence, reply.
    pub(crate) fn detail<'a>(&self, bytes: &'a [u8], rule: u32) -> Option<(&'a str, &'a str, (u8, u32))> {
        let rows = self.section(bytes, Section::Details);
        let (mut low, mut high) = (0, rows.len() / DETAIL);
        while low < high {
            let middle = low.midpoint(high);
            if u32_at(rows, middle * DETAIL)? < rule {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let row = rows.get(low.checked_mul(DETAIL)?..)?;
        if u32_at(row, 0)? != rule {
            return None;
        }
        let reply = (*row.get(16)?, u32_at(row, 18)?);
        Some((self.text(bytes, row, 4)?, self.text(bytes, row, 10)?, reply))
    }

    /// The piece of text that the numbers at `at` mean.
    fn text<'a>(&self, bytes: &'a [u8], row: &[u8], at: usize) -> Option<&'a str> {
        let (start, len) = (u32_at(row, at)? as usize, usize::from(u16_at(row, at + 4)?));
        let text = self
            .section(bytes, Section::Text)
            .get(start..start.checked_add(len)?)?;
        std::str::from_utf8(text).ok()
    }

    /// The lists of the file.
    pub(crate) fn lists(&self, bytes: &[u8]) -> Vec<ListDraft> {
        let tables = self.section(bytes, Section::Tables);
        let count = tables.first().map_or(0, |&count| usize::from(count));
        let list = |index: usize| {
            let row = tables.get(2 + LIST * index..)?;
            let mut skipped = [0; SKIPS];
            for (kind, count) in skipped.iter_mut().enumerate() {
                *count = u32_at(row, 10 + 4 * kind)?;
            }
            Some(ListDraft {
                title: self.text(bytes, row, 0)?.to_owned(),
                rules: u32_at(row, 6)?,
                skipped,
                ..ListDraft::default()
            })
        };
        (0..count.min(MOST_LISTS)).map_while(list).collect()
    }

    /// The features of the file: name and sentence.
    pub(crate) fn features<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let tables = self.section(bytes, Section::Tables);
        let counts: [u8; 2] = bytes_at(tables, 0).unwrap_or_default();
        let [lists, features] = counts.map(usize::from);
        let image = self.clone();
        (0..features).map_while(move |index| {
            let row = tables.get(2 + LIST * lists + FEATURE * index..)?;
            Some((image.text(bytes, row, 0)?, image.text(bytes, row, 6)?))
        })
    }
}
