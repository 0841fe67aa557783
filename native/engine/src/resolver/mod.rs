//! The client side of DNS: which resolver, which socket, which id; sans-IO, driven by tunnel's DNS sockets.
//!
//! An answer is believed if it comes to the socket that asked, with the question's id and its letters in the case
//! that was sent (RFC 5452). The first that does not fit ends its socket, so that nobody guesses twice at one port.

mod ask;
mod question;
mod server;
mod socket;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use wire::dns;

use self::ask::{Ask, Asks};
use self::server::{Case, Server};
pub use self::socket::{MAX_SOCKETS, SocketId};
use self::socket::{Sent, Socket, Sockets};
use crate::{AskId, Timestamp};

/// Resolvers that are used at most, best first.
const MAX_SERVERS: usize = 4;

/// How long a resolver may take over UDP before the next one is tried.
const UDP_PATIENCE: Duration = Duration::from_millis(1_500);

/// The same over TCP, where a handshake goes before and the kernel repeats what is lost.
const TCP_PATIENCE: Duration = Duration::from_secs(3);

/// Attempts that may fail before the question does.
const MAX_TRIES: usize = 3;

/// Attempts that an answer which fits nothing may spoil before the question goes over TCP.
const MAX_MISFITS: u8 = 2;

/// Open questions at most; the service in front has its own, lower bound.
const MAX_ASKS: usize = 2_048;

/// No resolver answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no resolver answered")]
pub struct AskFailed;

/// What the owner of the sockets is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Open a datagram socket, connected to the resolver, on a port that the kernel chooses.
    OpenUdp {
        /// Names the socket.
        socket: SocketId,
        /// Where to.
        resolver: SocketAddr,
    },
    /// Open a stream socket to the resolver. What is sent before it is connected waits.
    OpenTcp {
        /// Names the socket.
        socket: SocketId,
        /// Where to.
        resolver: SocketAddr,
    },
    /// Send one message; over TCP behind its length (RFC 1035 section 4.2.2).
    Send {
        /// On which socket.
        socket: SocketId,
        /// The message.
        message: Vec<u8>,
    },
    /// Close the socket. Nothing follows for it.
    Close {
        /// Which.
        socket: SocketId,
    },
}

/// Asks resolvers.
///
/// After every input drain [`Self::poll_action`] and [`Self::poll_answer`].
#[derive(Debug)]
pub struct Resolver {
    rng: ChaCha12Rng,
    servers: Vec<Server>,
    /// The resolver that is asked first: the best one, until another answered where it did not.
    good: usize,
    asks: Asks,
    sockets: Sockets,
    actions: VecDeque<Action>,
    answers: VecDeque<(AskId, Result<Vec<u8>, AskFailed>)>,
}

