//! The Huffman code of HPACK (RFC 7541 section 5.2, appendix B).
//!
//! It is canonical: codes of one length follow each other in the order of their symbols, and the longer ones follow the
//! shorter. So the lengths alone say what each code is.

/// Symbols: all octets, and the end of the string.
const SYMBOLS: usize = 257;
/// Not in any string (section 5.2).
const END: u16 = 256;
/// The longest code in bits.
const LONGEST: usize = 30;

/// Bits of the code of each symbol (appendix B).
#[rustfmt::skip]
const LENGTHS: [u8; SYMBOLS] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

/// The code, by the lengths of its words.
struct Code {
    /// The first word of each length.
    first: [u32; LONGEST + 1],
    /// How many symbols have shorter words than each length.
    before: [u16; LONGEST + 2],
    /// In the order of their words.
    symbols: [u16; SYMBOLS],
}

static CODE: Code = Code::new();

impl Code {
    const fn new() -> Self {
        let mut code = Self {
            first: [0; LONGEST + 1],
            before: [0; LONGEST + 2],
            symbols: [0; SYMBOLS],
        };
        let (mut len, mut next, mut count) = (1, 0, 0);
        while len <= LONGEST {
            next <<= 1;
            code.first[len] = next;
            code.before[len] = count;
            let mut symbol = 0;
            while symbol < SYMBOLS {
                if LENGTHS[symbol] as usize == len {
                    code.symbols[count as usize] = symbol as u16;
                    next += 1;
                    count += 1;
                }
                symbol += 1;
            }
            len += 1;
        }
        code.before[len] = count;
        code
    }

    /// The symbol with this word.
    fn symbol(&self, word: u32, len: usize) -> Option<u16> {
        let at = word.checked_sub(self.first[len])?;
        let before = self.before[len];
        let count = self.before[len + 1] - before;
        let at = u16::try_from(at).ok().filter(|at| *at < count)?;
        self.symbols.get(usize::from(before + at)).copied()
    }
}

/// Reads a string; `None` where it is not in the code, or its padding is not the beginning of the end's word.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    // The shortest word has five bits.
    let mut text = Vec::with_capacity(bytes.len() * 8 / 5);
    let (mut word, mut len) = (0, 0);
    for &byte in bytes {
        for bit in (0..8).rev() {
            word = word << 1 | u32::from(byte >> bit & 1);
            len += 1;
            match CODE.symbol(word, len) {
                Some(END) => return None,
                Some(symbol) => {
                    text.push(symbol as u8);
                    (word, len) = (0, 0);
                }
                None if len == LONGEST => return None,
                None => {}
            }
        }
    }
    // Padding is less than an octet of ones.
    (len < 8 && word == (1 << len) - 1).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc_are_read() {
        // RFC 7541 appendix C.4 and C.6.
        for (bytes, text) in [
            (
                &b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"[..],
                "www.example.com",
            ),
            (b"\xa8\xeb\x10\x64\x9c\xbf", "no-cache"),
            (b"\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f", "custom-key"),
            (b"\x25\xa8\x49\xe9\x5b\xb8\xe8\xb4\xbf", "custom-value"),
            (b"\x64\x02", "302"),
            (
                b"\xd0\x7a\xbe\x94\x10\x54\xd4\x44\xa8\x20\x05\x95\x04\x0b\x81\x66\xe0\x82\xa6\x2d\x1b\xff",
                "Mon, 21 Oct 2013 20:13:21 GMT",
            ),
            (b"", ""),
        ] {
            assert_eq!(decode(bytes).as_deref(), Some(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn padding_that_is_too_long_or_not_ones_is_refused() {
        for bytes in [&b"\x64\x02\xff"[..], b"\x18", b"\xff", b"\xff\xff\xff\xff"] {
            assert_eq!(decode(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn every_word_is_of_its_own() {
        // Kraft's sum is one, so the code is complete and no word begins another.
        let sum: u64 = LENGTHS.iter().map(|len| 1 << (32 - len)).sum();
        assert_eq!(sum, 1 << 32);
        let mut symbols = CODE.symbols;
        symbols.sort_unstable();
        assert!(
            symbols
                .iter()
                .enumerate()
                .all(|(i, &symbol)| i == usize::from(symbol))
        );
    }
}
