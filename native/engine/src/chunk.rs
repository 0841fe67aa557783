//! Bytes on their way, in pooled chunks that go back when they are empty.

use std::collections::VecDeque;
use std::io::IoSliceMut;

/// Bytes of a small chunk: a request, a head, an interactive answer.
pub(crate) const SMALL: usize = 2 * 1024;
/// Bytes of a large chunk: bulk.
const LARGE: usize = 16 * 1024;
/// Small chunks kept for reuse.
const KEEP_SMALL: usize = 64;
/// Large chunks kept for reuse: half of what one flow in full swing has in flight.
const KEEP_LARGE: usize = 32;
/// Bytes in use by all flows together beyond which memory is short: each flow then gets only what keeps it moving.
const SHORT: usize = 24 * 1024 * 1024;
/// Empty queues' memory kept for reuse.
const KEEP_QUEUES: usize = 64;
/// Places of a queue whose memory is kept.
const KEPT_PLACES: usize = 8;
/// Slices that one gathered write or read uses at most.
pub(crate) const MAX_SLICES: usize = 6;

/// A part of a buffer that holds bytes `start..end`.
#[derive(Debug)]
struct Chunk {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Chunk {
    fn len(&self) -> usize {
        self.end - self.start
    }

    fn room(&self) -> usize {
        self.bytes.len() - self.end
    }
}

/// Buffers that wait for use. Bounded: what is above goes back to the allocator.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    small: Vec<Box<[u8]>>,
    large: Vec<Box<[u8]>>,
    /// Memory of queues that are empty.
    queues: Vec<VecDeque<Chunk>>,
    /// Bytes of the chunks that are out.
    in_use: usize,
}

impl Pool {
    /// Bytes of the chunks that flows hold.
    pub(crate) const fn in_use(&self) -> usize {
        self.in_use
    }

    /// Whether flows hold so much that none gets more than it needs to go on.
    pub(crate) const fn is_short(&self) -> bool {
        self.in_use > SHORT
    }

    fn take(&mut self, large: bool) -> Chunk {
        let (free, len) = if large {
            (&mut self.large, LARGE)
        } else {
            (&mut self.small, SMALL)
        };
        self.in_use += len;
        let bytes = free.pop().unwrap_or_else(|| vec![0; len].into_boxed_slice());
        Chunk {
            bytes,
            start: 0,
            end: 0,
        }
    }

    /// Lends an empty queue some memory.
    fn furnish(&mut self, chunks: &mut VecDeque<Chunk>) {
        if chunks.capacity() == 0
            && let Some(spare) = self.queues.pop()
        {
            *chunks = spare;
        }
    }

    /// Takes an empty queue's memory back: an idle flow keeps nothing but its struct.
    fn strip(&mut self, chunks: &mut VecDeque<Chunk>) {
        let spare = std::mem::take(chunks);
        if (1..=KEPT_PLACES).contains(&spare.capacity()) && self.queues.len() < KEEP_QUEUES {
            self.queues.push(spare);
        }
    }

    fn give(&mut self, chunk: Chunk) {
        self.in_use -= chunk.bytes.len().min(self.in_use);
        let (free, keep) = if chunk.bytes.len() == LARGE {
            (&mut self.large, KEEP_LARGE)
        } else {
            (&mut self.small, KEEP_SMALL)
        };
        if free.len() < keep {
            free.push(chunk.bytes);
        }
    }
}

/// A first-in, first-out queue of bytes.
#[derive(Debug, Default)]
pub(crate) struct ChunkQueue {
    chunks: VecDeque<Chunk>,
    len: usize,
}

impl ChunkQueue {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends a copy of `bytes`.
    pub(crate) fn extend(&mut self, mut bytes: &[u8], pool: &mut Pool) {
        self.len += bytes.len();
        pool.furnish(&mut self.chunks);
        while !bytes.is_empty() {
            if self.chunks.back().is_none_or(|chunk| chunk.room() == 0) {
                self.chunks.push_back(pool.take(bytes.len() > SMALL));
            }
            let Some(chunk) = self.chunks.back_mut() else {
                return;
            };
            let (head, rest) = bytes.split_at(bytes.len().min(chunk.room()));
            chunk.bytes[chunk.end..chunk.end + head.len()].copy_from_slice(head);
            chunk.end += head.len();
            bytes = rest;
        }
    }

    /// Drops the first `n` bytes; their chunks go back to the pool.
    pub(crate) fn consume(&mut self, n: usize, pool: &mut Pool) {
        let mut rest = n.min(self.len);
        self.len -= rest;
        while rest > 0 {
            let Some(chunk) = self.chunks.front_mut() else {
                return;
            };
            let part = rest.min(chunk.len());
            chunk.start += part;
            rest -= part;
            if chunk.len() == 0 {
                self.chunks
                    .pop_front()
                    .into_iter()
                    .for_each(|chunk| pool.give(chunk));
            }
        }
        if self.chunks.is_empty() {
            pool.strip(&mut self.chunks);
        }
    }

    /// Gives every chunk back.
    pub(crate) fn clear(&mut self, pool: &mut Pool) {
        while let Some(chunk) = self.chunks.pop_front() {
            pool.give(chunk);
        }
        pool.strip(&mut self.chunks);
        self.len = 0;
    }

