//! The phone: smoltcp's sockets, each with an app behind it, and ports that a script plays by hand.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use engine::Timestamp;
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::{tcp, udp};
use smoltcp::wire::{HardwareAddress, IpCidr};

use crate::clock::{instant, timestamp};
use crate::packet::{Datagram, Icmp, Packet};
use crate::script::{Heard, Pipe, Script, Speaker};

/// The phone's IPv4 address.
pub const PHONE_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 111, 222, 1));
/// The phone's IPv6 address.
pub const PHONE_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0x6875, 0, 0, 0, 0, 0, 1));

/// The phone's address of the family of `to`.
pub fn phone_ip(to: IpAddr) -> IpAddr {
    if to.is_ipv4() { PHONE_V4 } else { PHONE_V6 }
}

/// A TCP flow of the phone, in the order of connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AppNo(pub usize);

/// How a flow's socket is set up.
#[derive(Debug, Clone, Copy)]
pub struct Socket {
    /// Receive buffer in bytes; above 65,535 the window is scaled.
    pub rx: usize,
    /// Send buffer in bytes.
    pub tx: usize,
    /// Keep-alive interval.
    pub keep_alive: Option<Duration>,
    /// Gives up after so long without progress.
    pub timeout: Option<Duration>,
    /// Waits so long before it acknowledges.
    pub ack_delay: Option<Duration>,
    /// Slows down at losses, as every real phone does.
    pub congestion: bool,
}

impl Default for Socket {
    fn default() -> Self {
        Self {
            rx: 65_535,
            tx: 65_535,
            keep_alive: None,
            timeout: None,
            ack_delay: Some(Duration::from_millis(10)),
            congestion: false,
        }
    }
}

/// An app with one TCP flow.
#[derive(Debug)]
pub struct App {
    /// The phone's endpoint.
    pub local: SocketAddr,
    /// The far end.
    pub remote: SocketAddr,
    /// What it says and hears.
    pub speaker: Speaker,
    /// When the handshake was done.
    pub connected: Option<Timestamp>,
    /// When the socket was gone: both ends finished, or a reset.
    pub closed: Option<Timestamp>,
    /// What smoltcp says of its socket.
    pub state: tcp::State,
    handle: Option<SocketHandle>,
    wake: Option<Timestamp>,
    aborted: bool,
    /// The far end's FIN came: what follows cannot undo that, whatever becomes of the socket.
    fin_came: bool,
}

impl App {
    /// Whether the flow never opened and never will.
    pub fn is_refused(&self) -> bool {
        self.closed.is_some() && self.connected.is_none()
    }

    /// Whether both directions ended in order.
    pub fn is_complete(&self) -> bool {
        self.speaker.finished && self.speaker.heard_end && !self.speaker.reset
    }
}

/// A phone on one end of a TUN.
pub struct Phone {
    iface: Interface,
    sockets: SocketSet<'static>,
    wire: Wire,
    /// Its TCP flows.
    pub apps: Vec<App>,
    live: BTreeSet<usize>,
    datagrams: BTreeMap<u16, SocketHandle>,
    /// Datagrams that came, by local port.
    pub heard: Vec<Datagram>,
    /// ICMP messages that came.
    pub icmp: Vec<Icmp>,
    by_hand: BTreeSet<u16>,
    /// Packets to ports that a script plays, with the time they came.
    pub scripted: VecDeque<(Timestamp, Packet)>,
    next_port: u16,
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Phone")
            .field("apps", &self.apps)
            .finish_non_exhaustive()
    }
}

impl Phone {
    /// A phone whose TUN has this MTU.
    pub fn new(mtu: usize, seed: u64, now: Timestamp) -> Self {
        let mut wire = Wire {
            rx: VecDeque::new(),
            tx: VecDeque::new(),
            mtu,
        };
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = seed;
        let mut iface = Interface::new(config, &mut wire, instant(now));
        iface.update_ip_addrs(|addresses| {
            addresses
                .push(IpCidr::new(PHONE_V4.into(), 24))
                .expect("room for two");
            addresses
                .push(IpCidr::new(PHONE_V6.into(), 64))
                .expect("room for two");
        });
        iface
            .routes_mut()
            .add_default_ipv4_route(Ipv4Addr::new(10, 111, 222, 2))
            .expect("room for two");
        let gateway = Ipv6Addr::new(0xfd00, 0x6875, 0, 0, 0, 0, 0, 2);
        iface
            .routes_mut()
            .add_default_ipv6_route(gateway)
            .expect("room for two");
        Self {
            iface,
            sockets: SocketSet::new(Vec::new()),
            wire,
            apps: Vec::new(),
            live: BTreeSet::new(),
            datagrams: BTreeMap::new(),
            heard: Vec::new(),
            icmp: Vec::new(),
            by_hand: BTreeSet::new(),
            scripted: VecDeque::new(),
            next_port: 10_000,
        }
    }

