//! `peer-ipstack FD MTU`: ipstack on an inherited TUN, each stream and datagram to a socket of its own.

#[path = "../../device.rs"]
mod device;

use std::net::SocketAddr;
use std::sync::Arc;

use ipstack::{IpStack, IpStackConfig, IpStackStream, TcpConfig, TcpOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

const CHUNK: usize = 64 << 10;

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().collect();
    let (fd, mtu): (i32, u16) = (words[1].parse().expect("a descriptor"), words[2].parse().expect("an MTU"));
    let mut tcp = TcpConfig::default();
    tcp.options = Some(vec![TcpOptions::MaximumSegmentSize(mtu - 40)]);
    let mut config = IpStackConfig::default();
    config.mtu(mtu).expect("an MTU");
    config.with_tcp_config(tcp);
    let mut stack = IpStack::new(config, device::Device::adopt(fd).expect("the TUN"));
    while let Ok(stream) = stack.accept().await {
        match stream {
            IpStackStream::Tcp(mut near) => {
                tokio::spawn(async move {
                    if let Ok(mut far) = TcpStream::connect(near.peer_addr()).await {
                        let _ = far.set_nodelay(true);
                        let _ = tokio::io::copy_bidirectional_with_sizes(&mut near, &mut far, CHUNK, CHUNK).await;
                    }
                    let _ = near.shutdown().await;
                });
            }
            IpStackStream::Udp(near) => drop(tokio::spawn(datagrams(near))),
            _ => {}
        }
    }
}

async fn datagrams(near: ipstack::IpStackUdpStream) {
    let to = near.peer_addr();
    let any: SocketAddr = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }.parse().expect("an address");
    let Ok(far) = UdpSocket::bind(any).await else { return };
    if far.connect(to).await.is_err() {
        return;
    }
    let far = Arc::new(far);
    let (mut from, mut back) = tokio::io::split(near);
    let answers = Arc::clone(&far);
    let receiver = tokio::spawn(async move {
        let mut bytes = vec![0; CHUNK];
        while let Ok(len) = answers.recv(&mut bytes).await {
            if back.write_all(&bytes[..len]).await.is_err() {
                break;
            }
        }
    });
    let mut bytes = vec![0; CHUNK];
    while let Ok(len) = from.read(&mut bytes).await {
        if len == 0 || far.send(&bytes[..len]).await.is_err() {
            break;
        }
    }
    receiver.abort();
}
