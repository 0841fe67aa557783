//! What either end of a stream says, hears and when it stops.

use std::time::Duration;

use engine::Timestamp;

use crate::clock::scramble;

/// A text of any length: some bytes, then `len` bytes that follow from `seed`.
#[derive(Debug, Clone, Default)]
pub struct Text {
    /// Said first.
    pub head: Vec<u8>,
    /// Names the rest.
    pub seed: u64,
    /// Length of the rest.
    pub len: u64,
}

impl Text {
    /// Only these bytes.
    pub fn of(head: &[u8]) -> Self {
        Self {
            head: head.to_vec(),
            seed: 0,
            len: 0,
        }
    }

    /// `len` seeded bytes.
    pub const fn seeded(seed: u64, len: u64) -> Self {
        Self {
            head: Vec::new(),
            seed,
            len,
        }
    }

    /// These bytes first.
    #[must_use]
    pub fn after(mut self, head: &[u8]) -> Self {
        self.head = head.to_vec();
        self
    }

    /// Length in bytes.
    pub fn total(&self) -> u64 {
        self.head.len() as u64 + self.len
    }

    /// Copies what stands at `offset` into `buffer`; says how much.
    pub fn copy(&self, offset: u64, buffer: &mut [u8]) -> usize {
        let len = buffer
            .len()
            .min(usize::try_from(self.total().saturating_sub(offset)).unwrap_or(usize::MAX));
        let mut at = offset;
        let mut rest = &mut buffer[..len];
        if let Some(head) = self.head.get(offset as usize..) {
            let (into, tail) = rest.split_at_mut(head.len().min(rest.len()));
            into.copy_from_slice(&head[..into.len()]);
            at += into.len() as u64;
            rest = tail;
        }
        while !rest.is_empty() {
            let seeded = at - self.head.len() as u64;
            let word = scramble(self.seed ^ (seeded / 8).wrapping_mul(0x2545_f491_4f6c_dd1d)).to_le_bytes();
            let word = &word[(seeded % 8) as usize..];
            let (into, tail) = rest.split_at_mut(word.len().min(rest.len()));
            into.copy_from_slice(&word[..into.len()]);
            at += into.len() as u64;
            rest = tail;
        }
        len
    }
}

/// How fast an end reads or writes.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Bytes at a time.
    pub bytes: usize,
    /// Time between.
    pub every: Duration,
}

impl Pace {
    /// As fast as it goes.
    pub const FULL: Self = Self {
        bytes: usize::MAX,
        every: Duration::ZERO,
    };
    /// Not at all.
    pub const STALLED: Self = Self {
        bytes: 0,
        every: Duration::ZERO,
    };

    /// So many bytes every so many milliseconds.
    pub const fn slow(bytes: usize, millis: u64) -> Self {
        Self {
            bytes,
            every: Duration::from_millis(millis),
        }
    }
}

/// When an end begins to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// As soon as the stream is open.
    AtOnce,
    /// After so many bytes were heard.
    AfterHeard(u64),
    /// After the other end finished.
    AfterEnd,
}

/// How an end stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Finishes when all is said, and goes on listening.
    WhenSaid,
    /// Finishes when all is said and the other end has finished.
    AfterEnd,
    /// Resets after it heard so many bytes.
    ResetAfterHeard(u64),
    /// Resets after it said so many bytes.
    ResetAfterSaid(u64),
    /// Stays.
    Never,
}

/// One end's part.
#[derive(Debug, Clone)]
pub struct Script {
    /// What it says.
    pub says: Text,
    /// Says back what it hears, besides.
    pub echoes: bool,
    /// What it must hear.
    pub expects: Option<Text>,
    /// When it begins.
    pub start: Start,
    /// How fast it speaks.
    pub write: Pace,
    /// How fast it listens.
    pub read: Pace,
    /// How it stops.
    pub ending: Ending,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            says: Text::default(),
            echoes: false,
            expects: None,
            start: Start::AtOnce,
            write: Pace::FULL,
            read: Pace::FULL,
            ending: Ending::AfterEnd,
        }
    }
}

