//! HPACK (RFC 7541), as far as a request's authority needs it: everything is followed, only authorities are kept.

use std::collections::VecDeque;

use super::huffman;

/// What a dynamic table may hold before its encoder says otherwise (RFC 9113 section 6.5.2).
const DEFAULT_SIZE: usize = 4_096;
/// What we follow at most; servers offer 64 KiB at most.
const MAX_SIZE: usize = 64 * 1024;
/// Authorities of one block at most: `:authority` and `host`, and room for a client that repeats itself. One octet of a block
/// may stand for a table's whole text, so without a bound a short block makes a long one.
const MAX_AUTHORITIES: usize = 4;
/// What an entry counts beside its text (section 4.1).
const OVERHEAD: usize = 32;

/// The names of the static table (appendix A). Index 0 is none.
const STATIC: [&str; 62] = [
    "",
    ":authority",
    ":method",
    ":method",
    ":path",
    ":path",
    ":scheme",
    ":scheme",
    ":status",
    ":status",
    ":status",
    ":status",
    ":status",
    ":status",
    ":status",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "accept",
    "access-control-allow-origin",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "etag",
    "expect",
    "expires",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "link",
    "location",
    "max-forwards",
    "proxy-authenticate",
    "proxy-authorization",
    "range",
    "referer",
    "refresh",
    "retry-after",
    "server",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "user-agent",
    "vary",
    "via",
    "www-authenticate",
];

/// A field's name, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// `:authority`, or `host`, which stands for it in what was HTTP/1 before (RFC 9113 section 8.3.1).
    Authority,
    /// Another pseudo-header: the block begins a request.
    Pseudo,
    Other,
}

impl Field {
    fn of(name: &[u8]) -> Self {
        if name == b":authority" || name.eq_ignore_ascii_case(b"host") {
            Self::Authority
        } else if name.starts_with(b":") {
            Self::Pseudo
        } else {
            Self::Other
        }
    }
}

/// An entry of the dynamic table.
#[derive(Debug)]
struct Entry {
    field: Field,
    name_len: usize,
    /// Kept of an authority only.
    value: Vec<u8>,
    size: usize,
}

/// What a header block says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// All authorities in it.
    pub(super) authorities: Vec<Vec<u8>>,
    /// Whether it is a request's, not its trailers (RFC 9113 section 8.1).
    pub(super) is_request: bool,
}

/// Follows the header blocks of one direction of a connection.
#[derive(Debug)]
pub(super) struct Decoder {
    /// The newest first.
    entries: VecDeque<Entry>,
    size: usize,
    max_size: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            size: 0,
            max_size: DEFAULT_SIZE,
        }
    }
}

impl Decoder {
    /// Reads one block; `None` where it cannot be followed, and then no later one can.
    pub(super) fn block(&mut self, bytes: &[u8]) -> Option<Block> {
        let mut r = Reader { rest: bytes };
        let mut block = Block::default();
        while let Some(&first) = r.rest.first() {
            match first {
                // Indexed (section 6.1).
                0x80.. => {
                    let index = r.integer(7)?;
                    self.indexed(index, &mut block)?;
                }
                // Literal, to be kept (section 6.2.1).
                0x40.. => self.literal(&mut r, 6, true, &mut block)?,
                // Size update (section 6.3).
                0x20.. => {
                    let size = r.integer(5)?;
                    self.resize(size)?;
                }
                // Literal, not to be kept, or never (sections 6.2.2 and 6.2.3).
                _ => self.literal(&mut r, 4, false, &mut block)?,
            }
        }
        Some(block)
    }

    /// Bytes that the table takes, about.
    pub(super) fn held(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>() + self.size
    }

    fn indexed(&self, index: usize, block: &mut Block) -> Option<()> {
        match index.checked_sub(STATIC.len()) {
            None => {
                let name = STATIC.get(index).filter(|name| !name.is_empty())?;
                // The static table has no value for an authority.
                block.add(Field::of(name.as_bytes()), &[])
            }
            Some(at) => {
                let entry = self.entries.get(at)?;
                block.add(entry.field, &entry.value)
            }
        }
    }

    fn literal(&mut self, r: &mut Reader<'_>, prefix: u32, keep: bool, block: &mut Block) -> Option<()> {
        let index = r.integer(prefix)?;
        let (field, name_len) = if index == 0 {
            let name = r.string()?;
            (Field::of(&name), name.len())
        } else if let Some(at) = index.checked_sub(STATIC.len()) {
            let entry = self.entries.get(at)?;
            (entry.field, entry.name_len)
        } else {
            let name = STATIC.get(index)?;
            (Field::of(name.as_bytes()), name.len())
        };
        let mut value = r.string()?;
        block.add(field, &value)?;
        if keep {
            let size = name_len + value.len() + OVERHEAD;
            if field != Field::Authority {
                value = Vec::new();
            }
            self.insert(Entry {
                field,
                name_len,
                value,
                size,
            });
        }
        Some(())
    }

    /// Section 4.4: what is larger than the table empties it.
    fn insert(&mut self, entry: Entry) {
        self.evict(self.max_size.saturating_sub(entry.size));
        if entry.size <= self.max_size {
            self.size += entry.size;
            self.entries.push_front(entry);
        }
    }

    fn resize(&mut self, max_size: usize) -> Option<()> {
        if max_size > MAX_SIZE {
            return None;
        }
        self.max_size = max_size;
        self.evict(max_size);
        Some(())
    }

