//! What the phone sends, as the bytes decide it: packets that fit, and some that do not.

use std::net::{IpAddr, SocketAddr};

use super::Run;
use crate::names::{A, AAAA, HTTPS, client_hello, framed, http_get, question};
use crate::packet::{ACK, Datagram, FIN, Icmp, PSH, RST, SYN, Segment, ipv4_packet};
use crate::phone::{PHONE_V4, phone_ip};

impl Run<'_> {
    pub(super) fn packet(&mut self) -> Vec<u8> {
        match self.bytes.byte() {
            0..=159 => self.segment().emit(),
            160..=199 => self.datagram().emit(),
            200..=209 => {
                let to = self.remote().ip();
                let payload = self.bytes.take(20);
                Icmp::echo_request(phone_ip(to), to, self.bytes.word(), self.bytes.word(), &payload).emit()
            }
            210..=239 => self.fragment(),
            _ => {
                let len = usize::from(self.bytes.byte());
                self.bytes.take(len)
            }
        }
    }

    pub(super) fn remote(&mut self) -> SocketAddr {
        let port = self.bytes.pick(&[443, 80, 53, 853, 9000, 8443, 22, 5000]);
        let ip: IpAddr = match self.bytes.byte() % 6 {
            0 => IpAddr::from([10, 111, 222, 2]),
            1 => IpAddr::from([192, 0, 2, 66]),
            2 => IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 9]),
            3 => IpAddr::from([255, 255, 255, 255]),
            last => IpAddr::from([203, 0, 113, last]),
        };
        SocketAddr::new(ip, port)
    }

    fn text(&mut self) -> Vec<u8> {
        let name = self.bytes.pick(&["ads.example", "good.example", "x.ads.example"]);
        let whole = match self.bytes.byte() % 8 {
            0 | 1 => client_hello(name, 100 + usize::from(self.bytes.byte()) * 8),
            2 => http_get(name),
            3 => framed(&question(self.bytes.word(), name, A)),
            4 => self.bytes.take(40),
            5 => vec![b'G'; usize::from(self.bytes.byte())],
            6 => vec![self.bytes.byte(); 1_000],
            _ => Vec::new(),
        };
        let from = if self.bytes.byte() < 200 {
            0
        } else {
            usize::from(self.bytes.byte())
        };
        let to = if self.bytes.byte() < 200 {
            whole.len()
        } else {
            usize::from(self.bytes.byte())
        };
        whole.get(from..to.min(whole.len())).unwrap_or_default().to_vec()
    }

    fn segment(&mut self) -> Segment {
        if self.known.is_empty() || self.bytes.byte() < 40 {
            let remote = self.remote();
            let app = SocketAddr::new(phone_ip(remote.ip()), 10_000 + u16::from(self.bytes.byte()));
            let mut syn = Segment::new(app, remote, SYN, u32::from(self.bytes.word()) << 16, 0);
            syn.mss = Some(self.bytes.word());
            syn.scale = (self.bytes.byte() < 200).then_some(self.bytes.byte() % 16);
            syn.sack_permitted = self.bytes.byte() < 200;
            syn.window = self.bytes.word();
            return syn;
        }
        let no = usize::from(self.bytes.byte()) % self.known.len();
        let known = self.known[no];
        let flags = self.bytes.pick(&[
            ACK,
            ACK,
            ACK,
            ACK | PSH,
            ACK | FIN,
            RST,
            RST | ACK,
            SYN,
            0,
            0xff,
            SYN | FIN,
        ]);
        let mut segment = Segment::new(known.app, known.remote, flags, known.seq, known.ack);
        segment.payload = self.text();
        segment.window = self.bytes.pick(&[0xffff, 0, 1, 100, 5_000]);
        match self.bytes.byte() {
            0..=179 => {}
            180..=209 => segment.seq = segment.seq.wrapping_add(u32::from(self.bytes.word())),
            210..=229 => segment.seq = segment.seq.wrapping_sub(u32::from(self.bytes.word())),
            230..=239 => segment.ack = segment.ack.wrapping_add(u32::from(self.bytes.word())),
            240..=249 => segment.ack = segment.ack.wrapping_sub(u32::from(self.bytes.word())),
            _ => segment.seq = segment.seq.wrapping_add(u32::from(self.bytes.word()) << 16),
        }
        if segment.seq == known.seq {
            self.known[no].seq = known.seq.wrapping_add(segment.span());
        }
        segment
    }

    fn datagram(&mut self) -> Datagram {
        let dst = self.remote();
        let src = SocketAddr::new(phone_ip(dst.ip()), 20_000 + u16::from(self.bytes.byte() % 8));
        let name = self.bytes.pick(&["ads.example", "good.example", "shop.example"]);
        let record_type = self.bytes.pick(&[A, AAAA, HTTPS, 255]);
        let payload = match self.bytes.byte() % 4 {
            0 | 1 => question(self.bytes.word(), name, record_type),
            2 => vec![0xc3; usize::from(self.bytes.word() % 1_400)],
            _ => self.bytes.take(30),
        };
        Datagram { src, dst, payload }
    }

    fn fragment(&mut self) -> Vec<u8> {
        let body = self.bytes.take(64);
        let (id, word) = (self.bytes.word() % 4, self.bytes.word() & 0x200f);
        let IpAddr::V4(src) = PHONE_V4 else { return body };
        ipv4_packet(
            src,
            [203, 0, 113, 4].into(),
            self.bytes.pick(&[6, 17, 1]),
            id,
            word,
            &body,
        )
    }
}
