//! Mutations of seeds, the same ones in every run.

/// Bytes at the borders of what numbers hold, and bytes that mean something to the parsers.
const NOTABLE: [u8; 20] = [
    0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xfe, 0xff, b'.', b'*', b'|', b'^', b'$', b'@', b'"', b'/',
    b'=', b'\n', b' ',
];

/// Longest mutant, in bytes.
const LONGEST: usize = 8 * 1024;

/// A sequence of mutants of seeds.
#[derive(Debug, Clone)]
pub struct Mutation {
    state: u64,
}

impl Mutation {
    /// Begins; equal numbers give equal mutants.
    pub const fn new(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        }
    }

    /// xorshift64* (Vigna, 2014).
    fn next(&mut self) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        (self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize
    }

    fn below(&mut self, end: usize) -> usize {
        self.next() % end.max(1)
    }

    /// One mutant of one of the seeds: one to eight changes.
    pub fn mutant(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let which = self.below(seeds.len());
        let mut bytes = seeds.get(which).cloned().unwrap_or_default();
        for _ in 0..1 << self.below(4) {
            self.change(&mut bytes, seeds);
        }
        bytes.truncate(LONGEST);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(bytes.len() + 1);
        let end = (at + 1 + self.below(32)).min(bytes.len());
        let at_byte = at.min(bytes.len().saturating_sub(1));
        match (self.below(8), bytes.get_mut(at_byte)) {
            (0, Some(byte)) => *byte ^= 1 << self.below(8),
            (1, Some(byte)) => *byte = NOTABLE[self.below(NOTABLE.len())],
            (2, Some(byte)) => *byte = byte.wrapping_add(self.below(9) as u8).wrapping_sub(4),
            (3, _) => drop(bytes.drain(at.min(end)..end)),
            (4, _) => {
                let piece = bytes[at.min(end)..end].to_vec();
                let to = self.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            (5, _) => {
                let which = self.below(seeds.len());
                let other = seeds.get(which).map_or(&[][..], Vec::as_slice);
                let from = self.below(other.len() + 1);
                let to = (from + self.below(64)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            (6, _) => bytes.truncate(at),
            _ => bytes.insert(at, NOTABLE[self.below(NOTABLE.len())]),
        }
    }
}
