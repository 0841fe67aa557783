//! Which rules meet a name: suffix by suffix, through the filter, a bucket, and the rule's own name.

use std::hint::black_box;

use super::bucket::{Bucket, Record};
use super::filter::kind;
use super::format::{STEM_LABELS, Section};
use super::hash::{Stem, Suffix, Suffixes, share, stem};
use super::read::Image;

/// Suffixes that are asked about together.
const TOGETHER: usize = 4;

/// A suffix on which there may be rules: where it begins, its hash, where its bucket is.
type Known = (usize, u64, [u32; 2]);

impl Image {
    /// Visits each rule that meets a name, from the widest to the most specific. No dot ends the name.
    ///
    /// Nearly every name is a stranger's: this is what they cost, and all else is out of their way.
    #[inline]
    pub(crate) fn visit(&self, bytes: &[u8], name: &str, visit: &mut dyn FnMut(u32, Record)) {
        let name = name.as_bytes();
        match stem(self.key, name) {
            Some(stem) if self.labels & 1 == 0 => {
                let kind = self.shape.kind(self.section(bytes, Section::Filter), stem.hash);
                if kind != 0 {
                    self.visit_from_stem(bytes, name, stem, kind, visit);
                }
            }
            _ => self.visit_suffixes(bytes, name, Suffixes::new(self.key, name), 0, visit),
        }
    }

    /// Visits the rules on a stem of which something is known, and on the further suffixes. It reads the name anew: what was
    /// worked out before would come through memory, and later.
    #[inline(never)]
    fn visit_from_stem(
        &self,
        bytes: &[u8],
        name: &[u8],
        Stem { hash, len }: Stem,
        kind: u8,
        visit: &mut dyn FnMut(u32, Record),
    ) {
        if kind & kind::RULES != 0 {
            let start = name.len() - len as usize;
            self.visit_bucket(bytes, name, (start, hash, self.bounds_of(bytes, hash)), visit);
        }
        if kind & kind::STEM != 0 {
            let beneath = Suffixes::beneath(self.key, name, Stem { hash, len });
            self.visit_suffixes(bytes, name, beneath, STEM_LABELS, visit);
        }
    }

    /// Visits the rules on these suffixes, of which the first has a label more than `labels`.
    #[inline]
    fn visit_suffixes(
        &self,
        bytes: &[u8],
        name: &[u8],
        mut suffixes: Suffixes<'_>,
        mut labels: usize,
        visit: &mut dyn FnMut(u32, Record),
    ) {
        let filter = self.section(bytes, Section::Filter);
        // The last bit stands for all larger numbers.
        let most = match self.labels.leading_zeros() {
            0 => usize::MAX,
            zeros => 64 - zeros as usize,
        };
        let mut goes_on = true;
        while goes_on {
            // No answer decides whether the next question is asked, so the lines of all come at the same time.
            let (mut known, mut count) = ([Known::default(); TOGETHER], 0);
            for _ in 0..TOGETHER {
                goes_on = goes_on && labels < most;
                let Some(Suffix { hash, start }) = suffixes.next().filter(|_| goes_on) else {
                    goes_on = false;
                    break;
                };
                labels += 1;
                let kind = self.shape.kind(filter, hash);
                if let Some(place) = known.get_mut(count) {
                    *place = (start, hash, self.bounds_of(bytes, hash));
                }
                count += usize::from(kind & kind::RULES);
                goes_on = labels != STEM_LABELS || kind & kind::STEM != 0;
            }
            for &known in known.iter().take(count) {
                self.visit_bucket(bytes, name, known, visit);
            }
        }
    }

    /// Visits the rules on exactly this suffix.
    #[inline]
    fn visit_bucket(
        &self,
        bytes: &[u8],
        name: &[u8],
        (start, hash, [begins, ends]): Known,
        visit: &mut dyn FnMut(u32, Record),
    ) {
        let rules = self.section(bytes, Section::Rules);
        let Some(part) = rules.get(begins as usize..ends as usize) else {
            return;
        };
        // Asked for now, the lines of the texts come together with that of the columns, not after it.
        for line in [64, 128] {
            black_box(part.get(line).copied());
        }
        if let (Some(bucket), Some(suffix)) = (Bucket::new(part), name.get(start..)) {
            bucket.visit(hash, suffix, start == 0, visit);
        }
    }

    /// Where the bucket of a hash is; nowhere, where there is none.
    #[inline]
    fn bounds_of(&self, bytes: &[u8], hash: u64) -> [u32; 2] {
        let bucket = share(hash, u64::from(self.buckets));
        self.bounds(bytes, bucket).unwrap_or_default()
    }
}
