//! Which rules meet a name: suffix by suffix, through the filter, a bucket, and the rule's own name.

use std::hint::black_box;

use super::filter::kind;
use super::fold::is_name;
use super::format::{RULE, Reach, Role, STEM_LABELS, Section};
use super::hash::{Suffixes, share};
use super::read::{Image, Record};

impl Image {
    /// Visits each rule that meets a name, from the widest to the most specific. No dot ends the name.
    #[inline]
    pub(crate) fn visit(&self, bytes: &[u8], name: &str, visit: &mut dyn FnMut(u32, Record)) {
        let name = name.as_bytes();
        let filter = self.section(bytes, Section::Filter);
        let mut labels = self.labels;
        for (depth, suffix) in Suffixes::new(self.key, name).enumerate() {
            let (may_be_name, is_stem) = (labels & 1 != 0, depth + 1 == STEM_LABELS);
            // The last bit stands for all larger numbers of labels.
            labels = labels >> 1 | labels & 1 << 63;
            if may_be_name || is_stem {
                let kind = self.shape.kind(filter, suffix.hash);
                if may_be_name && kind & kind::RULES != 0 {
                    let text = name.get(suffix.start..).unwrap_or_default();
                    self.visit_bucket(bytes, suffix.hash, text, suffix.start == 0, visit);
                }
                if is_stem && kind & kind::STEM == 0 {
                    return;
                }
            }
            if labels == 0 {
                return;
            }
        }
    }

    /// Visits the rules on exactly this suffix.
    fn visit_bucket(
        &self,
        bytes: &[u8],
        hash: u64,
        suffix: &[u8],
        whole: bool,
        visit: &mut dyn FnMut(u32, Record),
    ) {
        let bucket = share(hash, u64::from(self.buckets));
        let Some((first, count, part)) = self.part(bytes, bucket) else {
            return;
        };
        // Asked for now, the lines of the texts come together with that of the numbers, not after it.
        for line in [64, 128] {
            black_box(part.get(line).copied());
        }
        let Some((numbers, texts)) = RULE.checked_mul(count).and_then(|at| part.split_at_checked(at)) else {
            return;
        };
        let mut text = 0usize;
        for (numbers, rule) in numbers.as_chunks::<RULE>().0.iter().zip(first..) {
            let [tag_low, tag_high, len_low, len_high, at, len, role, list] = *numbers;
            let begins = text;
            text = text.saturating_add(usize::from(u16::from_le_bytes([len_low, len_high])));
            if u16::from_le_bytes([tag_low, tag_high]) != hash as u16 || usize::from(len) != suffix.len() {
                continue;
            }
            let is_met = texts
                .get(begins.saturating_add(usize::from(at))..)
                .and_then(|rest| rest.get(..suffix.len()))
                .is_some_and(|name| is_name(name, suffix))
                && Reach::from_code(list >> 6).is_some_and(|reach| reach.meets(whole));
            if let Some(role) = Role::from_code(role).filter(|_| is_met) {
                let list = list & 63;
                visit(rule, Record { role, list });
            }
        }
    }
}
