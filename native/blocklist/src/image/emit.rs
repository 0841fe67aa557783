//! From a draft to the bytes of a file.

use super::checksum::checksum;
use super::draft::{Draft, DraftRule};
use super::format::{BUCKET, HEAD, HEADER, MAGIC, NUMBERS, RULE, Role, SECTIONS, Section, VERSION, at};
use super::hash::{hash, share};
use super::order::Order;

/// A file, and where its rules went.
#[derive(Debug)]
pub(crate) struct Emitted {
    pub(crate) bytes: Vec<u8>,
    /// The number in the file of each rule of the draft; that of an equal rule for one that was left out.
    pub(crate) rules: Vec<u32>,
    /// Whether the file keeps the bounds of the format; without, no key was found under which it does.
    pub(crate) is_sound: bool,
}

/// Pieces of text, each once.
#[derive(Default)]
struct Text {
    all: Vec<u8>,
    known: std::collections::BTreeMap<String, u32>,
}

impl Text {
    /// Writes where the piece is and how long.
    fn span(&mut self, piece: &str, out: &mut Vec<u8>) {
        let mut end = piece.len().min(usize::from(u16::MAX));
        while !piece.is_char_boundary(end) {
            end -= 1;
        }
        let piece = piece.get(..end).unwrap_or("");
        let start = self.known.get(piece).copied().unwrap_or_else(|| {
            let start = number(self.all.len());
            self.all.extend_from_slice(piece.as_bytes());
            self.known.insert(piece.to_owned(), start);
            start
        });
        out.extend(start.to_le_bytes());
        out.extend((piece.len() as u16).to_le_bytes());
    }
}

/// Offsets fit: a draft takes no more than does.
fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Writes the file.
pub(crate) fn emit(draft: &Draft) -> Emitted {
    emit_in(draft, Order::new(draft))
}

/// Writes the file with its rules in this order.
pub(super) fn emit_in(draft: &Draft, order: Order) -> Emitted {
    let mut sections: [Vec<u8>; SECTIONS] = Default::default();
    let [buckets, rules, networks, globs, details, tables, text] = {
        let [_, rest @ ..] = &mut sections;
        rest
    };
    let numbers = emit_rules(draft, &order, buckets, rules);
    let new = |old: u32| numbers.get(old as usize).copied().unwrap_or(u32::MAX);
    emit_networks(draft, new, networks);
    emit_globs(draft, new, globs);
    let mut pieces = Text::default();
    let mut sorted: Vec<_> = draft
        .details
        .iter()
        .map(|(old, detail)| (new(*old), detail))
        .collect();
    sorted.sort_by_key(|&(rule, _)| rule);
    for (rule, detail) in sorted {
        details.extend(rule.to_le_bytes());
        pieces.span(&detail.id, details);
        pieces.span(&detail.what, details);
        details.extend([detail.reply.0, 0]);
        details.extend(detail.reply.1.to_le_bytes());
    }
    tables.push(draft.lists.len() as u8);
    tables.push(draft.features.len() as u8);
    for list in &draft.lists {
        pieces.span(&list.title, tables);
        tables.extend(list.rules.to_le_bytes());
        tables.extend(list.skipped.into_iter().flat_map(u32::to_le_bytes));
    }
    for (name, what) in &draft.features {
        pieces.span(name, tables);
        pieces.span(what, tables);
    }
    *text = pieces.all;
    let is_sound = order.is_sound;
    let [filter, ..] = &mut sections;
    let mut header = header(draft, &order, &numbers);
    *filter = order.filter;
    let mut end = HEADER;
    for section in &sections {
        end += section.len();
        header.extend(number(end).to_le_bytes());
    }
    let mut bytes = header;
    bytes.reserve_exact(end - HEADER);
    for section in sections {
        bytes.extend(section);
    }
    put(&mut bytes, at::LENGTH, &(end as u64).to_le_bytes());
    let sum = checksum(bytes.get(at::LENGTH..).unwrap_or_default());
    put(&mut bytes, at::CHECKSUM, &sum.to_le_bytes());
    Emitted {
        bytes,
        rules: numbers,
        is_sound,
    }
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + value.len()) {
        place.copy_from_slice(value);
    }
}

/// The header but for the ends of the sections, the length and the checksum.
fn header(draft: &Draft, order: &Order, numbers: &[u32]) -> Vec<u8> {
    // In the order of the text: that of the file would read it here and there. A rule left out has a name that another has.
    let named = draft.rules.iter().filter(|rule| rule.reach.is_some());
    let labels = named.fold(0u64, |labels, rule| {
        let dots = draft.name(rule).bytes().filter(|&byte| byte == b'.').count();
        labels | 1 << dots.min(63)
    });
    let prefixes = draft.networks.iter().fold(0u128, |all, (network, _)| {
        all | 1 << (network.prefix.saturating_sub(1) & 127)
    });
    let count = numbers.iter().max().map_or(0, |last| last + 1);
    let mut header = vec![0; at::SECTIONS];
    put(&mut header, at::MAGIC, &MAGIC);
    put(&mut header, at::VERSION, &VERSION.to_le_bytes());
    put(&mut header, at::KEY, &order.key.to_le_bytes());
    put(&mut header, at::LABELS, &labels.to_le_bytes());
    put(&mut header, at::PREFIXES, &prefixes.to_le_bytes());
    put(&mut header, at::RULES, &count.to_le_bytes());
    put(&mut header, at::NAMES, &number(order.names).to_le_bytes());
    put(&mut header, at::BUCKETS, &order.buckets.to_le_bytes());
    put(&mut header, at::SEGMENTS, &order.shape.segments.to_le_bytes());
    put(&mut header, at::SEGMENT_BITS, &[order.shape.bits]);
    header
}

