//! A table of entries that end when they are idle.
//!
//! Entries lie in a slab with a free list; those of one class (which have the same patience) are linked in the order
//! of their last activity. So the next to expire and the first to go on overflow are both the front of a list, and
//! activity costs no timer.

use std::time::Duration;

use crate::Timestamp;
use crate::timer::slotted;

#[cfg(test)]
mod tests;

/// The end of a list.
const NONE: u32 = u32::MAX;

/// Where an entry is, and which one it is: the index is reused, the generation counts the reuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

#[derive(Debug)]
struct Slot<T> {
    value: Option<T>,
    last: Timestamp,
    generation: u32,
    before: u32,
    after: u32,
    class: u8,
}

#[derive(Debug)]
struct List {
    patience: Duration,
    front: u32,
    back: u32,
}

/// Entries of `CLASSES` kinds of patience.
#[derive(Debug)]
pub(crate) struct IdleTable<T, const CLASSES: usize> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    lists: [List; CLASSES],
}

impl<T, const CLASSES: usize> IdleTable<T, CLASSES> {
    /// An empty table; an entry of class `i` may be idle for `patience[i]`.
    pub(crate) fn new(patience: [Duration; CLASSES]) -> Self {
        let lists = patience.map(|patience| List {
            patience,
            front: NONE,
            back: NONE,
        });
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            lists,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Adds an entry of class 0.
    pub(crate) fn insert(&mut self, value: T, now: Timestamp) -> Place {
        let index = self.free.pop().unwrap_or_else(|| {
            let slot = Slot {
                value: None,
                last: now,
                generation: 0,
                before: NONE,
                after: NONE,
                class: 0,
            };
            self.slots.push(slot);
            (self.slots.len() - 1) as u32
        });
        let slot = &mut self.slots[index as usize];
        slot.value = Some(value);
        slot.last = now;
        slot.class = 0;
        let generation = slot.generation;
        self.link(index);
        Place { index, generation }
    }

    pub(crate) fn get(&self, place: Place) -> Option<&T> {
        let slot = self.slots.get(place.index as usize)?;
        slot.value
            .as_ref()
            .filter(|_| slot.generation == place.generation)
    }

    pub(crate) fn get_mut(&mut self, place: Place) -> Option<&mut T> {
        let slot = self.slots.get_mut(place.index as usize)?;
        slot.value
            .as_mut()
            .filter(|_| slot.generation == place.generation)
    }

    /// Something came or went at `now`. A class never falls: `class` is the least that the entry has from now on.
    pub(crate) fn touch(&mut self, place: Place, class: u8, now: Timestamp) {
        let Some(slot) = self.slots.get_mut(place.index as usize) else {
            return;
        };
        if slot.generation != place.generation || slot.value.is_none() {
            return;
        }
        if slot.class >= class && slot.after == NONE {
            slot.last = now;
            return;
        }
        self.unlink(place.index);
        let slot = &mut self.slots[place.index as usize];
        slot.last = now;
        slot.class = slot.class.max(class);
        self.link(place.index);
    }

    pub(crate) fn remove(&mut self, place: Place) -> Option<T> {
        self.get(place)?;
        self.unlink(place.index);
        let slot = &mut self.slots[place.index as usize];
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(place.index);
        slot.value.take()
    }

    /// The entry of a class that is idle for longest.
    pub(crate) fn most_idle(&self, class: usize) -> Option<Place> {
        let index = self.lists.get(class)?.front;
        let slot = self.slots.get(index as usize)?;
        Some(Place {
            index,
            generation: slot.generation,
        })
    }

    /// An entry whose patience is over.
    pub(crate) fn due(&self, now: Timestamp) -> Option<Place> {
        let (class, _) = self
            .lists
            .iter()
            .enumerate()
            .find(|(_, list)| self.deadline(list).is_some_and(|at| at <= now))?;
        self.most_idle(class)
    }

    /// When the next entry is due.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.lists.iter().filter_map(|list| self.deadline(list)).min()
    }

    /// All entries, in the order of their places.
    pub(crate) fn places(&self) -> Vec<Place> {
        let taken = self
            .slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.value.is_some());
        taken
            .map(|(index, slot)| Place {
                index: index as u32,
                generation: slot.generation,
            })
            .collect()
    }

    fn deadline(&self, list: &List) -> Option<Timestamp> {
        let slot = self.slots.get(list.front as usize)?;
        Some(slotted(slot.last + list.patience))
    }

    /// Appends to the list of the slot's class.
    fn link(&mut self, index: u32) {
        let class = usize::from(self.slots[index as usize].class);
        let back = std::mem::replace(&mut self.lists[class].back, index);
        match self.slots.get_mut(back as usize) {
            Some(slot) => slot.after = index,
            None => self.lists[class].front = index,
        }
        let slot = &mut self.slots[index as usize];
        (slot.before, slot.after) = (back, NONE);
    }

    fn unlink(&mut self, index: u32) {
        let slot = &self.slots[index as usize];
        let (before, after, class) = (slot.before, slot.after, usize::from(slot.class));
        match self.slots.get_mut(before as usize) {
            Some(slot) => slot.after = after,
            None => self.lists[class].front = after,
        }
        match self.slots.get_mut(after as usize) {
            Some(slot) => slot.before = before,
            None => self.lists[class].back = before,
        }
    }
}
