//! Segments that came before their turn (RFC 9293 section 3.10.7.4), and the SACK blocks that tell of them (RFC 2018).

use wire::tcp::{Options, SeqNumber};

use super::flow::distance;

/// Runs that are held at most; what comes beyond is dropped and sent again.
const MAX_RUNS: usize = 64;

/// Blocks that fit beside no timestamps option; three are enough for every sender (RFC 2018 section 3).
const MAX_BLOCKS: usize = 3;

/// A contiguous run of early bytes.
#[derive(Debug)]
struct Run {
    seq: SeqNumber,
    bytes: Vec<u8>,
    /// A larger stamp is a more recent arrival.
    stamp: u32,
}

impl Run {
    fn end(&self) -> SeqNumber {
        self.seq + self.bytes.len()
    }
}

/// Early bytes by sequence number. First arrival wins. Most flows never have any, so they cost a pointer.
#[derive(Debug, Default)]
pub(super) struct Hold {
    early: Option<Box<Early>>,
}

/// Runs that are sorted, disjoint, and do not touch.
#[derive(Debug, Default)]
struct Early {
    runs: Vec<Run>,
    stamp: u32,
}

impl Hold {
    pub(super) fn is_empty(&self) -> bool {
        self.early.is_none()
    }

    /// Keeps the bytes of a segment that starts behind `rcv_nxt`; the caller has cut it to the window.
    pub(super) fn insert(&mut self, seq: SeqNumber, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.early.get_or_insert_default().insert(seq, bytes);
        }
    }

    /// Takes the run that `rcv_nxt` has reached, without the bytes before it.
    pub(super) fn take(&mut self, rcv_nxt: SeqNumber) -> Option<(Vec<u8>, usize)> {
        let early = self.early.as_mut()?;
        let taken = early.take(rcv_nxt);
        if early.runs.is_empty() {
            self.early = None;
        }
        taken
    }

    /// The SACK blocks of an ACK, most recent first (RFC 2018 section 4).
    pub(super) fn sack(&self) -> Options {
        self.early
            .as_ref()
            .map_or_else(Options::default, |early| early.sack())
    }
}

impl Early {
    fn insert(&mut self, seq: SeqNumber, bytes: &[u8]) {
        self.stamp = self.stamp.wrapping_add(1);
        let (mut seq, mut bytes) = (seq, bytes);
        // Each round takes the part before the next run, or steps over what a run holds already.
        while !bytes.is_empty() {
            let at = self.runs.partition_point(|run| run.end() <= seq);
            let len = match self.runs.get_mut(at) {
                Some(run) if run.seq <= seq => {
                    run.stamp = self.stamp;
                    distance(seq, run.end()).min(bytes.len())
                }
                Some(run) => {
                    let len = distance(seq, run.seq).min(bytes.len());
                    self.place(at, seq, &bytes[..len]);
                    len
                }
                None => {
                    self.place(at, seq, bytes);
                    bytes.len()
                }
            };
            seq += len;
            bytes = &bytes[len..];
        }
    }

    fn take(&mut self, rcv_nxt: SeqNumber) -> Option<(Vec<u8>, usize)> {
        while self.runs.first().is_some_and(|run| run.seq <= rcv_nxt) {
            let run = self.runs.remove(0);
            let skip = distance(run.seq, rcv_nxt);
            if skip < run.bytes.len() {
                return Some((run.bytes, skip));
            }
        }
        None
    }

    fn sack(&self) -> Options {
        let mut options = Options::default();
        let mut below = None;
        for slot in options.sack.iter_mut().take(MAX_BLOCKS) {
            let newest = self
                .runs
                .iter()
                .filter(|run| below.is_none_or(|stamp| run.stamp < stamp))
                .max_by_key(|run| run.stamp);
            let Some(run) = newest else { break };
            *slot = Some((run.seq, run.end()));
            below = Some(run.stamp);
        }
        options
    }

    fn place(&mut self, at: usize, seq: SeqNumber, bytes: &[u8]) {
        let stamp = self.stamp;
        let joins_next = self
            .runs
            .get(at)
            .is_some_and(|next| next.seq == seq + bytes.len());
        if let Some(before) = at.checked_sub(1).and_then(|i| self.runs.get_mut(i))
            && before.end() == seq
        {
            before.bytes.extend_from_slice(bytes);
            before.stamp = stamp;
            if joins_next {
                let next = self.runs.remove(at);
                self.runs[at - 1].bytes.extend_from_slice(&next.bytes);
            }
        } else if joins_next {
            let next = &mut self.runs[at];
            let mut joined = bytes.to_vec();
            joined.extend_from_slice(&next.bytes);
            *next = Run {
                seq,
                bytes: joined,
                stamp,
            };
        } else if self.runs.len() < MAX_RUNS {
            self.runs.insert(
                at,
                Run {
                    seq,
                    bytes: bytes.to_vec(),
                    stamp,
                },
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seq(n: i32) -> SeqNumber {
        SeqNumber(n)
    }

    fn blocks(hold: &Hold) -> Vec<(i32, i32)> {
        hold.sack()
            .sack
            .iter()
            .flatten()
            .map(|(a, b)| (a.0, b.0))
            .collect()
    }

    #[test]
    fn most_recent_block_comes_first_and_three_at_most() {
        let mut hold = Hold::default();
        for at in [100, 300, 500, 700] {
            hold.insert(seq(at), &[0; 10]);
        }
        assert_eq!(blocks(&hold), [(700, 710), (500, 510), (300, 310)]);
        hold.insert(seq(110), &[0; 10]);
        assert_eq!(blocks(&hold), [(100, 120), (700, 710), (500, 510)]);
    }

    #[test]
    fn first_arrival_wins_where_segments_overlap() {
        let mut hold = Hold::default();
        hold.insert(seq(10), b"bbb");
        hold.insert(seq(20), b"ddd");
        hold.insert(seq(8), b"xxxxxxxxxxxxxxxxxx");
        assert_eq!(blocks(&hold), [(8, 26)]);
        let (bytes, skip) = hold.take(seq(9)).unwrap();
        assert_eq!((bytes.as_slice(), skip), (b"xxbbbxxxxxxxdddxxx".as_slice(), 1));
        assert!(hold.is_empty());
    }

    #[test]
    fn runs_across_the_wrap_stay_in_order() {
        let mut hold = Hold::default();
        hold.insert(seq(i32::MIN + 5), b"later");
        hold.insert(seq(i32::MAX - 4), b"early");
        assert_eq!(hold.take(seq(i32::MAX - 4)).unwrap().0, b"early");
        assert!(hold.take(seq(i32::MIN + 1)).is_none());
        assert_eq!(hold.take(seq(i32::MIN + 5)).unwrap().0, b"later");
    }

    #[test]
    fn the_number_of_runs_is_bounded() {
        let mut hold = Hold::default();
        for i in 0..10_000 {
            hold.insert(seq(i * 10), b"x");
        }
        assert_eq!(hold.early.map(|early| early.runs.len()), Some(MAX_RUNS));
    }
}