impl Resolver {
    /// A client without resolvers. `seed` feeds ids and the case of letters, and has to be unpredictable.
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            rng: ChaCha12Rng::from_seed(seed),
            servers: Vec::new(),
            good: 0,
            asks: Asks::default(),
            sockets: Sockets::default(),
            actions: VecDeque::new(),
            answers: VecDeque::new(),
        }
    }

    // Commands.

    /// Says which resolvers to ask, best first. All sockets are closed and open questions asked anew: call it also
    /// when the network is another one.
    pub fn set_resolvers(&mut self, resolvers: &[SocketAddr], now: Timestamp) {
        let old = std::mem::take(&mut self.servers);
        let known = |addr: &SocketAddr| old.iter().find(|server| server.addr == *addr).cloned();
        self.servers = resolvers
            .iter()
            .take(MAX_SERVERS)
            .map(|addr| known(addr).unwrap_or_else(|| Server::new(*addr)))
            .collect();
        self.good = 0;
        for socket in self.sockets.clear() {
            self.actions.push_back(Action::Close { socket });
        }
        for ask in self.asks.restart() {
            self.attempt(ask, now);
        }
    }

    // Inputs.

    /// A question is to be asked, over TCP if `tcp`. Its answer, or its failure, comes out of [`Self::poll_answer`].
    pub fn handle_ask(&mut self, ask: AskId, message: Vec<u8>, tcp: bool, now: Timestamp) {
        let Some(question) = dns::question_range(&message) else {
            return self.fail(ask);
        };
        if self.asks.len() >= MAX_ASKS {
            return self.fail(ask);
        }
        self.asks.insert(ask, Ask::new(message, question, tcp, self.good));
        self.attempt(ask, now);
    }

    /// A message came to a socket.
    pub fn handle_message(&mut self, socket: SocketId, message: &[u8], now: Timestamp) {
        let Some(open) = self.sockets.get_mut(socket) else {
            return;
        };
        let is_tcp = open.is_tcp;
        let server = open.server;
        let Some(sent) = open.take_sent(message) else {
            return if is_tcp {
                self.handle_refusal(socket, message)
            } else {
                self.handle_misfit(socket, now)
            };
        };
        let exact = is_tcp
            || message
                .get(dns::HEADER_LEN..)
                .is_some_and(|rest| rest.starts_with(&sent.question));
        if !is_tcp && let Some(known) = self.servers.get_mut(server) {
            match known.case {
                Case::Unknown if !exact => known.case = Case::Changes,
                Case::Unknown if sent.is_mixed() => known.case = Case::Echoes,
                Case::Echoes if !exact => {
                    known.strike();
                    if let Some(open) = self.sockets.get_mut(socket) {
                        open.put_back(sent);
                    }
                    return self.handle_misfit(socket, now);
                }
                Case::Unknown | Case::Echoes | Case::Changes => {}
            }
        }
        self.accept(&sent, socket, server, message, now);
        if self
            .sockets
            .get_mut(socket)
            .is_some_and(|open| open.is_spent() && open.is_empty())
        {
            self.close(socket);
        }
    }

    /// An open question got an answer that fits.
    ///
    /// A resolver that cannot or will not say (SERVFAIL, NOTIMP, REFUSED) is followed by those that have not been
    /// asked; its words are kept in case that none of them says more.
    fn accept(&mut self, sent: &Sent, socket: SocketId, server: usize, message: &[u8], now: Timestamp) {
        // A second answer, or one that comes after another resolver's, finds the question closed.
        let Some(ask) = self.asks.get_mut(sent.ask) else {
            return;
        };
        let mut answer = message.to_vec();
        ask.restore(&mut answer);
        if is_refusal(message) {
            ask.refusal = Some(answer);
            if self.asks.is_on(sent.ask, socket) {
                self.retry(sent.ask, now);
            }
            return;
        }
        if ask.was_silent {
            self.good = server;
        }
        self.asks.remove(sent.ask);
        self.answers.push_back((sent.ask, Ok(answer)));
    }

    /// An answer fits nothing that was asked on its socket: the socket is given up, its questions go elsewhere.
    fn handle_misfit(&mut self, socket: SocketId, now: Timestamp) {
        for ask in self.close(socket) {
            if let Some(open) = self.asks.get_mut(ask) {
                open.misfits += 1;
                self.attempt(ask, now);
            }
        }
    }

    /// The resolver answered over TCP, where nobody else can speak, without the question: it does not understand it.
    fn handle_refusal(&mut self, socket: SocketId, message: &[u8]) {
        let sent = self
            .sockets
            .get_mut(socket)
            .and_then(|open| open.take_sent_by_id(message));
        if let Some(sent) = sent
            && self.asks.remove(sent.ask).is_some()
        {
            self.fail(sent.ask);
        }
    }

    /// A socket could not be opened, was refused, or was closed by the resolver.
    pub fn handle_socket_failed(&mut self, socket: SocketId, now: Timestamp) {
        for ask in self.close(socket) {
            if let Some(open) = self.asks.get_mut(ask) {
                open.was_silent = true;
                self.retry(ask, now);
            }
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        while let Some(ask) = self.asks.pop_due(now) {
            if let Some(open) = self.asks.get_mut(ask) {
                open.was_silent = true;
                self.retry(ask, now);
            }
        }
        while let Some(socket) = self.sockets.pop_idle(now) {
            self.actions.push_back(Action::Close { socket });
        }
    }

    /// An attempt came to nothing: the next one.
    fn retry(&mut self, ask: AskId, now: Timestamp) {
        if let Some(open) = self.asks.get_mut(ask) {
            open.tries += 1;
            self.attempt(ask, now);
        }
    }

    /// Sends a question once more, or fails it.
    fn attempt(&mut self, ask: AskId, now: Timestamp) {
        let Some(open) = self.asks.get_mut(ask) else {
            return;
        };
        let count = self.servers.len();
        let tries = if open.refusal.is_some() {
            count.min(MAX_TRIES)
        } else {
            MAX_TRIES
        };
        if open.tries >= tries || count == 0 {
            return self.end(ask);
        }
        let server = (open.first_server + open.tries) % count;
        let known = &self.servers[server];
        let is_tcp = open.tcp || open.misfits >= MAX_MISFITS;
        let mixes = !is_tcp && known.case != Case::Changes;
        let (socket, is_new) = self.sockets.pick(server, is_tcp, &mut self.rng, now);
        if is_new {
            let resolver = known.addr;
            self.actions.push_back(if is_tcp {
                Action::OpenTcp { socket, resolver }
            } else {
                Action::OpenUdp { socket, resolver }
            });
        }
        let Some(carrier) = self.sockets.get_mut(socket) else {
            return;
        };
        let id = carrier.unused_id(&mut self.rng);
        let message = open.emit(id, mixes, &mut self.rng);
        let question = Box::from(&message[open.question.clone()]);
        carrier.push(Sent { id, ask, question });
        self.actions.push_back(Action::Send { socket, message });
        let patience = if is_tcp { TCP_PATIENCE } else { UDP_PATIENCE };
        self.asks.set_on(ask, socket, now + patience);
    }

    /// No attempt is left: the app hears what a resolver said, or that none did.
    fn end(&mut self, ask: AskId) {
        match self.asks.remove(ask).and_then(|open| open.refusal) {
            Some(refusal) => self.answers.push_back((ask, Ok(refusal))),
            None => self.fail(ask),
        }
    }

    fn fail(&mut self, ask: AskId) {
        self.answers.push_back((ask, Err(AskFailed)));
    }

    /// Closes a socket; returns the open questions that wait on it.
    fn close(&mut self, socket: SocketId) -> Vec<AskId> {
        let Some(Socket { sent, .. }) = self.sockets.remove(socket) else {
            return Vec::new();
        };
        self.actions.push_back(Action::Close { socket });
        sent.into_iter()
            .map(|sent| sent.ask)
            .filter(|ask| self.asks.is_on(*ask, socket))
            .collect()
    }

    // Outputs.

    /// The next thing to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The next answer, with id and case as they were asked, or the news that there is none.
    pub fn poll_answer(&mut self) -> Option<(AskId, Result<Vec<u8>, AskFailed>)> {
        self.answers.pop_front()
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        [self.asks.next_deadline(), self.sockets.next_idle()]
            .into_iter()
            .flatten()
            .min()
    }

    // Getters.

    /// Whether an answer may still come to the socket.
    pub fn is_waiting(&self, socket: SocketId) -> bool {
        self.sockets.get(socket).is_some_and(|open| !open.is_empty())
    }
}

/// Whether another resolver may know more: SERVFAIL (2), NOTIMP (4), REFUSED (5), RFC 1035 section 4.1.1.
fn is_refusal(message: &[u8]) -> bool {
    message
        .get(3)
        .is_some_and(|flags| matches!(flags & 0x0f, 2 | 4 | 5))
}

#[cfg(test)]
mod tests;
