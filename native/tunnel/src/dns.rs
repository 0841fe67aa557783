//! The sockets towards the resolvers: system calls for the engine's [`Resolver`], which decides everything.
//!
//! Nothing is open before the first question, nor ten seconds after the last.

mod carrier;
mod system;

use std::net::SocketAddr;
use std::sync::Arc;

use engine::resolver::{Action, AskFailed, Resolver, SocketId};
use engine::{AskId, Timestamp};
use mio::Registry;
use mio::event::Event;

use self::carrier::{Broken, Carrier};
use self::system::SystemAsks;
use crate::sockets::Sockets;
use crate::system::SystemResolver;

/// The resolver client and its sockets, by [`SocketId::index`].
#[derive(Debug)]
pub(crate) struct DnsSockets {
    resolver: Resolver,
    slots: Vec<Option<(SocketId, Carrier)>>,
    /// Where the system's resolver is asked, and no socket is opened.
    system: Option<SystemAsks>,
}

impl DnsSockets {
    /// `seed` feeds ids and the case of letters.
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self {
            resolver: Resolver::new(seed),
            slots: Vec::new(),
            system: None,
        }
    }

    /// Asks the system's resolver from now on, in this network.
    pub(crate) fn ask_system(&mut self, resolver: Arc<SystemResolver>, network: u64) {
        self.system = Some(SystemAsks::new(resolver, network));
    }

    /// Says in which network the system's resolver is to ask; questions under way are asked again there.
    pub(crate) fn set_system_network(&mut self, network: u64) {
        if let Some(system) = &mut self.system {
            system.set_network(network);
        }
    }

    /// Says which resolvers to ask, best first; all sockets are opened anew.
    pub(crate) fn set_resolvers(&mut self, resolvers: &[SocketAddr], now: Timestamp) {
        self.resolver.set_resolvers(resolvers, now);
    }

    /// A question is to be asked. [`Self::perform`] sends it.
    pub(crate) fn ask(&mut self, ask: AskId, message: Vec<u8>, tcp: bool, now: Timestamp) {
        match &mut self.system {
            Some(system) => system.ask(ask, message, now),
            None => self.resolver.handle_ask(ask, message, tcp, now),
        }
    }

    /// Reads what the event of the socket with this index promises. No socket is opened or closed meanwhile.
    pub(crate) fn handle_event(&mut self, index: u32, event: &Event, buffer: &mut [u8], now: Timestamp) {
        if let Some(system) = &mut self.system {
            system.handle_event(index, buffer);
            return;
        }
        let Some(Some((socket, carrier))) = self.slots.get_mut(index as usize) else {
            return;
        };
        let resolver = &mut self.resolver;
        let take = |message: &[u8]| {
            resolver.handle_message(*socket, message, now);
            resolver.is_waiting(*socket)
        };
        if let Err(Broken) = carrier.handle_event(event, buffer, take) {
            self.resolver.handle_socket_failed(*socket, now);
        }
    }

    /// Time has passed.
    pub(crate) fn handle_timeout(&mut self, now: Timestamp) {
        self.resolver.handle_timeout(now);
        if let Some(system) = &mut self.system {
            system.handle_timeout(now);
        }
    }

    /// Opens, closes and sends what the resolver client wants.
    pub(crate) fn perform(&mut self, sockets: &Sockets, registry: &Registry, now: Timestamp) {
        if let Some(system) = &mut self.system {
            system.perform(registry);
        }
        // A socket that fails leads to another one, a bounded number of times.
        while let Some(action) = self.resolver.poll_action() {
            let (socket, outcome) = match action {
                Action::OpenUdp { socket, resolver } => (
                    socket,
                    self.open(socket, Carrier::open_udp(sockets, registry, socket, resolver)),
                ),
                Action::OpenTcp { socket, resolver } => (
                    socket,
                    self.open(socket, Carrier::open_tcp(sockets, registry, socket, resolver)),
                ),
                Action::Send { socket, message } => (socket, self.send(socket, &message)),
                Action::Close { socket } => {
                    if let Some(slot) = self.slots.get_mut(socket.index as usize) {
                        slot.take_if(|(open, _)| *open == socket);
                    }
                    continue;
                }
            };
            if outcome.is_err() {
                self.resolver.handle_socket_failed(socket, now);
            }
        }
    }

    fn open(&mut self, socket: SocketId, carrier: Result<Carrier, Broken>) -> Result<(), Broken> {
        let index = socket.index as usize;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        self.slots[index] = Some((socket, carrier?));
        Ok(())
    }

    fn send(&mut self, socket: SocketId, message: &[u8]) -> Result<(), Broken> {
        match self.slots.get_mut(socket.index as usize) {
            Some(Some((open, carrier))) if *open == socket => carrier.send(message),
            // Closed since: the resolver client has moved its questions on.
            _ => Ok(()),
        }
    }

    /// The next answer, with id and case as they were asked, or the news that there is none.
    pub(crate) fn poll_answer(&mut self) -> Option<(AskId, Result<Vec<u8>, AskFailed>)> {
        match &mut self.system {
            Some(system) => system.poll_answer(),
            None => self.resolver.poll_answer(),
        }
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        match &self.system {
            Some(system) => system.poll_timeout(),
            None => self.resolver.poll_timeout(),
        }
    }

    /// Number of open sockets.
    #[cfg(test)]
    fn open_sockets(&self) -> usize {
        self.slots.iter().flatten().count()
    }
}

#[cfg(test)]
mod tests;