    /// A port that nobody uses.
    pub fn free_port(&mut self) -> u16 {
        self.next_port = if self.next_port >= 60_000 {
            10_000
        } else {
            self.next_port + 1
        };
        self.next_port
    }

    /// Opens a TCP flow.
    pub fn connect(&mut self, to: SocketAddr, socket: Socket, script: Script) -> AppNo {
        let buffer = |len| tcp::SocketBuffer::new(vec![0; len]);
        let mut tcp = tcp::Socket::new(buffer(socket.rx), buffer(socket.tx));
        tcp.set_nagle_enabled(false);
        tcp.set_keep_alive(socket.keep_alive.map(Into::into));
        tcp.set_timeout(socket.timeout.map(Into::into));
        tcp.set_ack_delay(socket.ack_delay.map(Into::into));
        tcp.set_congestion_control(if socket.congestion {
            tcp::CongestionControl::Reno
        } else {
            tcp::CongestionControl::None
        });
        let local = SocketAddr::new(phone_ip(to.ip()), self.free_port());
        tcp.connect(self.iface.context(), to, local)
            .expect("a fresh socket connects");
        let handle = self.sockets.add(tcp);
        self.live.insert(self.apps.len());
        self.apps.push(App {
            local,
            remote: to,
            speaker: Speaker::new(script),
            connected: None,
            closed: None,
            state: tcp::State::SynSent,
            handle: Some(handle),
            wake: None,
            aborted: false,
            fin_came: false,
        });
        AppNo(self.apps.len() - 1)
    }

    /// A flow.
    pub fn app(&self, no: AppNo) -> &App {
        &self.apps[no.0]
    }

    /// A flow whose app goes on by another script.
    pub fn rewrite(&mut self, no: AppNo, change: impl FnOnce(&mut Script)) {
        change(&mut self.apps[no.0].speaker.script);
        self.apps[no.0].wake = Some(Timestamp::ZERO);
    }

