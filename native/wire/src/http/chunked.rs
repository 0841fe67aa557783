//! A chunked body (RFC 9112 section 7.1), followed to its end.

/// Where in a chunked body a stream is.
///
/// A lone LF ends a line, as in a head. What is no chunk ends the body: whatever comes there is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunked {
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In a chunk's size, so far, if a digit was there.
    Size(Option<u64>),
    /// Behind the size: extensions up to the end of the line.
    Extension(u64),
    /// So many bytes of the chunk are to come.
    Data(u64),
    /// The end of the line behind the data.
    DataEnd,
    /// In a line of the trailer section; whether nothing was in it so far.
    Trailer(bool),
}

/// What a byte does.
enum Step {
    To(State),
    /// It is the body's last.
    Last,
    /// It is none of the body's.
    Wrong,
}

impl Default for Chunked {
    fn default() -> Self {
        Self {
            state: State::Size(None),
        }
    }
}

impl Chunked {
    /// Goes on over the next bytes. If the body ends in them: how many of them it has.
    pub fn push(&mut self, bytes: &[u8]) -> Option<usize> {
        self.read(bytes, |_| ())
    }

    /// As [`Self::push`], and gives the pieces of data between the sizes to `data`.
    pub fn read<'a>(&mut self, bytes: &'a [u8], mut data: impl FnMut(&'a [u8])) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if let State::Data(len) = self.state {
                let here = len.min((bytes.len() - at) as u64);
                data(bytes.get(at..at + here as usize).unwrap_or_default());
                at += here as usize;
                self.state = if here == len {
                    State::DataEnd
                } else {
                    State::Data(len - here)
                };
                continue;
            }
            match self.state.step(byte) {
                Step::To(state) => self.state = state,
                Step::Last => return Some(at + 1),
                Step::Wrong => return Some(at),
            }
            at += 1;
        }
        None
    }
}

impl State {
    fn step(self, byte: u8) -> Step {
        match (self, byte) {
            (Self::Size(size), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                match size.unwrap_or_default().checked_mul(16) {
                    Some(size) => Step::To(Self::Size(Some(size + u64::from(digit)))),
                    None => Step::Wrong,
                }
            }
            (Self::Size(Some(size)) | Self::Extension(size), b'\n') => Step::To(match size {
                0 => Self::Trailer(true),
                size => Self::Data(size),
            }),
            (Self::Size(Some(size)), b'\r' | b';' | b' ' | b'\t') | (Self::Extension(size), _) => {
                Step::To(Self::Extension(size))
            }
            (Self::DataEnd, b'\r') => Step::To(Self::DataEnd),
            (Self::DataEnd, b'\n') => Step::To(Self::Size(None)),
            (Self::Trailer(true), b'\n') => Step::Last,
            (Self::Trailer(false), b'\n') => Step::To(Self::Trailer(true)),
            (Self::Trailer(empty), b'\r') => Step::To(Self::Trailer(empty)),
            (Self::Trailer(_), _) => Step::To(Self::Trailer(false)),
            (Self::Size(_) | Self::DataEnd | Self::Data(_), _) => Step::Wrong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] =
        b"5;name=\"x\"\r\nhello\r\n00A \r\n0\r\n\r\nGET /\r\n1\nx\n0\r\nExpires: now\r\nX:\r\n\r\n";

    #[test]
    fn end_is_found_whatever_the_pieces() {
        let stream = [BODY, b"GET / HTTP/1.1\r\n"].concat();
        for size in 1..=stream.len() {
            let (mut chunked, mut read) = (Chunked::default(), 0);
            let end = stream.chunks(size).find_map(|piece| {
                let end = chunked.push(piece).map(|len| read + len);
                read += piece.len();
                end
            });
            assert_eq!(end, Some(BODY.len()), "{size}");
        }
    }

    #[test]
    fn data_is_what_stands_between_the_sizes() {
        for size in 1..=BODY.len() {
            let (mut chunked, mut data) = (Chunked::default(), Vec::new());
            for piece in BODY.chunks(size) {
                let _ = chunked.read(piece, |piece| data.extend_from_slice(piece));
            }
            assert_eq!(data, b"hello0\r\n\r\nGET /x", "{size}");
        }
    }

    #[test]
    fn a_body_cut_off_anywhere_has_no_end() {
        for len in 0..BODY.len() {
            assert_eq!(Chunked::default().push(&BODY[..len]), None, "{len}");
        }
    }

    #[test]
    fn what_is_no_chunk_ends_the_body() {
        for (body, end) in [
            (&b"GET / HTTP/1.1\r\n"[..], 0),
            (b"\r\n", 0),
            (b"3\r\nabcGET /", 6),
            (b"10000000000000000\r\n", 16),
            (b"1x\r\n", 1),
        ] {
            assert_eq!(Chunked::default().push(body), Some(end), "{body:?}");
        }
    }

    #[test]
    fn the_largest_size_and_flipped_bytes_are_harmless() {
        assert_eq!(Chunked::default().push(b"ffffffffffffffff\r\nabc"), None);
        for at in 0..BODY.len() {
            for mask in 1..=u8::MAX {
                let mut flipped = BODY.to_vec();
                flipped[at] ^= mask;
                let end = Chunked::default().push(&flipped);
                assert!(end.is_none_or(|end| end <= BODY.len()));
            }
        }
    }
}
