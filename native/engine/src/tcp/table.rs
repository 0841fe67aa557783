//! Flows by five-tuple and by id.

use std::net::{IpAddr, SocketAddr};

use ahash::RandomState;
use hashbrown::HashTable;

use super::flow::Flow;
use crate::FlowId;

/// Both endpoints, packed for the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct FlowKey {
    app: u128,
    remote: u128,
    ports: u32,
}

impl FlowKey {
    pub(super) fn new(app: SocketAddr, remote: SocketAddr) -> Self {
        Self {
            app: bits(app.ip()),
            remote: bits(remote.ip()),
            ports: u32::from(app.port()) << 16 | u32::from(remote.port()),
        }
    }
}

fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

#[derive(Debug, Default)]
struct Slot {
    generation: u32,
    flow: Option<Box<Flow>>,
}

/// A flow's place under the hash of its key. The key itself is in the flow.
#[derive(Debug, Clone, Copy)]
struct Place {
    hash: u32,
    index: u32,
}

/// A slab of flows and the index into it.
#[derive(Debug)]
pub(super) struct Table {
    places: HashTable<Place>,
    hasher: RandomState,
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// The flow of the last lookup: bulk traffic asks for the same one again.
    last: Option<(FlowKey, FlowId)>,
}

/// The half of a hash that is kept, as the table wants it: with something in its upper and in its lower bits.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

impl Table {
    pub(super) fn new(hasher: RandomState) -> Self {
        Self {
            places: HashTable::new(),
            hasher,
            slots: Vec::new(),
            free: Vec::new(),
            last: None,
        }
    }

    fn hash(&self, key: FlowKey) -> u32 {
        self.hasher.hash_one(key) as u32
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn find(&mut self, key: FlowKey) -> Option<FlowId> {
        if let Some((last, id)) = self.last
            && last == key
        {
            return Some(id);
        }
        let slots = &self.slots;
        let flow_at = |place: &Place| slots.get(place.index as usize)?.flow.as_deref();
        let place = self.places.find(spread(self.hash(key)), |place| {
            flow_at(place).is_some_and(|flow| FlowKey::new(flow.app, flow.remote) == key)
        })?;
        let id = flow_at(place)?.id;
        self.last = Some((key, id));
        Some(id)
    }

    /// Makes room for a flow under `key`, which no other flow has; the flow itself is checked in by the caller.
    pub(super) fn reserve(&mut self, key: FlowKey) -> FlowId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            (self.slots.len() - 1) as u32
        });
        let id = FlowId {
            index,
            generation: self.slots[index as usize].generation,
        };
        let hash = self.hash(key);
        self.places
            .insert_unique(spread(hash), Place { hash, index }, |place| spread(place.hash));
        id
    }

    pub(super) fn get(&self, id: FlowId) -> Option<&Flow> {
        let slot = self.slots.get(id.index as usize)?;
        slot.flow.as_deref().filter(|_| slot.generation == id.generation)
    }

    pub(super) fn get_mut(&mut self, id: FlowId) -> Option<&mut Flow> {
        let slot = self.slots.get_mut(id.index as usize)?;
        slot.flow
            .as_deref_mut()
            .filter(|_| slot.generation == id.generation)
    }

    /// Takes a flow out to work on it beside the rest of the splice.
    pub(super) fn check_out(&mut self, id: FlowId) -> Option<Box<Flow>> {
        let slot = self.slots.get_mut(id.index as usize)?;
        if slot.generation == id.generation {
            slot.flow.take()
        } else {
            None
        }
    }

    pub(super) fn check_in(&mut self, flow: Box<Flow>) {
        if let Some(slot) = self.slots.get_mut(flow.id.index as usize) {
            slot.flow = Some(flow);
        }
    }

    /// Frees the place of a flow that was checked out and will not come back.
    pub(super) fn release(&mut self, key: FlowKey, id: FlowId) {
        let hash = spread(self.hash(key));
        if let Ok(place) = self.places.find_entry(hash, |place| place.index == id.index) {
            place.remove();
        }
        self.last = None;
        if let Some(slot) = self.slots.get_mut(id.index as usize) {
            slot.generation = slot.generation.wrapping_add(1);
            self.free.push(id.index);
        }
    }

    /// The ids of all flows, in the order of their places.
    pub(super) fn ids(&self) -> Vec<FlowId> {
        self.slots
            .iter()
            .filter_map(|slot| slot.flow.as_ref().map(|flow| flow.id))
            .collect()
    }

    /// The flow that was silent for longest among those of which `wanted` is true.
    pub(super) fn most_idle(&self, wanted: impl Fn(&Flow) -> bool) -> Option<FlowId> {
        let flows = self.slots.iter().filter_map(|slot| slot.flow.as_deref());
        flows
            .filter(|flow| wanted(flow))
            .min_by_key(|flow| flow.heard_at)
            .map(|flow| flow.id)
    }

    /// The flows of which `wanted` is true, the one that was silent for longest first.
    pub(super) fn most_idle_first(&self, wanted: impl Fn(&Flow) -> bool) -> Vec<FlowId> {
        let flows = self.slots.iter().filter_map(|slot| slot.flow.as_deref());
        let mut flows: Vec<_> = flows
            .filter(|flow| wanted(flow))
            .map(|flow| (flow.heard_at, flow.id))
            .collect();
        flows.sort_by_key(|(heard_at, _)| *heard_at);
        flows.into_iter().map(|(_, id)| id).collect()
    }

    /// The first flow of which `wanted` is true.
    pub(super) fn find_flow(&self, wanted: impl Fn(&Flow) -> bool) -> Option<FlowId> {
        self.slots
            .iter()
            .filter_map(|slot| slot.flow.as_deref())
            .find(|flow| wanted(flow))
            .map(|flow| flow.id)
    }
}
