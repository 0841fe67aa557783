//! The phone asks a name, over UDP, as its resolver library would.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::names::{A, AAAA, Message, question};
use crate::world::World;

/// The resolver that the phone knows.
pub const PHONE_RESOLVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 111, 222, 2)), 53);

impl World {
    /// Asks and waits up to five seconds for the answer.
    pub fn ask(&mut self, name: &str, record_type: u16) -> Option<Message> {
        let id = self.record.asks.len() as u16 ^ 0x4a11;
        let raw = self.ask_raw(&question(id, name, record_type))?;
        let message = Message::parse(&raw).expect("an answer that can be read");
        assert_eq!(message.id, id, "the answer has another id");
        Some(message)
    }

    /// Asks with a message of the caller's.
    pub fn ask_raw(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let port = self.phone.free_port();
        self.phone.send(port, PHONE_RESOLVER, message);
        let came = |world: &Self| {
            world
                .phone
                .heard
                .iter()
                .position(|datagram| datagram.dst.port() == port)
        };
        self.run_until(Duration::from_secs(5), |world| came(world).is_some());
        let datagram = came(self).map(|at| self.phone.heard.remove(at))?;
        assert_eq!(
            datagram.src, PHONE_RESOLVER,
            "the answer comes from another address"
        );
        Some(datagram.payload)
    }

    /// Makes the name known at the upstream resolver and asks it, so that its address is vouched for.
    pub fn vouch(&mut self, name: &str, ip: IpAddr) {
        self.internet.resolve(name, ip);
        let answer = self
            .ask(name, if ip.is_ipv4() { A } else { AAAA })
            .expect("an answer");
        assert_eq!(answer.addresses(), [ip]);
    }
}