/// Writes the buckets and their rules, each bucket's texts behind its columns; in the last are the rules that no name
/// leads to. Gives the number of each rule.
fn emit_rules(draft: &Draft, order: &Order, buckets: &mut Vec<u8>, rules: &mut Vec<u8>) -> Vec<u32> {
    let mut numbers = vec![u32::MAX; draft.rules.len()];
    let mut count = 0u32;
    let mut rest = order.rules.as_slice();
    let mut of_bucket: Vec<(u64, u32, DraftRule)> = Vec::new();
    rules.reserve(HEAD * (order.buckets as usize + 1) + RULE * draft.rules.len() + draft.text.len());
    buckets.reserve(BUCKET * (order.buckets as usize + 2));
    for bucket in 0..=order.buckets as usize {
        of_bucket.clear();
        let read = |&(hash, index): &(u64, u32)| Some((hash, index, *draft.rules.get(index as usize)?));
        if bucket == order.buckets as usize {
            let nameless = draft.rules.iter().zip(0..);
            let nameless = nameless.filter(|(rule, _)| rule.reach.is_none());
            of_bucket.extend(nameless.map(|(rule, index)| (0, index, *rule)));
        } else {
            let is_here = |&&(hash, _): &&(u64, u32)| share(hash, u64::from(order.buckets)) == bucket;
            let (these, others) = rest.split_at(rest.iter().take_while(is_here).count());
            of_bucket.extend(these.iter().filter_map(read));
            rest = others;
        }
        buckets.extend(number(rules.len()).to_le_bytes());
        rules.extend(count.to_le_bytes());
        // More are only in the last bucket, whose number of rules is what is left of all.
        rules.extend((of_bucket.len() as u16).to_le_bytes());
        rules.extend(
            of_bucket
                .iter()
                .flat_map(|(hash, ..)| (*hash as u16).to_le_bytes()),
        );
        rules.extend(
            of_bucket
                .iter()
                .flat_map(|(.., rule)| rule.text_len.to_le_bytes()),
        );
        rules.extend(of_bucket.iter().flat_map(|(.., rule)| numbers_of(rule)));
        for (_, index, rule) in &of_bucket {
            rules.extend_from_slice(draft.pattern(rule).as_bytes());
            if let Some(number) = numbers.get_mut(*index as usize) {
                *number = count;
            }
            count += 1;
        }
    }
    buckets.extend(number(rules.len()).to_le_bytes());
    name_left_out(draft, order, &mut numbers);
    numbers
}

fn numbers_of(rule: &DraftRule) -> [u8; NUMBERS] {
    let reach = rule.reach.map_or(3, |reach| reach as u8);
    [
        rule.name_at,
        rule.name_len,
        rule.role.code(),
        rule.list & 63 | reach << 6,
    ]
}

/// Gives each rule that was left out the number of the one that says the same.
fn name_left_out(draft: &Draft, order: &Order, numbers: &mut [u32]) {
    for index in 0..numbers.len() {
        if numbers.get(index) != Some(&u32::MAX) {
            continue;
        }
        let Some(rule) = draft.rules.get(index) else {
            continue;
        };
        let hash = hash(order.key, draft.name(rule).as_bytes());
        let first = order.rules.partition_point(|&(other, _)| other < hash);
        let same = order.rules.get(first..).unwrap_or_default();
        let kept = same
            .iter()
            .take_while(|&&(other, _)| other == hash)
            .find(|&&(_, other)| {
                draft.rules.get(other as usize).is_some_and(|other| {
                    (other.list, other.reach, other.role) == (rule.list, rule.reach, rule.role)
                        && !matches!(other.role, Role::AppAllow | Role::AppBlock)
                        && draft.name(other) == draft.name(rule)
                })
            });
        let number = kept.and_then(|&(_, kept)| numbers.get(kept as usize).copied());
        if let (Some(number), Some(place)) = (number, numbers.get_mut(index)) {
            *place = number;
        }
    }
}

fn emit_networks(draft: &Draft, new: impl Fn(u32) -> u32, out: &mut Vec<u8>) {
    let mut sorted: Vec<_> = draft
        .networks
        .iter()
        .map(|&(network, old)| (network, new(old)))
        .collect();
    sorted.sort_unstable();
    for (network, rule) in sorted {
        out.extend([network.prefix, 0]);
        out.extend(network.port.to_le_bytes());
        out.extend(rule.to_le_bytes());
        out.extend(network.bits.to_le_bytes());
    }
}

fn emit_globs(draft: &Draft, new: impl Fn(u32) -> u32, out: &mut Vec<u8>) {
    for (glob, old) in &draft.globs {
        out.extend(new(*old).to_le_bytes());
        out.extend([glob.start, u8::from(glob.ended)]);
    }
}

/// The sections' order is that of the array in `emit`.
const _: () = assert!(Section::Filter as usize == 0 && Section::Text as usize == SECTIONS - 1);