impl Script {
    /// Says `text`, then finishes.
    pub fn says(text: Text) -> Self {
        Self {
            says: text,
            ending: Ending::WhenSaid,
            ..Self::default()
        }
    }

    /// Listens; finishes after the other end.
    pub fn listens() -> Self {
        Self::default()
    }

    /// Says back what it hears; finishes after the other end.
    pub fn echo() -> Self {
        Self {
            echoes: true,
            ..Self::default()
        }
    }

    /// Must hear `text`.
    #[must_use]
    pub fn expecting(mut self, text: Text) -> Self {
        self.expects = Some(text);
        self
    }

    /// Begins at another time.
    #[must_use]
    pub const fn starting(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// Stops in another way.
    #[must_use]
    pub const fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Reads at another pace.
    #[must_use]
    pub const fn reading(mut self, pace: Pace) -> Self {
        self.read = pace;
        self
    }

    /// Writes at another pace.
    #[must_use]
    pub const fn writing(mut self, pace: Pace) -> Self {
        self.write = pace;
        self
    }
}

/// What a read found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// So many bytes.
    Bytes(usize),
    /// Nothing yet.
    Nothing,
    /// The other end has finished.
    End,
    /// The stream is dead.
    Reset,
}

/// A stream as an end sees it.
pub trait Pipe {
    /// Takes bytes; says how many.
    fn say(&mut self, bytes: &[u8]) -> usize;
    /// Reads.
    fn hear(&mut self, buffer: &mut [u8]) -> Heard;
    /// Says no more.
    fn finish(&mut self);
    /// Gives up.
    fn reset(&mut self);
}

/// One end at work.
#[derive(Debug)]
pub struct Speaker {
    /// Its part.
    pub script: Script,
    /// Bytes taken by the stream.
    pub said: u64,
    /// Bytes heard.
    pub heard: u64,
    /// The first of them.
    pub heard_head: Vec<u8>,
    /// Where the first wrong byte stood.
    pub wrong_at: Option<u64>,
    /// The other end has finished.
    pub heard_end: bool,
    /// The stream died, or this end reset it.
    pub reset: bool,
    /// This end has finished.
    pub finished: bool,
    echo: Vec<u8>,
    next_read: Timestamp,
    next_write: Timestamp,
}

/// Bytes of the beginning of what was heard that are kept.
const HEAD: usize = 4096;

impl Speaker {
    /// Before the first word.
    pub fn new(script: Script) -> Self {
        Self {
            script,
            said: 0,
            heard: 0,
            heard_head: Vec::new(),
            wrong_at: None,
            heard_end: false,
            reset: false,
            finished: false,
            echo: Vec::new(),
            next_read: Timestamp::ZERO,
            next_write: Timestamp::ZERO,
        }
    }

    /// Whether nothing is left to say or to hear.
    pub fn is_done(&self) -> bool {
        self.reset || (self.finished && self.heard_end)
    }

    /// Whether it heard exactly what it had to, to the end.
    pub fn heard_all(&self) -> bool {
        let expected = self.script.expects.as_ref().map_or(self.heard, Text::total);
        self.heard_end && self.wrong_at.is_none() && self.heard == expected
    }

    /// Speaks and listens as far as the script and the stream let it; says when it wants another turn.
    pub fn turn(&mut self, now: Timestamp, pipe: &mut impl Pipe) -> Option<Timestamp> {
        if self.reset {
            return None;
        }
        let mut wake = None;
        loop {
            let moved = self.listen(now, pipe, &mut wake) | self.speak(now, pipe, &mut wake);
            self.stop(pipe);
            if self.reset || !moved {
                break;
            }
        }
        wake
    }

