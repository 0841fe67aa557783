//! The packets of one wake-up, in one piece of storage.

/// Packets a batch holds at most.
const MAX_PACKETS: usize = 64;

/// Bytes after which a batch takes no further packet.
const MAX_BYTES: usize = 256 * 1024;

/// Bytes of one packet of a [`Batch`], or a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slice {
    start: u32,
    len: u32,
}

impl Slice {
    /// Length in bytes.
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The part from `offset`, `len` bytes long, cut to what is there.
    #[must_use]
    pub const fn part(self, offset: usize, len: usize) -> Self {
        let offset = if offset < self.len() { offset } else { self.len() };
        let rest = self.len() - offset;
        let len = if len < rest { len } else { rest };
        Self {
            start: self.start + offset as u32,
            len: len as u32,
        }
    }
}

/// Up to 64 packets or 256 KiB, read from the TUN in one go.
///
/// Packets lie one behind the other, so that a batch of small ones touches few pages.
#[derive(Debug)]
pub struct Batch {
    storage: Vec<u8>,
    packets: Vec<Slice>,
    end: usize,
    mtu: usize,
}

impl Batch {
    /// A batch for packets of up to `mtu` bytes.
    pub fn new(mtu: usize) -> Self {
        let bytes = (MAX_PACKETS * mtu.next_multiple_of(16)).min(MAX_BYTES + mtu);
        Self {
            storage: vec![0; bytes],
            packets: Vec::with_capacity(MAX_PACKETS),
            end: 0,
            mtu,
        }
    }

    /// Forgets all packets.
    pub fn clear(&mut self) {
        self.packets.clear();
        self.end = 0;
    }

    /// Room for the next packet, or `None` when the batch is full.
    pub fn room(&mut self) -> Option<&mut [u8]> {
        if self.is_full() {
            return None;
        }
        self.storage.get_mut(self.end..self.end + self.mtu)
    }

    /// Takes the first `len` bytes of the last [`Self::room`] as a packet.
    pub fn commit(&mut self, len: usize) {
        let len = len.min(self.mtu).min(self.storage.len() - self.end);
        self.packets.push(Slice {
            start: self.end as u32,
            len: len as u32,
        });
        self.end = (self.end + len).next_multiple_of(16).min(self.storage.len());
    }

    /// Copies a packet in; false when the batch is full or the packet too long.
    pub fn push(&mut self, packet: &[u8]) -> bool {
        let Some(room) = self.room().and_then(|room| room.get_mut(..packet.len())) else {
            return false;
        };
        room.copy_from_slice(packet);
        self.commit(packet.len());
        true
    }

    /// Whether no further packet may fit.
    pub const fn is_full(&self) -> bool {
        self.packets.len() == MAX_PACKETS || self.end + self.mtu > self.storage.len()
    }

    /// Number of packets.
    pub fn len(&self) -> usize {
        self.packets.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// The packets, oldest first.
    pub fn packets(&self) -> &[Slice] {
        &self.packets
    }

    /// The bytes of a slice of this batch.
    pub fn bytes(&self, slice: Slice) -> &[u8] {
        let start = slice.start as usize;
        self.storage.get(start..start + slice.len()).unwrap_or_default()
    }
}
