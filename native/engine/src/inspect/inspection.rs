//! What a flow's first bytes say about its name.

use wire::http::Request;
use wire::tls::{ClientHello, ServerName};
use wire::{Name, Parsed};

use super::Assembler;
use crate::Seen;

/// Bytes after which a flow without a complete hello is undecidable.
pub(crate) const LIMIT: usize = 16 * 1024;

/// In so many bytes a request's method has shown that it is one.
const METHOD: usize = 32;

/// What is known so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Not enough bytes yet.
    NeedMore,
    /// A name, and where it stood.
    Name(Name, Seen),
    /// There is no name in these bytes, and there will be none.
    Undecidable(Undecidable),
}

/// Why no name was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Undecidable {
    /// Neither TLS nor HTTP.
    Unrecognised,
    /// A ClientHello without a (valid) server name, or a request without a host.
    Nameless,
    /// Longer than the limit.
    TooLong,
}

/// What the first bytes may still become, and how far they are read.
#[derive(Debug, Clone, Copy, Default)]
enum Progress {
    /// Either.
    #[default]
    Begin,
    /// A ClientHello that is not complete in fewer bytes than these.
    Hello(usize),
    /// A request's first line, without an end in this many bytes.
    Line(usize),
    /// A request's head past its first line, without an end in this many bytes.
    Head(usize),
}

/// Reads the first bytes of one flow.
#[derive(Debug)]
pub(crate) struct Inspection {
    assembler: Assembler,
    progress: Progress,
    /// Where in the stream the message begins.
    begin: u64,
    /// Length of the request's head, once it is complete.
    head_len: usize,
}

impl Default for Inspection {
    fn default() -> Self {
        Self {
            assembler: Assembler::new(LIMIT),
            progress: Progress::Begin,
            begin: 0,
            head_len: 0,
        }
    }
}

impl Inspection {
    /// Takes bytes at `offset` of the stream (first arrival wins) and says what is known.
    ///
    /// A hello that lies whole in the first slice is read where it lies.
    pub(crate) fn push(&mut self, offset: u64, bytes: &[u8]) -> Finding {
        // What lies before the beginning was read already.
        let before = usize::try_from(self.begin.saturating_sub(offset)).unwrap_or(usize::MAX);
        let Some(bytes) = bytes.get(before..) else {
            return Finding::NeedMore;
        };
        let offset = usize::try_from(offset.saturating_sub(self.begin)).unwrap_or(usize::MAX);
        if bytes.is_empty() {
            return Finding::NeedMore;
        }
        if offset == 0 && self.assembler.is_empty() {
            let finding = self.read(bytes);
            if finding == Finding::NeedMore {
                self.assembler.insert(0, bytes);
            }
            return finding;
        }
        self.assembler.insert(offset, bytes);
        let assembler = std::mem::replace(&mut self.assembler, Assembler::new(LIMIT));
        let finding = self.read(assembler.prefix());
        self.assembler = assembler;
        finding
    }

    /// Forgets what was read: the next message begins at `offset` of the stream.
    pub(crate) fn reset(&mut self, offset: u64) {
        let read = offset
            .checked_sub(self.begin)
            .and_then(|read| usize::try_from(read).ok());
        match read {
            Some(read) if !self.assembler.is_empty() => self.assembler.advance(read),
            _ => self.assembler.clear(),
        }
        (self.progress, self.begin, self.head_len) = (Progress::Begin, offset, 0);
    }

    /// Where in the stream a request's head ended, after its host was found.
    pub(crate) const fn message_end(&self) -> u64 {
        self.begin + self.head_len as u64
    }

    /// Whether bytes of the message have arrived that make no complete one yet.
    pub(crate) const fn has_begun(&self) -> bool {
        !self.assembler.is_empty()
    }

    fn read(&mut self, stream: &[u8]) -> Finding {
        match self.progress {
            Progress::Begin => self.begin(stream),
            Progress::Hello(least_len) if stream.len() < least_len => Finding::NeedMore,
            Progress::Hello(_) => self.hello(stream),
            Progress::Line(read) if !stream[read.min(stream.len())..].contains(&b'\n') => {
                self.progress = Progress::Line(stream.len());
                cut_off(stream)
            }
            Progress::Line(_) => self.request(stream),
            Progress::Head(read) if !Request::may_have_ended(stream, read) => {
                self.progress = Progress::Head(stream.len());
                cut_off(stream)
            }
            Progress::Head(_) => self.request(stream),
        }
    }

    fn begin(&mut self, stream: &[u8]) -> Finding {
        match self.hello(stream) {
            Finding::Undecidable(Undecidable::Unrecognised) => self.request(stream),
            finding => finding,
        }
    }

    fn hello(&mut self, stream: &[u8]) -> Finding {
        match ClientHello::parse(stream) {
            Parsed::Complete(hello) => match hello.server_name {
                ServerName::Dns(name) => Finding::Name(name, Seen::Sni),
                ServerName::Absent | ServerName::Invalid => Finding::Undecidable(Undecidable::Nameless),
            },
            Parsed::Incomplete if stream.is_empty() => Finding::NeedMore,
            Parsed::Incomplete => {
                let least_len = ClientHello::least_len(stream);
                self.progress = Progress::Hello(least_len);
                if least_len > LIMIT {
                    Finding::Undecidable(Undecidable::TooLong)
                } else {
                    Finding::NeedMore
                }
            }
            Parsed::Mismatch => Finding::Undecidable(Undecidable::Unrecognised),
        }
    }

    fn request(&mut self, stream: &[u8]) -> Finding {
        match Request::parse(stream) {
            Parsed::Complete(request) => self.host(request),
            Parsed::Incomplete => {
                if Request::parse_cut_off(stream).is_some() {
                    self.progress = Progress::Head(stream.len());
                } else if stream.len() > METHOD {
                    self.progress = Progress::Line(stream.len());
                }
                cut_off(stream)
            }
            Parsed::Mismatch => Finding::Undecidable(Undecidable::Unrecognised),
        }
    }

    fn host(&mut self, request: Request) -> Finding {
        self.head_len = request.head_len;
        request
            .host
            .map_or(Finding::Undecidable(Undecidable::Nameless), |host| {
                Finding::Name(host, Seen::Host)
            })
    }
}

/// A request's head without an end: at the limit its complete lines have to do.
fn cut_off(stream: &[u8]) -> Finding {
    if stream.len() < LIMIT {
        return Finding::NeedMore;
    }
    match Request::parse_cut_off(stream).and_then(|request| request.host) {
        Some(host) => Finding::Name(host, Seen::Host),
        None => Finding::Undecidable(Undecidable::TooLong),
    }
}

#[cfg(test)]
mod tests;