    /// The bytes from `offset` on, at most `len` of them and at most `MAX_SLICES` pieces; returns how many bytes the
    /// pieces hold.
    pub(crate) fn slices<'a>(
        &'a self,
        mut offset: usize,
        len: usize,
        mut each: impl FnMut(&'a [u8]),
    ) -> usize {
        let mut pieces = 0;
        let mut rest = len;
        for chunk in &self.chunks {
            if rest == 0 || pieces == MAX_SLICES {
                break;
            }
            if offset >= chunk.len() {
                offset -= chunk.len();
                continue;
            }
            let start = chunk.start + offset;
            let part = rest.min(chunk.end - start);
            each(&chunk.bytes[start..start + part]);
            pieces += 1;
            rest -= part;
            offset = 0;
        }
        len - rest
    }

    /// Lets `read` fill up to `max` bytes of fresh room, and keeps as many as it says.
    ///
    /// `bulk` asks for large chunks; a flow that trickles gets small ones.
    pub(crate) fn fill<R>(
        &mut self,
        max: usize,
        bulk: bool,
        pool: &mut Pool,
        read: impl FnOnce(&mut [IoSliceMut<'_>], usize) -> (usize, R),
    ) -> R {
        pool.furnish(&mut self.chunks);
        let first = self.make_room(max, bulk, pool);
        let mut slices: [IoSliceMut<'_>; MAX_SLICES] = std::array::from_fn(|_| IoSliceMut::new(&mut []));
        let mut used = 0;
        let mut offered = 0;
        for (slot, chunk) in slices.iter_mut().zip(self.chunks.iter_mut().skip(first)) {
            let part = chunk.room().min(max - offered);
            let end = chunk.end;
            *slot = IoSliceMut::new(&mut chunk.bytes[end..end + part]);
            offered += part;
            used += 1;
        }
        let (n, outcome) = read(&mut slices[..used], offered);
        self.commit(first, n.min(offered), pool);
        outcome
    }

    /// Appends chunks until there is room for `max` bytes in `MAX_SLICES` pieces; returns the index of the first chunk
    /// with room.
    fn make_room(&mut self, max: usize, bulk: bool, pool: &mut Pool) -> usize {
        // A sliver at the end of the last chunk is not worth a piece of the gathered write.
        let last = self
            .chunks
            .back()
            .filter(|chunk| chunk.room() >= chunk.bytes.len() / 8);
        let tail = last.map_or(0, Chunk::room);
        let first = self.chunks.len() - usize::from(tail > 0);
        let mut room = tail;
        while room < max && self.chunks.len() - first < MAX_SLICES - 1 {
            self.chunks.push_back(pool.take(bulk));
            room += if bulk { LARGE } else { SMALL };
            if !bulk {
                break;
            }
        }
        first
    }

    fn commit(&mut self, first: usize, mut n: usize, pool: &mut Pool) {
        self.len += n;
        for chunk in self.chunks.iter_mut().skip(first) {
            let part = n.min(chunk.room());
            chunk.end += part;
            n -= part;
        }
        while self.chunks.back().is_some_and(|chunk| chunk.len() == 0) {
            self.chunks
                .pop_back()
                .into_iter()
                .for_each(|chunk| pool.give(chunk));
        }
        if self.chunks.is_empty() {
            pool.strip(&mut self.chunks);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(queue: &ChunkQueue) -> Vec<u8> {
        let mut out = Vec::new();
        while out.len() < queue.len() {
            let at = out.len();
            queue.slices(at, queue.len() - at, |piece| out.extend_from_slice(piece));
        }
        out
    }

    #[test]
    fn bytes_come_out_in_the_order_they_went_in() {
        let (mut pool, mut queue) = (Pool::default(), ChunkQueue::default());
        let bytes: Vec<u8> = (0..100_000u32).map(|i| (i % 251) as u8).collect();
        for part in bytes.chunks(7001) {
            queue.extend(part, &mut pool);
        }
        assert_eq!(contents(&queue), bytes);
        queue.consume(33_333, &mut pool);
        assert_eq!(contents(&queue), bytes[33_333..]);
        queue.consume(usize::MAX, &mut pool);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_read_keeps_what_it_moved_and_gives_the_rest_back() {
        let (mut pool, mut queue) = (Pool::default(), ChunkQueue::default());
        for (max, bulk, n) in [
            (65_000, true, 65_000),
            (65_000, true, 20_000),
            (9, false, 5),
            (65_000, true, 0),
        ] {
            let before = queue.len();
            queue.fill(max, bulk, &mut pool, |slices, offered| {
                assert!(offered <= max && offered >= n);
                assert_eq!(slices.iter().map(|slice| slice.len()).sum::<usize>(), offered);
                for slice in slices.iter_mut() {
                    slice.fill(7);
                }
                (n, ())
            });
            assert_eq!(queue.len(), before + n);
        }
        assert!(contents(&queue).iter().all(|&byte| byte == 7));
    }

    #[test]
    fn an_empty_queue_holds_no_chunk() {
        let (mut pool, mut queue) = (Pool::default(), ChunkQueue::default());
        queue.extend(&[1; 300_000], &mut pool);
        queue.consume(300_000, &mut pool);
        assert_eq!(queue.chunks.capacity(), 0);
        assert!(pool.large.len() <= KEEP_LARGE);
    }
}
