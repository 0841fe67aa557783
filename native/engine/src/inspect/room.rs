//! What the readers of all flows hold together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts it. Nobody waits for anybody by this number, which one thread alone reads and writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Room(Arc<AtomicUsize>);

impl Room {
    /// Bytes that are taken.
    pub(crate) fn taken(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// What one reader has taken; given back with it.
#[derive(Debug, Default)]
pub(crate) struct Share(Option<(Room, usize)>);

impl Share {
    /// Takes so many bytes, instead of those before.
    pub(crate) fn take(&mut self, room: &Room, bytes: usize) {
        if bytes == self.bytes() {
            return;
        }
        self.give_back();
        room.0.fetch_add(bytes, Ordering::Relaxed);
        self.0 = Some((room.clone(), bytes));
    }

    /// Bytes that it has taken.
    pub(crate) const fn bytes(&self) -> usize {
        match &self.0 {
            Some((_, bytes)) => *bytes,
            None => 0,
        }
    }

    fn give_back(&mut self) {
        if let Some((room, bytes)) = self.0.take() {
            room.0.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_come_back() {
        let room = Room::default();
        let (mut first, mut second) = (Share::default(), Share::default());
        first.take(&room, 10);
        second.take(&room, 5);
        first.take(&room, 7);
        assert_eq!((room.taken(), first.bytes()), (12, 7));
        drop(first);
        assert_eq!(room.taken(), 5);
        drop(std::mem::take(&mut second));
        assert_eq!(room.taken(), 0);
    }
}