    fn listen(&mut self, now: Timestamp, pipe: &mut impl Pipe, wake: &mut Option<Timestamp>) -> bool {
        if self.heard_end || self.script.read.bytes == 0 || self.echo.len() > 65_536 {
            return false;
        }
        if now < self.next_read {
            sooner(wake, self.next_read);
            return false;
        }
        let mut buffer = [0; 4096];
        let limit = match self.script.ending {
            Ending::ResetAfterHeard(n) => usize::try_from(n.saturating_sub(self.heard))
                .unwrap_or(4096)
                .max(1),
            _ => 4096,
        };
        let len = self.script.read.bytes.min(4096).min(limit);
        match pipe.hear(&mut buffer[..len]) {
            Heard::Bytes(n) => {
                self.take(&buffer[..n]);
                if !self.script.read.every.is_zero() {
                    self.next_read = now + self.script.read.every;
                    sooner(wake, self.next_read);
                }
                true
            }
            Heard::Nothing => false,
            Heard::End => {
                self.heard_end = true;
                true
            }
            Heard::Reset => {
                self.reset = true;
                false
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        if let Some(text) = &self.script.expects {
            let mut expected = [0; 4096];
            let n = text.copy(self.heard, &mut expected[..bytes.len()]);
            let same = bytes
                .iter()
                .zip(&expected[..n])
                .take_while(|(a, b)| a == b)
                .count();
            if same < bytes.len() && self.wrong_at.is_none() {
                self.wrong_at = Some(self.heard + same as u64);
            }
        }
        if self.script.echoes {
            self.echo.extend(bytes);
        }
        self.heard += bytes.len() as u64;
        let room = HEAD.saturating_sub(self.heard_head.len());
        self.heard_head.extend(&bytes[..bytes.len().min(room)]);
    }

    fn speak(&mut self, now: Timestamp, pipe: &mut impl Pipe, wake: &mut Option<Timestamp>) -> bool {
        let started = match self.script.start {
            Start::AtOnce => true,
            Start::AfterHeard(n) => self.heard >= n,
            Start::AfterEnd => self.heard_end,
        };
        if self.finished || !started || self.script.write.bytes == 0 {
            return false;
        }
        let mut buffer = [0; 4096];
        let mut len = self.script.says.copy(self.said, &mut buffer);
        if len == 0 {
            len = self.echo.len().min(4096);
            buffer[..len].copy_from_slice(&self.echo[..len]);
        }
        len = len.min(self.script.write.bytes);
        if let Ending::ResetAfterSaid(n) = self.script.ending {
            len = len.min(usize::try_from(n.saturating_sub(self.said)).unwrap_or(len));
        }
        if len == 0 {
            return false;
        }
        if now < self.next_write {
            sooner(wake, self.next_write);
            return false;
        }
        let n = pipe.say(&buffer[..len]);
        if n > 0 && !self.script.write.every.is_zero() {
            self.next_write = now + self.script.write.every;
            sooner(wake, self.next_write);
        }
        if self.said >= self.script.says.total() {
            self.echo.drain(..n);
        }
        self.said += n as u64;
        n > 0
    }

    fn stop(&mut self, pipe: &mut impl Pipe) {
        let all_said = self.said >= self.script.says.total() && self.echo.is_empty();
        let resets = match self.script.ending {
            Ending::ResetAfterHeard(n) => self.heard >= n,
            Ending::ResetAfterSaid(n) => self.said >= n,
            _ => false,
        };
        let finishes = match self.script.ending {
            Ending::WhenSaid => all_said && (!self.script.echoes || self.heard_end),
            Ending::AfterEnd => all_said && self.heard_end,
            _ => false,
        };
        if resets && !self.reset {
            self.reset = true;
            pipe.reset();
        } else if finishes && !self.finished && !self.reset {
            self.finished = true;
            pipe.finish();
        }
    }
}

fn sooner(wake: &mut Option<Timestamp>, at: Timestamp) {
    *wake = Some(wake.map_or(at, |other| other.min(at)));
}
