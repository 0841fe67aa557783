//! Bytes of a stream by offset, first arrival wins, bounded.

use std::ops::Range;

/// Pieces with holes between them, at most; further ones are not kept until a hole closes.
const MAX_PIECES: usize = 512;

/// The contiguous beginning of a stream, out of pieces in any order, at most `limit` bytes of it.
///
/// Overlaps and duplicates are fine: a byte that is there stays as it is.
#[derive(Debug)]
pub(crate) struct Assembler {
    limit: usize,
    /// As long as the furthest piece; what lies between the pieces is zero.
    bytes: Vec<u8>,
    /// What has arrived: in order, apart from each other, none empty.
    pieces: Vec<Range<usize>>,
}

impl Assembler {
    /// An empty one.
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            limit,
            bytes: Vec::new(),
            pieces: Vec::new(),
        }
    }

    /// Takes the bytes at `offset` that are not there yet and not beyond the limit.
    pub(crate) fn insert(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset.saturating_add(bytes.len()).min(self.limit);
        if offset >= end {
            return;
        }
        // The pieces that touch or overlap the new one: all of them become one.
        let first = self.pieces.partition_point(|piece| piece.end < offset);
        let after = self.pieces.partition_point(|piece| piece.start <= end);
        if first == after && self.pieces.len() >= MAX_PIECES {
            return;
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        let mut from = offset;
        for piece in &self.pieces[first..after] {
            let to = piece.start.clamp(from, end);
            self.bytes[from..to].copy_from_slice(&bytes[from - offset..to - offset]);
            from = piece.end.clamp(to, end);
        }
        self.bytes[from..end].copy_from_slice(&bytes[from - offset..end - offset]);

        let touched = &self.pieces[first..after];
        let start = touched.first().map_or(offset, |piece| piece.start.min(offset));
        let end = touched.last().map_or(end, |piece| piece.end.max(end));
        self.pieces.splice(first..after, std::iter::once(start..end));
    }

    /// The bytes from the beginning of the stream up to the first hole.
    pub(crate) fn prefix(&self) -> &[u8] {
        match self.pieces.first() {
            Some(piece) if piece.start == 0 => &self.bytes[..piece.end],
            _ => &[],
        }
    }

    /// Whether nothing has arrived.
    pub(crate) const fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Bytes held, holes included.
    pub(crate) const fn held(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes of memory that are taken.
    pub(crate) const fn allocated(&self) -> usize {
        self.bytes.capacity() + self.pieces.capacity() * size_of::<Range<usize>>()
    }

    /// Forgets the first `count` bytes of the stream: offsets count from there.
    pub(crate) fn advance(&mut self, count: usize) {
        if count >= self.bytes.len() {
            return self.clear();
        }
        self.bytes.drain(..count);
        self.pieces.retain_mut(|piece| {
            *piece = piece.start.saturating_sub(count)..piece.end.saturating_sub(count);
            piece.start < piece.end
        });
    }

    /// Forgets everything, and gives the memory back.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 64;

    fn assembled(pieces: &[(usize, &str)]) -> String {
        let mut assembler = Assembler::new(LIMIT);
        for &(offset, bytes) in pieces {
            assembler.insert(offset, bytes.as_bytes());
        }
        String::from_utf8(assembler.prefix().to_vec()).unwrap()
    }

    #[test]
    fn pieces_come_together_in_any_order() {
        let pieces = [(0, "ab"), (2, "cde"), (5, "f")];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            assert_eq!(assembled(&order.map(|i| pieces[i])), "abcdef");
        }
    }

    #[test]
    fn nothing_beyond_a_hole_is_shown() {
        assert_eq!(assembled(&[(1, "bc")]), "");
        assert_eq!(assembled(&[(0, "a"), (2, "c")]), "a");
    }

    #[test]
    fn the_first_arrival_wins() {
        assert_eq!(assembled(&[(0, "abc"), (0, "xyzd")]), "abcd");
        assert_eq!(assembled(&[(2, "c"), (4, "e"), (0, "ABXDYF")]), "ABcDeF");
        assert_eq!(assembled(&[(1, "bcd"), (0, "aXXXe"), (2, "Q")]), "abcde");
    }

    #[test]
    fn the_limit_cuts_off() {
        let mut assembler = Assembler::new(LIMIT);
        assembler.insert(1, &[7; 2 * LIMIT]);
        assembler.insert(usize::MAX, &[7; 2]);
        assembler.insert(LIMIT, &[7]);
        assembler.insert(0, &[7]);
        assert_eq!(assembler.prefix(), [7; LIMIT]);
        assert_eq!(assembler.bytes.len(), LIMIT);
    }

    #[test]
    fn single_bytes_in_a_seeded_order_make_the_stream_and_pieces_stay_bounded() {
        let stream: Vec<u8> = (0..1800_u32).map(|i| (i * i) as u8).collect();
        let mut order: Vec<usize> = (0..stream.len()).collect();
        let mut seed = 1_u64;
        for i in (1..order.len()).rev() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            order.swap(i, (seed >> 33) as usize % (i + 1));
        }
        let mut assembler = Assembler::new(stream.len());
        for at in order {
            assembler.insert(at, &stream[at..=at]);
            assert!(assembler.pieces.len() <= MAX_PIECES);
        }
        assert!(assembler.prefix() == stream);
    }

    #[test]
    fn an_advance_moves_the_beginning() {
        let mut assembler = Assembler::new(LIMIT);
        assembler.insert(0, b"abcd");
        assembler.insert(6, b"gh");
        assembler.advance(3);
        assert_eq!(assembler.prefix(), b"d");
        assembler.insert(1, b"ef");
        assert_eq!(assembler.prefix(), b"defgh");
        assembler.advance(100);
        assert!(assembler.is_empty());
    }
}