    fn evict(&mut self, room: usize) {
        while self.size > room
            && let Some(oldest) = self.entries.pop_back()
        {
            self.size -= oldest.size;
        }
    }
}

impl Block {
    /// `None` where there are more authorities than any client sends.
    fn add(&mut self, field: Field, value: &[u8]) -> Option<()> {
        self.is_request |= field != Field::Other;
        if field == Field::Authority && !value.is_empty() {
            if self.authorities.len() == MAX_AUTHORITIES {
                return None;
            }
            self.authorities.push(value.to_vec());
        }
        Some(())
    }
}

/// Reads the primitives of section 5.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    /// An integer with a prefix of so many bits.
    fn integer(&mut self, prefix: u32) -> Option<usize> {
        let (&first, mut rest) = self.rest.split_first()?;
        let most = (1_usize << prefix) - 1;
        let mut value = usize::from(first) & most;
        if value == most {
            let mut shift = 0;
            loop {
                let (&byte, after) = rest.split_first()?;
                rest = after;
                // Nothing here is longer than a block, whose length has 24 bits.
                if shift > 21 {
                    return None;
                }
                value += usize::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
        }
        self.rest = rest;
        Some(value)
    }

    /// A string, in the code or as it is.
    fn string(&mut self) -> Option<Vec<u8>> {
        let is_coded = self.rest.first()? & 0x80 != 0;
        let len = self.integer(7)?;
        let (text, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        if is_coded {
            huffman::decode(text)
        } else {
            Some(text.to_vec())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority(name: &str) -> Block {
        Block {
            authorities: vec![name.as_bytes().to_vec()],
            is_request: true,
        }
    }

    /// RFC 7541 appendix C.3 and C.4: three requests, without and with the code.
    #[test]
    fn the_examples_of_the_rfc_are_followed() {
        let plain: [&[u8]; 3] = [
            b"\x82\x86\x84\x41\x0fwww.example.com",
            b"\x82\x86\x84\xbe\x58\x08no-cache",
            b"\x82\x87\x85\xbf\x40\x0acustom-key\x0ccustom-value",
        ];
        let coded: [&[u8]; 3] = [
            b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff",
            b"\x82\x86\x84\xbe\x58\x86\xa8\xeb\x10\x64\x9c\xbf",
            b"\x82\x87\x85\xbf\x40\x88\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f\x89\x25\xa8\x49\xe9\x5b\xb8\xe8\xb4\xbf",
        ];
        for blocks in [plain, coded] {
            let mut decoder = Decoder::default();
            for (block, size) in blocks.into_iter().zip([57, 110, 164]) {
                assert_eq!(decoder.block(block), Some(authority("www.example.com")));
                assert_eq!(decoder.size, size);
            }
        }
    }

    #[test]
    fn the_oldest_entry_gives_way_and_a_larger_one_empties_the_table() {
        let mut decoder = Decoder::default();
        // Room for one entry of `:authority` with three letters.
        assert_eq!(decoder.block(b"\x3f\x0e\x41\x03a.b"), Some(authority("a.b")));
        assert_eq!(decoder.block(b"\xbe"), Some(authority("a.b")));
        assert_eq!(
            decoder.block(b"\x41\x03c.d\xbe"),
            Some(Block {
                authorities: vec![b"c.d".to_vec(), b"c.d".to_vec()],
                is_request: true,
            })
        );
        assert_eq!(decoder.block(b"\xbf"), None, "it is gone");
        assert_eq!(decoder.block(b"\x41\x04cc.d"), Some(authority("cc.d")));
        assert_eq!((decoder.size, decoder.entries.len()), (0, 0));
    }

    #[test]
    fn a_block_that_repeats_a_long_authority_is_refused_before_it_grows() {
        let mut decoder = Decoder::default();
        let long = [&b"\x41\x7f\xa1\x1e"[..], &[b'a'; 4_000]].concat();
        assert!(decoder.block(&long).is_some());
        assert!(decoder.block(&[0xbe; 4]).is_some());
        assert!(decoder.block(&[0xbe; 16_000]).is_none(), "it would have 64 MB");
    }

    #[test]
    fn host_stands_for_an_authority_and_trailers_have_none() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.block(b"\x82\x66\x03a.b"), Some(authority("a.b")));
        assert_eq!(decoder.block(b"\x00\x04host\x03a.b"), Some(authority("a.b")));
        assert_eq!(decoder.block(b"\x10\x0agrpc-state\x010"), Some(Block::default()));
    }

    #[test]
    fn damaged_blocks_are_refused_or_read_and_never_panic() {
        let block = b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff\x3f\xe1\x1f";
        for len in 0..block.len() {
            let _ = Decoder::default().block(&block[..len]);
        }
        let mut flipped = block.to_vec();
        for bit in 0..block.len() * 8 {
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = Decoder::default().block(&flipped);
            flipped[bit / 8] ^= 1 << (bit % 8);
        }
        assert_eq!(Decoder::default().block(b"\xff\xff\xff\xff\xff\xff"), None);
        assert_eq!(Decoder::default().block(b"\x80"), None, "index 0");
        assert_eq!(
            Decoder::default().block(b"\x3f\xff\xff\xff\x7f"),
            None,
            "a table too large"
        );
    }
}
