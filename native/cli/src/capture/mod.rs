//! Capture files: pcap and pcapng, also gzip, down to IP packets.
//!
//! Read here and not by a crate, because a recording may be damaged, and what could be read of it counts: the crates at
//! hand give up on an option they dislike, or come to no end on a packet longer than its header promised.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

mod link;
mod pcap;
mod pcapng;
mod source;

use link::LinkType;
use source::Source;

/// A packet, as it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packet<'a> {
    /// Microseconds since 1970.
    pub(crate) micros: u64,
    link: LinkType,
    frame: &'a [u8],
}

impl<'a> Packet<'a> {
    /// The IP packet in the frame; `None` where it holds another protocol, or is of a kind that is not known.
    pub(crate) fn ip(&self) -> Option<&'a [u8]> {
        self.link.ip(self.frame)
    }
}

/// Why a capture cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CaptureError {
    /// The file system or the compression says no.
    #[error("cannot be read")]
    Read(#[from] io::Error),
    /// Neither pcap nor pcapng.
    #[error("neither pcap nor pcapng")]
    Format,
    /// A record ends before its length.
    #[error("cut off in the middle of a record")]
    CutOff,
    /// A length that cannot be true; what follows it has no beginning.
    #[error("damaged: a record of {0} bytes")]
    Length(u64),
}

/// Bytes read from a file at once.
const BUFFER: usize = 128 * 1024;

#[derive(Debug)]
enum Format {
    Pcap(pcap::Header),
    Pcapng(pcapng::Section),
}

/// A capture file, read packet by packet.
#[derive(Debug)]
pub(crate) struct Capture {
    source: Source,
    format: Format,
    read: Rc<Cell<u64>>,
}

/// Counts the bytes that are read from a file.
struct Counted {
    bytes: Box<dyn Read>,
    read: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.bytes.read(buffer)?;
        self.read.set(self.read.get() + len as u64);
        Ok(len)
    }
}

impl Capture {
    /// Opens a file; `-` is standard input.
    pub(crate) fn open(path: &Path) -> Result<Self, CaptureError> {
        let file: Box<dyn Read> = if path == Path::new("-") {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(path)?)
        };
        Self::read(file)
    }

    /// Reads the beginning of a capture, gzip or not.
    pub(crate) fn read(bytes: Box<dyn Read>) -> Result<Self, CaptureError> {
        /// ID1 and ID2 (RFC 1952 section 2.3.1).
        const GZIP: [u8; 2] = [0x1f, 0x8b];
        let read = Rc::new(Cell::new(0));
        let bytes = Counted {
            bytes,
            read: Rc::clone(&read),
        };
        let (begin, bytes) = peek(Box::new(bytes))?;
        let bytes: Box<dyn Read> = if begin.starts_with(&GZIP) {
            Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, bytes)))
        } else {
            bytes
        };
        let (magic, bytes) = peek(bytes)?;
        let mut source = Source::new(bytes);
        let format = if magic == pcapng::SECTION_HEADER {
            Format::Pcapng(pcapng::Section::default())
        } else {
            Format::Pcap(pcap::Header::read(&mut source)?)
        };
        Ok(Self { source, format, read })
    }

    /// Bytes of the file that are read, compressed as they are.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.read.get()
    }

    /// The next packet; `None` at the end.
    pub(crate) fn next_packet(&mut self) -> Result<Option<Packet<'_>>, CaptureError> {
        match &mut self.format {
            Format::Pcap(header) => header.next_packet(&mut self.source),
            Format::Pcapng(section) => section.next_packet(&mut self.source),
        }
    }
}

/// The first four bytes, which stay in the stream.
fn peek(mut bytes: Box<dyn Read>) -> io::Result<(Vec<u8>, Box<dyn Read>)> {
    let mut begin = Vec::new();
    bytes.by_ref().take(4).read_to_end(&mut begin)?;
    Ok((begin.clone(), Box::new(io::Cursor::new(begin).chain(bytes))))
}

#[cfg(test)]
mod tests;