    /// Sends a datagram from `port`.
    pub fn send(&mut self, port: u16, to: SocketAddr, payload: &[u8]) {
        let handle = *self.datagrams.entry(port).or_insert_with(|| {
            let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 64], vec![0; 70_000]);
            let mut socket = udp::Socket::new(buffer(), buffer());
            socket.bind(port).expect("a fresh socket binds");
            self.sockets.add(socket)
        });
        let socket = self.sockets.get_mut::<udp::Socket<'_>>(handle);
        socket
            .send_slice(
                payload,
                udp::UdpMetadata::from(smoltcp::wire::IpEndpoint::from(to)),
            )
            .expect("room to send");
    }

    /// Hands all packets to `port` to a script.
    pub fn play_by_hand(&mut self, port: u16) {
        self.by_hand.insert(port);
    }

    /// Puts a packet on the wire that a script wrote.
    pub fn inject(&mut self, packet: Vec<u8>) {
        self.wire.tx.push_back(packet);
    }

    /// A packet from the TUN.
    pub fn receive(&mut self, bytes: Vec<u8>, now: Timestamp) {
        let packet = match Packet::parse(&bytes) {
            Ok(packet) => packet,
            Err(why) => panic!("the engine wrote a bad packet: {why}: {bytes:02x?}"),
        };
        let port = match &packet {
            Packet::Tcp(segment) => segment.dst.port(),
            Packet::Udp(datagram) => datagram.dst.port(),
            Packet::Icmp(icmp) => {
                self.icmp.push(icmp.clone());
                return;
            }
        };
        if self.by_hand.contains(&port) {
            self.scripted.push_back((now, packet));
        } else {
            self.wire.rx.push_back(bytes);
        }
    }

    /// Lets sockets and apps work; packets to send are in [`Self::transmit`] then.
    pub fn turn(&mut self, now: Timestamp) {
        self.iface.poll(instant(now), &mut self.wire, &mut self.sockets);
        let live: Vec<usize> = self.live.iter().copied().collect();
        for no in live {
            self.turn_app(no, now);
        }
        for (port, handle) in &self.datagrams {
            let socket = self.sockets.get_mut::<udp::Socket<'_>>(*handle);
            while let Ok((payload, meta)) = socket.recv() {
                let src = SocketAddr::new(meta.endpoint.addr.into(), meta.endpoint.port);
                let dst = SocketAddr::new(phone_ip(src.ip()), *port);
                self.heard.push(Datagram {
                    src,
                    dst,
                    payload: payload.to_vec(),
                });
            }
        }
        self.iface.poll(instant(now), &mut self.wire, &mut self.sockets);
    }

    fn turn_app(&mut self, no: usize, now: Timestamp) {
        let app = &mut self.apps[no];
        let Some(handle) = app.handle else { return };
        let socket = self.sockets.get_mut::<tcp::Socket<'_>>(handle);
        if app.connected.is_none() && socket.may_send() {
            app.connected = Some(now);
        }
        let state = socket.state();
        app.fin_came |= matches!(
            state,
            tcp::State::CloseWait | tcp::State::LastAck | tcp::State::Closing | tcp::State::TimeWait
        );
        if app.connected.is_some() && !app.speaker.is_done() {
            let mut pipe = TcpPipe {
                socket,
                aborted: &mut app.aborted,
                fin_came: app.fin_came,
            };
            app.wake = app.speaker.turn(now, &mut pipe);
        } else {
            app.wake = None;
        }
        let socket = self.sockets.get_mut::<tcp::Socket<'_>>(handle);
        app.state = socket.state();
        let more_to_hear = (app.fin_came || socket.can_recv()) && !app.speaker.heard_end;
        let is_over = app.speaker.is_done() || !more_to_hear;
        if app.state == tcp::State::Closed && is_over && !app.aborted {
            app.speaker.reset |= !app.speaker.is_done();
            app.closed = Some(now);
            app.handle = None;
            app.wake = None;
            self.live.remove(&no);
            self.sockets.remove(handle);
        }
        // A RST leaves with the next poll; the socket goes after that.
        app.aborted = false;
    }

    /// The next packet on its way out.
    pub fn transmit(&mut self) -> Option<Vec<u8>> {
        self.wire.tx.pop_front()
    }

    /// When [`Self::turn`] has something to do.
    pub fn poll_timeout(&mut self, now: Timestamp) -> Option<Timestamp> {
        if !self.wire.rx.is_empty() || !self.wire.tx.is_empty() {
            return Some(now);
        }
        let sockets = self.iface.poll_at(instant(now), &self.sockets).map(timestamp);
        let apps = self.live.iter().filter_map(|no| self.apps[*no].wake).min();
        [sockets, apps].into_iter().flatten().min()
    }

    /// Whether every flow is over.
    pub fn is_quiet(&self) -> bool {
        self.live.is_empty()
    }
}

struct TcpPipe<'a> {
    socket: &'a mut tcp::Socket<'static>,
    aborted: &'a mut bool,
    fin_came: bool,
}

impl Pipe for TcpPipe<'_> {
    fn say(&mut self, bytes: &[u8]) -> usize {
        self.socket.send_slice(bytes).unwrap_or(0)
    }

    fn hear(&mut self, buffer: &mut [u8]) -> Heard {
        match self.socket.recv_slice(buffer) {
            Ok(0) => Heard::Nothing,
            Ok(n) => Heard::Bytes(n),
            Err(tcp::RecvError::Finished) => Heard::End,
            Err(tcp::RecvError::InvalidState) if self.fin_came => Heard::End,
            Err(tcp::RecvError::InvalidState) => Heard::Reset,
        }
    }

    fn finish(&mut self) {
        self.socket.close();
    }

    fn reset(&mut self) {
        self.socket.abort();
        *self.aborted = true;
    }
}

/// The phone's side of the TUN, as smoltcp sees it.
struct Wire {
    rx: VecDeque<Vec<u8>>,
    tx: VecDeque<Vec<u8>>,
    mtu: usize,
}

impl Device for Wire {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sender<'a>;

    fn receive(&mut self, _: smoltcp::time::Instant) -> Option<(Received, Sender<'_>)> {
        let packet = self.rx.pop_front()?;
        Some((Received(packet), Sender(&mut self.tx)))
    }

    fn transmit(&mut self, _: smoltcp::time::Instant) -> Option<Sender<'_>> {
        Some(Sender(&mut self.tx))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.mtu;
        capabilities
    }
}

struct Received(Vec<u8>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

struct Sender<'a>(&'a mut VecDeque<Vec<u8>>);

impl TxToken for Sender<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut packet = vec![0; len];
        let result = f(&mut packet);
        self.0.push_back(packet);
        result
    }
}

#[cfg(test)]
mod tests;
